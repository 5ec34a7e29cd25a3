//! How the SQLite file is opened, brought to the newest schema and checked; and what its error codes mean to an operator.

use super::{SqliteOptions, StoreError};
use crate::collect::ledger::{ChainId, Head};
use crate::consent::Deciseconds;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// The files are part of the program. A changed one is noticed by the compiler, a new one only when this file is compiled
/// again.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How often migrations are tried: two processes that start at the same moment may both want to make the first tables.
const MIGRATION_TRIES: u32 = 5;

/// The connection that writes: it makes the file if there is none, applies the migrations and checks what is there.
pub(super) async fn writer(
    path: &Path,
    options: &SqliteOptions,
    migrations: &Migrator,
) -> Result<SqliteConnection, StoreError> {
    let mut connect = base(path, options)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode only FULL waits for the disk at each commit; NORMAL may lose acknowledged records in a power cut.
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON")
        // PERF: answers come in the order of time, but the index by consent id grows everywhere; most of it stays in memory, in
        // kibibytes.
        .pragma("cache_size", "-32768")
        .pragma("journal_size_limit", "67108864");
    if let Some(pages) = options.max_pages {
        connect = connect.pragma("max_page_count", pages.to_string());
    }
    let mut connection = patiently(&connect, path, options.busy).await?;
    migrate(&mut connection, path, migrations).await?;
    check(&mut connection, path, options).await?;
    Ok(connection)
}

/// Connects. SQLite does not wait for its lock when a new file is brought into WAL mode: of two processes that start
/// together one is refused at once, and tries again for as long as it would wait elsewhere.
async fn patiently(
    connect: &SqliteConnectOptions,
    path: &Path,
    patience: Duration,
) -> Result<SqliteConnection, StoreError> {
    let until = tokio::time::Instant::now() + patience;
    loop {
        match connect.connect().await.map_err(|e| StoreError::of(path, &e)) {
            Err(StoreError::Locked { .. }) if tokio::time::Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            done => return done,
        }
    }
}

/// The connection that moves the log into the database.
pub(super) async fn checkpointer(path: &Path, options: &SqliteOptions) -> Result<SqliteConnection, StoreError> {
    let connect = base(path, options).synchronous(SqliteSynchronous::Full).pragma("wal_autocheckpoint", "0");
    connect.connect().await.map_err(|e| StoreError::of(path, &e))
}

/// A connection that reads, from a file that is there.
pub(super) async fn reader(path: &Path, options: &SqliteOptions) -> Result<SqliteConnection, StoreError> {
    base(path, options).read_only(true).connect().await.map_err(|e| StoreError::of(path, &e))
}

fn base(path: &Path, options: &SqliteOptions) -> SqliteConnectOptions {
    let connect = SqliteConnectOptions::new().filename(path).busy_timeout(options.busy).disable_statement_logging();
    // PERF: rows come from the connection's own thread; at the default of 50 the two wait for each other again and again.
    connect.row_buffer_size(1_000)
}

/// SQLite migrations take no lock of their own, so the loser of a race sees its step fail, and nothing left to do next time.
async fn migrate(connection: &mut SqliteConnection, path: &Path, migrations: &Migrator) -> Result<(), StoreError> {
    let mut tried = 1;
    loop {
        match migrations.run(&mut *connection).await {
            Ok(()) => return Ok(()),
            Err(MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _)) => {
                return Err(StoreError::Newer { path: path.to_owned(), version });
            }
            Err(MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _)) if tried >= MIGRATION_TRIES => {
                return Err(StoreError::of(path, &e));
            }
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) => {
                tried += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(e) => return Err(StoreError::Damaged { path: path.to_owned(), detail: e.to_string() }),
        }
    }
}

/// SQLite's own check of the whole file, which reads all of it; above the limit only `consentry proofs verify` does.
async fn check(connection: &mut SqliteConnection, path: &Path, options: &SqliteOptions) -> Result<(), StoreError> {
    let size = std::fs::metadata(path).map_or(0, |meta| meta.len());
    if size > options.check_up_to {
        log::info!("{}: {size} bytes, too big to be checked at start; `consentry proofs verify` does", path.display());
        return Ok(());
    }
    let found: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(connection)
        .await
        .map_err(|e| StoreError::of(path, &e))?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Damaged { path: path.to_owned(), detail: found }) }
}

