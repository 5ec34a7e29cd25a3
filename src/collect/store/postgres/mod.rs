//! PostgreSQL, for sites that outgrow one machine: several gateways on one database, each with a chain of its own.
//!
//! Everything happens on a runtime of its own, so that the store works from any other and outlives each.

mod cut;
mod effects;
mod ingest;
mod month;
mod place;
mod reader;
mod spool;
mod writer;

pub use reader::PgReader;
pub use spool::waiting_in_spool;

use super::desk::Desk;
use super::writer::{Job, Reply};
use super::{
    CheckpointStore, DailyStore, EffectStore, Health, NewProof, ProofReader, ProofStore, Row, Standing, StoreError,
    Stored,
};
use crate::collect::checkpoint::Checkpoint;
use crate::collect::daily::{Day, Line, Tally};
use crate::collect::effects::{Effect, Hour};
use crate::collect::ledger::{ChainId, Hash};
use crate::collect::shown::Showing;
use crate::consent::Deciseconds;
use async_trait::async_trait;
use ingest::{Gauges, Ingest};
use place::Place;
use spool::Spool;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use uuid::Uuid;
use writer::Writer;

/// How long anything that is read may take: the longest is the count of a day.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the store is set up.
#[derive(Debug, Clone)]
pub struct PgOptions {
    /// The local file that takes answers while the database is away, and that names this gateway's chain.
    pub spool: PathBuf,
    /// Answers that may wait for the writer; one more is [`StoreError::Overloaded`]. Each takes about 2 kB.
    pub queue: usize,
    /// Records in one transaction, at most.
    pub batch: usize,
}

impl PgOptions {
    /// The defaults, which are meant for a gateway.
    pub fn new(spool: &Path) -> Self {
        Self { spool: spool.to_owned(), queue: 4096, batch: 512 }
    }
}

/// Proofs in a PostgreSQL database, and in a local spool while that is away.
#[derive(Debug)]
pub struct PgStore {
    desk: Desk,
    chain: ChainId,
    reader: PgReader,
    runtime: Handle,
    spool: Arc<Spool>,
    gauges: Arc<Gauges>,
}

/// What the start gives back.
struct Opened {
    chain: ChainId,
    reader: PgReader,
    runtime: Handle,
    spool: Arc<Spool>,
    gauges: Arc<Gauges>,
}

type Started = std::sync::mpsc::SyncSender<Result<Opened, StoreError>>;

impl PgStore {
    /// Opens the spool, connects, applies migrations and starts the writer. Blocks until that is done. A database that is
    /// away is waited for later: until it comes, answers go to the spool.
    ///
    /// # Errors
    /// When the spool cannot be used, or when the database says what only an operator can mend: a wrong password, no such
    /// database, no right to make tables, a newer schema.
    pub fn open(url: &str, options: PgOptions) -> Result<Self, StoreError> {
        let place = Place::parse(url)?;
        let (jobs, queue) = mpsc::channel(options.queue.max(1));
        let (started, start) = std::sync::mpsc::sync_channel(1);
        let failed =
            |path: &Path, e: std::io::Error| StoreError::Failed { path: path.to_owned(), detail: e.to_string() };
        let path = options.spool.clone();
        let thread = std::thread::Builder::new()
            .name("consentry-store".to_owned())
            .spawn(move || work(place, &options, queue, &started))
            .map_err(|e| failed(&path, e))?;
        let Opened { chain, reader, runtime, spool, gauges } = start.recv().map_err(|_| StoreError::Closed)??;
        log::info!("proof store {}: chain {chain}, {} records in the spool", reader.place, spool.records());
        Ok(Self { desk: Desk::new(jobs, thread), chain, reader, runtime, spool, gauges })
    }

    /// The name of this gateway's chain.
    pub fn chain(&self) -> ChainId {
        self.chain
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, StoreError> {
        self.desk.ask(job).await
    }

    /// Does it with the reader, on the store's own runtime.
    async fn read<T, F>(&self, work: impl FnOnce(PgReader) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let (place, work) = (self.reader.place.clone(), work(self.reader.clone()));
        let within = async move {
            let late = |_| Err(place.away(format!("no answer within {} s", PATIENCE.as_secs())));
            tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(late)
        };
        self.runtime.spawn(within).await.unwrap_or(Err(StoreError::Closed))
    }
}

/// The store's thread, from the opening of the spool to the last job.
fn work(place: Place, options: &PgOptions, jobs: mpsc::Receiver<Job>, started: &Started) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("consentry-store")
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(e) => {
            let _ = started.send(Err(StoreError::Failed { path: options.spool.clone(), detail: e.to_string() }));
            return;
        }
    };
    runtime.block_on(async {
        match open(&place, options).await {
            Ok((opened, writer)) => {
                let (spool, gauges) = (Arc::clone(&opened.spool), Arc::clone(&opened.gauges));
                let (chain, pool) = (opened.chain, opened.reader.pool.clone());
                let _ = started.send(Ok(opened));
                let jobs = (jobs, options.batch.max(1));
                Ingest::new((place, chain), spool, gauges, jobs, writer).run().await;
                pool.close().await;
            }
            Err(error) => drop(started.send(Err(error))),
        }
    });
}

