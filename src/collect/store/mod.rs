//! Where proofs are kept: one trait, behind it a database.
//!
//! A store answers [`ProofStore::append`] only when the record would survive a power cut.

mod batch;
mod checkpoints;
mod connect;
mod cut;
mod daily;
mod desk;
mod effects;
mod error;
mod linked;
mod off;
mod packed;
mod postgres;
mod read;
mod reader;
mod sqlite;
mod wal;
mod writer;

pub use checkpoints::CheckpointStore;
pub use daily::DailyStore;
pub use effects::{EffectPlace, EffectStore, EffectsOf};
pub use error::StoreError;
pub use off::NoStore;
pub use postgres::{PgOptions, PgReader, PgStore, waiting_in_spool};
pub use read::{ProofReader, is_postgres, open_reader};
pub use reader::SqliteReader;
pub use sqlite::{SqliteOptions, SqliteStore};

use super::ledger::{Hash, Head, Row};
use crate::consent::Deciseconds;
use async_trait::async_trait;
use std::sync::Arc;
use uuid::Uuid;

/// A record to append; the store gives it its number, its salt and its hashes.
#[derive(Debug, Clone)]
pub struct NewProof {
    /// What it is searched by.
    pub consent_id: Uuid,
    /// The site's name.
    pub site: String,
    /// The proof's date.
    pub date: Deciseconds,
    /// The proof as JSON; its `consentId`, `site` and `date` are those above.
    pub payload: String,
}

/// What became of an appended record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its number in the chain, from 1; 0 when it has none: nothing is kept ([`NoStore`]), or it waits in a spool.
    pub seq: u64,
    /// Its digest.
    pub digest: Hash,
}

/// How a store is doing, for the admin listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Where the chain ends; `None` when nothing is kept.
    pub head: Option<Head>,
    /// Answers that wait for the writer.
    pub waiting: usize,
}

/// What is known of a store without asking the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Answers that wait for the writer.
    pub waiting: usize,
    /// Acknowledged answers in the local spool; `None` where there is no spool.
    pub in_spool: Option<u64>,
    /// Answers that went there since the start.
    pub spooled: u64,
    /// Whether the database is away, or what was in the spool has not followed yet.
    pub is_away: bool,
}

/// Keeps proofs. All methods can be called from any runtime.
#[async_trait]
pub trait ProofStore: Send + Sync + std::fmt::Debug {
    /// What it is and where, for logs: `sqlite ./consentry.sqlite`.
    fn name(&self) -> String;

    /// Appends to the chain. When this returns, the record is durable.
    ///
    /// # Errors
    /// The record is not acknowledged then, and the caller must not set a cookie; [`StoreError::is_passing`] says
    /// whether another try makes sense.
    async fn append(&self, proof: NewProof) -> Result<Stored, StoreError>;

    /// Keeps what was asked, by its hash, once. When this returns, it is durable.
    ///
    /// # Errors
    /// As [`Self::append`]: an answer to questions that are not kept is not acknowledged.
    async fn keep_questions(&self, hash: Hash, document: &Arc<str>) -> Result<(), StoreError>;

    /// The records of one visitor, in the order of the chain, at most 10,000.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn by_consent_id(&self, id: Uuid) -> Result<Vec<Row>, StoreError>;

    /// Up to `limit` records after number `after` (0 = from the beginning), in order. A walk over the whole chain asks
    /// page by page, so its memory does not grow.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn page(&self, after: i64, limit: u32) -> Result<Vec<Row>, StoreError>;

    /// Erases salt, payload and consent id of a visitor's records, and says of how many; the chain stays valid.
    ///
    /// # Errors
    /// Nothing is erased then.
    async fn erase(&self, id: Uuid) -> Result<u64, StoreError>;

    /// Whether it can be read, and where the chain ends.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn health(&self) -> Result<Health, StoreError>;

    /// How it stands, for metrics: nothing is waited for.
    fn standing(&self) -> Standing {
        Standing::default()
    }

    /// Where checkpoints are kept; `None` where nothing is.
    fn checkpoints(&self) -> Option<&dyn CheckpointStore> {
        None
    }

    /// Where signed sums of what the rewriting did are kept; `None` where nothing is.
    fn effects(&self) -> Option<&dyn EffectStore> {
        None
    }

    /// Where daily statistics are computed and kept; `None` where nothing is.
    fn daily(&self) -> Option<&dyn DailyStore> {
        None
    }
}