/// The head of the file's chain; a chain with a new name is begun where there is none.
pub(super) async fn head_or_begin(connection: &mut SqliteConnection, path: &Path) -> Result<Head, StoreError> {
    let fresh = Head::empty(ChainId(Uuid::new_v4()));
    let now = i64::try_from(Deciseconds::now().0).unwrap_or(i64::MAX);
    sqlx::query("INSERT INTO chain (one, id, created, seq, hash) VALUES (1, ?, ?, 0, ?) ON CONFLICT DO NOTHING")
        .bind(fresh.chain.0.as_bytes().to_vec())
        .bind(now)
        .bind(fresh.hash.to_vec())
        .execute(&mut *connection)
        .await
        .map_err(|e| StoreError::of(path, &e))?;
    let head = head(connection).await.map_err(|e| StoreError::of(path, &e))?;
    // Said and not refused: new proofs can still be kept, and who changed the file would else have stopped the site too.
    if !is_whole_at_its_end(connection).await.map_err(|e| StoreError::of(path, &e))? {
        log::error!("{}: the chain's end was changed; see `consentry proofs verify`", path.display());
    }
    Ok(head)
}

/// Whether the head is the last record's. One statement, so that another process that appends does not come between.
async fn is_whole_at_its_end(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let sql = "SELECT CASE WHEN seq = cut_seq THEN NOT EXISTS (SELECT 1 FROM proof WHERE seq > cut_seq) \
               ELSE seq = (SELECT max(seq) FROM proof) AND \
                    hash = (SELECT hash FROM proof ORDER BY seq DESC LIMIT 1) END FROM chain WHERE one = 1";
    sqlx::query_scalar::<_, Option<bool>>(sql).fetch_one(connection).await.map(|whole| whole == Some(true))
}

/// The head as the file says it.
pub(super) async fn head(connection: &mut SqliteConnection) -> Result<Head, sqlx::Error> {
    let (id, seq, hash): (Vec<u8>, i64, Vec<u8>) =
        sqlx::query_as("SELECT id, seq, hash FROM chain WHERE one = 1").fetch_one(connection).await?;
    let chain = Uuid::from_slice(&id).map(ChainId).map_err(|e| sqlx::Error::Decode(e.into()))?;
    let seq = u64::try_from(seq).map_err(|e| sqlx::Error::Decode(e.into()))?;
    let hash = hash.as_slice().try_into().map_err(|_| sqlx::Error::Decode("a hash has 32 bytes".into()))?;
    Ok(Head { chain, seq, hash })
}

impl StoreError {
    /// What an error of SQLite means (<https://www.sqlite.org/rescode.html>: the low byte is the primary code).
    pub(super) fn of(path: &Path, error: &sqlx::Error) -> Self {
        let path = path.to_owned();
        let detail = error.to_string();
        let code = error.as_database_error().and_then(|e| e.code()).and_then(|code| code.parse::<i32>().ok());
        match code {
            Some(code) => match code & 0xff {
                13 => Self::Full { path },
                5 | 6 => Self::Locked { path },
                8 => Self::ReadOnly { path },
                3 | 14 | 23 => Self::CannotOpen { path, detail },
                11 | 26 => Self::Damaged { path, detail },
                _ => Self::Failed { path, detail },
            },
            None if matches!(error, sqlx::Error::WorkerCrashed) => Self::Closed,
            None => Self::Failed { path, detail },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::store::{NewProof, ProofStore, SqliteStore};

    async fn ends_whole(path: &Path) -> bool {
        let mut connection = writer(path, &SqliteOptions::default(), &MIGRATIONS).await.unwrap();
        is_whole_at_its_end(&mut connection).await.unwrap()
    }

    #[tokio::test]
    async fn a_changed_end_is_noticed_and_a_whole_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("proofs.sqlite");
        let store = SqliteStore::open(&path, SqliteOptions::default()).unwrap();
        assert!(ends_whole(&path).await);
        for _ in 0..2 {
            let (consent_id, site, payload) = (Uuid::new_v4(), "shop".to_owned(), "{}".to_owned());
            store.append(NewProof { consent_id, site, date: Deciseconds(1), payload }).await.unwrap();
        }
        assert!(ends_whole(&path).await);
        let mut connection = writer(&path, &SqliteOptions::default(), &MIGRATIONS).await.unwrap();
        sqlx::query("DELETE FROM proof WHERE seq = 2").execute(&mut connection).await.unwrap();
        assert!(!ends_whole(&path).await);
    }
}
