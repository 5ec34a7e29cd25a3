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
//!   until the outer one is closed;
//! * elements of foreign content that hold HTML (`foreignObject`, `mtext`): a CDATA section directly in one is a comment to
//!   lol_html; and a foreign element's end tag closes it, for which lol_html waits for its own. What could be read in two
//!   ways while one is open takes the scanner.

use super::handlers::{Event, Kind, Space};
use super::hold::Window;
use super::tag::{end_of_tag, is_space};
use super::walk::end_of_comment;
use smallvec::SmallVec;

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
    /// An element that holds HTML began in it.
    holds_html: bool,
    /// Those that have not been closed by an end tag of their own name: these names, the outer first.
    holders: SmallVec<[Name; 4]>,
    /// Elements that are open in such a one, as far as they are counted.
    inner: u32,
    /// An end tag may have closed such a one that was not its own.
    crossed: bool,
    /// A `select` or `frameset` was met and not closed: a new parser would not know.
    guarded: bool,
}

/// In foreign content this is text; in HTML it is a comment that ends at the first `>`.
const CDATA: &[u8] = b"<![CDATA[";

/// What a tag means for where a browser is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    /// Foreign content that holds HTML. SPEC: HTML, 13.2.6 "HTML integration point", "MathML text integration point".
    Holder,
    /// Foreign content ends at its start tag. SPEC: HTML, 13.2.6.5.
    Leaves,
    /// The same, at its end tag too; that closes nothing else, as where the end tag is often left out.
    LeavesByEnd,
    /// Its end tag closes nothing else.
    Harmless,
    /// Start and end tags can be counted against each other: nothing else closes it. It leaves foreign content as well.
    Counted,
    Other,
}

impl Sense {
    /// By a name in lower case.
    const fn of(name: &[u8]) -> Self {
        match name {
            b"foreignobject" | b"desc" | b"title" | b"mi" | b"mo" | b"mn" | b"ms" | b"mtext" | b"annotation-xml" => {
                Self::Holder
            }
            b"p" | b"br" => Self::LeavesByEnd,
            b"div" | b"span" => Self::Counted,
            b"option" | b"tr" | b"td" => Self::Harmless,
            b"b" | b"big" | b"blockquote" | b"body" | b"center" | b"code" | b"dd" | b"dl" | b"dt" | b"em"
            | b"embed" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"head" | b"hr" | b"i" | b"img" | b"li"
            | b"listing" | b"menu" | b"meta" | b"nobr" | b"ol" | b"pre" | b"ruby" | b"s" | b"small" | b"strong"
            | b"strike" | b"sub" | b"sup" | b"table" | b"tt" | b"u" | b"ul" | b"var" => Self::Leaves,
            _ => Self::Other,
        }
    }
}

/// The most bytes that the end of a section is waited for.
const SECTION: usize = 64 << 10;

/// Longer than every name that says something.
const LONGEST: usize = 16;

/// A name in lower case, with zeros behind it.
type Name = [u8; LONGEST];

/// How many elements that hold HTML are told apart in each other.
const DEEPEST: usize = 32;

