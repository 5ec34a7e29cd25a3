//! Compiles services and filter lists, of the catalogue or of one site, with their matcher.

use super::compile::Findings;
use super::lists::Lists;
use crate::consent::{CategoryNumber, ServiceNumber};
use crate::policy::cookies::CookieNames;
use crate::policy::file::{At, ListRule, RuleError, ServiceRule, nearest};
use crate::policy::list::List;
use crate::policy::matcher::{Builder, Matcher};
use crate::policy::service::{Service, ServiceId};
use foldhash::fast::FixedState;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// What services are compiled with.
pub(super) struct Scope<'a> {
    /// The numbers that they may have.
    pub(super) numbers: &'a RangeInclusive<u32>,
    /// The id of the first; the others follow.
    pub(super) first: usize,
    /// Category names and aliases.
    pub(super) labels: &'a HashMap<String, CategoryNumber>,
    /// The filter lists there are, by their path below the rules directory.
    pub(super) lists: &'a Lists,
}

/// Services in the order of their ids: those with a number first, by number, then those without, then lists.
#[derive(Default)]
pub(super) struct Compiled {
    pub(super) services: Vec<Arc<Service>>,
    pub(super) matcher: Matcher,
    pub(super) lists: Vec<(ServiceId, Arc<List>)>,
}

/// Compiles; what is wrong goes to `findings`.
pub(super) fn compile(
    mut rules: Vec<ServiceRule>,
    lists: Vec<ListRule>,
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Compiled {
    rules.sort_by_key(|r| r.number.as_ref().map_or(u32::MAX, |n| n.value));
    let mut seen = Seen::default();
    let mut builder = Builder::default();
    let mut texts = Interned::default();
    let mut compiled = Compiled { services: Vec::with_capacity(rules.len()), ..Compiled::default() };
    for rule in rules {
        seen.check(&rule, findings);
        let Some((category, number)) = checked(&rule, scope, findings) else { continue };
        let Ok(slot) = u32::try_from(compiled.services.len()) else { continue };
        let Some(id) = scope.id(slot) else { continue };
        rule.hosts.iter().for_each(|(_, pattern)| builder.host(slot, pattern));
        rule.paths.iter().for_each(|(_, pattern)| builder.path(slot, pattern));
        rule.markers.iter().for_each(|marker| builder.marker(slot, &marker.value));
        compiled.services.push(Arc::new(service(rule, id, number, category, &mut texts)));
    }
    compiled.matcher = builder.build().unwrap_or_else(|error| {
        let file = "catalogue".to_owned();
        findings.error(RuleError { file, problem: format!("too many patterns: {error}"), ..RuleError::default() });
        Matcher::default()
    });
    for rule in lists {
        seen.slug(&rule.name, findings);
        add_list(rule, scope, &mut compiled, findings);
    }
    compiled
}

impl Scope<'_> {
    fn id(&self, slot: u32) -> Option<ServiceId> {
        u32::try_from(self.first).ok()?.checked_add(slot).map(ServiceId)
    }

    fn category(&self, name: &At<String>, findings: &mut Findings) -> Option<CategoryNumber> {
        let found = self.labels.get(name.value.as_str()).or_else(|| self.labels.get(&name.value.to_lowercase()));
        if found.is_none() {
            findings.error(unknown_category(name, self.labels));
        }
        found.copied()
    }
}

/// A service's category and number, if they make sense.
fn checked(
    rule: &ServiceRule,
    scope: &Scope<'_>,
    findings: &mut Findings,
) -> Option<(CategoryNumber, Option<ServiceNumber>)> {
    if let Some(number) = rule.number.as_ref().filter(|number| !scope.numbers.contains(&number.value)) {
        findings.error(out_of_range(number, scope.numbers));
    }
    let category = scope.category(&rule.category, findings)?;
    necessary(rule, category, findings);
    let number = rule.number.as_ref().and_then(|n| ServiceNumber::new(u16::try_from(n.value).ok()?));
    Some((category, number))
}

/// The catalogue frees nobody; a site may, with a reason (D9).
fn necessary(rule: &ServiceRule, category: CategoryNumber, findings: &mut Findings) {
    let reason = rule.justification.as_ref().is_some_and(|text| !text.trim().is_empty());
    if category == CategoryNumber::NECESSARY && !reason {
        let error = RuleError::at(&rule.category.place, &rule.category.value, "needs no consent, and gives no reason");
        findings.error(error.hint("write justification = \"…\" in this service, or choose another category"));
    }
}

fn add_list(rule: ListRule, scope: &Scope<'_>, compiled: &mut Compiled, findings: &mut Findings) {
    let category = scope.category(&rule.category, findings);
    if category == Some(CategoryNumber::NECESSARY) {
        let error = RuleError::at(&rule.category.place, &rule.category.value, "a list frees nothing from consent");
        findings.error(error.hint("choose another category"));
    }
    let list = scope.lists.get(&rule.file.value);
    if list.is_none() {
        let hint = nearest(&rule.file.value, scope.lists.keys().map(String::as_str));
        findings.error(RuleError::at(&rule.file.place, &rule.file.value, "there is no such list").hint(hint));
    }
    let id = u32::try_from(compiled.services.len()).ok().and_then(|slot| scope.id(slot));
    let (Some(category), Some(Some(list)), Some(id)) = (category, list, id) else { return };
    if list.counts().rules == 0 {
        findings.warnings.push(RuleError::at(&rule.place, &rule.file.value, "has no rule for requests in it"));
    }
    compiled.lists.push((id, Arc::clone(list)));
    compiled.services.push(Arc::new(Service {
        id,
        number: None,
        slug: rule.name.value.clone(),
        name: rule.name.value,
        category,
        mode: rule.mode,
        since: rule.since,
        common: false,
        purpose: rule.purpose.into(),
        hosts: Box::default(),
        paths: Box::default(),
        markers: Box::default(),
        cookies: Box::default(),
        max_age_days: None,
        globals: Box::default(),
        tcf_vendor: None,
        source: rule.source.into(),
        justification: None,
    }));
}

