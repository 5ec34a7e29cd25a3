//! `POST consent`: an answer becomes a proof, then a cookie, in that order. What is not stored is not acknowledged.

use super::answer::Answer;
use super::api::{ApiRequest, Collect};
use super::details::Details;
use super::expire::Place;
use super::proof::{BothWays, Proof, SignalsSeen, Stamp};
use super::response::{ApiResponse, Refusal};
use super::store::{NewProof, StoreError};
use super::{bridge, cookies, origin, state, withdraw};
use crate::consent::own::{self, OwnAnswer};
use crate::consent::{Consent, Deciseconds, Source, formats};
use crate::policy::{Site, Variant};
use crate::widget;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The most bytes of a `User-Agent` that are kept.
const AGENT_MAX: usize = 512;

static CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// What the widget gets back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Saved<'a> {
    consent_id: Uuid,
    token: &'a str,
    #[serde(flatten)]
    categories: BothWays,
    services: BTreeMap<String, bool>,
    /// Those services as the guard's tag has them.
    apart: String,
    expires: Stamp,
}

/// An answer with all that its proof and its cookies are made of.
struct Decision<'a> {
    site: &'a Site,
    answer: &'a Answer,
    taken_by: Source,
    consent: Consent,
    id: Uuid,
    variant: String,
    now: Deciseconds,
    expires: Stamp,
}

/// Checks, stores, answers.
///
/// # Errors
/// The refusal; no cookie goes with it.
pub(super) async fn post(
    request: &ApiRequest<'_>,
    site: &Site,
    current: &Consent,
    ctx: &Collect,
) -> Result<ApiResponse, Refusal> {
    if site.mapping.rule(Source::Own).is_none() {
        return Err(Refusal::NotAsked);
    }
    origin::check(request.headers, request.secure, request.host)?;
    check_type(request.headers)?;
    let answer = Answer::parse(&request.body, site)?;
    keep(request, site, current, ctx, &answer, Source::Own).await
}

/// The same for an answer that another tool took, and that a script saw.
///
/// # Errors
/// As [`post`].
pub(super) async fn bridge(
    request: &ApiRequest<'_>,
    site: &Site,
    current: &Consent,
    ctx: &Collect,
) -> Result<ApiResponse, Refusal> {
    let rule = site.bridge.as_ref().filter(|_| site.mapping.rule(Source::Own).is_some()).ok_or(Refusal::NotAsked)?;
    origin::check(request.headers, request.secure, request.host)?;
    check_type(request.headers)?;
    let answer = bridge::parse(&request.body, site, rule, &ctx.keyring, request.now)?;
    keep(request, site, current, ctx, &answer, rule.source).await
}

/// A no to everything, by a button of the site's own.
///
/// # Errors
/// As [`post`].
pub(super) async fn withdraw(
    request: &ApiRequest<'_>,
    site: &Site,
    current: &Consent,
    ctx: &Collect,
) -> Result<ApiResponse, Refusal> {
    if site.mapping.rule(Source::Own).is_none() {
        return Err(Refusal::NotAsked);
    }
    origin::check(request.headers, request.secure, request.host)?;
    if !request.body.is_empty() {
        check_type(request.headers)?;
    }
    let answer = Answer::withdrawal(&request.body, site)?;
    keep(request, site, current, ctx, &answer, Source::Own).await
}

/// Stores the proof of an answer that another tool's client sends, and gives its consent id. No cookie is read or set.
///
/// # Errors
/// [`Refusal::Unavailable`].
pub(super) async fn prove(
    request: &ApiRequest<'_>,
    site: &Site,
    previous: &Consent,
    ctx: &Collect,
    answer: &Answer,
    taken_by: Source,
) -> Result<Uuid, Refusal> {
    let decision = Decision::of(request, site, previous, answer, taken_by);
    decision.store(request, previous, ctx).await?;
    ctx.counters.stored();
    Ok(decision.id)
}

