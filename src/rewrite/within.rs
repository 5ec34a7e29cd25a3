//! The tag around a place, found backwards, where nobody knows what is text and what is not (D13): whatever could be a tag
//! counts as one.

use super::hold::{ATTRIBUTES, Window};
use super::tag::Tag;
use super::walk::TAG;
use std::ops::Range;

/// How many `<` before a place are tried.
const TRIES: usize = 256;
/// How many whole tags before the end of the bytes say that none is cut.
const WHOLE: usize = 64;

/// The offsets at which a start tag may begin, the nearest to the range's end first; not more than a tag's length before it.
pub(crate) fn opens(window: Window<'_>, range: Range<usize>) -> impl Iterator<Item = usize> {
    let from = window.start.max(range.start).max(range.end.saturating_sub(TAG));
    let begins = move |open: &usize| window.from(from + open + 1).first().is_none_or(u8::is_ascii_alphabetic);
    memchr::memrchr_iter(b'<', window.between(from, range.end)).filter(begins).map(move |open| from + open)
}

/// A tag as far as it is followed.
pub(crate) fn tag_at<'b>(window: Window<'b>, open: usize) -> Tag<'b> {
    Tag::scan(window.between(open, open + TAG), ATTRIBUTES)
}

/// Whether the tag at this offset has an attribute whose name begins at another.
pub(crate) fn has(tag: &Tag<'_>, open: usize, name: usize) -> bool {
    tag.attributes.iter().any(|attribute| open + attribute.name.start == name)
}

/// The nearest tag from an offset on that `fits` and in which an attribute's name begins at another.
pub(crate) fn possible<'b>(
    window: Window<'b>,
    from: usize,
    name: usize,
    fits: impl Fn(&Tag<'_>) -> bool,
) -> Option<(usize, Tag<'b>)> {
    let tags = opens(window, from..name).take(TRIES).map(|open| (open, tag_at(window, open)));
    tags.into_iter().find(|(open, tag)| fits(tag) && has(tag, *open, name))
}

/// The offset at or before `read` at which nothing is cut in two that could be a tag; `None`: there are so many tags in tags
/// that nobody can say.
pub(crate) fn before_cut(window: Window<'_>, from: usize, read: usize) -> Option<usize> {
    let (mut cut, mut whole) = (read, 0);
    for (tries, open) in opens(window, from..read).enumerate() {
        if tries == TRIES {
            return None;
        }
        let end = tag_at(window, open).end.map(|end| open + end);
        // A whole tag in which a cut one begins is kept with it: either may be the real one.
        if end.map_or(window.end() - open < TAG, |end| end > cut) {
            (cut, whole) = (open, 0);
        } else {
            whole += 1;
        }
        if whole == WHOLE {
            break;
        }
    }
    Some(cut)
}
