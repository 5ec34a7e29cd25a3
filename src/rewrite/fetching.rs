//! The rarer elements that fetch, and those that a site's rules name: found by their attributes ([`super::deep`]), not by
//! the parser, whose work on every tag grows with each name that it watches (pitfalls 79, 89).

use super::judge::{Judge, Place};
use super::tag::Tag;
use crate::policy::reference::decode_attribute;

/// An element and the attributes that it fetches.
type Element = (&'static str, &'static [&'static str]);

const ELEMENTS: [Element; 19] = [
    ("source", &["src", "srcset"]),
    ("video", &["src", "poster"]),
    ("audio", &["src"]),
    ("track", &["src"]),
    ("object", &["data"]),
    ("embed", &["src"]),
    ("input", &["src"]),
    ("frame", &["src"]),
    ("portal", &["src"]),
    ("bgsound", &["src"]),
    ("model", &["src"]),
    ("use", &["href", "xlink:href"]),
    ("feimage", &["href", "xlink:href"]),
    ("amp-img", &["src", "srcset"]),
    ("amp-anim", &["src", "srcset"]),
    ("amp-video", &["src", "poster"]),
    ("amp-audio", &["src"]),
    ("amp-iframe", &["src"]),
    ("amp-list", &["src"]),
];

/// The element of this name, in any case.
fn element(name: &[u8]) -> Option<&'static Element> {
    ELEMENTS.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name))
}

/// Whether this element fetches the attribute of this name (lower case).
pub(crate) fn fetches(judge: &Judge, element_name: &[u8], attribute: &[u8]) -> bool {
    let by_rule = || by_rule(judge, element_name).any(|name| name.as_bytes() == attribute);
    element(element_name).is_some_and(|(_, names)| names.iter().any(|name| name.as_bytes() == attribute)) || by_rule()
}

/// The attributes that the site's rules name for this element.
fn by_rule<'j>(judge: &'j Judge, element_name: &[u8]) -> impl Iterator<Item = &'j String> {
    let rules = judge.page.site.elements.iter();
    rules.filter(move |rule| rule.name.as_bytes().eq_ignore_ascii_case(element_name)).flat_map(|rule| &rule.attributes)
}

/// Judges a tag that nobody watches: by what its element fetches, and by what every tag can have.
pub(crate) fn judge(judge: &mut Judge, tag: &Tag<'_>, place: Place) {
    let known = element(tag.element());
    let is_submit =
        || !decode_attribute(tag.get(b"type").unwrap_or_default()).trim_ascii().eq_ignore_ascii_case(b"image");
    let (name, names) = match known {
        Some(("input", _)) if is_submit() => ("input", &[][..]),
        Some((name, names)) => (*name, *names),
        None => ("element", &[][..]),
    };
    let more: Vec<String> = by_rule(judge, tag.element()).cloned().collect();
    judge.element_with(name, tag, place, names, &more, false);
}
