//! The embedded store: one SQLite file, one thread that writes, one connection that reads.

use super::batch::Outage;
use super::desk::Desk;
use super::writer::{Job, Reply, Writer};
use super::{
    CheckpointStore, DailyStore, EffectStore, Health, NewProof, ProofStore, Row, SqliteReader, Standing, StoreError,
    Stored, connect, wal,
};
use crate::collect::ledger::{Hash, Head};
use async_trait::async_trait;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

/// How the store is set up. The defaults are meant for a gateway; tests make them small.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// Answers that may wait for the writer; one more is [`StoreError::Overloaded`]. Each takes about 2 kB.
    pub queue: usize,
    /// Records in one transaction, at most.
    pub batch: usize,
    /// How long another process's lock is waited for.
    pub busy: Duration,
    /// The file is checked at start unless it is bigger than this, in bytes.
    pub check_up_to: u64,
    /// An upper limit for the file, in pages of 4,096 bytes; reaching it is like a full disk.
    pub max_pages: Option<u32>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { queue: 4096, batch: 512, busy: Duration::from_secs(5), check_up_to: 1 << 30, max_pages: None }
    }
}

/// Proofs in a SQLite file: write-ahead log, each commit waits for the disk.
///
/// The writer has a thread and a runtime of its own, so the store works from any runtime and outlives each.
#[derive(Debug)]
pub struct SqliteStore {
    desk: Desk,
    path: PathBuf,
    reader: SqliteReader,
}

impl SqliteStore {
    /// Opens the file or makes it, applies migrations, checks it, and starts the writer. Blocks until that is done.
    ///
    /// # Errors
    /// Each names the path and what to do.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(options.queue.max(1));
        let (started, start) = std::sync::mpsc::sync_channel(1);
        let file = path.to_owned();
        let thread = std::thread::Builder::new()
            .name("consentry-store".to_owned())
            .spawn(move || work(file, &options, queue, &started))
            .map_err(|e| StoreError::Failed { path: path.to_owned(), detail: e.to_string() })?;
        let (reader, head) = start.recv().map_err(|_| StoreError::Closed)??;
        log::info!("proof store {}: chain {}, {} records", path.display(), head.chain, head.seq);
        Ok(Self { desk: Desk::new(jobs, thread), path: path.to_owned(), reader })
    }

    pub(super) fn reader(&self) -> &SqliteReader {
        &self.reader
    }

    pub(super) async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, StoreError> {
        self.desk.ask(job).await
    }
}

type Started = std::sync::mpsc::SyncSender<Result<(SqliteReader, Head), StoreError>>;

/// The writer's thread, from the opening of the file to the last job.
fn work(path: PathBuf, options: &SqliteOptions, jobs: mpsc::Receiver<Job>, started: &Started) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            let _ = started.send(Err(StoreError::Failed { path, detail: e.to_string() }));
            return;
        }
    };
    runtime.block_on(async move {
        let opened = async {
            let mut connection = connect::writer(&path, options, &connect::MIGRATIONS).await?;
            let head = connect::head_or_begin(&mut connection, &path).await?;
            // In pages: a bound for the log where whoever moves it does not come up.
            let bounded = sqlx::query("PRAGMA wal_autocheckpoint = 8000").execute(&mut connection).await;
            bounded.map_err(|e| StoreError::of(&path, &e))?;
            Ok((connection, SqliteReader::connect(&path, options).await?, head))
        };
        match opened.await {
            Ok((connection, reader, head)) => {
                let _ = started.send(Ok((reader, head)));
                let committed = Arc::<Notify>::default();
                let log = tokio::spawn(wal::follow(path.clone(), options.clone(), Arc::clone(&committed)));
                Writer { path, connection, jobs, committed, batch: options.batch.max(1), outage: Outage::default() }
                    .run()
                    .await;
                log.abort();
            }
            Err(error) => drop(started.send(Err(error))),
        }
    });
}

#[async_trait]
impl ProofStore for SqliteStore {
    fn name(&self) -> String {
        format!("sqlite {}", self.path.display())
    }

    async fn append(&self, proof: NewProof) -> Result<Stored, StoreError> {
        self.ask(|reply| Job::Append(proof, reply)).await
    }

    async fn keep_questions(&self, hash: Hash, document: &Arc<str>) -> Result<(), StoreError> {
        self.desk.keep_questions(hash, document).await
    }

    async fn by_consent_id(&self, id: Uuid) -> Result<Vec<Row>, StoreError> {
        self.reader.by_consent_id(id).await
    }

    async fn page(&self, after: i64, limit: u32) -> Result<Vec<Row>, StoreError> {
        self.reader.page(after, limit).await
    }

    async fn erase(&self, id: Uuid) -> Result<u64, StoreError> {
        self.ask(|reply| Job::Erase(id, reply)).await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        Ok(Health { head: Some(self.reader.head().await?), waiting: self.standing().waiting })
    }

    fn standing(&self) -> Standing {
        let waiting = self.desk.waiting();
        Standing { waiting, ..Standing::default() }
    }

    fn checkpoints(&self) -> Option<&dyn CheckpointStore> {
        Some(self)
    }

    fn effects(&self) -> Option<&dyn EffectStore> {
        Some(self)
    }

    fn daily(&self) -> Option<&dyn DailyStore> {
        Some(self)
    }
}
