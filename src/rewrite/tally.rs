//! How often which verdict was given, by who decided: the counters of a page.

use crate::policy::{Deciders, ServiceId, Verdict};
use smallvec::SmallVec;

/// How often something happened to the tags of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Made inert.
    pub neutralised: u32,
    /// Came inert and were made live.
    pub activated: u32,
    /// Run, and the guard judges what they insert.
    pub guarded: u32,
    /// Were live and allowed.
    pub allowed: u32,
}

impl Tally {
    fn sum(&mut self, other: &Self) {
        self.neutralised += other.neutralised;
        self.activated += other.activated;
        self.guarded += other.guarded;
        self.allowed += other.allowed;
    }

    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Neutralise | Verdict::Remove => self.neutralised += 1,
            Verdict::Activate => self.activated += 1,
            Verdict::Guard => self.guarded += 1,
            Verdict::Keep => self.allowed += 1,
        }
    }
}

/// The verdicts of one page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tallies {
    /// By service, in the order of their first tags.
    pub services: SmallVec<[(ServiceId, Tally); 4]>,
    /// Tags that only a label or an unknown label decided about.
    pub labelled: Tally,
    /// Tags of a category that this site does not know (D9), or of a third party that it does not let through.
    pub unclassified: u32,
}

impl Tallies {
    /// Tags of all services and labels that were made inert.
    pub fn neutralised(&self) -> u32 {
        self.services.iter().map(|(_, tally)| tally.neutralised).sum::<u32>() + self.labelled.neutralised
    }

    /// Tags of all services and labels that came inert and were made live.
    pub fn activated(&self) -> u32 {
        self.services.iter().map(|(_, tally)| tally.activated).sum::<u32>() + self.labelled.activated
    }

    pub(crate) fn count(&mut self, deciders: &Deciders, verdict: Verdict) {
        let mut by_service = false;
        let mut seen: SmallVec<[ServiceId; 4]> = SmallVec::new();
        for id in deciders.iter().filter_map(|d| d.id) {
            by_service = true;
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            match self.services.iter_mut().find(|(known, _)| *known == id) {
                Some((_, tally)) => tally.add(verdict),
                None => {
                    let mut tally = Tally::default();
                    tally.add(verdict);
                    self.services.push((id, tally));
                }
            }
        }
        if deciders.iter().any(|d| d.category.is_none()) {
            self.unclassified += 1;
        }
        if !by_service {
            self.labelled.add(verdict);
        }
    }

    /// Takes in the counters of a document inside of this one.
    pub(crate) fn add(&mut self, inner: &Self) {
        for (id, tally) in &inner.services {
            match self.services.iter_mut().find(|(known, _)| known == id) {
                Some((_, known)) => known.sum(tally),
                None => self.services.push((*id, *tally)),
            }
        }
        self.labelled.sum(&inner.labelled);
        self.unclassified += inner.unclassified;
    }
}
