//! `Content-Type`: what a browser takes the body for.

use super::list;
use encoding_rs::Encoding;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

/// What a response's body is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `text/html`.
    Html,
    /// `application/xhtml+xml`: parsed as XML by browsers, never to be given to an HTML rewriter (pitfall 43).
    Xhtml,
    /// Event streams, lines of JSON and gRPC: they pass with no field touched (pitfalls 105, 106).
    Stream,
    /// Absent, malformed or unknown: browsers look at the bytes and may find a page (pitfall 44).
    Unknown,
    /// Anything else, `image/svg+xml` and `text/xml` too.
    Other,
}

const STREAMS: [&str; 6] = [
    "text/event-stream",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/json-seq",
    "application/stream+json",
];

/// What the head says of the body: the last well-formed type of all fields counts, as in browsers.
pub fn of_response(headers: &HeaderMap) -> Media {
    let Some(essence) = list::all(headers, &CONTENT_TYPE).filter_map(essence).last() else {
        return Media::Unknown;
    };
    let is = |name: &str| essence.eq_ignore_ascii_case(name.as_bytes());
    if is("text/html") {
        Media::Html
    } else if is("application/xhtml+xml") {
        Media::Xhtml
    } else if is("unknown/unknown") || is("application/unknown") {
        Media::Unknown
    } else if STREAMS.into_iter().any(is) || is_grpc(essence) {
        Media::Stream
    } else {
        Media::Other
    }
}

/// `application/grpc`, `application/grpc+proto`, `application/grpc-web-text`, …
pub(super) fn is_grpc(essence: &[u8]) -> bool {
    essence.get(..16).is_some_and(|start| start.eq_ignore_ascii_case(b"application/grpc"))
}

/// Whether the browser is told not to look at the bytes.
pub(super) fn is_nosniff(headers: &HeaderMap) -> bool {
    list::all(headers, &X_CONTENT_TYPE_OPTIONS).any(|member| list::names(member, "nosniff"))
}

/// The encoding that the head names, if it names one that exists. The last well-formed type counts; where it says
/// nothing and repeats the type before it, that one's (Fetch, "extract a MIME type").
pub(super) fn charset(headers: &HeaderMap) -> Option<&'static Encoding> {
    let mut found: (&[u8], Option<&[u8]>) = (b"", None);
    for member in list::all(headers, &CONTENT_TYPE) {
        let Some(essence) = essence(member) else { continue };
        let label = charset_parameter(member);
        let same = found.0.eq_ignore_ascii_case(essence);
        found = (essence, label.or(if same { found.1 } else { None }));
    }
    Encoding::for_label(found.1?)
}

/// `type/subtype` of a well-formed media type; `*/*` is none.
fn essence(member: &[u8]) -> Option<&[u8]> {
    let essence = member.split(|b| *b == b';').next()?.trim_ascii();
    let slash = essence.iter().position(|b| *b == b'/')?;
    let (kind, subtype) = essence.split_at_checked(slash)?;
    let subtype = subtype.get(1..)?;
    let is_token = |token: &[u8]| !token.is_empty() && token.iter().all(|b| is_token_byte(*b));
    (is_token(kind) && is_token(subtype) && essence != b"*/*").then_some(essence)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The value of the first `charset` parameter, without quotation marks.
fn charset_parameter(member: &[u8]) -> Option<&[u8]> {
    let parameters = member.split(|b| *b == b';').skip(1);
    parameters
        .filter_map(|parameter| {
            let at = parameter.iter().position(|b| *b == b'=')?;
            let (name, value) = parameter.split_at_checked(at)?;
            let value = value.get(1..)?.trim_ascii();
            let value = value.strip_prefix(b"\"").map_or(value, |v| v.split(|b| *b == b'"').next().unwrap_or_default());
            name.trim_ascii().eq_ignore_ascii_case(b"charset").then_some(value)
        })
        .next()
}