impl Tracker {
    /// Looks at the next event.
    pub(crate) fn observe(&mut self, event: &Event, window: Window<'_>) -> Sync {
        if let Some(at) = self.cdata(event.start, window) {
            return Sync::Lost(at);
        }
        // A tag in what may be a section: to the parser it is none.
        if let Some(at) = self.inside.filter(|at| window.between(*at, event.start).starts_with(CDATA)) {
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
            kind if (self.open > 1 || self.open > 0 && self.crossed) && changes_text(kind) => {
                return Sync::Lost(event.start);
            }
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
                } else {
                    self.inside = Some(event.end);
                    self.holders.clear();
                    (self.holds_html, self.crossed) = (false, false);
                }
            }
        }
        Sync::Fine
    }

    fn close(&mut self, event: &Event) {
        self.open = self.open.saturating_sub(1);
        if self.open == 0 {
            self.inside = None;
        }
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
    pub(crate) fn cdata(&mut self, end: usize, window: Window<'_>) -> Option<usize> {
        let Some(from) = self.doubt else { return self.section(end, window) };
        if let Some(at) = memchr::memmem::find(window.between(from, end), CDATA) {
            return Some(from + at);
        }
        self.doubt = Some(end.saturating_sub(CDATA.len() - 1).max(from));
        None
    }

    /// Looks for one in foreign content, behind the start of an element that holds HTML, and follows the tags there.
    fn section(&mut self, end: usize, window: Window<'_>) -> Option<usize> {
        let from = self.inside?;
        let (text, mut at) = (window.from(from), 0);
        while let Some(found) = memchr::memchr(b'<', text.get(at..).unwrap_or_default()) {
            at += found;
            if from + at >= end {
                break;
            }
            let rest = text.get(at..).unwrap_or_default();
            if self.holds_html && is_ambiguous(rest, window.is_last) {
                return Some(from + at);
            }
            // What is in a value or a comment is no tag.
            match whole(rest) {
                Some(length) => {
                    match rest.get(1..).unwrap_or_default() {
                        [b'/', named @ ..] => self.tag(named, true),
                        named => self.tag(named, false),
                    }
                    at += length;
                }
                None if rest.len() < SECTION => {
                    self.inside = Some(from + at);
                    return None;
                }
                None => at += 1,
            }
            if self.open == 0 {
                self.inside = None;
                return None;
            }
        }
        self.inside = Some(end.max(from + at));
        None
    }

    /// Follows a tag of foreign content, whose bytes from its name on are these.
    fn tag(&mut self, named: &[u8], is_end: bool) {
        let mut padded: Name = [0; LONGEST];
        let length = named.iter().position(|b| is_space(*b) || matches!(b, b'/' | b'>')).unwrap_or(LONGEST);
        let (Some(name), Some(written)) = (padded.get_mut(..length), named.get(..length)) else { return };
        name.copy_from_slice(written);
        name.make_ascii_lowercase();
        match Sense::of(name) {
            Sense::Holder if is_end => self.close_holder(padded),
            Sense::Holder => self.open_holder(padded),
            // A browser leaves foreign content here, and so does the parser, but for its list of what is open.
            Sense::Leaves | Sense::Counted if self.holders.is_empty() && !is_end => self.open = 0,
            Sense::LeavesByEnd if self.holders.is_empty() => self.open = 0,
            _ if self.holders.is_empty() => {}
            Sense::Counted => {
                self.crossed |= is_end && self.inner == 0;
                self.inner = if is_end { self.inner.saturating_sub(1) } else { self.inner + 1 };
            }
            Sense::Other | Sense::Leaves => self.crossed |= is_end,
            Sense::LeavesByEnd | Sense::Harmless => {}
        }
    }

    fn open_holder(&mut self, name: Name) {
        self.holds_html = true;
        if self.holders.is_empty() {
            (self.inner, self.crossed) = (0, false);
        }
        if self.holders.len() < DEEPEST {
            self.holders.push(name);
        } else {
            self.crossed = true;
        }
    }

    /// An end tag of another name than the innermost one's may close it or nothing: which, is not known here.
    fn close_holder(&mut self, name: Name) {
        if self.holders.last() == Some(&name) {
            self.holders.pop();
            if self.holders.is_empty() {
                (self.inner, self.crossed) = (0, false);
            }
        } else {
            self.crossed |= !self.holders.is_empty();
        }
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

/// How long the tag, comment or section is that the bytes begin with; `None`: it has not ended.
fn whole(bytes: &[u8]) -> Option<usize> {
    match (bytes.get(1)?, bytes.get(2)?) {
        (b'a'..=b'z' | b'A'..=b'Z', _) | (b'/', b'a'..=b'z' | b'A'..=b'Z') => end_of_tag(bytes),
        // `<!-->` is whole.
        (b'!', _) if bytes.starts_with(b"<!--") => end_of_comment(bytes.get(2..)?).map(|length| length + 2),
        (b'!', _) if bytes.starts_with(CDATA) => memchr::memmem::find(bytes, b"]]>").map(|at| at + 3),
        (b'!', _) if bytes.len() < CDATA.len() => None,
        _ => Some(1),
    }
}

/// Whether the tag makes HTML's tokenizer read text, or brings foreign content back to HTML.
const fn changes_text(kind: Kind) -> bool {
    matches!(kind, Kind::Script | Kind::Iframe | Kind::Noscript | Kind::Title | Kind::Style | Kind::Text)
}
