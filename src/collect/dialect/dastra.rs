//! Dastra's client API: `GET v1/client/cookie-widget-settings/{id}?key=&culture=` and `POST v1/client/collect/{id}?key=`.
//!
//! SPEC: Dastra's page on native integrations, for the paths, the members and their types. The numbers of services are ours.

mod body;
mod settings;

pub(in crate::collect) use body::fuzz;

use super::super::api::{ApiRequest, Collect};
use super::super::response::{ApiResponse, Refusal};
use super::super::{digests, save};
use crate::consent::codec::Format;
use crate::consent::{Consent, Source};
use crate::policy::{Category, DastraApi, Site};
use body::Event;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, StatusCode};
use uuid::Uuid;

/// What the widget must know.
///
/// # Errors
/// [`Refusal::NotFound`] for another widget's number, [`Refusal::UnknownKey`].
pub(super) fn settings(request: &ApiRequest<'_>, site: &Site, id: &str) -> Result<ApiResponse, Refusal> {
    let api = check(request, site, id)?;
    let culture = request.parameter("culture").unwrap_or_default();
    let body = serde_json::to_vec(&settings::Settings::of(site, api, &culture)).unwrap_or_default();
    let etag = digests::etag(&body);
    let cache = HeaderValue::from_static("no-cache");
    Ok(ApiResponse::new(StatusCode::OK, "application/json", body.into(), cache).validated(&etag, request.headers))
}

/// Takes an answer, or hears of a visit.
///
/// # Errors
/// As [`settings()`], and for a body that is no answer to this site's questions.
pub(super) async fn collect(
    request: &ApiRequest<'_>,
    site: &Site,
    ctx: &Collect,
    id: &str,
) -> Result<ApiResponse, Refusal> {
    check(request, site, id)?;
    save::check_type(request.headers)?;
    let id = match body::parse(&request.body, site)? {
        // Nothing was answered: there is nothing to prove, and nobody to remember.
        Event::Visit(id) => id.unwrap_or_else(Uuid::new_v4),
        Event::Consents(answer) => {
            save::prove(request, site, &Consent::default(), ctx, &answer, Source::Tool(Format::Dastra)).await?
        }
    };
    Ok(bare(id, request.headers))
}

/// The widget's number and the key must be the site's.
fn check<'s>(request: &ApiRequest<'_>, site: &'s Site, id: &str) -> Result<&'s DastraApi, Refusal> {
    let api = site.api.dastra.as_ref().ok_or(Refusal::NotFound)?;
    if id != api.widget.to_string() {
        return Err(Refusal::NotFound);
    }
    match request.parameter("key") {
        Some(key) if api.keys.iter().any(|own| *own == *key) => Ok(api),
        _ => Err(Refusal::UnknownKey),
    }
}

/// A bare UUID; in quotes for a client that takes nothing but JSON.
fn bare(id: Uuid, headers: &HeaderMap) -> ApiResponse {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accept.contains("application/json") && !accept.contains("text/plain") && !accept.contains("*/*") {
        return ApiResponse::json(StatusCode::OK, &id);
    }
    let cache = HeaderValue::from_static("no-store");
    ApiResponse::new(StatusCode::OK, "text/plain; charset=utf-8", id.to_string().into(), cache)
}

/// The number of a purpose there: 0 strictly necessary, 1 preferences, 2 analytical, 3 marketing, 4 other.
pub(in crate::collect) fn purpose(category: &Category) -> u8 {
    match category.name.as_str() {
        "necessary" => 0,
        "preferences" => 1,
        "statistics" => 2,
        "marketing" => 3,
        _ => 4,
    }
}

/// The key of the questions' version: changes when the site's rules or texts do.
pub(in crate::collect) fn version_key(site: &Site) -> Uuid {
    digests::uuid(&["dastra version", &site.name, &site.version, crate::widget::version()])
}
