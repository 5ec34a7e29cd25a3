//! The only room that knows pingora: every hook is a few lines that call the rooms above.

mod arrive;
mod audit;
mod blocked;
mod body;
mod bound;
mod cache;
mod checkpoints;
mod context;
mod daily;
pub mod decode;
mod depart;
mod edge;
mod effects;
mod encode;
mod explain;
pub mod fetch;
mod jar;
mod observe;
mod origin;
mod own;
mod packed;
mod post;
mod proxied;
mod rate;
mod reload;
mod reports;
mod retention;
mod seen;
mod serve;
mod shown;
mod start;
mod thumbnail;
mod token;
mod unchunked;
mod unknown;

pub use audit::{Audit, Entry as AuditEntry};
pub use blocked::{BlockedPages, Pages};
pub use cache::Forget;
pub use context::Context;
pub use observe::Metrics;
pub use origin::Origins;
pub use packed::Packed;
pub use reload::Reloader;
pub use reports::Reports;
pub use seen::{Seen, WidgetsSeen};
pub use serve::{Listening, ServeError, Told, free_port, run, run_with};
pub use token::Token;
pub use unknown::Host as UnknownHost;

use crate::collect::api::Collect;
use crate::collect::checkpoint::Signer;
use crate::collect::effects::Keeper;
use crate::config::{Config, Limits};
use crate::consent::reader::Reader;
use crate::policy::RuleStore;
use crate::rewrite::Memory;
use async_trait::async_trait;
use body::BodyError;
use bytes::Bytes;
use pingora::cache::key::HashBinary;
use pingora::cache::{CacheKey, CacheMeta, ForcedFreshness, HitHandler, NoCacheReason, RespCacheable};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::modules::http::HttpModules;
use pingora::prelude::{Error, ErrorType, HttpPeer, Result, Session};
use pingora::proxy::ProxyHttp;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// What all requests share.
#[derive(Debug)]
pub struct Shared {
    /// What was configured.
    pub config: Config,
    /// The servers behind.
    pub origins: Origins,
    /// The rules in force.
    pub rules: Arc<RuleStore>,
    /// Reads visitors' answers.
    pub reader: Reader,
    /// Takes answers and keeps proofs.
    pub collect: Collect,
    /// Pages that came before.
    pub memory: Arc<Memory>,
    /// Our own files, compressed.
    pub packed: Arc<Packed>,
    /// Who may have explanations.
    pub operator: Option<Token>,
    /// Who may see the operator's pages, and nothing else.
    pub viewer: Option<Token>,
    /// Who may have daily statistics computed.
    pub cron: Option<Token>,
    /// Signs checkpoints; `None` where none is made.
    signer: Option<Signer>,
    /// Keeps what the rewriting did; `None` where nothing is kept.
    pub effects: Option<Keeper>,
    /// How often clients answer.
    rate: rate::Answers,
    /// How many reports of policies came lately.
    pub reports: Reports,
    /// What origins let everybody have; `None` where no memory is given to it.
    cache: Option<cache::Cache>,
    /// Who changed what and when.
    pub audit: Audit,
    /// Pictures of what waits for consent.
    thumbnails: thumbnail::Thumbnails,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// The proxy.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Shared>);

impl Gateway {
    /// A proxy over what was configured.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }
}

#[async_trait]
impl ProxyHttp for Gateway {
    type CTX = Context;

    fn new_ctx(&self) -> Context {
        Context::default()
    }

    /// Not pingora's own default, which is a compressor that is off, made anew for every request.
    /// PERF: each module is made for each request and asked about each chunk; only HTTP/2 origins need ours.
    fn init_downstream_modules(&self, modules: &mut HttpModules) {
        if self.0.config.origins.values().any(|origin| origin.http2) {
            modules.add_module(Box::new(unchunked::Builder));
        }
    }

    async fn early_request_filter(&self, session: &mut Session, _ctx: &mut Context) -> Result<()> {
        let limits = &self.0.config.limits;
        session.set_read_timeout(Limits::seconds(limits.client_read_seconds));
        session.set_write_timeout(Limits::seconds(limits.client_write_seconds));
        // PINGORA: otherwise a next request, or only a line end, that comes while a page is sent cuts the page.
        session.set_pipelining_enabled(true);
        // PINGORA: otherwise HTTP/1.1 connections are kept for ever, with half of a next head on them too.
        if session.get_keepalive().is_some() {
            session.set_keepalive(Some(limits.client_idle_seconds));
        }
        Ok(())
    }

    async fn request_filter(&self, session: &mut Session, ctx: &mut Context) -> Result<bool> {
        arrive::arrive(&self.0, session, ctx).await
    }