/// Stores the proof, then gives the cookies.
async fn keep(
    request: &ApiRequest<'_>,
    site: &Site,
    current: &Consent,
    ctx: &Collect,
    answer: &Answer,
    taken_by: Source,
) -> Result<ApiResponse, Refusal> {
    let decision = Decision::of(request, site, current, answer, taken_by);
    let cookies = decision.cookies(request, ctx)?;
    decision.store(request, current, ctx).await?;
    let standing = decision.standing(request);
    let response = ApiResponse::json(StatusCode::OK, &decision.saved(&standing));
    let response = cookies.into_iter().fold(response, |response, cookie| response.with(SET_COOKIE, cookie));
    Ok(end_refused(response, request, site, current, &standing, ctx))
}

/// Ends what is in the browser of what is refused.
fn end_refused(
    response: ApiResponse,
    request: &ApiRequest<'_>,
    site: &Site,
    before: &Consent,
    now: &Consent,
    ctx: &Collect,
) -> ApiResponse {
    let place = Place { host: request.host, path: "/", secure: request.secure };
    let expiry = withdraw::on_answer(site, now, request.headers, &place, &ctx.seen);
    let response = ApiResponse { ended: expiry.fields.len(), left_out: expiry.left_out, ..response };
    let response = expiry.fields.into_iter().fold(response, |response, field| response.with(SET_COOKIE, field));
    // Cookies are not among what is cleared: browsers would take those of the whole registrable domain.
    if site.cookies.clear_site_data && request.secure && withdraw::is_withdrawal(site, before, now) {
        return response.with(CLEAR_SITE_DATA.clone(), HeaderValue::from_static("\"storage\""));
    }
    response
}

impl<'a> Decision<'a> {
    /// The id is that of our signed cookie, else the one the browser remembers, else a new one.
    fn of(request: &ApiRequest<'_>, site: &'a Site, current: &Consent, answer: &'a Answer, taken_by: Source) -> Self {
        let id = state::own_id(current).or(answer.consent_id).unwrap_or_else(Uuid::new_v4);
        let consent = Consent {
            source: Source::Own,
            granted: answer.granted,
            refused: answer.refused,
            services: answer.services.iter().copied().collect(),
            updated: Some(request.now),
            id: Some(id.into_bytes()),
            ..Consent::default()
        };
        let variant = Variant::of(site, &consent, widget::version()).token.clone();
        Self {
            site,
            answer,
            taken_by,
            consent,
            id,
            variant,
            now: request.now,
            expires: state::expiry(site, request.now),
        }
    }

    /// What may run now: the answer as it stands under the law, which the proof does not record as said.
    fn standing(&self, request: &ApiRequest<'_>) -> Consent {
        let regime = self.site.regimes.of(request.signals.region);
        self.consent.clone().under(regime, request.signals.gpc, &self.site.mapping)
    }

