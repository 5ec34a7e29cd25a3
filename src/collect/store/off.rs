//! `store = "off"`: answers are taken, no proof is kept, and that is said at start.

use super::{Health, NewProof, ProofStore, Row, StoreError, Stored};
use crate::collect::ledger::{self, Hash};
use async_trait::async_trait;
use std::sync::Arc;
use uuid::Uuid;

/// Keeps nothing and refuses nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoStore;

impl NoStore {
    /// Says in the log, once, that no proof will exist.
    pub fn announce() -> Self {
        log::warn!("store = off: answers are taken but no proof of them is kept");
        Self
    }
}

#[async_trait]
impl ProofStore for NoStore {
    fn name(&self) -> String {
        "off (no proofs are kept)".to_owned()
    }

    async fn append(&self, proof: NewProof) -> Result<Stored, StoreError> {
        Ok(Stored { seq: 0, digest: ledger::digest(&ledger::Salt::default(), proof.payload.as_bytes()) })
    }

    async fn keep_questions(&self, _: Hash, _: &Arc<str>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn by_consent_id(&self, _: Uuid) -> Result<Vec<Row>, StoreError> {
        Ok(Vec::new())
    }

    async fn page(&self, _: i64, _: u32) -> Result<Vec<Row>, StoreError> {
        Ok(Vec::new())
    }

    async fn erase(&self, _: Uuid) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn health(&self) -> Result<Health, StoreError> {
        Ok(Health { head: None, waiting: 0 })
    }
}
