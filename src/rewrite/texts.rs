//! The elements whose content is text: stylesheets, which are searched, and what must not be taken for markup.
//!
//! The parser says where they begin; where they end is found in the bytes ([`super::rawtext`]).

use super::handlers::{Event, Kind, Space};
use super::hold::Window;
use super::rawtext::TextEnd;
use smallvec::SmallVec;

/// What the text of an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// A stylesheet.
    Sheet,
    /// Scripts, titles, text areas, frames' fallbacks: no markup.
    Opaque,
    /// Text here, markup to a browser without scripts: judged, but a comment in it ends with it.
    Noscript,
}

#[derive(Debug)]
struct Text {
    sort: Sort,
    from: usize,
    /// In SVG the content of these is markup too, and comments are comments.
    is_raw: bool,
    end: TextEnd,
    /// Behind its last byte, once that is known.
    to: Option<usize>,
}

impl Text {
    fn contains(&self, offset: usize) -> bool {
        self.from <= offset && self.to.is_none_or(|to| offset < to)
    }
}

/// The texts of the bytes that are still here, in the order of their places.
#[derive(Debug, Default)]
pub(crate) struct Texts(SmallVec<[Text; 4]>);

/// The names that [`Kind::Text`] stands for and that are raw text in HTML.
const RAW: [&[u8]; 5] = [b"textarea", b"xmp", b"noembed", b"noframes", b"plaintext"];

impl Texts {
    /// Looks at a start tag; `is_in_foreign`: an `svg` or `math` is open around it.
    pub(crate) fn observe(&mut self, event: &Event, is_in_foreign: bool, window: Window<'_>) {
        let is_foreign = event.space == Space::Foreign;
        if event.is_end || is_foreign && event.self_closing {
            return;
        }
        let (name, sort): (&'static [u8], _) = match event.kind {
            Kind::Style => (b"style", Sort::Sheet),
            Kind::Noscript => (b"noscript", Sort::Noscript),
            Kind::Script => (b"script", Sort::Opaque),
            Kind::Iframe => (b"iframe", Sort::Opaque),
            // In SVG their content is HTML, whatever the parser says (desync.rs).
            Kind::Title if !is_in_foreign => (b"title", Sort::Opaque),
            Kind::Text if !is_in_foreign => {
                let written = window.between(event.start + 1, event.end);
                let is = |name: &&&[u8]| written.get(..name.len()).is_some_and(|w| w.eq_ignore_ascii_case(name));
                let Some(name) = RAW.iter().find(is) else { return };
                (name, Sort::Opaque)
            }
            _ => return,
        };
        if is_foreign && sort != Sort::Sheet {
            return;
        }
        self.0.push(Text { sort, from: event.end, is_raw: !is_foreign, end: TextEnd::new(name, event.end), to: None });
    }

    /// Looks for ends, and forgets what ended before the offset `done`.
    pub(crate) fn update(&mut self, window: Window<'_>, done: usize) {
        self.0.retain(|text| text.to.is_none_or(|to| to >= done));
        self.0.iter_mut().filter(|text| text.to.is_none()).for_each(|text| text.to = text.end.find(window));
    }

    /// From this offset on nobody knows what is text.
    pub(crate) fn end_at(&mut self, offset: usize) {
        self.0.retain(|text| text.from < offset);
        self.0.iter_mut().for_each(|text| text.to = Some(text.to.unwrap_or(offset).min(offset)));
    }

    /// The stylesheets: where each begins and, if that is known, ends.
    pub(crate) fn sheets(&self) -> impl Iterator<Item = (usize, Option<usize>)> {
        self.0.iter().filter(|text| text.sort == Sort::Sheet).map(|text| (text.from, text.to))
    }

    fn raw(&self) -> impl Iterator<Item = &Text> {
        self.0.iter().filter(|text| text.is_raw)
    }

    /// The first text that ends behind `offset`.
    pub(crate) fn part_from(&self, offset: usize) -> Option<Part> {
        let text = self.raw().find(|text| text.to.is_none_or(|to| to > offset))?;
        let is_markup = text.sort == Sort::Noscript;
        Some(Part { from: text.from, to: text.to, reached: text.end.read(), is_markup })
    }

    /// Whether a text ends at this offset.
    pub(crate) fn ends_at(&self, offset: usize) -> bool {
        self.raw().any(|text| text.to == Some(offset))
    }

    /// Whether this offset is in a text that holds no markup.
    pub(crate) fn is_opaque(&self, offset: usize) -> bool {
        self.raw().any(|text| text.sort != Sort::Noscript && text.contains(offset))
    }

    /// The last beginning or end of a text at or before `offset`; 0 when there is none.
    pub(crate) fn last_border(&self, offset: usize) -> usize {
        let borders = self.raw().flat_map(|text| [Some(text.from), text.to]).flatten();
        borders.filter(|border| *border <= offset).max().unwrap_or(0)
    }
}

/// A text among the markup.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) from: usize,
    pub(crate) to: Option<usize>,
    /// Before this offset it does not end.
    pub(crate) reached: usize,
    /// A `noscript`: text here, markup to a browser without scripts.
    pub(crate) is_markup: bool,
}
