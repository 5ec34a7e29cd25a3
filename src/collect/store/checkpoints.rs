//! Checkpoints in the store, beside the chain that they are of.

use super::writer::Job;
use super::{SqliteReader, SqliteStore, StoreError};
use crate::collect::checkpoint::Checkpoint;
use crate::collect::ledger::{ChainId, Hash, Head};
use crate::consent::Deciseconds;
use async_trait::async_trait;
use sqlx::SqliteConnection;

/// A store that checkpoints can be kept in. All methods can be called from any runtime.
#[async_trait]
pub trait CheckpointStore: Send + Sync {
    /// The last one; `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError>;

    /// Keeps one. When this returns, it is durable.
    ///
    /// # Errors
    /// It is not kept then.
    async fn keep_checkpoint(&self, checkpoint: Checkpoint) -> Result<(), StoreError>;

    /// Cuts this gateway's chain at the last checkpoint that has only records before it which are older than this date: some
    /// thousand records at once, so that answers do not wait; to be called until it says that none went. The rest of the chain
    /// is valid.
    ///
    /// # Errors
    /// When the store cannot be written, or the checkpoint's signature is not valid. No record goes then.
    async fn cut(&self, before: Deciseconds) -> Result<u64, StoreError>;
}

#[async_trait]
impl CheckpointStore for SqliteStore {
    async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.reader().last_checkpoint().await
    }

    async fn keep_checkpoint(&self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        self.ask(|reply| Job::Checkpoint(Box::new(checkpoint), reply)).await
    }

    async fn cut(&self, before: Deciseconds) -> Result<u64, StoreError> {
        self.ask(|reply| Job::Cut(before, reply)).await
    }
}

pub(super) type Found = (i64, Vec<u8>, i64, Vec<u8>, Vec<u8>);

impl SqliteReader {
    /// See [`CheckpointStore::last_checkpoint`].
    ///
    /// # Errors
    /// When the file cannot be read, or was made by a version that kept no checkpoints.
    pub async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let chain = self.head().await?.chain;
        let query = sqlx::query_as("SELECT seq, hash, date, key, signature FROM checkpoint ORDER BY seq DESC LIMIT 1");
        let found: Option<Found> = self.told(query.fetch_optional(&mut *self.connection().await).await)?;
        self.told(found.map(|found| read(chain, found)).transpose())
    }

    /// The checkpoints of these records, in order, the first of them left out.
    ///
    /// # Errors
    /// As [`Self::last_checkpoint`].
    pub async fn checkpoints(&self, chain: ChainId, after: i64, last: i64) -> Result<Vec<Checkpoint>, StoreError> {
        let sql = "SELECT seq, hash, date, key, signature FROM checkpoint WHERE seq > ? AND seq <= ? ORDER BY seq";
        let query = sqlx::query_as(sql).bind(after).bind(last);
        let found: Vec<Found> = self.told(query.fetch_all(&mut *self.connection().await).await)?;
        self.told(found.into_iter().map(|found| read(chain, found)).collect())
    }
}

pub(super) fn read(chain: ChainId, (seq, hash, date, key, signature): Found) -> Result<Checkpoint, sqlx::Error> {
    let number = |value: i64| u64::try_from(value).map_err(|e| sqlx::Error::Decode(e.into()));
    let hash = Hash::try_from(hash.as_slice()).map_err(|_| sqlx::Error::Decode("a hash has 32 bytes".into()))?;
    Ok(Checkpoint { head: Head { chain, seq: number(seq)?, hash }, date: Deciseconds(number(date)?), key, signature })
}

/// A statement of its own is a transaction of its own, and durable.
pub(super) async fn keep(connection: &mut SqliteConnection, checkpoint: &Checkpoint) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO checkpoint (seq, hash, date, key, signature) VALUES (?, ?, ?, ?, ?)")
        .bind(i64::try_from(checkpoint.head.seq).unwrap_or(i64::MAX))
        .bind(checkpoint.head.hash.to_vec())
        .bind(i64::try_from(checkpoint.date.0).unwrap_or(i64::MAX))
        .bind(checkpoint.key.clone())
        .bind(checkpoint.signature.clone())
        .execute(connection)
        .await
        .map(drop)
}
