//! Where the parser's idea of the document and a browser's may have parted (pitfalls 52-54).
//!
//! lol_html keeps two stacks that should agree: which tree it is in (it ignores that `<svg/>` closes itself, and leaves
//! foreign content by its own end tag only), and which elements are open (right about both). What is seen here is where
//! they disagree:
//!
//! * a self-closing `svg` or `math` outside of foreign content: the browser is in HTML behind it, so a parser that is
//!   started anew there is right;
//! * a tag that changes how text is read, reported as foreign while no `svg` or `math` is open: what follows it could be
//!   read in two ways, so the conservative scanner takes over at that tag, not earlier;
//! * foreign content inside foreign content, from which a browser leaves altogether and lol_html by one step: the same,
//!   until the outer one is closed.

use super::handlers::{Event, Kind, Space};

/// What one event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    /// Nothing wrong.
    Fine,
    /// From this offset on a new parser is right.
    Restart(usize),
    /// From this offset on nobody knows.
    Lost(usize),
}

/// Follows the parser through foreign content.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    /// Open `svg` and `math` elements, by the parser's element stack.
    open: u32,
    /// The parser may be in another tree than a browser; holds the offset from which bytes may hold a CDATA section that
    /// is none.
    doubt: Option<usize>,
    /// A `select` or `frameset` was met and not closed: a new parser would not know.
    guarded: bool,
}

/// In foreign content this is text; in HTML it is a comment that ends at the first `>`.
const CDATA: &[u8] = b"<![CDATA[";

impl Tracker {
    /// Looks at the next event. `bytes` gives the page's bytes of a range, as far as they have not left.
    pub(crate) fn observe<'b>(&mut self, event: &Event, bytes: impl Fn(usize, usize) -> &'b [u8]) -> Sync {
        if let Some(at) = self.cdata(event.start, bytes) {
            return Sync::Lost(at);
        }
        match event.kind {
            Kind::Svg | Kind::Math if event.is_end => self.close(event),
            Kind::Svg | Kind::Math => return self.enter(event),
            Kind::Glyph if self.open > 0 => return Sync::Lost(event.end),
            // The parser waits for its own end tag, whatever else closes it.
            Kind::Select | Kind::Frameset => self.guarded = !event.is_end || event.by_other,
            _ if event.is_end => {}
            // Reported as HTML in SVG too, where their content is; text in HTML, or nothing special.
            Kind::Title | Kind::Text if self.doubt.is_some() => return Sync::Lost(event.start),
            // An inner `math` is no MathML in SVG: what the parser takes for HTML in it is none.
            kind if self.open > 1 && changes_text(kind) => return Sync::Lost(event.start),
            kind if event.space == Space::Foreign => {
                // These leave foreign content.
                let impossible = matches!(kind, Kind::Img | Kind::Meta | Kind::Head | Kind::Body);
                let ambiguous = changes_text(kind) && (self.open == 0 || self.doubt.is_some());
                if impossible || ambiguous {
                    return Sync::Lost(event.start);
                }
            }
            _ if self.open == 0 => self.doubt = None,
            _ => {}
        }
        Sync::Fine
    }

    fn enter(&mut self, event: &Event) -> Sync {
        let certain = !self.guarded && self.doubt.is_none();
        match (event.self_closing, self.open, certain) {
            (true, 0, false) => return Sync::Lost(event.end),
            (true, 0, true) => return Sync::Restart(event.end),
            (true, ..) => self.doubt = Some(event.end),
            (false, open, _) => {
                self.open += 1;
                if open > 0 {
                    self.doubt = Some(event.end);
                }
            }
        }
        Sync::Fine
    }

    fn close(&mut self, event: &Event) {
        self.open = self.open.saturating_sub(1);
        if event.by_other {
            // Pitfall 53: the parser stays in foreign content.
            self.doubt = Some(event.end);
        }
    }

    /// Whether foreign content is open, by the parser's element stack.
    pub(crate) const fn is_in_foreign(&self) -> bool {
        self.open > 0
    }

    /// Whether the parser may find the next tag ambiguous (pitfall 55).
    pub(crate) const fn is_guarded(&self) -> bool {
        self.guarded
    }

    /// Looks for a CDATA section up to `end` where it is not known whether it would be one.
    pub(crate) fn cdata<'b>(&mut self, end: usize, bytes: impl Fn(usize, usize) -> &'b [u8]) -> Option<usize> {
        let from = self.doubt?;
        if let Some(at) = memchr::memmem::find(bytes(from, end), CDATA) {
            return Some(from + at);
        }
        self.doubt = Some(end.saturating_sub(CDATA.len() - 1).max(from));
        None
    }

    /// The offset from which bytes must not leave yet.
    pub(crate) fn holds_from(&self) -> Option<usize> {
        self.doubt
    }
}

/// Whether the tag makes HTML's tokenizer read text, or brings foreign content back to HTML.
const fn changes_text(kind: Kind) -> bool {
    matches!(kind, Kind::Script | Kind::Iframe | Kind::Noscript | Kind::Title | Kind::Style | Kind::Text)
}
