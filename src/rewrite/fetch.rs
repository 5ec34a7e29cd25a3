//! What a reference is fetched as, by its element and its attribute: filter lists may be about one kind only.

use super::tag::{Tag, is_space};
use crate::policy::Fetch;
use crate::policy::reference::decode_attribute;

/// By the element alone.
pub(crate) fn of_element(name: &str) -> Fetch {
    match name {
        "script" => Fetch::Script,
        "iframe" | "frame" | "portal" | "amp-iframe" => Fetch::Frame,
        "img" | "image" | "input" | "feimage" | "use" | "amp-img" | "amp-anim" | "element" => Fetch::Image,
        "video" | "audio" | "source" | "track" | "bgsound" | "amp-video" | "amp-audio" => Fetch::Media,
        "object" | "embed" => Fetch::Object,
        "amp-list" => Fetch::Data,
        _ => Fetch::Other,
    }
}

/// By the attribute where that says more than its element, which is fetched as `element`.
pub(crate) fn of_attribute(name: &str, element: Fetch) -> Fetch {
    match name {
        "ping" | "attributionsrc" => Fetch::Ping,
        "poster" | "background" => Fetch::Image,
        "@import" => Fetch::Style,
        name if name.ends_with("srcset") => Fetch::Image,
        _ => element,
    }
}

/// What a `link` of these relations fetches.
pub(crate) fn of_link(tag: &Tag<'_>, rel: &[u8]) -> Fetch {
    let is = |token: &'static [u8]| rel.split(|b| is_space(*b)).any(|known| known.eq_ignore_ascii_case(token));
    if is(b"stylesheet") {
        return Fetch::Style;
    }
    if is(b"modulepreload") {
        return Fetch::Script;
    }
    if is(b"preload") {
        let kind = decode_attribute(tag.get(b"as").unwrap_or_default()).trim_ascii().to_ascii_lowercase();
        return of_destination(&kind);
    }
    if rel.to_ascii_lowercase().windows(4).any(|part| part == b"icon") { Fetch::Image } else { Fetch::Other }
}

/// The destinations of the Fetch standard.
fn of_destination(kind: &[u8]) -> Fetch {
    match kind {
        b"script" | b"worker" => Fetch::Script,
        b"style" => Fetch::Style,
        b"image" => Fetch::Image,
        b"font" => Fetch::Font,
        b"audio" | b"video" | b"track" => Fetch::Media,
        b"document" => Fetch::Frame,
        b"object" | b"embed" => Fetch::Object,
        b"fetch" => Fetch::Data,
        _ => Fetch::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_can_say_more_than_its_element() {
        assert_eq!(of_attribute("poster", of_element("video")), Fetch::Image);
        assert_eq!(of_attribute("src", of_element("video")), Fetch::Media);
        assert_eq!(of_attribute("imagesrcset", Fetch::Other), Fetch::Image);
        assert_eq!(of_attribute("ping", of_element("a")), Fetch::Ping);
    }
}
