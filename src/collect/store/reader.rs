//! Reading records back: for searches, walks and exports, beside a writer that goes on.

use super::{
    EffectPlace, EffectsOf, ProofReader, ProofStore, SqliteOptions, SqliteStore, StoreError, connect, cut, packed,
};
use crate::collect::checkpoint::Checkpoint;
use crate::collect::daily::{Day, Line};
use crate::collect::effects::Effect;
use crate::collect::ledger::{ChainId, Extent, Hash, Head, Row};
use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, SqliteConnection};
use std::path::{Path, PathBuf};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

/// A visitor who answers more often than this is no visitor.
const MOST_OF_ONE: u32 = 10_000;

/// A query over records. The texts come as bytes, since what is in a tampered file need not be UTF-8. A file of an earlier
/// version, which a reader does not change, has no `said`.
macro_rules! select {
    ($has_said:expr, $rest:literal) => {
        if $has_said { select!(@ "CAST(said AS BLOB) AS said", $rest) } else { select!(@ "NULL AS said", $rest) }
    };
    (@ $said:literal, $rest:literal) => {
        concat!(
            "SELECT seq, prev, digest, hash, salt, CAST(payload AS BLOB) AS payload, consent_id, ",
            "CAST(site AS BLOB) AS site, date, erased, ",
            $said,
            " FROM proof ",
            $rest
        )
    };
}

/// One connection that only reads; it can be used from any runtime, one query at a time.
#[derive(Debug)]
pub struct SqliteReader {
    path: PathBuf,
    connection: Mutex<SqliteConnection>,
    /// What a file of an earlier version has not.
    has_said: bool,
    has_cut: bool,
    pub(super) has_effects: bool,
    pub(super) has_variants: bool,
}

impl SqliteReader {
    /// Opens a file that is there; nothing in it is changed.
    ///
    /// # Errors
    /// When it cannot be opened or holds no proofs.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let reader = Self::connect(path, &SqliteOptions::default()).await?;
        match reader.head().await {
            Err(StoreError::Failed { path, .. }) => {
                Err(StoreError::Damaged { path, detail: "it holds no proofs of consentry".to_owned() })
            }
            other => other.map(|_| reader),
        }
    }

    pub(super) async fn connect(path: &Path, options: &SqliteOptions) -> Result<Self, StoreError> {
        let mut connection = connect::reader(path, options).await?;
        let sql = "SELECT (SELECT count(*) FROM pragma_table_info('proof') WHERE name = 'said'), \
                   (SELECT count(*) FROM pragma_table_info('chain') WHERE name = 'cut_seq'), \
                   (SELECT count(*) FROM pragma_table_info('effect')), \
                   (SELECT count(*) FROM pragma_table_info('statistics') WHERE name = 'variant')";
        let query = sqlx::query_as::<_, (i64, i64, i64, i64)>(sql);
        let found = query.fetch_one(&mut connection).await.map_err(|e| StoreError::of(path, &e))?;
        let (has_said, has_cut, has_effects, has_variants) = (found.0 > 0, found.1 > 0, found.2 > 0, found.3 > 0);
        let connection = Mutex::new(connection);
        Ok(Self { path: path.to_owned(), connection, has_said, has_cut, has_effects, has_variants })
    }

    pub(super) async fn connection(&self) -> MutexGuard<'_, SqliteConnection> {
        self.connection.lock().await
    }

    /// What a query came to, in the operator's words.
    pub(super) fn told<T>(&self, done: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        done.map_err(|e| StoreError::of(&self.path, &e))
    }

    /// Where the chain ends.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn head(&self) -> Result<Head, StoreError> {
        connect::head(&mut *self.connection.lock().await).await.map_err(|e| StoreError::of(&self.path, &e))
    }

    /// See [`super::ProofStore::page`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn page(&self, after: i64, limit: u32) -> Result<Vec<Row>, StoreError> {
        let query = sqlx::query_scalar(packed::query(self.has_said)).bind(after).bind(limit);
        let page: Option<Vec<u8>> = self.told(query.fetch_one(&mut *self.connection().await).await)?;
        self.told(packed::rows(&page.unwrap_or_default()))
    }

    /// See [`super::ProofStore::by_consent_id`].
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn by_consent_id(&self, id: Uuid) -> Result<Vec<Row>, StoreError> {
        let query = sqlx::query_as(select!(self.has_said, "WHERE consent_id = ? ORDER BY seq LIMIT ?"))
            .bind(id.as_bytes().to_vec())
            .bind(MOST_OF_ONE);
        query.fetch_all(&mut *self.connection.lock().await).await.map_err(|e| StoreError::of(&self.path, &e))
    }
}

#[async_trait]
impl ProofReader for SqliteReader {
    async fn chains(&self) -> Result<Vec<Extent>, StoreError> {
        if self.has_cut {
            return self.told(cut::extent(&mut *self.connection().await).await).map(|extent| vec![extent]);
        }
        let head = self.head().await?;
        Ok(vec![Extent { cut: Head::empty(head.chain), head }])
    }

    async fn page(&self, _: ChainId, after: i64, limit: u32) -> Result<Vec<Row>, StoreError> {
        Self::page(self, after, limit).await
    }

    async fn of_visitor(&self, id: Uuid) -> Result<Vec<(ChainId, Row)>, StoreError> {
        let chain = self.head().await?.chain;
        Ok(self.by_consent_id(id).await?.into_iter().map(|row| (chain, row)).collect())
    }

    async fn questions(&self, hash: &Hash) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT document FROM questions WHERE hash = ?").bind(hash.to_vec());
        self.told(query.fetch_optional(&mut *self.connection().await).await)
    }

    async fn checkpoints(&self, chain: ChainId, after: i64, last: i64) -> Result<Vec<Checkpoint>, StoreError> {
        Self::checkpoints(self, chain, after, last).await
    }

    async fn computed(&self) -> Result<Vec<Day>, StoreError> {
        Self::computed(self).await
    }

    async fn statistics(&self, day: Day) -> Result<Vec<Line>, StoreError> {
        Self::statistics(self, day).await
    }

    async fn effects(&self, after: (Uuid, i64), limit: u32) -> Result<Vec<Effect>, StoreError> {
        self.sums(after, limit).await
    }

    async fn effects_of(&self, of: &EffectsOf<'_>, after: EffectPlace, limit: u32) -> Result<Vec<Effect>, StoreError> {
        self.sums_of(of, after, limit).await
    }

    /// By a writer of its own, which waits for the gateway's lock, and the gateway for its.
    async fn erase(&self, id: Uuid) -> Result<u64, StoreError> {
        let options = SqliteOptions { check_up_to: 0, ..SqliteOptions::default() };
        SqliteStore::open(&self.path, options)?.erase(id).await
    }
}

impl FromRow<'_, SqliteRow> for Row {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        // PERF: by its place in the query and not by its name, which is looked up each time.
        Ok(Self {
            seq: row.try_get(0)?,
            prev: row.try_get(1)?,
            digest: row.try_get(2)?,
            hash: row.try_get(3)?,
            salt: row.try_get(4)?,
            payload: row.try_get(5)?,
            consent_id: row.try_get(6)?,
            site: String::from_utf8_lossy(row.try_get(7)?).into_owned(),
            date: row.try_get(8)?,
            erased: row.try_get(9)?,
            said: row.try_get::<Option<&[u8]>, _>(10)?.map(|said| String::from_utf8_lossy(said).into_owned()),
        })
    }
}
