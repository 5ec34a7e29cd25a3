//! From a format's own value to the answer it is on one site: the numbers and names of others become categories and
//! services by the site's [`Mapping`].
//!
//! `None` is a value that answers nothing here: written before a choice, or about ids that the site does not map.

use super::codec::dastra::{self, DastraError};
use super::codec::didomi::{self, DcsError, Field, Form, Sink};
use super::codec::onetrust::{self, OneTrustError};
use super::mapping::Mapping;
use super::{CategoryNumber, CategorySet, Consent, Deciseconds, ServiceNumber, Source};
use smallvec::SmallVec;

/// Service answers as they are collected: not sorted, some perhaps twice.
type Services = SmallVec<[(ServiceNumber, bool); 4]>;

/// How many service answers our own cookie may hold; we write far fewer.
const MAX_OWN_SERVICES: usize = 4096;

/// Our own cookie, once its signature is verified. Purposes are category numbers, vendors service numbers (D2).
///
/// No allocation up to four deviating services. Benchmark `codec/own`.
///
/// # Errors
/// [`DcsError`] for anything but a string of version 2.
pub fn own(value: &[u8], mapping: &Mapping) -> Result<Option<Consent>, DcsError> {
    let mut sink = OwnSink::default();
    let head = didomi::scan(value, &mut sink)?;
    if !matches!(head.form, Form::V2 { .. }) {
        return Err(DcsError { bit: 0, problem: didomi::Problem::Version(head.form.version()) });
    }
    let mut consent = answer(Source::Own, mapping, sink.granted, sink.refused, sink.services);
    consent.updated = Some(Deciseconds(head.updated));
    consent.id = Some(head.user_id);
    Ok(answered(consent))
}

#[derive(Default)]
struct OwnSink {
    granted: u64,
    refused: u64,
    services: Services,
}

impl Sink for OwnSink {
    fn restart(&mut self, _from: usize) {
        (self.granted, self.refused) = (0, 0);
        self.services.clear();
    }

    #[inline]
    fn run(&mut self, field: Field, first: u16, last: u16, enabled: bool) {
        match field {
            Field::Purposes => {
                let bits = category_bits(first, last);
                *if enabled { &mut self.granted } else { &mut self.refused } |= bits;
            }
            Field::Vendors => {
                let room = MAX_OWN_SERVICES.saturating_sub(self.services.len());
                let ids = (first..=last).filter_map(ServiceNumber::new);
                self.services.extend(ids.take(room).map(|service| (service, enabled)));
            }
            Field::PurposesLi | Field::VendorsLi => {}
        }
    }

    #[inline]
    fn wants(&self, field: Field) -> bool {
        matches!(field, Field::Purposes | Field::Vendors)
    }

    #[inline]
    fn bits(&mut self, field: Field, first: u16, enabled: u32, disabled: u32) {
        if field == Field::Purposes {
            self.granted |= category_word(first, enabled);
            self.refused |= category_word(first, disabled);
        } else {
            didomi::give_runs(self, field, first, enabled, disabled);
        }
    }
}

/// Bit `31 - n` as the category number `first + n`; what is above 63 is no category.
#[inline]
fn category_word(first: u16, bits: u32) -> u64 {
    u64::from(bits.reverse_bits()).checked_shl(u32::from(first)).unwrap_or(0)
}

/// The bits of the category numbers `first..=last`; what is above 63 is no category.
fn category_bits(first: u16, last: u16) -> u64 {
    let max = u16::from(CategoryNumber::MAX);
    if first > max {
        return 0;
    }
    let width = u32::from(last.min(max) - first);
    (u64::MAX >> (63 - width)) << first
}

/// A Didomi consent string. Of the purposes mapped to one category a no counts before a yes; legitimate interest is no
/// consent and is not read. A vendor needs its own yes *and* its category's, so only a no is noted for a service; where
/// the string answers for vendors at all, a mapped vendor that it does not name has no yes.
///
/// No allocation up to four services with a no. Benchmark `codec/didomi`.
///
/// # Errors
/// [`DcsError`].
pub fn didomi(value: &[u8], mapping: &Mapping) -> Result<Option<Consent>, DcsError> {
    let mut sink = DidomiSink::new(mapping);
    let head = didomi::scan(value, &mut sink)?;
    let services = sink.refused_services();
    let mut consent = answer(Source::Didomi, mapping, sink.granted, sink.refused, services);
    consent.updated = Some(Deciseconds(head.updated));
    Ok(answered(consent))
}

struct DidomiSink<'m> {
    mapping: &'m Mapping,
    granted: u64,
    refused: u64,
    vendors: Services,
    vendors_answered: bool,
}

impl<'m> DidomiSink<'m> {
    fn new(mapping: &'m Mapping) -> Self {
        Self { mapping, granted: 0, refused: 0, vendors: Services::new(), vendors_answered: false }
    }

    /// The mapped services without a yes for each of their vendors.
    fn refused_services(&self) -> Services {
        if !self.vendors_answered || self.mapping.didomi_vendors.is_empty() {
            return Services::new();
        }
        let enabled = |service| {
            let mut answers = self.vendors.iter().filter(|(known, _)| *known == service).peekable();
            answers.peek().is_some() && answers.all(|(_, enabled)| *enabled)
        };
        self.mapping
            .didomi_vendors
            .iter()
            .filter(|(_, s)| !enabled(**s))
            .map(|(_, service)| (*service, false))
            .collect()
    }
}

