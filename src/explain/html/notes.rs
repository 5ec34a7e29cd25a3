//! One note per tag that is told of: what stands beside the source, and where in the source it belongs.

use super::super::{Explained, words};
use super::escape;
use crate::rewrite::{Finding, Why};
use std::ops::Range;

/// A tag, with its words.
#[derive(Debug)]
pub(super) struct Note {
    /// From 1.
    pub(super) number: usize,
    /// Its bytes in the page.
    pub(super) range: Range<usize>,
    /// The style: the verdict, `unknown` for a third party that nobody knows, or `reported`.
    pub(super) class: &'static str,
    /// The verdict.
    pub(super) verdict: &'static str,
    /// The host that no rule knows, or empty.
    pub(super) party: String,
    /// Category and service, or empty.
    pub(super) owners: Vec<(String, String)>,
    line: usize,
    element: &'static str,
    would_be: Option<&'static str>,
    rules: Vec<String>,
    why: String,
    scanned: bool,
}

/// The notes of a page, in its order.
pub(super) fn of(page: &Explained<'_>) -> Vec<Note> {
    let wanted = page.findings().filter(|finding| words::is_decided(finding) || is_unknown(finding));
    wanted.enumerate().map(|(at, finding)| note(page, finding, at + 1)).collect()
}

fn is_unknown(finding: &Finding) -> bool {
    matches!(finding.why, Why::NoRule { third_party: true, .. })
}

fn party(finding: &Finding) -> String {
    match &finding.why {
        Why::NoRule { host, third_party: true } => host.clone(),
        _ => String::new(),
    }
}

fn note(page: &Explained<'_>, finding: &Finding, number: usize) -> Note {
    let (verdict, would_be) = (words::verdict(finding), words::would_be(finding));
    let class = match (verdict, would_be) {
        ("kept", Some(_)) => "reported",
        ("kept", None) if is_unknown(finding) => "unknown",
        _ => verdict,
    };
    let (mut owners, mut rules) = (Vec::new(), Vec::new());
    for by in finding.deciders.iter().chain(&finding.reported) {
        let category = by.category.and_then(|number| page.site.category(number));
        let category = category.map_or("nobody can grant it", |category| &category.name);
        let service = by.id.and_then(|id| page.site.service_by_id(id)).map_or("", |service| &service.name);
        owners.push((category.to_owned(), service.to_owned()));
        let rule = page.matched(finding, by).map(|rule| rule.sentence());
        rules.extend(rule.filter(|rule| !rules.contains(rule)));
    }
    let end = finding.offset.saturating_add(page.tag_length(finding));
    Note {
        number,
        range: finding.offset..end.min(page.html.len()),
        class,
        verdict,
        party: party(finding),
        owners,
        line: finding.line,
        element: finding.tag,
        would_be,
        rules,
        why: words::reason(&finding.why),
        scanned: finding.scanned,
    }
}

impl Note {
    /// What a pointer over the tag shows.
    pub(super) fn title(&self) -> String {
        let owners: Vec<String> = self.owners.iter().map(joined).collect();
        let parts = [vec![self.verdict.to_owned()], owners, self.rules.clone(), vec![self.why.clone()]].concat();
        parts.join(" · ")
    }

    /// What stands beside the source.
    pub(super) fn write(&self, out: &mut String) {
        let Self { number, class, verdict, line, element, .. } = self;
        out.push_str(&format!(
            "<li id=\"n{number}\" class=\"{class}\"><a href=\"#t{number}\">line {line}</a> <code>{}</code> <b>{verdict}</b>",
            escape(element)
        ));
        if let Some(word) = self.would_be {
            out.push_str(&format!(" <i>only reported, would be {word}</i>"));
        }
        self.owners.iter().for_each(|owner| out.push_str(&format!("<br>{}", escape(&joined(owner)))));
        self.rules.iter().for_each(|rule| out.push_str(&format!("<br>by {}", escape(rule))));
        let scanned = if self.scanned { "; judged without context" } else { "" };
        out.push_str(&format!("<br><small>{}{scanned}</small></li>\n", escape(&self.why)));
    }
}

fn joined((category, service): &(String, String)) -> String {
    if service.is_empty() { category.clone() } else { format!("{category}: {service}") }
}
