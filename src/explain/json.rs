//! As one JSON object, for other programs. Its shape is in docs/explain.md.

use super::{Explained, words};
use crate::policy::{Decider, Mode};
use crate::rewrite::{Finding, Why};
use serde_json::{Value, json};

/// The page's findings in the order of their tags.
pub fn of(page: &Explained<'_>) -> Value {
    let Explained { site, report, .. } = page;
    json!({
        "format": 1,
        "site": site.name,
        "mode": site.mode.name(),
        "granted": page.granted(),
        "neutralised": report.done.neutralised(),
        "activated": report.done.activated(),
        "reported": { "neutralised": report.reported.neutralised(), "activated": report.reported.activated() },
        "taken_over": report.taken_over.map(|(reason, offset)| json!({ "reason": reason.name(), "offset": offset })),
        "resynchronised": report.resynchronised,
        "tags": page.findings().map(|finding| tag(page, finding)).collect::<Vec<_>>(),
    })
}

fn tag(page: &Explained<'_>, finding: &Finding) -> Value {
    let (attribute, host, path) = reference(&finding.why);
    json!({
        "offset": finding.offset,
        "line": finding.line,
        "element": finding.tag,
        "verdict": words::verdict(finding),
        "would_be": words::would_be(finding),
        "mark": finding.mark,
        "deciders": deciders(page, finding),
        "attribute": attribute,
        "host": host,
        "path": path,
        "reason": words::kind(&finding.why),
        "why": words::reason(&finding.why),
        "scanned": finding.scanned,
    })
}

fn deciders(page: &Explained<'_>, finding: &Finding) -> Vec<Value> {
    let enforced = finding.deciders.iter().map(|by| decider(page, finding, by, Mode::Enforce));
    enforced.chain(finding.reported.iter().map(|by| decider(page, finding, by, Mode::Report))).collect()
}

/// A category is null where nobody can grant it (D9), a service where only a label of the page speaks.
fn decider(page: &Explained<'_>, finding: &Finding, by: &Decider, mode: Mode) -> Value {
    let site = page.site;
    let rule = page.matched(finding, by);
    let rule = rule.map(|rule| json!({ "kind": rule.kind, "text": rule.text, "file": rule.file, "line": rule.line }));
    json!({
        "category": by.category.and_then(|number| site.category(number)).map(|category| &category.name),
        "service": by.id.and_then(|id| site.service_by_id(id)).map(|service| &service.slug),
        "when_refused": by.when_refused,
        "mode": mode.name(),
        "rule": rule,
    })
}

fn reference(why: &Why) -> (Option<&str>, Option<&str>, Option<&str>) {
    match why {
        Why::Reference { attribute, host, path } => (Some(attribute), Some(host), Some(path)),
        Why::NoRule { host, .. } if !host.is_empty() => (None, Some(host), None),
        Why::Label { attribute, .. } | Why::UnknownLabel { attribute, .. } if !attribute.is_empty() => {
            (Some(attribute), None, None)
        }
        _ => (None, None, None),
    }
}
