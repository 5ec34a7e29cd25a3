//! The tag around a place, found backwards, where nobody knows what is text and what is not (D13): whatever could be a tag
//! counts as one.

use super::hold::{ATTRIBUTES, Window};
use super::tag::Tag;
use super::walk::TAG;

/// How many `<` before a place are tried.
const TRIES: usize = 64;
/// How many whole tags before the end of the bytes say that none is cut.
const WHOLE: usize = 8;

/// The offsets before `to` at which a start tag may begin, the nearest first.
fn opens(window: Window<'_>, to: usize) -> impl Iterator<Item = usize> {
    let from = window.start.max(to.saturating_sub(TAG));
    let begins = move |open: &usize| window.from(from + open + 1).first().is_none_or(u8::is_ascii_alphabetic);
    memchr::memrchr_iter(b'<', window.between(from, to)).filter(begins).map(move |open| from + open)
}

/// A tag as far as it is followed.
pub(crate) fn tag_at<'b>(window: Window<'b>, open: usize) -> Tag<'b> {
    Tag::scan(window.between(open, open + TAG), ATTRIBUTES)
}

/// Whether the tag at this offset has an attribute whose name begins at another.
pub(crate) fn has(tag: &Tag<'_>, open: usize, name: usize) -> bool {
    tag.attributes.iter().any(|attribute| open + attribute.name.start == name)
}

/// The nearest tag from an offset on in which an attribute's name begins at another.
pub(crate) fn possible<'b>(window: Window<'b>, from: usize, name: usize) -> Option<(usize, Tag<'b>)> {
    let opens = opens(window, name).take_while(|open| *open >= from);
    let tags = opens.take(TRIES).map(|open| (open, tag_at(window, open)));
    tags.into_iter().find(|(open, tag)| has(tag, *open, name))
}

/// The nearest tag before a place, whether that is in it or not; only its name.
pub(crate) fn nearest<'b>(window: Window<'b>, at: usize) -> Option<Tag<'b>> {
    let open = opens(window, at).next()?;
    Some(Tag::scan(window.between(open, at), 0))
}

/// The offset at or before `read` at which nothing is cut in two that could be a tag.
pub(crate) fn before_cut(window: Window<'_>, from: usize, read: usize) -> usize {
    let (mut cut, mut whole) = (read, 0);
    for open in opens(window, read).take_while(|open| *open >= from).take(TRIES) {
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
    cut
}
