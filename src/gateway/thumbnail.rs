//! `GET thumbnail?of=<a frame's address>`: pictures of what waits for consent, fetched for everybody once. Whose server it is hears of the
//! gateway alone. No open proxy: what is fetched is made of a rule and an id ([`crate::policy::thumbnail`]), redirects lead to hosts that
//! the rule names, and a name that resolves to a private address is asked for nothing.

use super::fetch::{FetchError, fetch};
use crate::collect::response::{ApiResponse, Refusal};
use crate::policy::{Site, Thumbnail};
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION, USER_AGENT};
use http::{HeaderValue, Method, StatusCode};
use moka::Expiry;
use moka::sync::Cache;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::prelude::HttpPeer;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use url::Url;

/// The path below the prefix.
pub(super) const PATH: &str = "thumbnail";

/// The parameter with the frame's address.
const OF: &str = "of";

/// The largest picture, in bytes.
const PICTURE_MAX: usize = 512 << 10;

/// What all pictures take in memory, in bytes.
const MEMORY: u64 = 32 << 20;

/// How long a picture is kept, and how long it is remembered that there is none.
const KEPT: [Duration; 2] = [Duration::from_secs(24 * 60 * 60), Duration::from_secs(10 * 60)];

/// How many are fetched at once, how long one may take, and how long one waits for its turn.
const AT_ONCE: usize = 4;
const PATIENCE: Duration = Duration::from_secs(5);

/// How often an answer may lead on.
const HOPS: usize = 3;

/// A picture, or that there is none.
type Found = Option<(HeaderValue, Bytes)>;

/// The pictures that were fetched, by their address.
#[derive(Debug)]
pub(super) struct Thumbnails {
    known: Cache<String, Found>,
    turns: Semaphore,
}

#[derive(Debug, thiserror::Error)]
enum ThumbnailError {
    #[error("its name does not resolve, or to an address that is not public")]
    Address,
    #[error("it leads to a host that the rule does not name")]
    Elsewhere,
    #[error("it leads on too often")]
    TooFar,
    #[error("it is no picture")]
    NoPicture,
    #[error("it answers {0}")]
    Refused(StatusCode),
    #[error("it takes too long")]
    Slow,
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("{0}")]
    Request(#[from] Box<pingora::Error>),
}

/// Lives by what was found.
struct Lives;

impl Expiry<String, Found> for Lives {
    fn expire_after_create(&self, _: &String, found: &Found, _: Instant) -> Option<Duration> {
        let [picture, none] = KEPT;
        Some(if found.is_some() { picture } else { none })
    }
}

impl Default for Thumbnails {
    fn default() -> Self {
        let weight = |url: &String, found: &Found| {
            let bytes = found.as_ref().map_or(0, |(_, bytes)| bytes.len());
            u32::try_from(url.len() + bytes + 128).unwrap_or(u32::MAX)
        };
        let known = Cache::builder().max_capacity(MEMORY).weigher(weight).expire_after(Lives).build();
        Self { known, turns: Semaphore::new(AT_ONCE) }
    }
}

/// The picture that a request for [`PATH`] asks for, and its rule.
///
/// # Errors
/// Where the site has none for it.
pub(super) fn asked<'s>(site: &'s Site, method: &Method, query: Option<&str>) -> Result<(&'s Thumbnail, Url), Refusal> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(Refusal::Method("GET, HEAD"));
    }
    let mut parameters = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let frame = parameters.find(|(name, _)| name == OF).and_then(|(_, frame)| Url::parse(&frame).ok());
    let found = frame.and_then(|frame| site.thumbnails.iter().find_map(|rule| Some((rule, rule.picture_of(&frame)?))));
    found.ok_or(Refusal::NotFound)
}

impl Thumbnails {
    /// The answer, if it is in memory. Cloning shares the bytes.
    pub(super) fn known(&self, url: &Url) -> Option<ApiResponse> {
        self.known.get(url.as_str()).map(|found| answer(found, KEPT))
    }

