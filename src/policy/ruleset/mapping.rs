//! What others' cookies mean on a site: the reader's [`Mapping`], from the site's tables and each format's usual meaning.

use super::compile::Findings;
use super::tables::Tables;
use super::usual;
use crate::consent::codec::Format;
use crate::consent::mapping::{Mapping, SourceRule, Spelling, Target};
use crate::consent::{CategoryNumber, CategorySet, Deciseconds, ServiceNumber, Source};
use crate::policy::file::{At, Pairs, RuleError, SiteRule, SourceTable, nearest};
use crate::policy::service::{Category, Service};
use std::collections::HashMap;
use std::sync::Arc;

/// Makes the mapping, and refuses a cookie name of ours that a listed source uses (D3).
pub(super) fn compile(
    rule: &SiteRule,
    categories: &[Category],
    labels: &HashMap<String, CategoryNumber>,
    services: &[Arc<Service>],
    default_cookie: &str,
    findings: &mut Findings,
) -> Mapping {
    let mut mapping = Mapping {
        own_cookie: rule.cookie.as_ref().map_or(default_cookie, |c| &c.value).to_owned(),
        site: rule.name.clone(),
        sources: Vec::new(),
        categories: categories.iter().map(|c| c.number).collect(),
        sale: categories.iter().filter(|c| c.sale).map(|c| c.number).collect(),
        lifetime: u64::from(rule.lifetime_days) * Deciseconds::DAY,
        reask: rule.reask,
        category_since: categories.iter().filter_map(|c| Some((c.number, c.since?))).collect(),
        ..Mapping::default()
    };
    let listed = listed(rule, findings);
    let mut tables = Tables { labels, services, findings };
    mapping.sources = listed.iter().map(|source| source_rule(*source, rule, &mut tables)).collect();
    // Without a tool that names services a copy of every slug for every site would be waste.
    let names_services = |source: &Source| matches!(source, Source::Tool(format) if usual::names_services(*format));
    if rule.bridge.is_some() || listed.iter().any(names_services) {
        mapping.service_slugs = spellings(services);
    }
    check_cookie(rule, &mapping, findings);
    mapping
}

/// The site's sources, each once; what is no source is an error.
fn listed(rule: &SiteRule, findings: &mut Findings) -> Vec<Source> {
    let mut listed: Vec<Source> = if rule.sources.is_some() { Vec::new() } else { vec![Source::Own] };
    for name in rule.sources.iter().flatten() {
        match Source::all().find(|source| source.name() == name.value) {
            None => {
                let hint = nearest(&name.value, Source::all().map(Source::name));
                findings.error(RuleError::at(&name.place, &name.value, "unknown source").hint(hint));
            }
            Some(source) if listed.contains(&source) => {
                findings.error(RuleError::at(&name.place, &name.value, "this source is listed twice"));
            }
            Some(source) => listed.push(source),
        }
    }
    let bridged = rule.bridge.as_ref().and_then(|table| table.tool.format());
    for table in &rule.tables {
        if !listed.contains(&Source::Tool(table.format)) && bridged != Some(table.format) {
            let warning = RuleError::at(&table.place, "", "this source is not listed in sources: it is not read");
            findings.warnings.push(warning);
        }
    }
    listed
}

/// One source with what its names and numbers mean: usually, and then by the site's table.
fn source_rule(source: Source, site: &SiteRule, tables: &mut Tables<'_>) -> SourceRule {
    let mut rule = SourceRule::new(source);
    if let Source::Tool(format) = source {
        meaning(format, site, &mut rule, tables);
    }
    rule
}

fn meaning(format: Format, site: &SiteRule, rule: &mut SourceRule, tables: &mut Tables<'_>) {
    usual_meaning(format, rule, tables);
    if let Some(table) = site.tables.iter().find(|table| table.format == format) {
        written_meaning(table, rule, tables);
    }
}

fn usual_meaning(format: Format, rule: &mut SourceRule, tables: &Tables<'_>) {
    let named = |name: &str| tables.labels.get(name).copied();
    if usual::uses_labels(format) {
        for (label, number) in tables.labels {
            rule.groups.usual(label, [*number].into_iter().collect());
        }
    }
    for (name, categories) in usual::groups(format) {
        let categories: CategorySet = categories.iter().filter_map(|category| named(category)).collect();
        rule.groups.usual(name, categories);
    }
    for (name, slug) in usual::services(format) {
        if let Some((service, category)) = tables.find(slug) {
            rule.services.usual(name, Target::Service(service, category));
        }
    }
    for (name, category) in usual::kinds(format) {
        // A service that is called so here says more than its kind.
        let known = Spelling::of(name).is_some_and(|name| tables.find(name.as_str()).is_some());
        if let Some(category) = named(category).filter(|_| !known) {
            rule.services.usual(name, Target::Categories([category].into_iter().collect()));
        }
    }
    for (purpose, category) in usual::purposes(format) {
        rule.purposes.extend(named(category).map(|category| (*purpose, category)));
    }
    if matches!(format, Format::Tcf | Format::Gpp) {
        let vendors = tables.services.iter().filter_map(|service| Some((service.tcf_vendor?, service.number?)));
        vendors.for_each(|(vendor, service)| rule.vendors.add(vendor, service));
    }
}

