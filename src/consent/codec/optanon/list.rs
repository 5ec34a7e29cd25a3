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
    match walk::<true>(list, &mut sink) {
        Err(Stop::Escape) => {
            let spaced: Buffer = list.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            read_decoded(text::unescape(&spaced, &mut Buffer::new()), sink)
        }
        Err(Stop::Malformed(reason)) => Err(reason),
        Ok(()) => Ok(()),
    }
}

/// [`read`] for a list whose escapes are decoded: `%` and `+` stand for themselves.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn read_decoded(list: &[u8], mut sink: impl FnMut(&str, bool)) -> Result<(), &'static str> {
    walk::<false>(list, &mut sink).map_err(|stop| match stop {
        Stop::Malformed(reason) => reason,
        Stop::Escape => "an escape in a decoded list",
    })
}

enum Stop {
    /// An escape of something else than a mark.
    Escape,
    Malformed(&'static str),
}

#[inline]
fn walk<const ESCAPED: bool>(list: &[u8], sink: &mut impl FnMut(&str, bool)) -> Result<(), Stop> {
    let mut rest = list;
    while !rest.is_empty() {
        let (name, after) = cut::<ESCAPED>(rest, b':', b'a')?.ok_or(Stop::Malformed("a name without a status"))?;
        let (status, after) = cut::<ESCAPED>(after, b',', b'c')?.unwrap_or((after, &[]));
        let name = std::str::from_utf8(name).map_err(|_| Stop::Malformed("a name that is not UTF-8"))?;
        sink(name, status == b"1");
        rest = after;
    }
    Ok(())
}

/// What stands before and after a mark.
type Halves<'l> = (&'l [u8], &'l [u8]);

/// What stands before and after the first `mark`, raw or escaped as `%3A` or `%2C`; `None` where there is none.
#[inline]
fn cut<const ESCAPED: bool>(text: &[u8], mark: u8, low: u8) -> Result<Option<Halves<'_>>, Stop> {
    let stops = |byte: &u8| *byte == mark || ESCAPED && matches!(byte, b'%' | b'+');
    let Some((before, from)) = text.iter().position(stops).and_then(|at| text.split_at_checked(at)) else {
        return Ok(None);
    };
    match from {
        [byte, after @ ..] if *byte == mark => Ok(Some((before, after))),
        [b'%', high, digit, after @ ..] if *high == high_digit(mark) && digit.to_ascii_lowercase() == low => {
            Ok(Some((before, after)))
        }
        _ => Err(Stop::Escape),
    }
}

/// The first hexadecimal digit of `:` or `,`.
const fn high_digit(mark: u8) -> u8 {
    b'0' + (mark >> 4)
}
