//! The spool: a local SQLite file that takes what is acknowledged while the database is away, in order. It is also what a gateway
//! is known by: its chain has its name there.

use super::super::effects::{self, Kept};
use super::super::linked::Salted;
use super::super::{NewProof, SqliteOptions, StoreError, connect, wal};
use crate::collect::effects::Effect;
use crate::collect::ledger::{ChainId, Hash, Salt};
use crate::consent::Deciseconds;
use sqlx::migrate::Migrator;
use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Mutex;
use uuid::Uuid;

/// See `../connect.rs`.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/spool");

/// Rows per INSERT: far below SQLite's 32,766 binds.
const ROWS_PER_INSERT: usize = 512;

/// One record that waits.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its place in the spool.
    pub(super) n: i64,
    pub(super) salted: Salted,
    /// The number in the chain that it was sent with, if it was.
    pub(super) seq: Option<i64>,
}

/// The file, and how many records are in it.
#[derive(Debug)]
pub(super) struct Spool {
    path: PathBuf,
    connection: Mutex<SqliteConnection>,
    records: AtomicU64,
    /// Whether signed sums wait, as far as this process knows.
    has_effects: AtomicBool,
}

impl Spool {
    /// Opens the file, or makes it with a name for a new chain.
    pub(super) async fn open(path: &Path) -> Result<(Self, ChainId), StoreError> {
        let told = |error| StoreError::of(path, &error);
        let mut connection = connect::writer(path, &SqliteOptions::default(), &MIGRATIONS).await?;
        let fresh = Uuid::new_v4().as_bytes().to_vec();
        let query = sqlx::query("INSERT INTO chain (one, id) VALUES (1, ?) ON CONFLICT DO NOTHING").bind(fresh);
        query.execute(&mut connection).await.map_err(told)?;
        let id: Vec<u8> = sqlx::query_scalar("SELECT id FROM chain").fetch_one(&mut connection).await.map_err(told)?;
        let chain = Uuid::from_slice(&id).map_err(|error| told(sqlx::Error::Decode(error.into())))?;
        let (records, has_effects) = (AtomicU64::new(0), AtomicBool::new(false));
        let this = Self { path: path.to_owned(), connection: Mutex::new(connection), records, has_effects };
        this.count().await?;
        Ok((this, ChainId(chain)))
    }

    fn told<T>(&self, done: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        done.map_err(|error| StoreError::of(&self.path, &error))
    }

    /// How many records wait, as far as this process knows.
    pub(super) fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    /// Whether nothing waits, as far as this process knows.
    pub(super) fn is_empty(&self) -> bool {
        self.records() == 0 && !self.has_effects.load(Ordering::Relaxed)
    }

    /// Counts anew: another process may use the file too (the one that this one replaces in a restart).
    pub(super) async fn count(&self) -> Result<(), StoreError> {
        let query = sqlx::query_as("SELECT (SELECT count(*) FROM spool), EXISTS (SELECT 1 FROM effect)");
        let (records, effects): (i64, bool) = self.told(query.fetch_one(&mut *self.connection.lock().await).await)?;
        self.records.store(records.unsigned_abs(), Ordering::Relaxed);
        self.has_effects.store(effects, Ordering::Relaxed);
        Ok(())
    }

