//! The operator's listener: health, metrics, the rules' state, reload, daily statistics by a caller's schedule, exports, and pages for
//! people.
//!
//! It listens on loopback by default, where a page in the operator's own browser could reach it: names that lead to it
//! from outside are refused, and a POST must carry the token or come from the listener's own pages (DNS rebinding).

mod access;
mod cron;
mod dashboard;
mod export;
mod live;
mod reply;
mod store;

use crate::gateway::{Forget, Reloader, Shared};
use crate::policy::Site;
use access::Access;
use async_trait::async_trait;
use cron::Cron;
use dashboard::{Request, Sessions};
use export::{Exports, whole};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use live::LiveChecks;
use pingora::apps::{HttpPersistentSettings, HttpServerApp, ReusedHttpStream};
use pingora::protocols::http::ServerSession;
use pingora::server::ShutdownWatch;
use reply::{json, not_allowed, plain};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// How long an idle connection is kept, in seconds.
const IDLE: u64 = 60;

/// What the listener shows and does.
#[derive(Debug)]
pub struct Admin {
    access: Access,
    shared: Arc<Shared>,
    reloader: Arc<Reloader>,
    forget: Forget,
    cron: Cron,
    exports: Exports,
    sessions: Sessions,
    live: LiveChecks,
}

impl Admin {
    /// `address` is where it listens; `forget` empties the cache.
    pub fn new(address: SocketAddr, shared: Arc<Shared>, reloader: Arc<Reloader>, forget: Forget) -> Self {
        let cron = Cron::new(shared.cron.clone(), shared.collect.store.clone());
        let exports = Exports::new(&shared.config.store);
        let sessions = Sessions::new(shared.operator.clone(), shared.viewer.clone());
        Self {
            access: Access::new(address, shared.operator.clone()),
            shared,
            reloader,
            forget,
            cron,
            exports,
            sessions,
            live: LiveChecks::default(),
        }
    }

    /// Everything but exports.
    async fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response<Vec<u8>> {
        if uri.path() == cron::PATH {
            return self.cron.answer(method, uri, headers).await;
        }
        if let Err(refusal) = self.access.check(method, uri, headers) {
            return plain(StatusCode::FORBIDDEN, refusal.as_bytes().to_vec());
        }
        let accept = headers.get(header::ACCEPT).map(HeaderValue::as_bytes).unwrap_or_default();
        match (method, uri.path()) {
            (&Method::GET | &Method::HEAD, "/healthz") => plain(StatusCode::OK, "ok\n".into()),
            (&Method::GET | &Method::HEAD, "/metrics") => self.metrics_text(),
            (&Method::GET | &Method::HEAD, "/status") => self.status(),
            (&Method::GET | &Method::HEAD, "/unknown") => self.unknown(accept.starts_with(b"text/plain")),
            (&Method::POST, "/reload") => self.reload(headers).await,
            (_, "/healthz" | "/metrics" | "/status" | "/unknown" | export::PROOFS | export::STATISTICS) => {
                not_allowed("GET, HEAD")
            }
            (&Method::POST, "/cache/clear") => {
                self.forget.everything();
                self.shared.audit.note(self.access.who(headers), "empty the cache", true, "");
                plain(StatusCode::OK, "the cache is empty\n".into())
            }
            (_, "/reload" | "/cache/clear") => not_allowed("POST"),
            _ => {
                let paths = "here are /healthz, /metrics, /status, /unknown, POST /reload, POST /cache/clear, with a token \
                             /api/proofs and /api/statistics, and for people /dashboard\n";
                plain(StatusCode::NOT_FOUND, paths.into())
            }
        }
    }

    /// Answers on the socket; whether the connection can be used again.
    async fn serve(&self, session: &mut ServerSession) -> bool {
        let head = session.req_header();
        let (method, uri, headers) = (head.method.clone(), head.uri.clone(), head.headers.clone());
        let is_read = matches!(method, Method::GET | Method::HEAD);
        if is_read && matches!(uri.path(), export::PROOFS | export::STATISTICS) {
            return match self.may_export(&headers) {
                true => self.exports.answer(session, uri.path(), uri.query().unwrap_or_default()).await,
                false => whole(session, access::unauthorized(self.sessions.is_open())).await,
            };
        }
        if dashboard::is_ours(uri.path()) {
            let Ok(body) = read(session, dashboard::FORM_MOST).await else { return false };
            let from = session.client_addr().and_then(|address| address.as_inet()).map(|address| address.ip());
            let request = Request { method: &method, uri: &uri, headers: &headers, body: &body, from };
            let response = dashboard::answer(self, &request).await;
            return whole(session, response).await;
        }
        let response = self.answer(&method, &uri, &headers).await;
        whole(session, response).await
    }

