//! A response's head: what is planned for it, and the rewriter that a page gets.

use super::body::{Body, PageBody};
use super::context::Visit;
use super::decode::{Decoder, Limits};
use super::encode::Encoder;
use super::jar::Jar;
use super::{Context, Shared};
use crate::config::{CompressedPages, Scheme};
use crate::head::HeadEdits;
use crate::head::csp::{self, Beside};
use crate::head::plan::{Plan, RewritePlan};
use crate::head::terms::{Encode, SiteJudge, Terms};
use crate::policy::csp::Ours;
use crate::policy::{Base, Mode, Service, Site};
use crate::rewrite::{OwnPaths, Page, Rewriter, Tallies};
use crate::widget::inline_sources;
use http::{Version, header};
use pingora::http::ResponseHeader;
use pingora::prelude::{Error, ErrorType, Result, Session};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

/// Plans a response and edits its head. Called for 1xx too, and again after a retry: what a former head left is dropped
/// first (pitfalls 5, 17).
pub(super) fn depart(
    shared: &Shared,
    session: &mut Session,
    response: &mut ResponseHeader,
    ctx: &mut Context,
) -> Result<()> {
    ctx.page = Mutex::new(None);
    let Some(visit) = &ctx.visit else {
        return Ok(());
    };
    let jar = Jar::of(shared, visit, session);
    let mut plan = plan(shared, visit, session, response, |service| {
        shared.metrics.reported.head(&visit.site.name, service);
    });
    jar.filter(response, &mut plan);
    if visit.site.mode == Mode::Report {
        let page = observe(shared, visit, session, response, &plan);
        ctx.page = Mutex::new(page.map(|page| Body::Live(Box::new(page))));
        return Ok(());
    }
    super::edge::tell(shared, visit, session, response, &mut plan);
    if let Some(cache) = &shared.cache {
        cache.invalidate(visit, session, response);
        if let Some(status) = super::cache::status(&session.cache) {
            response.append_header("cache-status", status)?;
        }
    }
    if !response.status.is_informational() {
        shared.metrics.response(&visit.site.name, name(&plan));
    }
    match plan {
        Plan::Pass(edits) => {
            apply(response, &edits)?;
            speak(session, response);
            Ok(())
        }
        Plan::Refuse(reason, status) => {
            shared.metrics.refused(&visit.site.name, reason.name());
            Err(Error::explain(ErrorType::HTTPStatus(status.as_u16()), reason.to_string()))
        }
        Plan::Rewrite(plan) => {
            let is_shared = is_shared(session, response);
            apply(response, &plan.edits)?;
            frame(session, response)?;
            shared.metrics.reading(&visit.site.name, &visit.reading);
            let page = page_body(shared, visit, &plan, session, is_shared, ctx)?;
            ctx.page = Mutex::new(Some(page));
            Ok(())
        }
    }
}

/// A page that is rewritten as it comes, or one that left before.
fn page_body(
    shared: &Shared,
    visit: &Visit,
    plan: &RewritePlan,
    session: &Session,
    is_shared: bool,
    ctx: &Context,
) -> Result<Body> {
    let kept = shared.cache.as_ref().and_then(|cache| cache.page(session, ctx, visit, plan));
    let keeper = match kept {
        Some(Ok(again)) => return Ok(Body::Again(again)),
        Some(Err(keeper)) => Some(keeper),
        None => None,
    };
    let (decoder, rewriter) = body(shared, visit, plan, session, is_shared);
    let encoder = plan.coded.map(|coding| Encoder::new(coding, shared.config.compression.level)).transpose();
    let encoder =
        encoder.map_err(|error| Error::because(ErrorType::InternalError, "the page cannot be compressed", error))?;
    let page = PageBody::new(decoder, rewriter, encoder);
    Ok(Body::Live(Box::new(match keeper {
        Some(keeper) => page.kept(keeper),
        None => page,
    })))
}

/// A response of a site that only reports: it is counted what would be done, and the head stays. The page that is looked at
/// on its way.
fn observe(
    shared: &Shared,
    visit: &Visit,
    session: &mut Session,
    response: &mut ResponseHeader,
    plan: &Plan,
) -> Option<PageBody> {
    let page = match plan {
        Plan::Rewrite(plan) => {
            shared.metrics.reading(&visit.site.name, &visit.reading);
            let (decoder, rewriter) = body(shared, visit, plan, session, is_shared(session, response));
            Some(PageBody::observing(decoder, rewriter))
        }
        Plan::Pass(_) | Plan::Refuse(..) => None,
    };
    if !response.status.is_informational() {
        shared.metrics.response(&visit.site.name, "report");
        shared.metrics.reported.response(&visit.site.name, name(plan));
    }
    speak(session, response);
    page
}

