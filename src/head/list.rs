//! Comma-separated list fields (RFC 9110 §5.6.1), over bytes.

use http::{HeaderMap, HeaderName};

/// The members of one field, split at commas outside quoted strings, trimmed, without empty ones. A quotation mark that
/// is never closed counts as an ordinary byte.
pub(super) fn members(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    Split { rest: Some(field), angles: false }.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

/// As [`members`], where commas in the `<…>` that a member begins with do not split either (`Link`).
pub(super) fn link_members(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    Split { rest: Some(field), angles: true }.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

/// The members of all fields of this name.
pub(super) fn all<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h [u8]> {
    headers.get_all(name).into_iter().flat_map(|field| members(field.as_bytes()))
}

/// Whether a member, up to its first `=` or `;`, is this token.
pub(super) fn names(member: &[u8], token: &str) -> bool {
    let name = member.split(|b| matches!(b, b'=' | b';')).next().unwrap_or_default();
    name.trim_ascii().eq_ignore_ascii_case(token.as_bytes())
}

struct Split<'f> {
    rest: Option<&'f [u8]>,
    angles: bool,
}

impl<'f> Iterator for Split<'f> {
    type Item = &'f [u8];

    fn next(&mut self) -> Option<&'f [u8]> {
        let rest = self.rest?;
        let mut at = 0;
        while let Some(byte) = rest.get(at) {
            let behind = rest.get(at + 1..).unwrap_or_default();
            at += match byte {
                b',' => {
                    self.rest = Some(behind);
                    return rest.get(..at);
                }
                b'"' => quoted(behind).map_or(1, |length| length + 1),
                b'<' if self.angles && rest.get(..at).is_some_and(|before| before.trim_ascii().is_empty()) => {
                    behind.iter().position(|b| *b == b'>').map_or(1, |length| length + 2)
                }
                _ => 1,
            };
        }
        self.rest = None;
        Some(rest)
    }
}

/// How many bytes a quoted string has from behind its opening mark to behind its closing one.
pub(super) fn quoted(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
