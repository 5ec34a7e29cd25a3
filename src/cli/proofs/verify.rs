//! `consentry proofs verify`: the chain record by record, and the signed checkpoints of it, those in the store and those that
//! somebody else kept; then the signed sums of what the rewriting did.

use super::ProofsError;
use crate::collect::checkpoint::Checkpoint;
use crate::collect::digests::{hex, unhex};
use crate::collect::ledger::{Broken, ChainId, Extent, Head, Row, Summary};
use crate::collect::store::{ProofReader, StoreError};
use crate::collect::walk::{Page, Walk};
use clap::Args;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What the chain is held against.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// A file of checkpoints that was kept elsewhere: the chain must go through all of this store's
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<PathBuf>,
    /// The public key, in hex digits, that every checkpoint must be signed with
    #[arg(long, value_name = "HEX")]
    key: Option<String>,
}

/// What is wrong, and where it shows first.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    Chain(Broken),
    /// The record is not the one that was signed.
    Other(u64),
    /// The signature is not that of the key in it.
    Unsigned(u64),
    /// Somebody else signed it.
    Stranger(u64),
    /// The chain ends before it.
    Cut(u64),
    /// The chain begins after it, and nothing signed says so.
    Beginning(u64),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain(broken) => broken.fmt(f),
            Self::Other(seq) => write!(f, "record {seq} is not the one that its checkpoint was signed for"),
            Self::Unsigned(seq) => write!(f, "the checkpoint of record {seq} has a signature that does not match it"),
            Self::Stranger(seq) => write!(f, "the checkpoint of record {seq} is signed with another key"),
            Self::Beginning(seq) => {
                write!(f, "records up to {seq} are missing: no checkpoint was signed where the chain begins")
            }
            Self::Cut(seq) => write!(f, "record {seq} is missing: a checkpoint was signed for it"),
        }
    }
}

