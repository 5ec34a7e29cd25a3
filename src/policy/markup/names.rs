//! What the consent tools' names for groups, purposes and services mean: the site's own table, then each tool's usual
//! meaning, then the site's categories, then its services.

use crate::consent::{CategoryNumber, CategorySet};
use crate::policy::service::{Service, ServiceId};
use crate::policy::site::Site;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// A consent tool whose markup is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "they are the tools' names")]
pub enum Tool {
    Axeptio,
    Borlabs,
    Cookiebot,
    CookieYes,
    Dastra,
    Didomi,
    DidomiVendor,
    Iubenda,
    Klaro,
    OneTrust,
    OneTrustService,
    Osano,
    TrustArc,
    Usercentrics,
}

/// What one name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// All of these categories; number 0 among them is `necessary`.
    Categories(CategorySet),
    /// One service.
    Service(ServiceId),
    /// Nothing that has to be granted by itself.
    Nothing,
}

/// Tool, name, categories. An empty list asks for nothing by itself.
const USUAL: [(Tool, &str, &[&str]); 36] = [
    (Tool::Cookiebot, "ignore", &[]),
    // The purpose of storing at all, which every other one needs too.
    (Tool::Didomi, "cookies", &[]),
    (Tool::Didomi, "select_basic_ads", &["marketing"]),
    (Tool::Didomi, "create_ads_profile", &["marketing"]),
    (Tool::Didomi, "select_personalized_ads", &["marketing"]),
    (Tool::Didomi, "geolocation_data", &["marketing"]),
    (Tool::Didomi, "device_characteristics", &["marketing"]),
    (Tool::Didomi, "measure_ad_performance", &["statistics"]),
    (Tool::Didomi, "measure_content_performance", &["statistics"]),
    (Tool::Didomi, "market_research", &["statistics"]),
    (Tool::Didomi, "improve_products", &["statistics"]),
    (Tool::Didomi, "create_content_profile", &["preferences"]),
    (Tool::Didomi, "select_personalized_content", &["preferences"]),
    (Tool::Iubenda, "1", &["necessary"]),
    (Tool::Iubenda, "2", &["preferences"]),
    (Tool::Iubenda, "3", &["preferences"]),
    (Tool::Iubenda, "4", &["statistics"]),
    (Tool::Iubenda, "5", &["marketing"]),
    (Tool::OneTrust, "c0001", &["necessary"]),
    (Tool::OneTrust, "c0002", &["statistics"]),
    (Tool::OneTrust, "c0003", &["preferences"]),
    (Tool::OneTrust, "c0004", &["marketing"]),
    (Tool::OneTrust, "c0005", &["marketing"]),
    (Tool::Osano, "essential", &["necessary"]),
    (Tool::Osano, "storage", &["preferences"]),
    (Tool::Osano, "personalization", &["preferences"]),
    (Tool::Osano, "analytics", &["statistics"]),
    (Tool::Osano, "marketing", &["marketing"]),
    (Tool::Osano, "opt_out", &["marketing"]),
    (Tool::TrustArc, "required", &["necessary"]),
    (Tool::TrustArc, "functional", &["preferences", "statistics"]),
    (Tool::TrustArc, "advertising", &["marketing"]),
    (Tool::CookieYes, "functional", &["preferences"]),
    (Tool::CookieYes, "performance", &["statistics"]),
    (Tool::CookieYes, "analytics", &["statistics"]),
    (Tool::CookieYes, "advertisement", &["marketing"]),
];

impl Tool {
    /// Every tool by its name in rule files; those that have two kinds of names have two.
    pub const NAMED: [(&'static str, Self); 14] = [
        ("axeptio", Self::Axeptio),
        ("borlabs", Self::Borlabs),
        ("cookiebot", Self::Cookiebot),
        ("cookieyes", Self::CookieYes),
        ("dastra", Self::Dastra),
        ("didomi", Self::Didomi),
        ("didomi_vendor", Self::DidomiVendor),
        ("iubenda", Self::Iubenda),
        ("klaro", Self::Klaro),
        ("onetrust", Self::OneTrust),
        ("onetrust_service", Self::OneTrustService),
        ("osano", Self::Osano),
        ("trustarc", Self::TrustArc),
        ("usercentrics", Self::Usercentrics),
    ];

    /// What stands between several names.
    pub(super) const fn separators(self) -> &'static [char] {
        match self {
            Self::OneTrust | Self::OneTrustService => &[',', '-'],
            // People's names for services may have anything in them.
            Self::Usercentrics | Self::Klaro | Self::Borlabs | Self::Dastra | Self::DidomiVendor => &['\n'],
            _ => &[','],
        }
    }

