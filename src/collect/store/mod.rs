//! Where proofs are kept: one trait, behind it a database.
//!
//! A store answers [`ProofStore::append`] only when the record would survive a power cut.

mod checkpoints;
mod connect;
mod daily;
mod off;
mod reader;
mod sqlite;
mod writer;

pub use checkpoints::CheckpointStore;
pub use daily::{DailyStore, DayRecord};
pub use off::NoStore;
pub use reader::SqliteReader;
pub use sqlite::{SqliteOptions, SqliteStore};

use super::ledger::{Hash, Head, Row};
use crate::consent::Deciseconds;
use async_trait::async_trait;
use std::path::PathBuf;
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
    /// Its number in the chain, from 1; 0 when nothing is kept ([`NoStore`]).
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

    /// Where checkpoints are kept; `None` where nothing is.
    fn checkpoints(&self) -> Option<&dyn CheckpointStore> {
        None
    }

    /// Where daily statistics are computed and kept; `None` where nothing is.
    fn daily(&self) -> Option<&dyn DailyStore> {
        None
    }
}

/// Why a store cannot do what was asked, and what the operator can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The queue before the writer is full: more answers come than the disk takes.
    #[error("the proof store is overloaded: too many answers wait for the disk")]
    Overloaded,
    /// The writer has ended: the process is going down.
    #[error("the proof store is closed")]
    Closed,
    /// No space is left.
    #[error(
        "{}: the disk (or the quota) is full, so no proof can be kept and no answer is accepted; free some space, \
         the store goes on by itself", path.display()
    )]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// Another process holds the lock for longer than the busy timeout.
    #[error(
        "{}: the database is locked by another process; end it (a backup, a shell, an editor of databases), or name \
         another file with --store", path.display()
    )]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// The file or its directory cannot be written.
    #[error(
        "{}: the file or its directory cannot be written (the directory must be writable too, for the -wal and -shm \
         files); give the gateway's user write access, name another file with --store, or keep no proofs with --store \
         off", path.display()
    )]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// The file cannot be opened or made.
    #[error(
        "{}: cannot be opened or made ({detail}); check that the directory exists and that the gateway's user may \
         write there, or name another file with --store", path.display()
    )]
    CannotOpen {
        /// The database.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// It is no database, or it is damaged.
    #[error(
        "{}: is damaged or no proof store ({detail}); nothing was changed; move it away and restore a copy, or name \
         another file with --store", path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A newer version of the program made it.
    #[error(
        "{}: was made by a newer version of consentry (its schema has version {version}, which this one does not \
         know); use that version, or name another file with --store", path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The unknown schema version.
        version: i64,
    },
    /// Something else failed.
    #[error("{}: {detail}", path.display())]
    Failed {
        /// The database.
        path: PathBuf,
        /// What the database said.
        detail: String,
    },
}

impl StoreError {
    /// Whether another try in a few seconds can succeed without anybody's doing.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Overloaded | Self::Locked { .. })
    }
}
