//! Documents inside of attributes: `srcdoc`, rewritten in place as a page of its own, and frames whose source is a `data:`
//! or `javascript:` URL, which are judged as a whole (pitfalls 67, 95).
//!
//! The attribute is decoded, the document rewritten, and its edits are carried back to the bytes as they were written:
//! what no edit touches stays, in whatever spelling.

use super::data_url::data_url;
use super::edit::{Edit, Text};
use super::judge::{Arms, Found, Judge, Judged, Place};
use super::report::{Report, Why};
use super::said::Said;
use super::stream::Stream;
use super::tag::Tag;
use super::{Page, RewriteError};
use crate::policy::reference::decode_attribute;
use crate::policy::{Base, Label};
use bytes::Bytes;
use smallvec::SmallVec;
use std::ops::Range;

/// How many documents may stand in each other. What is deeper is not granted to anybody.
const DEEPEST: u8 = 4;

/// Rewrites the document in a frame's `srcdoc`.
pub(crate) fn rewrite(judge: &mut Judge, tag: &Tag<'_>, place: Place) {
    let Some(attribute) = tag.first(b"srcdoc") else { return };
    let document = Document::decode(tag.value(attribute));
    if memchr::memchr(b'<', &document.text).is_none() {
        return;
    }
    match nested(judge, &document.text, judge.page.base.clone()) {
        Some(Ok(report)) => {
            let start = place.offset + attribute.value.start;
            let quote = attribute.value.start.checked_sub(1).and_then(|at| tag.byte(at));
            let is_quoted = matches!(quote, Some(b'"' | b'\''));
            let place = |range: Range<usize>| start + document.raw(range.start)..start + document.raw(range.end);
            judge.take(report, place, |text| encode(text, is_quoted));
        }
        Some(Err(_)) | None => {
            let why =
                judge.page.trace.then(|| Why::UnknownLabel { attribute: String::new(), value: "srcdoc".to_owned() });
            let judged = Judged::of(&judge.page.site, SmallVec::new(), false, Label::Unknown, why);
            let arms: Arms = tag.places(b"srcdoc").collect();
            judge.disarm("iframe", tag, place, judged, &arms, &Said::default());
        }
    }
}

/// Judges markup that stands in the text of an element, from this offset on.
pub(super) fn inside(judge: &mut Judge, html: &[u8], start: usize) {
    if let Some(Ok(report)) = nested(judge, html, judge.page.base.clone()) {
        judge.take(report, |range| start + range.start..start + range.end, |text| text);
    }
}

/// The services that a frame's source leads to when it is a document or code itself.
pub(crate) fn in_url(judge: &mut Judge, tag: &Tag<'_>, name: &str, found: &mut Found) {
    let Some(raw) = tag.get(name.as_bytes()) else { return };
    // PERF: nearly every source begins with an `h` or a slash.
    if !raw.iter().find(|b| **b > b' ').is_some_and(|b| matches!(b, b'd' | b'D' | b'j' | b'J' | b'&')) {
        return;
    }
    if let Some((kind, document)) = data_url(raw) {
        if kind.contains("html") || kind.contains("xml") {
            let own = Base::document("data", "", "");
            if let Some(Ok(report)) = nested(judge, &document, own) {
                let all = [&report.done, &report.reported];
                let services = all.iter().flat_map(|tallies| tallies.services.iter().map(|(id, _)| *id)).collect();
                let is_blocked = all.iter().any(|tallies| tallies.unclassified > 0);
                found.add(Found { services, is_blocked, ..Found::default() });
            }
        }
        return;
    }
    let decoded = decode_attribute(raw);
    let url: Vec<u8> = decoded.iter().copied().filter(|b| !matches!(b, b'\t' | b'\n' | b'\r')).collect();
    let url = url.trim_ascii_start();
    if url.get(..11).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"javascript:")) {
        let code: Vec<u8> = percent_encoding::percent_decode(url.get(11..).unwrap_or_default()).collect();
        judge.look_in_code(found, &code);
    }
}

/// What becomes of a document inside of this one, with both sides of every edit. `None`: it is too deep.
fn nested(judge: &Judge, html: &[u8], base: Base) -> Option<Result<Report, RewriteError>> {
    if judge.depth >= DEEPEST {
        return None;
    }
    let page = Page { snippet: None, charset: Some(judge.encoding), trace: true, base, ..judge.page.clone() };
    let mut stream = Stream::new(page);
    stream.judge.depth = judge.depth + 1;
    let read = stream.write(Bytes::copy_from_slice(html), false).and_then(|_| stream.write(Bytes::new(), true));
    Some(read.map(|_| std::mem::take(&mut stream.judge.report)))
}

