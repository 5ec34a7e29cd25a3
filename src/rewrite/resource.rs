//! `link` and `meta`: every relation that makes a browser fetch or connect, and the refresh that makes it go.

use super::attributes::Form;
use super::fetch;
use super::judge::{Found, Judge, Place};
use super::said::Said;
use super::tag::{Tag, is_space};
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
        return;
    }
    judge.fetch = fetch::of_link(tag, &rel);
    judge.element("link", tag, place, &["href", "imagesrcset"], false);
}

/// A `meta` that makes the browser go to another page.
pub(crate) fn meta(judge: &mut Judge, tag: &Tag<'_>, place: Place) {
    let Some(kind) = tag.get(b"http-equiv") else { return };
    if !decode_attribute(kind).trim_ascii().eq_ignore_ascii_case(b"refresh") {
        return;
    }
    let content = decode_attribute(tag.get(b"content").unwrap_or_default());
    let Some(url) = refresh_target(&content) else { return };
    let mut found = Found::default();
    judge.look(&mut found, &escape(url), "content", Form::Url);
    // To go to another site is no third party in this page.
    found.let_through();
    let said = Said::default();
    let judged = judge.judged(tag, found, &said);
    judge.disarm("meta", tag, place, judged, &tag.places(b"content").collect(), &said);
}
