//! A hash of what rules mean: every part goes in with its length, lists in the order of numbers and names.

use crate::consent::Deciseconds;
use crate::consent::mapping::SourceRule;
use crate::policy::cookies::CookieRules;
use crate::policy::failure::FailureReason;
use crate::policy::markup::Meaning as Named;
use crate::policy::regime::Regimes;
use crate::policy::service::{Category, Localized, Service};
use crate::policy::site::{Site, Texts, UnknownParty};
use crate::policy::variant::hex;
use sha2::{Digest, Sha256};

/// Collects parts.
#[derive(Default, Clone)]
pub(super) struct Meaning(Sha256);

impl Meaning {
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.number(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.0.update(text);
        self
    }

    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.0.update(number.to_be_bytes());
        self
    }

    pub(super) fn texts<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = T>) -> &mut Self {
        let mut count = 0;
        for text in texts {
            self.text(text.as_ref());
            count += 1;
        }
        self.number(count)
    }

    /// The order in which a rule lists them means nothing.
    fn sorted<T: AsRef<str> + Ord>(&mut self, texts: &[T]) -> &mut Self {
        let mut texts: Vec<&T> = texts.iter().collect();
        texts.sort();
        self.texts(texts)
    }

    fn date(&mut self, date: Option<Deciseconds>) -> &mut Self {
        self.number(date.map_or(0, |d| d.0))
    }

    fn localized(&mut self, text: &Localized) -> &mut Self {
        self.texts(text.iter().flat_map(|(language, text)| [language, text]))
    }

    fn category(&mut self, category: &Category) {
        self.number(category.number.get().into()).text(&category.name).sorted(&category.aliases);
        self.localized(&category.label).localized(&category.description).date(category.since);
        self.texts(&category.justification).number(u64::from(category.sale));
    }

    pub(super) fn service(&mut self, service: &Service) {
        self.number(service.number.map_or(0, |n| n.get().into())).text(&service.slug).text(&service.name);
        self.number(service.category.get().into()).date(service.since).text(&service.purpose);
        self.number(service.common.into()).text(service.mode.name());
        self.sorted(&service.hosts).sorted(&service.paths).sorted(&service.markers).sorted(&service.cookies);
        let mut globals: Vec<_> = service.globals.iter().collect();
        globals.sort();
        self.texts(globals.into_iter().flat_map(|g| [g.name.as_str(), g.kind.name()]));
        self.number(service.tcf_vendor.map_or(0, u64::from));
        self.text(&service.source).texts(&service.justification);
        self.number(service.max_age_days.map_or(0, u64::from));
    }

    /// Everything of a site but its name, its hosts, its origin, a former prefix, `[edge]`, `[api]` and `[proof]`: those change no page.
    pub(super) fn site(&mut self, site: &Site) {
        self.text(site.mode.name());
        self.text(&site.prefix).text(&site.cookie).text(site.delivery.name());
        self.number(u64::from(site.inject)).number(u64::from(site.no_transform)).number(site.lifetime_days.into());
        self.date(site.reask);
        self.regimes(&site.regimes);
        for reason in FailureReason::ALL {
            self.text(site.on_failure.action(reason).name());
        }
        self.words(&site.texts).texts(site.look.meaning()).texts(site.signals.meaning());
        for variant in &site.experiment.variants {
            self.text(&variant.name).number(variant.share.into()).texts(variant.look.meaning()).words(&variant.texts);
        }
        if !site.experiment.variants.is_empty() {
            self.number(site.experiment.is_kept.into());
        }
        for thumbnail in &*site.thumbnails {
            self.text(&thumbnail.frame()).text(&thumbnail.picture).sorted(&thumbnail.hosts);
            self.number(u64::from(thumbnail.internal));
        }
        self.number(u64::from(site.deep_attributes));
        for rule in &site.elements {
            self.text(&rule.name).texts(&rule.attributes);
        }
        site.categories.iter().for_each(|c| self.category(c));
        self.text(site.unknown.name()).sorted(&site.allow_hosts);
        self.texts(site.shown.iter().map(|s| s.slug.as_str()));
        if site.unknown != UnknownParty::Allow {
            // They are no unknown third parties then.
            self.sorted(&site.hosts);
        }
        self.csp(site);
        self.cookies(&site.cookies);
        self.mapping(site);
    }

    fn words(&mut self, texts: &Texts) -> &mut Self {
        for (language, texts) in texts {
            self.text(language).texts(texts.iter().flat_map(|(key, text)| [key, text]));
        }
        self
    }

    /// It is in a page's head, with the site's own hosts. Sites without it mean what they meant before there was any.
    fn csp(&mut self, site: &Site) {
        if let Some(csp) = &site.csp {
            self.text(csp.mode.name()).sorted(&csp.sources).sorted(&site.hosts);
        }
    }

    /// They change no page, but what a proof's version stands for.
    fn cookies(&mut self, rules: &CookieRules) {
        self.text(rules.unknown.name()).sorted(&rules.necessary).texts(&rules.justification);
        self.number(rules.max_age_days.map_or(0, u64::from));
        self.number(rules.expire.into()).number(rules.clear_site_data.into());
    }

    /// Names too: a proof says under which regime it was given.
    fn regimes(&mut self, regimes: &Regimes) {
        let texts = regimes.meaning();
        self.texts(texts);
    }

    fn mapping(&mut self, site: &Site) {
        let mapping = &site.mapping;
        mapping.sources.iter().chain(&site.bridge).for_each(|rule| self.source(rule));
        let slugs = mapping.service_slugs.iter();
        let slugs: Vec<String> = slugs.map(|(name, (s, c))| format!("{name} {} {}", s.get(), c.get())).collect();
        self.sorted(&slugs);
        self.names(site);
    }

    /// What the markup of other tools calls things.
    fn names(&mut self, site: &Site) {
        let names = site.index.names.iter().map(|((tool, name), meaning)| {
            let means = match meaning {
                Named::Categories(set) => set.bits().to_string(),
                Named::Service(id) => site.service_by_id(*id).map_or("", |service| &service.slug).to_owned(),
                Named::Nothing => String::new(),
            };
            format!("markup {tool:?} {name} {means}")
        });
        self.sorted(&names.collect::<Vec<_>>());
    }

    fn source(&mut self, rule: &SourceRule) {
        self.text(rule.source.name()).texts(&rule.cookies).texts(rule.revision.map(|revision| revision.to_string()));
        let mut pairs: Vec<String> = Vec::new();
        pairs.extend(rule.groups.iter().map(|(name, group)| format!("group {name} {group:?}")));
        pairs.extend(rule.services.iter().map(|(name, target)| format!("service {name} {target:?}")));
        pairs.extend(rule.purposes.iter().map(|(id, category)| format!("purpose {id} {}", category.get())));
        pairs.extend(rule.vendors.iter().map(|(id, service)| format!("vendor {id} {}", service.get())));
        pairs.extend(rule.google_vendors.iter().map(|(id, service)| format!("google {id} {}", service.get())));
        self.sorted(&pairs);
    }

    /// 16 hex digits.
    pub(super) fn version(self) -> String {
        hex(&self.0.finalize(), 8)
    }
}
