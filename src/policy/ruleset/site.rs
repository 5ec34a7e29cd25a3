//! One site: its own categories, services and overrides on top of the shared catalogue.

use super::catalogue::{Catalogue, SITE_CATEGORIES, SITE_SERVICES, categories};
use super::compile::Findings;
use super::lists::Lists;
use super::regimes::Laws;
use super::services::{self, Compiled, Scope, unknown_category};
use super::{mapping, markup, signals};
use crate::consent::CategoryNumber;
use crate::policy::cookies::CookieNames;
use crate::policy::file::{At, Document, OverrideRule, RuleError, SiteRule, canonical, nearest};
use crate::policy::matcher::{Builder, HostPattern, Matcher};
use crate::policy::mode::Mode;
use crate::policy::service::Service;
use crate::policy::site::{Delivery, Index, Site, UnknownParty};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

const PREFIX: &str = "/_c/";
const COOKIE: &str = "euconsent";

/// Compiles one site. Everything that is wrong goes to `findings`.
pub(super) fn compile(
    rule: &SiteRule,
    document: Document,
    catalogue: &Catalogue,
    lists: &Lists,
    laws: &Laws,
    findings: &mut Findings,
) -> Site {
    let mut labels = catalogue.labels.clone();
    let categories = categories(document.categories, &SITE_CATEGORIES, &mut labels, &catalogue.categories, findings);
    let scope = Scope { numbers: &SITE_SERVICES, first: catalogue.services.len(), labels: &labels, lists };
    let compiled = services::compile(document.services, document.lists, &scope, findings);
    let Compiled { services: own, matcher, lists } = compiled;
    for service in own.iter().filter(|s| catalogue.by_slug(&s.slug).is_some()) {
        let error = RuleError::at(&rule.place, &service.slug, "the catalogue has a service of this slug");
        findings.error(error.hint("give it another slug, or change the catalogue's with [[override]]"));
    }
    let slots = overridden(rule, catalogue, &own, &labels, findings);
    let all = every_service(catalogue, &slots, &own);
    let bridge = mapping::bridge(rule, &labels, &all, findings);
    let mapping = mapping::compile(rule, &categories, &labels, &all, COOKIE, findings);
    let names = Arc::new(markup::names(rule, &labels, slots.iter().flatten().chain(&own), findings));
    let since = slots.iter().flatten().chain(&own).filter(|s| s.since.is_some()).cloned().collect();
    let shown = shown(rule, catalogue, &all, &own, findings);
    let signals = signals::compile(rule, &labels, &categories, &all, &shown, findings);
    if rule.edge.is_some() && rule.delivery == Delivery::Uniform {
        let problem = "[edge] has no effect: a page of uniform delivery is everybody's";
        findings.warnings.push(RuleError::at(&rule.place, "", problem));
    }
    let lists = lists.into_iter().chain(catalogue.lists.iter().cloned()).collect();
    let hosts = hosts(rule, findings);
    let necessary = rule.cookies.necessary.iter().chain(mapping.sources.iter().flat_map(|source| &source.cookies));
    let necessary_cookies = Arc::new(CookieNames::new(necessary.map(|name| (name.as_str(), 0))));
    let private = rule.edge.iter().flat_map(|edge| &edge.private_cookies);
    let index = Index {
        catalogue_cookies: Arc::clone(&catalogue.cookies),
        own_cookies: Arc::new(services::cookie_names(&own, &HashSet::new())),
        necessary_cookies,
        catalogue: Arc::clone(&catalogue.matcher),
        slots,
        own: Arc::new(matcher),
        own_slots: own.into_iter().map(Some).collect(),
        lists,
        allowed: Arc::new(allowed(rule, &hosts, findings)),
        labels: Arc::new(labels),
        names,
        by_name: Arc::default(),
        since,
        private_cookies: Arc::new(CookieNames::new(private.map(|name| (name.as_str(), 0)))),
        is_reporting: false,
        variants: Arc::default(),
    };
    let mode = mode(rule, findings);
    let thumbnails = document.thumbnails.into_iter().chain(catalogue.thumbnails.iter().cloned());
    let mut site = Site {
        name: rule.name.clone(),
        mode,
        hosts,
        origin: rule.origin.clone(),
        version: String::new(),
        prefix: rule.prefix.as_ref().map_or(PREFIX, |p| &p.value).to_owned(),
        former_prefix: rule.former_prefix.clone(),
        cookie: mapping.own_cookie.clone(),
        mapping,
        bridge,
        regimes: laws.of_site(&rule.regimes, findings),
        categories,
        services: all,
        shown,
        inject: rule.inject && mode == Mode::Enforce,
        delivery: rule.delivery,
        on_failure: rule.on_failure,
        lifetime_days: rule.lifetime_days,
        reask: rule.reask,
        texts: rule.texts.clone(),
        look: rule.look.clone(),
        experiment: rule.experiment.clone(),
        thumbnails: if rule.look.thumbnails { thumbnails.collect() } else { Arc::default() },
        signals,
        no_transform: rule.no_transform,
        cache: rule.cache,
        unknown: rule.unknown,
        allow_hosts: rule.allow_hosts.iter().map(|(text, _)| text.value.clone()).collect(),
        deep_attributes: rule.deep_attributes,
        elements: rule.elements.clone(),
        cookies: rule.cookies.clone(),
        edge: rule.edge.clone(),
        api: rule.api.clone(),
        proof: rule.proof.clone(),
        csp: rule.csp.as_ref().map(|csp| csp.value.clone()),
        index,
    };
    site.index.is_reporting = mode == Mode::Report || site.reported().next().is_some();
    super::csp::check(rule, &site, findings);
    site.version = version(&site, catalogue);
    site
}

