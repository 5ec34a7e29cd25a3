//! What becomes of a page's tags under two rule sets: the same bytes, so the same offsets.

use crate::policy::{Decider, Site, Verdict};
use crate::rewrite::{Finding, Report};
use std::collections::BTreeMap;

/// In which way a tag is judged otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Blocked,
    Allowed,
    Category,
    Service,
}

impl Kind {
    /// For programs.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Blocked => "now-blocked",
            Self::Allowed => "now-allowed",
            Self::Category => "other-category",
            Self::Service => "other-service",
        }
    }

    /// For people.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Blocked => "now blocked",
            Self::Allowed => "now allowed",
            Self::Category => "other category",
            Self::Service => "other service",
        }
    }
}

/// Tags of one page that change alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    pub(super) kind: Kind,
    /// The services that decide, or did: slugs; empty where a label or the site alone speaks.
    pub(super) services: Vec<String>,
    /// The marks before and after, as in `data-consentry`; empty: nobody decides.
    pub(super) marks: [String; 2],
}

/// What one rule set says of one tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Judged {
    line: usize,
    is_blocked: bool,
    mark: String,
    services: Vec<String>,
}

/// The changes, with the lines of their tags.
pub(super) fn of(old: (&Site, &Report), new: (&Site, &Report)) -> BTreeMap<Change, Vec<usize>> {
    let (before, after) = (judged(old), judged(new));
    let nothing = Judged::default();
    let mut changes: BTreeMap<Change, Vec<usize>> = BTreeMap::new();
    let mut places: Vec<_> = before.keys().chain(after.keys()).collect();
    places.sort_unstable();
    places.dedup();
    for place in places {
        let (old, new) = (before.get(place).unwrap_or(&nothing), after.get(place).unwrap_or(&nothing));
        let kind = match (old.is_blocked, new.is_blocked) {
            (false, true) => Kind::Blocked,
            (true, false) => Kind::Allowed,
            _ if old.mark == new.mark => continue,
            _ if old.services == new.services => Kind::Category,
            _ => Kind::Service,
        };
        let mut services = [old.services.clone(), new.services.clone()].concat();
        services.sort();
        services.dedup();
        let change = Change { kind, services, marks: [old.mark.clone(), new.mark.clone()] };
        changes.entry(change).or_default().push(old.line.max(new.line));
    }
    changes
}

/// By offset and, since several may stand at one (a tag and its text), by their order there.
fn judged((site, report): (&Site, &Report)) -> BTreeMap<(usize, &'static str, usize), Judged> {
    let mut all = BTreeMap::new();
    for finding in &report.findings {
        let mut order = 0;
        while all.contains_key(&(finding.offset, finding.tag, order)) {
            order += 1;
        }
        all.insert((finding.offset, finding.tag, order), judgement(site, finding));
    }
    all
}

fn judgement(site: &Site, finding: &Finding) -> Judged {
    let slug = |by: &Decider| by.id.and_then(|id| site.service_by_id(id)).map(|service| service.slug.clone());
    let mut services: Vec<String> = finding.deciders.iter().chain(&finding.reported).filter_map(slug).collect();
    services.sort();
    services.dedup();
    let is_blocked = matches!(finding.verdict, Verdict::Neutralise | Verdict::Remove | Verdict::Guard);
    // Who is named first means nothing: what is only reported stands behind.
    let mut marks: Vec<&str> = finding.mark.split(',').collect();
    marks.sort_unstable();
    Judged { line: finding.line, is_blocked, mark: marks.join(","), services }
}
