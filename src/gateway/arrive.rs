//! A request's head: which site it is for, what the visitor allowed, and whether we answer it ourselves.

use super::context::{InFlight, Visit};
use super::{Context, Shared, explain, own};
use crate::config::Forwarded;
use crate::consent::Deciseconds;
use crate::consent::reader::Input;
use crate::consent::signal::{Region, Signals, is_gpc};
use crate::head;
use crate::head::forwarded::Spoken;
use crate::policy::{Delivery, Mode, RuleSet, Site, Variant};
use bytes::Bytes;
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderName, StatusCode, header};
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::prelude::{Result, Session};
use std::sync::Arc;

/// OneTrust's request field.
static OT_CONSENT_STRING: HeaderName = HeaderName::from_static("ot-consent-string");

/// Global Privacy Control.
static SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");

/// Answers the request, or leaves what is known of it in the context. `true`: it was answered.
pub(super) async fn arrive(shared: &Shared, session: &mut Session, ctx: &mut Context) -> Result<bool> {
    ctx.in_flight = Some(InFlight::new(&shared.metrics.in_flight));
    let head: &Parts = session.req_header();
    if head_size(head) > shared.config.limits.request_head {
        return refuse(
            session,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "the request's head is larger than the gateway reads\n",
        )
        .await;
    }
    let rules = shared.rules.snapshot();
    let Some(site) = site(&rules, &host(head).unwrap_or_default()) else {
        shared.metrics.misdirected();
        return refuse(session, StatusCode::MISDIRECTED_REQUEST, "no site of this gateway has this Host\n").await;
    };
    let now = Deciseconds::now();
    let visit = visit(shared, rules, site, session, now);
    if visit.site.own_path(session.req_header().uri.path(), now).is_some() {
        own::answer(shared, &visit, session, now).await?;
        return Ok(true);
    }
    if explain::is_asked(shared, session.req_header()) {
        explain::answer(shared, visit, session).await?;
        return Ok(true);
    }
    ctx.visit = Some(Box::new(visit));
    Ok(false)
}

fn visit(shared: &Shared, rules: Arc<RuleSet>, site: Arc<Site>, session: &Session, now: Deciseconds) -> Visit {
    let head: &Parts = session.req_header();
    let cookies: smallvec::SmallVec<[&[u8]; 4]> = head.headers.get_all(COOKIE).iter().map(|c| c.as_bytes()).collect();
    let ot_consent_string = head.headers.get(&OT_CONSENT_STRING).map(|v| v.as_bytes());
    let reading = shared.reader.read(&site.mapping, &Input { cookies: &cookies, ot_consent_string, now });
    let peer = session.client_addr().and_then(|a| a.as_inet()).map(std::net::SocketAddr::ip);
    let is_ours = |address| shared.config.trusted_peers.contain(address);
    let (trusted, spoken) = (peer.is_some_and(is_ours), spoken(shared));
    let client = peer.map(|peer| head::forwarded::client(&head.headers, peer, spoken, is_ours));
    let signals = signals(shared, &site, head, trusted);
    let regime = site.regimes.of(signals.region);
    let consent = reading.consent.clone().under(regime, signals.gpc, &site.mapping);
    let variant = Variant::of(&site, &consent, crate::widget::version());
    let scheme = shared.config.scheme_of(&site.name).as_str();
    let host = authority(head).unwrap_or_default();
    let ends =
        head::forwarded::Ends { client: peer, trusted, spoken, scheme, host: host.as_bytes(), origin_host: None };
    let (asked, mut edits) = match site.mode {
        Mode::Enforce => head::request::prepare(head, &variant.id, site.inject, &ends),
        Mode::Report => head::request::observe(head, &ends),
    };
    if site.own_path(head.uri.path(), now).is_none() {
        head::cookies::strip(&head.headers, &site, &consent, &mut edits, |verdict| {
            super::jar::count(&shared.metrics, &site.name, &verdict, "stripped", verdict.is_reported());
        });
    }
    let edge = site.edge.as_ref().filter(|_| trusted && site.delivery == Delivery::PerVisitor).map(|rules| {
        let is_open = !crate::policy::edge::is_private(&site, cookies.iter().copied());
        let key = is_open.then(|| crate::policy::edge::key(&site, &consent, regime, signals.gpc)).flatten();
        Box::new(head::edge::Offer::take(head, key, rules.max_age_seconds, &mut edits))
    });
    if head.headers.contains_key(&explain::FIELD) {
        edits.remove.push(explain::FIELD.clone());
    }
    let consent = Arc::new(consent);
    let judged_by = if site.delivery == Delivery::Uniform { Arc::default() } else { Arc::clone(&consent) };
    Visit { rules, site, consent, judged_by, reading, variant, asked, edits, signals, edge, client, scheme }
}

