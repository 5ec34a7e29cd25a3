//! Where the parser's idea of the document and a browser's may have parted (pitfalls 52-54).
//!
//! lol_html keeps two stacks that should agree: which tree it is in (it ignores that `<svg/>` closes itself, and leaves
//! foreign content by its own end tag only), and which elements are open (by their own names only). What is seen here is
//! where they may disagree with each other or with a browser:
//!
//! * a self-closing `svg` or `math` outside of foreign content: the browser is in HTML behind it, so a parser that is
//!   started anew there is right, but for what is open around it ([`super::strays`]);
//! * a tag that changes how text is read, reported as foreign while no `svg` or `math` is open: what follows it could be
//!   read in two ways, so the conservative scanner takes over at that tag, not earlier. An `svg` that the end of an element
//!   around it closes is no reason yet: nothing may follow that is read in two ways;
//! * foreign content in foreign content, but for an `svg` in an `svg`, and whatever leaves or closes that otherwise than
//!   by its own end tag: there the scanner takes over at once;
//! * elements of foreign content that hold HTML (`foreignObject`, `mtext`): what is plain in one is followed
//!   ([`super::holder`]), all else takes the scanner.

use super::handlers::{Event, Kind, Space};
use super::hold::Window;
use super::holder::{self, Holder, Sense, Step};
use super::strays::Strays;
use super::tag::end_of_tag;
use super::walk::end_of_comment;

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
    /// In foreign content; the offset from which its bytes have not been looked at.
    inside: Option<usize>,
    /// It is MathML.
    is_math: bool,
    /// The element in it that holds HTML, while one is open.
    holder: Option<Holder>,
    /// What is open in foreign content, where the parser does not know what is open around it.
    strays: Option<Strays>,
    /// A `select` or `frameset` was met and not closed: a new parser would not know.
    guarded: bool,
}

/// In foreign content this is text; in HTML it is a comment that ends at the first `>`.
const CDATA: &[u8] = b"<![CDATA[";

/// The most bytes that the end of a section is waited for.
const SECTION: usize = 64 << 10;

impl Tracker {
    /// For a parser that is started anew.
    pub(crate) fn anew() -> Self {
        Self { strays: Some(Strays::default()), ..Self::default() }
    }

