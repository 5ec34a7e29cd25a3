//! The shared part, compiled once: categories and services that every site starts from.

use super::compile::Findings;
use super::meaning::Meaning;
use crate::consent::{CategoryNumber, ServiceNumber};
use crate::policy::file::{At, CategoryRule, Document, Place, RuleError, ServiceRule, nearest};
use crate::policy::matcher::{Builder, Matcher};
use crate::policy::service::{Category, Service};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Numbers of the catalogue; the rest are the sites', so that neither grows into the other.
pub(super) const SHARED_CATEGORIES: RangeInclusive<u32> = 0..=31;
/// See [`SHARED_CATEGORIES`].
pub(super) const SHARED_SERVICES: RangeInclusive<u32> = 1..=59_999;
/// See [`SHARED_CATEGORIES`].
pub(super) const SITE_CATEGORIES: RangeInclusive<u32> = 32..=63;
/// See [`SHARED_CATEGORIES`].
pub(super) const SITE_SERVICES: RangeInclusive<u32> = 60_000..=65_535;

/// The compiled shared part. Services are in the order of their numbers; a match of `matcher` is a position in them.
pub(super) struct Catalogue {
    pub(super) categories: Vec<Category>,
    pub(super) labels: HashMap<String, CategoryNumber>,
    pub(super) services: Arc<[Arc<Service>]>,
    pub(super) slots: Arc<[Option<Arc<Service>>]>,
    pub(super) matcher: Arc<Matcher>,
    pub(super) version: String,
    /// After the services, for the sites that change none of them.
    pub(super) meaning: Meaning,
}

impl Catalogue {
    pub(super) fn compile(shared: Document, findings: &mut Findings) -> Self {
        let mut labels = HashMap::new();
        let categories = categories(shared.categories, &SHARED_CATEGORIES, &mut labels, &[], findings);
        if !labels.contains_key("necessary") {
            let problem = "no [[category]] is called necessary".to_owned();
            let hint = "copy rules/catalogue/categories.toml".to_owned();
            findings.error(RuleError { file: "catalogue".to_owned(), problem, hint, ..RuleError::default() });
        }
        let (services, matcher) = services(shared.services, &SHARED_SERVICES, &labels, findings);
        let mut meaning = Meaning::default();
        services.iter().for_each(|s| meaning.service(s));
        let slots = services.iter().cloned().map(Some).collect();
        let version = meaning.clone().version();
        Self { categories, labels, services: services.into(), slots, matcher: Arc::new(matcher), version, meaning }
    }

    pub(super) fn by_slug(&self, slug: &str) -> Option<(usize, &Arc<Service>)> {
        self.services.iter().enumerate().find(|(_, s)| s.slug == slug)
    }
}

/// Compiles categories, checks them against each other and against `before`, and adds their names to `labels`.
pub(super) fn categories(
    rules: Vec<CategoryRule>,
    numbers: &RangeInclusive<u32>,
    labels: &mut HashMap<String, CategoryNumber>,
    before: &[Category],
    findings: &mut Findings,
) -> Vec<Category> {
    let mut categories: Vec<Category> = before.to_vec();
    for rule in rules {
        if !numbers.contains(&rule.number.value) {
            findings.error(out_of_range(&rule.number, numbers));
        }
        let Some(number) = u8::try_from(rule.number.value).ok().and_then(CategoryNumber::new) else { continue };
        if let Some(other) = categories.iter().find(|c| c.number == number) {
            findings.error(taken(&rule.number, &other.name));
        }
        for name in std::iter::once(&rule.name).chain(&rule.aliases) {
            if labels.insert(name.value.trim().to_lowercase(), number).is_some() {
                findings.error(RuleError::at(&name.place, &name.value, "another category has this name or alias"));
            }
        }
        justified(&rule, number, findings);
        if let Some(sale) = rule.sale.as_ref().filter(|sale| sale.value && number == CategoryNumber::NECESSARY) {
            let error = RuleError::at(&sale.place, sale.value, "what is sold or shared is not necessary");
            findings.error(error.hint("put it into a category that is asked for"));
        }
        categories.push(category(rule, number));
    }
    categories.sort_by_key(|c| c.number);
    categories
}

/// `necessary` needs its reason, and nothing else may claim one (D9).
fn justified(rule: &CategoryRule, number: CategoryNumber, findings: &mut Findings) {
    let necessary = number == CategoryNumber::NECESSARY;
    if necessary != (rule.name.value == "necessary") {
        let error =
            RuleError::at(&rule.name.place, &rule.name.value, "number 0 and the name necessary belong together");
        findings.error(error);
    }
    let written = rule.justification.as_ref().is_some_and(|j| !j.value.trim().is_empty());
    match (&rule.justification, necessary) {
        (_, true) if !written => {
            let place = Place { key: rule.name.place.key.replace("name", "justification"), ..rule.name.place.clone() };
            let error = RuleError::at(&place, "", "is missing: what needs no consent needs a written reason");
            findings.error(error.hint("write justification = \"…\""));
        }
        (Some(text), false) => {
            let error = RuleError::at(&text.place, &text.value, "only necessary has a justification");
            findings.error(error.hint("remove it: this category is asked for"));
        }
        _ => {}
    }
}

fn category(rule: CategoryRule, number: CategoryNumber) -> Category {
    let mut aliases: Vec<String> = rule.aliases.into_iter().map(|a| a.value.trim().to_lowercase()).collect();
    aliases.sort();
    Category {
        number,
        name: rule.name.value,
        aliases,
        label: rule.label,
        description: rule.description,
        since: rule.since,
        justification: rule.justification.map(|j| j.value),
        sale: rule.sale.is_some_and(|sale| sale.value),
    }
}