    /// Fetches the picture, unless somebody else has while this one waited for its turn.
    pub(super) async fn fetch(&self, rule: &Thumbnail, url: &Url) -> ApiResponse {
        let Ok(Ok(_turn)) = tokio::time::timeout(PATIENCE, self.turns.acquire()).await else {
            return answer(None, [Duration::ZERO; 2]);
        };
        if let Some(known) = self.known(url) {
            return known;
        }
        let fetched = tokio::time::timeout(PATIENCE, picture(rule, url)).await.unwrap_or(Err(ThumbnailError::Slow));
        if let Err(error) = &fetched {
            log::warn!("a thumbnail of {} cannot be shown: {error}", rule.host);
        }
        let found = fetched.ok();
        self.known.insert(url.as_str().to_owned(), found.clone());
        answer(found, KEPT)
    }
}

fn answer(found: Found, [picture, none]: [Duration; 2]) -> ApiResponse {
    let public = |life: Duration| format!("public, max-age={}", life.as_secs());
    let life = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("no-store"));
    match found {
        Some((kind, bytes)) => {
            let mut response = ApiResponse::new(StatusCode::OK, "image/jpeg", bytes, life(public(picture)));
            response.headers.insert(CONTENT_TYPE, kind);
            response
        }
        None => {
            let mut response = ApiResponse::from(Refusal::NotFound);
            response.headers.insert(CACHE_CONTROL, life(public(none)));
            response
        }
    }
}

/// Follows the rule's address to a picture.
async fn picture(rule: &Thumbnail, first: &Url) -> Result<(HeaderValue, Bytes), ThumbnailError> {
    let mut url = first.clone();
    for _ in 0..HOPS {
        if !rule.may_lead_to(&url) {
            return Err(ThumbnailError::Elsewhere);
        }
        let (head, body) = fetch(&peer(rule, &url).await?, request(&url)?, PICTURE_MAX).await?;
        match next(&url, &head, &body)? {
            Some(to) => url = to,
            None => return checked(&head, body.into()),
        }
    }
    Err(ThumbnailError::TooFar)
}

/// Where an answer leads, if it is no picture itself: a redirect, or a document in oEmbed's JSON.
fn next(url: &Url, head: &ResponseHeader, body: &[u8]) -> Result<Option<Url>, ThumbnailError> {
    #[derive(serde::Deserialize)]
    struct Embedded {
        thumbnail_url: String,
    }
    let field = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if head.status.is_redirection() {
        return url.join(field(LOCATION)).map(Some).map_err(|_| ThumbnailError::Elsewhere);
    }
    if head.status != StatusCode::OK {
        return Err(ThumbnailError::Refused(head.status));
    }
    if !field(CONTENT_TYPE).starts_with("application/json") {
        return Ok(None);
    }
    let embedded: Embedded = serde_json::from_slice(body).map_err(|_| ThumbnailError::NoPicture)?;
    url.join(&embedded.thumbnail_url).map(Some).map_err(|_| ThumbnailError::Elsewhere)
}

/// A picture by its type and by how it begins. No SVG: that is a document.
fn checked(head: &ResponseHeader, bytes: Bytes) -> Result<(HeaderValue, Bytes), ThumbnailError> {
    let said = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let said = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let fits = match said.as_str() {
        "image/jpeg" => bytes.starts_with(&[0xff, 0xd8, 0xff]),
        "image/png" => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/gif" => bytes.starts_with(b"GIF8"),
        "image/webp" => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        "image/avif" => bytes.get(4..8) == Some(b"ftyp"),
        _ => false,
    };
    let kind = HeaderValue::try_from(said).map_err(|_| ThumbnailError::NoPicture)?;
    if fits { Ok((kind, bytes)) } else { Err(ThumbnailError::NoPicture) }
}

