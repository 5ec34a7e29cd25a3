//! The operator's listener: health, metrics, the rules' state, reload, and daily statistics by a caller's schedule.
//!
//! It listens on loopback by default, where a page in the operator's own browser could reach it: names that lead to it
//! from outside are refused, and a POST must carry the token or come from the listener's own pages (DNS rebinding).

mod access;
mod cron;
mod store;

pub use cron::Cron;

use crate::gateway::{Forget, Metrics, Reloader, Token};
use crate::policy::{RuleStore, Site};
use access::Access;
use async_trait::async_trait;
use http::{HeaderValue, Method, Response, StatusCode, header};
use pingora::apps::http_app::ServeHttp;
use pingora::protocols::http::ServerSession;
use std::net::SocketAddr;
use std::sync::Arc;

/// What the listener shows and does.
#[derive(Debug)]
pub struct Admin {
    access: Access,
    metrics: Arc<Metrics>,
    rules: Arc<RuleStore>,
    reloader: Arc<Reloader>,
    forget: Forget,
    cron: Cron,
}

impl Admin {
    /// `address` is where it listens; `token` is what POSTs may carry; `forget` empties the cache; `cron` has a secret of its
    /// own.
    pub fn new(
        address: SocketAddr,
        token: Option<Token>,
        metrics: Arc<Metrics>,
        rules: Arc<RuleStore>,
        reloader: Arc<Reloader>,
        forget: Forget,
        cron: Cron,
    ) -> Self {
        Self { access: Access::new(address, token), metrics, rules, reloader, forget, cron }
    }

    async fn answer(&self, method: &Method, path: &str, as_text: bool) -> Response<Vec<u8>> {
        match (method, path) {
            (&Method::GET | &Method::HEAD, "/healthz") => plain(StatusCode::OK, "ok\n".into()),
            (&Method::GET | &Method::HEAD, "/metrics") => self.metrics_text(),
            (&Method::GET | &Method::HEAD, "/status") => self.status(),
            (&Method::GET | &Method::HEAD, "/unknown") => self.unknown(as_text),
            (&Method::POST, "/reload") => self.reload().await,
            (_, "/healthz" | "/metrics" | "/status" | "/unknown") => not_allowed("GET, HEAD"),
            (&Method::POST, "/cache/clear") => {
                self.forget.everything();
                plain(StatusCode::OK, "the cache is empty\n".into())
            }
            (_, "/reload" | "/cache/clear") => not_allowed("POST"),
            _ => {
                let paths = "here are /healthz, /metrics, /status, /unknown, POST /reload and POST /cache/clear\n";
                plain(StatusCode::NOT_FOUND, paths.into())
            }
        }
    }

    fn metrics_text(&self) -> Response<Vec<u8>> {
        let mut text = self.metrics.text();
        text.extend_from_slice(
            format!(
                "# HELP consentry_rules_info The rule set in force\n# TYPE consentry_rules_info gauge\nconsentry_rules_info{{version=\"{}\"}} 1\n",
                self.rules.snapshot().version()
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
        let rules = self.rules.snapshot();
        let status = self.rules.status();
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
        let unknown = &self.metrics.unknown;
        if as_text { plain(StatusCode::OK, unknown.text().into_bytes()) } else { json(&unknown.json()) }
    }

    async fn reload(&self) -> Response<Vec<u8>> {
        let reloader = Arc::clone(&self.reloader);
        match tokio::task::spawn_blocking(move || reloader.reload()).await {
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

#[async_trait]
impl ServeHttp for Admin {
    async fn response(&self, session: &mut ServerSession) -> Response<Vec<u8>> {
        let head = session.req_header();
        let (method, path) = (head.method.clone(), head.uri.path().to_owned());
        let accept = head.headers.get(header::ACCEPT).map(HeaderValue::as_bytes).unwrap_or_default();
        let as_text = accept.starts_with(b"text/plain");
        let mut response = match self.access.check(&method, &head.uri, &head.headers) {
            _ if path == cron::PATH => self.cron.answer(&method, &head.uri, &head.headers).await,
            Ok(()) => self.answer(&method, &path, as_text).await,
            Err(refusal) => plain(StatusCode::FORBIDDEN, refusal.as_bytes().to_vec()),
        };
        let length = response.body().len();
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        if method == Method::HEAD {
            response.body_mut().clear();
        }
        response
    }
}

fn plain(status: StatusCode, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn json(value: &serde_json::Value) -> Response<Vec<u8>> {
    let mut response = plain(StatusCode::OK, format!("{value}\n").into_bytes());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn not_allowed(allow: &'static str) -> Response<Vec<u8>> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, format!("use {allow}\n").into_bytes());
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
    response
}
