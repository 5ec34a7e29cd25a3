//! `iframe`, `img` and `image`: one verdict for all that the element would fetch.

use super::handlers::Kind;
use super::judge::{Judge, Place};
use super::said::Sort;
use super::srcdoc;
use super::tag::Tag;

/// A frame. What it carries itself (`srcdoc`) is a document of its own; the page's label covers it too.
pub(crate) fn iframe(judge: &mut Judge, tag: &Tag<'_>, place: Place) {
    let is_labelled = judge.said(tag, place, Sort::Frame).is_something();
    judge.element("iframe", tag, place, if is_labelled { &["src", "srcdoc"] } else { &["src"] }, true);
    srcdoc::rewrite(judge, tag, place);
}

/// An image. HTML reads `<image>` as `<img>`; in SVG it has `href`.
pub(crate) fn image(judge: &mut Judge, tag: &Tag<'_>, place: Place, kind: Kind) {
    const HTML: &[&str] = &["src", "srcset"];
    const SVG: &[&str] = &["href", "xlink:href"];
    const EITHER: &[&str] = &["src", "srcset", "href", "xlink:href"];
    let names = match (kind, place.foreign) {
        (Kind::Img, _) | (_, Some(false)) => HTML,
        (_, Some(true)) => SVG,
        (_, None) => EITHER,
    };
    judge.element(if kind == Kind::Img { "img" } else { "image" }, tag, place, names, false);
}
