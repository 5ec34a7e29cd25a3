//! The one writer: takes what waits, appends it in one transaction, and answers everybody after the commit.
//!
//! One wait for the disk pays for a whole batch; while it lasts, the next batch gathers (group commit).

use super::batch::{Batch, Outage};
use super::linked::{Linked, Salted, link};
use super::{NewProof, StoreError, Stored, checkpoints, connect, cut, daily, effects, wal};
use crate::collect::checkpoint::Checkpoint;
use crate::collect::daily::{Day, Line};
use crate::collect::effects::{Effect, Hour};
use crate::collect::ledger::Hash;
use crate::collect::shown::Showing;
use crate::consent::Deciseconds;
use sqlx::{Connection, QueryBuilder, Sqlite, SqliteConnection};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot};
use uuid::Uuid;

/// Rows per INSERT: one trip to the connection's thread instead of one per row, and far below SQLite's 32,766 binds.
const ROWS_PER_INSERT: usize = 32;

/// What is asked of the writer, with the way back.
#[derive(Debug)]
pub(super) enum Job {
    /// Append one record.
    Append(NewProof, Reply<Stored>),
    /// Erase a visitor's records.
    Erase(Uuid, Reply<u64>),
    /// Keep what was asked, unless it is kept.
    Questions(Hash, Arc<str>, Reply<()>),
    /// Keep a checkpoint.
    Checkpoint(Box<Checkpoint>, Reply<()>),
    /// Cut what is older than this.
    Cut(Deciseconds, Reply<u64>),
    /// Put a day's numbers in the place of the old ones.
    Statistics(Day, Vec<Line>, Reply<()>),
    /// Add to how often forms of the widget were shown.
    Shown(Vec<(Showing, u64)>, Reply<()>),
    /// Keep signed sums.
    Effects(Vec<Effect>, Reply<()>),
    /// Remove signed sums of before this hour.
    CutEffects(Hour, Reply<u64>),
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// Owns the writing connection until the last sender is gone.
pub(super) struct Writer {
    pub(super) path: PathBuf,
    pub(super) connection: SqliteConnection,
    pub(super) jobs: mpsc::Receiver<Job>,
    /// Told of each commit.
    pub(super) committed: Arc<Notify>,
    pub(super) batch: usize,
    pub(super) outage: Outage,
}

impl Writer {
    /// Until nobody can ask any more; what is queued by then is still written.
    pub(super) async fn run(mut self) {
        let mut jobs = Vec::with_capacity(self.batch);
        while self.jobs.recv_many(&mut jobs, self.batch).await > 0 {
            let mut batch = Batch::with_capacity(jobs.len());
            for job in jobs.drain(..) {
                match job {
                    Job::Append(proof, reply) => batch.push(proof, reply),
                    Job::Erase(id, reply) => {
                        // In the order of asking: what was appended before must be there to be erased.
                        self.flush(&mut batch).await;
                        let erased = self.erase(id).await.map_err(|e| StoreError::of(&self.path, &e));
                        let _ = reply.send(erased);
                    }
                    Job::Questions(hash, document, reply) => {
                        let kept = questions(&mut self.connection, hash, &document).await;
                        let _ = reply.send(kept.map_err(|e| StoreError::of(&self.path, &e)));
                    }
                    Job::Checkpoint(checkpoint, reply) => {
                        let kept = checkpoints::keep(&mut self.connection, &checkpoint).await;
                        let _ = reply.send(kept.map_err(|e| StoreError::of(&self.path, &e)));
                    }
                    Job::Cut(before, reply) => {
                        let done = cut::cut(&mut self.connection, before).await;
                        let _ = reply.send(done.map_err(|e| StoreError::of(&self.path, &e)));
                    }
                    Job::Statistics(day, lines, reply) => {
                        self.flush(&mut batch).await;
                        let done = daily::replace(&mut self.connection, day, &lines).await;
                        let _ = reply.send(done.map_err(|e| StoreError::of(&self.path, &e)));
                    }
                    Job::Shown(rows, reply) => {
                        let done = daily::add_shown(&mut self.connection, &rows).await;
                        let _ = reply.send(done.map_err(|e| StoreError::of(&self.path, &e)));
                    }
                    Job::Effects(sums, reply) => {
                        let kept = effects::keep(&mut self.connection, &sums).await;
                        let _ = reply.send(kept.map_err(|e| StoreError::of(&self.path, &e)));
                    }
                    Job::CutEffects(before, reply) => {
                        let done = effects::cut(&mut self.connection, before).await;
                        let _ = reply.send(done.map_err(|e| StoreError::of(&self.path, &e)));
                    }
                }
            }
            self.flush(&mut batch).await;
        }
        if let Err(error) = self.connection.close().await {
            log::warn!("{}", StoreError::of(&self.path, &error));
        }
    }