/// The word in metrics.
pub(super) const fn name(plan: &Plan) -> &'static str {
    match plan {
        Plan::Rewrite(_) => "rewrite",
        Plan::Pass(_) => "pass",
        Plan::Refuse(..) => "refuse",
    }
}

/// What is to be done with a response; `reported` hears of services to which its head leads and that are only reported.
pub(super) fn plan(
    shared: &Shared,
    visit: &Visit,
    session: &Session,
    response: &ResponseHeader,
    reported: impl FnMut(&str),
) -> Plan {
    let head = session.req_header();
    let authority = super::arrive::authority(head).unwrap_or_default();
    let judge = SiteJudge::new(&visit.site, &visit.judged_by, visit.scheme, authority, head.uri.path());
    let vary = crate::head::terms::vary(&visit.site, shared.config.region_of(&visit.site.name).names());
    let mut terms = Terms::of(&visit.site, &visit.variant.id, &vary, &judge);
    terms.encode = match shared.config.compression.pages {
        // Not every edge keeps a page apart for each coding: it compresses itself, for whom it sends it to.
        _ if visit.edge.as_ref().is_some_and(|offer| offer.is_asked()) => Encode::Never,
        CompressedPages::Coded => Encode::Coded,
        CompressedPages::Always => Encode::Always,
        CompressedPages::Never => Encode::Never,
    };
    let has_policy = visit.asked.inject && csp::has_policy(&response.headers);
    let paths = if has_policy { own_paths(visit, authority) } else { None };
    terms.ours = paths.as_deref().map(|paths| Ours { inline: inline_sources(&visit.site), paths });
    terms.beside = visit.variant.csp.as_ref().map(|derived| Beside {
        derived,
        prefix: &visit.site.prefix,
        is_secure: visit.scheme == Scheme::Https.as_str(),
    });
    let plan = crate::head::plan::plan(&visit.asked, &terms, response, false);
    judge.reported().for_each(reported);
    plan
}

/// Where our own paths are, as a policy names them; `None` for what is no plain name and would end a directive.
fn own_paths(visit: &Visit, authority: &str) -> Option<String> {
    let is_plain = authority.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    is_plain.then(|| format!("{}://{authority}{}", visit.scheme, visit.site.prefix))
}

fn base(visit: &Visit, session: &Session) -> Base {
    let head = session.req_header();
    Base::document(visit.scheme, super::arrive::authority(head).unwrap_or_default(), head.uri.path())
}

fn apply(response: &mut ResponseHeader, edits: &HeadEdits) -> Result<()> {
    for name in &edits.remove {
        response.remove_header(name);
    }
    for (name, value) in &edits.append {
        response.append_header(name.clone(), value.clone())?;
    }
    Ok(())
}

/// A body whose length is not known: chunked for HTTP/1.1 (pitfall 1); HTTP/2 frames it itself, and pingora takes the field
/// out.
fn frame(session: &mut Session, response: &mut ResponseHeader) -> Result<()> {
    response.remove_header(&header::CONTENT_LENGTH);
    if session.req_header().version == Version::HTTP_11 {
        response.insert_header(header::TRANSFER_ENCODING, "chunked")?;
    }
    speak(session, response);
    Ok(())
}

/// In the client's own version (pitfalls 22, 109): an HTTP/1.0 origin's word must not reach an HTTP/1.1 client, for whom
/// pingora frames in chunks; an HTTP/1.0 client knows no chunks, and reads until the connection closes.
fn speak(session: &mut Session, response: &mut ResponseHeader) {
    match session.req_header().version {
        Version::HTTP_11 => response.set_version(Version::HTTP_11),
        Version::HTTP_10 if !response.status.is_informational() => {
            response.remove_header(&header::TRANSFER_ENCODING);
            if !response.headers.contains_key(header::CONTENT_LENGTH) {
                session.set_keepalive(None);
            }
        }
        _ => {}
    }
}

