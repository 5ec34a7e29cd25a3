//! What a shared cache may keep, and for whom (RFC 9111); pure decisions on heads.

use crate::head::{HeadEdits, cookies};
use crate::policy::Site;
use http::header::{
    AGE, AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, COOKIE, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE, PRAGMA, RANGE, SET_COOKIE, TRANSFER_ENCODING, UPGRADE, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use pingora::cache::cache_control::{CacheControl, InterpretCacheControl};
use pingora::cache::filters::resp_cacheable;
use pingora::cache::key::HashBinary;
use pingora::cache::{CacheMeta, CacheMetaDefaults, NoCacheReason, RespCacheable, VarianceBuilder};
use pingora::http::{RequestHeader, ResponseHeader};
use std::time::{Duration, SystemTime};

/// Without a word from the origin nothing is kept: no lifetime of our own, nothing stale.
const DEFAULTS: CacheMetaDefaults = CacheMetaDefaults::new(|_| None, 0, 0);

/// SPEC: RFC 9110, 15.1, but for 206, 405, 414 and 501.
const STATUSES: [StatusCode; 7] = [
    StatusCode::OK,
    StatusCode::NON_AUTHORITATIVE_INFORMATION,
    StatusCode::MULTIPLE_CHOICES,
    StatusCode::MOVED_PERMANENTLY,
    StatusCode::PERMANENT_REDIRECT,
    StatusCode::NOT_FOUND,
    StatusCode::GONE,
];

/// The conditions of a request: where the cache asks for itself, the client's do not go to the origin.
pub(super) const CONDITIONS: [HeaderName; 6] =
    [IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, IF_RANGE, RANGE];

/// Not remembered for an address: it says something of one visitor.
pub(super) const PERSONAL: &str = "personal";

/// A request's head as the origin would see it.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    pub(super) head: &'a Parts,
    pub(super) edits: &'a HeadEdits,
    /// Which cookies say nothing of who asks.
    pub(super) site: &'a Site,
}

impl Sent<'_> {
    /// The fields of this name that would be sent.
    fn fields<'s>(&'s self, name: &'s HeaderName) -> impl Iterator<Item = &'s HeaderValue> {
        let kept = (!self.edits.remove.contains(name)).then(|| self.head.headers.get_all(name).iter());
        let added = self.edits.append.iter().filter(move |(added, _)| added == name).map(|(_, value)| value);
        kept.into_iter().flatten().chain(added)
    }

    fn has(&self, name: &HeaderName) -> bool {
        self.fields(name).next().is_some()
    }

    /// Whether an answer to it could come from a cache, or be kept.
    pub(super) fn is_candidate(&self) -> bool {
        let headers = &self.head.headers;
        let has_body = headers.contains_key(TRANSFER_ENCODING)
            || headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
        // PINGORA: it takes these conditions away and does not see to them itself.
        let is_special = [IF_MATCH, IF_UNMODIFIED_SINCE, RANGE, AUTHORIZATION, UPGRADE].iter().any(|n| self.has(n));
        self.head.method == Method::GET && !has_body && !is_special && !directives(headers).any(|d| is(d, "no-store"))
    }

    /// Whether the client wants nothing older than this; a browser's reload says 0.
    pub(super) fn most_age(&self) -> Option<Duration> {
        let headers = &self.head.headers;
        if directives(headers).any(|directive| is(directive, "no-cache")) {
            return Some(Duration::ZERO);
        }
        let seconds = |directive: &[u8]| {
            let (name, value) = directive.split_at_checked(8)?;
            let digits = str::from_utf8(value).ok().filter(|_| is(name, "max-age="))?;
            digits.trim_matches('"').parse().ok().map(Duration::from_secs)
        };
        let pragma = || headers.get_all(PRAGMA).iter().any(|field| is(field.as_bytes().trim_ascii(), "no-cache"));
        match directives(headers).find_map(seconds) {
            None if !headers.contains_key(CACHE_CONTROL) && pragma() => Some(Duration::ZERO),
            age => age,
        }
    }

    /// Whether the origin sees cookies by which it may know who asks.
    pub(super) fn has_cookies(&self) -> bool {
        let pairs = self.fields(&COOKIE).flat_map(|field| field.as_bytes().split(|b| *b == b';'));
        let mut names = pairs.map(cookies::name).filter(|name| !name.is_empty());
        names.any(|name| self.site.may_tell_who_asks(name))
    }

    /// What an answer that varies is told apart by; `None` where it does not.
    pub(super) fn variance(&self, answer: &HeaderMap) -> Option<HashBinary> {
        let mut variance = VarianceBuilder::new();
        for name in varies(answer) {
            let values: Vec<_> = self.fields(&name).map(HeaderValue::as_bytes).collect();
            variance.add_owned_name_value(name.as_str().to_owned(), values.join(&b"\n"[..]));
        }
        variance.finalize()
    }

    /// Whether the client has what was kept. The client's conditions have been translated to the origin's tags, and those
    /// of another variant are gone.
    pub(super) fn is_not_modified(&self, answer: &ResponseHeader) -> bool {
        let Ok(mut request) = RequestHeader::build(Method::GET, b"/", None) else { return false };
        for name in [IF_NONE_MATCH, IF_MODIFIED_SINCE] {
            for value in self.fields(&name) {
                if request.append_header(name.clone(), value).is_err() {
                    return false;
                }
            }
        }
        pingora::protocols::http::conditional_filter::not_modified_filter(&request, answer)
    }
}

