//! Percent-encoding as cookies carry it: encoded as a whole, in part, or already decoded by a proxy on the way.

use super::json;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use smallvec::SmallVec;

/// The longest value of a consent tool that is looked at, in bytes, as it stands in the cookie (D17).
pub const MAX_LEN: usize = 8192;

/// Where a value is decoded: on the stack up to the length that the tools' real values have.
pub type Buffer = SmallVec<[u8; 2048]>;

/// The value with its percent-encoding removed; the value itself where it has none. A `%` that no two hexadecimal digits
/// follow stands for itself, as in the URL standard.
///
/// O(length); no allocation up to 2,048 bytes.
pub fn unescape<'t>(value: &'t [u8], buffer: &'t mut Buffer) -> &'t [u8] {
    if memchr::memchr(b'%', value).is_none() {
        return value;
    }
    buffer.clear();
    buffer.resize(value.len(), 0);
    // PERF: half of what reading a JSON cookie costs. The library's iterator is not inlined here.
    let (mut rest, mut places) = (value.iter(), buffer.iter_mut());
    while let Some(byte) = rest.next() {
        let Some(place) = places.next() else { break };
        *place = *byte;
        if *byte == b'%'
            && let [high, low, behind @ ..] = rest.as_slice()
            && let Ok(byte) = u8::try_from(digit(*high) << 4 | digit(*low))
        {
            (*place, rest) = (byte, behind.iter());
        }
    }
    let left = places.len();
    buffer.truncate(value.len() - left);
    buffer
}

/// What a hexadecimal digit is worth; of anything else so much that nothing beside it makes a byte of it.
#[inline]
fn digit(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'a'..=b'f' => u32::from(byte - b'a') + 10,
        b'A'..=b'F' => u32::from(byte - b'A') + 10,
        _ => 1 << 8,
    }
}

/// The JSON object in a value. A value that reads as it is was decoded already: its `%` are its own.
///
/// O(length); no allocation up to 2,048 bytes that are encoded.
pub fn json<'t>(value: &'t [u8], buffer: &'t mut Buffer) -> &'t [u8] {
    // PERF: `{%22…` is encoded in part, no JSON; trying it first would cost an error.
    let may_be_decoded = matches!(value, [b'{', next, ..] if *next != b'%');
    if may_be_decoded && (memchr::memchr(b'%', value).is_none() || json::is_json(value)) {
        return value;
    }
    unescape(value, buffer)
}

/// What stands before and after the first `mark`, an ASCII byte.
///
/// PERF: the pieces of these values have a few bytes; the standard library's search is made for long ones.
#[inline]
pub(super) fn cut(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == mark)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The pieces between marks, one more than there are marks.
#[inline]
pub(super) fn pieces(text: &str, mark: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (piece, after) = cut(text, mark).map_or((text, None), |(piece, after)| (piece, Some(after)));
        rest = after;
        Some(piece)
    })
}

/// As JavaScript's `encodeURIComponent` writes it.
pub fn component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// All but what JavaScript's `encodeURIComponent` leaves.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Whether a JSON text, percent-encoded or not, seems to have a member of this name somewhere: the name between two
/// quotes. For telling formats apart; no allocation, O(length).
pub fn names_member(value: &[u8], name: &str) -> bool {
    memchr::memmem::find_iter(value, name.as_bytes()).any(|at| {
        let (before, from) = value.split_at_checked(at).unwrap_or_default();
        let after = from.get(name.len()..).unwrap_or_default();
        (before.ends_with(b"\"") || before.ends_with(b"%22")) && (after.starts_with(b"\"") || after.starts_with(b"%22"))
    })
}

/// Whether a value begins like a JSON object, percent-encoded or not.
pub const fn begins_object(value: &[u8]) -> bool {
    matches!(value, [b'{', ..] | [b'%', b'7', b'B' | b'b', ..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn encoded_half_encoded_and_decoded_objects_are_the_same_text() {
        let mut buffer = Buffer::new();
        for value in ["%7B%22a%22%3A1%7D", "{%22a%22:1}", "{\"a\":1}", "%7b%22a\":1}", "{\"a%22%3A1}"] {
            assert_eq!(json(value.as_bytes(), &mut buffer), b"{\"a\":1}", "{value}");
        }
        let own = "{\"a%22\":1,\"100%\":2}";
        assert_eq!(json(own.as_bytes(), &mut buffer), own.as_bytes(), "decoded already: its % are its own");
    }

    #[test]
    fn members_are_seen_encoded_or_not() {
        for value in ["{\"ab\":1}", "%7B%22ab%22%3A1%7D", "{%22ab%22:1}"] {
            assert!(names_member(value.as_bytes(), "ab") && begins_object(value.as_bytes()), "{value}");
            assert!(!names_member(value.as_bytes(), "a") && !names_member(value.as_bytes(), "b"), "{value}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(value in "(%[0-9a-fA-F]{0,2}|[a-z%\u{e9}]){0,40}") {
            let mut buffer = Buffer::from_slice(b"left from before");
            let plain = unescape(value.as_bytes(), &mut buffer).to_vec();
            prop_assert_eq!(&plain, &percent_encoding::percent_decode(value.as_bytes()).collect::<Vec<_>>());
            let written = component(&value);
            prop_assert_eq!(unescape(written.as_bytes(), &mut buffer), value.as_bytes());
        }
    }
}
