//! `consentry proofs verify`: the chain record by record, and the signed checkpoints of it, those in the store and those that
//! somebody else kept.

use super::{PAGE, ProofsError};
use crate::collect::checkpoint::Checkpoint;
use crate::collect::digests::{hex, unhex};
use crate::collect::ledger::{Broken, ChainId, Row, Summary, Verifier};
use crate::collect::store::{SqliteReader, StoreError};
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
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain(broken) => broken.fmt(f),
            Self::Other(seq) => write!(f, "record {seq} is not the one that its checkpoint was signed for"),
            Self::Unsigned(seq) => write!(f, "the checkpoint of record {seq} has a signature that does not match it"),
            Self::Stranger(seq) => write!(f, "the checkpoint of record {seq} is signed with another key"),
            Self::Cut(seq) => write!(f, "record {seq} is missing: a checkpoint was signed for it"),
        }
    }
}

impl Verify {
    pub(super) async fn run(&self, reader: &SqliteReader, out: &mut impl Write) -> Result<ExitCode, ProofsError> {
        let chain = reader.head().await?.chain;
        let key = self.key.as_deref().map(|text| unhex(text).filter(|key| key.len() == 32).ok_or(ProofsError::NoKey));
        let mut walk = Walk { key: key.transpose()?, given: self.given(chain)?, checked: 0 };
        match walk.whole(reader).await? {
            Ok(Summary { records, erased, head }) => {
                let (hash, checked) = (hex(&head.hash), walk.checked);
                writeln!(
                    out,
                    "valid: chain {chain}, {records} records ({erased} erased), {checked} checkpoints, last hash {hash}"
                )?;
                Ok(ExitCode::SUCCESS)
            }
            Err(wrong) => {
                writeln!(out, "NOT VALID: chain {chain}, {wrong}; what stands before it is valid")?;
                Ok(ExitCode::FAILURE)
            }
        }
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

fn open(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::open(path)
}

struct Walk {
    key: Option<Vec<u8>>,
    given: BTreeMap<u64, Vec<Checkpoint>>,
    checked: u64,
}

impl Walk {
    /// It ends where the chain ended when it began: what a running gateway appends meanwhile is not looked at.
    async fn whole(&mut self, reader: &SqliteReader) -> Result<Result<Summary, Wrong>, StoreError> {
        let head = reader.head().await?;
        let end = i64::try_from(head.seq).unwrap_or(i64::MAX);
        let mut verifier = Verifier::new(head.chain);
        let mut after = i64::MIN;
        loop {
            let mut rows = reader.page(after, PAGE).await?;
            rows.retain(|row| row.seq <= end);
            let Some(last) = rows.last() else { break };
            let kept = kept(reader, head.chain, after, last.seq).await?;
            after = last.seq;
            if let Err(wrong) = self.page(&rows, &kept, &mut verifier) {
                return Ok(Err(wrong));
            }
        }
        if let Some(seq) = self.given.keys().next_back().filter(|seq| **seq > head.seq) {
            return Ok(Err(Wrong::Cut(*seq)));
        }
        Ok(verifier.finish(&head).map_err(Wrong::Chain))
    }

    fn page(&mut self, rows: &[Row], kept: &[Checkpoint], verifier: &mut Verifier) -> Result<(), Wrong> {
        let mut kept = kept.iter().peekable();
        for row in rows {
            verifier.check(row).map_err(Wrong::Chain)?;
            let seq = row.seq.unsigned_abs();
            while let Some(checkpoint) = kept.next_if(|checkpoint| checkpoint.head.seq <= seq) {
                self.hold(checkpoint, row)?;
            }
            for checkpoint in self.given.remove(&seq).unwrap_or_default() {
                self.hold(&checkpoint, row)?;
            }
        }
        Ok(())
    }

    fn hold(&mut self, checkpoint: &Checkpoint, row: &Row) -> Result<(), Wrong> {
        let seq = checkpoint.head.seq;
        if !checkpoint.is_signed() {
            return Err(Wrong::Unsigned(seq));
        }
        if self.key.as_ref().is_some_and(|key| *key != checkpoint.key) {
            return Err(Wrong::Stranger(seq));
        }
        if row.seq.unsigned_abs() != seq || row.hash != checkpoint.head.hash {
            return Err(Wrong::Other(seq));
        }
        self.checked += 1;
        Ok(())
    }
}

/// None in a store that a version without checkpoints made.
async fn kept(reader: &SqliteReader, chain: ChainId, after: i64, last: i64) -> Result<Vec<Checkpoint>, StoreError> {
    match reader.checkpoints(chain, after, last).await {
        Err(StoreError::Failed { detail, .. }) if detail.contains("no such table") => Ok(Vec::new()),
        other => other,
    }
}