/// Compiles the cookies of services to their positions, without those names that are `ambiguous`.
pub(super) fn cookie_names(services: &[Arc<Service>], ambiguous: &HashSet<&str>) -> CookieNames {
    let slots = services.iter().zip(0_u32..);
    let names = slots.flat_map(|(service, slot)| service.cookies.iter().map(move |name| (&**name, slot)));
    CookieNames::new(names.filter(|(name, _)| !ambiguous.contains(name)))
}

pub(super) fn out_of_range(number: &At<u32>, bounds: &RangeInclusive<u32>) -> RuleError {
    let problem = format!("is not one of the numbers for this file, {} to {}", bounds.start(), bounds.end());
    RuleError::at(&number.place, number.value, problem).hint("the catalogue and the sites number apart")
}

pub(super) fn taken(number: &At<u32>, name: &str) -> RuleError {
    RuleError::at(&number.place, number.value, format!("{name:?} has this number")).hint("numbers are unique, for ever")
}

pub(super) fn unknown_category(name: &At<String>, labels: &HashMap<String, CategoryNumber>) -> RuleError {
    let mut known: Vec<&str> = labels.keys().map(String::as_str).collect();
    known.sort_unstable();
    RuleError::at(&name.place, &name.value, "unknown category").hint(nearest(&name.value, known))
}

/// One copy of each text: the long tail of a catalogue says the same again and again.
#[derive(Default)]
struct Interned(HashSet<Arc<str>, FixedState>);

impl Interned {
    fn get(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.0.get(text.as_str()) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = text.into();
        self.0.insert(Arc::clone(&shared));
        shared
    }
}

fn service(
    rule: ServiceRule,
    id: ServiceId,
    number: Option<ServiceNumber>,
    category: CategoryNumber,
    texts: &mut Interned,
) -> Service {
    Service {
        id,
        number,
        slug: rule.slug.value,
        name: rule.name,
        category,
        mode: rule.mode,
        since: rule.since,
        common: rule.common,
        purpose: texts.get(rule.purpose),
        hosts: boxed(rule.hosts.into_iter().map(|(text, _)| text.value)),
        paths: boxed(rule.paths.into_iter().map(|(text, _)| text.value)),
        markers: boxed(rule.markers.into_iter().map(|text| text.value)),
        cookies: boxed(rule.cookies.into_iter()),
        max_age_days: rule.max_age_days,
        globals: rule.globals.into_boxed_slice(),
        tcf_vendor: rule.tcf_vendor,
        source: texts.get(rule.source),
        justification: rule.justification,
    }
}

/// A list that takes no more than it must: `collect` would keep the room of what it was made from.
fn boxed(texts: impl Iterator<Item = String>) -> Box<[Box<str>]> {
    let mut exact = Vec::with_capacity(texts.size_hint().0);
    texts.for_each(|text| exact.push(text.into_boxed_str()));
    exact.into_boxed_slice()
}

/// What may be there only once.
#[derive(Default)]
struct Seen {
    numbers: HashMap<u32, String, FixedState>,
    slugs: HashSet<String, FixedState>,
    references: HashMap<String, Arc<str>, FixedState>,
    markers: HashMap<String, Arc<str>, FixedState>,
}

impl Seen {
    fn check(&mut self, rule: &ServiceRule, findings: &mut Findings) {
        let slug = &rule.slug.value;
        if let Some(number) = &rule.number
            && let Some(other) = self.numbers.insert(number.value, slug.clone())
        {
            findings.error(taken(number, &other));
        }
        self.slug(&rule.slug, findings);
        let owner: Arc<str> = slug.as_str().into();
        let references = rule.hosts.iter().map(|(text, _)| text).chain(rule.paths.iter().map(|(text, _)| text));
        for text in references {
            once(&mut self.references, text, &owner, findings);
        }
        for text in &rule.markers {
            once(&mut self.markers, text, &owner, findings);
        }
        if rule.hosts.is_empty() && rule.paths.is_empty() && rule.markers.is_empty() && rule.cookies.is_empty() {
            let problem = "has no hosts, paths, markers or cookies: nothing can be known as it";
            findings.warnings.push(RuleError::at(&rule.place, slug, problem));
        }
    }

    fn slug(&mut self, slug: &At<String>, findings: &mut Findings) {
        if !self.slugs.insert(slug.value.clone()) {
            findings.error(RuleError::at(&slug.place, &slug.value, "another service has this slug"));
        }
    }
}

fn folded(text: &str) -> String {
    let is_folded = text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
    if is_folded { text.to_owned() } else { text.to_lowercase() }
}

fn once(
    seen: &mut HashMap<String, Arc<str>, FixedState>,
    text: &At<String>,
    owner: &Arc<str>,
    findings: &mut Findings,
) {
    if let Some(other) = seen.insert(folded(&text.value), Arc::clone(owner)) {
        let error = RuleError::at(&text.place, &text.value, format!("the service {other:?} has this already"));
        findings.error(error.hint("a tag belongs to one service; write a longer one to tell them apart"));
    }
}