    /// Looks at the next event.
    pub(crate) fn observe(&mut self, event: &Event, window: Window<'_>) -> Sync {
        if let Some(at) = self.cdata(event.start, window) {
            return Sync::Lost(at);
        }
        // To the parser this is no part of a comment, a section or another tag.
        if let Some(at) = self.inside.filter(|at| *at != event.start) {
            return Sync::Lost(at.min(event.start));
        }
        if let Some(holder) = self.holder.as_ref().filter(|holder| !holder.may_hold(event.kind)) {
            let closes = event.is_end && matches!(event.kind, Kind::Svg | Kind::Math) && !event.by_other;
            let leaves = closes && self.open == 1 && holder.is_bare() && !self.guarded;
            return if leaves { Sync::Restart(event.end) } else { Sync::Lost(event.start) };
        }
        match event.kind {
            Kind::Svg | Kind::Math if event.is_end => return self.close(event),
            Kind::Svg | Kind::Math => return self.enter(event),
            Kind::Glyph if self.open > 0 => return Sync::Lost(event.end),
            // The parser waits for its own end tag, whatever else closes it.
            Kind::Select | Kind::Frameset => self.guarded = !event.is_end || event.by_other,
            _ if event.is_end => {}
            // Reported as HTML in SVG too, where their content is; text in HTML, or nothing special.
            Kind::Title | Kind::Text if self.doubt.is_some() => return Sync::Lost(event.start),
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
        let again = self.open > 0;
        match (event.self_closing, certain) {
            (true, true) if !again => return Sync::Restart(event.end),
            (true, _) => return Sync::Lost(event.end),
            // An inner `math` is no MathML in SVG, and the other way round.
            (false, _) if again && (self.is_math || event.kind == Kind::Math) => return Sync::Lost(event.start),
            (false, true) => {}
            // In a `select` there may be none.
            (false, false) => return Sync::Lost(event.start),
        }
        if let Some(strays) = self.strays.as_mut().filter(|_| !again) {
            *strays = Strays::default();
        }
        self.open += 1;
        self.inside = Some(event.end);
        self.is_math = event.kind == Kind::Math;
        Sync::Fine
    }

    fn close(&mut self, event: &Event) -> Sync {
        // Left before, by another tag.
        if self.open == 0 {
            return Sync::Fine;
        }
        self.open -= 1;
        if event.by_other && (self.open > 0 || self.is_math) {
            return Sync::Lost(event.end);
        }
        if event.by_other {
            // Pitfall 53: the parser stays in foreign content.
            self.doubt = Some(event.end);
        }
        if self.open == 0 {
            self.inside = None;
        }
        Sync::Fine
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
    pub(crate) fn cdata(&mut self, end: usize, window: Window<'_>) -> Option<usize> {
        let Some(from) = self.doubt else { return self.section(end, window) };
        if let Some(at) = memchr::memmem::find(window.between(from, end), CDATA) {
            return Some(from + at);
        }
        self.doubt = Some(end.saturating_sub(CDATA.len() - 1).max(from));
        None
    }

    /// Follows the tags of foreign content: where what is in an element that holds HTML could be read in two ways.
    fn section(&mut self, end: usize, window: Window<'_>) -> Option<usize> {
        let from = self.inside?;
        let (text, mut at) = (window.from(from), 0);
        while let Some(found) = memchr::memchr(b'<', text.get(at..).unwrap_or_default()) {
            at += found;
            if from + at >= end {
                break;
            }
            let rest = text.get(at..).unwrap_or_default();
            // What is in a value or a comment is no tag.
            match self.piece(rest, window.is_last) {
                Piece::Ambiguous => return Some(from + at),
                Piece::Unfinished if rest.len() < SECTION => {
                    self.inside = Some(from + at);
                    return None;
                }
                Piece::Unfinished if self.holder.is_some() => return Some(from + at),
                Piece::Tag(_) if self.tag(rest) == Step::Lost => return Some(from + at),
                Piece::Tag(length) | Piece::Other(length) => at += length,
                Piece::Unfinished => at += 1,
            }
            if self.open == 0 {
                self.inside = None;
                return None;
            }
        }
        self.inside = Some(end.max(from + at));
        None
    }

    /// What begins with the `<` of these bytes, where a browser is.
    fn piece(&self, bytes: &[u8], is_last: bool) -> Piece {
        match self.holder.as_ref().map(|holder| holder.raw_text(bytes)) {
            Some(None) => Piece::Unfinished,
            Some(Some(0)) if is_ambiguous(bytes, is_last) => Piece::Ambiguous,
            None | Some(Some(0)) => Piece::of(bytes),
            Some(Some(length)) => Piece::Other(length),
        }
    }

    /// Follows a whole tag of foreign content.
    fn tag(&mut self, bytes: &[u8]) -> Step {
        if let Some(holder) = &mut self.holder {
            match holder.step(bytes) {
                Step::Left => self.holder = None,
                step => return step,
            }
        }
        if self.strays.as_mut().is_some_and(|strays| strays.is_one(bytes)) {
            return Step::Lost;
        }
        match holder::sense(bytes, self.is_math) {
            Sense::Begins(holder) => self.holder = Some(holder),
            // A browser leaves all of it here, the parser the innermost, but for its list of what is open.
            Sense::Leaves if self.open > 1 => return Step::Lost,
            Sense::Leaves => self.open = 0,
            Sense::Closes => return Step::Lost,
            Sense::Stays => {}
        }
        Step::Inside
    }

    /// The offset from which bytes must not leave yet.
    pub(crate) fn holds_from(&self) -> Option<usize> {
        self.doubt.or(self.inside)
    }
}

/// Whether it matters how a CDATA section is read that the bytes begin with. A comment ends at the first `>`, a section at
/// `]]>` or with the page: what is between is text in the one and markup in the other.
fn is_ambiguous(bytes: &[u8], is_last: bool) -> bool {
    let Some(section) = bytes.strip_prefix(CDATA) else { return false };
    let section = match memchr::memmem::find(section, b"]]>") {
        Some(end) => section.get(..end).unwrap_or_default(),
        None if is_last => section,
        None => return section.len() >= SECTION,
    };
    let behind = memchr::memchr(b'>', section).and_then(|first| section.get(first..));
    behind.is_some_and(|behind| behind.contains(&b'<'))
}

/// What begins with a `<`, with its length.
enum Piece {
    Tag(usize),
    /// A comment, a section, text of a `style`, or only the `<` where it is text.
    Other(usize),
    /// A section that may be a comment.
    Ambiguous,
    /// The bytes end in it.
    Unfinished,
}

impl Piece {
    fn of(bytes: &[u8]) -> Self {
        let other = |length: Option<usize>| length.map_or(Self::Unfinished, Self::Other);
        match (bytes.get(1), bytes.get(2)) {
            (None, _) | (Some(b'/' | b'!'), None) => Self::Unfinished,
            (Some(b'a'..=b'z' | b'A'..=b'Z'), _) | (Some(b'/'), Some(b'a'..=b'z' | b'A'..=b'Z')) => {
                end_of_tag(bytes).map_or(Self::Unfinished, Self::Tag)
            }
            // `<!-->` is whole.
            (Some(b'!'), _) if bytes.starts_with(b"<!--") => {
                other(bytes.get(2..).and_then(end_of_comment).map(|length| length + 2))
            }
            (Some(b'!'), _) if bytes.starts_with(CDATA) => other(memchr::memmem::find(bytes, b"]]>").map(|at| at + 3)),
            (Some(b'!'), _) if bytes.len() < CDATA.len() => Self::Unfinished,
            // A comment that is none, `</>`, a doctype: whatever is in it.
            (Some(b'/' | b'!' | b'?'), _) => other(memchr::memchr(b'>', bytes).map(|at| at + 1)),
            _ => Self::Other(1),
        }
    }
}

/// Whether the tag makes HTML's tokenizer read text, or brings foreign content back to HTML.
const fn changes_text(kind: Kind) -> bool {
    matches!(kind, Kind::Script | Kind::Iframe | Kind::Noscript | Kind::Title | Kind::Style | Kind::Text)
}
