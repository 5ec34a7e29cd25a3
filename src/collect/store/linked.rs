//! From a new proof to a record of a chain: the same for every database.

use super::NewProof;
use crate::collect::daily::told;
use crate::collect::ledger::{self, Hash, Head, Salt};

/// A proof with all that does not depend on its place in the chain.
#[derive(Debug, Clone)]
pub(super) struct Salted {
    pub(super) proof: NewProof,
    pub(super) salt: Salt,
    pub(super) digest: Hash,
}

impl Salted {
    /// With a fresh salt.
    pub(super) fn new(proof: NewProof) -> Result<Self, getrandom::Error> {
        let mut salt = Salt::default();
        getrandom::fill(&mut salt)?;
        Ok(Self::with(proof, salt))
    }

    /// With a salt that it has already.
    pub(super) fn with(proof: NewProof, salt: Salt) -> Self {
        let digest = ledger::digest(&salt, proof.payload.as_bytes());
        Self { proof, salt, digest }
    }

    /// The date as databases keep it.
    pub(super) fn date(&self) -> i64 {
        i64::try_from(self.proof.date.0).unwrap_or(i64::MAX)
    }
}

/// A record with its place in the chain.
#[derive(Debug)]
pub(super) struct Linked<'p> {
    pub(super) salted: &'p Salted,
    pub(super) seq: i64,
    pub(super) prev: Hash,
    pub(super) hash: Hash,
    /// What statistics count of it.
    pub(super) said: String,
}

/// Gives each record its number and hashes, after this head.
pub(super) fn link<'p>(
    head: &Head,
    proofs: impl IntoIterator<Item = &'p Salted>,
) -> Result<Vec<Linked<'p>>, sqlx::Error> {
    let (mut seq, mut prev) = (head.seq, head.hash);
    let link = |salted: &'p Salted| {
        seq = seq.saturating_add(1);
        let hash = ledger::link(&prev, seq, &salted.digest);
        let number = i64::try_from(seq).map_err(|e| sqlx::Error::Encode(e.into()))?;
        let said = told(salted.proof.payload.as_bytes());
        Ok(Linked { salted, seq: number, prev: std::mem::replace(&mut prev, hash), hash, said })
    };
    proofs.into_iter().map(link).collect()
}
