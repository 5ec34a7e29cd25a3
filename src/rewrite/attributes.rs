//! The names of the attributes that fetch or run, wherever they may stand, and which of them every tag can have.
//!
//! SPEC: HTML, 8.1.8.2 (event handlers), 4.6.2 (`ping`), 15.3 (`background`); the lazy-load names are those of the usual
//! libraries (lazysizes, lozad, vanilla-lazyload, WordPress plugins, Swiper, Flickity, Splide).

use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::sync::LazyLock;

/// How an attribute's value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One URL.
    Url,
    /// A `srcset`.
    Set,
    /// URLs with white space between them.
    List,
    /// JavaScript.
    Code,
    /// Stylesheet text, of which only single URLs are disarmed.
    Style,
}

/// Where an attribute means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// On every tag.
    Any,
    /// On the elements of [`super::fetching`] only.
    Element,
}

/// An attribute that fetches or runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// Its name, lower case.
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) reach: Reach,
}

const ELEMENT: [(&str, Form); 6] = [
    ("src", Form::Url),
    ("srcset", Form::Set),
    ("poster", Form::Url),
    ("data", Form::Url),
    ("href", Form::Url),
    ("xlink:href", Form::Url),
];

const ANY: [(&str, Form); 58] = [
    ("ping", Form::List),
    ("attributionsrc", Form::List),
    ("background", Form::Url),
    ("style", Form::Style),
    // Of SVG: references to paint servers, filters and masks.
    ("fill", Form::Style),
    ("stroke", Form::Style),
    ("filter", Form::Style),
    ("mask", Form::Style),
    ("clip-path", Form::Style),
    ("marker-start", Form::Style),
    ("marker-mid", Form::Style),
    ("marker-end", Form::Style),
    ("cursor", Form::Style),
    // Lazy loading: a library makes the live attribute of them.
    ("data-src", Form::Url),
    ("data-srcset", Form::Set),
    ("data-lazy", Form::Url),
    ("data-lazy-src", Form::Url),
    ("data-lazy-srcset", Form::Set),
    ("data-lazysrc", Form::Url),
    ("data-lazyload", Form::Url),
    ("data-lazyload-src", Form::Url),
    ("data-lazy-load", Form::Url),
    ("data-original", Form::Url),
    ("data-original-src", Form::Url),
    ("data-original-set", Form::Set),
    ("data-orig-src", Form::Url),
    ("data-orig-srcset", Form::Set),
    ("data-bg", Form::Url),
    ("data-bg-src", Form::Url),
    ("data-bg-image", Form::Url),
    ("data-bgset", Form::Set),
    ("data-background", Form::Url),
    ("data-background-src", Form::Url),
    ("data-background-image", Form::Url),
    ("data-lazy-background", Form::Url),
    ("data-lazy-bg", Form::Url),
    ("data-poster", Form::Url),
    ("data-lazy-poster", Form::Url),
    ("data-echo", Form::Url),
    ("data-layzr", Form::Url),
    ("data-ll-src", Form::Url),
    ("data-iframe-src", Form::Url),
    ("data-iframesrc", Form::Url),
    ("data-hi-res-src", Form::Url),
    ("data-src-retina", Form::Url),
    ("data-splide-lazy", Form::Url),
    ("data-splide-lazy-srcset", Form::Set),
    ("data-flickity-lazyload", Form::Url),
    ("data-flickity-lazyload-src", Form::Url),
    ("data-flickity-lazyload-srcset", Form::Set),
    ("data-flickity-bg-lazyload", Form::Url),
    ("data-rocket-src", Form::Url),
    ("data-rocketsrc", Form::Url),
    ("data-litespeed-src", Form::Url),
    ("data-perfmatters-src", Form::Url),
    ("data-cfsrc", Form::Url),
    ("nitro-lazy-src", Form::Url),
    ("nitro-lazy-srcset", Form::Set),
];

