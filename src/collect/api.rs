//! Our own paths: everything below the site's prefix (D10). Pure functions of a request; the gateway reads and writes the
//! sockets.
//!
//! | path | |
//! |---|---|
//! | `GET config` | what the widget must know of the site; `ETag`, revalidated each time |
//! | `GET services` | the services of its categories, for who opens the choices; as `config` |
//! | `GET openapi.json` | this table for programs (docs/openapi.json) |
//! | `POST bridge` | what another tool was told, where the site's rules bridge it (`bridge.rs`) |
//! | `POST shown` | that a form of the widget was shown, where the site's rules compare several (`shown.rs`) |
//! | `POST report` | what browsers report of the policy that pages come with (`report.rs`) |
//! | `POST consent` | an answer: stored, then acknowledged with its cookies (`save.rs`) |
//! | `POST withdraw` | a no to everything that was allowed, for a button of the site's own |
//! | `GET thumbnail` | pictures of what waits for consent: the gateway's own (`gateway/thumbnail.rs`) |
//! | `GET state` | what the gateway reads from this visitor's cookies |
//! | `GET a/<name>`, `GET widget.js` | the widget's assets, the guard's rules |
//! | `v1/client/…`, `cfw/cmp/v1/…` | other tools' consent APIs, where the site's rules have them on (`dialect`) |
//!
//! HEAD answers as GET. Everything else is 404, and never the origin's.

use super::address::Addresses;
use super::answer::BODY_MAX;
use super::details::QuestionsCache;
use super::dialect::Call;
use super::expire::SeenPaths;
use super::report::{self, REPORTS};
use super::response::{ApiResponse, Refusal};
use super::save;
use super::settings::{Document, SettingsCache};
use super::shown::{self, SHOWN, Shown};
use super::state::State;
use super::stats::Counters;
use super::store::ProofStore;
use crate::consent::codec::signature::Keyring;
use crate::consent::signal::Signals;
use crate::consent::{Consent, Deciseconds};
use crate::policy::Site;
use crate::widget::{self, Asset};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

/// The description of our own paths for programs (OpenAPI 3.1); it is the same for every site.
pub const OPENAPI: &str = include_str!("../../docs/openapi.json");

/// A request for one of our own paths.
#[derive(Debug, Clone)]
pub struct ApiRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path below the prefix, without it and without the query: `consent`.
    pub path: &'a str,
    /// The query, without its `?`.
    pub query: Option<&'a str>,
    /// The header fields.
    pub headers: &'a HeaderMap,
    /// The body, of which the gateway reads at most [`body_limit`] and one more.
    pub body: Bytes,
    /// Who asks, where it is known.
    pub client: Option<IpAddr>,
    /// Whether the site's scheme is `https` (D18).
    pub secure: bool,
    /// The authority that the request was sent to, with its port if it names one.
    pub host: &'a str,
    /// The rule set's version.
    pub rules: &'a str,
    /// What the request says beside the visitor's answer.
    pub signals: Signals,
    /// Now.
    pub now: Deciseconds,
}

impl ApiRequest<'_> {
    /// A parameter of the query, decoded; the first of several.
    pub(super) fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut all = url::form_urlencoded::parse(self.query.unwrap_or_default().as_bytes());
        all.find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// What the own paths need that is the same for every request.
#[derive(Debug)]
pub struct Collect {
    /// Where proofs go.
    pub store: Arc<dyn ProofStore>,
    /// What was done since the start.
    pub counters: Counters,
    /// Where cookies were seen to be set.
    pub seen: SeenPaths,
    /// How often forms of the widget were shown.
    pub shown: Shown,
    pub(super) keyring: Keyring,
    pub(super) settings: SettingsCache,
    pub(super) questions: QuestionsCache,
    pub(super) addresses: Addresses,
}

impl Collect {
    /// With nothing counted yet; the keys sign our cookie (D4).
    pub fn new(store: Arc<dyn ProofStore>, keyring: Keyring) -> Self {
        Self {
            store,
            keyring,
            counters: Counters::default(),
            seen: SeenPaths::default(),
            shown: Shown::default(),
            settings: SettingsCache::default(),
            questions: QuestionsCache::default(),
            addresses: Addresses::default(),
        }
    }
}

