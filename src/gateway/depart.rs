//! A response's head: what is planned for it, and the rewriter that a page gets.

use super::body::PageBody;
use super::context::Visit;
use super::decode::{Decoder, Limits};
use super::{Context, Metrics, Shared};
use crate::head::HeadEdits;
use crate::head::plan::{Plan, RewritePlan};
use crate::head::terms::{SiteJudge, Terms};
use crate::policy::{Base, Service};
use crate::rewrite::{Page, Rewriter};
use http::{Version, header};
use pingora::http::ResponseHeader;
use pingora::prelude::{Error, ErrorType, Result, Session};
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
    let plan = plan(visit, session, response);
    if !response.status.is_informational() {
        shared.metrics.response(&visit.site.name, name(&plan));
    }
    match plan {
        Plan::Pass(edits) => apply(response, &edits),
        Plan::Refuse(reason, status) => {
            shared.metrics.refused(&visit.site.name, reason.name());
            Err(Error::explain(ErrorType::HTTPStatus(status.as_u16()), reason.to_string()))
        }
        Plan::Rewrite(plan) => {
            apply(response, &plan.edits)?;
            frame(session, response)?;
            shared.metrics.reading(&visit.site.name, &visit.reading);
            ctx.page = Mutex::new(Some(page(shared, visit, &plan, base(visit, session))));
            Ok(())
        }
    }
}

/// The word in metrics.
const fn name(plan: &Plan) -> &'static str {
    match plan {
        Plan::Rewrite(_) => "rewrite",
        Plan::Pass(_) => "pass",
        Plan::Refuse(..) => "refuse",
    }
}

fn plan(visit: &Visit, session: &Session, response: &ResponseHeader) -> Plan {
    let head = session.req_header();
    let authority = super::arrive::authority(head).unwrap_or_default();
    let judge = SiteJudge::new(&visit.site, &visit.judged_by, visit.scheme, authority, head.uri.path());
    crate::head::plan::plan(&visit.asked, &Terms::of(&visit.site, &visit.variant.id, &judge), response, false)
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

/// A body whose length is not known, in the client's own version (pitfalls 1, 22, 109): chunked for HTTP/1.1, until the
/// connection closes for 1.0; HTTP/2 frames it itself and pingora takes the field out.
fn frame(session: &mut Session, response: &mut ResponseHeader) -> Result<()> {
    response.remove_header(&header::CONTENT_LENGTH);
    let client = session.req_header().version;
    if client == Version::HTTP_10 {
        response.remove_header(&header::TRANSFER_ENCODING);
        session.set_keepalive(None);
        return Ok(());
    }
    if client == Version::HTTP_11 {
        response.set_version(Version::HTTP_11);
    }
    response.insert_header(header::TRANSFER_ENCODING, "chunked")
}

fn page(shared: &Shared, visit: &Visit, plan: &RewritePlan, base: Base) -> PageBody {
    let limits = &shared.config.limits;
    let limits = Limits { per_call: limits.decoded_chunk, ..Limits::default() };
    let allowed = |service: &Service| visit.judged_by.grants(service.category, Some(service.number), service.since);
    let snippet = plan.inject.then(|| crate::widget::snippet(&visit.site, &visit.variant.token, allowed).html);
    let page = Page {
        site: Arc::clone(&visit.site),
        consent: Arc::clone(&visit.judged_by),
        base,
        snippet,
        charset: plan.charset,
        trace: false,
    };
    PageBody::new(Decoder::new(plan.coding, limits), Rewriter::new(page))
}

/// Counts what was done to a page, once, when the request is over.
pub(super) fn count(metrics: &Metrics, ctx: &mut Context, error: Option<&Error>) {
    let page = ctx.page.get_mut().unwrap_or_else(PoisonError::into_inner).take();
    let (Some(page), Some(visit)) = (page, &ctx.visit) else {
        return;
    };
    let site = &visit.site;
    let report = page.report();
    for (number, tally) in &report.services {
        let slug = site.service(*number).map_or("", |service| service.slug.as_str());
        metrics.tags(&site.name, slug, "neutralised", tally.neutralised);
        metrics.tags(&site.name, slug, "activated", tally.activated);
        metrics.tags(&site.name, slug, "allowed", tally.allowed);
    }
    metrics.tags(&site.name, "labelled", "neutralised", report.labelled.neutralised);
    metrics.tags(&site.name, "labelled", "activated", report.labelled.activated);
    metrics.tags(&site.name, "unknown label", "neutralised", report.unknown_labels);
    for (reason, count) in &report.failures {
        metrics.failure(&site.name, reason.name(), site.on_failure.action(*reason).name(), *count);
    }
    if error.is_some() && !page.is_ended() {
        log::warn!("site {}: a page was not delivered to its end", site.name);
    }
}