/// A site that only reports is easily forgotten.
fn mode(rule: &SiteRule, findings: &mut Findings) -> Mode {
    if let Some(At { value: Mode::Report, place }) = &rule.mode {
        let problem =
            "this site enforces nothing: pages, heads and cookies go through as they come, and are only counted";
        findings.warnings.push(RuleError::at(place, Mode::Report.name(), problem));
    }
    rule.mode.as_ref().map_or(Mode::Enforce, |mode| mode.value)
}

/// What has a number of the catalogue's services and of the site's own, in the order of the numbers; the catalogue's list
/// itself where the site changes nothing.
fn every_service(
    catalogue: &Catalogue,
    slots: &Arc<[Option<Arc<Service>>]>,
    own: &[Arc<Service>],
) -> Arc<[Arc<Service>]> {
    if own.is_empty() && Arc::ptr_eq(slots, &catalogue.slots) {
        return Arc::clone(&catalogue.numbered);
    }
    let mut all: Vec<Arc<Service>> =
        slots.iter().flatten().chain(own).filter(|s| s.number.is_some()).cloned().collect();
    all.sort_by_key(|s| s.number);
    all.into()
}

/// The services that the widget lists: the site's own, those it changes, and those it names, or the common ones.
fn shown(
    rule: &SiteRule,
    catalogue: &Catalogue,
    all: &Arc<[Arc<Service>]>,
    own: &[Arc<Service>],
    findings: &mut Findings,
) -> Arc<[Arc<Service>]> {
    if rule.shown.is_none() && Arc::ptr_eq(all, &catalogue.numbered) {
        return Arc::clone(&catalogue.common);
    }
    let named: Option<HashSet<&str>> = rule.shown.as_ref().map(|all| all.iter().map(|s| s.value.as_str()).collect());
    let changed: HashSet<&str> = rule.overrides.iter().map(|change| change.service.value.as_str()).collect();
    for name in rule.shown.iter().flatten().filter(|name| !all.iter().any(|s| s.slug == name.value)) {
        let hint = nearest(&name.value, all.iter().map(|s| s.slug.as_str()));
        findings.error(RuleError::at(&name.place, &name.value, "no service of this site that has a number").hint(hint));
    }
    let is_shown = |service: &&Arc<Service>| {
        let slug = service.slug.as_str();
        let wanted = named.as_ref().map_or(service.common, |named| named.contains(slug));
        wanted || changed.contains(slug) || own.iter().any(|s| s.id == service.id)
    };
    all.iter().filter(is_shown).cloned().collect()
}

/// The hosts that are let through unknown: those that are listed, and the site's own.
fn allowed(rule: &SiteRule, hosts: &[String], findings: &mut Findings) -> Matcher {
    let mut builder = Builder::default();
    rule.allow_hosts.iter().for_each(|(_, pattern)| builder.host(0, pattern));
    for host in hosts.iter().filter(|host| *host != "*") {
        let (exact, host) = host.strip_prefix("*.").map_or((true, host.as_str()), |parent| (false, parent));
        builder.host(0, &HostPattern { host: host.to_owned(), exact, path: None });
    }
    if rule.unknown == UnknownParty::Allow
        && rule.csp.is_none()
        && let Some((first, _)) = rule.allow_hosts.first()
    {
        let problem = "has no effect: unknown = \"allow\" lets every unknown host through";
        findings.warnings.push(RuleError::at(&first.place, &first.value, problem));
    }
    builder.build().unwrap_or_default()
}

