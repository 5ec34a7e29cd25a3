//! What is counted. Label sets are bounded by the rules; no cookie value, path, query or address is ever in one
//! (pitfall 104).

mod reported;

use super::blocked::BlockedPages;
use super::seen::WidgetsSeen;
use super::unknown::UnknownHosts;
use crate::consent::Consent;
use crate::consent::reader::Reading;
use prometheus::{Encoder, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};
use reported::Reported;

/// All counters of one gateway.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    responses: IntCounterVec,
    refused: IntCounterVec,
    failures: IntCounterVec,
    tags: IntCounterVec,
    cookies: IntCounterVec,
    edge: IntCounterVec,
    consent: IntCounterVec,
    rejected: IntCounterVec,
    unlisted: IntCounterVec,
    reloads: IntCounterVec,
    proxied: IntCounterVec,
    explained: IntCounterVec,
    policies: IntCounterVec,
    policies_refused: IntCounterVec,
    misdirected: IntCounter,
    limited: IntCounterVec,
    cached: IntCounterVec,
    cache_bytes: IntGauge,
    effects_waiting: IntGauge,
    effects_lost: IntCounter,
    /// Requests that are being answered.
    pub in_flight: IntGauge,
    /// What would have been done, were it not only reported.
    pub reported: Reported,
    /// Third parties that no rule knows, by host.
    pub unknown: UnknownHosts,
    /// Pages on which tags were made inert.
    pub blocked: BlockedPages,
    /// When the sites' widgets were heard of.
    pub widgets: WidgetsSeen,
}

