//! What is kept: answers of origins as they came, and pages as they left, in one memory with one bound.
//!
//! PINGORA: its own storage in memory never lets go of anything, and copies. `moka` bounds, counts by use and by recency,
//! and is told only what an entry weighs.

use super::page::{KeptPage, PageKey};
use crate::config::Cache as Settings;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::Extensions;
use moka::sync::Cache as Memory;
use pingora::cache::eviction::CacheEntryKey;
use pingora::cache::key::{CacheHashKey, HashBinary};
use pingora::cache::storage::{
    HandleHit, HandleMiss, HitHandler, MissFinishType, MissHandler, PurgeOutcome, PurgeTarget, PurgeType, Storage,
};
use pingora::cache::trace::SpanHandle;
use pingora::cache::{CacheKey, CacheMeta};
use pingora::http::ResponseHeader;
use pingora::prelude::Result;
use std::any::Any;
use std::sync::Arc;
use std::time::SystemTime;

/// The most of a body that is read at once.
const PIECE: usize = 64 << 10;

/// What an entry takes beside its bytes, about: the key, the head's map, the tables of the memory.
const BESIDE: usize = 1_024;

/// Tells one answer of an origin from every other of this process, also from a later one to the same address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::gateway) struct AnswerId(pub(super) u64);

/// What an entry is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// Pingora's hash of address and variance.
    Answer(HashBinary),
    Page(PageKey),
}

#[derive(Debug, Clone)]
enum Entry {
    Answer(Arc<Answer>),
    Page(Arc<KeptPage>),
}

/// An answer of an origin.
#[derive(Debug)]
struct Answer {
    meta: Meta,
    body: Bytes,
}

/// What a [`CacheMeta`] holds: it cannot be cloned.
#[derive(Debug, Clone)]
struct Meta {
    fresh_until: SystemTime,
    created: SystemTime,
    epoch: SystemTime,
    stale_while_revalidate: u32,
    stale_if_error: u32,
    variance: Option<HashBinary>,
    header: ResponseHeader,
    id: Option<AnswerId>,
}

impl Meta {
    fn of(meta: &CacheMeta) -> Self {
        Self {
            fresh_until: meta.fresh_until(),
            created: meta.created(),
            epoch: meta.epoch(),
            stale_while_revalidate: meta.stale_while_revalidate_sec(),
            stale_if_error: meta.stale_if_error_sec(),
            variance: meta.variance(),
            header: meta.response_header_copy(),
            id: id(meta.extensions()),
        }
    }

    fn restore(&self) -> CacheMeta {
        let Self { fresh_until, created, stale_while_revalidate, stale_if_error, .. } = *self;
        let header = self.header.clone();
        let mut meta = CacheMeta::new(fresh_until, created, stale_while_revalidate, stale_if_error, header);
        meta.set_epoch_override(self.epoch);
        if let Some(variance) = self.variance {
            meta.set_variance(variance);
        }
        meta.extensions_mut().extend(
            self.id
                .map(|id| {
                    let mut one = Extensions::new();
                    one.insert(id);
                    one
                })
                .unwrap_or_default(),
        );
        meta
    }
}

/// The id that an answer was given.
pub(super) fn id(extensions: &Extensions) -> Option<AnswerId> {
    extensions.get().copied()
}

/// The memory. Pingora wants it to live for ever.
#[derive(Debug)]
pub(in crate::gateway) struct Store {
    memory: Memory<Key, Entry>,
    largest: usize,
}

impl Store {
    pub(super) fn new(settings: &Settings) -> Self {
        let weight = |key: &Key, entry: &Entry| {
            let bytes = match (key, entry) {
                (Key::Page(key), Entry::Page(page)) => page.body.len() + key.len(),
                (_, Entry::Page(page)) => page.body.len(),
                (_, Entry::Answer(answer)) => answer.body.len() + head_size(&answer.meta.header),
            };
            u32::try_from(bytes + BESIDE).unwrap_or(u32::MAX)
        };
        let memory = Memory::builder().max_capacity(settings.capacity()).weigher(weight).build();
        Self { memory, largest: settings.largest() }
    }

    /// The largest body that is kept.
    pub(super) const fn largest(&self) -> usize {
        self.largest
    }

    /// Bytes that are taken, about, with what was kept last.
    pub(super) fn size(&self) -> u64 {
        self.memory.run_pending_tasks();
        self.memory.weighted_size()
    }

    /// A page as it left before.
    pub(super) fn page(&self, key: &PageKey) -> Option<Arc<KeptPage>> {
        match self.memory.get(&Key::Page(key.clone())) {
            Some(Entry::Page(page)) => Some(page),
            _ => None,
        }
    }

