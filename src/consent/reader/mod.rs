//! The `Cookie` fields and headers of one request to the answer that counts: the one place that ranks sources.
//!
//! Nothing here is ever an error: what cannot be believed is no consent, named in [`Reading::rejected`] and counted by
//! who calls.

mod rank;
mod rejection;
#[cfg(test)]
mod tests;
mod verify;

pub use rejection::Rejection;

use super::codec::signature::Keyring;
use super::codec::{Format, dastra, detect, didomi, onetrust};
use super::mapping::{Mapping, SourceRule};
use super::{CategoryNumber, CategorySet, Consent, Deciseconds, ServiceNumber, Source, cookie, formats};
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

/// Cookies that are looked at although the site may not list them: the formats' own default names.
const KNOWN_NAMES: [&[u8]; 3] = [b"didomi_dcs", b"euconsent", b"consent-eu"];

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
        let mut found = Found { reader: self, mapping, now: input.now, best: None, reading: Reading::default() };
        let worth = |pair: &[u8]| mapping.names.may_start(|| names(mapping), pair);
        for (name, value) in input.cookies.iter().flat_map(|field| cookie::pairs_where(field, worth)) {
            if name == mapping.own_cookie.as_bytes() {
                found.under_our_name(unquoted(value));
            } else if names(mapping).skip(1).any(|known| name == known) {
                found.under_a_known_name(name, unquoted(value));
            }
        }
        if let Some(value) = input.ot_consent_string {
            found.foreign(Format::OneTrust, value);
        }
        found.finish()
    }
}

/// The cookie names to look at: our own first, those of the site's sources, and the formats' default ones.
fn names(mapping: &Mapping) -> impl Iterator<Item = &[u8]> {
    let listed = mapping.sources.iter().flat_map(SourceRule::cookies);
    std::iter::once(mapping.own_cookie.as_bytes()).chain(listed.map(String::as_bytes)).chain(KNOWN_NAMES)
}

/// Without one pair of quotes, which some servers put around a value.
fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    }
}

/// The state of reading one request.
struct Found<'a> {
    reader: &'a Reader,
    mapping: &'a Mapping,
    now: Deciseconds,
    best: Option<Consent>,
    reading: Reading,
}

