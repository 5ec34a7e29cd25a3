//! What travels with one request from its head to its end.

use super::body::Body;
use super::cache::AnswerId;
use crate::consent::Consent;
use crate::consent::reader::Reading;
use crate::consent::signal::Signals;
use crate::head::HeadEdits;
use crate::head::edge::Offer;
use crate::head::request::Asked;
use crate::policy::{RuleSet, Site, Variant};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// One request's state. `Send + Sync`, as pingora asks; the rewriter inside is not, so it sits in a mutex whose lock is
/// never taken (pitfall 16).
#[derive(Debug, Default)]
pub struct Context {
    /// What was known when the head had been read; `None` before, and for requests that were answered at once.
    // PERF: boxed, as pingora moves the context about.
    pub(super) visit: Option<Box<Visit>>,
    /// The page that is being rewritten; built anew for every response head (pitfall 17).
    pub(super) page: Mutex<Option<Body>>,
    /// The answer of the origin that was found in the cache.
    pub(super) found: Option<AnswerId>,
    /// The one that comes, and is kept.
    pub(super) admitted: Option<AnswerId>,
    /// Counted as in flight until this is dropped.
    pub(super) in_flight: Option<InFlight>,
}

/// Who asked, for which site, and what they allowed: one snapshot of the rules for the whole request (pitfall 102).
#[derive(Debug)]
pub(super) struct Visit {
    /// Kept so that the set in force at the request's start lives to its end.
    pub(super) rules: Arc<RuleSet>,
    pub(super) site: Arc<Site>,
    pub(super) consent: Arc<Consent>,
    /// What the page and its head are judged by: the answer, or in uniform delivery nobody's (D6).
    pub(super) judged_by: Arc<Consent>,
    /// How the answer was found, for the counters.
    pub(super) reading: Reading,
    pub(super) variant: Arc<Variant>,
    pub(super) asked: Asked,
    /// What changes in the request's head for the origin.
    pub(super) edits: HeadEdits,
    /// Under which law and with which signal the answer stands.
    pub(super) signals: Signals,
    /// What the site offers to the edge that the request came through; `None` without `[edge]`, or when it came through
    /// nobody who is known.
    pub(super) edge: Option<Box<Offer>>,
    /// The visitor's address, as far as those who told us are believed.
    pub(super) client: Option<IpAddr>,
    /// The scheme that visitors of the site use (D18).
    pub(super) scheme: &'static str,
}

/// Counts a request as in flight while it lives.
#[derive(Debug)]
pub(super) struct InFlight(prometheus::IntGauge);

impl InFlight {
    pub(super) fn new(gauge: &prometheus::IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
