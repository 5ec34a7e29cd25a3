//! From counters to signed sums in the store, off the request threads.
//!
//! A sum is written while its hour goes on, each time with what came since and a higher revision, so that a power cut takes no
//! more than what was counted since the last time. What cannot be written stays here and is tried again; when there is no more
//! room, the oldest goes, and its pages are counted as lost.

use super::FURTHER;
use super::count::{Counted, Counters};
use super::record::{Body, Done, Effect, Hour, ServiceDone};
use crate::collect::checkpoint::Signer;
use crate::collect::store::{EffectStore, StoreError};
use crate::consent::Deciseconds;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Sums in one transaction.
const AT_ONCE: usize = 256;

/// Keeps what one process counts.
#[derive(Debug)]
pub struct Keeper {
    /// What pages are counted with.
    pub counters: Counters,
    signer: Signer,
    run: Uuid,
    held: Mutex<Sums>,
    /// Sums that are not written, or have changed since.
    waiting: AtomicU64,
    lost: AtomicU64,
    /// The most sums of one hour; pages of further decisions are counted together.
    hour_most: usize,
    /// The most sums in memory.
    most: usize,
}

/// Hour, site, rule set, variant.
type Key = (Hour, Box<str>, Box<str>, Box<str>);

/// Those whose hour goes on, and those that are not written yet.
#[derive(Debug, Default)]
struct Sums {
    sums: BTreeMap<Key, Sum>,
    last_number: u64,
}

#[derive(Debug)]
struct Sum {
    number: u64,
    revision: u64,
    is_changed: bool,
    pages: u64,
    unfinished: u64,
    services: BTreeMap<Box<str>, Done>,
}

impl Keeper {
    /// With nothing counted yet. Bounded: 2,000 sums an hour, 10,000 in all, each of some 2 kB.
    pub fn new(signer: Signer) -> Self {
        Self::bounded(signer, 2_000, 10_000)
    }

    /// The same with other bounds, for tests: sums of one hour, and sums in all.
    pub fn bounded(signer: Signer, hour_most: usize, most: usize) -> Self {
        Self {
            counters: Counters::default(),
            signer,
            run: Uuid::new_v4(),
            held: Mutex::default(),
            waiting: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            hour_most,
            most,
        }
    }

    /// Sums that wait for the store, as of the last [`Self::keep`].
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Pages whose sums were dropped for want of room while the store was away.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Writes what changed. What is not written, or when this is dropped half way, is tried again the next time, and there
    /// once: a sum takes the place of its former revision.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn keep(&self, store: &dyn EffectStore, now: Deciseconds) -> Result<(), StoreError> {
        let mut held = self.held.lock().await;
        for counted in self.counters.collect() {
            held.take(&counted, self.hour_most);
        }
        self.lost.fetch_add(held.bound(self.most), Ordering::Relaxed);
        let done = self.write(&mut held, store).await;
        // An hour longer, for a page that was counted at its very end: it must not get a number behind those of the next hour.
        held.sums.retain(|(hour, ..), sum| sum.is_changed || hour.0.saturating_add(1) >= Hour::of(now).0);
        let changed = held.sums.values().filter(|sum| sum.is_changed).count();
        self.waiting.store(u64::try_from(changed).unwrap_or(u64::MAX), Ordering::Relaxed);
        done
    }

    async fn write(&self, held: &mut Sums, store: &dyn EffectStore) -> Result<(), StoreError> {
        for keys in held.changed().chunks(AT_ONCE) {
            store.keep_effects(self.sign(held, keys)).await?;
            held.are_written(keys);
        }
        Ok(())
    }

    fn sign(&self, held: &mut Sums, keys: &[Key]) -> Vec<Effect> {
        let Sums { sums, last_number } = held;
        let mut signed = Vec::with_capacity(keys.len());
        for key in keys {
            let Some(sum) = sums.get_mut(key) else { continue };
            if sum.number == 0 {
                *last_number += 1;
                sum.number = *last_number;
            }
            sum.revision += 1;
            signed.push(Effect::sign(sum.body(self.run, key), &self.signer));
        }
        signed
    }
}

impl Sums {
    fn take(&mut self, counted: &Counted, hour_most: usize) {
        let Counted { hour, site, rules, variant, .. } = counted;
        let mut key = (*hour, site.clone(), rules.clone(), variant.clone());
        if !self.sums.contains_key(&key) && self.of(*hour) >= hour_most {
            key.3 = FURTHER.into();
        }
        self.sums.entry(key).or_default().add(counted);
    }

    /// Those that are to be written, in the order of their numbers, so that none is there before one that comes before it.
    fn changed(&self) -> Vec<Key> {
        let changed = self.sums.iter().filter(|(_, sum)| sum.is_changed);
        let mut numbered: Vec<(u64, &Key)> = changed.map(|(key, sum)| (sum.number.wrapping_sub(1), key)).collect();
        numbered.sort();
        numbered.into_iter().map(|(_, key)| key.clone()).collect()
    }

    fn are_written(&mut self, keys: &[Key]) {
        for key in keys {
            if let Some(sum) = self.sums.get_mut(key) {
                sum.is_changed = false;
            }
        }
    }

    /// How many there are of an hour.
    fn of(&self, hour: Hour) -> usize {
        let first = (hour, Box::default(), Box::default(), Box::default());
        self.sums.range(first..).take_while(|((known, ..), _)| *known == hour).count()
    }

    /// Drops the oldest where there is no room, but none that may have been written and would leave a gap; how many pages are
    /// lost with them.
    fn bound(&mut self, most: usize) -> u64 {
        let (mut lost, mut many) = (0, self.sums.len().saturating_sub(most));
        self.sums.retain(|_, sum| {
            let goes = many > 0 && sum.number == 0;
            many -= usize::from(goes);
            lost += if goes { sum.pages } else { 0 };
            !goes
        });
        lost
    }
}

impl Default for Sum {
    fn default() -> Self {
        Self { number: 0, revision: 0, is_changed: true, pages: 0, unfinished: 0, services: BTreeMap::new() }
    }
}

impl Sum {
    fn add(&mut self, counted: &Counted) {
        self.is_changed = true;
        self.pages += counted.pages;
        self.unfinished += counted.unfinished;
        for (name, done) in counted.done() {
            match self.services.get_mut(name) {
                Some(known) => known.add(&done),
                None => drop(self.services.insert(name.into(), done)),
            }
        }
    }

    fn body(&self, run: Uuid, (hour, site, rules, variant): &Key) -> Body {
        Body {
            format: 1,
            run,
            number: self.number,
            revision: self.revision,
            hour: *hour,
            site: site.to_string(),
            rules: rules.to_string(),
            variant: variant.to_string(),
            pages: self.pages,
            unfinished: self.unfinished,
            services: self
                .services
                .iter()
                .map(|(name, done)| ServiceDone { service: name.to_string(), done: *done })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests;
