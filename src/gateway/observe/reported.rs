//! What would have been done, were it not only reported: counters of their own, so that those of what was done stay true.

use prometheus::{IntCounterVec, Opts, Registry};

/// The counters of what is only reported, of whole sites and of single services.
#[derive(Debug)]
pub struct Reported {
    responses: IntCounterVec,
    tags: IntCounterVec,
    cookies: IntCounterVec,
    heads: IntCounterVec,
}

impl Reported {
    /// Registers them.
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let vec = |name: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec, prometheus::Error> {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        Ok(Self {
            responses: vec(
                "consentry_reported_responses_total",
                "Responses of sites that only report, by what would have been done to them",
                &["site", "plan"],
            )?,
            tags: vec(
                "consentry_reported_tags_total",
                "Tags by service and what would have happened to them, were it not only reported",
                &["site", "service", "verdict"],
            )?,
            cookies: vec(
                "consentry_reported_cookies_total",
                "Cookies by service and what would have been done to them, were it not only reported",
                &["site", "service", "done"],
            )?,
            heads: vec(
                "consentry_reported_heads_total",
                "Response heads that lead to a service and would have been changed, were it not only reported",
                &["site", "service"],
            )?,
        })
    }

    /// A response of a site that only reports was planned.
    pub fn response(&self, site: &str, plan: &str) {
        self.responses.with_label_values(&[site, plan]).inc();
    }

    /// Tags of one service on one page.
    pub fn tags(&self, site: &str, service: &str, verdict: &str, count: u32) {
        if count > 0 {
            self.tags.with_label_values(&[site, service, verdict]).inc_by(count.into());
        }
    }

    /// A cookie of one service, or of none that is known.
    pub fn cookie(&self, site: &str, service: &str, done: &str) {
        self.cookies.with_label_values(&[site, service, done]).inc();
    }

    /// A response's head leads to this service.
    pub fn head(&self, site: &str, service: &str) {
        self.heads.with_label_values(&[site, service]).inc();
    }
}
