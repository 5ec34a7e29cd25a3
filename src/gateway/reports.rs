//! What browsers report of the policies that pages come with: counted by whom it was about, and unknown third parties are
//! remembered for the operator. Anybody can send reports, so how many are read is limited, and what they say grants nothing.

use super::Metrics;
use super::context::Visit;
use super::rate::network;
use crate::collect::response::ApiResponse;
use crate::policy::csp::Violation;
use crate::policy::{Base, Scratch, reference};
use crate::rewrite::Stranger;
use pingora_limits::rate::Rate;
use std::net::IpAddr;
use std::time::Duration;

/// The time over which reports are counted.
const INTERVAL: Duration = Duration::from_secs(10);
/// After how many seconds more are read.
pub(super) const RETRY: u32 = 10;
/// The most that one address may send in it: a page's worth, several times over.
const MOST_OF_ONE: isize = 60;
/// The most that are read of all together.
const MOST_OF_ALL: isize = 2_000;

/// How many were sent lately. Its size does not depend on how many do.
pub struct Reports {
    one: Rate,
    all: Rate,
}

impl Default for Reports {
    fn default() -> Self {
        Self { one: Rate::new(INTERVAL), all: Rate::new_with_estimator_config(INTERVAL, 1, 1) }
    }
}

impl std::fmt::Debug for Reports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reports")
    }
}

impl Reports {
    /// Counts one, and says whether it is read. A few atomic additions; of an address only a hash is made.
    pub(super) fn may_come(&self, client: Option<IpAddr>) -> bool {
        self.one.observe(&client.map(network), 1) <= MOST_OF_ONE && self.all.observe(&(), 1) <= MOST_OF_ALL
    }
}

/// Takes in what was reported, and counts what was not read.
pub(super) fn tell(metrics: &Metrics, visit: &Visit, answer: &ApiResponse, host: &str) {
    let site = &visit.site.name;
    if !answer.status.is_success() {
        return metrics.report_refused(site, answer.status.as_str());
    }
    let base = Base::document(visit.scheme, host, "/");
    let mut found = Vec::new();
    for violation in &answer.violations {
        let about = about(visit, &base, violation, &mut found);
        metrics.report(site, about, if violation.is_enforced { "enforced" } else { "reported" });
    }
    metrics.unknown.report(site, &found);
}

/// Whom a report is about: a service's slug, or a word of ours. An unknown third party goes to `found`.
fn about<'v>(visit: &'v Visit, base: &Base, violation: &Violation, found: &mut Vec<Stranger>) -> &'v str {
    let (mut scratch, raw) = (Scratch::default(), |text: &str| reference::escape(text.as_bytes()));
    let document = reference::resolve(&raw(&violation.document), base, &mut scratch);
    if document.is_none_or(|document| document.host != base.document_host()) {
        return "elsewhere";
    }
    // A word has no scheme, and would be a path.
    if !violation.blocked.contains("://") {
        return "inline";
    }
    let Some(target) = reference::resolve(&raw(&violation.blocked), base, &mut scratch) else { return "inline" };
    match visit.site.known_at(&target, base, violation.fetch) {
        Some(service) => &service.slug,
        None if !target.third_party || visit.site.is_allowed(&target) => "own",
        None => {
            found.push(Stranger::new(target.host, target.path, violation.fetch));
            "unclassified"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_stopped_and_others_are_not() {
        let reports = Reports::default();
        let client = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let read = |from: &str| (0..100).filter(|_| reports.may_come(client(from))).count();
        assert_eq!(read("192.0.2.1"), 60);
        assert_eq!(read("::ffff:192.0.2.1"), 0, "the same, otherwise written");
        assert_eq!(read("192.0.2.2"), 60);
        assert_eq!(read("2001:db8::1"), 60);
        assert_eq!(read("2001:db8::ffff:1"), 0, "the same network");
        assert_eq!((0..100).filter(|_| reports.may_come(None)).count(), 60);
        let all = (0..20_000_u32).filter(|n| reports.may_come(Some(IpAddr::V4(n.to_be().into())))).count();
        assert!(all < 2_000, "{all}");
    }
}
