//! `script`: external ones by their source, inline ones by markers in their text, inert ones by the page's label.

use super::edit::Text;
use super::judge::{Judge, Judged, Need, Place};
use super::report::Why;
use super::tag::{Attribute, Tag, is_space};
use crate::policy::reference::decode_attribute;
use crate::policy::{Deciders, Label, Verdict};
use base64::Engine;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use std::borrow::Cow;
use std::ops::Range;

/// What a browser does with a script of this type (pitfall 83).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Classic or module: it runs.
    Executable,
    /// `text/plain`, or another type that only a label gives a sense to: it does not run, and may be meant to.
    Inert,
    /// Data, templates, maps: not ours.
    Data,
}

const JAVASCRIPT: [&[u8]; 16] = [
    b"application/ecmascript",
    b"application/javascript",
    b"application/x-ecmascript",
    b"application/x-javascript",
    b"text/ecmascript",
    b"text/javascript",
    b"text/javascript1.0",
    b"text/javascript1.1",
    b"text/javascript1.2",
    b"text/javascript1.3",
    b"text/javascript1.4",
    b"text/javascript1.5",
    b"text/jscript",
    b"text/livescript",
    b"text/x-ecmascript",
    b"text/x-javascript",
];

impl Type {
    /// The type of a script's tag. An attribute of white space only is read as empty, which errs on the live side.
    pub(crate) fn of(tag: &Tag<'_>) -> Self {
        let (raw, prefix) = match (tag.get(b"type"), tag.get(b"language")) {
            (Some(value), _) => (value, b"".as_slice()),
            (None, Some(value)) if !value.is_empty() => (value, b"text/".as_slice()),
            (None, _) => return Self::Executable,
        };
        let decoded = decode_attribute(raw);
        let essence = [prefix, decoded.trim_ascii()].concat().to_ascii_lowercase();
        match essence.as_slice() {
            b"" | b"module" => Self::Executable,
            known if JAVASCRIPT.contains(&known) => Self::Executable,
            b"text/plain" => Self::Inert,
            _ => Self::Data,
        }
    }
}

/// The attributes that name a script's source. In foreign content it is `href`; where nobody knows, any of them.
fn sources(place: Place) -> &'static [&'static str] {
    match place.foreign {
        Some(false) => &["src"],
        Some(true) | None => &["src", "href", "xlink:href"],
    }
}

/// Judges a script by its tag, or asks for its text.
pub(crate) fn judge(judge: &mut Judge, tag: &Tag<'_>, place: Place) -> Need {
    let kind = Type::of(tag);
    // What is inert and already marked was judged before (97): leaving it inert spares it from nothing.
    let is_labelled = tag.first(b"data-category").is_some() && tag.first(b"data-consentry").is_none();
    if kind == Type::Data || (kind == Type::Inert && !is_labelled) {
        if judge.page.trace {
            let name = String::from_utf8_lossy(tag.get(b"type").unwrap_or_default()).into_owned();
            let mut judged = Judged { deciders: Deciders::new(), why: Some(Why::Data(name)) };
            judge.settle("script", place, &mut judged, Verdict::Keep);
        }
        return Need::Nothing;
    }
    let has_source = match place.foreign {
        Some(false) => tag.first(b"src").is_some(),
        _ => sources(place).iter().any(|name| tag.first(name.as_bytes()).is_some()),
    };
    let is_inert_source = kind == Type::Inert && tag.first(b"data-src").is_some();
    if !has_source && !is_inert_source {
        return Need::Text;
    }
    decide(judge, tag, place, kind, b"");
    Need::Nothing
}

/// Judges an inline script.
pub(crate) fn with_text(judge: &mut Judge, tag: &Tag<'_>, place: Place, text: &[u8]) {
    // In foreign content references in the text are decoded.
    let text = if place.foreign == Some(false) { Cow::Borrowed(text) } else { decode_attribute(text) };
    decide(judge, tag, place, Type::of(tag), &text);
}

