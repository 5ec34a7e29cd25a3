//! What would be done to a page, in place of the page: for the operator, whose token is in the request's head.
//!
//! The page is fetched from the origin as this visitor would get it, without the conditions and ranges that could keep it
//! back, and answered as JSON, or as HTML where the client takes that. The visitor's way is not touched: a request without
//! the field costs one look-up.

use super::context::Visit;
use super::decode::{Decoder, Limits};
use super::{Shared, depart, fetch};
use crate::explain::{self, Explained, Places};
use crate::head::plan::{Plan, RewritePlan};
use crate::policy::RuleSet;
use crate::rewrite::Report;
use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderValue, Method, StatusCode, Version};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::prelude::{Result, Session};
use pingora::protocols::ALPN;
use serde_json::{Value, json};

/// The field with the operator's token. No origin ever gets it.
pub(super) static FIELD: HeaderName = HeaderName::from_static("consentry-explain");

/// The most bytes of a page that is explained, coded and decoded.
const MOST: usize = 16 << 20;

/// What is not asked of the origin here, or is about the client's connection.
const LEFT_OUT: [HeaderName; 12] = [
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::IF_RANGE,
    header::RANGE,
    header::CONNECTION,
    header::TE,
    header::UPGRADE,
    header::TRANSFER_ENCODING,
    header::CONTENT_LENGTH,
    header::EXPECT,
];

/// Whether a request asks for an explanation and may have it; counted. With another token, or two of them, it is a request
/// like any other.
pub(super) fn is_asked(shared: &Shared, head: &http::request::Parts) -> bool {
    let mut sent = head.headers.get_all(&FIELD).iter();
    let Some(first) = sent.next() else { return false };
    let is_one = sent.next().is_none();
    let is_operator = is_one && shared.operator.as_ref().is_some_and(|token| token.is(first.as_bytes()));
    let is_answered = is_operator && head.method == Method::GET;
    shared.metrics.explained(if is_answered { "answered" } else { "refused" });
    is_answered
}

/// Explains the page that is asked for.
pub(super) async fn answer(shared: &Shared, mut visit: Visit, session: &mut Session) -> Result<()> {
    visit.asked.range = false;
    visit.asked.revalidates = false;
    visit.asked.unconditional = false;
    let html = wants_html(session.req_header());
    let (status, kind, body) = match explained(shared, &visit, session, html).await {
        Ok((kind, body)) => (StatusCode::OK, kind, body),
        Err(problem) => (StatusCode::BAD_GATEWAY, "text/plain; charset=utf-8", format!("{problem}\n")),
    };
    let mut response = ResponseHeader::build(status, Some(6))?;
    response.insert_header(header::CONTENT_TYPE, kind)?;
    response.insert_header(header::CONTENT_LENGTH, body.len())?;
    response.insert_header(header::CACHE_CONTROL, "no-store")?;
    response.insert_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")?;
    response.insert_header(FIELD.clone(), "explained")?;
    response
        .insert_header(header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox")?;
    session.write_response_header(Box::new(response), false).await?;
    session.write_response_body(Some(Bytes::from(body)), true).await
}

/// JSON, unless HTML is taken and JSON is not named.
fn wants_html(head: &http::request::Parts) -> bool {
    let takes = |kind: &[u8]| {
        head.headers.get_all(header::ACCEPT).iter().any(|field| memchr::memmem::find(field.as_bytes(), kind).is_some())
    };
    takes(b"text/html") && !takes(b"application/json")
}

type Told = (&'static str, String);

async fn explained(shared: &Shared, visit: &Visit, session: &Session, html: bool) -> Result<Told, String> {
    let name = visit.site.origin.as_deref().or_else(|| shared.origins.only());
    let mut peer = name.and_then(|name| shared.origins.peer(name)).ok_or("the site's origin does not resolve")?;
    peer.options.alpn = ALPN::H1;
    let request = request(visit, session).map_err(|error| error.to_string())?;
    let (head, body) = fetch::fetch(&peer, request, MOST).await.map_err(|error| format!("the origin: {error}"))?;
    let plan = depart::plan(shared, visit, session, &head, |_| ());
    let word = depart::name(&plan);
    let Plan::Rewrite(plan) = plan else {
        let reason = if let Plan::Refuse(reason, _) = &plan { Some(reason.name()) } else { None };
        let told = json!({ "format": 1, "site": visit.site.name, "status": head.status.as_u16(), "plan": word, "reason": reason });
        return Ok(("application/json", format!("{told:#}\n")));
    };
    let page = decoded(&plan, &body)?;
    let told = depart::page(visit, &plan, session);
    let (_, report) = explain::judge(told, &page).map_err(|error| error.to_string())?;
    Ok(shown(shared, visit, session, &page, &report, head.status, html))
}

fn decoded(plan: &RewritePlan, body: &[u8]) -> Result<Vec<u8>, String> {
    let mut page = Vec::new();
    let mut decoder = Decoder::new(&plan.codings, Limits { per_call: MOST, ..Limits::default() });
    let done = decoder.decode(body, &mut page).and_then(|()| decoder.finish());
    done.map_err(|error| format!("the page's content coding cannot be undone: {error}"))?;
    Ok(page)
}

fn shown(
    shared: &Shared,
    visit: &Visit,
    session: &Session,
    html: &[u8],
    report: &Report,
    status: StatusCode,
    as_html: bool,
) -> Told {
    let head = session.req_header();
    let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let url = format!("{}://{}{target}", visit.scheme, super::arrive::authority(head).unwrap_or_default());
    // The files of now: where they changed since they were put in force, lines may be other ones.
    let places = RuleSet::files(shared.config.rules.as_deref()).map(|files| Places::new(&files)).unwrap_or_default();
    let (site, consent) = (&*visit.site, &*visit.judged_by);
    let page = Explained { url: &url, site, consent, report, html, places: &places, decided: false };
    if as_html {
        return ("text/html; charset=utf-8", explain::html::of(&page));
    }
    let mut told = explain::json::of(&page);
    if let Value::Object(told) = &mut told {
        told.insert("status".to_owned(), status.as_u16().into());
        told.insert("plan".to_owned(), "rewrite".into());
        told.insert("source".to_owned(), visit.consent.source.name().into());
    }
    ("application/json", format!("{told:#}\n"))
}

/// The visitor's request as the origin gets it, in HTTP/1.1 and for the whole page.
fn request(visit: &Visit, session: &Session) -> Result<RequestHeader> {
    let head = session.req_header();
    let mut request = head.clone();
    super::arrive::to_origin(visit, &mut request, false)?;
    LEFT_OUT.iter().for_each(|name| drop(request.remove_header(name)));
    request.remove_header(&FIELD);
    let host = super::arrive::authority(head).unwrap_or_default().to_owned();
    if let Some(target) = head.uri.path_and_query() {
        request.set_uri(http::Uri::from(target.clone()));
    }
    request.set_version(Version::HTTP_11);
    request.insert_header(header::HOST, host)?;
    request
        .insert_header(header::ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"))?;
    request.insert_header(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br, zstd"))?;
    Ok(request)
}