/// How many bytes of a request's body an own path takes. The gateway reads one more at most, and passes on what it has.
pub fn body_limit(method: &Method, path: &str, site: &Site) -> usize {
    let is_report = *method == Method::POST && path == REPORTS;
    if is_report || is_answer(method, path, site) { BODY_MAX } else { 0 }
}

/// Whether this is counted against a client's rate: what can store something, and other tools' APIs.
pub fn counts(method: &Method, path: &str, site: &Site) -> bool {
    is_answer(method, path, site) || Call::at(path, site).is_some()
}

fn is_answer(method: &Method, path: &str, site: &Site) -> bool {
    method == Method::POST
        && (matches!(path, "consent" | "bridge" | "withdraw" | SHOWN)
            || Call::at(path, site).is_some_and(Call::is_post))
}

/// Answers a request of a visitor whose `consent` stands under its law already ([`Consent::under`]). Never fails: what is
/// wrong with it is in the answer.
pub async fn handle(request: &ApiRequest<'_>, site: &Site, consent: &Consent, ctx: &Collect) -> ApiResponse {
    let answered = match request.path {
        "consent" | "bridge" | "withdraw" => consent_path(request, site, consent, ctx).await,
        "openapi.json" => read_only(request).map(|()| openapi(request)),
        REPORTS => report::take(request, site),
        SHOWN => shown::take(request, site, &ctx.shown),
        "config" => read_only(request).map(|()| document(request, ctx.settings.get(site, request.rules).config)),
        "services" => read_only(request).map(|()| document(request, ctx.settings.get(site, request.rules).services)),
        "state" => read_only(request).map(|()| {
            let state = State::of(site, consent, request.signals, widget::version());
            ApiResponse::json(StatusCode::OK, &state)
        }),
        path if Call::at(path, site).is_some() => dialect_path(request, site, ctx).await,
        path => match widget::asset(path).or_else(|| widget::rules_asset(site, path)) {
            Some(asset) => read_only(request).map(|()| file(asset, request)),
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
    let saved = match request.path {
        "bridge" => save::bridge(request, site, consent, ctx).await,
        "withdraw" => save::withdraw(request, site, consent, ctx).await,
        _ => save::post(request, site, consent, ctx).await,
    };
    match &saved {
        Ok(_) => ctx.counters.stored(),
        Err(refusal) => ctx.counters.refused(refusal),
    }
    saved
}

async fn dialect_path(request: &ApiRequest<'_>, site: &Site, ctx: &Collect) -> Result<ApiResponse, Refusal> {
    let call = Call::at(request.path, site).ok_or(Refusal::NotFound)?;
    let answered = call.answer(request, site, ctx).await;
    if let Err(refusal) = &answered {
        ctx.counters.refused(refusal);
    }
    answered
}

fn openapi(request: &ApiRequest<'_>) -> ApiResponse {
    let body = Bytes::from_static(OPENAPI.as_bytes());
    let etag = super::digests::etag(&body);
    ApiResponse::new(StatusCode::OK, "application/json", body, HeaderValue::from_static("no-cache"))
        .validated(&etag, request.headers)
}

/// For fuzzing: any bytes as the bodies and strings of other tools' clients.
pub fn fuzz_dialects(data: &[u8], site: &Site) {
    super::dialect::fuzz(data, site);
}

fn read_only(request: &ApiRequest<'_>) -> Result<(), Refusal> {
    match *request.method {
        Method::GET | Method::HEAD => Ok(()),
        _ => Err(Refusal::Method("GET, HEAD")),
    }
}

/// The same for every visitor, but asked for again each time: a change of the rules must show at once.
fn document(request: &ApiRequest<'_>, Document { body, etag }: Document) -> ApiResponse {
    ApiResponse::new(StatusCode::OK, "application/json", body, HeaderValue::from_static("no-cache"))
        .validated(&etag, request.headers)
}

fn file(asset: Asset, request: &ApiRequest<'_>) -> ApiResponse {
    let Asset { content_type, cache_control, etag, bytes } = asset;
    let response = ApiResponse::new(StatusCode::OK, content_type, bytes, HeaderValue::from_static(cache_control));
    match HeaderValue::try_from(etag) {
        Ok(etag) => response.validated(&etag, request.headers),
        Err(_) => response,
    }
}
