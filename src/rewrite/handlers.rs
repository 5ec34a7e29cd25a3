//! The table of watched elements, and the handlers that only record where their tags are.
//!
//! Type selectors only (pitfall 79), parsed once (78); no text, comment or document handlers (59, 68); nothing is
//! mutated (D1). What is recorded is judged by the stream after the parser has returned.

use lol_html::html_content::EndTag;
use lol_html::send::{ElementContentHandlers, EndTagHandler, Settings};
use lol_html::{OutputSink, Selector};
use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A watched element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Script,
    Iframe,
    Img,
    /// HTML reads it as `img`; SVG has it as its own.
    Image,
    Link,
    Noscript,
    Base,
    Meta,
    Html,
    Head,
    Body,
    Frameset,
    Title,
    Style,
    Template,
    Svg,
    Math,
    /// `mglyph` and `malignmark` (pitfall 54).
    Glyph,
    Select,
    /// The other elements whose content is text, and those of SVG whose content is HTML.
    Text,
}

/// Name of the element, what it is, and whether its end tag is recorded too.
const WATCHED: [(&str, Kind, bool); 27] = [
    ("script", Kind::Script, false),
    ("iframe", Kind::Iframe, false),
    ("img", Kind::Img, false),
    ("image", Kind::Image, false),
    ("link", Kind::Link, false),
    ("noscript", Kind::Noscript, false),
    ("base", Kind::Base, false),
    ("meta", Kind::Meta, false),
    ("html", Kind::Html, false),
    ("head", Kind::Head, false),
    ("body", Kind::Body, false),
    ("frameset", Kind::Frameset, false),
    ("title", Kind::Title, false),
    ("style", Kind::Style, false),
    ("template", Kind::Template, true),
    ("svg", Kind::Svg, true),
    ("math", Kind::Math, true),
    ("mglyph", Kind::Glyph, false),
    ("malignmark", Kind::Glyph, false),
    ("select", Kind::Select, true),
    ("textarea", Kind::Text, false),
    ("xmp", Kind::Text, false),
    ("noembed", Kind::Text, false),
    ("noframes", Kind::Text, false),
    ("plaintext", Kind::Text, false),
    ("foreignobject", Kind::Text, false),
    ("desc", Kind::Text, false),
];

static SELECTORS: LazyLock<Vec<(Selector, &'static str, Kind, bool)>> = LazyLock::new(|| {
    let parsed = WATCHED.iter().filter_map(|(name, kind, ends)| Some((name.parse().ok()?, *name, *kind, *ends)));
    parsed.collect()
});

/// The tree that the parser believes a tag is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    Html,
    Foreign,
}

/// One tag that the parser met, in the parser's own offsets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) kind: Kind,
    pub(crate) is_end: bool,
    pub(crate) space: Space,
    pub(crate) self_closing: bool,
    /// An end tag of another name, which closes this element by closing one around it.
    pub(crate) by_other: bool,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What the handlers and the output sink write and the stream reads.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    events: Mutex<Vec<Event>>,
    given_back: AtomicUsize,
}

impl Shared {
    fn push(&self, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }

    /// Takes what was recorded; `empty` becomes the next list.
    pub(crate) fn take(&self, empty: Vec<Event>) -> Vec<Event> {
        std::mem::replace(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner), empty)
    }

    /// How many bytes the parser has given back: as nothing is mutated, the offset up to which bytes may leave.
    pub(crate) fn given_back(&self) -> usize {
        self.given_back.load(Ordering::Relaxed)
    }
}

/// lol_html's output, which is its input: only its length matters.
pub(crate) struct Counter(pub(crate) Arc<Shared>);

impl OutputSink for Counter {
    fn handle_chunk(&mut self, chunk: &[u8]) {
        self.0.given_back.fetch_add(chunk.len(), Ordering::Relaxed);
    }
}

/// The names of the watched elements, for benchmarks and documentation.
pub fn watched() -> impl Iterator<Item = &'static str> {
    WATCHED.iter().map(|(name, ..)| *name)
}

/// Adds a handler for each watched element. About 3 µs, two small allocations each.
pub(crate) fn register(shared: &Arc<Shared>, settings: Settings<'static, 'static>) -> Settings<'static, 'static> {
    SELECTORS.iter().fold(settings, |settings, (selector, name, kind, ends)| {
        let handlers = if *ends { with_end(shared, *kind, name) } else { start_only(shared, *kind) };
        settings.append_element_content_handler((Cow::Borrowed(selector), handlers))
    })
}

fn start_event(kind: Kind, element: &lol_html::send::Element<'_, '_>) -> Event {
    let place = element.source_location().bytes();
    let space = if element.namespace_uri().ends_with("xhtml") { Space::Html } else { Space::Foreign };
    let self_closing = element.is_self_closing();
    Event { kind, is_end: false, space, self_closing, by_other: false, start: place.start, end: place.end }
}

fn start_only(shared: &Arc<Shared>, kind: Kind) -> ElementContentHandlers<'static> {
    let shared = Arc::clone(shared);
    ElementContentHandlers::default().element(move |element: &mut lol_html::send::Element<'_, '_>| {
        shared.push(start_event(kind, element));
        Ok(())
    })
}

fn with_end(shared: &Arc<Shared>, kind: Kind, name: &'static str) -> ElementContentHandlers<'static> {
    let shared = Arc::clone(shared);
    ElementContentHandlers::default().element(move |element: &mut lol_html::send::Element<'_, '_>| {
        let event = start_event(kind, element);
        shared.push(event);
        if element.can_have_content() {
            let shared = Arc::clone(&shared);
            let handler: EndTagHandler<'static> = Box::new(move |end: &mut EndTag<'_>| {
                let place = end.source_location().bytes();
                let by_other = end.name() != name;
                shared.push(Event { is_end: true, by_other, start: place.start, end: place.end, ..event });
                Ok(())
            });
            element.on_end_tag(handler)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p79_every_watched_element_is_a_type_selector() {
        assert_eq!(SELECTORS.len(), WATCHED.len());
        assert!(WATCHED.iter().all(|(name, ..)| name.bytes().all(|byte| byte.is_ascii_lowercase())));
    }
}
