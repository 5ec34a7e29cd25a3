//! From a place that is known to be between tags to another one: in what does that stand?
//!
//! Exact, by the tokenizer's rules for data, tags and comments; text elements are the caller's ([`super::texts`]).
//! SPEC: HTML, 13.2.5.1 (data), 13.2.5.6 (tag open), 13.2.5.41 (bogus comment), 13.2.5.42-52 (comments).

use super::hold::Window;
use super::tag::end_of_tag;

/// The most bytes that one tag is followed for.
pub(crate) const TAG: usize = 64 << 10;

/// In what a place stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    /// Text. A later walk can begin here.
    Text,
    /// A tag that begins at this offset.
    Tag(usize),
    /// A comment; its end is to be looked for from this offset on.
    Comment(usize),
    /// Behind a CDATA section, or what HTML takes for a comment instead: it is not known.
    Lost(usize),
}

const CDATA: &[u8] = b"<![CDATA[";

/// Walks from `from`, which must be in data, to `to`.
pub(crate) fn walk(window: Window<'_>, from: usize, to: usize) -> Here {
    let mut at = from.max(window.start);
    while let Some(found) = memchr::memchr(b'<', window.between(at, to)) {
        let open = at + found;
        let rest = window.from(open);
        let end = match (rest.get(1), rest.get(2)) {
            (Some(b'a'..=b'z' | b'A'..=b'Z'), _) | (Some(b'/'), Some(b'a'..=b'z' | b'A'..=b'Z')) => {
                match end_of_tag(rest.get(..TAG).unwrap_or(rest)) {
                    Some(length) if open + length <= to => open + length,
                    _ => return Here::Tag(open),
                }
            }
            (Some(b'!'), _) => match declaration(window, open, to) {
                Ok(end) => end,
                Err(here) => return here,
            },
            (Some(b'?'), _) | (Some(b'/'), Some(_)) => match memchr::memchr(b'>', window.between(open + 2, to)) {
                Some(length) => open + 2 + length + 1,
                None => return Here::Tag(open),
            },
            (None, _) | (Some(b'/'), None) => return Here::Tag(open),
            _ => open + 1,
        };
        at = end;
    }
    Here::Text
}

/// What begins with `<!`: the offset behind it, if that is not beyond `to`.
fn declaration(window: Window<'_>, open: usize, to: usize) -> Result<usize, Here> {
    let rest = window.from(open);
    if rest.starts_with(b"<!--") {
        // `<!-->` and `<!--->` are whole.
        return comment_end(window, open + 2, to).ok_or(Here::Comment(open + 2));
    }
    if rest.len() < CDATA.len() && (b"<!--".starts_with(rest) || CDATA.starts_with(rest)) {
        return Err(Here::Tag(open));
    }
    if rest.starts_with(CDATA) {
        return Err(Here::Lost(open));
    }
    memchr::memchr(b'>', window.between(open, to)).map(|length| open + length + 1).ok_or(Here::Tag(open))
}

/// Where a comment ends whose end is looked for between two offsets.
pub(crate) fn comment_end(window: Window<'_>, from: usize, to: usize) -> Option<usize> {
    end_of_comment(window.between(from, to)).map(|length| from.max(window.start) + length)
}

/// How many bytes it is to the end of a comment, that included.
pub(crate) fn end_of_comment(bytes: &[u8]) -> Option<usize> {
    let end = |word: &[u8]| memchr::memmem::find(bytes, word).map(|at| at + word.len());
    end(b"-->").into_iter().chain(end(b"--!>")).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_in_what_it_stands() {
        for (text, here) in [
            ("<p>a@", Here::Text),
            ("<p title='<b @'>", Here::Tag(0)),
            ("<p title='<b '>@", Here::Text),
            ("</p title='>@'>", Here::Tag(0)),
            ("a < b @", Here::Text),
            ("<!-- @ -->", Here::Comment(2)),
            ("<!-->@", Here::Text),
            ("<!--->@", Here::Text),
            ("<!-- a --!>@", Here::Text),
            ("<!doctype html '@>", Here::Tag(0)),
            ("<?php '>@", Here::Text),
            ("</ '>@", Here::Text),
            ("<![CDATA[ > @ ]]>", Here::Lost(0)),
            ("<a href=x=\"y>@", Here::Text),
            ("<a =\">@", Here::Text),
            ("<@", Here::Tag(0)),
            ("<?@", Here::Tag(0)),
            ("</@", Here::Tag(0)),
            ("<!@", Here::Tag(0)),
        ] {
            let bytes = text.replace('@', "");
            let window = Window { bytes: bytes.as_bytes(), start: 0, is_last: true };
            assert_eq!(walk(window, 0, text.find('@').unwrap()), here, "{text}");
        }
    }
}
