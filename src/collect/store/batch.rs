//! Answers that are kept together: gathered by a writer, appended in one transaction, and answered together.

use super::writer::Reply;
use super::{NewProof, StoreError, Stored};
use std::fmt::Display;

/// What waits for one transaction, each with the way back.
#[derive(Debug, Default)]
pub(super) struct Batch {
    proofs: Vec<NewProof>,
    replies: Vec<Reply<Stored>>,
}

impl Batch {
    /// With room for so many.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self { proofs: Vec::with_capacity(count), replies: Vec::with_capacity(count) }
    }

    pub(super) fn push(&mut self, proof: NewProof, reply: Reply<Stored>) {
        self.proofs.push(proof);
        self.replies.push(reply);
    }

    /// What was gathered so far, in its order: what is appended, and who waits for it. `None` where nothing was.
    pub(super) fn take(&mut self) -> Option<(Vec<NewProof>, Waiting)> {
        let Self { proofs, replies } = std::mem::take(self);
        (!proofs.is_empty()).then_some((proofs, Waiting(replies)))
    }
}

/// Those who wait for a transaction.
#[derive(Debug)]
pub(super) struct Waiting(Vec<Reply<Stored>>);

impl Waiting {
    /// Answers everybody. Somebody who no longer waits is not missed.
    pub(super) fn answer(self, done: Result<Vec<Stored>, StoreError>) {
        match done {
            Ok(stored) => self.0.into_iter().zip(stored).for_each(|(reply, stored)| drop(reply.send(Ok(stored)))),
            Err(error) => self.0.into_iter().for_each(|reply| drop(reply.send(Err(error.clone())))),
        }
    }
}

/// Whether the last batch was refused: a disk that is full for an hour is two lines in the log, not one per answer.
#[derive(Debug, Default)]
pub(super) struct Outage {
    is_on: bool,
}

impl Outage {
    /// How a batch went; `store` is its name in the log.
    pub(super) fn note<T>(&mut self, done: &Result<T, StoreError>, store: impl Display) {
        match done {
            Err(error) if !self.is_on => log::error!("answers are refused until this is over: {error}"),
            Ok(_) if self.is_on => log::info!("{store}: proofs are stored again"),
            _ => {}
        }
        self.is_on = done.is_err();
    }
}
