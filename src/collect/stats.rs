//! Counts of what our own paths did since the start, for the metrics. Numbers only: nothing of a visitor.

use super::response::Refusal;
use std::sync::atomic::{AtomicU64, Ordering};

/// The counters.
#[derive(Debug, Default)]
pub struct Counters {
    stored: AtomicU64,
    cross_site: AtomicU64,
    invalid: AtomicU64,
    unavailable: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Answers that were stored and acknowledged.
    pub stored: u64,
    /// Answers refused because they did not come from the site's pages.
    pub cross_site: u64,
    /// Answers refused because of what they say: names, form, size, type.
    pub invalid: u64,
    /// Answers refused because the proof could not be stored.
    pub unavailable: u64,
}

impl Counters {
    pub(super) fn stored(&self) {
        self.stored.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self, refusal: &Refusal) {
        let counter = match refusal {
            // Reports of policies are no answers.
            Refusal::NotFound
            | Refusal::NotAsked
            | Refusal::Method(_)
            | Refusal::NoReport
            | Refusal::TooMany { .. } => {
                return;
            }
            Refusal::CrossSite(_) | Refusal::UnknownKey => &self.cross_site,
            Refusal::MediaType | Refusal::TooLarge | Refusal::Invalid(_) => &self.invalid,
            Refusal::Unavailable { .. } => &self.unavailable,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// All of them now.
    pub fn read(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            stored: read(&self.stored),
            cross_site: read(&self.cross_site),
            invalid: read(&self.invalid),
            unavailable: read(&self.unavailable),
        }
    }
}
