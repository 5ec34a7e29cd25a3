//! The task that takes answers: into the database, many in one transaction, or into the spool while that is away.
//!
//! Only this task fills the spool, so what follows from there is in the order in which it was acknowledged: answers go to the
//! database again when the spool is empty, and not before.

use super::super::batch::{Batch, Outage};
use super::super::linked::Salted;
use super::super::writer::Job;
use super::super::{NewProof, StoreError, Stored};
use super::place::Place;
use super::spool::Spool;
use super::writer::{CHUNK, DRAIN_PATIENCE, PATIENCE, Writer};
use crate::collect::effects::Effect;
use crate::collect::ledger::{ChainId, Hash};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Between two tries to reach the database.
const AGAIN: Duration = Duration::from_secs(1);

/// How often is looked whether another process left something in the spool.
const LOOK: Duration = Duration::from_secs(10);

/// What others see of it.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    /// Whether answers go to the spool.
    pub(super) is_spooling: AtomicBool,
    /// Answers that went there since the start.
    pub(super) spooled: AtomicU64,
}

/// Owns the connection that writes, or the task that looks for one.
pub(super) struct Ingest {
    pub(super) place: Place,
    pub(super) chain: ChainId,
    pub(super) spool: Arc<Spool>,
    pub(super) gauges: Arc<Gauges>,
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) batch: usize,
    way: Way,
    outage: Outage,
}

/// Where answers go.
enum Way {
    Direct(Box<Writer>),
    /// To the spool, while this task empties it.
    Spooling(JoinHandle<Box<Writer>>),
}

impl Ingest {
    /// `writer` is the connection that the start made, if it could.
    pub(super) fn new(
        (place, chain): (Place, ChainId),
        spool: Arc<Spool>,
        gauges: Arc<Gauges>,
        (jobs, batch): (mpsc::Receiver<Job>, usize),
        writer: Option<Writer>,
    ) -> Self {
        let way = match writer {
            Some(writer) if spool.is_empty() => Way::Direct(Box::new(writer)),
            other => Way::Spooling(tokio::spawn(empty(place.clone(), chain, Arc::clone(&spool), other.map(Box::new)))),
        };
        gauges.is_spooling.store(matches!(way, Way::Spooling(_)), Ordering::Relaxed);
        Self { place, chain, spool, gauges, jobs, batch, way, outage: Outage::default() }
    }

    /// Until nobody can ask any more; what is queued by then is still written.
    pub(super) async fn run(mut self) {
        let mut jobs = Vec::with_capacity(self.batch);
        let mut look = tokio::time::interval(LOOK);
        loop {
            let news = match &mut self.way {
                Way::Direct(_) => tokio::select! {
                    count = self.jobs.recv_many(&mut jobs, self.batch) => News::Jobs(count),
                    _ = look.tick() => News::Time,
                },
                Way::Spooling(task) => tokio::select! {
                    count = self.jobs.recv_many(&mut jobs, self.batch) => News::Jobs(count),
                    emptied = task => News::Emptied(emptied.ok()),
                },
            };
            match news {
                News::Jobs(0) => break,
                News::Jobs(_) => self.take(&mut jobs).await,
                News::Time => self.look().await,
                News::Emptied(writer) => self.emptied(writer).await,
            }
        }
        match self.way {
            Way::Direct(writer) => writer.close().await,
            Way::Spooling(task) => task.abort(),
        }
    }

    async fn take(&mut self, jobs: &mut Vec<Job>) {
        let mut batch = Batch::with_capacity(jobs.len());
        for job in jobs.drain(..) {
            match job {
                Job::Append(proof, reply) => batch.push(proof, reply),
                Job::Questions(hash, document, reply) => {
                    let _ = reply.send(self.questions(&hash, &document).await);
                }
                Job::Erase(id, reply) => {
                    // In the order of asking: what was appended before must be there to be erased.
                    self.flush(&mut batch).await;
                    let _ = reply.send(self.erase(id).await);
                }
                // Others' work: see `mod.rs`.
                Job::Checkpoint(_, reply) | Job::Statistics(_, _, reply) => drop(reply.send(Err(StoreError::Closed))),
                Job::Effects(sums, reply) => drop(reply.send(self.effects(&sums).await)),
                Job::Shown(_, reply) => drop(reply.send(Err(StoreError::Closed))),
                Job::Cut(_, reply) => drop(reply.send(Err(StoreError::Closed))),
                Job::CutEffects(_, reply) => drop(reply.send(Err(StoreError::Closed))),
            }
        }
        self.flush(&mut batch).await;
    }

    async fn flush(&mut self, batch: &mut Batch) {
        let Some((proofs, waiting)) = batch.take() else { return };
        let done = self.append(proofs).await;
        self.outage.note(&done, &self.place);
        waiting.answer(done);
    }

