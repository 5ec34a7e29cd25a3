//! SQLite's write-ahead log goes into the database here, on a connection of its own, so that no answer waits for it.

use super::{SqliteOptions, connect};
use sqlx::SqliteConnection;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// How long what is in the log gathers: pages that change again and again are then written once.
const GATHER: Duration = Duration::from_millis(250);

/// Tries to empty the log, while somebody else is at it.
const TRIES: u32 = 100;

/// Between two of them.
const AGAIN: Duration = Duration::from_millis(20);

/// Moves the log into the database after commits, until it is dropped. PERF: SQLite does it in a commit when the log has grown to
/// a thousand pages, and everybody whose answer comes then waits for two more syncs.
pub(super) async fn follow(path: PathBuf, options: SqliteOptions, committed: Arc<Notify>) {
    let mut connection = match connect::checkpointer(&path, &options).await {
        Ok(connection) => connection,
        Err(error) => return log::warn!("the log is moved by the writer alone: {error}"),
    };
    loop {
        committed.notified().await;
        tokio::time::sleep(GATHER).await;
        // One that fails leaves the log as it is, for the next; the writer says what is wrong with the disk.
        let _ = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut connection).await;
    }
}

/// Moves all of the log and empties it, so that no copy of what was overwritten is left there. SQLite does not wait for another
/// connection that moves it.
pub(super) async fn empty(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for _ in 0..TRIES {
        let query = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)");
        let (busy, _, _): (i64, i64, i64) = query.fetch_one(&mut *connection).await?;
        if busy == 0 {
            return Ok(());
        }
        tokio::time::sleep(AGAIN).await;
    }
    log::warn!(
        "the log of the proof store could not be emptied: somebody reads from it; it is overwritten by what comes"
    );
    Ok(())
}