    /// Keeps a page.
    pub(super) fn keep_page(&self, key: PageKey, page: KeptPage) {
        self.memory.insert(Key::Page(key), Entry::Page(Arc::new(page)));
    }

    /// Forgets the answer of an address, and with it, as pingora finds them through it, its variants.
    pub(super) fn forget(&self, key: &CacheKey) -> bool {
        self.memory.remove(&Key::Answer(key.combined_bin())).is_some()
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.memory.invalidate_all();
    }

    fn answer(&self, key: HashBinary) -> Option<Arc<Answer>> {
        match self.memory.get(&Key::Answer(key)) {
            Some(Entry::Answer(answer)) => Some(answer),
            _ => None,
        }
    }
}

fn head_size(head: &ResponseHeader) -> usize {
    head.headers.iter().map(|(name, value)| 2 * name.as_str().len() + value.len() + 64).sum()
}

#[async_trait]
impl Storage for Store {
    async fn lookup(&'static self, key: &CacheKey, _trace: &SpanHandle) -> Result<Option<(CacheMeta, HitHandler)>> {
        Ok(self.answer(key.combined_bin()).map(|answer| {
            let hit: HitHandler = Box::new(Hit { rest: answer.body.clone() });
            (answer.meta.restore(), hit)
        }))
    }

    async fn get_miss_handler(
        &'static self,
        key: &CacheKey,
        meta: &CacheMeta,
        _trace: &SpanHandle,
    ) -> Result<MissHandler> {
        let body = Some(BytesMut::new());
        Ok(Box::new(Miss { store: self, key: key.combined_bin(), meta: Meta::of(meta), body, ended: false }))
    }

    async fn purge(
        &'static self,
        target: PurgeTarget<'_>,
        _kind: PurgeType,
        _trace: &SpanHandle,
    ) -> Result<PurgeOutcome> {
        // No entry has an identity of pingora's.
        if matches!(target, PurgeTarget::Exact(CacheEntryKey::Identified { .. })) {
            return Ok(PurgeOutcome::NotFound);
        }
        let removed = self.memory.remove(&Key::Answer(target.key().combined_bin())).is_some();
        Ok(if removed { PurgeOutcome::Purged(None) } else { PurgeOutcome::NotFound })
    }

    async fn update_meta(&'static self, key: &CacheKey, meta: &CacheMeta, _trace: &SpanHandle) -> Result<bool> {
        let key = key.combined_bin();
        let Some(answer) = self.answer(key) else { return Ok(false) };
        // The body is the same, and so are the pages that were made of it.
        let meta = Meta { id: answer.meta.id, ..Meta::of(meta) };
        self.memory.insert(Key::Answer(key), Entry::Answer(Arc::new(Answer { meta, body: answer.body.clone() })));
        Ok(true)
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync + 'static) {
        self
    }
}

/// A body that is read.
struct Hit {
    rest: Bytes,
}

#[async_trait]
impl HandleHit for Hit {
    async fn read_body(&mut self) -> Result<Option<Bytes>> {
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        Ok((!piece.is_empty()).then_some(piece))
    }

    async fn finish(
        self: Box<Self>,
        _storage: &'static (dyn Storage + Sync),
        _key: &CacheKey,
        _trace: &SpanHandle,
    ) -> Result<()> {
        Ok(())
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn as_any_mut(&mut self) -> &mut (dyn Any + Send + Sync) {
        self
    }
}

/// A body that comes. Dropped before its end, it was never here.
struct Miss {
    store: &'static Store,
    key: HashBinary,
    meta: Meta,
    /// `None`: it is larger than what is kept.
    body: Option<BytesMut>,
    ended: bool,
}

#[async_trait]
impl HandleMiss for Miss {
    /// PINGORA: with a bound of its own it would cut the response that is larger; here only the copy ends.
    async fn write_body(&mut self, data: Bytes, eof: bool) -> Result<()> {
        self.ended |= eof;
        if let Some(body) = &mut self.body {
            if body.len().saturating_add(data.len()) > self.store.largest {
                self.body = None;
            } else {
                body.extend_from_slice(&data);
            }
        }
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<MissFinishType> {
        let Self { store, key, meta, body, ended } = *self;
        let Some(body) = body.filter(|_| ended) else { return Ok(MissFinishType::Created(0)) };
        // What the last doubling took and nobody uses is not weighed.
        let body = Bytes::copy_from_slice(&body);
        let size = body.len();
        store.memory.insert(Key::Answer(key), Entry::Answer(Arc::new(Answer { meta, body })));
        Ok(MissFinishType::Created(size))
    }
}