    async fn append(&mut self, proofs: Vec<NewProof>) -> Result<Vec<Stored>, StoreError> {
        let salted: Result<Vec<Salted>, _> = proofs.into_iter().map(Salted::new).collect();
        let salted =
            salted.map_err(|e| StoreError::Failed { path: self.place.to_string().into(), detail: e.to_string() })?;
        let mut sent = Vec::new();
        if let Way::Direct(writer) = &mut self.way {
            match writer.append(&salted, &mut sent).await {
                Ok(stored) => return Ok(stored),
                Err(error) => self.lose(&error),
            }
        }
        self.spool.append(&salted, &sent).await?;
        self.gauges.spooled.fetch_add(u64::try_from(salted.len()).unwrap_or(0), Ordering::Relaxed);
        Ok(salted.iter().map(|salted| Stored { seq: 0, digest: salted.digest }).collect())
    }

    async fn questions(&mut self, hash: &Hash, document: &str) -> Result<(), StoreError> {
        if let Way::Direct(writer) = &mut self.way {
            match writer.keep_questions(hash, document).await {
                Ok(()) => return Ok(()),
                Err(error) => self.lose(&error),
            }
        }
        self.spool.keep_questions(hash, document).await
    }

    async fn effects(&mut self, sums: &[Effect]) -> Result<(), StoreError> {
        if let Way::Direct(writer) = &mut self.way {
            match writer.keep_effects(sums).await {
                Ok(()) => return Ok(()),
                Err(error) => self.lose(&error),
            }
        }
        self.spool.keep_effects(sums).await
    }

    /// Only where all records are: what is in the spool would follow and be there again.
    async fn erase(&mut self, id: uuid::Uuid) -> Result<u64, StoreError> {
        let Way::Direct(writer) = &mut self.way else {
            return Err(self.place.away("there are answers in the spool that have not followed yet".to_owned()));
        };
        let done = writer.erase(id).await;
        if let Err(error) = &done {
            self.lose(error);
        }
        done
    }

    /// From now on answers go to the spool.
    fn lose(&mut self, error: &StoreError) {
        log::error!("{error}");
        self.spool_on(None);
    }

    fn spool_on(&mut self, writer: Option<Box<Writer>>) {
        self.gauges.is_spooling.store(true, Ordering::Relaxed);
        let task = tokio::spawn(empty(self.place.clone(), self.chain, Arc::clone(&self.spool), writer));
        self.way = Way::Spooling(task);
    }

    /// Little was left in the spool a moment ago. That is sent here, where nothing can come meanwhile, unless it is much again.
    async fn emptied(&mut self, writer: Option<Box<Writer>>) {
        let Some(mut writer) = writer else { return self.spool_on(None) };
        if usize::try_from(self.spool.records()).is_ok_and(|records| records > CHUNK) {
            return self.spool_on(Some(writer));
        }
        match drain_to(0, &mut writer, &self.spool, PATIENCE).await {
            Ok(()) => {
                self.spool.forget().await;
                log::info!("{}: what was in the spool has followed, and proofs go to the database", self.place);
                self.way = Way::Direct(writer);
                self.gauges.is_spooling.store(false, Ordering::Relaxed);
            }
            Err(error) => self.lose(&error),
        }
    }

    async fn look(&mut self) {
        match self.spool.count().await {
            Ok(()) if self.spool.is_empty() => {}
            Ok(()) => self.spool_on(None),
            Err(error) => log::warn!("{error}"),
        }
    }
}

/// What the task waits for.
enum News {
    /// So many jobs; none is the end.
    Jobs(usize),
    Time,
    Emptied(Option<Box<Writer>>),
}

/// Connects, for as long as it takes, and lets the spool follow until less than a chunk is left. More comes all the time.
async fn empty(place: Place, chain: ChainId, spool: Arc<Spool>, mut writer: Option<Box<Writer>>) -> Box<Writer> {
    let mut told = None;
    loop {
        let connected = match writer.take() {
            Some(writer) => Ok(writer),
            None => Writer::open(&place, chain).await.map(Box::new),
        };
        let error = match connected {
            Ok(mut connected) => match drain_to(CHUNK - 1, &mut connected, &spool, DRAIN_PATIENCE).await {
                Ok(()) => return connected,
                Err(error) => error,
            },
            Err(error) => error,
        };
        // Once for each reason, and not once a second.
        if told.as_ref() != Some(&error) {
            log::warn!("{} answers wait in the spool: {error}", spool.records());
        }
        told = Some(error);
        tokio::time::sleep(AGAIN).await;
    }
}

/// Chunk by chunk until one holds no more than this.
async fn drain_to(most: usize, writer: &mut Writer, spool: &Spool, patience: Duration) -> Result<(), StoreError> {
    while writer.drain(spool, patience).await? > most {}
    Ok(())
}
