//! From an attribute's raw bytes to the text that the URL parser reads: references decoded, ends trimmed, TAB, LF and CR
//! taken out.

use htmlize::Context;
use std::borrow::Cow;

/// Without leading and trailing control characters and spaces, as the URL standard does it.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|b| *b > b' ').unwrap_or(text.len());
    let end = text.iter().rposition(|b| *b > b' ').map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// Decodes character references as in an attribute's value (`&copy=1` stays, `&copy;` does not). Borrows when there is
/// nothing to decode.
pub fn decode_attribute(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'&', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    htmlize::unescape_bytes_in(raw, Context::Attribute)
}

/// The text to parse, in `buffer`. `&amp;` and what looks like a query's next parameter are done here, without an
/// allocation; any other reference makes the whole go through the full table.
pub(super) fn clean<'b>(raw: &[u8], buffer: &'b mut Vec<u8>) -> &'b [u8] {
    buffer.clear();
    if !unescape_simple(raw, buffer) {
        buffer.clear();
        buffer.extend_from_slice(&decode_attribute(raw));
    }
    buffer.retain(|b| !matches!(b, b'\t' | b'\n' | b'\r'));
    trim(buffer)
}

/// `false` when a reference other than `&amp;` may be in it.
fn unescape_simple(raw: &[u8], out: &mut Vec<u8>) -> bool {
    let mut rest = raw;
    while let Some((before, after)) = memchr::memchr(b'&', rest).and_then(|at| rest.split_at_checked(at)) {
        out.extend_from_slice(before);
        out.push(b'&');
        let after = after.get(1..).unwrap_or_default();
        rest = match after.strip_prefix(b"amp;") {
            Some(rest) => rest,
            None if is_parameter(after) => after,
            None => return false,
        };
    }
    out.extend_from_slice(rest);
    true
}

/// Whether what follows an `&` cannot be a character reference in an attribute: letters and digits, then `=`. A name
/// without its semicolon is not decoded before `=`, a letter or a digit (HTML, named character reference state).
pub(super) fn is_parameter(after: &[u8]) -> bool {
    let name = after.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    after.get(name) == Some(&b'=') || (name == 0 && after.first() != Some(&b'#'))
}