fn decide(judge: &mut Judge, tag: &Tag<'_>, place: Place, kind: Type, text: &[u8]) {
    let label = judge.label(tag, place, true);
    let data = if text.is_empty() { data_url(tag, sources(place)) } else { None };
    let text = data.as_deref().unwrap_or(text);
    let inert_sources = ["src", "data-src"];
    let names = if kind == Type::Inert { &inert_sources } else { sources(place) };
    let mut judged = judge.deciders(tag, names, label, text);
    if judge.page.trace && judged.why.is_none() && judged.deciders.is_empty() {
        judged.why = Some(Why::Unmarked);
    }
    if kind == Type::Inert {
        inert(judge, tag, place, judged, label);
    } else {
        let arms: &[&str] = match place.foreign {
            Some(false) => &["src", "type"],
            _ => &["src", "href", "xlink:href", "type"],
        };
        judge.disarm("script", tag, place, judged, arms);
    }
}

/// A script that the page's own label made inert: made live when granted, marked when not (D8).
fn inert(judge: &mut Judge, tag: &Tag<'_>, place: Place, mut judged: Judged, label: Label) {
    if label == Label::Absent || judged.deciders.is_empty() && label != Label::Necessary {
        return judge.settle("script", place, &mut judged, Verdict::Keep);
    }
    let is_granted = judge.is_granted(&judged.deciders);
    judge.settle("script", place, &mut judged, if is_granted { Verdict::Activate } else { Verdict::Neutralise });
    let mark = judge.page.site.mark(&judged.deciders);
    let restore = tag.get(b"data-type").filter(|t| !t.is_empty() && t.iter().all(|b| is_plain(*b)));
    let restore = restore.map_or(String::new(), |t| format!(" data-consentry-type={}", String::from_utf8_lossy(t)));
    let behind = if tag.byte(tag.name_end).is_none_or(|b| is_space(b) || b == b'>') { "" } else { " " };
    let text = format!(" data-consentry={mark}{restore}{behind}");
    let at = place.offset + tag.name_end;
    judge.edit(at..at, Text::Origin, Text::Made(text.into()), &judged.deciders, is_granted);
    let mut remove = |range: Range<usize>| {
        let range = place.offset + range.start..place.offset + range.end;
        judge.edit(range, Text::Fixed(""), Text::Origin, &judged.deciders, is_granted);
    };
    tag.all(b"type").map(|a| with_space(tag, a)).for_each(&mut remove);
    let mut unprefix = |from: &[u8], to: &[u8]| {
        if let Some(attribute) = tag.first(from).filter(|_| to == b"type" || tag.first(to).is_none()) {
            remove(attribute.name.start..attribute.name.start + "data-".len());
        }
    };
    unprefix(b"data-type", b"type");
    unprefix(b"data-src", b"src");
}

/// What to take out for an attribute to be gone without gluing its neighbours together.
fn with_space(tag: &Tag<'_>, attribute: &Attribute) -> Range<usize> {
    let Range { start, end } = attribute.whole.clone();
    let is_apart = tag.byte(end).is_none_or(|b| is_space(b) || matches!(b, b'/' | b'>'));
    let space = start.checked_sub(1).and_then(|before| tag.byte(before)).is_some_and(is_space);
    start - usize::from(is_apart && space)..end
}

/// What may stand in an attribute without quotes.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'+' | b'-' | b'_')
}

/// The code in a `data:` source, which is inline code (pitfall 95).
fn data_url(tag: &Tag<'_>, names: &[&str]) -> Option<Vec<u8>> {
    let raw = names.iter().find_map(|name| tag.get(name.as_bytes()))?;
    // PERF: nearly every source begins with an `h` or a slash.
    let first = raw.iter().find(|b| **b > b' ')?;
    if !matches!(first, b'd' | b'D' | b'&') {
        return None;
    }
    let decoded = decode_attribute(raw);
    let url: Vec<u8> = decoded.iter().copied().filter(|b| !matches!(b, b'\t' | b'\n' | b'\r')).collect();
    let url = url.trim_ascii();
    let (scheme, rest) = url.split_at_checked(5)?;
    if !scheme.eq_ignore_ascii_case(b"data:") {
        return None;
    }
    let comma = memchr::memchr(b',', rest)?;
    let (head, body) = rest.split_at_checked(comma)?;
    let body: Vec<u8> = percent_encoding::percent_decode(body.get(1..)?).collect();
    let head = head.trim_ascii().to_ascii_lowercase();
    if head.ends_with(b"base64") { FORGIVING.decode(&body).ok() } else { Some(body) }
}

/// Base64 as browsers read it: padding may be missing, the last bits may be anything.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