    /// Keeps signed sums; see `../effects.rs`.
    pub(super) async fn keep_effects(&self, sums: &[Effect]) -> Result<(), StoreError> {
        self.told(effects::keep(&mut *self.connection.lock().await, sums).await)?;
        self.has_effects.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Some of those that wait.
    pub(super) async fn effects(&self, limit: u32) -> Result<Vec<Effect>, StoreError> {
        let query = sqlx::query_as(effects::select!("ORDER BY run, number LIMIT ?")).bind(limit);
        let found: Vec<Kept> = self.told(query.fetch_all(&mut *self.connection.lock().await).await)?;
        self.has_effects.store(!found.is_empty(), Ordering::Relaxed);
        self.told(found.into_iter().map(Kept::read).collect())
    }

    /// Removes these, where no higher revision came meanwhile.
    pub(super) async fn remove_effects(&self, sums: &[Effect]) -> Result<(), StoreError> {
        let mut connection = self.connection.lock().await;
        for sum in sums {
            let query = sqlx::query("DELETE FROM effect WHERE run = ? AND number = ? AND revision <= ?");
            let query = query.bind(sum.run.as_bytes().to_vec()).bind(sum.number).bind(sum.revision);
            self.told(query.execute(&mut *connection).await)?;
        }
        Ok(())
    }

    /// Appends all or none, each with the number that it may already have in the chain. When this returns, they are durable.
    pub(super) async fn append(&self, proofs: &[Salted], sent: &[i64]) -> Result<(), StoreError> {
        let mut connection = self.connection.lock().await;
        self.told(sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await)?;
        let done = append_all(&mut connection, proofs, sent).await;
        if done.is_err() {
            // For the reason that `../writer.rs` gives.
            let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
        }
        self.told(done)?;
        self.records.fetch_add(u64::try_from(proofs.len()).unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }

    /// Keeps what was asked, unless it is kept. When this returns, it is durable.
    pub(super) async fn keep_questions(&self, hash: &Hash, document: &str) -> Result<(), StoreError> {
        let query = sqlx::query("INSERT INTO questions (hash, document) VALUES (?, ?) ON CONFLICT DO NOTHING");
        let query = query.bind(hash.to_vec()).bind(document.to_owned());
        self.told(query.execute(&mut *self.connection.lock().await).await).map(drop)
    }

    /// What was asked while the database was away.
    pub(super) async fn questions(&self) -> Result<Vec<(Hash, String)>, StoreError> {
        let query = sqlx::query_as("SELECT hash, document FROM questions");
        let found: Vec<(Vec<u8>, String)> = self.told(query.fetch_all(&mut *self.connection.lock().await).await)?;
        let hashed = found.into_iter().map(|(hash, document)| Hash::try_from(hash).map(|hash| (hash, document)));
        let read: Result<Vec<_>, _> = hashed.collect();
        read.map_err(|_| StoreError::of(&self.path, &sqlx::Error::Decode("a hash has 32 bytes".into())))
    }

    pub(super) async fn remove_questions(&self, hash: &Hash) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM questions WHERE hash = ?").bind(hash.to_vec());
        self.told(query.execute(&mut *self.connection.lock().await).await).map(drop)
    }

    /// The records that came first.
    pub(super) async fn first(&self, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let sql = "SELECT n, salt, consent_id, site, date, payload, seq FROM spool ORDER BY n LIMIT ?";
        let found: Vec<Found> =
            self.told(sqlx::query_as(sql).bind(limit).fetch_all(&mut *self.connection.lock().await).await)?;
        self.told(found.into_iter().map(Found::read).collect())
    }

    /// Notes under which numbers they are about to be sent. When this returns, that is durable.
    pub(super) async fn mark(&self, numbers: &[(i64, i64)]) -> Result<(), StoreError> {
        let sql = "UPDATE spool SET seq = given.seq FROM (SELECT json_extract(value, '$[0]') AS n, \
                   json_extract(value, '$[1]') AS seq FROM json_each(?)) AS given WHERE spool.n = given.n";
        let query = sqlx::query(sql).bind(serde_json::to_string(numbers).unwrap_or_default());
        self.told(query.execute(&mut *self.connection.lock().await).await).map(drop)
    }

    /// Removes the records up to this one: they are in the database.
    pub(super) async fn remove_to(&self, n: i64) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM spool WHERE n <= ?").bind(n);
        let removed = self.told(query.execute(&mut *self.connection.lock().await).await)?.rows_affected();
        let _ = self.records.try_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some(now.saturating_sub(removed)));
        Ok(())
    }

    /// Leaves nothing of what has followed in the file: what was removed is overwritten, and the truncated log holds no copy.
    pub(super) async fn forget(&self) {
        if let Err(error) = self.told(wal::empty(&mut *self.connection.lock().await).await) {
            log::warn!("{error}");
        }
    }
}

/// How many records of a visitor wait in a spool that is there; nothing in it is changed.
///
/// # Errors
/// When it cannot be opened, or is no spool.
pub async fn waiting_in_spool(path: &Path, id: Uuid) -> Result<u64, StoreError> {
    let mut connection = connect::reader(path, &SqliteOptions::default()).await?;
    let query = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM spool WHERE consent_id = ?");
    let count = query.bind(id.as_bytes().to_vec()).fetch_one(&mut connection).await;
    count.map(i64::unsigned_abs).map_err(|error| StoreError::of(path, &error))
}

async fn append_all(connection: &mut SqliteConnection, proofs: &[Salted], sent: &[i64]) -> Result<(), sqlx::Error> {
    let numbered: Vec<_> = proofs.iter().zip(sent.iter().copied().map(Some).chain(std::iter::repeat(None))).collect();
    for rows in numbered.chunks(ROWS_PER_INSERT) {
        let start = "INSERT INTO spool (salt, consent_id, site, date, payload, seq) ";
        let mut sql = QueryBuilder::<Sqlite>::new(start);
        sql.push_values(rows, |mut values, (salted, seq)| {
            values
                .push_bind(salted.salt.to_vec())
                .push_bind(salted.proof.consent_id.as_bytes().to_vec())
                .push_bind(salted.proof.site.clone())
                .push_bind(salted.date())
                .push_bind(salted.proof.payload.clone())
                .push_bind(*seq);
        });
        sql.build().execute(&mut *connection).await?;
    }
    sqlx::query("COMMIT").execute(connection).await.map(drop)
}

#[derive(FromRow)]
struct Found {
    n: i64,
    salt: Vec<u8>,
    consent_id: Vec<u8>,
    site: String,
    date: i64,
    payload: String,
    seq: Option<i64>,
}

impl Found {
    fn read(self) -> Result<Entry, sqlx::Error> {
        let salt = Salt::try_from(self.salt).map_err(|_| sqlx::Error::Decode("a salt has 16 bytes".into()))?;
        let consent_id = Uuid::from_slice(&self.consent_id).map_err(|e| sqlx::Error::Decode(e.into()))?;
        let date = Deciseconds(u64::try_from(self.date).map_err(|e| sqlx::Error::Decode(e.into()))?);
        let proof = NewProof { consent_id, site: self.site, date, payload: self.payload };
        Ok(Entry { n: self.n, salted: Salted::with(proof, salt), seq: self.seq })
    }
}
