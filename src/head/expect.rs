//! What a request's answer may be: a page, a piece of one, data, or nothing of the kind.

use super::names::{SEC_FETCH_DEST, SEC_FETCH_MODE, X_REQUESTED_WITH};
use super::{coding, list, media};
use http::header::{ACCEPT, CONTENT_TYPE, RANGE, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};

/// What the client wants the answer for. It decides what the origin may be asked (codings, ranges, conditions), never
/// whether an answer that is HTML is rewritten: all of it is (pitfall 45).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// A document, also of a frame; anything that cannot be told counts as one.
    Document,
    /// A piece of a page, fetched by a script that said so.
    Fragment,
    /// Something a script fetches, with nothing said: data as a rule.
    Data,
    /// A picture, style, script, font, film, stream or upgrade: never shown as a page.
    Asset,
}

/// What a request is for, and whether a page in answer to it is shown in a window or frame of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose {
    /// What is expected.
    pub expect: Expect,
    /// Whether the answer, if it is a page, is one that gets the snippet: a window's or a frame's, not an embed's.
    pub shown: bool,
}

/// `Sec-Fetch-Dest` of what is never rendered as HTML.
const ASSETS: [&str; 19] = [
    "audio",
    "audioworklet",
    "font",
    "image",
    "json",
    "manifest",
    "paintworklet",
    "report",
    "script",
    "serviceworker",
    "sharedworker",
    "speculationrules",
    "style",
    "text",
    "track",
    "video",
    "webidentity",
    "websocket",
    "worker",
];

/// Fields by which libraries say that a script fetches a piece of a page.
static FRAGMENT_FIELDS: [HeaderName; 5] = [
    HeaderName::from_static("hx-request"),
    HeaderName::from_static("turbo-frame"),
    HeaderName::from_static("x-pjax"),
    HeaderName::from_static("x-up-version"),
    HeaderName::from_static("x-inertia"),
];

/// File names that end so are no pages. It only matters where the client says nothing of itself (plain HTTP has no
/// `Sec-Fetch-Dest`), and for ranges of what a person downloads. In the order of the alphabet.
const EXTENSIONS: [&str; 74] = [
    "7z", "aac", "apk", "atom", "avif", "bin", "bmp", "bz2", "css", "csv", "deb", "dmg", "doc", "docx", "eot", "epub",
    "exe", "flac", "gif", "gz", "ico", "iso", "jar", "jpeg", "jpg", "js", "json", "m3u8", "m4a", "m4s", "m4v", "map",
    "mjs", "mkv", "mov", "mp3", "mp4", "mpd", "mpg", "msi", "oga", "ogg", "ogv", "opus", "otf", "pdf", "pmtiles",
    "png", "ppt", "pptx", "rar", "rpm", "rss", "svg", "tar", "tgz", "tif", "tiff", "ts", "ttf", "txt", "vtt", "wasm",
    "wav", "webm", "webp", "woff", "woff2", "xls", "xlsx", "xml", "xz", "zip", "zst",
];

impl Purpose {
    /// Reads it off the request. No allocation.
    pub fn of(request: &Parts) -> Self {
        let headers = &request.headers;
        let purpose = |expect, shown| Self { expect, shown };
        if request.method == Method::CONNECT || headers.contains_key(UPGRADE) || is_stream(headers) {
            return purpose(Expect::Asset, false);
        }
        match last(headers, &SEC_FETCH_DEST) {
            Some(b"document" | b"iframe" | b"frame") => purpose(Expect::Document, true),
            Some(b"empty") if last(headers, &SEC_FETCH_MODE) == Some(b"navigate") => purpose(Expect::Document, true),
            Some(b"empty") if is_fragment(headers) || accepts(headers, is_html) => purpose(Expect::Fragment, false),
            Some(b"empty") => purpose(Expect::Data, false),
            Some(dest) if ASSETS.iter().any(|asset| asset.as_bytes() == dest) => purpose(Expect::Asset, false),
            Some(_) => purpose(Expect::Document, false),
            None if is_fragment(headers) => purpose(Expect::Fragment, false),
            None if is_silently_an_asset(request) => purpose(Expect::Asset, false),
            None => purpose(Expect::Document, true),
        }
    }
}

/// Whether the path's last segment is named like something that is no page.
pub(super) fn is_named_like_a_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((_, extension)) = name.rsplit_once('.') else { return false };
    let letters = || extension.bytes().map(|letter| letter.to_ascii_lowercase());
    EXTENSIONS.binary_search_by(|known| known.bytes().cmp(letters())).is_ok()
}

/// For a client that sends no `Sec-Fetch-Dest`: a browser's navigation always names `text/html`.
fn is_silently_an_asset(request: &Parts) -> bool {
    let headers = &request.headers;
    if accepts(headers, is_html) {
        return false;
    }
    let is_media = headers.contains_key(RANGE) && coding::only_identity(headers);
    let takes_anything =
        !headers.contains_key(ACCEPT) || accepts(headers, |range| range == b"*/*" || range == b"text/*");
    is_media || !takes_anything || accepts(headers, is_asset) || is_named_like_a_file(request.uri.path())
}

/// gRPC, or an event stream and nothing else.
fn is_stream(headers: &HeaderMap) -> bool {
    let grpc = headers.get(CONTENT_TYPE).is_some_and(|value| media::is_grpc(value.as_bytes()));
    let mut accepted = ranges(headers).peekable();
    grpc || accepted.peek().is_some() && accepted.all(|range| range.eq_ignore_ascii_case(b"text/event-stream"))
}

fn is_fragment(headers: &HeaderMap) -> bool {
    let by_script =
        headers.get(&X_REQUESTED_WITH).is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"xmlhttprequest"));
    by_script || FRAGMENT_FIELDS.iter().any(|name| headers.contains_key(name))
}

fn is_html(range: &[u8]) -> bool {
    range.eq_ignore_ascii_case(b"text/html") || range.eq_ignore_ascii_case(b"application/xhtml+xml")
}

fn is_asset(range: &[u8]) -> bool {
    let is_kind = |kind: &[u8]| range.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind));
    is_kind(b"image/") || is_kind(b"video/") || is_kind(b"audio/") || is_kind(b"font/") || is_kind(b"text/css")
}

fn accepts(headers: &HeaderMap, wanted: impl Fn(&[u8]) -> bool) -> bool {
    ranges(headers).any(wanted)
}

/// The media ranges of all `Accept` fields, without their parameters.
fn ranges(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    list::all(headers, &ACCEPT).map(|member| member.split(|b| *b == b';').next().unwrap_or_default().trim_ascii())
}

fn last<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> Option<&'h [u8]> {
    headers.get_all(name).into_iter().next_back().map(|value| value.as_bytes().trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_extension_is_found_in_any_case() {
        for extension in EXTENSIONS {
            assert!(is_named_like_a_file(&format!("/a.b/c.{extension}")), "{extension}");
            assert!(is_named_like_a_file(&format!("/c.{}", extension.to_uppercase())), "{extension}");
        }
        for page in ["/", "/a.png/", "/a.html", "/a.php", "/png", "/a.", "/a.pngx"] {
            assert!(!is_named_like_a_file(page), "{page}");
        }
    }
}
