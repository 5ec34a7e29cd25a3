//! The conservative scanner: judges every byte sequence that could be a start tag, in whatever it stands (D13).
//!
//! It goes on where the parser cannot or must not be believed, and reads the raw text of `noscript`, which no parser
//! reports (pitfall 66). It knows no context, so what it finds may be a string in a script or an attribute's value;
//! its edits keep such a string a string: names are changed in place, quotes stay, insertions need none. Its work is
//! linear but for the attributes of one tag, and it holds at most [`TAG`] bytes.

use super::handlers::Kind;
use super::hold::{Holds, Window};
use super::judge::{Judge, Need, Place};
use super::tag::{Tag, is_space};
use crate::policy::Label;

/// The most bytes that an unfinished tag is waited for; then it is judged by what was seen, and [`FailureReason::Cap`] says
/// what becomes of the page: an attribute that stands behind them may lead anywhere.
///
/// [`FailureReason::Cap`]: crate::policy::FailureReason::Cap
const TAG: usize = 64 << 10;
/// The most attributes that are read of a tag: bounds the work where tags are inside of tags.
const ATTRIBUTES: usize = 192;

/// Every element that is judged by its start tag alone or by its text.
const NAMES: [(&[u8], Kind); 6] = [
    (b"script", Kind::Script),
    (b"iframe", Kind::Iframe),
    (b"img", Kind::Img),
    (b"image", Kind::Image),
    (b"link", Kind::Link),
    (b"base", Kind::Base),
];

/// Reads on from an offset.
#[derive(Debug)]
pub(crate) struct Scanner {
    /// The offset of the next byte to look at; what is before it may leave.
    at: usize,
    /// The label of the `noscript` that is read.
    label: Label,
    /// Whether a `base` is the document's: not in a `noscript`.
    counts_base: bool,
    /// An unfinished tag is not looked at again before there are this many bytes.
    patience: usize,
}

enum Candidate {
    /// No start tag that is judged.
    None,
    /// One, of this element.
    Some(Kind),
    /// The bytes end before it can be told.
    Unknown,
}

impl Scanner {
    /// A scanner that takes the rest of a document over at `at`.
    pub(crate) const fn from(at: usize) -> Self {
        Self { at, label: Label::Absent, counts_base: true, patience: 0 }
    }

    /// A scanner for the text of a `noscript` that has this label.
    pub(crate) const fn of_noscript(at: usize, label: Label) -> Self {
        Self { at, label, counts_base: false, patience: 0 }
    }

    /// The offset up to which everything was looked at.
    pub(crate) const fn read(&self) -> usize {
        self.at
    }

    /// Judges all that is complete in the window.
    pub(crate) fn scan(&mut self, window: Window<'_>, judge: &mut Judge, holds: &mut Holds) {
        while let Some(found) = memchr::memchr(b'<', window.from(self.at)) {
            self.at += found;
            match candidate(window.from(self.at)) {
                Candidate::Unknown if !window.is_last => return,
                Candidate::None | Candidate::Unknown => self.at += 1,
                Candidate::Some(Kind::Base) if !self.counts_base => self.at += 1,
                Candidate::Some(kind) => {
                    if !self.tag(kind, window, judge, holds) {
                        return;
                    }
                }
            }
        }
        self.at = self.at.max(window.end());
    }

    /// `false`: the tag is not complete yet.
    fn tag(&mut self, kind: Kind, window: Window<'_>, judge: &mut Judge, holds: &mut Holds) -> bool {
        let bytes = window.from(self.at);
        let bytes = bytes.get(..TAG).unwrap_or(bytes);
        let may_wait = !window.is_last && bytes.len() < TAG;
        if may_wait && bytes.len() < self.patience {
            return false;
        }
        let tag = Tag::scan(bytes, ATTRIBUTES);
        if tag.end.is_none() && tag.attributes.len() < ATTRIBUTES && may_wait {
            // Short tags are looked at with every chunk, long ones each time they have grown by half.
            self.patience = if bytes.len() < 2048 { 0 } else { bytes.len() + bytes.len() / 2 };
            return false;
        }
        self.patience = 0;
        judge.overlong |= tag.end.is_none() && bytes.len() == TAG && !is_picture(&tag, bytes);
        let place = Place { offset: self.at, foreign: None, outer: self.label };
        if judge.tag(kind, &tag, place) == Need::Text {
            holds.add(judge, window, &tag, place, self.at + tag.end.unwrap_or(bytes.len()));
        }
        // Not behind the tag: a quote that was none may have swallowed others.
        self.at += tag.name_end;
        true
    }
}

/// Whether what does not end is a picture in the page itself, the one long attribute that pages have.
fn is_picture(tag: &Tag<'_>, bytes: &[u8]) -> bool {
    let read = tag.attributes.last().map_or(tag.name_end, |attribute| attribute.whole.end);
    let open = bytes.get(read..).unwrap_or_default().trim_ascii_start();
    let value = open.get(..4).filter(|name| name.eq_ignore_ascii_case(b"src=")).and_then(|_| open.get(4..));
    let value = value.map(|value| value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value));
    value.is_some_and(|value| value.get(..11).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"data:image/")))
}

fn candidate(bytes: &[u8]) -> Candidate {
    let after = bytes.get(1..).unwrap_or_default();
    for (name, kind) in NAMES {
        let (head, behind) = after.split_at_checked(name.len()).unwrap_or((after, &[]));
        if !name.get(..head.len()).is_some_and(|known| head.eq_ignore_ascii_case(known)) {
            continue;
        }
        match behind.first() {
            None => return Candidate::Unknown,
            Some(b) if is_space(*b) || matches!(b, b'/' | b'>') => return Candidate::Some(kind),
            Some(_) => {}
        }
    }
    Candidate::None
}
