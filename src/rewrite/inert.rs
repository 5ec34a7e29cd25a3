//! Tags that came inert, in the markup of a consent tool: made live when granted, and when not, given the neutral form
//! (D8). In both cases the tool on the page, if there is one, finds them no more: it would start them by its own answer,
//! or a second time.

use super::edit::Text;
use super::judge::{Arms, Found, Judge, Judged, Place};
use super::said::{InertSource, Rename, Said};
use super::srcdoc;
use super::tag::{Attribute, Tag, is_space};
use crate::policy::{Label, Mode, Verdict};
use std::ops::Range;

/// An element other than a script: `<iframe data-cookieconsent=marketing data-cookieblock-src=…>`.
pub(super) fn element(
    judge: &mut Judge,
    name: &'static str,
    tag: &Tag<'_>,
    place: Place,
    names: &[&'static str],
    said: &Said,
) {
    let (mut found, mut arms) = (Found::default(), Arms::new());
    for source in &said.sources {
        look_at_source(judge, &mut found, tag, source);
    }
    let mut live = Found::default();
    names.iter().for_each(|name| judge.look_at(&mut live, tag, name));
    let leads = !live.is_empty();
    found.add(live);
    let except: Vec<&'static str> = names.iter().copied().chain(said.sources.iter().map(|s| s.name)).collect();
    judge.any(tag, &except, &mut found, &mut arms);
    let Some((judged, is_granted)) = begin(judge, name, tag, place, found, said) else { return };
    let mark = format!(" data-consentry={}{}", judge.page.site.mark(&judged.deciders), tag.space_behind_name());
    let at = place.offset + tag.name_end;
    judge.edit(at..at, Text::Origin, Text::Made(mark.into()), &judged.deciders, is_granted);
    let mut put = |at: usize, granted: Text, refused: Text| {
        judge.edit(place.offset + at..place.offset + at, granted, refused, &judged.deciders, is_granted);
    };
    for attribute in arms.iter().filter_map(|at| tag.attributes.get(*at)) {
        put(attribute.name.start, Text::Origin, Text::Fixed("data-consentry-"));
    }
    // What stands in the live attribute meanwhile gives way to the source.
    for name in names {
        let gives_way = said.sources.iter().any(|source| source.live == *name);
        let granted = if gives_way { Text::Fixed("data-consentry-tool-") } else { Text::Origin };
        let refused = match (gives_way, leads) {
            (true, false) => Text::Origin,
            (true, true) => Text::Fixed("data-consentry-tool-"),
            (false, _) => Text::Fixed("data-consentry-"),
        };
        tag.all(name.as_bytes()).for_each(|a| put(a.name.start, granted.clone(), refused.clone()));
    }
    for source in &said.sources {
        rename_source(judge, tag, place, source, &judged, is_granted, true);
    }
    judge.rename(said, tag, place, &judged.deciders, is_granted, Rename::Always);
}

/// A script: `<script type="text/plain" data-category="statistics" data-src=…>`. `kind` is its type, `text` its text and
/// the offset behind that, when its end is known.
pub(super) fn script(
    judge: &mut Judge,
    tag: &Tag<'_>,
    place: Place,
    found: Found,
    said: &Said,
    kind: &[u8],
    text: Option<(&[u8], usize)>,
) {
    let is_markup = kind == b"didomi/html";
    if is_markup && text.is_none() {
        return;
    }
    let Some((judged, is_granted)) = begin(judge, "script", tag, place, found, said) else { return };
    let is_plain_type = kind == b"text/plain";
    let typed = ["data-type", "data-script-type"].iter().find_map(|name| tag.first(name.as_bytes()));
    let typed = typed.filter(|a| !tag.value(a).is_empty() && tag.value(a).iter().all(|b| is_plain(*b)));
    let module = if kind == b"text/template-module" { Some("module") } else { None };
    let restore = match (typed, module) {
        _ if is_markup => " data-consentry-type=didomi/html".to_owned(),
        (Some(a), _) => format!(" data-consentry-type={}", String::from_utf8_lossy(tag.value(a))),
        (None, Some(module)) => format!(" data-consentry-type={module}"),
        (None, None) => String::new(),
    };
    let space = tag.space_behind_name();
    let inert = if is_plain_type { "" } else { " type=text/plain" };
    let refused = format!(" data-consentry={}{inert}{restore}{space}", judge.page.site.mark(&judged.deciders));
    let granted = module.map_or(Text::Origin, |module| Text::Made(format!(" type={module}{space}").into()));
    let at = place.offset + tag.name_end;
    judge.edit(at..at, granted, Text::Made(refused.into()), &judged.deciders, is_granted);
    types(judge, tag, place, &judged, is_granted, is_plain_type);
    if let Some(attribute) = typed.filter(|_| !is_markup) {
        let prefix = attribute.name.len().saturating_sub("type".len());
        let at = place.offset + attribute.name.start;
        judge.edit(at..at + prefix, Text::Fixed(""), Text::Origin, &judged.deciders, is_granted);
    }
    for attribute in tag.all(b"src") {
        let at = place.offset + attribute.name.start;
        judge.edit(at..at, Text::Origin, Text::Fixed("data-consentry-"), &judged.deciders, is_granted);
    }
    if let Some(source) = said.sources.first().filter(|source| tag.first(source.live.as_bytes()).is_none()) {
        rename_source(judge, tag, place, source, &judged, is_granted, source.name != "data-src");
    }
    judge.rename(said, tag, place, &judged.deciders, is_granted, Rename::Always);
    if let Some((text, end)) = text.filter(|_| is_markup) {
        markup(judge, place, text, end, &judged, is_granted);
    }
}

/// `didomi/html`: the script becomes a `div` with its text for content, which is judged like a page's.
fn markup(judge: &mut Judge, place: Place, text: &[u8], end: usize, judged: &Judged, is_granted: bool) {
    for start in [place.offset + 1, end + 2] {
        judge.edit(start..start + "script".len(), Text::Fixed("div"), Text::Origin, &judged.deciders, is_granted);
    }
    srcdoc::inside(judge, text, end - text.len());
}

/// Decides, and counts. `None`: the tag stays as it is.
fn begin(
    judge: &mut Judge,
    name: &'static str,
    tag: &Tag<'_>,
    place: Place,
    found: Found,
    said: &Said,
) -> Option<(Judged, bool)> {
    let mut judged = judge.judged(tag, found, said);
    let is_reported = !judged.reported.is_empty() || judge.page.site.mode == Mode::Report;
    let is_nobodys = judged.deciders.is_empty() && (said.label != Label::Necessary || is_reported);
    if !said.is_something() || is_nobodys {
        let is_counted = said.is_something() && !judged.reported.is_empty();
        let verdicts = if is_counted { [Verdict::Activate, Verdict::Neutralise] } else { [Verdict::Keep; 2] };
        judge.settle(name, place, &mut judged, verdicts);
        return None;
    }
    let is_granted = judge.settle(name, place, &mut judged, [Verdict::Activate, Verdict::Neutralise]);
    Some((judged, is_granted))
}

/// Looks for services in an attribute that is to be made live.
pub(super) fn look_at_source(judge: &mut Judge, found: &mut Found, tag: &Tag<'_>, source: &InertSource) {
    if let Some(attribute) = tag.attributes.get(source.at) {
        let form = if source.live == "srcset" { super::attributes::Form::Set } else { super::attributes::Form::Url };
        judge.look(found, tag.value(attribute), source.name, form);
    }
}

/// The type that kept it from running: gone when granted; when not, one that no tool knows takes its place.
fn types(judge: &mut Judge, tag: &Tag<'_>, place: Place, judged: &Judged, is_granted: bool, is_plain_type: bool) {
    for attribute in tag.all(b"type") {
        let Range { start, end } = with_space(tag, attribute);
        let kept = tag.between(attribute.whole.start, attribute.whole.end);
        let before = tag.between(start, attribute.whole.start);
        let renamed = [before, b"data-consentry-tool-", kept].concat();
        let refused = if is_plain_type { Text::Origin } else { Text::Copied(renamed.into()) };
        judge.edit(place.offset + start..place.offset + end, Text::Fixed(""), refused, &judged.deciders, is_granted);
    }
}

fn rename_source(
    judge: &mut Judge,
    tag: &Tag<'_>,
    place: Place,
    source: &InertSource,
    judged: &Judged,
    is_granted: bool,
    is_neutral_too: bool,
) {
    let Some(attribute) = tag.attributes.get(source.at) else { return };
    let range = place.offset + attribute.name.start..place.offset + attribute.name.end;
    let neutral = Text::Made(format!("data-consentry-{}", source.live).into());
    let refused = if is_neutral_too { neutral } else { Text::Origin };
    judge.edit(range, Text::Fixed(source.live), refused, &judged.deciders, is_granted);
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
