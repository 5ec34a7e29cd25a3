//! `script`: external ones by their source, inline ones by markers in their text, inert ones by the page's label.

use super::data_url::data_url;
use super::edit::Text;
use super::judge::{Arms, Found, Judge, Judged, Need, Place};
use super::report::Why;
use super::said::Sort;
use super::script_type::{self, Type};
use super::tag::Tag;
use super::{inert, mixed, speculation};
use crate::policy::markup::claim::inert_source;
use crate::policy::reference::decode_attribute;
use crate::policy::{Fetch, Verdict};
use smallvec::SmallVec;
use std::borrow::Cow;

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
    let is_open = kind != Type::Inert || tag.first(b"data-consentry").is_none() && says(judge, tag, place);
    if kind == Type::Data || !is_open {
        if judge.page.trace {
            let name = String::from_utf8_lossy(tag.get(b"type").unwrap_or_default()).into_owned();
            let mut judged = Judged { why: Some(Why::Data(name)), ..Judged::default() };
            judge.settle("script", place, &mut judged, [Verdict::Keep; 2]);
        }
        return Need::Nothing;
    }
    let has_source = sources(place).iter().any(|name| tag.first(name.as_bytes()).is_some());
    let is_inert_source = kind == Type::Inert && tag.attributes.iter().any(|a| inert_source(tag.name(a)).is_some());
    if !(has_source || is_inert_source) || kind == Type::Speculation || script_type::essence(tag) == b"didomi/html" {
        return Need::Text;
    }
    decide(judge, tag, place, kind, None);
    Need::Nothing
}

fn says(judge: &Judge, tag: &Tag<'_>, place: Place) -> bool {
    judge.said(tag, place, Sort::InertScript(&script_type::essence(tag))).is_something()
}

/// The text of a script, and the offset behind it where that is its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code<'t> {
    pub(crate) text: &'t [u8],
    pub(crate) end: Option<usize>,
}

/// Judges an inline script.
pub(crate) fn with_text(judge: &mut Judge, tag: &Tag<'_>, place: Place, code: Code<'_>) {
    decide(judge, tag, place, Type::of(tag), Some(code));
}

fn decide(judge: &mut Judge, tag: &Tag<'_>, place: Place, kind: Type, code: Option<Code<'_>>) {
    let essence = if kind == Type::Inert { script_type::essence(tag) } else { Vec::new() };
    let said = judge.said(tag, place, if kind == Type::Inert { Sort::InertScript(&essence) } else { Sort::LiveScript });
    judge.fetch = Fetch::Script;
    let names = sources(place);
    let (mut found, mut arms) = (Found::default(), Arms::new());
    names.iter().for_each(|name| judge.look_at(&mut found, tag, name));
    if kind == Type::Inert {
        said.sources.iter().for_each(|source| inert::look_at_source(judge, &mut found, tag, source));
    }
    // A script that stands for markup is judged tag by tag.
    if essence != b"didomi/html" {
        look_in(judge, &mut found, tag, place, kind, code);
    }
    let except: SmallVec<[&'static str; 4]> =
        names.iter().copied().chain(said.sources.iter().map(|s| s.name)).collect();
    let text = code.filter(|code| {
        // A module's functions are its own.
        let is_plain = kind == Type::Executable && script_type::essence(tag) != b"module" && !said.is_something();
        judge.is_guarded
            && place.foreign == Some(false)
            && is_plain
            && mixed::is_for_guard(&judge.page.site, *code, &found.services)
    });
    judge.any(tag, if kind == Type::Inert { &except } else { names }, &mut found, &mut arms);
    if kind == Type::Inert {
        let text = code.and_then(|code| Some((code.text, code.end?)));
        return inert::script(judge, tag, place, found, &said, &essence, text);
    }
    let mut judged = judge.judged(tag, found, &said);
    if judge.page.trace && judged.why.is_none() && judged.deciders.is_empty() && judged.reported.is_empty() {
        judged.why = Some(Why::Unmarked);
    }
    if let Some((code, end)) = text.filter(|_| arms.is_empty()).and_then(|code| Some((code, code.end?))) {
        return leave_to_guard(judge, place, judged, code.text, end);
    }
    arms.extend(names.iter().chain(&["type"]).flat_map(|name| tag.places(name.as_bytes())));
    arms.sort_unstable();
    arms.dedup();
    judge.disarm("script", tag, place, judged, &arms, &said);
}

/// What the script inserts is judged when it does.
fn leave_to_guard(judge: &mut Judge, place: Place, mut judged: Judged, text: &[u8], end: usize) {
    judged.why = judged.why.map(|_| Why::LeftToGuard);
    let is_granted = judge.settle("script", place, &mut judged, [Verdict::Keep, Verdict::Guard]);
    if !judged.deciders.is_empty() && !mixed::is_stopped(text) {
        let at = end - text.len();
        judge.edit(at..at, Text::Origin, Text::Fixed(mixed::STOP), &judged.deciders, is_granted);
    }
}

/// Looks for services in the script's own text; a `data:` source is inline code too.
fn look_in(judge: &mut Judge, found: &mut Found, tag: &Tag<'_>, place: Place, kind: Type, code: Option<Code<'_>>) {
    let Some(Code { text, .. }) = code else {
        let raw = sources(place).iter().find_map(|name| tag.get(name.as_bytes()));
        if let Some((_, code)) = raw.and_then(data_url) {
            judge.look_in_code(found, &code);
        }
        return;
    };
    // In foreign content references in the text are decoded.
    let text = if place.foreign == Some(false) { Cow::Borrowed(text) } else { decode_attribute(text) };
    if kind == Type::Speculation {
        speculation::look(judge, found, &text);
    } else {
        judge.look_in_code(found, &text);
    }
}
