//! What others' cookies mean on a site: the reader's [`Mapping`], from the site's tables and each format's usual meaning.

use super::compile::Findings;
use super::services::unknown_category;
use crate::consent::mapping::{IdMap, Mapping, SourceRule};
use crate::consent::{CategoryNumber, CategorySet, Deciseconds, ServiceNumber};
use crate::policy::file::{At, RuleError, SiteRule, nearest};
use crate::policy::service::{Category, Service};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// OneTrust's standard groups; tenants rename them, and unknown ones grant nothing.
const ONETRUST_GROUPS: [(&str, &str); 4] =
    [("C0002", "statistics"), ("C0003", "preferences"), ("C0004", "marketing"), ("C0005", "marketing")];

/// The formats that can be listed in `sources`.
const SOURCES: [&str; 4] = ["own", "didomi", "onetrust", "dastra"];

/// Makes the mapping, and refuses a cookie name of ours that a listed source uses (D3).
pub(super) fn compile(
    rule: &SiteRule,
    categories: &[Category],
    numbers: CategorySet,
    labels: &HashMap<String, CategoryNumber>,
    services: &[Arc<Service>],
    default_cookie: &str,
    findings: &mut Findings,
) -> Mapping {
    let mut mapping = Mapping {
        own_cookie: rule.cookie.as_ref().map_or(default_cookie, |c| &c.value).to_owned(),
        site: rule.name.clone(),
        sources: sources(rule, findings),
        categories: numbers,
        lifetime: u64::from(rule.lifetime_days) * Deciseconds::DAY,
        reask: rule.reask,
        category_since: categories.iter().filter_map(|c| Some((c.number, c.since?))).collect(),
        ..Mapping::default()
    };
    let mut tables = Tables { labels, services, findings };
    let of_rules = &rule.tables;
    mapping.didomi_purposes = tables.numbered(&of_rules.didomi_purposes, Tables::category);
    mapping.didomi_vendors = tables.numbered(&of_rules.didomi_vendors, Tables::service);
    let usual = ONETRUST_GROUPS.iter().filter_map(|(group, name)| Some(((*group).to_owned(), *labels.get(*name)?)));
    mapping.onetrust_groups = usual.collect();
    for (group, name) in &of_rules.onetrust_groups {
        if let Some(category) = tables.category(name) {
            mapping.onetrust_groups.insert(group.clone(), category);
        }
    }
    // Only this format names services; without it a copy of every slug for every site would be waste.
    if mapping.sources.iter().any(|source| matches!(source, SourceRule::Dastra { .. })) {
        mapping.service_slugs =
            services.iter().filter_map(|s| Some((s.slug.clone(), (s.number?, s.category)))).collect();
    }
    for (slug, name) in &of_rules.dastra_services {
        if let Some((number, category)) = tables.service_and_category(name) {
            mapping.service_slugs.insert(slug.clone(), (number, category));
        }
    }
    check_cookie(rule, &mapping, findings);
    mapping
}

fn sources(rule: &SiteRule, findings: &mut Findings) -> Vec<SourceRule> {
    let Some(listed) = &rule.sources else { return vec![SourceRule::Own] };
    let names = |written: &Option<Vec<At<String>>>, usual: &[&str]| match written {
        Some(names) => names.iter().map(|n| n.value.clone()).collect(),
        None => usual.iter().map(|n| (*n).to_owned()).collect(),
    };
    let mut sources: Vec<SourceRule> = Vec::new();
    for name in listed {
        let source = match name.value.as_str() {
            "own" => SourceRule::Own,
            "didomi" => SourceRule::Didomi { cookies: names(&rule.tables.didomi_cookies, &["didomi_dcs"]) },
            "onetrust" => SourceRule::OneTrust { cookies: names(&rule.tables.onetrust_cookies, &[]) },
            "dastra" => {
                SourceRule::Dastra { cookies: names(&rule.tables.dastra_cookies, &["euconsent", "consent-eu"]) }
            }
            other => {
                findings.error(RuleError::at(&name.place, other, "unknown source").hint(nearest(other, SOURCES)));
                continue;
            }
        };
        if sources.contains(&source) {
            findings.error(RuleError::at(&name.place, &name.value, "this source is listed twice"));
        } else {
            sources.push(source);
        }
    }
    sources
}

/// Our cookie and a listed source's must not have one name: neither could be told from a forgery of the other.
fn check_cookie(rule: &SiteRule, mapping: &Mapping, findings: &mut Findings) {
    for source in &mapping.sources {
        let (name, cookies) = match source {
            SourceRule::Own => continue,
            SourceRule::Didomi { cookies } => ("didomi", cookies),
            SourceRule::OneTrust { cookies } => ("onetrust", cookies),
            SourceRule::Dastra { cookies } => ("dastra", cookies),
        };
        if cookies.contains(&mapping.own_cookie) {
            let mut place = rule.cookie.as_ref().map_or_else(|| rule.place.clone(), |c| c.place.clone());
            "cookie".clone_into(&mut place.key);
            let problem = format!("our cookie's name is one that the listed source {name} uses");
            findings.error(RuleError::at(&place, &mapping.own_cookie, problem).hint("write cookie = \"consentry\""));
        }
    }
}

/// Looks up the names in the site's tables.
struct Tables<'a> {
    labels: &'a HashMap<String, CategoryNumber>,
    services: &'a [Arc<Service>],
    findings: &'a mut Findings,
}

impl Tables<'_> {
    fn category(&mut self, name: &At<String>) -> Option<CategoryNumber> {
        let found = self.labels.get(&name.value.to_lowercase()).copied();
        if found.is_none() {
            self.findings.error(unknown_category(name, self.labels));
        }
        found
    }

    fn service_and_category(&mut self, name: &At<String>) -> Option<(ServiceNumber, CategoryNumber)> {
        let found = self.services.iter().find(|s| s.slug == name.value).and_then(|s| Some((s.number?, s.category)));
        if found.is_none() {
            let hint = nearest(&name.value, self.services.iter().map(|s| s.slug.as_str()));
            self.findings.error(RuleError::at(&name.place, &name.value, "unknown service").hint(hint));
        }
        found
    }

    fn service(&mut self, name: &At<String>) -> Option<ServiceNumber> {
        self.service_and_category(name).map(|(number, _)| number)
    }

    /// A table whose keys are numbers from 1 to 65535.
    fn numbered<T>(
        &mut self,
        table: &BTreeMap<String, At<String>>,
        read: impl Fn(&mut Self, &At<String>) -> Option<T>,
    ) -> IdMap<T> {
        let mut numbered = IdMap::new();
        for (key, name) in table {
            match (key.parse::<u16>(), read(self, name)) {
                (Ok(number), Some(value)) if number > 0 => drop(numbered.insert(number, value)),
                (Ok(1..), None) => {}
                _ => self.findings.error(RuleError::at(
                    &name.place,
                    &name.value,
                    "the key must be a number from 1 to 65535",
                )),
            }
        }
        numbered
    }
}
