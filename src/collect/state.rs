//! What the gateway reads from this visitor's cookies, in names: `GET state`.

use super::proof::{BothWays, Previous, Stamp};
use crate::consent::signal::{RegimeKind, Signals};
use crate::consent::{Answer, CategoryNumber, Consent, Deciseconds, Source};
use crate::policy::{Category, Service, Site, Variant};
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The answer as it stands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    answered: bool,
    source: &'static str,
    consent_id: Option<Uuid>,
    granted: Vec<String>,
    refused: Vec<String>,
    services: BTreeMap<String, bool>,
    /// Those services as the guard's tag has them.
    apart: String,
    updated: Option<Stamp>,
    expires: Option<Stamp>,
    token: String,
    regime: &'static str,
    gpc: bool,
    ask: bool,
}

impl State {
    /// What holds for this visitor, said or not. There is something to ask while silence allows nothing and a category
    /// has neither an answer nor a signal. O(categories + services of the site).
    pub(super) fn of(site: &Site, consent: &Consent, signals: Signals, snippet_version: &str) -> Self {
        let regime = site.regimes.of(signals.region);
        let is_open = |category: &Category| consent.category(category.number) == Answer::Unanswered;
        let BothWays { granted, refused } = categories(site, consent);
        let token = Variant::of(site, consent, snippet_version).token.clone();
        let runs = |service: &Service| consent.grants(service.category, service.number, service.since);
        Self {
            answered: consent.is_answered(),
            source: consent.source.name(),
            consent_id: own_id(consent),
            granted,
            refused,
            services: apart(site, consent),
            apart: crate::widget::apart(site, &token, runs),
            updated: consent.updated.map(Stamp),
            expires: consent.updated.map(|updated| expiry(site, updated)),
            token,
            regime: regime.kind.name(),
            gpc: signals.gpc && regime.gpc,
            ask: regime.kind == RegimeKind::OptIn && site.categories.iter().any(is_open),
        }
    }
}

/// The consent id of our own, signed cookie. Another format's user id is another tool's.
pub(super) fn own_id(consent: &Consent) -> Option<Uuid> {
    consent.id.filter(|_| consent.source == Source::Own).map(Uuid::from_bytes)
}

/// When an answer of this moment ends.
pub(super) fn expiry(site: &Site, updated: Deciseconds) -> Stamp {
    let lifetime = u64::from(site.lifetime_days).saturating_mul(Deciseconds::DAY);
    Stamp(Deciseconds(updated.0.saturating_add(lifetime)))
}

/// What is said of the categories that are asked.
pub(super) fn categories(site: &Site, consent: &Consent) -> BothWays {
    let mut both = BothWays::default();
    for category in site.categories.iter().filter(|category| category.number != CategoryNumber::NECESSARY) {
        match consent.category(category.number) {
            Answer::Granted => both.push(&category.name, true),
            Answer::Refused => both.push(&category.name, false),
            Answer::Unanswered => {}
        }
    }
    both
}

/// What the answer means for each service that it says anything about.
pub(super) fn services(site: &Site, consent: &Consent) -> BothWays {
    let mut both = BothWays::default();
    for service in named(site, consent).filter(|service| service.category != CategoryNumber::NECESSARY) {
        let own = service.number.and_then(|number| consent.service(number));
        if own.is_some() || consent.category(service.category) != Answer::Unanswered {
            both.push(&service.slug, consent.grants(service.category, service.number, service.since));
        }
    }
    both
}

/// Services that may run though their category may not, or the other way round: they were answered for themselves, or
/// are younger than the answer.
pub(super) fn apart(site: &Site, consent: &Consent) -> BTreeMap<String, bool> {
    let asked = named(site, consent).filter(|service| service.category != CategoryNumber::NECESSARY);
    asked
        .filter_map(|service| {
            let runs = consent.grants(service.category, service.number, service.since);
            let category = consent.category(service.category) == Answer::Granted;
            (runs != category).then(|| (service.slug.clone(), runs))
        })
        .collect()
}

/// The services that the widget lists, those that were answered for themselves, and those that are younger than some
/// answers: about every other one the answer says what its category's does. Each once, in the order of their numbers.
fn named<'s>(site: &'s Site, consent: &Consent) -> impl Iterator<Item = &'s Service> {
    let answered = consent.services.iter().filter_map(|(number, _)| site.service(*number));
    let shown = site.shown.iter().map(AsRef::as_ref);
    let all: BTreeMap<_, &Service> = shown.chain(answered).chain(site.dated()).map(|s| (s.number, s)).collect();
    all.into_iter().filter_map(|(number, service)| number.map(|_| service))
}

/// The answer that a new one replaces, for its proof: what was said, without what law and browser made of it.
pub(super) fn previous(site: &Site, consent: &Consent) -> Option<Previous> {
    let consent = &consent.as_said();
    consent.is_answered().then(|| {
        let mut services = BothWays::default();
        apart(site, consent).iter().for_each(|(slug, runs)| services.push(slug, *runs));
        Previous {
            source: consent.source.name().to_owned(),
            consent_id: own_id(consent),
            date: consent.updated.map(Stamp),
            categories: categories(site, consent),
            services,
        }
    })
}
