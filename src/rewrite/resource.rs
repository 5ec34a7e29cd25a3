//! `link` and `meta`: every relation that makes a browser fetch or connect, and the refresh that makes it go.

use super::attributes::Form;
use super::bystander;
use super::edit::{Edit, Text};
use super::fetch;
use super::judge::{Arms, Found, Judge, Place};
use super::said::Said;
use super::tag::{Tag, is_space};
use crate::policy::Deciders;
use crate::policy::csp::{Ours, allow};
use crate::policy::reference::{decode_attribute, escape, refresh_target};

/// The relations that fetch, connect or resolve a name.
const FETCHING: [&[u8]; 19] = [
    b"preload",
    b"modulepreload",
    b"prefetch",
    b"preconnect",
    b"dns-prefetch",
    b"stylesheet",
    b"prerender",
    b"icon",
    b"apple-touch-icon",
    b"apple-touch-icon-precomposed",
    b"apple-touch-startup-image",
    b"mask-icon",
    b"manifest",
    b"fluid-icon",
    b"next",
    b"search",
    b"import",
    b"monetization",
    b"compression-dictionary",
];

/// A link; those that only say something (`canonical`, `alternate`) are left alone.
pub(crate) fn link(judge: &mut Judge, tag: &Tag<'_>, place: Place) {
    let rel = decode_attribute(tag.get(b"rel").unwrap_or_default());
    let fetches = |token: &[u8]| FETCHING.iter().any(|known| token.eq_ignore_ascii_case(known));
    if !rel.split(|b| is_space(*b)).any(fetches) {
        return bystander::judge(judge, "link", tag, place);
    }
    judge.fetch = fetch::of_link(tag, &rel);
    judge.element("link", tag, place, &["href", "imagesrcset"], false);
}

/// A `meta` that makes the browser go to another page, or that holds a policy of the page's own.
pub(crate) fn meta(judge: &mut Judge, tag: &Tag<'_>, place: Place) {
    let kind = decode_attribute(tag.get(b"http-equiv").unwrap_or_default());
    let kind = kind.trim_ascii();
    if kind.eq_ignore_ascii_case(b"refresh") && refresh(judge, tag, place) {
        return;
    }
    bystander::judge(judge, "meta", tag, place);
    if kind.eq_ignore_ascii_case(b"content-security-policy") {
        policy(judge, tag, place);
    }
}

/// Whether it is one.
fn refresh(judge: &mut Judge, tag: &Tag<'_>, place: Place) -> bool {
    let content = decode_attribute(tag.get(b"content").unwrap_or_default());
    let Some(url) = refresh_target(&content) else { return false };
    let mut found = Found::default();
    judge.look(&mut found, &escape(url), "content", Form::Url);
    // To go to another site is no third party in this page.
    found.let_through();
    let mut arms = if found.is_empty() { Arms::new() } else { tag.places(b"content").collect() };
    judge.any(tag, &["content"], &mut found, &mut arms);
    let said = Said::default();
    let judged = judge.judged(tag, found, &said);
    judge.disarm("meta", tag, place, judged, &arms, &said);
    true
}

/// It holds for what comes after it: the guard before it has run, but what the guard and the widget load and send must be
/// allowed (pitfall 49), as in a policy of the head. What the scanner takes for a tag may be none, and stays.
fn policy(judge: &mut Judge, tag: &Tag<'_>, place: Place) {
    let (Some(ours), Some(content)) = (&judge.page.ours, tag.first(b"content")) else { return };
    if place.foreign.is_none() || !judge.is_guarded {
        return;
    }
    let written = decode_attribute(tag.value(content));
    let allowed = allow(&written, &Ours { inline: ours.inline, paths: &ours.paths });
    // A policy is ASCII; what is not is read by no browser as it was meant.
    let Some(allowed) = String::from_utf8(allowed).ok().filter(|text| text.is_ascii() && text.as_bytes() != &*written)
    else {
        return;
    };
    let quoted = allowed.replace('&', "&amp;").replace('"', "&quot;");
    let range = place.offset + content.whole.start..place.offset + content.whole.end;
    let text = Text::Made(format!("content=\"{quoted}\"").into());
    judge.edits.push(Edit { range, granted: text.clone(), refused: text, deciders: Deciders::new(), is_granted: true });
}