/// Event handler content attributes, without their `on`. Names that are none of them run nowhere.
const EVENTS: &str = "abort afterprint animationcancel animationend animationiteration animationstart auxclick beforeinput \
    beforematch beforeprint beforetoggle beforeunload begin blur cancel canplay canplaythrough change click close command \
    contextlost contextmenu contextrestored copy cuechange cut dblclick drag dragend dragenter dragleave dragover \
    dragstart drop durationchange emptied end ended error focus focusin focusout formdata fullscreenchange \
    fullscreenerror gotpointercapture hashchange input invalid keydown keypress keyup languagechange load loadeddata \
    loadedmetadata loadstart lostpointercapture message messageerror mousedown mouseenter mouseleave mousemove mouseout \
    mouseover mouseup mousewheel offline online pagehide pagereveal pageshow pageswap paste pause play playing \
    pointercancel pointerdown pointerenter pointerleave pointermove pointerout pointerover pointerrawupdate pointerup \
    popstate progress ratechange readystatechange rejectionhandled repeat reset resize scroll scrollend \
    scrollsnapchange scrollsnapchanging search securitypolicyviolation seeked seeking select selectionchange selectstart \
    slotchange stalled storage submit suspend timeupdate toggle touchcancel touchend touchmove touchstart \
    transitioncancel transitionend transitionrun transitionstart unhandledrejection unload volumechange waiting \
    webkitanimationend webkitanimationiteration webkitanimationstart webkittransitionend wheel";

/// The longest name that is looked up.
const LONGEST: usize = 32;

struct Names {
    known: HashMap<Box<str>, Known, FixedState>,
    /// One bit per hash of a name's last three letters: nearly every other name ends here.
    endings: [u64; 64],
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let element = ELEMENT.map(|(name, form)| Known { name, form, reach: Reach::Element });
    let any = ANY.map(|(name, form)| Known { name, form, reach: Reach::Any });
    let events = EVENTS.split_ascii_whitespace().map(|event| {
        // Named once, for as long as the program runs: the table is a constant in all but its spelling.
        let name: &'static str = Box::leak(format!("on{event}").into_boxed_str());
        Known { name, form: Form::Code, reach: Reach::Any }
    });
    let mut names = Names { known: HashMap::default(), endings: [0; 64] };
    for known in element.into_iter().chain(any).chain(events) {
        if let Some(word) = ending(known.name.as_bytes()).and_then(|bit| Some((names.endings.get_mut(bit / 64)?, bit)))
        {
            *word.0 |= 1 << (word.1 % 64);
        }
        names.known.insert(known.name.into(), known);
    }
    names
});

/// A number below 4096 for the last three letters of a name, the same in any case.
fn ending(name: &[u8]) -> Option<usize> {
    let [.., a, b, c] = name else { return None };
    let mixed = (u32::from(*a | 32) << 10) ^ (u32::from(*b | 32) << 5) ^ u32::from(*c | 32);
    usize::try_from((mixed.wrapping_mul(0x9E37_79B1) >> 20) & 4095).ok()
}

/// Whether a name that ends so can be one of those: what most attributes are told apart by.
pub(crate) fn may_be_known(end_of_name: &[u8]) -> bool {
    ending(end_of_name).and_then(|bit| NAMES.endings.get(bit / 64).map(|word| word >> (bit % 64) & 1 == 1))
        == Some(true)
}

/// What an attribute of this name is, in any case. One look-up; no allocation.
pub(crate) fn known(name: &[u8]) -> Option<Known> {
    if name.len() > LONGEST || !may_be_known(name) {
        return None;
    }
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    NAMES.known.get(std::str::from_utf8(lower).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_others_are_not() {
        for (name, form) in [
            ("onclick", Some(Form::Code)),
            ("ONload", Some(Form::Code)),
            ("Data-SRC", Some(Form::Url)),
            ("ping", Some(Form::List)),
            ("xlink:href", Some(Form::Url)),
            ("style", Some(Form::Style)),
            ("onlineurl", None),
            ("class", None),
            ("data-id", None),
            ("id", None),
            ("", None),
            ("data-consentry-src", None),
            ("data-consentry-onclick", None),
        ] {
            assert_eq!(known(name.as_bytes()).map(|k| k.form), form, "{name}");
        }
        let total = ELEMENT.len() + ANY.len() + EVENTS.split_ascii_whitespace().count();
        assert_eq!(NAMES.known.len(), total, "a name stands twice");
    }
}