    /// Whoever has a token, or is logged in.
    fn may_export(&self, headers: &HeaderMap) -> bool {
        access::bearer(headers).and_then(|token| self.sessions.role(token)).is_some()
            || self.sessions.of(headers, Instant::now()).is_some()
    }

    fn metrics_text(&self) -> Response<Vec<u8>> {
        let mut text = self.shared.metrics.text();
        text.extend_from_slice(
            format!(
                "# HELP consentry_rules_info The rule set in force\n# TYPE consentry_rules_info gauge\nconsentry_rules_info{{version=\"{}\"}} 1\n",
                self.shared.rules.snapshot().version()
            )
            .as_bytes(),
        );
        text.extend_from_slice(store::metrics(self.cron.store()).as_bytes());
        let mut response = plain(StatusCode::OK, text);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"));
        response
    }

    fn status(&self) -> Response<Vec<u8>> {
        let rules = self.shared.rules.snapshot();
        let status = self.shared.rules.status();
        let last_error = status.last_error.as_ref().map(|(at, errors)| {
            let at = at.as_secs();
            serde_json::json!({ "at": at, "errors": errors.to_string() })
        });
        json(&serde_json::json!({
            "rules": {
                "version": rules.version(),
                "loaded": status.loaded.as_secs(),
                "loads": status.loads,
                "refusals": status.refusals,
                "lastError": last_error,
                "warnings": rules.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
            },
            "store": store::status(self.cron.store()),
            "sites": rules.sites().iter().map(|site| site_status(site)).collect::<Vec<_>>(),
        }))
    }

    /// Third parties that no rule knows, by site, since the start: as text where that is taken, else as JSON.
    fn unknown(&self, as_text: bool) -> Response<Vec<u8>> {
        let unknown = &self.shared.metrics.unknown;
        if as_text { plain(StatusCode::OK, unknown.text().into_bytes()) } else { json(&unknown.json()) }
    }

    async fn reload(&self, headers: &HeaderMap) -> Response<Vec<u8>> {
        let (reloader, who) = (Arc::clone(&self.reloader), self.access.who(headers));
        match tokio::task::spawn_blocking(move || reloader.reload(who)).await {
            Ok(Ok(version)) => json(&serde_json::json!({ "version": version })),
            Ok(Err(errors)) => plain(StatusCode::UNPROCESSABLE_ENTITY, errors.into_bytes()),
            Err(error) => plain(StatusCode::INTERNAL_SERVER_ERROR, error.to_string().into_bytes()),
        }
    }
}

fn site_status(site: &Site) -> serde_json::Value {
    serde_json::json!({
        "name": site.name,
        "hosts": site.hosts,
        "version": site.version,
        "mode": site.mode.name(),
        "reported": site.reported().map(|service| &service.slug).collect::<Vec<_>>(),
    })
}

/// A form; what is longer ends the connection.
async fn read(session: &mut ServerSession, most: usize) -> Result<Vec<u8>, ()> {
    let mut body = Vec::new();
    while let Some(chunk) = session.read_request_body().await.map_err(drop)? {
        body.extend_from_slice(&chunk);
        if body.len() > most {
            return Err(());
        }
    }
    Ok(body)
}

#[async_trait]
impl HttpServerApp for Admin {
    async fn process_new_http(
        self: &Arc<Self>,
        mut session: ServerSession,
        shutdown: &ShutdownWatch,
    ) -> Option<ReusedHttpStream> {
        if !matches!(session.read_request().await, Ok(true)) {
            return None;
        }
        let is_ending = *shutdown.borrow();
        session.set_keepalive((!is_ending).then_some(IDLE));
        if !self.serve(&mut session).await {
            return None;
        }
        let settings = HttpPersistentSettings::for_session(&session);
        let stream = session.finish().await.ok()?;
        stream.map(|stream| ReusedHttpStream::from_reusable_stream(stream, settings))
    }
}