/// The connection goes to the address that was looked at: the name is not asked for again.
async fn peer(rule: &Thumbnail, url: &Url) -> Result<HttpPeer, ThumbnailError> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().ok_or(ThumbnailError::Address)?;
    let mut found = tokio::net::lookup_host((host, port)).await.map_err(|_| ThumbnailError::Address)?;
    let address = found.find(|found| rule.internal || is_public(found.ip())).ok_or(ThumbnailError::Address)?;
    let mut peer = HttpPeer::new(address, url.scheme() == "https", host.to_owned());
    peer.options.connection_timeout = Some(PATIENCE);
    peer.options.total_connection_timeout = Some(PATIENCE);
    Ok(peer)
}

/// Nothing of the visitor's request is in it.
fn request(url: &Url) -> Result<RequestHeader, ThumbnailError> {
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = RequestHeader::build(Method::GET, target.as_bytes(), None)?;
    let host = url.host_str().unwrap_or_default();
    request.insert_header(HOST, url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))?;
    request.insert_header(ACCEPT, "image/avif,image/webp,image/png,image/jpeg,image/gif,application/json;q=0.5")?;
    request.insert_header(USER_AGENT, concat!("consentry/", env!("CARGO_PKG_VERSION")))?;
    Ok(request)
}

/// SPEC: the IANA registries of special-purpose addresses (RFC 6890): what is not there belongs to the Internet.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(matches!(a, 0 | 10 | 127 | 224..)
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && (b == 168 || (b == 0 && matches!(c, 0 | 2)) || (b == 88 && c == 99)))
        || (a == 198 && (matches!(b, 18 | 19) || (b == 51 && c == 100)))
        || (a == 203 && b == 0 && c == 113))
}

/// Global unicast, without documentation, benchmarks and what carries an IPv4 address inside (Teredo, 6to4).
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    first & 0xe000 == 0x2000
        && first != 0x2002
        && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
        && first != 0x3fff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_not_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "203.0.113.9",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "2a00:1450:4007::200e",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    fn head(status: u16, fields: &[(&'static str, &str)]) -> ResponseHeader {
        let mut head = ResponseHeader::build(status, None).unwrap();
        for (name, value) in fields {
            head.insert_header(*name, *value).unwrap();
        }
        head
    }

    #[test]
    fn only_what_is_a_picture_in_type_and_bytes_is_one() {
        for (kind, bytes, expected) in [
            ("image/jpeg", &b"\xff\xd8\xff\xe0"[..], true),
            ("image/JPEG; x=y", b"\xff\xd8\xff\xe0", true),
            ("image/webp", b"RIFF\0\0\0\0WEBPVP8 ", true),
            ("image/jpeg", b"<html>", false),
            ("image/svg+xml", b"<svg/>", false),
            ("text/html", b"\xff\xd8\xff\xe0", false),
            ("image/webp", b"RIFF", false),
            ("image/png", b"", false),
        ] {
            let found = checked(&head(200, &[("content-type", kind)]), Bytes::from_static(bytes));
            assert_eq!(found.is_ok(), expected, "{kind}");
        }
    }

    #[test]
    fn an_answer_leads_on_by_redirect_or_by_its_json() {
        let url = Url::parse("https://i.example/a/b").unwrap();
        let to = |head: &ResponseHeader, body: &[u8]| next(&url, head, body).ok().flatten().map(String::from);
        assert_eq!(to(&head(302, &[("location", "/c.jpg")]), b""), Some("https://i.example/c.jpg".to_owned()));
        let json = [("content-type", "application/json; charset=utf-8")];
        let body = br#"{"type":"video","thumbnail_url":"https://cdn.example/x.jpg"}"#;
        assert_eq!(to(&head(200, &json), body), Some("https://cdn.example/x.jpg".to_owned()));
        assert!(next(&url, &head(200, &json), b"{}").is_err());
        assert!(next(&url, &head(404, &[]), b"").is_err());
        assert!(matches!(next(&url, &head(200, &[("content-type", "image/png")]), b""), Ok(None)));
    }
}