/// Whether an answer may be kept, and for how long.
pub(super) fn judge(sent: &Sent<'_>, answer: &ResponseHeader, largest: usize) -> RespCacheable {
    let headers = &answer.headers;
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let is_whole = length.is_some() || headers.contains_key(TRANSFER_ENCODING) || answer.version == Version::HTTP_2;
    // A body that ends with its connection may have been cut.
    if !STATUSES.contains(&answer.status) || headers.contains_key(SET_COOKIE) || varies_on_all(headers) || !is_whole {
        return RespCacheable::Uncacheable(NoCacheReason::OriginNotCache);
    }
    if length.is_some_and(|length| length > largest) {
        return RespCacheable::Uncacheable(NoCacheReason::ResponseTooLarge);
    }
    let control = CacheControl::from_resp_headers(answer);
    if sent.has_cookies() && !is_for_everybody(control.as_ref()) {
        return RespCacheable::Uncacheable(NoCacheReason::Custom(PERSONAL));
    }
    match resp_cacheable(control.as_ref(), answer.clone(), false, &DEFAULTS) {
        RespCacheable::Cacheable(meta) => aged(meta, headers),
        not => not,
    }
}

/// What was on its way for a time is as old as that when it comes; what is stale at once is not kept.
/// SPEC: RFC 9111, 4.2.3.
fn aged(mut meta: CacheMeta, headers: &HeaderMap) -> RespCacheable {
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
    if let Some(age) = age.filter(|age| !age.is_zero()) {
        let (Some(epoch), Some(until)) = (meta.created().checked_sub(age), meta.fresh_until().checked_sub(age)) else {
            return RespCacheable::Uncacheable(NoCacheReason::OriginNotCache);
        };
        let (revalidate, error) = (meta.stale_while_revalidate_sec(), meta.stale_if_error_sec());
        let head = meta.response_header_copy();
        meta = CacheMeta::new(until, meta.created(), revalidate, error, head);
        meta.set_epoch_override(epoch);
    }
    if meta.is_fresh(SystemTime::now()) {
        RespCacheable::Cacheable(meta)
    } else {
        RespCacheable::Uncacheable(NoCacheReason::OriginNotCache)
    }
}

/// Whether the origin says in so many words that an answer is not one visitor's: as RFC 9111, 3.5 wants it where a request
/// has `Authorization`. A cookie is the same to most origins.
pub(super) fn is_for_everybody(control: Option<&CacheControl>) -> bool {
    control.is_some_and(InterpretCacheControl::allow_caching_authorized_req)
}

fn directives(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let fields = headers.get_all(CACHE_CONTROL).iter();
    fields.flat_map(|field| field.as_bytes().split(|b| *b == b',')).map(<[u8]>::trim_ascii)
}

fn is(directive: &[u8], name: &str) -> bool {
    directive.eq_ignore_ascii_case(name.as_bytes())
}

/// The names in `Vary`. The coding of a page is ours to choose from what the origin was asked for.
fn varies(answer: &HeaderMap) -> impl Iterator<Item = HeaderName> {
    let members = answer.get_all(VARY).iter().flat_map(|field| field.as_bytes().split(|b| *b == b','));
    members.filter_map(|member| HeaderName::from_bytes(member.trim_ascii()).ok())
}

fn varies_on_all(answer: &HeaderMap) -> bool {
    answer.get_all(VARY).iter().any(|field| field.as_bytes().split(|b| *b == b',').any(|m| m.trim_ascii() == b"*"))
}
