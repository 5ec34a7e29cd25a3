//! What the cache did, told to whoever looks (RFC 9211, `Cache-Status`) and to the counters.

use http::HeaderValue;
use pingora::cache::{CachePhase, HttpCache};
use std::time::SystemTime;

/// The field's value for a response; `None` where the cache was never asked.
pub(in crate::gateway) fn status(cache: &HttpCache) -> Option<HeaderValue> {
    let member = match cache.phase() {
        CachePhase::Hit | CachePhase::Stale | CachePhase::StaleUpdating => {
            format!("consentry; hit; ttl={}", left(cache))
        }
        CachePhase::Revalidated | CachePhase::RevalidatedNoCache(_) => {
            "consentry; fwd=stale; fwd-status=304".to_owned()
        }
        CachePhase::Miss => "consentry; fwd=uri-miss".to_owned(),
        CachePhase::Expired => "consentry; fwd=stale".to_owned(),
        CachePhase::Bypass => "consentry; fwd=bypass".to_owned(),
        CachePhase::Disabled(pingora::cache::NoCacheReason::NeverEnabled) => return None,
        CachePhase::Disabled(_) => "consentry; fwd=uri-miss; detail=not-kept".to_owned(),
        _ => return None,
    };
    HeaderValue::try_from(member).ok()
}

/// The word in metrics; `None` where the cache was never asked.
pub(in crate::gateway) fn word(cache: &HttpCache) -> Option<&'static str> {
    match cache.phase() {
        CachePhase::Hit => Some("hit"),
        CachePhase::Stale | CachePhase::StaleUpdating => Some("stale"),
        CachePhase::Revalidated | CachePhase::RevalidatedNoCache(_) => Some("revalidated"),
        CachePhase::Miss => Some("miss"),
        CachePhase::Expired => Some("expired"),
        CachePhase::Disabled(pingora::cache::NoCacheReason::NeverEnabled) => None,
        CachePhase::Bypass | CachePhase::Disabled(_) => Some("not-kept"),
        _ => None,
    }
}

/// Seconds for which it may still be used; less than none when it is stale.
fn left(cache: &HttpCache) -> i64 {
    let until = cache.cache_meta().fresh_until();
    let seconds = |duration: std::time::Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match until.duration_since(SystemTime::now()) {
        Ok(left) => seconds(left),
        Err(past) => -seconds(past.duration()),
    }
}
