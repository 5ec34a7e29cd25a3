//! `script`: external ones by their source, inline ones by markers in their text, inert ones by the page's label.

use super::data_url::data_url;
use super::edit::Text;
use super::judge::{Arms, Found, Judge, Judged, Need, Place};
use super::report::Why;
use super::speculation;
use super::tag::{Attribute, Tag, is_space};
use crate::policy::reference::decode_attribute;
use crate::policy::{Deciders, Fetch, Label, Verdict};
use std::borrow::Cow;
use std::ops::Range;

/// What a browser does with a script of this type (pitfall 83).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Classic or module: it runs.
    Executable,
    /// `text/plain`, or another type that only a label gives a sense to: it does not run, and may be meant to.
    Inert,
    /// Rules that make the browser fetch pages ahead.
    Speculation,
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
            b"speculationrules" => Self::Speculation,
            other if is_delayed(other) => Self::Executable,
            _ => Self::Data,
        }
    }
}

/// Whether an optimiser on the page makes scripts of this type run, sooner or later: to us they do.
fn is_delayed(essence: &[u8]) -> bool {
    const TYPES: [&[u8]; 5] = [
        b"rocketlazyloadscript",
        b"litespeed/javascript",
        b"pmdelayedscript",
        b"text/rocketscript",
        b"wpmeteor/javascript",
    ];
    // Cloudflare's: 24 hexadecimal digits, then the type itself.
    let is_hex = |b: &u8| b.is_ascii_hexdigit();
    let rocket = |suffix: &[u8]| essence.strip_suffix(suffix).is_some_and(|id| !id.is_empty() && id.iter().all(is_hex));
    TYPES.contains(&essence) || rocket(b"-text/javascript") || rocket(b"-module")
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
    if !has_source && !is_inert_source || kind == Type::Speculation {
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
    let said = judge.said(tag, place, true);
    judge.fetch = Fetch::Script;
    // A `data:` source is inline code.
    let raw = sources(place).iter().find_map(|name| tag.get(name.as_bytes()));
    let data = raw.filter(|_| text.is_empty()).and_then(data_url);
    let text = data.as_ref().map_or(text, |(_, code)| code);
    let inert_sources = ["src", "data-src"];
    let names = if kind == Type::Inert { &inert_sources } else { sources(place) };
    let (mut found, mut arms) = (Found::default(), Arms::new());
    names.iter().for_each(|name| judge.look_at(&mut found, tag, name));
    if kind == Type::Speculation {
        speculation::look(judge, &mut found, text);
    } else {
        judge.look_in_code(&mut found, text);
    }
    judge.any(tag, names, &mut found, &mut arms);
    let mut judged = judge.judged(tag, found, &said);
    if judge.page.trace && judged.why.is_none() && judged.deciders.is_empty() {
        judged.why = Some(Why::Unmarked);
    }
    if kind == Type::Inert {
        return inert(judge, tag, place, judged, said.label);
    }
    arms.extend(sources(place).iter().chain(&["type"]).flat_map(|name| tag.places(name.as_bytes())));
    arms.sort_unstable();
    arms.dedup();
    judge.disarm("script", tag, place, judged, &arms);
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
    let text = format!(" data-consentry={mark}{restore}{}", tag.space_behind_name());
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
