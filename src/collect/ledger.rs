//! The hash chain that proofs stand in (D14): pure functions and the walk that finds the first record that was changed.
//!
//! Each record holds `digest = SHA-256(salt ‖ payload)` and `hash = SHA-256(prev ‖ seq ‖ digest)`, where `prev` is the
//! hash of the record before, and for the first one [`genesis`]. As the chain runs over salted digests, a person's
//! salt and payload can be erased: the digest that stays says nothing about them, and the chain is still whole.
//! What a chain alone cannot show is a tail that was cut together with its head.

use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

/// A SHA-256.
pub type Hash = [u8; 32];

/// Random bytes that keep a digest from being guessed once its payload is erased.
pub type Salt = [u8; 16];

/// The name of one gateway's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainId(pub Uuid);

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a chain ends: the number of its last record (0 = none yet) and that record's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The chain.
    pub chain: ChainId,
    /// The last record's number; the first one has 1.
    pub seq: u64,
    /// Its hash; [`genesis`] when there is none yet.
    pub hash: Hash,
}

impl Head {
    /// The head of a chain that holds nothing yet.
    pub fn empty(chain: ChainId) -> Self {
        Self { chain, seq: 0, hash: genesis(chain) }
    }
}

/// From where to where a store has a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The last record that was cut by age; an empty head where none was. The first record that is there follows it.
    pub cut: Head,
    /// The last record.
    pub head: Head,
}

/// What the first record has as `prev`: it binds the records to their chain.
pub fn genesis(chain: ChainId) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"consentry chain 1\0");
    hasher.update(chain.0.as_bytes());
    hasher.finalize().into()
}

/// `SHA-256(salt ‖ payload)`; the salt's length is fixed, so that the border between the two is.
pub fn digest(salt: &Salt, payload: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(payload);
    hasher.finalize().into()
}

/// `SHA-256(prev ‖ seq ‖ digest)`, `seq` as eight bytes, the highest first.
pub fn link(prev: &Hash, seq: u64, digest: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(prev);
    hasher.update(seq.to_be_bytes());
    hasher.update(digest);
    hasher.finalize().into()
}

/// One record as it was found in a store, not yet believed: every field may have been tampered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in the chain, from 1.
    pub seq: i64,
    /// The hash of the record before.
    pub prev: Vec<u8>,
    /// Of salt and payload.
    pub digest: Vec<u8>,
    /// Of prev, seq and digest.
    pub hash: Vec<u8>,
    /// `None` when it was erased.
    pub salt: Option<Vec<u8>>,
    /// The proof as JSON; `None` when it was erased.
    pub payload: Option<Vec<u8>>,
    /// What the record is searched by; a copy of what the payload says.
    pub consent_id: Option<Vec<u8>>,
    /// The site, a copy too.
    pub site: String,
    /// The date in tenths of seconds since 1970, a copy too.
    pub date: i64,
    /// When it was erased, in tenths of seconds since 1970.
    pub erased: Option<i64>,
    /// What statistics count of it, a copy too; `None` where a version wrote it that did not keep this.
    pub said: Option<String>,
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A record is not there: it was deleted, or its number was changed.
    #[error("is missing")]
    Missing,
    /// A record's number comes twice or out of order.
    #[error("stands out of order")]
    Order,
    /// The hash it names as the one before is another.
    #[error("does not follow the record before it")]
    Prev,
    /// Its own hash does not match what it holds.
    #[error("has a hash that does not match it")]
    Hash,
    /// Its payload or salt was changed.
    #[error("has a payload that does not match its digest")]
    Digest,
    /// Salt and payload must be there both, or be erased both.
    #[error("is neither whole nor erased")]
    HalfErased,
    /// What it is searched by differs from its payload: the payload is right, the copy is not.
    #[error("has a {0} beside its payload that differs from the one in it")]
    Copy(&'static str),
    /// The copy that statistics are counted from differs from its payload.
    #[error("is counted in statistics as something that its payload does not say")]
    Said,
    /// The chain says it ends elsewhere: the last records were cut, or the head was changed.
    #[error("is the last one, but the chain's head says otherwise")]
    Head,
}

/// The first record that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} {problem}")]
pub struct Broken {
    /// Its number.
    pub seq: i64,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What a walk over a whole chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Records that are there, the erased ones too.
    pub records: u64,
    /// Records whose payload was erased.
    pub erased: u64,
    /// Where the chain ends.
    pub head: Head,
}

