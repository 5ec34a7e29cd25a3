//! OneTrust's web cookies: `OptanonConsent`, form-urlencoded pairs whose order varies with the version, and
//! `OptanonAlertBoxClosed`, the time at which the visitor answered or closed the banner.
//!
//! **The trust rule.** `OptanonConsent` is written on the first page view, with the *default* of each group, which may be
//! a yes. Its groups are an answer only if the other cookie is there or `landingPath` is `NotLandingPage` (else it is the
//! page's address); see [`Trust::head`]. Its `datestamp` is when it was last written, not when anything was answered.

mod list;
mod pairs;
#[cfg(test)]
mod tests;

pub use pairs::{OptanonConsent, decode, encode, fuzz_optanon};

use super::answers::{Head, Name};
use super::instant;
use super::text::{self, Buffer};
use super::value_error::ValueError;

/// The longest value that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = text::MAX_LEN;

/// What decides whether the groups are an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trust {
    /// There is a list of groups.
    pub has_groups: bool,
    /// `landingPath` is `NotLandingPage`: a choice exists.
    pub chosen: bool,
    /// `AwaitingReconsent=true`: what was chosen is to be asked again.
    pub awaiting_reconsent: bool,
    /// `isGpcEnabled=1` or `browserGpcFlag=1`: the browser sent the signal when the cookie was written. No choice.
    pub gpc: bool,
}

impl Trust {
    /// Whether the groups are an answer, and of when: `closed` is what [`closed`] read from the cookie beside it. Without
    /// that cookie the time is not known.
    pub const fn head(self, closed: Option<u64>) -> Head {
        Head {
            answered: self.has_groups && !self.awaiting_reconsent && (self.chosen || closed.is_some()),
            updated: closed,
            expires: None,
            revision: None,
            rest: None,
        }
    }
}

/// Whether a value has the form of `OptanonConsent`: pairs, one of them the groups.
pub fn is_shape(value: &[u8]) -> bool {
    pairs(value).any(|(_, pair)| pair.starts_with(b"groups="))
        && pairs(value).any(|(_, pair)| pair.starts_with(b"landingPath="))
}

/// Gives the groups, and as services the vendors (`genVendors`), which a page's markup can name. Hosts are not given: no
/// markup names them.
///
/// No allocation, unless a name holds an escape and its list is longer than 2,048 bytes; O(length), and only what is read
/// is decoded. Benchmark `codec/optanon`.
///
/// # Errors
/// [`ValueError`] for a list that is not one, and for two lists of groups: an address in `landingPath` that a proxy
/// decoded could bring a second one.
pub fn scan(value: &[u8], mut sink: impl FnMut(Name<'_>, bool)) -> Result<Trust, ValueError> {
    ValueError::check_length(value)?;
    let (mut trust, mut landings) = (Trust::default(), 0);
    for (at, pair) in pairs(value) {
        // PERF: most pairs are not read; their first byte says so.
        match pair.first() {
            Some(b'g') => {
                let read = if let Some(groups) = pair.strip_prefix(b"groups=") {
                    if std::mem::replace(&mut trust.has_groups, true) {
                        return Err(ValueError::at(at, "a second list of groups"));
                    }
                    list::read(groups, |name, granted| sink(Name::Group(name), granted))
                } else if let Some(vendors) = pair.strip_prefix(b"genVendors=") {
                    list::read(vendors, |name, granted| sink(Name::Service(name), granted))
                } else {
                    Ok(())
                };
                read.map_err(|reason| ValueError::at(at, reason))?;
            }
            Some(b'l') => {
                if let Some(page) = pair.strip_prefix(b"landingPath=") {
                    landings += 1;
                    trust.chosen = landings == 1 && page == b"NotLandingPage";
                }
            }
            Some(b'A') => trust.awaiting_reconsent |= pair == b"AwaitingReconsent=true",
            Some(b'i' | b'b') => trust.gpc |= matches!(pair, b"isGpcEnabled=1" | b"browserGpcFlag=1"),
            _ => {}
        }
    }
    Ok(trust)
}

/// `OptanonAlertBoxClosed`: when the visitor answered or closed, in milliseconds since 1970. No allocation.
///
/// # Errors
/// [`ValueError`] for anything but an ISO 8601 time.
pub fn closed(value: &[u8]) -> Result<u64, ValueError> {
    ValueError::check_length(value)?;
    instant::iso8601(text::unescape(value, &mut Buffer::new())).ok_or(ValueError::at(0, "not an ISO 8601 time"))
}

/// The pairs with their offsets, none of them empty.
#[inline]
fn pairs(value: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = value;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let at = value.len() - rest.len();
            let (pair, after) = rest.split_at_checked(memchr::memchr(b'&', rest).unwrap_or(rest.len()))?;
            rest = after.get(1..).unwrap_or_default();
            if !pair.is_empty() {
                return Some((at, pair));
            }
        }
        None
    })
}
