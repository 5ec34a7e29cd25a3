//! The answer of `cookie-widget-settings`: the site's categories as groups, its services, and the widget's words. The order
//! of the members is Dastra's.

use super::{purpose, version_key};
use crate::consent::codec::Format;
use crate::consent::{CategoryNumber, Source};
use crate::policy::{Category, DastraApi, Service, Site};
use crate::widget::Words;
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Where there is nothing to say (colours, dates, logos) it is `null`: what the site looks like is not in its rules.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    translation: BTreeMap<String, String>,
    groups: Vec<Group>,
    lang: String,
    version_key: Uuid,
    last_version_generation: Option<String>,
    enabled: bool,
    label: String,
    show_fixed_button: bool,
    developer_mode: bool,
    save_consent_proof: bool,
    position: &'static str,
    timer_trigger: Option<u32>,
    scroll_trigger: Option<u32>,
    cookie_notice_url: Option<String>,
    bg_color: Option<String>,
    color_title: Option<String>,
    color_btn: Option<String>,
    color_text: Option<String>,
    color_primary: Option<String>,
    color_secondary: Option<String>,
    #[serde(rename = "customCSS")]
    custom_css: Option<String>,
    #[serde(rename = "enableIAB")]
    enable_iab: bool,
    tcf_version: Option<String>,
    font_family: Option<String>,
    date_creation: Option<String>,
    date_update: Option<String>,
    consent_cookie_expiry_time: u32,
    consent_cookie_name: Option<String>,
    id: u32,
    tenant_id: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    label: String,
    excerpt: String,
    description: String,
    purpose: u8,
    required_consent: bool,
    default_consent: bool,
    services: Vec<Entry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: u16,
    name: String,
    slug: String,
    domain: Option<String>,
    logo_url: Option<String>,
    privacy_policy_url: Option<String>,
    default_consent: bool,
    required_consent: bool,
    purpose: u8,
    description: String,
    cookies: Vec<Cookie>,
    lang: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Cookie {
    id: u32,
    service_id: u16,
    name: String,
    description: Option<String>,
    value: Option<String>,
    path: &'static str,
    domain: Option<String>,
    expiry_days: Option<u32>,
}

impl Settings {
    /// The same for every visitor of the site in one language. O(services shown and their cookies).
    pub(super) fn of(site: &Site, api: &DastraApi, culture: &str) -> Self {
        let words = Words::of(site, culture);
        let translation = words.all().into_iter().map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
        let cookie = site.mapping.rule(Source::Tool(Format::Dastra)).and_then(|rule| rule.cookies.first().cloned());
        Self {
            translation,
            groups: site.categories.iter().map(|category| Group::of(site, category, &words)).collect(),
            lang: words.language().to_owned(),
            version_key: version_key(site),
            last_version_generation: None,
            enabled: true,
            label: site.name.clone(),
            show_fixed_button: true,
            developer_mode: false,
            save_consent_proof: true,
            position: "BottomLeft",
            timer_trigger: None,
            scroll_trigger: None,
            cookie_notice_url: None,
            bg_color: None,
            color_title: None,
            color_btn: None,
            color_text: None,
            color_primary: None,
            color_secondary: None,
            custom_css: None,
            enable_iab: false,
            tcf_version: None,
            font_family: None,
            date_creation: None,
            date_update: None,
            consent_cookie_expiry_time: site.lifetime_days,
            consent_cookie_name: cookie,
            id: api.widget,
            tenant_id: site.proof.tenant,
        }
    }
}

impl Group {
    fn of(site: &Site, category: &Category, words: &Words<'_>) -> Self {
        let necessary = category.number == CategoryNumber::NECESSARY;
        let own = site.shown.iter().filter(|service| service.category == category.number);
        Self {
            label: words.label(category).to_owned(),
            excerpt: words.description(category).to_owned(),
            description: words.description(category).to_owned(),
            purpose: purpose(category),
            required_consent: necessary,
            default_consent: necessary,
            services: own.filter_map(|service| Entry::of(service, category, words.language())).collect(),
        }
    }
}

impl Entry {
    fn of(service: &Service, category: &Category, language: &str) -> Option<Self> {
        let id = service.number?.get();
        let necessary = category.number == CategoryNumber::NECESSARY;
        let domain = service.hosts.first().map(|host| host.trim_start_matches('='));
        let cookie = |(at, name): (u32, &str)| Cookie {
            id: (u32::from(id) << 8) | at,
            service_id: id,
            name: name.to_owned(),
            description: None,
            value: None,
            path: "/",
            domain: None,
            expiry_days: service.max_age_days,
        };
        Some(Self {
            id,
            name: service.name.clone(),
            slug: service.slug.clone(),
            domain: domain.and_then(|host| host.split('/').next()).map(str::to_owned),
            logo_url: None,
            privacy_policy_url: None,
            default_consent: necessary,
            required_consent: necessary,
            purpose: purpose(category),
            description: service.purpose.to_string(),
            cookies: (0..=0xff).zip(service.cookies.iter().map(AsRef::as_ref)).map(cookie).collect(),
            lang: language.to_owned(),
        })
    }
}
