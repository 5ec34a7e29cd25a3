//! Pages for a shared cache before us: which request may be answered from one, which answer may be kept by one, and in
//! which words it is told.
//!
//! An edge sends in `Consentry-Variant` the key that it keeps the page by. It is believed for nothing: the page is made
//! from the visitor's own answer, and is closed to caches ([`super::response`]) unless that answer's key is the very same
//! ([`crate::policy::edge`]). So what stands in a cache under a key is always that key's page (pitfall 39).
//!
//! `Cache-Control` stays `private, no-cache` either way: it is the browser's, which must ask again after a change of mind,
//! and that of every cache on the way which is no edge of the site. The edge is told in targeted fields (SPEC: RFC 9213).

use super::expect::Expect;
use super::names::{EDGE_CONTROL, FOR_EDGES, X_ACCEL_EXPIRES};
use super::request::Asked;
use super::{HeadEdits, list, response};
use http::header::{AGE, AUTHORIZATION, CACHE_CONTROL, SET_COOKIE, VARY};
use http::request::Parts as Request;
use http::response::Parts as Response;
use http::{HeaderName, HeaderValue, Method, StatusCode};

/// The request field that an edge keeps pages by, and the response field in which it hears what would have been right.
pub static CONSENTRY_VARIANT: HeaderName = HeaderName::from_static("consentry-variant");

/// Request fields that an origin may vary on without the page being closed: the gateway decides about the one, the other
/// is in the key. Every cache keys on these.
const HARMLESS: [&str; 3] = ["accept-encoding", "sec-fetch-dest", "consentry-variant"];

/// Statuses of answers that may be kept.
const KEPT: [StatusCode; 7] = [
    StatusCode::OK,
    StatusCode::NON_AUTHORITATIVE_INFORMATION,
    StatusCode::MOVED_PERMANENTLY,
    StatusCode::PERMANENT_REDIRECT,
    StatusCode::NOT_FOUND,
    StatusCode::GONE,
    StatusCode::NOT_MODIFIED,
];

/// What a request of an edge says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// No key: what comes is passed on.
    Nothing,
    /// The key of the very page that this visitor gets.
    Right,
    /// Another one: a companion cookie or a configuration is out of date, or forged.
    Wrong,
}

/// What became of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The edge may keep it.
    Shared,
    /// It may not: the page or the origin's answer is not for it.
    Closed,
    /// It may not: it asked for another visitor's page.
    Mismatch,
}

impl Outcome {
    /// The word in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Closed => "closed",
            Self::Mismatch => "mismatch",
        }
    }
}

/// What a site's rules offer to the edge that a request came through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    key: Option<String>,
    presented: Presented,
    max_age: u32,
}

impl Offer {
    /// What it is for a request that a trusted peer sent; `key` is the visitor's ([`crate::policy::edge::key`]), `max_age` the rules'
    /// bound in seconds.
    fn of(request: &Request, key: Option<String>, max_age: u32) -> Self {
        let mut fields = request.headers.get_all(&CONSENTRY_VARIANT).iter();
        let presented = match (fields.next(), fields.next()) {
            (None, _) => Presented::Nothing,
            (Some(said), None) if key.as_ref().is_some_and(|key| key.as_bytes() == said.as_bytes()) => Presented::Right,
            _ => Presented::Wrong,
        };
        Self { key, presented, max_age }
    }

    /// Reads it off the request, and takes it out of what the origin is told.
    pub fn take(request: &Request, key: Option<String>, max_age: u32, edits: &mut HeadEdits) -> Self {
        edits.remove(&request.headers, &CONSENTRY_VARIANT);
        Self::of(request, key, max_age)
    }

    /// Whether a key was sent: what comes is for a cache.
    pub fn is_asked(&self) -> bool {
        self.presented != Presented::Nothing
    }

    /// Whether this request's answer, if it is a page, may be kept under the key: it is the right one, a document is
    /// asked for, and nobody identifies himself (SPEC: RFC 9111 §3, §3.5). `inject` is the site's switch. No allocation.
    pub fn suits(&self, request: &Request, asked: &Asked, inject: bool) -> bool {
        let headers = &request.headers;
        let is_read = matches!(request.method, Method::GET | Method::HEAD);
        let is_whole = asked.expect == Expect::Document && asked.inject == inject;
        let is_closed = || list::all(headers, &CACHE_CONTROL).any(|member| list::names(member, "no-store"));
        let is_right = self.presented == Presented::Right;
        is_right && is_read && is_whole && !headers.contains_key(AUTHORIZATION) && !is_closed()
    }

    /// Tells the edge what to do with a page, as the last edit to its head; `None` where there is nothing to tell: no
    /// page, or no key was sent. `suits` is what [`Offer::suits`] said of the request.
    pub fn settle(&self, suits: bool, edits: &mut HeadEdits, answer: &Response) -> Option<Outcome> {
        if !self.is_asked() || !response::is_closed(edits) {
            return None;
        }
        let key = self.key.as_ref().and_then(|key| HeaderValue::try_from(key).ok());
        edits.append.push((CONSENTRY_VARIANT.clone(), key.unwrap_or(HeaderValue::from_static("none"))));
        if suits && open(edits, answer, self.max_age) {
            return Some(Outcome::Shared);
        }
        close(edits);
        Some(if self.presented == Presented::Right { Outcome::Closed } else { Outcome::Mismatch })
    }
}