async fn open(place: &Place, options: &PgOptions) -> Result<(Opened, Option<Writer>), StoreError> {
    let (spool, chain) = Spool::open(&options.spool).await?;
    let writer = match Writer::open(place, chain).await {
        Ok(writer) => Some(writer),
        Err(error @ StoreError::Away { .. }) => {
            log::error!("{error}");
            None
        }
        Err(error) => return Err(error),
    };
    let reader = PgReader { place: place.clone(), pool: place.pool() };
    let (runtime, spool, gauges) = (Handle::current(), Arc::new(spool), Arc::default());
    Ok((Opened { chain, reader, runtime, spool, gauges }, writer))
}

#[async_trait]
impl ProofStore for PgStore {
    fn name(&self) -> String {
        self.reader.place.to_string()
    }

    async fn append(&self, proof: NewProof) -> Result<Stored, StoreError> {
        self.ask(|reply| Job::Append(proof, reply)).await
    }

    async fn keep_questions(&self, hash: Hash, document: &Arc<str>) -> Result<(), StoreError> {
        self.desk.keep_questions(hash, document).await
    }

    async fn by_consent_id(&self, id: Uuid) -> Result<Vec<Row>, StoreError> {
        let found = self.read(|reader| async move { reader.of_visitor(id).await }).await?;
        Ok(found.into_iter().map(|(_, row)| row).collect())
    }

    async fn page(&self, after: i64, limit: u32) -> Result<Vec<Row>, StoreError> {
        let chain = self.chain;
        self.read(move |reader| async move { reader.page(chain, after, limit).await }).await
    }

    async fn erase(&self, id: Uuid) -> Result<u64, StoreError> {
        self.ask(|reply| Job::Erase(id, reply)).await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        let chain = self.chain;
        let head = self.read(move |reader| async move { reader.head(chain).await }).await?;
        Ok(Health { head: Some(head), waiting: self.standing().waiting })
    }

    fn standing(&self) -> Standing {
        Standing {
            waiting: self.desk.waiting(),
            in_spool: Some(self.spool.records()),
            spooled: self.gauges.spooled.load(Ordering::Relaxed),
            is_away: self.gauges.is_spooling.load(Ordering::Relaxed),
        }
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

#[async_trait]
impl EffectStore for PgStore {
    async fn keep_effects(&self, effects: Vec<Effect>) -> Result<(), StoreError> {
        self.ask(|reply| Job::Effects(effects, reply)).await
    }

    async fn cut_effects(&self, before: Deciseconds) -> Result<u64, StoreError> {
        self.read(move |reader| async move { reader.cut_effects(Hour::of(before)).await }).await
    }
}

#[async_trait]
impl CheckpointStore for PgStore {
    async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let chain = self.chain;
        self.read(move |reader| async move { reader.last_checkpoint(chain).await }).await
    }

    async fn keep_checkpoint(&self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        self.read(|reader| async move { reader.keep_checkpoint(&checkpoint).await }).await
    }

    async fn cut(&self, before: Deciseconds) -> Result<u64, StoreError> {
        let chain = self.chain;
        self.read(move |reader| async move { reader.cut(chain, before).await }).await
    }
}

#[async_trait]
impl DailyStore for PgStore {
    async fn tally(&self, day: Day) -> Result<Tally, StoreError> {
        self.read(move |reader| async move { reader.tally(day).await }).await
    }

    async fn first(&self) -> Result<Option<Day>, StoreError> {
        self.read(|reader| async move { reader.first().await }).await
    }

    async fn cut_before(&self) -> Result<Option<i64>, StoreError> {
        self.read(|reader| async move { reader.cut_before().await }).await
    }

    async fn computed(&self) -> Result<Vec<Day>, StoreError> {
        self.read(|reader| async move { reader.settled().await }).await
    }

    async fn replace(&self, day: Day, lines: Vec<Line>) -> Result<(), StoreError> {
        self.read(move |reader| async move { reader.replace(day, lines).await }).await
    }

    async fn add_shown(&self, rows: Vec<(Showing, u64)>) -> Result<(), StoreError> {
        self.read(move |reader| async move { reader.add_shown(&rows).await }).await
    }
}