fn body(shared: &Shared, visit: &Visit, plan: &RewritePlan, session: &Session, is_shared: bool) -> (Decoder, Rewriter) {
    let limits = &shared.config.limits;
    let limits = Limits { per_call: limits.decoded_chunk, ..Limits::default() };
    let page = page(visit, plan, session);
    let rewriter = if is_shared {
        Rewriter::with_memory(page, &shared.memory, address(visit, plan, session))
    } else {
        Rewriter::new(page)
    };
    (Decoder::new(&plan.codings, limits), rewriter)
}

/// The page that is asked for, as this visitor's.
pub(super) fn page(visit: &Visit, plan: &RewritePlan, session: &Session) -> Page {
    let allowed = |service: &Service| visit.judged_by.grants(service.category, service.number, service.since);
    let snippet = plan.inject.then(|| crate::widget::snippet(&visit.site, &visit.variant.token, allowed).html);
    Page {
        site: Arc::clone(&visit.site),
        consent: Arc::clone(&visit.judged_by),
        base: base(visit, session),
        ours: own_paths(visit, super::arrive::authority(session.req_header()).unwrap_or_default())
            .filter(|_| plan.inject)
            .map(|paths| OwnPaths { inline: inline_sources(&visit.site), paths: paths.into() }),
        snippet,
        charset: plan.charset,
        trace: false,
    }
}

/// Whether the origin's page is everybody's, as far as heads say: what is one person's is not remembered.
fn is_shared(session: &Session, response: &ResponseHeader) -> bool {
    let personal = |field: &http::HeaderValue| {
        let field = field.as_bytes().to_ascii_lowercase();
        [&b"no-store"[..], b"private"].iter().any(|word| memchr::memmem::find(&field, word).is_some())
    };
    !session.req_header().headers.contains_key(header::AUTHORIZATION)
        && !response.headers.contains_key(header::SET_COOKIE)
        && !response.headers.get_all(header::CACHE_CONTROL).iter().any(personal)
}

/// What a page is remembered by. Two pages under one key cost a comparison, so a hash will do.
fn address(visit: &Visit, plan: &RewritePlan, session: &Session) -> u64 {
    let head = session.req_header();
    let target = head.uri.path_and_query().map(http::uri::PathAndQuery::as_str);
    foldhash::fast::FixedState::default().hash_one((
        &visit.site.version,
        super::arrive::authority(head),
        target,
        plan.inject,
    ))
}

/// Counts what was done to a page, once, when the request is over.
pub(super) fn count(shared: &Shared, session: &Session, ctx: &mut Context, error: Option<&Error>) {
    let page = ctx.page.get_mut().unwrap_or_else(PoisonError::into_inner).take();
    let (Some(page), Some(visit)) = (page, &ctx.visit) else {
        return;
    };
    let (site, metrics, report) = (&visit.site, &shared.metrics, page.report());
    if let Some(keeper) = &shared.effects {
        super::effects::count(keeper, visit, report);
    }
    tags(site, &report.done, |slug, verdict, count| metrics.tags(&site.name, slug, verdict, count));
    tags(site, &report.reported, |slug, verdict, count| metrics.reported.tags(&site.name, slug, verdict, count));
    metrics.unknown.add(&site.name, &report.unknown);
    metrics.blocked.add(site, session.req_header().uri.path(), &report.done);
    for (reason, count) in &report.failures {
        let action = if site.mode == Mode::Report { "report" } else { site.on_failure.action(*reason).name() };
        metrics.failure(&site.name, reason.name(), action, *count);
    }
    if error.is_some() && !page.is_ended() {
        log::warn!("site {}: a page was not delivered to its end", site.name);
    }
}

/// The verdicts of one page, by service.
fn tags(site: &Site, tallies: &Tallies, count: impl Fn(&str, &str, u32)) {
    for (id, tally) in &tallies.services {
        let slug = site.service_by_id(*id).map_or("", |service| service.slug.as_str());
        count(slug, "neutralised", tally.neutralised);
        count(slug, "guarded", tally.guarded);
        count(slug, "activated", tally.activated);
        count(slug, "allowed", tally.allowed);
    }
    count("labelled", "neutralised", tallies.labelled.neutralised);
    count("labelled", "activated", tallies.labelled.activated);
    count("unclassified", "neutralised", tallies.unclassified);
}
