//! The tag around a place, found backwards; and tags that the end of the bytes cuts in two.

use super::hold::{ATTRIBUTES, Window};
use super::tag::Tag;

/// The most bytes that one tag is followed for.
const TAG: usize = 64 << 10;
/// How many `<` before a place are tried.
pub(crate) const TRIES: usize = 64;
/// How many more are tried when one was found, for a tag in whose value that one stands.
const MORE: usize = 2;
/// How many whole tags before the end of the bytes say that none is cut.
pub(crate) const WHOLE: usize = 8;

/// The offsets before `to` at which a start tag may begin, the nearest first.
fn opens(window: Window<'_>, from: usize, to: usize) -> impl Iterator<Item = usize> {
    let from = from.max(window.start).max(to.saturating_sub(TAG));
    let bytes = window.between(from, to);
    let begins = move |open: &usize| window.from(from + open + 1).first().is_none_or(u8::is_ascii_alphabetic);
    memchr::memrchr_iter(b'<', bytes).filter(begins).map(move |open| from + open)
}

fn tag_at<'b>(window: Window<'b>, open: usize) -> Tag<'b> {
    Tag::scan(window.between(open, open + TAG), ATTRIBUTES)
}

/// The tag that a place is in: of those that could be, the outermost, since the others stand in its values. `floor` is an
/// offset before which no such tag begins, `tries` how many are looked at.
pub(crate) fn enclosing<'b>(window: Window<'b>, floor: usize, at: usize, tries: usize) -> Option<(usize, Tag<'b>)> {
    let mut found = None;
    let mut left = tries;
    for open in opens(window, floor, at) {
        let tag = tag_at(window, open);
        // A tag without an end is none, unless it is longer than we look.
        if tag.end.map_or(window.end() - open >= TAG, |end| open + end > at) {
            found = Some((open, tag));
            left = left.min(MORE + 1);
        }
        left -= 1;
        if left == 0 {
            break;
        }
    }
    found
}

/// The nearest tag before a place, whether that is in it or not.
pub(crate) fn nearest<'b>(window: Window<'b>, floor: usize, at: usize) -> Option<Tag<'b>> {
    let open = opens(window, floor, at).next()?;
    // Its name is all that is asked for.
    Some(Tag::scan(window.between(open, at), 0))
}

/// A tag that is cut by the end of what was read. The parser gives such bytes back when nobody watches the tag.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    /// Where it begins, and how long it must have grown before it is looked at again.
    open: Option<(usize, usize)>,
}

impl Cut {
    /// The offset at or before `read` at which no tag is cut in two; tags before `floor` do not count.
    pub(crate) fn before(&mut self, window: Window<'_>, floor: usize, read: usize) -> usize {
        if let Some((open, patience)) = self.open {
            let length = window.end().saturating_sub(open);
            if length < patience && length < TAG {
                return open;
            }
        }
        let is_cut = |open: usize| {
            let end = tag_at(window, open).end;
            end.map_or(window.end() - open < TAG, |end| open + end > read)
        };
        let mut cut = None;
        let mut whole = 0;
        for open in opens(window, floor, read).take(TRIES) {
            if is_cut(open) {
                cut = Some(open);
                whole = 0;
            } else {
                whole += 1;
            }
            if whole == WHOLE {
                break;
            }
        }
        let patience = |open: usize| {
            let length = window.end() - open;
            // Short ones are looked at with every chunk, long ones each time they have grown by half.
            if length < 2048 { 0 } else { length + length / 2 }
        };
        self.open = cut.map(|open| (open, patience(open)));
        cut.unwrap_or(read)
    }
}