    fn saved(&self, standing: &Consent) -> Saved<'_> {
        Saved {
            consent_id: self.id,
            token: &self.variant,
            categories: state::categories(self.site, standing),
            services: state::apart(self.site, standing),
            apart: widget::apart(self.site, &self.variant, |service| {
                standing.grants(service.category, service.number, service.since)
            }),
            expires: self.expires,
        }
    }

    fn cookies(&self, request: &ApiRequest<'_>, ctx: &Collect) -> Result<[HeaderValue; 2], Refusal> {
        let too_long = || Refusal::Invalid("services: too many differ from their category for one cookie".to_owned());
        let own = self.own_cookie(ctx).ok_or_else(too_long)?;
        let Site { cookie: name, lifetime_days: days, .. } = self.site;
        let own = cookies::set(name, &own, *days, request.secure).ok_or_else(too_long)?;
        let companion = cookies::set(&self.site.companion(), &self.variant, *days, request.secure);
        Ok([own, companion.ok_or_else(too_long)?])
    }

    /// CORRECTNESS: it is read back, since a proof must never say what the cookie does not. The encoder of an answer that
    /// no string can hold turns each yes into a no.
    fn own_cookie(&self, ctx: &Collect) -> Option<String> {
        let Consent { granted, refused, services, .. } = &self.consent;
        let answer = OwnAnswer {
            id: self.id.into_bytes(),
            created: self.now,
            updated: self.now,
            granted: *granted,
            refused: *refused,
            services: services.to_vec(),
        };
        let value = own::encode(&answer, &self.site.mapping.site, &ctx.keyring);
        let read = formats::own(value.as_bytes(), &self.site.mapping).ok().flatten()?;
        (read == self.consent).then_some(value)
    }

    /// The proof is durable when this returns, and so is what was asked.
    async fn store(&self, request: &ApiRequest<'_>, current: &Consent, ctx: &Collect) -> Result<(), Refusal> {
        let Answer { language, widget_variant, .. } = self.answer;
        let language = language.as_deref().unwrap_or_default();
        let questions = ctx.questions.get(self.site, language, widget_variant.as_deref());
        let details = Details::of(self.site, request, self.id, &questions, &ctx.addresses);
        let kept = ctx.store.keep_questions(questions.hash, &questions.json).await;
        kept.map_err(|error| unavailable(&error))?;
        store(&self.proof(request, current, details), request, ctx).await
    }

    fn proof(&self, request: &ApiRequest<'_>, current: &Consent, details: Details) -> Proof {
        let agent = request.headers.get(USER_AGENT).filter(|_| self.site.proof.user_agent).map(HeaderValue::as_bytes);
        Proof {
            format: 2,
            id: Uuid::new_v4(),
            consent_id: self.id,
            site: self.site.name.clone(),
            date: Stamp(request.now),
            date_expiration: self.expires,
            source: self.taken_by.name().to_owned(),
            language: self.answer.language.clone(),
            layer: self.answer.layer,
            button: self.answer.button,
            widget_version: widget::version().to_owned(),
            widget_variant: self.answer.widget_variant.clone(),
            rules: request.rules.to_owned(),
            site_version: self.site.version.clone(),
            variant: self.variant.clone(),
            categories: state::categories(self.site, &self.consent),
            services: state::services(self.site, &self.consent),
            previous: state::previous(self.site, current),
            user_agent: agent.map(|agent| lossy(agent, AGENT_MAX)),
            regime: Some(self.site.regimes.of(request.signals.region).name.clone().into_owned()),
            signals: SignalsSeen { gpc: request.signals.gpc },
            details: Some(details),
        }
    }
}

/// The proof is durable when this returns.
async fn store(proof: &Proof, request: &ApiRequest<'_>, ctx: &Collect) -> Result<(), Refusal> {
    let payload = serde_json::to_string(proof).map_err(|error| {
        log::error!("a proof could not be written as JSON ({error}): is this machine's clock right?");
        Refusal::Unavailable { retry: 30 }
    })?;
    let new = NewProof { consent_id: proof.consent_id, site: proof.site.clone(), date: request.now, payload };
    ctx.store.append(new).await.map(drop).map_err(|error| unavailable(&error))
}

/// The store has logged why; the visitor's browser is only told when to come back.
fn unavailable(error: &StoreError) -> Refusal {
    Refusal::Unavailable { retry: if error.is_passing() { 1 } else { 10 } }
}

/// A form of another site cannot send this type without asking first, which we never allow.
pub(super) fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |field: &HeaderValue| field.to_str().map(str::to_ascii_lowercase).unwrap_or_default();
    let kind = headers.get(CONTENT_TYPE).map(text).unwrap_or_default();
    let json = kind.split(';').next().is_some_and(|essence| essence.trim() == "application/json");
    let coded = headers.get(CONTENT_ENCODING).map(text).is_some_and(|coding| coding.trim() != "identity");
    if json && !coded { Ok(()) } else { Err(Refusal::MediaType) }
}

fn lossy(bytes: &[u8], most: usize) -> String {
    String::from_utf8_lossy(bytes.get(..most).unwrap_or(bytes)).into_owned()
}
