//! OneTrust's server-side CMP API: `GET cfw/cmp/v1/{banner,preferences,vendors}` and `POST cfw/cmp/v1/save-log-consent`.
//!
//! Nothing is remembered here: who asks, what was answered and when is in the string that goes back and forth
//! (`otConsentString`), and an answer is in the proofs. Failures have status 200 and a code, as there.
//!
//! SPEC: OneTrust's API reference "Consent Management Platform (CMP)", version 202605, for headers, members and codes.

mod fault;
mod groups;
mod head;
mod interaction;
mod state;
mod stated;
mod ui;

use super::super::api::{ApiRequest, Collect};
use super::super::response::{ApiResponse, Refusal};
use super::super::{answer, save};
use crate::consent::codec::Format;
use crate::consent::codec::onetrust as string;
use crate::consent::{Deciseconds, Source};
use crate::policy::{OneTrustApi, Site};
use fault::Fault;
use head::Head;
use http::StatusCode;
use serde_json::{Map, Value, json};
use state::State;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::collect) enum Shown {
    /// The first layer.
    Banner,
    /// The second.
    Preferences,
    /// The services as vendors.
    Vendors,
}

/// What a screen of the app must know, and the string as it is from now on.
///
/// # Errors
/// None but [`Refusal::NotFound`]: what is wrong with a request is in the answer.
pub(super) fn show(request: &ApiRequest<'_>, site: &Site, shown: Shown) -> Result<ApiResponse, Refusal> {
    let api = site.api.onetrust.as_ref().ok_or(Refusal::NotFound)?;
    Ok(match shown_to(request, site, api, shown) {
        Ok(body) => ApiResponse::json(StatusCode::OK, &body),
        Err(fault) => fault.into(),
    })
}

fn shown_to(request: &ApiRequest<'_>, site: &Site, api: &OneTrustApi, shown: Shown) -> Result<Value, Fault> {
    let head = Head::read(request.headers, api)?;
    let mut state = State::of(site, &head, request.now)?;
    let standing = state.standing(site, &head, request.signals);
    let reason = state.reason(site, &standing, request.now);
    state.launched(request.now, reason.shows());
    let words = crate::widget::Words::of(site, head.language);
    let mut body = answered(&head, api);
    body.insert("appConfig".to_owned(), ui::app_config(site, &standing, &state.consent, reason));
    let screen = ui::Screen { site, words: &words, consent: &state.consent };
    match shown {
        Shown::Banner if reason.shows() || head.force => {
            body.insert("bannerUIData".to_owned(), screen.banner());
        }
        Shown::Banner => {}
        Shown::Preferences => {
            body.insert("pcUIData".to_owned(), screen.preferences());
        }
        Shown::Vendors => {
            body.insert("generalVendors".to_owned(), screen.vendors());
            body.insert("vendorListUIData".to_owned(), screen.vendor_list());
        }
    }
    finished(body, &state, site)
}

/// Takes an answer: the proof is stored, then the new string is given.
///
/// # Errors
/// As [`show`]; [`Refusal::TooLarge`].
pub(super) async fn log(request: &ApiRequest<'_>, site: &Site, ctx: &Collect) -> Result<ApiResponse, Refusal> {
    let api = site.api.onetrust.as_ref().ok_or(Refusal::NotFound)?;
    if request.body.len() > answer::BODY_MAX {
        return Err(Refusal::TooLarge);
    }
    Ok(match logged(request, site, api, ctx).await {
        Ok(body) => ApiResponse::json(StatusCode::OK, &body),
        Err(fault) => fault.into(),
    })
}

async fn logged(request: &ApiRequest<'_>, site: &Site, api: &OneTrustApi, ctx: &Collect) -> Result<Value, Fault> {
    let head = Head::read(request.headers, api)?;
    save::check_type(request.headers).map_err(|_| Fault::ContentType)?;
    let mut state = State::of(site, &head, request.now)?;
    let body = stated::Body::read(&request.body)?;
    let mut answer = body.answer(site, &state.consent, head.explicit)?;
    answer.consent_id = Some(state.consent_id(site));
    answer.language = head.language_tag();
    // The app's word for where it is counts for its own answer.
    let signals = head.signals(request.signals);
    let told = ApiRequest { signals, body: bytes::Bytes::new(), ..request.clone() };
    let stored = save::prove(&told, site, &state.consent, ctx, &answer, Source::Tool(Format::OneTrust)).await;
    stored.map_err(|refusal| {
        ctx.counters.refused(&refusal);
        Fault::Logging
    })?;
    state.answered(site, &answer, &body.interaction, request.now);
    let standing = state.standing(site, &head, request.signals);
    let reason = state.reason(site, &standing, request.now);
    let mut said = answered(&head, api);
    said.insert("appConfig".to_owned(), ui::app_config(site, &standing, &state.consent, reason));
    finished(said, &state, site)
}

/// The beginning of every answer that is none of a failure.
fn answered(head: &Head<'_>, api: &OneTrustApi) -> Map<String, Value> {
    let mut body = Map::new();
    if api.version.as_deref().is_some_and(|version| version != head.version) {
        let message = "The published version is another one than OT-SDK-Version names; its data is returned.";
        let warning = json!({ "code": "WARNING_CODE_PUBLISHED_VERSION_MISMATCH", "message": message });
        body.insert("warnings".to_owned(), json!([warning]));
    }
    body
}

fn finished(mut body: Map<String, Value>, state: &State, site: &Site) -> Result<Value, Fault> {
    let string = string::encode(&state.string(site)).map_err(|_| Fault::ConsentString)?;
    body.insert("otConsentString".to_owned(), Value::String(string));
    Ok(Value::Object(body))
}

/// Milliseconds since 1970, as the string has them.
const fn millis(at: Deciseconds) -> u64 {
    at.0.saturating_mul(100)
}

/// For fuzzing: any bytes as a body and as a string; nothing panics, and what is written is read again.
pub(in crate::collect) fn fuzz(data: &[u8], site: &Site) {
    let now = Deciseconds(17_637_855_631);
    if let Ok(read) = string::decode(data) {
        let state = State::read(site, &read, now);
        let written = string::encode(&state.string(site));
        if let Ok(written) = written {
            assert!(string::decode(written.as_bytes()).is_ok(), "a string was written that cannot be read");
        }
    }
    if let Ok(body) = stated::Body::read(data)
        && let Ok(answer) = body.answer(site, &crate::consent::Consent::default(), false)
    {
        assert!(answer.granted.intersection(answer.refused).is_empty(), "a category was both granted and refused");
    }
}