fn written_meaning(table: &SourceTable, rule: &mut SourceRule, tables: &mut Tables<'_>) {
    if let Some(names) = &table.cookies {
        rule.cookies = names.iter().map(|name| name.value.clone()).collect();
    }
    rule.revision = table.revision.map(i64::from);
    if matches!(table.format, Format::Didomi | Format::Tcf | Format::Gpp) {
        rule.purposes.extend(tables.numbered(&table.groups, Tables::category));
        let vendors = tables.numbered(&table.services, Tables::service);
        // Where a site says which vendor a service is, the catalogue's number does not count beside it.
        rule.vendors.retain(|_, service| !vendors.iter().any(|(_, written)| written == service));
        vendors.iter().for_each(|(vendor, service)| rule.vendors.add(*vendor, *service));
        let google = tables.numbered(&table.google_vendors, Tables::service);
        google.iter().for_each(|(vendor, service)| rule.google_vendors.add(*vendor, *service));
        return;
    }
    write_names(&table.groups, &table.services, rule, tables);
}

/// The names of a site's table.
fn write_names(groups: &Pairs, services: &Pairs, rule: &mut SourceRule, tables: &mut Tables<'_>) {
    for (name, categories) in groups {
        if let Some(set) = tables.categories(categories)
            && !rule.groups.write(name, set)
        {
            let error = RuleError::at(&categories.place, &categories.value, "more than 64 names are mapped");
            tables.findings.error(error);
        }
    }
    for (name, target) in services {
        if let Some(target) = tables.target(target) {
            rule.services.write(name, target);
        }
    }
}

/// The rule of the tool that a site bridges.
pub(super) fn bridge(
    rule: &SiteRule,
    labels: &HashMap<String, CategoryNumber>,
    services: &[Arc<Service>],
    findings: &mut Findings,
) -> Option<SourceRule> {
    let table = rule.bridge.as_ref()?;
    let mut tables = Tables { labels, services, findings };
    let mut made = SourceRule::new(Source::Bridge(table.tool));
    if let Some(format) = table.tool.format() {
        meaning(format, rule, &mut made, &mut tables);
        return Some(made);
    }
    for (label, number) in labels {
        made.groups.usual(label, [*number].into_iter().collect());
    }
    for (name, categories) in usual::bridged(table.tool) {
        let categories = categories.iter().filter_map(|category| labels.get(*category).copied()).collect();
        made.groups.usual(name, categories);
    }
    write_names(&table.groups, &table.services, &mut made, &mut tables);
    Some(made)
}

/// Every service by its slug, and by its name where that is no other's slug. One without a number has no answer of its own.
fn spellings(services: &[Arc<Service>]) -> HashMap<String, (ServiceNumber, CategoryNumber)> {
    let spelled = |text: &str| Spelling::of(text).map(|spelling| spelling.as_str().to_owned());
    let numbered = || services.iter().filter_map(|service| Some((service, (service.number?, service.category))));
    let mut known: HashMap<_, _> = numbered().filter_map(|(s, found)| Some((spelled(&s.slug)?, found))).collect();
    for (service, found) in numbered() {
        if let Some(name) = spelled(&service.name) {
            known.entry(name).or_insert(found);
        }
    }
    known
}

/// Our cookie and a listed source's must not have one name: neither could be told from a forgery of the other.
fn check_cookie(rule: &SiteRule, mapping: &Mapping, findings: &mut Findings) {
    for source in mapping.sources.iter().filter(|source| source.reads(mapping.own_cookie.as_bytes())) {
        let mut place = rule.cookie.as_ref().map_or_else(|| rule.place.clone(), |c: &At<String>| c.place.clone());
        place.key = "cookie".into();
        let problem = format!("our cookie's name is one that the listed source {} uses", source.source.name());
        findings.error(RuleError::at(&place, &mapping.own_cookie, problem).hint("write cookie = \"consentry\""));
    }
}