/// What a payload says about the columns beside it.
#[derive(Debug, serde::Deserialize)]
struct Copies<'a> {
    #[serde(rename = "consentId")]
    consent_id: Uuid,
    #[serde(borrow)]
    site: std::borrow::Cow<'a, str>,
    date: super::proof::Stamp,
}

/// Walks one chain from its first record. O(1) memory; about one SHA-256 of the payload and one JSON scan per record.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// The number of the record that the walk began after.
    begun: u64,
    head: Head,
    erased: u64,
}

impl Verifier {
    /// At the beginning of this chain.
    pub fn new(chain: ChainId) -> Self {
        Self::from(Head::empty(chain))
    }

    /// In the middle of a chain, after a head that is known to be right.
    pub fn from(head: Head) -> Self {
        Self { begun: head.seq, head, erased: 0 }
    }

    /// Checks the next record.
    ///
    /// # Errors
    /// The record that is wrong, or the one that should have come instead; the walk must not go on after it.
    pub fn check(&mut self, row: &Row) -> Result<(), Broken> {
        let broken = |problem| Broken { seq: row.seq, problem };
        let seq = self.head.seq.saturating_add(1);
        match i64::try_from(seq) {
            Ok(expected) if row.seq > expected => return Err(Broken { seq: expected, problem: Problem::Missing }),
            Ok(expected) if row.seq == expected => {}
            _ => return Err(broken(Problem::Order)),
        }
        if row.prev != self.head.hash {
            return Err(broken(Problem::Prev));
        }
        let digest = Hash::try_from(row.digest.as_slice()).map_err(|_| broken(Problem::Digest))?;
        let hash = link(&self.head.hash, seq, &digest);
        if row.hash != hash {
            return Err(broken(Problem::Hash));
        }
        self.content(row, &digest).map_err(broken)?;
        self.head = Head { seq, hash, ..self.head };
        Ok(())
    }

    fn content(&mut self, row: &Row, digest: &Hash) -> Result<(), Problem> {
        match (&row.salt, &row.payload, row.erased) {
            (None, None, Some(_)) if row.consent_id.is_none() => {
                self.erased += 1;
                Ok(())
            }
            (Some(salt), Some(payload), None) => {
                let salt = Salt::try_from(salt.as_slice()).map_err(|_| Problem::Digest)?;
                if self::digest(&salt, payload) != *digest {
                    return Err(Problem::Digest);
                }
                copies(row, payload)
            }
            _ => Err(Problem::HalfErased),
        }
    }

    /// The end of the walk; `stored` is where the store says that the chain ends.
    ///
    /// # Errors
    /// [`Problem::Head`] when the walk ended elsewhere.
    pub fn finish(self, stored: &Head) -> Result<Summary, Broken> {
        if self.head != *stored {
            let seq = i64::try_from(self.head.seq).unwrap_or(i64::MAX);
            return Err(Broken { seq, problem: Problem::Head });
        }
        Ok(Summary { records: self.head.seq.saturating_sub(self.begun), erased: self.erased, head: self.head })
    }
}

/// Whether what a record is searched by says what its payload says: else a record could be hidden from a search.
fn copies(row: &Row, payload: &[u8]) -> Result<(), Problem> {
    let said: Copies<'_> = serde_json::from_slice(payload).map_err(|_| Problem::Copy("content"))?;
    if row.consent_id.as_deref() != Some(said.consent_id.as_bytes().as_slice()) {
        return Err(Problem::Copy("consentId"));
    }
    if said.site != row.site {
        return Err(Problem::Copy("site"));
    }
    if i64::try_from(said.date.0.0) != Ok(row.date) {
        return Err(Problem::Copy("date"));
    }
    if row.said.as_ref().is_some_and(|said| *said != super::daily::told(payload)) {
        return Err(Problem::Said);
    }
    Ok(())
}

/// Walks the records of a whole chain.
///
/// # Errors
/// The first record that is wrong.
pub fn verify<'r>(stored: &Head, rows: impl IntoIterator<Item = &'r Row>) -> Result<Summary, Broken> {
    let mut verifier = Verifier::new(stored.chain);
    rows.into_iter().try_for_each(|row| verifier.check(row))?;
    verifier.finish(stored)
}

#[cfg(test)]
mod tests;
