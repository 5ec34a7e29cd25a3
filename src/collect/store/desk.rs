//! Where a store takes what is asked of its writer: a bounded queue to a thread, and the end of both.

use super::StoreError;
use super::writer::{Job, Reply};
use crate::collect::ledger::Hash;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// The way to the writer's thread.
///
/// CORRECTNESS: the first field of a store: it is dropped before what the thread still needs.
#[derive(Debug)]
pub(super) struct Desk {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// Questions that are known to be kept: as many as rules and languages there were since the start.
    questions: Mutex<HashSet<Hash>>,
}

impl Desk {
    /// Over the queue that the thread empties.
    pub(super) fn new(jobs: mpsc::Sender<Job>, thread: JoinHandle<()>) -> Self {
        Self { jobs: Some(jobs), thread: Some(thread), questions: Mutex::default() }
    }

    /// Asks, and waits for the answer. Nobody waits for room in the queue.
    pub(super) async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.try_send(job(reply)).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Keeps what was asked of visitors; once for each hash.
    pub(super) async fn keep_questions(&self, hash: Hash, document: &Arc<str>) -> Result<(), StoreError> {
        if self.questions.lock().unwrap_or_else(PoisonError::into_inner).contains(&hash) {
            return Ok(());
        }
        let document = Arc::clone(document);
        self.ask(|reply| Job::Questions(hash, document, reply)).await?;
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).insert(hash);
        Ok(())
    }

    /// How many jobs are in the queue.
    pub(super) fn waiting(&self) -> usize {
        self.jobs.as_ref().map_or(0, |jobs| jobs.max_capacity() - jobs.capacity())
    }
}

impl Drop for Desk {
    /// Waits until what was queued is durable.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