    /// One transaction for all; then everybody's answer.
    async fn flush(&mut self, batch: &mut Batch) {
        let Some((proofs, waiting)) = batch.take() else { return };
        let done = self.append(proofs).await.map_err(|error| StoreError::of(&self.path, &error));
        self.outage.note(&done, self.path.display());
        self.committed.notify_one();
        waiting.answer(done);
    }

    /// CORRECTNESS: the transaction is begun and ended by statements, not by sqlx's `Transaction`. On a full disk SQLite
    /// rolls back by itself; sqlx does not learn of it, counts one transaction too many for ever, and the connection
    /// could never begin another. A ROLLBACK with nothing to roll back fails, which says nothing.
    async fn append(&mut self, proofs: Vec<NewProof>) -> Result<Vec<Stored>, sqlx::Error> {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut self.connection).await?;
        let done = self.append_all(proofs).await;
        if done.is_err() {
            let _ = sqlx::query("ROLLBACK").execute(&mut self.connection).await;
        }
        done
    }

    /// The head is read inside the transaction: another process (the one that this one replaces in a restart) may have
    /// appended too.
    async fn append_all(&mut self, proofs: Vec<NewProof>) -> Result<Vec<Stored>, sqlx::Error> {
        let head = connect::head(&mut self.connection).await?;
        let salted: Result<Vec<Salted>, _> = proofs.into_iter().map(Salted::new).collect();
        let salted = salted.map_err(|e| sqlx::Error::Encode(e.into()))?;
        let linked = link(&head, &salted)?;
        for rows in linked.chunks(ROWS_PER_INSERT) {
            insert(&mut self.connection, rows).await?;
        }
        if let Some(last) = linked.last() {
            sqlx::query("UPDATE chain SET seq = ?, hash = ? WHERE one = 1")
                .bind(last.seq)
                .bind(last.hash.to_vec())
                .execute(&mut self.connection)
                .await?;
        }
        sqlx::query("COMMIT").execute(&mut self.connection).await?;
        Ok(linked.iter().map(|row| Stored { seq: row.seq.unsigned_abs(), digest: row.salted.digest }).collect())
    }

    /// `secure_delete` overwrites the pages, and the truncated log holds no copy any more.
    async fn erase(&mut self, id: Uuid) -> Result<u64, sqlx::Error> {
        let sql = "UPDATE proof SET salt = NULL, payload = NULL, consent_id = NULL, said = '', erased = ? WHERE consent_id = ?";
        let done = sqlx::query(sql)
            .bind(i64::try_from(Deciseconds::now().0).unwrap_or(i64::MAX))
            .bind(id.as_bytes().to_vec())
            .execute(&mut self.connection)
            .await?;
        wal::empty(&mut self.connection).await?;
        Ok(done.rows_affected())
    }
}

/// A statement of its own is a transaction of its own, and durable.
async fn questions(connection: &mut SqliteConnection, hash: Hash, document: &str) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO questions (hash, kept, document) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(hash.to_vec())
        .bind(i64::try_from(Deciseconds::now().0).unwrap_or(i64::MAX))
        .bind(document.to_owned())
        .execute(connection)
        .await
        .map(drop)
}

async fn insert(connection: &mut SqliteConnection, rows: &[Linked<'_>]) -> Result<(), sqlx::Error> {
    let start = "INSERT INTO proof (seq, prev, digest, hash, salt, payload, consent_id, site, date, said) ";
    let mut sql = QueryBuilder::<Sqlite>::new(start);
    sql.push_values(rows, |mut values, row| {
        let Salted { proof, salt, digest } = row.salted;
        values
            .push_bind(row.seq)
            .push_bind(row.prev.to_vec())
            .push_bind(digest.to_vec())
            .push_bind(row.hash.to_vec())
            .push_bind(salt.to_vec())
            .push_bind(proof.payload.clone())
            .push_bind(proof.consent_id.as_bytes().to_vec())
            .push_bind(proof.site.clone())
            .push_bind(row.salted.date())
            .push_bind(row.said.clone());
    });
    sql.build().execute(connection).await.map(drop)
}
