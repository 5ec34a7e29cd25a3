//! The `Cookie` fields and headers of one request to the answer that counts: the one place that ranks sources.
//!
//! Nothing here is ever an error: what cannot be believed is no consent, named in [`Reading::rejected`] and counted by
//! who calls.

mod found;
mod fuzz;
mod parts;
mod rank;
#[cfg(test)]
mod tests;
mod verify;

pub use super::Rejection;
pub use fuzz::fuzz_reader;

use super::codec::Format;
use super::codec::signature::Keyring;
use super::mapping::Mapping;
use super::{Consent, Deciseconds, Source, cookie};
use found::Found;
use smallvec::SmallVec;
use verify::Verifier;

/// What a request brings.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The values of all `Cookie` fields, raw (pitfall 23).
    pub cookies: &'a [&'a [u8]],
    /// The request header `OT-Consent-String`.
    pub ot_consent_string: Option<&'a [u8]>,
    /// The time of the request.
    pub now: Deciseconds,
}

/// The answer that counts, and what was found beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The answer; the default when nobody answered.
    pub consent: Consent,
    /// Values of listed sources that are not believed, in the order in which they came.
    pub rejected: SmallVec<[(Source, Rejection); 2]>,
    /// Sources that were found, but that this site does not list (D3), each once.
    pub unlisted: SmallVec<[Source; 2]>,
}

/// Reads requests. One for each process: it holds the keys of our own cookie and a small cache of verified ones.
#[derive(Debug)]
pub struct Reader {
    verifier: Verifier,
}

impl Reader {
    /// With the keys of our own cookie.
    pub fn new(keyring: Keyring) -> Self {
        Self { verifier: Verifier::new(keyring) }
    }

    /// The keys of our own cookie.
    pub fn keyring(&self) -> &Keyring {
        self.verifier.keyring()
    }

    /// The answer of one request (D3, D16): of the listed sources' values the newest that is valid; of equally old ones
    /// the stricter.
    ///
    /// O(length of the fields), no allocation for a cookie of ours with up to four deviating services that was seen
    /// before. Benchmark `codec/header_to_decision`.
    pub fn read(&self, mapping: &Mapping, input: &Input<'_>) -> Reading {
        let mut reading = Reading::default();
        self.read_into(&mut reading, mapping, input);
        reading
    }

    fn read_into(&self, reading: &mut Reading, mapping: &Mapping, input: &Input<'_>) {
        let mut found = Found::new(self, mapping, input.now, reading);
        let read = mapping.names.filter(|| names(mapping));
        let worth = |pair: &[u8]| read.may_start(pair);
        for (name, value) in input.cookies.iter().flat_map(|field| cookie::pairs_where(field, worth)) {
            let value = unquoted(value);
            if name == mapping.own_cookie.as_bytes() {
                found.under_our_name(name, value);
            } else if let Some(rule) = mapping.sources.iter().find(|rule| rule.reads(name)) {
                found.under_a_listed_name(rule, name, value);
            } else if let Some(source) = Source::all().find(|source| source.is_usual_name(name)) {
                found.under_a_usual_name(source, name, value);
            }
        }
        if let Some(value) = input.ot_consent_string {
            found.foreign(Format::OneTrust, b"", value);
        }
        found.finish();
    }
}

/// The cookie names to look at, or their starts: our own, those of the site's sources, and all that a format usually has.
fn names(mapping: &Mapping) -> impl Iterator<Item = &[u8]> {
    let listed = mapping.sources.iter().flat_map(|rule| &rule.cookies).map(String::as_str);
    let usual = Source::all().flat_map(|source| source.cookies().iter().copied());
    let names = std::iter::once(mapping.own_cookie.as_str()).chain(listed).chain(usual);
    names.map(|name| name.strip_suffix('*').unwrap_or(name).as_bytes())
}

/// Without one pair of quotes, which some servers put around a value.
fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    }
}