    fn request_cache_filter(&self, session: &mut Session, ctx: &mut Context) -> Result<()> {
        if let (Some(cache), Some(visit)) = (&self.0.cache, &ctx.visit) {
            cache.enable(session, visit);
        }
        Ok(())
    }

    fn cache_key_callback(&self, session: &Session, ctx: &mut Context) -> Result<CacheKey> {
        let visit = ctx.visit.as_ref().ok_or_else(|| Error::new(ErrorType::InternalError))?;
        Ok(cache::key(visit, session.req_header()))
    }

    async fn cache_hit_filter(
        &self,
        session: &mut Session,
        meta: &CacheMeta,
        _hit: &mut HitHandler,
        _is_fresh: bool,
        ctx: &mut Context,
    ) -> Result<Option<ForcedFreshness>> {
        Ok(self.0.cache.and_then(|cache| cache.found(meta, session, ctx)))
    }

    fn response_cache_filter(
        &self,
        session: &Session,
        response: &ResponseHeader,
        ctx: &mut Context,
    ) -> Result<RespCacheable> {
        let nowhere = RespCacheable::Uncacheable(NoCacheReason::NeverEnabled);
        Ok(self.0.cache.map_or(nowhere, |cache| cache.admit(&self.0, session, response, ctx)))
    }

    fn cache_vary_filter(&self, meta: &CacheMeta, ctx: &mut Context, request: &RequestHeader) -> Option<HashBinary> {
        cache::variance(meta, ctx.visit.as_ref()?, request)
    }

    /// PINGORA: its own would compare the client's tags, which are a variant's, with the origin's.
    fn cache_not_modified_filter(
        &self,
        session: &Session,
        response: &ResponseHeader,
        ctx: &mut Context,
    ) -> Result<bool> {
        let visit = ctx.visit.as_ref();
        Ok(visit.is_some_and(|visit| cache::is_not_modified(visit, session.req_header(), response)))
    }

    async fn upstream_peer(&self, _session: &mut Session, ctx: &mut Context) -> Result<Box<HttpPeer>> {
        let origins = &self.0.origins;
        let named = ctx.visit.as_ref().and_then(|visit| visit.site.origin.as_deref());
        let peer = named.or_else(|| origins.only()).and_then(|name| origins.peer(name));
        peer.map(Box::new).ok_or_else(|| {
            Error::explain(
                ErrorType::HTTPStatus(502),
                "the site's origin is not configured, or its name does not resolve",
            )
        })
    }

    async fn upstream_request_filter(
        &self,
        session: &mut Session,
        request: &mut RequestHeader,
        ctx: &mut Context,
    ) -> Result<()> {
        let is_caches = session.cache.enabled();
        ctx.visit.as_ref().map_or(Ok(()), |visit| arrive::to_origin(visit, request, is_caches))
    }

    async fn response_filter(
        &self,
        session: &mut Session,
        response: &mut ResponseHeader,
        ctx: &mut Context,
    ) -> Result<()> {
        depart::depart(&self.0, session, response, ctx)
    }

    fn response_body_filter(
        &self,
        _session: &mut Session,
        body: &mut Option<Bytes>,
        end: bool,
        ctx: &mut Context,
    ) -> Result<Option<Duration>> {
        if let Some(page) = ctx.page.get_mut().unwrap_or_else(PoisonError::into_inner) {
            *body = Some(page.pass(body.take(), end).map_err(incomplete)?);
        }
        Ok(None)
    }

    /// The other end of a body (pitfall 2): what is still held leaves before the trailers' place.
    async fn response_trailer_filter(
        &self,
        _session: &mut Session,
        _trailers: &mut http::HeaderMap,
        ctx: &mut Context,
    ) -> Result<Option<Bytes>> {
        match ctx.page.get_mut().unwrap_or_else(PoisonError::into_inner) {
            Some(page) => page.pass(None, true).map(Some).map_err(incomplete),
            None => Ok(None),
        }
    }

    async fn logging(&self, session: &mut Session, error: Option<&Error>, ctx: &mut Context) {
        if let (Some(cache), Some(visit), Some(word)) = (&self.0.cache, &ctx.visit, cache::word(&session.cache)) {
            // PERF: what was only found changes nothing.
            let size = (word != "hit").then(|| cache.size());
            self.0.metrics.cached(&visit.site.name, word, size);
        }
        depart::count(&self.0, session, ctx, error);
    }

    /// Neither path nor host of a visitor in a log line (pitfall 104).
    fn request_summary(&self, session: &Session, _ctx: &Context) -> String {
        session.req_header().method.to_string()
    }
}

/// Ends the message where it is: before the head it is a 500, after it the client sees a cut message (pitfall 14).
fn incomplete(error: BodyError) -> Box<Error> {
    let mut error = Error::because(ErrorType::InternalError, "the page is not delivered", error);
    error.set_retry(false);
    error
}