    /// Whether its names are those of services, which a tag's address may tell as well.
    pub(super) const fn names_services(self) -> bool {
        use Tool::{Axeptio, Borlabs, Dastra, DidomiVendor, Klaro, OneTrustService, Usercentrics};
        matches!(self, Dastra | DidomiVendor | Klaro | Usercentrics | Borlabs | Axeptio | OneTrustService)
    }
}

/// A site's own names: tool, and the name in lower case.
pub(crate) type Names = HashMap<(Tool, String), Meaning>;

/// Services by their slugs and names, made when the first page asks.
pub(crate) type ByName = Arc<OnceLock<HashMap<String, ServiceId>>>;

impl Site {
    /// What a tool's name means here; `None`: this site does not know it. At most a few look-ups and allocations: only
    /// tags of that tool's markup ask.
    pub(super) fn meaning(&self, tool: Tool, name: &str) -> Option<Meaning> {
        let lower = name.to_lowercase();
        let lower = if tool == Tool::CookieYes { lower.trim_start_matches("cookieyes-").to_owned() } else { lower };
        if let Some(meaning) = self.index.names.get(&(tool, lower.clone())) {
            return Some(*meaning);
        }
        // What the site says of OneTrust's cookies it says of its markup.
        let tables = self.mapping.sources.iter().filter(|rule| matches!(rule.source.name(), "onetrust" | "optanon"));
        if tool == Tool::OneTrust
            && let Some(group) =
                tables.into_iter().find_map(|rule| rule.groups.get(name)).filter(|group| !group.categories.is_empty())
        {
            return Some(Meaning::Categories(group.categories));
        }
        if let Some((.., categories)) = USUAL.iter().find(|(of, known, _)| *of == tool && *known == lower) {
            let set: CategorySet = categories.iter().filter_map(|name| self.label_number(name)).collect();
            let is_whole = categories.iter().all(|name| self.label_number(name).is_some());
            return is_whole.then_some(if categories.is_empty() { Meaning::Nothing } else { Meaning::Categories(set) });
        }
        if !tool.names_services() {
            return self.label_number(&lower).map(category_meaning);
        }
        let dastra = self.mapping.service_named(name).filter(|_| tool == Tool::Dastra);
        let dastra = dastra.and_then(|(number, _)| self.service(number)).map(|service| service.id);
        dastra.or_else(|| self.service_called(bare(&lower))).map(Meaning::Service)
    }

    /// The service of this slug or name, in any case.
    pub(super) fn service_called(&self, name: &str) -> Option<ServiceId> {
        let by_name = self.index.by_name.get_or_init(|| {
            let mut all = HashMap::new();
            let add = |all: &mut HashMap<String, ServiceId>, service: &Service, name: String| {
                all.entry(name).or_insert(service.id);
            };
            self.every_service().for_each(|s| add(&mut all, s, s.slug.clone()));
            self.every_service().for_each(|s| add(&mut all, s, letters(&s.slug)));
            self.every_service().for_each(|s| add(&mut all, s, letters(&s.name)));
            all
        });
        let lower = name.trim().to_lowercase();
        by_name.get(&lower).or_else(|| by_name.get(&letters(&lower)).filter(|_| !letters(&lower).is_empty())).copied()
    }
}

fn category_meaning(category: CategoryNumber) -> Meaning {
    Meaning::Categories([category].into_iter().collect())
}

/// Didomi's ids without what it puts around them: `c:abtasty-YFYFtFgw`, `didomi:google`.
fn bare(name: &str) -> &str {
    let Some((_, rest)) = name.split_once(':') else { return name };
    match rest.rsplit_once('-') {
        Some((head, tail)) if tail.len() == 8 => head,
        _ => rest,
    }
}

/// Letters and digits alone, lower case: `Google Analytics` and `google-analytics` are one.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
