//! Content codings: what the origin may use, what it used, and what the client gets.

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use http::{HeaderMap, HeaderValue};
use smallvec::SmallVec;

/// A coding that we can undo and apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    /// RFC 1952 (`gzip`, `x-gzip`).
    Gzip,
    /// RFC 1950 (`deflate`), and RFC 1951, which servers send under its name.
    Deflate,
    /// RFC 7932 (`br`).
    Brotli,
    /// RFC 8878 (`zstd`).
    Zstd,
}

/// The codings of a body in the order in which they were applied; none of them is identity.
pub type Codings = SmallVec<[Coding; 2]>;

/// How many codings one body may have: nobody needs more than one, and each is a chance for a bomb.
const MOST: usize = 3;

impl Coding {
    /// As it stands in `Content-Encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    fn named(name: &[u8]) -> Option<Self> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let known = [Self::Gzip, Self::Deflate, Self::Brotli, Self::Zstd].into_iter().find(|coding| is(coding.name()));
        known.or_else(|| is("x-gzip").then_some(Self::Gzip))
    }
}

/// The codings applied to a body: `None` when they cannot be undone (pitfall 9), which is any coding we do not know and
/// more than three at a time. `identity` members, which RFC 9110 §8.4.1 forbids but servers send, count for nothing.
pub fn of_response(headers: &HeaderMap) -> Option<Codings> {
    let mut codings = Codings::new();
    for field in headers.get_all(CONTENT_ENCODING) {
        for member in field.as_bytes().split(|b| *b == b',').map(<[u8]>::trim_ascii) {
            if !member.is_empty() && !member.eq_ignore_ascii_case(b"identity") {
                codings.push(Coding::named(member)?);
            }
        }
    }
    (codings.len() <= MOST).then_some(codings)
}

/// How much a client wants each coding, in thousandths: 0 is not at all (RFC 9110 §12.5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accepted {
    gzip: u16,
    brotli: u16,
    zstd: u16,
    identity: u16,
}

impl Accepted {
    /// Reads `Accept-Encoding`; without it nothing but identity is wanted, as in practice.
    pub fn of(headers: &HeaderMap) -> Self {
        let weight = |coding, alias| weight(headers, coding, alias).unwrap_or(0);
        let identity = members(headers).find(|(name, _)| name.eq_ignore_ascii_case(b"identity"));
        Self {
            gzip: weight(b"gzip", b"x-gzip"),
            brotli: weight(b"br", b"br"),
            zstd: weight(b"zstd", b"zstd"),
            identity: identity.map_or(0, |(_, weight)| weight),
        }
    }

    /// What a page leaves in: what is wanted most, of equals the one that costs least to make; `None` is identity.
    pub fn choice(self) -> Option<Coding> {
        self.most([(Coding::Zstd, self.zstd), (Coding::Brotli, self.brotli), (Coding::Gzip, self.gzip)])
    }

    /// What a file leaves in that is compressed once: of equals the smallest.
    pub fn smallest(self) -> Option<Coding> {
        self.most([(Coding::Brotli, self.brotli), (Coding::Zstd, self.zstd), (Coding::Gzip, self.gzip)])
    }

    /// The most wanted, of equals the first.
    fn most(self, wanted: [(Coding, u16); 3]) -> Option<Coding> {
        // Of equals `max_by_key` takes the last.
        let best = wanted.into_iter().rev().max_by_key(|(_, weight)| *weight);
        best.filter(|(_, weight)| *weight > 0 && *weight >= self.identity).map(|(coding, _)| coding)
    }
}

/// The `Accept-Encoding` for the origin when its answer may be a page: what the client takes *and* we can undo, since an
/// answer that is no page goes to the client as the origin coded it. Without such a coding: `identity` (pitfalls 8, 9).
pub fn for_origin(accepted: Accepted) -> HeaderValue {
    HeaderValue::from_static(match (accepted.gzip > 0, accepted.brotli > 0, accepted.zstd > 0) {
        (true, true, true) => "gzip, br, zstd",
        (true, true, false) => "gzip, br",
        (true, false, true) => "gzip, zstd",
        (true, false, false) => "gzip",
        (false, true, true) => "br, zstd",
        (false, true, false) => "br",
        (false, false, true) => "zstd",
        (false, false, false) => "identity",
    })
}

/// Whether the client takes nothing but the plain bytes, as media players say it (`identity;q=1, *;q=0`).
pub fn only_identity(headers: &HeaderMap) -> bool {
    headers.contains_key(ACCEPT_ENCODING)
        && members(headers).all(|(name, weight)| weight == 0 || name.eq_ignore_ascii_case(b"identity"))
}

/// The weight of a coding, by its name or `*`.
fn weight(headers: &HeaderMap, coding: &[u8], alias: &[u8]) -> Option<u16> {
    let named =
        members(headers).find(|(name, _)| name.eq_ignore_ascii_case(coding) || name.eq_ignore_ascii_case(alias));
    named.or_else(|| members(headers).find(|(name, _)| *name == b"*")).map(|(_, weight)| weight)
}

/// The members of all `Accept-Encoding` fields, with their weights in thousandths.
fn members(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], u16)> {
    let fields = headers.get_all(ACCEPT_ENCODING).into_iter();
    fields.flat_map(|field| field.as_bytes().split(|b| *b == b',')).filter_map(|member| {
        let mut parts = member.split(|b| *b == b';').map(<[u8]>::trim_ascii);
        let name = parts.next().filter(|name| !name.is_empty())?;
        Some((name, parts.find_map(weight_of).unwrap_or(1000)))
    })
}

/// `q=0.5` as 500. What is no weight counts as none given.
fn weight_of(parameter: &[u8]) -> Option<u16> {
    let at = parameter.iter().position(|b| *b == b'=')?;
    let (name, value) = parameter.split_at_checked(at)?;
    let value = std::str::from_utf8(value.get(1..)?).ok()?.trim();
    if !name.trim_ascii().eq_ignore_ascii_case(b"q") {
        return None;
    }
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !matches!(whole, "0" | "1" | "") || !is_digits(fraction) || value.is_empty() {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(if whole == "1" { 1000 } else { thousandths })
}