impl Verify {
    pub(super) async fn run(&self, reader: &dyn ProofReader, out: &mut impl Write) -> Result<ExitCode, ProofsError> {
        let key = self.key.as_deref().map(|text| unhex(text).filter(|key| key.len() == 32).ok_or(ProofsError::NoKey));
        let key = key.transpose()?;
        let mut is_valid = true;
        for extent in reader.chains().await? {
            let mut held = Held { key: key.clone(), given: self.given(extent.head.chain)?, checked: 0 };
            let done = held.whole(reader, extent).await?;
            is_valid &= done.is_ok();
            say(&extent, &done, held.checked, out)?;
        }
        is_valid &= super::effects::verify(reader, key, out).await?;
        Ok(if is_valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// This chain's checkpoints in the file; a file may hold those of several gateways.
    fn given(&self, chain: ChainId) -> Result<BTreeMap<u64, Vec<Checkpoint>>, ProofsError> {
        let mut given: BTreeMap<u64, Vec<Checkpoint>> = BTreeMap::new();
        let Some(path) = &self.checkpoints else { return Ok(given) };
        let wrong = |problem: String| ProofsError::Checkpoints { path: path.clone(), problem };
        let file = open(path).map_err(|error| wrong(error.to_string()))?;
        for (number, line) in (1..).zip(BufReader::new(file).lines()) {
            let line = line.map_err(|error| wrong(error.to_string()))?;
            let read = Checkpoint::parse(&line).ok_or_else(|| wrong(format!("line {number} is no checkpoint")))?;
            if read.head.chain == chain {
                given.entry(read.head.seq).or_default().push(read);
            }
        }
        Ok(given)
    }
}

/// One chain's line.
fn say(extent: &Extent, done: &Result<Summary, Wrong>, checked: u64, out: &mut impl Write) -> std::io::Result<()> {
    let chain = extent.head.chain;
    match done {
        Ok(Summary { records, erased, head }) => {
            let hash = hex(&head.hash);
            let cut = match extent.cut.seq {
                0 => String::new(),
                seq => format!(", cut by age after record {seq}"),
            };
            writeln!(
                out,
                "valid: chain {chain}, {records} records ({erased} erased){cut}, {checked} checkpoints, last hash {hash}"
            )
        }
        Err(wrong) => writeln!(out, "NOT VALID: chain {chain}, {wrong}; what stands before it is valid"),
    }
}

fn open(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::open(path)
}

struct Held {
    key: Option<Vec<u8>>,
    given: BTreeMap<u64, Vec<Checkpoint>>,
    checked: u64,
}

impl Held {
    async fn whole(&mut self, reader: &dyn ProofReader, extent: Extent) -> Result<Result<Summary, Wrong>, StoreError> {
        let Extent { cut, head } = extent;
        if let Err(wrong) = self.begin(reader, &cut).await? {
            return Ok(Err(wrong));
        }
        let mut walk = Walk::new(reader, extent);
        let mut after = i64::try_from(cut.seq).unwrap_or(i64::MAX);
        while let Some(Page { rows, broken }) = walk.next().await? {
            let last = rows.last().map_or(after, |row| row.seq);
            let kept = kept(reader, head.chain, after, last).await?;
            after = last;
            let right = broken.map_or(rows.len(), |(at, _)| at);
            let held = self.page(rows.get(..right).unwrap_or_default(), &kept);
            if let Err(wrong) = held.and_then(|()| broken.map_or(Ok(()), |(_, broken)| Err(Wrong::Chain(broken)))) {
                return Ok(Err(wrong));
            }
        }
        if let Some(seq) = self.given.keys().next_back().filter(|seq| **seq > head.seq) {
            return Ok(Err(Wrong::Cut(*seq)));
        }
        Ok(walk.finish().map_err(Wrong::Chain))
    }

    /// A chain may begin elsewhere than at its first record only where a checkpoint was signed. Older ones cannot be held against
    /// anything any more.
    async fn begin(&mut self, reader: &dyn ProofReader, cut: &Head) -> Result<Result<(), Wrong>, StoreError> {
        if cut.seq == 0 {
            return Ok(Ok(()));
        }
        let seq = i64::try_from(cut.seq).unwrap_or(i64::MAX);
        let mut signed = kept(reader, cut.chain, seq.saturating_sub(1), seq).await?;
        if signed.is_empty() {
            return Ok(Err(Wrong::Beginning(cut.seq)));
        }
        self.given.retain(|seq, _| *seq >= cut.seq);
        signed.extend(self.given.remove(&cut.seq).unwrap_or_default());
        Ok(signed.iter().try_for_each(|checkpoint| self.hold(checkpoint, cut.seq, &cut.hash)))
    }

    /// Holds the checkpoints against records that are right by themselves.
    fn page(&mut self, rows: &[Row], kept: &[Checkpoint]) -> Result<(), Wrong> {
        let mut kept = kept.iter().peekable();
        for row in rows {
            let seq = row.seq.unsigned_abs();
            while let Some(checkpoint) = kept.next_if(|checkpoint| checkpoint.head.seq <= seq) {
                self.hold(checkpoint, seq, &row.hash)?;
            }
            for checkpoint in self.given.remove(&seq).unwrap_or_default() {
                self.hold(&checkpoint, seq, &row.hash)?;
            }
        }
        Ok(())
    }

    fn hold(&mut self, checkpoint: &Checkpoint, at: u64, hash: &[u8]) -> Result<(), Wrong> {
        let seq = checkpoint.head.seq;
        if !checkpoint.is_signed() {
            return Err(Wrong::Unsigned(seq));
        }
        if self.key.as_ref().is_some_and(|key| *key != checkpoint.key) {
            return Err(Wrong::Stranger(seq));
        }
        if at != seq || hash != checkpoint.head.hash {
            return Err(Wrong::Other(seq));
        }
        self.checked += 1;
        Ok(())
    }
}

/// None in a store that a version without checkpoints made.
async fn kept(reader: &dyn ProofReader, chain: ChainId, after: i64, last: i64) -> Result<Vec<Checkpoint>, StoreError> {
    match reader.checkpoints(chain, after, last).await {
        Err(StoreError::Failed { detail, .. }) if detail.contains("no such table") => Ok(Vec::new()),
        other => other,
    }
}
