//! A page that an edge of the site asked for: what it may do with it, and a companion cookie put right (D5).

use super::Shared;
use super::context::Visit;
use crate::collect::companion;
use crate::config::Scheme;
use crate::consent::Deciseconds;
use crate::head::expect::Expect;
use crate::head::plan::Plan;
use http::header::SET_COOKIE;
use pingora::http::ResponseHeader;
use pingora::prelude::Session;

/// The last edits to a page's head. Nothing for sites without `[edge]`.
pub(super) fn tell(shared: &Shared, visit: &Visit, session: &Session, response: &ResponseHeader, plan: &mut Plan) {
    let Some(offer) = &visit.edge else { return };
    let is_page = matches!(plan, Plan::Rewrite(_));
    let edits = match plan {
        Plan::Pass(edits) => edits,
        Plan::Rewrite(plan) => &mut plan.edits,
        Plan::Refuse(..) => return,
    };
    let Visit { site, consent, asked, scheme, .. } = visit;
    let request = session.req_header();
    if is_page && asked.expect == Expect::Document {
        let secure = *scheme == Scheme::Https.as_str();
        let renewal = companion::renewal(site, consent, &request.headers, Deciseconds::now(), secure);
        edits.append.extend(renewal.map(|field| (SET_COOKIE, field)));
    }
    let suits = offer.suits(request, asked, site.inject);
    if let Some(outcome) = offer.settle(suits, edits, response) {
        shared.metrics.edge(&site.name, outcome.name());
    }
}