/// The catalogue as this site has it: shared as it is where nothing is overridden.
fn overridden(
    rule: &SiteRule,
    catalogue: &Catalogue,
    own: &[Arc<Service>],
    labels: &HashMap<String, CategoryNumber>,
    findings: &mut Findings,
) -> Arc<[Option<Arc<Service>>]> {
    if rule.overrides.is_empty() {
        return Arc::clone(&catalogue.slots);
    }
    let mut slots = catalogue.slots.to_vec();
    let mut seen = HashSet::new();
    for change in &rule.overrides {
        let slug = &change.service;
        if !seen.insert(slug.value.as_str()) {
            findings.error(RuleError::at(&slug.place, &slug.value, "this service is overridden twice"));
        }
        let Some((at, service)) = catalogue.by_slug(&slug.value) else {
            findings.error(unknown_service(slug, catalogue, own));
            continue;
        };
        let changed = change_service(change, service, labels, findings);
        if let Some(slot) = slots.get_mut(at) {
            *slot = changed;
        }
    }
    slots.into()
}

fn unknown_service(slug: &At<String>, catalogue: &Catalogue, own: &[Arc<Service>]) -> RuleError {
    let hint = if own.iter().any(|s| s.slug == slug.value) {
        "it is this site's own: change it where it stands".to_owned()
    } else {
        nearest(&slug.value, catalogue.services.iter().map(|s| s.slug.as_str()))
    };
    RuleError::at(&slug.place, &slug.value, "no service of the catalogue").hint(hint)
}

fn change_service(
    change: &OverrideRule,
    service: &Service,
    labels: &HashMap<String, CategoryNumber>,
    findings: &mut Findings,
) -> Option<Arc<Service>> {
    if !change.enabled {
        return None;
    }
    let mut changed = service.clone();
    changed.since = change.since.or(changed.since);
    changed.mode = change.mode.unwrap_or(changed.mode);
    changed.justification.clone_from(&change.justification);
    changed.max_age_days = change.max_age_days.or(changed.max_age_days);
    if let Some(name) = &change.category {
        match labels.get(&name.value.to_lowercase()) {
            Some(category) => changed.category = *category,
            None => findings.error(unknown_category(name, labels)),
        }
        let reason = change.justification.as_ref().is_some_and(|text| !text.trim().is_empty());
        if changed.category == CategoryNumber::NECESSARY && !reason {
            let error = RuleError::at(&name.place, &name.value, "needs no consent, and gives no reason");
            findings.error(error.hint("write justification = \"…\" in this override"));
        }
    }
    Some(Arc::new(changed))
}

/// Host names as requests have them; `*.` and `*` stay.
fn hosts(rule: &SiteRule, findings: &mut Findings) -> Vec<String> {
    if rule.hosts.is_empty() {
        findings.warnings.push(RuleError::at(&rule.place, "", "no host is listed: this site answers for none"));
    }
    let mut hosts = Vec::new();
    for written in &rule.hosts {
        let (star, name) = written.value.strip_prefix("*.").map_or(("", written.value.as_str()), |rest| ("*.", rest));
        let host = if name == "*" { Ok(name.to_owned()) } else { canonical(name) };
        match host {
            Ok(host) => hosts.push(format!("{star}{host}")),
            Err(problem) => findings.error(RuleError::at(&written.place, &written.value, problem)),
        }
    }
    hosts
}

/// Where nothing is overridden the catalogue's part is hashed once for all sites.
fn version(site: &Site, catalogue: &Catalogue) -> String {
    let mut meaning = catalogue.meaning.clone();
    if !Arc::ptr_eq(&site.index.slots, &catalogue.slots) {
        meaning = super::meaning::Meaning::default();
        site.index.slots.iter().flatten().for_each(|s| meaning.service(s));
    }
    site.index.own_slots.iter().flatten().for_each(|s| meaning.service(s));
    for (_, list) in site.index.lists.iter() {
        meaning.text(list.digest());
    }
    meaning.site(site);
    meaning.version()
}
