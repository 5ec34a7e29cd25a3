//! Which pages are known. Bounded; a page that changes from visit to visit is left alone.
//!
//! A page's first visit keeps its bytes, the second compares, and if it was the same the third need not be parsed
//! ([`super::known`]). Nothing here decides what leaves: a page is compared to the byte each time.

use super::Page;
use super::known::Known;
use bytes::{Bytes, BytesMut};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// The largest page that is kept, in bytes.
const PAGE: usize = 512 << 10;
/// How many visits a page that changed is left alone.
const PATIENCE: u32 = 64;

/// What is known of the page at one address.
#[derive(Debug, Clone)]
enum Entry {
    /// It came once.
    Once(Bytes),
    /// It came at least twice, and was the same.
    Known(Arc<Known>),
    /// It was another one the second time; so many visits ago.
    Changing(u32),
}

impl Entry {
    fn weight(&self) -> usize {
        128 + match self {
            Self::Once(bytes) => bytes.len(),
            Self::Known(known) => known.weight(),
            Self::Changing(_) => 0,
        }
    }
}

#[derive(Debug, Default)]
struct Pages {
    entries: HashMap<u64, Entry>,
    /// Oldest first; an address may stand here although it has gone.
    order: VecDeque<u64>,
    weight: usize,
}

/// The pages that are known, by their address. Shared by all requests.
#[derive(Debug)]
pub struct Memory {
    pages: Mutex<Pages>,
    most: usize,
}

/// What to do with one page while it is read.
#[derive(Debug)]
pub(crate) enum Plan {
    /// It is known: compare.
    Replay(Arc<Known>),
    /// Keep its bytes, or compare them with the first visit's.
    Watch(Watch),
    /// Nothing.
    Leave,
}

/// A page that is being watched.
#[derive(Debug)]
pub(crate) struct Watch {
    key: u64,
    /// The bytes of the visit before.
    before: Option<Bytes>,
    /// The bytes so far, when there was none; their number else.
    kept: BytesMut,
    came: usize,
    is_over: bool,
}

impl Memory {
    /// Keeps at most so many bytes; 0 keeps nothing.
    pub fn new(most: usize) -> Self {
        Self { pages: Mutex::default(), most }
    }

    /// What is kept, in bytes, roughly.
    pub fn weight(&self) -> usize {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).weight
    }

    /// What to do with the page at this address. One lock, held for a look-up.
    pub(crate) fn plan(&self, key: u64, page: &Page) -> Plan {
        if self.most == 0 || page.trace {
            return Plan::Leave;
        }
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        match pages.entries.get_mut(&key) {
            Some(Entry::Known(known)) if known.fits(page) => Plan::Replay(Arc::clone(known)),
            Some(Entry::Once(bytes)) => Plan::Watch(Watch::new(key, Some(bytes.clone()))),
            Some(Entry::Changing(visits)) if *visits < PATIENCE => {
                *visits += 1;
                Plan::Leave
            }
            Some(Entry::Known(_) | Entry::Changing(_)) | None => Plan::Watch(Watch::new(key, None)),
        }
    }

    /// A known page was another one this time.
    pub(crate) fn forget(&self, key: u64) {
        self.put(key, Entry::Changing(0));
    }

    /// A watched page has come to its end.
    pub(crate) fn learn(&self, watch: Watch, page: &Page) {
        if watch.is_over {
            return self.put(watch.key, Entry::Changing(0));
        }
        match watch.before {
            None => self.put(watch.key, Entry::Once(watch.kept.freeze())),
            Some(before) if before.len() == watch.came => {
                let known = Known::record(page, before).map(|known| Entry::Known(Arc::new(known)));
                self.put(watch.key, known.unwrap_or(Entry::Changing(0)));
            }
            Some(_) => self.put(watch.key, Entry::Changing(0)),
        }
    }

    fn put(&self, key: u64, entry: Entry) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.weight += entry.weight();
        match pages.entries.insert(key, entry) {
            Some(old) => pages.weight = pages.weight.saturating_sub(old.weight()),
            None => pages.order.push_back(key),
        }
        while pages.weight > self.most {
            let Some(oldest) = pages.order.pop_front() else { break };
            if let Some(old) = pages.entries.remove(&oldest) {
                pages.weight = pages.weight.saturating_sub(old.weight());
            }
        }
    }
}

impl Watch {
    fn new(key: u64, before: Option<Bytes>) -> Self {
        Self { key, before, kept: BytesMut::new(), came: 0, is_over: false }
    }

    /// Bytes of the page, as they come.
    pub(crate) fn see(&mut self, chunk: &[u8]) {
        if self.is_over {
            return;
        }
        let to = self.came + chunk.len();
        self.is_over = match &self.before {
            Some(before) => before.get(self.came..to) != Some(chunk),
            None => {
                self.kept.extend_from_slice(chunk);
                to > PAGE
            }
        };
        self.came = to;
        if self.is_over {
            self.kept = BytesMut::new();
        }
    }
}
