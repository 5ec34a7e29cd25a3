//! The common case: plain ASCII, an ordinary host name, no dot segments. It says [`Fast::Odd`] to all else.

use super::base::Base;
use super::text::is_parameter;

/// What a reader of references found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fast {
    /// Host and path are in the buffers.
    Fetches,
    /// Nothing is fetched.
    Nothing,
    /// Not plain: the full parser must look.
    Odd,
}

const HOST: u8 = 1;
const PATH: u8 = 2;
const QUERY: u8 = 4;
const SCHEME: u8 = 8;

/// What each byte may be part of, unchanged, in a parsed URL.
const CLASS: [u8; 256] = classes();

#[allow(clippy::indexing_slicing, clippy::as_conversions, reason = "evaluated at compile time, i < 256")]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        let mut class = 0;
        if byte.is_ascii_alphanumeric() {
            class |= HOST | PATH | QUERY | SCHEME;
        }
        if matches!(byte, b'-' | b'.' | b'_') {
            class |= HOST | PATH | QUERY;
        }
        if matches!(byte, b'-' | b'.' | b'+') {
            class |= SCHEME;
        }
        if matches!(
            byte,
            b'~' | b'!' | b'$' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@' | b'/' | b'%' | b'&'
        ) {
            class |= PATH | QUERY;
        }
        if matches!(byte, b'?' | b'[' | b']' | b'|') {
            class |= QUERY;
        }
        table[i] = class;
        i += 1;
    }
    table
}

fn is(byte: u8, class: u8) -> bool {
    CLASS.get(usize::from(byte)).is_some_and(|c| c & class != 0)
}

/// Splits where the first byte is not of the class.
fn take(text: &[u8], class: u8) -> (&[u8], &[u8]) {
    let end = text.iter().position(|b| !is(*b, class)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, &[]))
}

/// Resolves trimmed text. The buffers hold host and path when the answer is [`Fast::Fetches`].
pub(super) fn resolve(text: &[u8], base: &Base, host: &mut String, path: &mut String) -> Fast {
    host.clear();
    path.clear();
    match text {
        [] | [b'#', ..] => return Fast::Nothing,
        [b'/', b'/', rest @ ..] if base.host.is_some() => return absolute(rest, host, path),
        [b'/', ..] => {}
        _ => {
            let (word, rest) = take(text, SCHEME);
            if let ([b':', rest @ ..], [b'a'..=b'z' | b'A'..=b'Z', ..]) = (rest, word) {
                return with_scheme(word, rest, host, path);
            }
        }
    }
    relative(text, base, host, path)
}

fn with_scheme(scheme: &[u8], rest: &[u8], host: &mut String, path: &mut String) -> Fast {
    let fetched = [b"https".as_slice(), b"http", b"wss", b"ws"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    match rest {
        _ if !fetched => Fast::Nothing,
        [b'/', b'/', rest @ ..] => absolute(rest, host, path),
        _ => Fast::Odd,
    }
}

/// What follows the two slashes.
fn absolute(text: &[u8], host: &mut String, path: &mut String) -> Fast {
    let (name, rest) = take(text, HOST);
    let rest = match rest {
        [b':', port @ ..] => {
            let digits = port.iter().take_while(|b| b.is_ascii_digit()).count();
            // Five digits may be too many: the full parser knows.
            let (true, Some(rest)) = (digits < 5, port.get(digits..)) else { return Fast::Odd };
            rest
        }
        _ => rest,
    };
    let name = name.strip_suffix(b".").unwrap_or(name);
    if !matches!(rest, [] | [b'/' | b'?' | b'#', ..]) || !is_plain_host(name) {
        return Fast::Odd;
    }
    push_lower(host, name);
    if !rest.starts_with(b"/") {
        path.push('/');
    }
    push_path(rest, path)
}

/// Whether the URL standard leaves it as it is but for case: no empty label, no punycode, and nothing that could be an
/// IPv4 address.
fn is_plain_host(name: &[u8]) -> bool {
    let mut last_starts_with_digit = false;
    let ordinary = name.split(|b| *b == b'.').all(|label| {
        last_starts_with_digit = label.first().is_none_or(u8::is_ascii_digit);
        let punycode = label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"xn--"));
        !label.is_empty() && !punycode
    });
    ordinary && !last_starts_with_digit
}

fn relative(text: &[u8], base: &Base, host: &mut String, path: &mut String) -> Fast {
    let Some(own) = &base.host else { return Fast::Odd };
    match text {
        [b'/', b'/', ..] | [b'?' | b'.' | b'%', ..] => return Fast::Odd,
        [b'/', ..] => {}
        _ => path.push_str(&base.folder),
    }
    host.push_str(own);
    push_path(text, path)
}

/// Appends path and query as they stand; odd when the full parser would change a byte of them.
fn push_path(text: &[u8], path: &mut String) -> Fast {
    let (before, mut rest) = take(text, PATH);
    let dotted = before.windows(2).any(|pair| matches!(pair, [b'/', b'.' | b'%']));
    if rest.starts_with(b"?") {
        rest = take(rest, QUERY).1;
    }
    if dotted || !matches!(rest, [] | [b'#', ..]) {
        return Fast::Odd;
    }
    let used = text.get(..text.len() - rest.len()).unwrap_or_default();
    // An `&` before the `#` may begin a numeric reference.
    if used.ends_with(b"&") && !rest.is_empty() || !references_stay(used) {
        return Fast::Odd;
    }
    match std::str::from_utf8(used) {
        Ok(used) => path.push_str(used),
        Err(_) => return Fast::Odd,
    }
    Fast::Fetches
}

/// Whether every `&` is one that character references leave alone. Text that was decoded already is judged by the same
/// rule, which then only costs a second look.
fn references_stay(text: &[u8]) -> bool {
    memchr::memchr_iter(b'&', text).all(|at| is_parameter(text.get(at + 1..).unwrap_or_default()))
}

fn push_lower(out: &mut String, ascii: &[u8]) {
    out.extend(ascii.iter().map(|b| char::from(b.to_ascii_lowercase())));
}
