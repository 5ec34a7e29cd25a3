//! `link`: every relation that makes a browser fetch or connect.

use super::judge::{Judge, Place};
use super::tag::{Tag, is_space};
use crate::policy::reference::decode_attribute;

/// The relations that fetch, connect or resolve a name.
const FETCHING: [&[u8]; 14] = [
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
];

/// A link; those that only say something (`canonical`, `alternate`) are left alone.
pub(crate) fn link(judge: &mut Judge, tag: &Tag<'_>, place: Place) {
    let rel = decode_attribute(tag.get(b"rel").unwrap_or_default());
    let fetches = |token: &[u8]| FETCHING.iter().any(|known| token.eq_ignore_ascii_case(known));
    if !rel.split(|b| is_space(*b)).any(fetches) {
        return;
    }
    let label = judge.label(tag, place, false);
    let names = ["href", "imagesrcset"];
    let judged = judge.deciders(tag, &names, label, b"");
    judge.disarm("link", tag, place, judged, &names);
}
