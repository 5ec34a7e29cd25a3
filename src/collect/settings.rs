//! What the widget must know of a site: `GET config`, the same for every visitor, with a validator.

use crate::consent::CategoryNumber;
use crate::policy::{Category, Localized, Service, Site};
use crate::widget;
use bytes::Bytes;
use http::HeaderValue;
use serde::{Serialize, Serializer};
use std::collections::HashMap;
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
    texts: &'s crate::policy::site::Texts,
    look: LookView<'s>,
    reload: bool,
}

/// How it looks: a part is in the page already, beside the guard.
#[derive(Serialize)]
struct LookView<'s> {
    #[serde(flatten)]
    dock: widget::Dock<'s>,
    layout: &'s str,
    position: &'s str,
    logo: Option<&'s str>,
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
    services: Vec<ServiceView<'s>>,
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

impl<'s> CategoryView<'s> {
    fn of(category: &'s Category, site: &'s Site) -> Self {
        let own = site.shown.iter().filter(|service| service.category == category.number);
        Self {
            number: category.number.get(),
            name: &category.name,
            necessary: category.number == CategoryNumber::NECESSARY,
            label: &category.label,
            description: &category.description,
            services: own.filter_map(|service| ServiceView::of(service, site)).collect(),
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

/// One site's settings as bytes.
#[derive(Debug, Clone)]
pub(super) struct Rendered {
    versions: (String, String),
    pub(super) body: Bytes,
    pub(super) etag: HeaderValue,
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
        categories: site.categories.iter().map(|category| CategoryView::of(category, site)).collect(),
        texts: &site.texts,
        look: LookView {
            dock: widget::Dock::of(site),
            layout: site.look.layout.name(),
            position: site.look.position,
            logo: site.look.logo.as_deref(),
        },
        reload: site.look.reload,
    };
    let body = serde_json::to_vec(&settings).unwrap_or_default();
    let etag = super::digests::etag(&body);
    Rendered { versions: (rules.to_owned(), site.version.clone()), body: body.into(), etag }
}