impl Judge {
    /// Takes over what was found in a document inside of this one.
    fn take(&mut self, report: Report, place: impl Fn(Range<usize>) -> Range<usize>, encode: impl Fn(Text) -> Text) {
        let Report { edits, findings, .. } = &report;
        for edit in edits.iter().cloned() {
            let Edit { range, granted, refused, deciders, is_granted } = edit;
            self.edit(place(range), encode(granted), encode(refused), &deciders, is_granted);
        }
        if self.page.trace {
            let moved = findings.iter().cloned().map(|mut finding| {
                finding.offset = place(finding.offset..finding.offset).start;
                finding
            });
            self.report.findings.extend(moved);
        }
        self.report.add(&report);
    }
}

/// Text that is put into an attribute's value.
fn encode(text: Text, is_quoted: bool) -> Text {
    let Some(bytes) = text.bytes() else { return text };
    let is_special = |b: &u8| matches!(b, b'&' | b'"' | b'\'') || !is_quoted && matches!(b, b' ' | b'<' | b'>' | b'`');
    if !bytes.iter().any(is_special) {
        return text;
    }
    let encoded = String::from_utf8_lossy(bytes).chars().fold(String::new(), |mut out, letter| {
        match u8::try_from(letter).ok().filter(is_special) {
            Some(byte) => out.push_str(&format!("&#{byte};")),
            None => out.push(letter),
        }
        out
    });
    Text::Made(encoded.into())
}

/// An attribute's text, and where each of its bytes was written.
struct Document {
    text: Vec<u8>,
    /// Offsets in the text and in the raw value from which on both go on alike.
    steps: Vec<(usize, usize)>,
}

impl Document {
    fn decode(raw: &[u8]) -> Self {
        let mut document = Self { text: Vec::with_capacity(raw.len()), steps: vec![(0, 0)] };
        let mut at = 0;
        while let Some(found) = raw.get(at..).and_then(|rest| memchr::memchr(b'&', rest)) {
            let start = at + found;
            document.text.extend_from_slice(raw.get(at..start).unwrap_or_default());
            let end = start + reference_length(raw.get(start..).unwrap_or_default());
            // One byte more says whether it is decoded at all: `&copy=` is not.
            let is_open = raw.get(end.saturating_sub(1)) != Some(&b';') && raw.get(end) == Some(&b'=');
            let seen = raw.get(start..end + usize::from(is_open)).unwrap_or_default();
            let decoded = decode_attribute(seen);
            let decoded = decoded.get(..decoded.len() - usize::from(is_open)).unwrap_or_default();
            document.steps.push((document.text.len(), start));
            document.text.extend_from_slice(decoded);
            document.steps.push((document.text.len(), end));
            at = end;
        }
        document.text.extend_from_slice(raw.get(at..).unwrap_or_default());
        document
    }

    /// Where a byte of the text was written.
    fn raw(&self, offset: usize) -> usize {
        let next = self.steps.partition_point(|(text, _)| *text <= offset);
        let (text, raw) = next.checked_sub(1).and_then(|at| self.steps.get(at)).copied().unwrap_or_default();
        let most = self.steps.get(next).map_or(usize::MAX, |(_, raw)| *raw);
        (raw + (offset - text)).min(most)
    }
}

/// How long the reference is that the text begins with; at least its `&`.
fn reference_length(text: &[u8]) -> usize {
    let rest = text.get(1..).unwrap_or_default();
    let (head, rest) = match rest {
        [b'#', b'x' | b'X', rest @ ..] => (3, rest),
        [b'#', rest @ ..] => (2, rest),
        _ => (1, rest),
    };
    let is_part = |b: &u8| match head {
        2 => b.is_ascii_digit(),
        3 => b.is_ascii_hexdigit(),
        _ => b.is_ascii_alphanumeric(),
    };
    let length = rest.iter().take_while(|b| is_part(b)).count();
    head + length + usize::from(rest.get(length) == Some(&b';'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn references_are_decoded_and_every_place_is_known() {
        let document = Document::decode(b"a&lt;b&amp;amp;&#60;&copy=&copy;&nosuch;&");
        assert_eq!(String::from_utf8_lossy(&document.text), "a<b&amp;<&copy=\u{a9}&nosuch;&");
        for (text, raw) in [(0, 0), (1, 1), (2, 5), (3, 6), (4, 11), (8, 15), (9, 20)] {
            assert_eq!(document.raw(text), raw, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_value_is_decoded_as_the_table_of_references_says(raw in "[a-z&;#x0-9=<> \"]{0,40}") {
            let document = Document::decode(raw.as_bytes());
            prop_assert_eq!(&document.text, &decode_attribute(raw.as_bytes()).into_owned());
            prop_assert_eq!(document.raw(document.text.len()), raw.len());
            let places: Vec<_> = (0..=document.text.len()).map(|at| document.raw(at)).collect();
            prop_assert!(places.is_sorted());
        }
    }
}