fn out_of_range(number: &At<u32>, bounds: &RangeInclusive<u32>) -> RuleError {
    let problem = format!("is not one of the numbers for this file, {} to {}", bounds.start(), bounds.end());
    RuleError::at(&number.place, number.value, problem).hint("the catalogue and the sites number apart")
}

fn taken(number: &At<u32>, name: &str) -> RuleError {
    RuleError::at(&number.place, number.value, format!("{name:?} has this number")).hint("numbers are unique, for ever")
}

/// Compiles services in the order of their numbers, and their matcher.
pub(super) fn services(
    mut rules: Vec<ServiceRule>,
    numbers: &RangeInclusive<u32>,
    labels: &HashMap<String, CategoryNumber>,
    findings: &mut Findings,
) -> (Vec<Arc<Service>>, Matcher) {
    rules.sort_by_key(|r| r.number.value);
    let mut seen = Seen::default();
    let mut builder = Builder::default();
    let mut services: Vec<Arc<Service>> = Vec::with_capacity(rules.len());
    for rule in rules {
        if !numbers.contains(&rule.number.value) {
            findings.error(out_of_range(&rule.number, numbers));
        }
        seen.check(&rule, findings);
        let Some(category) = labels.get(&rule.category.value.to_lowercase()).copied() else {
            findings.error(unknown_category(&rule.category, labels));
            continue;
        };
        necessary(&rule, category, findings);
        let number = u16::try_from(rule.number.value).ok().and_then(ServiceNumber::new);
        let (Some(number), Ok(slot)) = (number, u32::try_from(services.len())) else { continue };
        rule.hosts.iter().for_each(|(_, pattern)| builder.host(slot, pattern));
        rule.paths.iter().for_each(|(_, pattern)| builder.path(slot, pattern));
        rule.markers.iter().for_each(|marker| builder.marker(slot, &marker.value));
        services.push(Arc::new(service(rule, number, category)));
    }
    let matcher = builder.build().unwrap_or_else(|error| {
        let file = "catalogue".to_owned();
        findings.error(RuleError { file, problem: format!("too many patterns: {error}"), ..RuleError::default() });
        Matcher::default()
    });
    (services, matcher)
}

/// The catalogue frees nobody; a site may, with a reason (D9).
fn necessary(rule: &ServiceRule, category: CategoryNumber, findings: &mut Findings) {
    let reason = rule.justification.as_ref().is_some_and(|text| !text.trim().is_empty());
    if category == CategoryNumber::NECESSARY && !reason {
        let error = RuleError::at(&rule.category.place, &rule.category.value, "needs no consent, and gives no reason");
        findings.error(error.hint("write justification = \"…\" in this service, or choose another category"));
    }
}

pub(super) fn unknown_category(name: &At<String>, labels: &HashMap<String, CategoryNumber>) -> RuleError {
    let mut known: Vec<&str> = labels.keys().map(String::as_str).collect();
    known.sort_unstable();
    RuleError::at(&name.place, &name.value, "unknown category").hint(nearest(&name.value, known))
}

fn service(rule: ServiceRule, number: ServiceNumber, category: CategoryNumber) -> Service {
    Service {
        number,
        slug: rule.slug.value,
        name: rule.name,
        category,
        since: rule.since,
        purpose: rule.purpose,
        hosts: rule.hosts.into_iter().map(|(text, _)| text.value).collect(),
        paths: rule.paths.into_iter().map(|(text, _)| text.value).collect(),
        markers: rule.markers.into_iter().map(|text| text.value).collect(),
        cookies: rule.cookies,
        globals: rule.globals,
        tcf_vendor: rule.tcf_vendor,
        source: rule.source,
        justification: rule.justification,
    }
}

/// What may be there only once.
#[derive(Default)]
struct Seen {
    numbers: HashMap<u32, String>,
    slugs: HashMap<String, ()>,
    patterns: HashMap<(&'static str, String), String>,
}

impl Seen {
    fn check(&mut self, rule: &ServiceRule, findings: &mut Findings) {
        let slug = &rule.slug.value;
        if let Some(other) = self.numbers.insert(rule.number.value, slug.clone()) {
            findings.error(taken(&rule.number, &other));
        }
        if self.slugs.insert(slug.clone(), ()).is_some() {
            findings.error(RuleError::at(&rule.slug.place, slug, "another service has this slug"));
        }
        let references = rule.hosts.iter().map(|(text, _)| text).chain(rule.paths.iter().map(|(text, _)| text));
        let references = references.map(|text| (text, "reference"));
        for (text, kind) in references.chain(rule.markers.iter().map(|text| (text, "marker"))) {
            let other = self.patterns.insert((kind, text.value.to_lowercase()), slug.clone());
            if let Some(other) = other {
                let error = RuleError::at(&text.place, &text.value, format!("the service {other:?} has this already"));
                findings.error(error.hint("a tag belongs to one service; write a longer one to tell them apart"));
            }
        }
        if rule.hosts.is_empty() && rule.paths.is_empty() && rule.markers.is_empty() && rule.cookies.is_empty() {
            let error =
                RuleError::at(&rule.place, slug, "has no hosts, paths, markers or cookies: nothing can be known as it");
            findings.warnings.push(error);
        }
    }
}
