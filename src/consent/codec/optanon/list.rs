//! One list of `OptanonConsent`: `C0001:1,C0002:0`, its marks raw or escaped, perhaps with a comma at the end.

use crate::consent::codec::text::{self, Buffer};

/// Gives each name of a list as it stands in the cookie with its status; anything but `1` is a no. A name may be given
/// twice, with one answer.
///
/// # Errors
/// What is wrong, in words.
#[inline]
pub(super) fn read(list: &[u8], mut sink: impl FnMut(&str, bool)) -> Result<(), &'static str> {
    // PERF: names are plain in all known cookies, so that only the marks between them have escapes.
    match walk(utf8(list)?, &mut sink) {
        Err(Stop::Escape) => {
            let spaced: Buffer = list.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            read_decoded(utf8(text::unescape(&spaced, &mut Buffer::new()))?, sink)
        }
        Err(Stop::NoStatus) => Err(NO_STATUS),
        Ok(()) => Ok(()),
    }
}

/// [`read`] for a list whose escapes are decoded: `%` and `+` stand for themselves.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn read_decoded(list: &str, mut sink: impl FnMut(&str, bool)) -> Result<(), &'static str> {
    let mut rest = list;
    while !rest.is_empty() {
        let (name, after) = text::cut(rest, b':').ok_or(NO_STATUS)?;
        let (status, after) = text::cut(after, b',').unwrap_or((after, ""));
        sink(name, status == "1");
        rest = after;
    }
    Ok(())
}

const NO_STATUS: &str = "a name without a status";

enum Stop {
    /// An escape of something else than a mark.
    Escape,
    NoStatus,
}

#[inline]
fn walk(list: &str, sink: &mut impl FnMut(&str, bool)) -> Result<(), Stop> {
    let mut rest = list;
    while !rest.is_empty() {
        let (name, from) = up_to(rest, b':').ok_or(Stop::NoStatus)?;
        // PERF: one digit between two escapes, as every version writes it.
        if let [b'%', b'3', b'A' | b'a', status @ b'0'..=b'9', b'%', b'2', b'C' | b'c', ..] = from.as_bytes() {
            sink(name, *status == b'1');
            rest = from.get(7..).unwrap_or_default();
            continue;
        }
        let after = behind(from, b':', *b"3a").ok_or(Stop::Escape)?;
        let (status, after) = match up_to(after, b',') {
            Some((status, from)) => (status, behind(from, b',', *b"2c").ok_or(Stop::Escape)?),
            None => (after, ""),
        };
        sink(name, status == "1");
        rest = after;
    }
    Ok(())
}

/// What stands before the first mark or escape, and what begins with it.
#[inline]
fn up_to(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == mark || matches!(byte, b'%' | b'+'))?;
    text.split_at_checked(at)
}

/// What follows the mark that a text begins with, raw or escaped.
#[inline]
fn behind(text: &str, mark: u8, digits: [u8; 2]) -> Option<&str> {
    match text.as_bytes() {
        [byte, ..] if *byte == mark => text.get(1..),
        [b'%', high, low, ..] if [*high, low.to_ascii_lowercase()] == digits => text.get(3..),
        _ => None,
    }
}

fn utf8(list: &[u8]) -> Result<&str, &'static str> {
    std::str::from_utf8(list).map_err(|_| "names that are not UTF-8")
}
