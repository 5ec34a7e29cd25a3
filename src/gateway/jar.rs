//! Cookies of a response: the edits that consent makes to them, beside those of the plan.

use super::context::Visit;
use super::{Metrics, Shared};
use crate::collect::expire::Place;
use crate::collect::withdraw;
use crate::config::Scheme;
use crate::head::HeadEdits;
use crate::head::plan::Plan;
use crate::head::set_cookie::{self, Done};
use crate::policy::{CookieVerdict, Delivery};
use http::header::SET_COOKIE;
use http::request::Parts;
use pingora::http::ResponseHeader;
use pingora::prelude::Session;

/// What is needed of the request.
pub(super) struct Jar<'a> {
    shared: &'a Shared,
    visit: &'a Visit,
    request: &'a Parts,
}

impl<'a> Jar<'a> {
    pub(super) fn of(shared: &'a Shared, visit: &'a Visit, session: &'a Session) -> Self {
        Self { shared, visit, request: session.req_header() }
    }

    /// Takes out of the response what was not allowed, whatever its plan, and ends with a page what is refused.
    pub(super) fn filter(&self, response: &ResponseHeader, plan: &mut Plan) {
        let is_page = matches!(plan, Plan::Rewrite(_));
        let edits = match plan {
            Plan::Pass(edits) => edits,
            Plan::Rewrite(plan) => &mut plan.edits,
            Plan::Refuse(..) => return,
        };
        self.set(response, edits);
        // Where caches keep the page, its fields would end everybody's cookies.
        if is_page && self.visit.site.delivery == Delivery::PerVisitor {
            self.expire(edits);
        }
    }

    fn set(&self, response: &ResponseHeader, edits: &mut HeadEdits) {
        let Visit { site, consent, .. } = self.visit;
        let headers = &response.headers;
        for (name, path) in set_cookie::known(headers, site, consent, self.request.uri.path()) {
            self.shared.collect.seen.add(&site.name, name, path);
        }
        set_cookie::filter(headers, site, consent, edits, |done, verdict, is_reported| {
            let done = match done {
                Done::Dropped => "dropped",
                Done::Shortened => "shortened",
            };
            count(&self.shared.metrics, &site.name, &verdict, done, is_reported);
        });
    }

    fn expire(&self, edits: &mut HeadEdits) {
        let Visit { site, consent, scheme, .. } = self.visit;
        let place = Place {
            host: super::arrive::authority(self.request).unwrap_or_default(),
            path: self.request.uri.path(),
            secure: *scheme == Scheme::Https.as_str(),
        };
        let seen = &self.shared.collect.seen;
        let expiry = withdraw::on_page(site, consent, &self.request.headers, &place, seen);
        self.shared.metrics.cookies(&site.name, "", "expired", expiry.fields.len());
        self.shared.metrics.cookies(&site.name, "", "left_out", expiry.left_out);
        edits.append.extend(expiry.fields.into_iter().map(|field| (SET_COOKIE, field)));
    }
}

/// Counts what was done to a cookie, or would have been.
pub(super) fn count(metrics: &Metrics, site: &str, verdict: &CookieVerdict<'_>, done: &str, is_reported: bool) {
    if is_reported {
        metrics.reported.cookie(site, service(verdict), done);
    } else {
        metrics.cookies(site, service(verdict), done, 1);
    }
}

/// The word in metrics.
fn service<'s>(verdict: &CookieVerdict<'s>) -> &'s str {
    match verdict {
        CookieVerdict::Granted(service) | CookieVerdict::Denied { service, .. } => &service.slug,
        CookieVerdict::Necessary | CookieVerdict::Unknown { .. } => "",
    }
}