impl Sink for DidomiSink<'_> {
    fn restart(&mut self, _from: usize) {
        (self.granted, self.refused, self.vendors_answered) = (0, 0, false);
        self.vendors.clear();
    }

    #[inline]
    fn run(&mut self, field: Field, first: u16, last: u16, enabled: bool) {
        match field {
            Field::Purposes => {
                let found = self.mapping.didomi_purposes.range(first, last);
                let bits = found.fold(0, |bits, (_, category)| bits | 1 << category.get());
                *if enabled { &mut self.granted } else { &mut self.refused } |= bits;
            }
            Field::Vendors => {
                self.vendors_answered = true;
                for (_, service) in self.mapping.didomi_vendors.range(first, last) {
                    self.vendors.push((*service, enabled));
                }
            }
            Field::PurposesLi | Field::VendorsLi => {}
        }
    }

    #[inline]
    fn wants(&self, field: Field) -> bool {
        matches!(field, Field::Purposes | Field::Vendors)
    }

    #[inline]
    fn bits(&mut self, field: Field, first: u16, enabled: u32, disabled: u32) {
        if field != Field::Purposes {
            return didomi::give_runs(self, field, first, enabled, disabled);
        }
        let (mut granted, mut refused) = (0, 0);
        for (id, category) in self.mapping.didomi_purposes.range(first, first.saturating_add(31)) {
            let at = id - first;
            granted |= u64::from(enabled << at >> 31) << category.get();
            refused |= u64::from(disabled << at >> 31) << category.get();
        }
        self.granted |= granted;
        self.refused |= refused;
    }
}

/// OneTrust's string. Of the groups mapped to one category a no counts before a yes; an unmapped group says nothing, and
/// of two answers for one group the stricter one counts. The second value is the end the string gives itself.
///
/// No allocation up to 2 kB. Benchmark `codec/onetrust`.
///
/// # Errors
/// [`OneTrustError`].
pub fn onetrust(value: &[u8], mapping: &Mapping) -> Result<Option<(Consent, Option<Deciseconds>)>, OneTrustError> {
    // Mapped groups only: however many a string names, here there are at most the site's.
    let mut groups = SmallVec::<[(&str, CategoryNumber, Option<bool>); 8]>::new();
    let head = onetrust::scan(value, |group, answer| {
        let Some((name, category)) = mapping.onetrust_groups.get_key_value(group) else { return };
        match groups.iter_mut().find(|(known, ..)| known == name) {
            Some((_, _, known)) => *known = onetrust::stricter(*known, answer),
            None => groups.push((name, *category, answer)),
        }
    })?;
    let (true, Some(date)) = (head.answered, head.last_consent) else { return Ok(None) };
    let of =
        |answer| groups.iter().filter(|group| group.2 == Some(answer)).fold(0, |bits, group| bits | 1 << group.1.get());
    let mut consent = answer(Source::OneTrust, mapping, of(true), of(false), Services::new());
    consent.updated = Some(Deciseconds(date / 100));
    Ok(answered(consent).map(|consent| (consent, head.expiry.map(|end| Deciseconds(end / 100)))))
}

/// Dastra's cookie: answers are per service, asked per purpose. A category has a yes when each of its services in the
/// cookie has one, and a no when one of them has; an unknown slug says nothing. There is no time in it. Allocates (JSON).
///
/// # Errors
/// [`DastraError`].
pub fn dastra(value: &[u8], mapping: &Mapping) -> Result<Option<Consent>, DastraError> {
    let decoded = dastra::decode(value)?;
    let (mut granted, mut refused) = (0, 0);
    let mut services = Services::new();
    for (slug, yes) in decoded.services() {
        if let Some((service, category)) = mapping.service_slugs.get(slug) {
            *if *yes { &mut granted } else { &mut refused } |= 1_u64 << category.get();
            services.push((*service, *yes));
        }
    }
    Ok(answered(answer(Source::Dastra, mapping, granted, refused, services)))
}

/// A service that Dastra's cookie does not name has no yes there ("adding a service does not ask again"): its category's
/// yes is not its own. Called once the cookie has won, never to weaken another format's answer.
pub(super) fn refuse_unnamed(consent: &mut Consent, mapping: &Mapping) {
    let unnamed = mapping.service_slugs.values().map(|(service, _)| *service).filter(|s| consent.service(*s).is_none());
    let unnamed: Services = unnamed.map(|service| (service, false)).collect();
    consent.services.extend(unnamed);
    sort(&mut consent.services);
}

/// Limits the categories to the site's, lets a no beat a yes, and sorts the services.
fn answer(source: Source, mapping: &Mapping, granted: u64, refused: u64, mut services: Services) -> Consent {
    let refused = CategorySet::from_bits(refused).intersection(mapping.categories);
    let granted = CategorySet::from_bits(granted).intersection(mapping.categories).difference(refused);
    sort(&mut services);
    Consent { source, granted, refused, services, updated: None, id: None }
}

/// Sorted by number, each once, a no before a yes.
pub(super) fn sort(services: &mut Services) {
    if services.len() > 1 {
        services.sort_unstable();
        services.dedup_by_key(|(service, _)| *service);
    }
}

/// A value that says nothing about this site's categories and services is no answer.
fn answered(consent: Consent) -> Option<Consent> {
    let says_nothing = consent.granted.is_empty() && consent.refused.is_empty() && consent.services.is_empty();
    (!says_nothing).then_some(consent)
}
