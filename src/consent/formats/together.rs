//! Tools that spread an answer over several cookies.

use super::named::Collector;
use super::{Answered, Read, Services, answer};
use crate::consent::Consent;
use crate::consent::codec::answers::{Head, Name};
use crate::consent::codec::value_error::ValueError;
use crate::consent::codec::{
    axeptio, complianz as complianz_codec, optanon as optanon_codec, text, trustarc as trustarc_codec,
};
use crate::consent::mapping::{Mapping, SourceRule};

/// OneTrust's web cookie, with the time in the cookie beside it ([`optanon_codec::closed`]).
///
/// # Errors
/// As [`super::named()`].
pub fn optanon(value: &[u8], closed: Option<u64>, mapping: &Mapping, rule: &SourceRule) -> Read {
    let mut found = Collector::new(mapping, rule);
    let trust = optanon_codec::scan(value, |name, yes| found.take(name, yes))?;
    found.finish(trust.head(closed))
}

/// Complianz' cookies, all of one request: names with values.
///
/// # Errors
/// As [`super::named()`].
pub fn complianz<'v>(
    cookies: impl IntoIterator<Item = (&'v [u8], &'v [u8])>,
    prefix: &[u8],
    mapping: &Mapping,
    rule: &SourceRule,
) -> Read {
    let mut found = Collector::new(mapping, rule);
    let head = complianz_codec::scan(cookies, prefix, |name, yes| found.take(name, yes))?;
    found.finish(head)
}

/// One of TrustArc's cookies; the highest level it permits may stand for all below it.
///
/// # Errors
/// As [`super::named()`].
pub fn trustarc(cookie: trustarc_codec::Cookie, value: &[u8], mapping: &Mapping, rule: &SourceRule) -> Read {
    let mut found = Collector::new(mapping, rule);
    let head = trustarc_codec::scan(cookie, value, |name, yes| found.take(name, yes))?;
    found.finish(head)
}

/// Axeptio's lists of all vendors and of the authorized ones. They do not say whether anybody answered, so they only refuse:
/// the vendors that are in the first and not in the second.
///
/// O(all × authorized) in names; allocates where something is refused.
///
/// # Errors
/// [`ValueError`] for a list that is none.
pub fn axeptio_lists(
    all: &[u8],
    authorized: &[u8],
    mapping: &Mapping,
    rule: &SourceRule,
) -> Result<Option<Consent>, ValueError> {
    let mut buffer = text::Buffer::new();
    let allowed = text::unescape(authorized, &mut buffer);
    axeptio::scan_vendors(authorized, |_| {})?;
    let mut found = Collector::new(mapping, rule);
    axeptio::scan_vendors(all, |vendor| {
        if !allowed.split(|byte| *byte == b',').any(|name| name == vendor.as_bytes()) {
            found.take(Name::Service(vendor), false);
        }
    })?;
    let services: Services = found.named();
    Ok(answer(rule.source, mapping, Default::default(), services, None))
}

/// Names with their answers as a script saw them in the browser; `None` when none of them means anything here.
pub fn posted<'n>(
    names: impl IntoIterator<Item = (Name<'n>, bool)>,
    mapping: &Mapping,
    rule: &SourceRule,
) -> Option<Consent> {
    let mut found = Collector::new(mapping, rule);
    names.into_iter().for_each(|(name, yes)| found.take(name, yes));
    let answered = found.finish(Head { answered: true, ..Head::default() });
    answered.ok().flatten().map(|answered| answered.consent)
}

/// An answer without an end of its own.
pub fn endless<E: Into<crate::consent::Rejection>>(read: Result<Option<Consent>, E>) -> Read {
    read.map(|consent| consent.map(|consent| Answered { consent, end: None })).map_err(Into::into)
}