impl Found<'_> {
    /// A consent string under our own name is ours and must be signed, whatever else the site lists: unsigned or wrong
    /// there is no consent (D4). Other shapes are other tools' (several use `euconsent`).
    fn under_our_name(&mut self, value: &[u8]) {
        match detect(value) {
            Some(Format::Didomi) | None if !self.lists(Source::Own) => self.unlisted(Source::Own),
            Some(Format::Didomi) => self.own(value),
            None if value.is_empty() => {}
            None => self.reject_shapeless(Source::Own, value),
            Some(format) => self.foreign(format, value),
        }
    }

    /// A value's shape, not its name, says which format it is. A value without a shape under a name of a listed source
    /// is a damaged one of that source.
    fn under_a_known_name(&mut self, name: &[u8], value: &[u8]) {
        if let Some(format) = detect(value) {
            return self.foreign(format, value);
        }
        let listed =
            self.mapping.sources.iter().find(|rule| rule.cookies().iter().any(|cookie| cookie.as_bytes() == name));
        if let Some(rule) = listed
            && !value.is_empty()
        {
            self.reject_shapeless(rule.source(), value);
        }
    }

    fn reject_shapeless(&mut self, source: Source, value: &[u8]) {
        let limit = match source {
            Source::OneTrust => onetrust::MAX_LEN,
            Source::Dastra => dastra::MAX_LEN,
            Source::None | Source::Own | Source::Didomi => didomi::MAX_LEN,
        };
        self.reject(source, if value.len() > limit { Rejection::TooLong } else { Rejection::Malformed });
    }

    fn own(&mut self, value: &[u8]) {
        if value.len() > didomi::MAX_LEN {
            return self.reject(Source::Own, Rejection::TooLong);
        }
        if !self.reader.verifier.is_ours(&self.mapping.site, value) {
            return self.reject(Source::Own, Rejection::BadSignature);
        }
        let read = formats::own(value, self.mapping).map_err(Rejection::from);
        self.take(Source::Own, read, None);
    }

    fn foreign(&mut self, format: Format, value: &[u8]) {
        let source = source_of(format);
        if !self.lists(source) {
            return self.unlisted(source);
        }
        match format {
            Format::Didomi => self.take(source, formats::didomi(value, self.mapping).map_err(Rejection::from), None),
            Format::Dastra => self.take(source, formats::dastra(value, self.mapping).map_err(Rejection::from), None),
            Format::OneTrust => match formats::onetrust(value, self.mapping) {
                Ok(Some((consent, end))) => self.take(source, Ok(Some(consent)), end),
                Ok(None) => {}
                Err(error) => self.reject(source, error.into()),
            },
        }
    }

    /// Judges an answer by its time and keeps it if it ranks first so far.
    fn take(&mut self, source: Source, read: Result<Option<Consent>, Rejection>, end: Option<Deciseconds>) {
        let judged = read.and_then(|answer| match &answer {
            Some(consent) => rank::judge(consent, end, self.mapping, self.now).map(|()| answer),
            None => Ok(None),
        });
        match judged {
            Ok(Some(consent)) => {
                self.best = Some(match self.best.take() {
                    Some(best) => rank::better(best, consent),
                    None => consent,
                });
            }
            Ok(None) => {}
            Err(rejection) => self.reject(source, rejection),
        }
    }

    fn lists(&self, source: Source) -> bool {
        self.mapping.sources.iter().any(|rule| rule.source() == source)
    }

    fn reject(&mut self, source: Source, rejection: Rejection) {
        self.reading.rejected.push((source, rejection));
    }

    fn unlisted(&mut self, source: Source) {
        if !self.reading.unlisted.contains(&source) {
            self.reading.unlisted.push(source);
        }
    }

    fn finish(mut self) -> Reading {
        if let Some(mut consent) = self.best {
            rank::uncover(&mut consent, self.mapping);
            if consent.source == Source::Dastra {
                formats::refuse_unnamed(&mut consent, self.mapping);
            }
            self.reading.consent = consent;
        }
        self.reading
    }
}

/// For fuzzing: any lines as `Cookie` fields, the first one also as `OT-Consent-String`, on a site that reads everything;
/// nothing must be taken for ours, and no service answered twice.
pub fn fuzz_reader(data: &[u8]) {
    let Ok(keyring) = Keyring::new([[1; Keyring::MIN_KEY]]) else { return };
    let cookies = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let mapping = Mapping {
        own_cookie: "consentry".to_owned(),
        sources: vec![
            SourceRule::Own,
            SourceRule::Didomi { cookies: cookies(&["didomi_dcs"]) },
            SourceRule::OneTrust { cookies: cookies(&["ot"]) },
            SourceRule::Dastra { cookies: cookies(&["euconsent", "consent-eu"]) },
        ],
        categories: CategorySet::from_bits(u64::MAX),
        didomi_purposes: (1..=63_u8).filter_map(|id| Some((id.into(), CategoryNumber::new(id)?))).collect(),
        didomi_vendors: (1..=99_u16).filter_map(|id| Some((id, ServiceNumber::new(id)?))).collect(),
        ..Mapping::default()
    };
    let fields: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let input =
        Input { cookies: &fields, ot_consent_string: fields.first().copied(), now: Deciseconds(17_000_000_000) };
    let consent = Reader::new(keyring).read(&mapping, &input).consent;
    assert!(consent.source != Source::Own, "a value was taken for ours");
    assert!(consent.services.is_sorted_by(|a, b| a.0 < b.0), "a service is answered twice");
    assert!(consent.granted.intersection(consent.refused).is_empty(), "a category has both answers");
}

const fn source_of(format: Format) -> Source {
    match format {
        Format::Didomi => Source::Didomi,
        Format::OneTrust => Source::OneTrust,
        Format::Dastra => Source::Dastra,
    }
}
