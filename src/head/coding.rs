//! Content codings: what the origin may use, and what it used.

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use http::{HeaderMap, HeaderValue};

/// A coding that we can undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    /// As it is.
    Identity,
    /// RFC 1952 (`gzip`, `x-gzip`).
    Gzip,
    /// RFC 7932 (`br`).
    Brotli,
}

/// The codings applied to a body: `None` when they cannot be undone (pitfall 9), which is any coding we do not know and
/// more than one at a time. `identity` members, which RFC 9110 §8.4.1 forbids but servers send, count for nothing.
pub fn of_response(headers: &HeaderMap) -> Option<Coding> {
    let mut coding = Coding::Identity;
    for field in headers.get_all(CONTENT_ENCODING) {
        for member in field.as_bytes().split(|b| *b == b',').map(<[u8]>::trim_ascii) {
            let next = if member.is_empty() || member.eq_ignore_ascii_case(b"identity") {
                continue;
            } else if member.eq_ignore_ascii_case(b"gzip") || member.eq_ignore_ascii_case(b"x-gzip") {
                Coding::Gzip
            } else if member.eq_ignore_ascii_case(b"br") {
                Coding::Brotli
            } else {
                return None;
            };
            if coding != Coding::Identity {
                return None;
            }
            coding = next;
        }
    }
    Some(coding)
}

/// The `Accept-Encoding` for the origin when its answer may be a page: what the client takes *and* we can undo, since an
/// answer that is no page goes to the client as the origin coded it. Without such a coding: `identity` (pitfalls 8, 9).
pub fn for_origin(headers: &HeaderMap) -> HeaderValue {
    let (gzip, brotli) = (accepts(headers, b"gzip", b"x-gzip"), accepts(headers, b"br", b"br"));
    HeaderValue::from_static(match (gzip, brotli) {
        (true, true) => "gzip, br",
        (true, false) => "gzip",
        (false, true) => "br",
        (false, false) => "identity",
    })
}

/// Whether the client takes nothing but the plain bytes, as media players say it (`identity;q=1, *;q=0`).
pub fn only_identity(headers: &HeaderMap) -> bool {
    headers.contains_key(ACCEPT_ENCODING)
        && members(headers).all(|(name, wanted)| !wanted || name.eq_ignore_ascii_case(b"identity"))
}

fn accepts(headers: &HeaderMap, coding: &[u8], alias: &[u8]) -> bool {
    let named =
        members(headers).find(|(name, _)| name.eq_ignore_ascii_case(coding) || name.eq_ignore_ascii_case(alias));
    named.or_else(|| members(headers).find(|(name, _)| *name == b"*")).is_some_and(|(_, wanted)| wanted)
}

/// The members of all `Accept-Encoding` fields, with whether their weight is above 0.
fn members(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], bool)> {
    let fields = headers.get_all(ACCEPT_ENCODING).into_iter();
    fields.flat_map(|field| field.as_bytes().split(|b| *b == b',')).filter_map(|member| {
        let mut parts = member.split(|b| *b == b';').map(<[u8]>::trim_ascii);
        let name = parts.next().filter(|name| !name.is_empty())?;
        Some((name, !parts.any(is_zero_weight)))
    })
}

/// `q=0`, `q=0.000`.
fn is_zero_weight(parameter: &[u8]) -> bool {
    let Some((name, value)) = parameter.iter().position(|b| *b == b'=').and_then(|at| parameter.split_at_checked(at))
    else {
        return false;
    };
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    name.trim_ascii().eq_ignore_ascii_case(b"q") && !value.is_empty() && value.iter().all(|b| matches!(b, b'0' | b'.'))
}
