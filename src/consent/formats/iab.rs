//! The IAB's strings.

use super::{Services, answer};
use crate::consent::codec::numbers::Numbers;
use crate::consent::codec::tcf::{TcfError, View};
use crate::consent::codec::us_privacy::{self, Answer, UsPrivacyError};
use crate::consent::codec::{ac, gpp, iubenda};
use crate::consent::mapping::{IdMap, Mapping, SourceRule};
use crate::consent::{CategorySet, Consent, Deciseconds, ServiceNumber};

/// Storing on and reading from the visitor's device: without it no other purpose is worth anything to a tag.
const PURPOSE_ONE: u8 = 1;

/// A TC string, with the Additional Consent strings that came beside it. A category has a yes when purpose 1 has one and
/// any of the purposes mapped to it; it has a no otherwise: the string answers for all purposes. A vendor needs its own yes
/// *and* its category's, so only a no is noted for a service. A fault in the vendors' part, or in Google's string, means
/// that no mapped vendor has a yes. Legitimate interest is no consent and is not read.
///
/// O(length) where something is granted and vendors are mapped, else the fixed part alone is read; no allocation up to
/// sixteen services with a no. Benchmark `codec/tcf`.
///
/// # Errors
/// [`TcfError`] for the fixed part.
pub fn tcf(
    value: &[u8],
    additional: &[&[u8]],
    mapping: &Mapping,
    rule: &SourceRule,
) -> Result<Option<Consent>, TcfError> {
    let view = View::read(value)?;
    let purposes = view.head.purposes;
    let (mut granted, mut reached) = (CategorySet::EMPTY, CategorySet::EMPTY);
    for (purpose, category) in rule.purposes.iter() {
        reached.insert(*category);
        if purposes.contains(PURPOSE_ONE) && u8::try_from(purpose).is_ok_and(|purpose| purposes.contains(purpose)) {
            granted.insert(*category);
        }
    }
    let mut services = Services::new();
    if !granted.is_empty() {
        without_consent(&view, &rule.vendors, &mut services);
        without_additional_consent(additional, &rule.google_vendors, &mut services);
    }
    let said = (granted, reached.difference(granted));
    Ok(answer(rule.source, mapping, said, services, Some(Deciseconds(view.head.last_updated))))
}

/// The services whose vendor has no consent.
fn without_consent(view: &View<'_>, vendors: &IdMap<ServiceNumber>, services: &mut Services) {
    if vendors.is_empty() {
        return;
    }
    let segments = view.vendors().ok();
    let consents =
        |vendor| segments.is_some_and(|list| list.vendor(vendor).consents_to(Numbers::of(PURPOSE_ONE), &view.head));
    services.extend(vendors.iter().filter(|(vendor, _)| !consents(*vendor)).map(|(_, service)| (*service, false)));
}

/// The services whose vendor is one of Google's and has no consent in each of the strings; without a string nothing is
/// said of them.
fn without_additional_consent(strings: &[&[u8]], vendors: &IdMap<ServiceNumber>, services: &mut Services) {
    for string in strings {
        let view = ac::View::read(string).ok();
        let consents = |vendor: u16| view.is_some_and(|list| list.consented(vendor.into()));
        services.extend(vendors.iter().filter(|(vendor, _)| !consents(*vendor)).map(|(_, service)| (*service, false)));
    }
}

/// A US Privacy string, also in iubenda's form of it: an opt-out of sale refuses what is sold, and nothing in it grants. It
/// holds no time.
///
/// # Errors
/// [`UsPrivacyError`].
pub fn us_privacy(value: &[u8], mapping: &Mapping, rule: &SourceRule) -> Result<Option<Consent>, UsPrivacyError> {
    let inner = iubenda::us_privacy(value);
    let string = inner.as_ref().map_or(value, |four| four.as_slice());
    let opted_out = us_privacy::decode(string)?.opt_out_sale == Answer::Yes;
    Ok(opt_out(opted_out, mapping, rule))
}

/// The TC string inside a GPP string, if it has one that applies: `applicable` are the sections in force (`2,6`), if a cookie
/// says so.
///
/// # Errors
/// [`TcfError`].
pub fn gpp_tcf(
    view: &gpp::View<'_>,
    applicable: Option<&[u8]>,
    mapping: &Mapping,
    rule: &SourceRule,
) -> Result<Option<Consent>, TcfError> {
    let applies = applicable.is_none_or(|ids| ids.split(|byte| *byte == b',').any(|id| id.trim_ascii() == b"2"));
    match view.section(gpp::TCF_EU_V2).filter(|_| applies) {
        Some(text) => tcf(text, &[], mapping, rule),
        None => Ok(None),
    }
}

/// What the American sections of a GPP string refuse, whichever of them applies: sale, sharing, targeted advertising and the
/// browser's signal are one here. Nothing in them grants. A section that cannot be read could hold an opt-out: it is one.
/// There is no time in it.
pub fn gpp_opt_out(view: &gpp::View<'_>, mapping: &Mapping, rule: &SourceRule) -> Option<Consent> {
    let opted_out = match view.opt_out() {
        Ok(said) => said.is_some_and(|said| said.any()),
        Err(_) => true,
    };
    opt_out(opted_out, mapping, rule)
}

/// What an opt-out of sale comes to.
fn opt_out(opted_out: bool, mapping: &Mapping, rule: &SourceRule) -> Option<Consent> {
    let refused = if opted_out { mapping.sale } else { CategorySet::EMPTY };
    answer(rule.source, mapping, (CategorySet::EMPTY, refused), Services::new(), None)
}
