//! The gateway's own cache, for sites whose rules say `cache = true`: what an origin allows everybody to have is fetched
//! once, and rewritten once for each variant.
//!
//! Pingora's cache keeps the origin's bytes ([`store`]), before anything is done to them, and asks here what may be kept
//! and for whom ([`terms`]). Every head and page goes through the same room as one from the origin. Two visitors with
//! opposite answers can share an answer of the origin, never a page ([`page`]).

pub(super) mod page;
mod status;
mod store;
mod terms;

pub(super) use page::{Again, Keeper, PageKey};
pub(super) use status::{status, word};
pub(super) use store::AnswerId;

use super::context::Visit;
use super::{Context, Shared, depart};
use crate::config::Cache as Settings;
use crate::head::plan::{Plan, RewritePlan};
use crate::policy::Mode;
use pingora::cache::cache_control::CacheControl;
use pingora::cache::lock::{CacheKeyLockImpl, CacheLock};
use pingora::cache::predictor::Predictor;
use pingora::cache::{
    CacheKey, CacheMeta, CacheOptionOverrides, CachePhase, ForcedFreshness, NoCacheReason, RespCacheable,
};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::prelude::Session;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::Store;
use terms::Sent;

/// How many addresses are remembered whose answers cannot be kept: requests for them do not wait for each other.
const UNKEPT: usize = 2_048;

/// Empties the cache, for the operator.
#[derive(Debug, Clone, Copy)]
pub struct Forget(pub(super) Option<Cache>);

impl Forget {
    /// Forgets every answer and every page.
    pub fn everything(&self) {
        if let Some(cache) = &self.0 {
            cache.store.clear();
        }
    }
}

/// What sites share. PINGORA: its parts must live for ever; they are made once in a process.
#[derive(Clone, Copy)]
pub(super) struct Cache {
    store: &'static Store,
    predictor: &'static Predictor<8>,
    lock: &'static CacheKeyLockImpl,
    wait: Duration,
    ids: &'static AtomicU64,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("store", self.store).finish_non_exhaustive()
    }
}

impl Cache {
    /// `None` where no memory is given to it.
    pub(super) fn new(settings: &Settings) -> Option<Self> {
        let wait = Duration::from_secs(u64::from(settings.wait_seconds));
        let lock: &'static CacheLock = Box::leak(Box::new(CacheLock::new(wait)));
        let is_personal = |reason: &'static str| reason == terms::PERSONAL;
        (settings.megabytes > 0).then(|| Self {
            store: Box::leak(Box::new(Store::new(settings))),
            predictor: Box::leak(Box::new(Predictor::new(UNKEPT, Some(is_personal)))),
            lock,
            wait,
            ids: Box::leak(Box::default()),
        })
    }

    /// Bytes that are taken, about.
    pub(super) fn size(&self) -> u64 {
        self.store.size()
    }

    /// Has pingora look here for an answer, and keep it.
    pub(super) fn enable(&self, session: &mut Session, visit: &Visit) {
        if !is_cached(visit) || !sent(visit, session.req_header()).is_candidate() {
            return;
        }
        let mut options = CacheOptionOverrides::default();
        options.wait_timeout = Some(self.wait);
        session.cache.enable(self.store, None, Some(self.predictor), Some(self.lock), Some(options));
    }

    /// What becomes of an answer that was found. It notes which one it is.
    pub(super) fn found(&self, meta: &CacheMeta, session: &Session, ctx: &mut Context) -> Option<ForcedFreshness> {
        ctx.found = store::id(meta.extensions());
        let sent = sent(ctx.visit.as_ref()?, session.req_header());
        let control = CacheControl::from_resp_headers(meta.response_header());
        if sent.has_cookies() && !terms::is_for_everybody(control.as_ref()) {
            return Some(ForcedFreshness::ForceMiss);
        }
        let is_too_old = sent.most_age().is_some_and(|most| meta.age() >= most);
        is_too_old.then_some(ForcedFreshness::ForceExpired)
    }

    /// Whether an answer of the origin is kept.
    pub(super) fn admit(
        &self,
        shared: &Shared,
        session: &Session,
        answer: &ResponseHeader,
        ctx: &mut Context,
    ) -> RespCacheable {
        let no = |reason| RespCacheable::Uncacheable(NoCacheReason::Custom(reason));
        let Some(visit) = &ctx.visit else { return no("no visit") };
        let kept = terms::judge(&sent(visit, session.req_header()), answer, self.store.largest());
        let RespCacheable::Cacheable(mut meta) = kept else { return kept };
        // What is refused to one is refused to all, and had better be asked for anew.
        if matches!(depart::plan(shared, visit, session, answer, |_| {}), Plan::Refuse(..)) {
            return no("refused");
        }
        let id = AnswerId(self.ids.fetch_add(1, Ordering::Relaxed));
        meta.extensions_mut().insert(id);
        ctx.admitted = Some(id);
        RespCacheable::Cacheable(meta)
    }

    /// A page that left before, or the one who keeps this one; neither for an answer that is nobody else's.
    pub(super) fn page(
        &self,
        session: &Session,
        ctx: &Context,
        visit: &Visit,
        plan: &RewritePlan,
    ) -> Option<Result<Again, Keeper>> {
        let answer = match session.cache.phase() {
            CachePhase::Miss | CachePhase::Expired => ctx.admitted,
            CachePhase::Hit
            | CachePhase::Stale
            | CachePhase::StaleUpdating
            | CachePhase::Revalidated
            | CachePhase::RevalidatedNoCache(_) => ctx.found,
            _ => None,
        };
        let key = PageKey::new(answer?, &visit.variant, plan);
        Some(self.store.page(&key).map(Again::new).ok_or_else(|| Keeper::new(self.store, key)))
    }

    /// What was changed at an address is not answered from here again. SPEC: RFC 9111, 4.4.
    pub(super) fn invalidate(&self, visit: &Visit, session: &Session, answer: &ResponseHeader) {
        let has_changed = answer.status.is_success() || answer.status.is_redirection();
        if is_cached(visit) && has_changed && !session.req_header().method.is_safe() {
            self.store.forget(&key(visit, session.req_header()));
        }
    }
}

/// Whether the site's rules have its answers kept. A site that only reports has everything as it was.
fn is_cached(visit: &Visit) -> bool {
    visit.site.cache && visit.site.mode == Mode::Enforce
}

fn sent<'a>(visit: &'a Visit, request: &'a RequestHeader) -> Sent<'a> {
    Sent { head: request, edits: &visit.edits, site: &visit.site }
}

/// The address: what the origin is asked for, in the name of which host and scheme.
pub(super) fn key(visit: &Visit, request: &RequestHeader) -> CacheKey {
    let authority = super::arrive::authority(request).unwrap_or_default().to_ascii_lowercase();
    let target = request.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let origin = visit.site.origin.as_deref().unwrap_or_default();
    CacheKey::new([&visit.site.name, origin, visit.scheme, &authority, target].join("\0"), "")
}

/// What an answer that varies is told apart by.
pub(super) fn variance(
    meta: &CacheMeta,
    visit: &Visit,
    request: &RequestHeader,
) -> Option<pingora::cache::key::HashBinary> {
    sent(visit, request).variance(meta.headers())
}

/// Whether the client has what was kept.
pub(super) fn is_not_modified(visit: &Visit, request: &RequestHeader, answer: &ResponseHeader) -> bool {
    sent(visit, request).is_not_modified(answer)
}

/// Whether an edit of the request is about a condition, which is the cache's own where it asks the origin.
pub(super) fn is_condition(name: &http::HeaderName) -> bool {
    terms::CONDITIONS.contains(name)
}