/// Opens a page to the edge that keeps it under the visitor's key, if the origin lets shared caches keep its own. `false`:
/// it stays as it is. A page that sets a cookie, the origin's or ours, is one visitor's.
fn open(edits: &mut HeadEdits, answer: &Response, max_age: u32) -> bool {
    let sets_cookie =
        answer.headers.contains_key(SET_COOKIE) || edits.append.iter().any(|(name, _)| name == SET_COOKIE);
    if sets_cookie || !KEPT.contains(&answer.status) || !response::is_closed_for_the_visitor(edits) {
        return false;
    }
    let seconds = if varies_harmlessly(answer) { lifetime(answer).min(max_age) } else { 0 };
    if seconds == 0 {
        return false;
    }
    vary(edits, answer);
    tell(edits, seconds);
    true
}

/// CORRECTNESS: in words too. An edge that asked whether its page is still fresh keeps that page's fields where the answer
/// has none.
fn close(edits: &mut HeadEdits) {
    let (first, rest) = (HeaderValue::from_static("0"), HeaderValue::from_static("no-store"));
    edits.append.push((X_ACCEL_EXPIRES.clone(), first));
    edits.append.extend(FOR_EDGES.iter().map(|name| (name.clone(), rest.clone())));
}

/// CORRECTNESS: nginx before 1.23.0 does not take `X-Accel-Expires` back into account once it has read that
/// `Cache-Control` is `private`, so it comes before.
fn tell(edits: &mut HeadEdits, seconds: u32) {
    let at = edits.append.iter().position(|(name, _)| name == CACHE_CONTROL).unwrap_or(edits.append.len());
    edits.append.insert(at, (X_ACCEL_EXPIRES.clone(), HeaderValue::from(seconds)));
    if let Ok(value) = HeaderValue::try_from(format!("max-age={seconds}")) {
        edits.append.extend(FOR_EDGES.iter().map(|name| (name.clone(), value.clone())));
    }
}

/// The page as it is kept varies on the key, which stands for the visitor, on where it is shown, and on the coding that the
/// client takes, where the origin or the gateway chose one (pitfalls 40, 45).
fn vary(edits: &mut HeadEdits, answer: &Response) {
    let ours =
        edits.append.iter().filter(|(name, _)| name == VARY).flat_map(|(_, value)| list::members(value.as_bytes()));
    let is_coded = ours.chain(list::all(&answer.headers, &VARY)).any(|member| list::names(member, "accept-encoding"));
    let fixed = if is_coded {
        "Accept-Encoding, Consentry-Variant, Sec-Fetch-Dest"
    } else {
        "Consentry-Variant, Sec-Fetch-Dest"
    };
    edits.append.retain(|(name, _)| name != VARY);
    edits.set(&answer.headers, &VARY, HeaderValue::from_static(fixed));
}

/// What the origin varies on is in every edge's key. CORRECTNESS: not every CDN looks at `Vary`.
fn varies_harmlessly(answer: &Response) -> bool {
    list::all(&answer.headers, &VARY)
        .all(|member| HARMLESS.iter().any(|name| member.eq_ignore_ascii_case(name.as_bytes())))
}

/// For how many seconds the origin lets a shared cache keep its answer; 0 unless it says so in words. Of the fields that
/// speak to caches each must allow it, and the shortest time counts.
fn lifetime(answer: &Response) -> u32 {
    let headers = &answer.headers;
    let targeted = headers.keys().filter(|name| *name == EDGE_CONTROL || name.as_str().ends_with("cdn-cache-control"));
    let fields = FOR_EDGES.iter().chain(targeted).filter(|name| headers.contains_key(*name));
    let targeted = fields.map(|name| allowed(headers, name).unwrap_or(u32::MAX));
    let accelerated = headers.get_all(&X_ACCEL_EXPIRES).iter().map(|value| number(value.as_bytes()).unwrap_or(0));
    let own = allowed(headers, &CACHE_CONTROL).unwrap_or(0);
    let most = targeted.chain(accelerated).fold(own, u32::min);
    let age = headers.get(AGE).map_or(0, |age| number(age.as_bytes()).unwrap_or(u32::MAX));
    most.saturating_sub(age)
}

/// What one field allows: 0 when it forbids or cannot be read, `None` when it says nothing of it.
fn allowed(headers: &http::HeaderMap, name: &HeaderName) -> Option<u32> {
    let forbids = |member: &[u8]| ["no-store", "no-cache", "private"].iter().any(|word| list::names(member, word));
    let (mut shared, mut any) = (None, None);
    for member in list::all(headers, name) {
        if forbids(member) {
            return Some(0);
        }
        let age = if list::names(member, "s-maxage") { &mut shared } else { &mut any };
        if list::names(member, "s-maxage") || list::names(member, "max-age") {
            let said = member.split(|b| *b == b'=').nth(1).and_then(number).unwrap_or(0);
            *age = Some(age.map_or(said, |other: u32| other.min(said)));
        }
    }
    shared.or(any)
}

/// Delta seconds (SPEC: RFC 9111 §1.2.2), with or without quotation marks; more than fits is as much as fits.
fn number(text: &[u8]) -> Option<u32> {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text);
    let is_number = !text.is_empty() && text.len() < 20 && text.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(text).ok().filter(|_| is_number)?.parse::<u64>().ok()?;
    Some(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
