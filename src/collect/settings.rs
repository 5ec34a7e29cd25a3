//! What the widget must know of a site: `GET config`, and, for who opens the choices, `GET services`. The same for every visitor,
//! with validators.

use crate::consent::CategoryNumber;
use crate::policy::site::Texts;
use crate::policy::{Category, Localized, Service, Site, Thumbnail, WidgetVariant};
use crate::widget;
use bytes::Bytes;
use http::HeaderValue;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings<'s> {
    site: &'s str,
    rules: &'s str,
    site_version: &'s str,
    cookie: &'s str,
    lifetime_days: u32,
    categories: Vec<CategoryView<'s>>,
    texts: &'s Texts,
    look: LookView<'s>,
    reload: bool,
    /// Forms of it that are compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<VariantView<'s>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_variant: Option<bool>,
    /// What tags are told, where nothing inline tells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    signals: Option<widget::Told>,
}

/// One of them: what is other than in the rest.
#[derive(Serialize)]
struct VariantView<'s> {
    name: &'s str,
    share: u32,
    look: PanelView<'s>,
    texts: &'s Texts,
}

#[derive(Serialize)]
struct PanelView<'s> {
    layout: &'s str,
    position: &'s str,
    logo: Option<&'s str>,
    /// Colours and fonts of the panel, where they are not the site's.
    #[serde(skip_serializing_if = "Option::is_none")]
    panel: Option<String>,
}

/// How it looks: a part is in the page already, beside the guard.
#[derive(Serialize)]
struct LookView<'s> {
    #[serde(flatten)]
    dock: widget::Dock<'s>,
    layout: &'s str,
    position: &'s str,
    logo: Option<&'s str>,
    /// How the addresses of frames begin of which the gateway has pictures.
    thumbnails: Vec<String>,
}

#[derive(Serialize)]
struct CategoryView<'s> {
    number: u8,
    name: &'s str,
    necessary: bool,
    #[serde(serialize_with = "by_language")]
    label: &'s Localized,
    #[serde(serialize_with = "by_language")]
    description: &'s Localized,
}

#[derive(Serialize)]
struct ServiceView<'s> {
    number: u16,
    slug: &'s str,
    name: &'s str,
    purpose: &'s str,
    hosts: &'s [Box<str>],
    cookies: Vec<&'s str>,
    /// The longest that one of its cookies is kept.
    days: u32,
}

impl<'s> VariantView<'s> {
    fn of(variant: &'s WidgetVariant, site: &Site) -> Self {
        let WidgetVariant { name, share, look, texts } = variant;
        // Of the panel alone: the button that is always there is in the page, which is the same in all variants.
        let css = Some(look.css()).filter(|css| *css != site.look.css()).map(|css| css.replace(":host", ".box"));
        let (layout, position, logo) = (look.layout.name(), look.position, look.logo.as_deref());
        Self { name, share: *share, look: PanelView { layout, position, logo, panel: css }, texts }
    }
}

impl<'s> CategoryView<'s> {
    fn of(category: &'s Category) -> Self {
        Self {
            number: category.number.get(),
            name: &category.name,
            necessary: category.number == CategoryNumber::NECESSARY,
            label: &category.label,
            description: &category.description,
        }
    }
}

impl<'s> ServiceView<'s> {
    fn of(service: &'s Service, site: &Site) -> Option<Self> {
        let Service { number, slug, name, purpose, hosts, .. } = service;
        let cookies = service.cookies.iter().map(AsRef::as_ref).collect();
        let days = site.cookie_days(service);
        Some(Self { number: (*number)?.get(), slug, name, purpose, hosts, cookies, days })
    }
}

fn by_language<S: Serializer>(text: &Localized, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(text.iter())
}

/// The services that the site shows, by the names of all its categories.
fn services(site: &Site) -> BTreeMap<&str, Vec<ServiceView<'_>>> {
    let of = |category: &Category| {
        let own = site.shown.iter().filter(|service| service.category == category.number);
        own.filter_map(|service| ServiceView::of(service, site)).collect()
    };
    site.categories.iter().map(|category| (category.name.as_str(), of(category))).collect()
}

/// A document as bytes.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) body: Bytes,
    pub(super) etag: HeaderValue,
}

impl Document {
    fn of(value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_default();
        let etag = super::digests::etag(&body);
        Self { body: body.into(), etag }
    }
}

/// One site's documents.
#[derive(Debug, Clone)]
pub(super) struct Rendered {
    versions: (String, String),
    pub(super) config: Document,
    pub(super) services: Document,
}

/// Keeps the settings of each site as long as its rules stay: one entry per site.
#[derive(Debug, Default)]
pub(super) struct SettingsCache(Mutex<HashMap<String, Rendered>>);

impl SettingsCache {
    /// The settings under these rules; made where they are new. One lock and two comparisons else.
    pub(super) fn get(&self, site: &Site, rules: &str) -> Rendered {
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match sites.get(&site.name) {
            Some(kept) if kept.versions.0 == rules && kept.versions.1 == site.version => kept.clone(),
            _ => {
                let made = render(site, rules);
                sites.insert(site.name.clone(), made.clone());
                made
            }
        }
    }
}

fn render(site: &Site, rules: &str) -> Rendered {
    let settings = Settings {
        site: &site.name,
        rules,
        site_version: &site.version,
        cookie: &site.cookie,
        lifetime_days: site.lifetime_days,
        categories: site.categories.iter().map(CategoryView::of).collect(),
        texts: &site.texts,
        look: LookView {
            dock: widget::Dock::of(site),
            layout: site.look.layout.name(),
            position: site.look.position,
            logo: site.look.logo.as_deref(),
            thumbnails: site.thumbnails.iter().map(Thumbnail::frame).collect(),
        },
        reload: site.look.reload,
        variants: site.experiment.variants.iter().map(|variant| VariantView::of(variant, site)).collect(),
        keep_variant: Some(site.experiment.is_kept).filter(|_| !site.experiment.variants.is_empty()),
        signals: widget::Told::by_hand(site),
    };
    let (config, services) = (Document::of(&settings), Document::of(&services(site)));
    Rendered { versions: (rules.to_owned(), site.version.clone()), config, services }
}