impl Metrics {
    /// Registers every counter.
    ///
    /// # Errors
    /// Two counters of one name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let vec = |name: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec, prometheus::Error> {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let misdirected = IntCounter::new("consentry_misdirected_total", "Requests for a Host that no site has")?;
        let in_flight = IntGauge::new("consentry_requests_in_flight", "Requests that are being answered")?;
        registry.register(Box::new(misdirected.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        let cache_bytes = IntGauge::new("consentry_cache_bytes", "Memory that the gateway's own cache has taken")?;
        registry.register(Box::new(cache_bytes.clone()))?;
        let about = "Hourly sums of what the rewriting did that wait for the store";
        let effects_waiting = IntGauge::new("consentry_effects_waiting", about)?;
        registry.register(Box::new(effects_waiting.clone()))?;
        let about = "Pages whose sums were lost: the store was away until there was no more room";
        let effects_lost = IntCounter::new("consentry_effects_lost_total", about)?;
        registry.register(Box::new(effects_lost.clone()))?;
        Ok(Self {
            effects_waiting,
            effects_lost,
            responses: vec("consentry_responses_total", "Responses by what was done to them", &["site", "plan"])?,
            cached: vec(
                "consentry_cache_total",
                "Requests that the gateway's own cache was asked about, by what it had",
                &["site", "outcome"],
            )?,
            cache_bytes,
            limited: vec("consentry_limited_total", "Answers that came too often from one client", &["site"])?,
            refused: vec(
                "consentry_refused_total",
                "Responses that were not delivered, by reason",
                &["site", "reason"],
            )?,
            failures: vec(
                "consentry_failures_total",
                "Documents that could not be rewritten to their end, by reason and what was done",
                &["site", "reason", "action"],
            )?,
            tags: vec(
                "consentry_tags_total",
                "Tags by service and what happened to them",
                &["site", "service", "verdict"],
            )?,
            cookies: vec(
                "consentry_cookies_total",
                "Cookies by service and what happened to them: stripped from a request, dropped or shortened in a response, \
                 expired, left out for want of room",
                &["site", "service", "done"],
            )?,
            edge: vec(
                "consentry_edge_total",
                "Pages that an edge asked for by a variant: shared, closed, or a mismatch with the visitor's own",
                &["site", "outcome"],
            )?,
            consent: vec(
                "consentry_consent_total",
                "Documents by where the visitor's answer was read",
                &["site", "source"],
            )?,
            rejected: vec(
                "consentry_consent_rejected_total",
                "Answers that were not believed, by format and reason",
                &["site", "source", "reason"],
            )?,
            unlisted: vec(
                "consentry_consent_unlisted_total",
                "Known formats that were seen and are not in the site's sources",
                &["site", "source"],
            )?,
            reloads: vec("consentry_rule_reloads_total", "Rule sets loaded, by outcome", &["outcome"])?,
            proxied: vec(
                "consentry_proxy_protocol_refused_total",
                "Connections that were closed for want of a PROXY protocol header that can be believed",
                &["reason"],
            )?,
            explained: vec(
                "consentry_explanations_total",
                "Requests with the operator's field: answered, or refused for another token",
                &["outcome"],
            )?,
            policies: vec(
                "consentry_policy_reports_total",
                "What browsers reported of our policies: by service, or own, inline, unclassified, elsewhere",
                &["site", "service", "disposition"],
            )?,
            policies_refused: vec(
                "consentry_policy_reports_refused_total",
                "Reports of our policies that were not read, by the status they were answered with",
                &["site", "status"],
            )?,
            misdirected,
            in_flight,
            reported: Reported::new(&registry)?,
            unknown: UnknownHosts::default(),
            blocked: BlockedPages::default(),
            widgets: WidgetsSeen::default(),
            registry,
        })
    }

    /// A response was planned.
    pub fn response(&self, site: &str, plan: &str) {
        self.responses.with_label_values(&[site, plan]).inc();
    }

    /// A response was not delivered.
    pub fn refused(&self, site: &str, reason: &str) {
        self.refused.with_label_values(&[site, reason]).inc();
    }

    /// A document could not be rewritten to its end.
    pub fn failure(&self, site: &str, reason: &str, action: &str, count: u32) {
        self.failures.with_label_values(&[site, reason, action]).inc_by(count.into());
    }

    /// Tags of one service on one page.
    pub fn tags(&self, site: &str, service: &str, verdict: &str, count: u32) {
        if count > 0 {
            self.tags.with_label_values(&[site, service, verdict]).inc_by(count.into());
        }
    }

    /// Something was done to cookies of one service, or of none that is known.
    pub fn cookies(&self, site: &str, service: &str, done: &str, count: usize) {
        if count > 0 {
            self.cookies.with_label_values(&[site, service, done]).inc_by(u64::try_from(count).unwrap_or(u64::MAX));
        }
    }

    /// An edge asked for a page by a variant.
    pub fn edge(&self, site: &str, outcome: &str) {
        self.edge.with_label_values(&[site, outcome]).inc();
    }

    /// An answer was read, or not believed.
    pub fn reading(&self, site: &str, reading: &Reading) {
        let Consent { source, .. } = reading.consent;
        self.consent.with_label_values(&[site, source.name()]).inc();
        for (source, reason) in &reading.rejected {
            self.rejected.with_label_values(&[site, source.name(), reason.name()]).inc();
        }
        for source in &reading.unlisted {
            self.unlisted.with_label_values(&[site, source.name()]).inc();
        }
    }

    /// A rule set was loaded, or was not.
    pub fn reloaded(&self, good: bool) {
        self.reloads.with_label_values(&[if good { "loaded" } else { "refused" }]).inc();
    }

    /// A connection was closed for want of a PROXY protocol header.
    pub fn proxied(&self, reason: &str) {
        self.proxied.with_label_values(&[reason]).inc();
    }

    /// A request asked for an explanation.
    pub fn explained(&self, outcome: &str) {
        self.explained.with_label_values(&[outcome]).inc();
    }

    /// A browser reported something of our policy.
    pub fn report(&self, site: &str, about: &str, disposition: &str) {
        self.policies.with_label_values(&[site, about, disposition]).inc();
    }

    /// A report was not read.
    pub fn report_refused(&self, site: &str, status: &str) {
        self.policies_refused.with_label_values(&[site, status]).inc();
    }

    /// A request named a Host that no site has.
    pub fn misdirected(&self) {
        self.misdirected.inc();
    }

    /// An answer was not looked at: its client sends too many.
    pub fn limited(&self, site: &str) {
        self.limited.with_label_values(&[site]).inc();
    }

    /// What the cache had for a request, and what it takes.
    pub(super) fn cached(&self, site: &str, outcome: &str, bytes: Option<u64>) {
        self.cached.with_label_values(&[site, outcome]).inc();
        if let Some(bytes) = bytes {
            self.cache_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
    }

    /// How the keeper of what the rewriting did stands: sums that wait, and pages that are lost since the start.
    pub(super) fn effects(&self, waiting: u64, lost: u64) {
        self.effects_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.effects_lost.inc_by(lost.saturating_sub(self.effects_lost.get()));
    }

    /// Prometheus' text format.
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut out) {
            log::error!("metrics: {error}");
        }
        out
    }
}
