//! Counts on the way of a request: once for each page, when it has left.
//!
//! PERF: each thread has a shard of its own, whose lock nobody else wants but the keeper once in a while. A page of a
//! decision and with services that were met since costs one look-up and no allocation.

use super::record::{Done, Hour};
use super::{FURTHER, LABELLED, UNCLASSIFIED};
use crate::policy::ServiceId;
use foldhash::fast::RandomState;
use std::cell::Cell;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// More than there are threads that serve pages, as a rule.
const SHARDS: usize = 16;

/// The most decisions of one shard between two collections; pages of further ones are counted together.
const DECISIONS_MOST: usize = 512;

/// The most services of one decision; further ones are counted together.
const SERVICES_MOST: usize = 256;

/// What was done to one page.
#[derive(Debug, Clone, Copy)]
pub struct PageDone<'p> {
    /// The site's name.
    pub site: &'p str,
    /// The rule set's version.
    pub rules: &'p str,
    /// The variant token.
    pub variant: &'p str,
    /// Whether its rewriting left the normal path.
    pub is_unfinished: bool,
    /// Tags that only a label speaks about.
    pub labelled: Done,
    /// Tags that nobody may allow, which were made inert.
    pub unclassified: u64,
}

/// All that was counted since the last collection.
#[derive(Debug)]
pub struct Counters {
    hashes: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Debug, Default)]
struct Shard(HashMap<u64, Counted, RandomState>);

/// One decision in one hour.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) hour: Hour,
    pub(super) site: Box<str>,
    pub(super) rules: Box<str>,
    pub(super) variant: Box<str>,
    pub(super) pages: u64,
    pub(super) unfinished: u64,
    /// In the order of their numbers, which hold for one rule set.
    services: Vec<(ServiceId, Box<str>, Done)>,
    labelled: Done,
    unclassified: u64,
    further: Done,
}

impl Default for Counters {
    fn default() -> Self {
        Self { hashes: RandomState::default(), shards: std::array::from_fn(|_| Mutex::default()) }
    }
}

thread_local! {
    static SLOT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The shard of this thread: threads take turns.
fn slot() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    SLOT.with(|slot| match slot.get() {
        Some(slot) => slot,
        None => {
            let fresh = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
            slot.set(Some(fresh));
            fresh
        }
    })
}

impl Counters {
    /// Counts one page: what was done to the tags of each service, whose name is asked for when it is met first. O(services
    /// of the page).
    pub fn page<'n>(
        &self,
        page: &PageDone<'_>,
        hour: Hour,
        services: impl Iterator<Item = (ServiceId, Done)>,
        name: impl Fn(ServiceId) -> &'n str,
    ) {
        let Some(shard) = self.shards.get(slot()) else { return };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = shard.of(&self.hashes, page, hour);
        counted.pages += 1;
        counted.unfinished += u64::from(page.is_unfinished);
        counted.labelled.add(&page.labelled);
        counted.unclassified += page.unclassified;
        services.for_each(|(id, done)| counted.add(id, &done, &name));
    }

    /// What was counted since the last time; the counters begin anew.
    pub(super) fn collect(&self) -> Vec<Counted> {
        let taken = |shard: &Mutex<Shard>| std::mem::take(&mut shard.lock().unwrap_or_else(PoisonError::into_inner).0);
        self.shards.iter().flat_map(|shard| taken(shard).into_values()).collect()
    }
}

impl Shard {
    fn of(&mut self, hashes: &RandomState, page: &PageDone<'_>, hour: Hour) -> &mut Counted {
        let mut variant = page.variant;
        let mut key = hashes.hash_one((hour, page.site, page.rules, variant));
        let is_room = match self.0.get(&key) {
            Some(known) => known.is(page.site, page.rules, variant, hour),
            None => self.0.len() < DECISIONS_MOST,
        };
        if !is_room {
            variant = FURTHER;
            key = hashes.hash_one((hour, page.site, page.rules, variant));
        }
        self.0.entry(key).or_insert_with(|| Counted::new(page.site, page.rules, variant, hour))
    }
}

impl Counted {
    fn new(site: &str, rules: &str, variant: &str, hour: Hour) -> Self {
        Self {
            hour,
            site: site.into(),
            rules: rules.into(),
            variant: variant.into(),
            pages: 0,
            unfinished: 0,
            services: Vec::new(),
            labelled: Done::default(),
            unclassified: 0,
            further: Done::default(),
        }
    }

    /// Two decisions under one hash are two, however seldom that is.
    fn is(&self, site: &str, rules: &str, variant: &str, hour: Hour) -> bool {
        (&*self.variant, &*self.rules, &*self.site, self.hour) == (variant, rules, site, hour)
    }

    fn add<'n>(&mut self, id: ServiceId, done: &Done, name: impl Fn(ServiceId) -> &'n str) {
        match self.services.binary_search_by_key(&id, |(known, ..)| *known) {
            Ok(at) => {
                if let Some((.., known)) = self.services.get_mut(at) {
                    known.add(done);
                }
            }
            Err(at) if self.services.len() < SERVICES_MOST => self.services.insert(at, (id, name(id).into(), *done)),
            Err(_) => self.further.add(done),
        }
    }

    /// What was done, by name.
    pub(super) fn done(&self) -> impl Iterator<Item = (&str, Done)> {
        let unclassified = Done { neutralised: self.unclassified, ..Done::default() };
        let others = [(LABELLED, self.labelled), (UNCLASSIFIED, unclassified), (FURTHER, self.further)];
        let services = self.services.iter().map(|(_, name, done)| (&**name, *done));
        services.chain(others).filter(|(_, done)| !done.is_nothing())
    }
}
