//! `consentry explain --json`: what was found on a page as one object, for other programs. Its shape is in docs/explain.md.

use super::{is_decided, reason, verdict, would_be};
use crate::policy::{Decider, Mode, Site};
use crate::rewrite::{Finding, Report, Why};
use serde_json::{Value, json};

/// The page's findings in the order of their tags; with `decided` only those that somebody decides about.
pub(super) fn of(report: &Report, site: &Site, decided: bool) -> Value {
    let findings = report.findings.iter().filter(|f| !decided || is_decided(f));
    json!({
        "format": 1,
        "site": site.name,
        "mode": site.mode.name(),
        "neutralised": report.done.neutralised(),
        "activated": report.done.activated(),
        "reported": { "neutralised": report.reported.neutralised(), "activated": report.reported.activated() },
        "taken_over": report.taken_over.map(|(reason, offset)| json!({ "reason": reason.name(), "offset": offset })),
        "resynchronised": report.resynchronised,
        "tags": findings.map(|finding| tag(finding, site)).collect::<Vec<_>>(),
    })
}

fn tag(finding: &Finding, site: &Site) -> Value {
    let (attribute, host, path) = reference(&finding.why);
    json!({
        "offset": finding.offset,
        "line": finding.line,
        "element": finding.tag,
        "verdict": verdict(finding),
        "mark": finding.mark,
        "would_be": would_be(finding),
        "deciders": deciders(finding, site),
        "attribute": attribute,
        "host": host,
        "path": path,
        "reason": kind(&finding.why),
        "why": reason(&finding.why),
        "scanned": finding.scanned,
    })
}

fn deciders(finding: &Finding, site: &Site) -> Vec<Value> {
    let enforced = finding.deciders.iter().map(|by| decider(by, Mode::Enforce, site));
    enforced.chain(finding.reported.iter().map(|by| decider(by, Mode::Report, site))).collect()
}

/// A category is null where nobody can grant it (D9), a service where only a label of the page speaks.
fn decider(by: &Decider, mode: Mode, site: &Site) -> Value {
    json!({
        "category": by.category.and_then(|number| site.category(number)).map(|category| &category.name),
        "service": by.id.and_then(|id| site.service_by_id(id)).map(|service| &service.slug),
        "when_refused": by.when_refused,
        "mode": mode.name(),
    })
}

fn reference(why: &Why) -> (Option<&str>, Option<&str>, Option<&str>) {
    match why {
        Why::Reference { attribute, host, path } => (Some(attribute), Some(host), Some(path)),
        Why::NoRule { host, .. } if !host.is_empty() => (None, Some(host), None),
        _ => (None, None, None),
    }
}

/// One word for the reason, which stays the same when the sentence is written anew.
fn kind(why: &Why) -> &'static str {
    match why {
        Why::Reference { .. } => "reference",
        Why::Marker => "marker",
        Why::LeftToGuard => "left-to-guard",
        Why::Label(_) => "label",
        Why::UnknownLabel(_) => "unknown-label",
        Why::NoRule { third_party: true, .. } => "unknown-host",
        Why::NoRule { host, .. } if host.is_empty() => "no-fetch",
        Why::NoRule { .. } => "own-host",
        Why::Unmarked => "unmarked",
        Why::Data(_) => "data",
    }
}