/// The fields that the site's own proxies write, and that its origin reads.
const fn spoken(shared: &Shared) -> Spoken {
    match shared.config.forwarded {
        Forwarded::XForwarded => Spoken::XForwarded,
        Forwarded::Rfc7239 => Spoken::Rfc7239,
        Forwarded::Both => Spoken::Both,
    }
}

/// What the browser and, if it may be believed, the proxy before us say beside the answer.
fn signals(shared: &Shared, site: &Site, head: &Parts, trusted: bool) -> Signals {
    let gpc = is_gpc(head.headers.get_all(&SEC_GPC).iter().map(http::HeaderValue::as_bytes));
    let fields = shared.config.region_of(&site.name);
    let (code, subdivision) = if trusted { fields.read(&head.headers) } else { (None, None) };
    let region = code.and_then(Region::parse);
    let region = region.map(|region| subdivision.map_or(region, |code| region.within(code)));
    Signals { gpc, region }
}

/// Applies what `head` decided to the request for the origin. Where the cache asks, its conditions stay, and the client's
/// were taken away.
pub(super) fn to_origin(visit: &Visit, request: &mut RequestHeader, is_caches: bool) -> Result<()> {
    let is_meant = |name: &HeaderName| !(is_caches && super::cache::is_condition(name));
    for name in visit.edits.remove.iter().filter(|name| is_meant(name)) {
        request.remove_header(name);
    }
    for (name, value) in visit.edits.append.iter().filter(|(name, _)| is_meant(name)) {
        request.append_header(name.clone(), value.clone())?;
    }
    Ok(())
}

/// As the client wrote it: the request line's, HTTP/2's `:authority`, or `Host`.
pub(super) fn authority(head: &Parts) -> Option<&str> {
    let in_target = head.uri.authority().map(http::uri::Authority::as_str);
    in_target.or_else(|| head.headers.get(header::HOST).and_then(|h| h.to_str().ok()))
}

/// Lower case, without port, user and trailing dot.
fn host(head: &Parts) -> Option<String> {
    let authority = authority(head)?;
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let host = match authority.rfind(']') {
        Some(end) => authority.get(..=end)?,
        None => authority.split(':').next()?,
    };
    Some(host.trim_end_matches('.').to_ascii_lowercase())
}

fn site(rules: &RuleSet, host: &str) -> Option<Arc<Site>> {
    rules.site(host).cloned()
}

/// Bytes of the target and of all fields, as HTTP/1.1 would write them.
fn head_size(head: &Parts) -> usize {
    let target = head.uri.path_and_query().map_or(1, |p| p.as_str().len());
    head.headers.iter().fold(target, |sum, (name, value)| sum + name.as_str().len() + value.len() + 4)
}

async fn refuse(session: &mut Session, status: StatusCode, why: &'static str) -> Result<bool> {
    let mut response = ResponseHeader::build(status, Some(3))?;
    response.insert_header(header::CONTENT_TYPE, "text/plain; charset=utf-8")?;
    response.insert_header(header::CONTENT_LENGTH, why.len())?;
    response.insert_header(header::CACHE_CONTROL, "no-store")?;
    session.set_keepalive(None);
    session.write_response_header(Box::new(response), false).await?;
    session.write_response_body(Some(Bytes::from_static(why.as_bytes())), true).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_of(target: &str, host_field: &str) -> Option<String> {
        let request = http::Request::builder().uri(target).header("host", host_field).body(()).unwrap();
        host(&request.into_parts().0)
    }

    #[test]
    fn the_host_is_read_in_all_its_forms() {
        assert_eq!(host_of("/", "Shop.Example:8080").unwrap(), "shop.example");
        assert_eq!(host_of("/", "shop.example.").unwrap(), "shop.example");
        assert_eq!(host_of("/", "[::1]:80").unwrap(), "[::1]");
        assert_eq!(host_of("http://a.example:1/x", "b.example").unwrap(), "a.example");
    }
}
