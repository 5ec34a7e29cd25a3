//! `iframe`, `img` and `image`: one verdict for all that the element would fetch.

use super::handlers::Kind;
use super::judge::{Judge, Place};
use super::tag::Tag;
use crate::policy::Label;

/// A frame. A label also covers what it carries itself (`srcdoc`), which no rule looks into.
pub(crate) fn iframe(judge: &mut Judge, tag: &Tag<'_>, place: Place) {
    let label = judge.label(tag, place, true);
    let judged = judge.deciders(tag, &["src"], label, b"");
    let arms: &[&str] = if label == Label::Absent { &["src"] } else { &["src", "srcdoc"] };
    judge.disarm("iframe", tag, place, judged, arms);
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
    let label = judge.label(tag, place, false);
    let judged = judge.deciders(tag, names, label, b"");
    judge.disarm(if kind == Kind::Img { "img" } else { "image" }, tag, place, judged, names);
}
