//! Reading a store beside the gateways that write it: what the commands need, of either database.

use super::{EffectPlace, EffectsOf, PgReader, SqliteReader, StoreError};
use crate::collect::checkpoint::Checkpoint;
use crate::collect::daily::{Day, Line};
use crate::collect::effects::Effect;
use crate::collect::ledger::{ChainId, Extent, Hash, Row};
use async_trait::async_trait;
use std::path::Path;
use uuid::Uuid;

/// What is in a store. A SQLite file holds one chain, a PostgreSQL database that of each gateway.
#[async_trait]
pub trait ProofReader: Send + Sync {
    /// From where to where each chain is there, the oldest chain first.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn chains(&self) -> Result<Vec<Extent>, StoreError>;

    /// Up to `limit` records of a chain after number `after`, in order. A walk asks page by page, so its memory does not
    /// grow.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn page(&self, chain: ChainId, after: i64, limit: u32) -> Result<Vec<Row>, StoreError>;

    /// The records of one visitor with the chain that each is of, in order, at most 10,000.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn of_visitor(&self, id: Uuid) -> Result<Vec<(ChainId, Row)>, StoreError>;

    /// What was asked, by its hash; `None` where it was not kept. That it has this hash is for the caller to see.
    ///
    /// # Errors
    /// When the store cannot be read, or was made by a version that kept no questions.
    async fn questions(&self, hash: &Hash) -> Result<Option<String>, StoreError>;

    /// The checkpoints of these records of a chain, in order, the first of them left out.
    ///
    /// # Errors
    /// As [`Self::questions`].
    async fn checkpoints(&self, chain: ChainId, after: i64, last: i64) -> Result<Vec<Checkpoint>, StoreError>;

    /// The days that there are statistics of, in order.
    ///
    /// # Errors
    /// As [`Self::questions`].
    async fn computed(&self) -> Result<Vec<Day>, StoreError>;

    /// The numbers of one day, by site and category, whole answers first.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn statistics(&self, day: Day) -> Result<Vec<Line>, StoreError>;

    /// Up to `limit` signed sums of what the rewriting did after this run and number, in order; none where a version that kept
    /// none made the store. Nothing of it is checked.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn effects(&self, after: (Uuid, i64), limit: u32) -> Result<Vec<Effect>, StoreError>;

    /// The same of one site, by hour.
    ///
    /// # Errors
    /// As [`Self::effects`].
    async fn effects_of(&self, of: &EffectsOf<'_>, after: EffectPlace, limit: u32) -> Result<Vec<Effect>, StoreError>;

    /// Erases salt, payload and consent id of a visitor's records, and says of how many; the chains stay valid.
    ///
    /// # Errors
    /// Nothing is erased then.
    async fn erase(&self, id: Uuid) -> Result<u64, StoreError>;
}

/// Whether a store's name is the address of a database and not a path.
pub fn is_postgres(store: &str) -> bool {
    store.starts_with("postgres://") || store.starts_with("postgresql://")
}

/// Opens a store that is there: a path of a SQLite file, or `postgres://…`.
///
/// # Errors
/// When it cannot be opened or holds no proofs.
pub async fn open_reader(store: &str) -> Result<Box<dyn ProofReader>, StoreError> {
    if is_postgres(store) {
        return Ok(Box::new(PgReader::open(store).await?));
    }
    Ok(Box::new(SqliteReader::open(Path::new(store)).await?))
}
