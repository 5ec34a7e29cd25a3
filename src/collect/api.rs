//! Our own paths: everything below the site's prefix (D10). Pure functions of a request; the gateway reads and writes the
//! sockets.
//!
//! | path | |
//! |---|---|
//! | `GET config` | what the widget must know of the site; `ETag`, revalidated each time |
//! | `POST consent` | an answer: stored, then acknowledged with its cookies ([`super::save`]) |
//! | `GET state` | what the gateway reads from this visitor's cookies |
//! | `GET a/<name>`, `GET widget.js` | the widget's assets |
//!
//! HEAD answers as GET. Everything else is 404, and never the origin's.

use super::answer::BODY_MAX;
use super::response::{ApiResponse, Refusal};
use super::save;
use super::settings::SettingsCache;
use super::state::State;
use super::stats::Counters;
use super::store::ProofStore;
use crate::consent::{Consent, Deciseconds};
use crate::policy::Site;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::sync::Arc;

/// A request for one of our own paths.
#[derive(Debug)]
pub struct ApiRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path below the prefix, without it and without the query: `consent`.
    pub path: &'a str,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// The body, of which the gateway reads at most [`body_limit`] and one more.
    pub body: Bytes,
    /// Whether the site's scheme is `https` (D18).
    pub secure: bool,
    /// The authority that the request was sent to, with its port if it names one.
    pub host: &'a str,
    /// The rule set's version.
    pub rules: &'a str,
    /// Now.
    pub now: Deciseconds,
}

/// One of the widget's files.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its type.
    pub content_type: &'static str,
    /// Its bytes.
    pub body: Bytes,
    /// Its validator, with the quotes.
    pub etag: HeaderValue,
    /// How long it may be kept.
    pub cache_control: HeaderValue,
}

/// Makes our own cookie's value of an answer for a site.
pub type Sign = Box<dyn Fn(&Consent, &str) -> String + Send + Sync>;

/// The widget's files, by their path below the prefix.
pub type Assets = fn(&str) -> Option<Asset>;

/// What the own paths need that is the same for every request.
pub struct Collect {
    /// Where proofs go.
    pub store: Arc<dyn ProofStore>,
    /// Makes the value of our own cookie for a site, signed.
    pub sign: Sign,
    /// The widget's files, by their path below the prefix.
    pub assets: Assets,
    /// The version of the snippet and the widget, for variants and proofs.
    pub widget_version: String,
    /// What was done since the start.
    pub counters: Counters,
    pub(super) settings: SettingsCache,
}

impl std::fmt::Debug for Collect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collect").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Collect {
    /// With nothing counted yet.
    pub fn new(store: Arc<dyn ProofStore>, sign: Sign, assets: Assets, widget_version: String) -> Self {
        let (counters, settings) = (Counters::default(), SettingsCache::default());
        Self { store, sign, assets, widget_version, counters, settings }
    }
}

/// How many bytes of a request's body an own path takes. The gateway reads one more at most, and passes on what it has.
pub fn body_limit(method: &Method, path: &str) -> usize {
    if method == Method::POST && path == "consent" { BODY_MAX } else { 0 }
}

/// Answers a request. Never fails: what is wrong with it is in the answer.
pub async fn handle(request: &ApiRequest<'_>, site: &Site, consent: &Consent, ctx: &Collect) -> ApiResponse {
    let answered = match request.path {
        "consent" => consent_path(request, site, consent, ctx).await,
        "config" => read_only(request).map(|()| config(request, site, ctx)),
        "state" => read_only(request)
            .map(|()| ApiResponse::json(StatusCode::OK, &State::of(site, consent, &ctx.widget_version))),
        path => match (ctx.assets)(path) {
            Some(asset) => read_only(request).map(|()| asset.response(request.headers)),
            None => Err(Refusal::NotFound),
        },
    };
    answered.unwrap_or_else(ApiResponse::from).for_method(request.method)
}

async fn consent_path(
    request: &ApiRequest<'_>,
    site: &Site,
    consent: &Consent,
    ctx: &Collect,
) -> Result<ApiResponse, Refusal> {
    if request.method != Method::POST {
        return Err(Refusal::Method("POST"));
    }
    let saved = save::post(request, site, consent, ctx).await;
    match &saved {
        Ok(_) => ctx.counters.stored(),
        Err(refusal) => ctx.counters.refused(refusal),
    }
    saved
}

fn read_only(request: &ApiRequest<'_>) -> Result<(), Refusal> {
    match *request.method {
        Method::GET | Method::HEAD => Ok(()),
        _ => Err(Refusal::Method("GET, HEAD")),
    }
}

/// The same for every visitor, but asked for again each time: a change of the rules must show at once.
fn config(request: &ApiRequest<'_>, site: &Site, ctx: &Collect) -> ApiResponse {
    let settings = ctx.settings.get(site, request.rules);
    ApiResponse::new(StatusCode::OK, "application/json", settings.body, HeaderValue::from_static("no-cache"))
        .validated(&settings.etag, request.headers)
}

impl Asset {
    fn response(self, request: &HeaderMap) -> ApiResponse {
        ApiResponse::new(StatusCode::OK, self.content_type, self.body, self.cache_control)
            .validated(&self.etag, request)
    }
}
