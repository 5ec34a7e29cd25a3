//! Our own paths: the request goes to `collect`, the answer to the socket. Nothing below the prefix is ever proxied (D10).

use super::Shared;
use super::context::Visit;
use super::thumbnail;
use crate::collect::api::{ApiRequest, body_limit, counts, handle};
use crate::collect::response::{ApiResponse, Refusal};
use crate::config::Scheme;
use crate::consent::Deciseconds;
use crate::head::coding::Accepted;
use crate::policy::Thumbnail;
use crate::policy::csp::REPORTS;
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{Method, StatusCode, header};
use pingora::http::ResponseHeader;
use pingora::prelude::{Result, Session};
use std::net::IpAddr;
use url::Url;

/// Answers a request for one of our own paths.
pub(super) async fn answer(shared: &Shared, visit: &Visit, session: &mut Session, now: Deciseconds) -> Result<()> {
    let head: &Parts = session.req_header();
    let (method, headers) = (head.method.clone(), head.headers.clone());
    let path = visit.site.own_path(head.uri.path(), now).unwrap_or_default().to_owned();
    let query = head.uri.query().map(str::to_owned);
    let host = super::arrive::authority(head).unwrap_or_default().to_owned();
    // A proxy of the site's own that does not say for whom it asks is nobody.
    let client = visit.client.filter(|client| !shared.config.trusted_peers.contain(*client));
    if counts(&method, &path, &visit.site)
        && let Err(seen) = shared.rate.take(client)
    {
        // What is not read ends the connection.
        session.set_keepalive(None);
        shared.metrics.limited(&visit.site.name);
        return send(session, &method, seen.refusal(&path)).await;
    }
    if path == thumbnail::PATH {
        let answer = match thumbnail::asked(&visit.site, &method, query.as_deref()) {
            Ok(asked) => picture(shared, visit, asked, client).await,
            Err(refusal) => refusal.into(),
        };
        read(session, 0).await?;
        return send(session, &method, answer.for_method(&method)).await;
    }
    let is_report = path == REPORTS && method == Method::POST && visit.site.csp.is_some();
    let is_too_much = is_report && !shared.reports.may_come(client);
    let limit = if is_too_much { 0 } else { body_limit(&method, &path, &visit.site) };
    let request = ApiRequest {
        method: &method,
        path: &path,
        query: query.as_deref(),
        headers: &headers,
        body: read(session, limit).await?,
        client,
        secure: visit.scheme == Scheme::Https.as_str(),
        host: &host,
        rules: visit.rules.version(),
        signals: visit.signals,
        now,
    };
    let mut answer = if is_too_much {
        ApiResponse::from(Refusal::TooMany { retry: super::reports::RETRY })
    } else {
        handle(&request, &visit.site, &visit.consent, &shared.collect).await
    };
    if is_report {
        super::reports::tell(&shared.metrics, visit, &answer, &host);
    }
    shared.metrics.widgets.note(&visit.site.name, (&method, &path, &headers), answer.status, now);
    super::packed::pack(shared, Accepted::of(&headers), &mut answer);
    shared.metrics.cookies(&visit.site.name, "", "expired", answer.ended);
    shared.metrics.cookies(&visit.site.name, "", "left_out", answer.left_out);
    send(session, &method, answer).await
}

/// What is in memory costs nobody anything; to have something fetched counts as an answer.
async fn picture(
    shared: &Shared,
    visit: &Visit,
    (rule, url): (&Thumbnail, Url),
    client: Option<IpAddr>,
) -> ApiResponse {
    if let Some(known) = shared.thumbnails.known(&url) {
        return known;
    }
    match shared.rate.take(client) {
        Ok(()) => shared.thumbnails.fetch(rule, &url).await,
        Err(seen) => {
            shared.metrics.limited(&visit.site.name);
            seen.refusal(thumbnail::PATH)
        }
    }
}

async fn send(session: &mut Session, method: &Method, answer: ApiResponse) -> Result<()> {
    let mut response = ResponseHeader::build(answer.status, Some(answer.headers.len() + 1))?;
    for (name, value) in &answer.headers {
        response.append_header(name.clone(), value.clone())?;
    }
    // SPEC: RFC 9110 §8.6: a 204 has none, and a 304 that of the body it stands for.
    let has_body = !matches!(answer.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if has_body && !answer.headers.contains_key(header::CONTENT_LENGTH) && *method != Method::HEAD {
        response.insert_header(header::CONTENT_LENGTH, answer.body.len())?;
    }
    let empty = answer.body.is_empty();
    session.write_response_header(Box::new(response), empty).await?;
    if !empty {
        session.write_response_body(Some(answer.body), true).await?;
    }
    Ok(())
}

/// At most `limit` bytes and what came with the one that is too many: enough for `collect` to see that it is too much.
/// What is not read ends the connection, so that it is not taken for the next request.
async fn read(session: &mut Session, limit: usize) -> Result<Bytes> {
    let mut body = BytesMut::new();
    while body.len() <= limit {
        match session.read_request_body().await? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => return Ok(body.freeze()),
        }
    }
    session.set_keepalive(None);
    Ok(body.freeze())
}
