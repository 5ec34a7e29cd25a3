//! What was found in one request: each value goes to its format, and the answer that ranks first is kept.

use super::parts::Part;
use super::{Reader, Reading, Rejection, rank};
use crate::consent::codec::{Format, detect, didomi, onetrust, text};
use crate::consent::formats::{self, Answered, Read, endless};
use crate::consent::mapping::{Mapping, SourceRule};
use crate::consent::{Consent, Deciseconds, Source};
use smallvec::SmallVec;

/// The state of reading one request.
pub(super) struct Found<'a> {
    reader: &'a Reader,
    pub(super) mapping: &'a Mapping,
    now: Deciseconds,
    /// [`Reading::consent`] is an answer, the one that ranks first so far.
    has_answer: bool,
    /// Cookies that mean something together with others only: judged once the whole header has been seen.
    parts: SmallVec<[Part<'a>; 12]>,
    reading: &'a mut Reading,
}

impl<'a> Found<'a> {
    pub(super) fn new(reader: &'a Reader, mapping: &'a Mapping, now: Deciseconds, reading: &'a mut Reading) -> Self {
        Self { reader, mapping, now, has_answer: false, parts: SmallVec::new(), reading }
    }

    /// A consent string under our own name is ours and must be signed, whatever else the site lists: unsigned or wrong
    /// there is no consent (D4). Other shapes are other tools' (several use `euconsent`).
    pub(super) fn under_our_name(&mut self, name: &'a [u8], value: &'a [u8]) {
        let is_listed = self.mapping.rule(Source::Own).is_some();
        let mapping = self.mapping;
        if is_listed
            && let Some(consent) = self.reader.verifier.known(&mapping.site, value, |said| said.clone().on(mapping))
        {
            return consent.map_or((), |consent| self.answer(consent, None));
        }
        let is_signed = memchr::memchr(b'~', value).is_some() && Format::Didomi.is_shape(value);
        match if is_signed { Some(Format::Didomi) } else { detect(value) } {
            Some(Format::Didomi) | None if !is_listed => self.unlisted(Source::Own),
            Some(Format::Didomi) => self.own(value),
            None if value.is_empty() => {}
            None => self.reject_shapeless(Source::Own, value),
            Some(format) => self.foreign(format, name, value),
        }
    }

    /// A value's shape, not its name, says which format it is; the name decides between formats of one shape. A value
    /// without a shape is a damaged one of the source that the name belongs to.
    pub(super) fn under_a_listed_name(&mut self, rule: &'a SourceRule, name: &'a [u8], value: &'a [u8]) {
        let Source::Tool(format) = rule.source else { return };
        if value.is_empty() {
            return;
        }
        // Of these the name says enough: what they hold has several shapes, or none.
        if format.is_shape(value) || matches!(format, Format::Optanon | Format::Axeptio | Format::Gpp) {
            return self.value(format, rule, name, value);
        }
        match detect(value) {
            // What iubenda keeps of a visitor who has not answered is an object without a shape.
            Some(Format::Dastra) if format == Format::Iubenda => {}
            // Any object is one of Dastra's: under another tool's name it is that tool's, damaged.
            Some(Format::Dastra) | None => self.reject_shapeless(rule.source, value),
            Some(other) => self.foreign(other, name, value),
        }
    }

    /// What the site does not list is not read, whatever it is (D3).
    pub(super) fn under_a_usual_name(&mut self, source: Source, name: &'a [u8], value: &'a [u8]) {
        let Source::Tool(usual) = source else { return };
        let shape = if usual.is_shape(value) { Some(usual) } else { detect(value) };
        // Any object is one of Dastra's: under another tool's name it is that tool's.
        let format = shape.map(|format| if format == Format::Dastra { usual } else { format });
        if let Some(format) = format {
            self.foreign(format, name, value);
        }
    }

    /// A value of this shape, under whatever name.
    pub(super) fn foreign(&mut self, format: Format, name: &'a [u8], value: &'a [u8]) {
        match self.mapping.rule(Source::Tool(format)) {
            Some(rule) => self.value(format, rule, name, value),
            None => self.unlisted(Source::Tool(format)),
        }
    }

    fn value(&mut self, format: Format, rule: &'a SourceRule, name: &'a [u8], value: &'a [u8]) {
        let mapping = self.mapping;
        let read = match format {
            Format::Didomi => endless(formats::didomi(value, mapping, rule)),
            Format::UsPrivacy => endless(formats::us_privacy(value, mapping, rule)),
            Format::OneTrust => formats::onetrust(value, mapping, rule).map_err(Rejection::from),
            Format::Tcf | Format::Gpp | Format::Optanon | Format::Complianz | Format::Axeptio | Format::TrustArc => {
                return self.parts.push(Part { rule, name, value });
            }
            _ => formats::named(format, value, mapping, rule),
        };
        self.take(rule.source, read);
    }

    fn own(&mut self, value: &[u8]) {
        if value.len() > didomi::MAX_LEN {
            return self.reject(Source::Own, Rejection::TooLong);
        }
        match self.reader.verifier.read(&self.mapping.site, value) {
            Some(said) => self.take(Source::Own, endless(said.map(|said| said.on(self.mapping)))),
            None => self.reject(Source::Own, Rejection::BadSignature),
        }
    }

    /// Judges what a value comes to.
    pub(super) fn take(&mut self, source: Source, read: Read) {
        match read {
            Ok(Some(Answered { consent, end })) => self.answer(consent, end),
            Ok(None) => {}
            Err(rejection) => self.reject(source, rejection),
        }
    }

    /// Judges an answer by its time and keeps it if it ranks first so far.
    fn answer(&mut self, consent: Consent, end: Option<Deciseconds>) {
        if let Err(rejection) = rank::judge(&consent, end, self.mapping, self.now) {
            return self.reject(consent.source, rejection);
        }
        let best = &mut self.reading.consent;
        *best = if self.has_answer { rank::better(std::mem::take(best), consent) } else { consent };
        self.has_answer = true;
    }

    fn reject_shapeless(&mut self, source: Source, value: &[u8]) {
        let limit = match source {
            Source::Tool(Format::OneTrust) => onetrust::MAX_LEN,
            Source::None | Source::Own | Source::Tool(Format::Didomi) => didomi::MAX_LEN,
            Source::Tool(_) | Source::Bridge(_) => text::MAX_LEN,
        };
        self.reject(source, if value.len() > limit { Rejection::TooLong } else { Rejection::Malformed });
    }

    pub(super) fn reject(&mut self, source: Source, rejection: Rejection) {
        self.reading.rejected.push((source, rejection));
    }

    fn unlisted(&mut self, source: Source) {
        if !self.reading.unlisted.contains(&source) {
            self.reading.unlisted.push(source);
        }
    }

    pub(super) fn finish(&mut self) {
        if !self.parts.is_empty() {
            let parts = std::mem::take(&mut self.parts);
            self.together(&parts);
        }
        if self.has_answer {
            rank::uncover(&mut self.reading.consent, self.mapping);
        }
    }
}
