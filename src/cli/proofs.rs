//! `consentry proofs`: check the chain of a proof store, show a visitor's proofs, export them all, print their statistics. It
//! only reads, also beside a gateway that is running.

mod stats;

use super::CliError;
use crate::collect::ledger::{Broken, Row, Summary, Verifier};
use crate::collect::store::{SqliteReader, StoreError};
use clap::{Args, Subcommand};
use serde_json::value::Value;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

/// Records that are read at once; what bounds the memory of a walk.
const PAGE: u32 = 1000;

/// Arguments of `consentry proofs`.
#[derive(Debug, Args)]
pub struct ProofsArgs {
    /// The proof store
    #[arg(long, global = true, value_name = "PATH", default_value = "./consentry.sqlite")]
    store: PathBuf,
    #[command(subcommand)]
    command: ProofsCommand,
}

#[derive(Debug, Subcommand)]
enum ProofsCommand {
    /// Walk the chain and name the first record that was changed; exit code 1 if there is one
    Verify,
    /// Show all proofs of one visitor
    Show {
        /// The consent id, as the widget's second layer shows it
        consent_id: Uuid,
    },
    /// Write every record as a line of JSON to standard output
    Export,
    /// Print the daily statistics: answers by UTC day, site and category
    Stats(stats::Form),
}

/// Does what the arguments say.
///
/// # Errors
/// When the store cannot be read, or the output cannot be written.
pub fn run(args: ProofsArgs) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = runtime.block_on(async {
        let reader = SqliteReader::open(&args.store).await?;
        let code = match args.command {
            ProofsCommand::Verify => verify(&reader, &mut out).await,
            ProofsCommand::Show { consent_id } => show(&reader, consent_id, &mut out).await,
            ProofsCommand::Export => export(&reader, &mut out).await,
            ProofsCommand::Stats(form) => stats::print(&reader, form, &mut out).await.map(|()| ExitCode::SUCCESS),
        }?;
        out.flush()?;
        Ok(code)
    });
    match done {
        Err(ProofsError::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        other => Ok(other?),
    }
}

#[derive(Debug, thiserror::Error)]
enum ProofsError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("standard output: {0}")]
    Output(#[from] io::Error),
    #[error("{}: holds no statistics yet: start the gateway with it once", .0.display())]
    NoStatistics(PathBuf),
}

async fn verify(reader: &SqliteReader, out: &mut impl Write) -> Result<ExitCode, ProofsError> {
    let chain = reader.head().await?.chain;
    match walk(reader).await? {
        Ok(Summary { records, erased, head }) => {
            let hash = hex(&head.hash);
            writeln!(out, "valid: chain {chain}, {records} records ({erased} erased), last hash {hash}")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            writeln!(out, "NOT VALID: chain {chain}, {broken}; what stands before it is valid")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The walk ends where the chain ended when it began: what a running gateway appends meanwhile is not looked at.
async fn walk(reader: &SqliteReader) -> Result<Result<Summary, Broken>, StoreError> {
    let head = reader.head().await?;
    let end = i64::try_from(head.seq).unwrap_or(i64::MAX);
    let mut verifier = Verifier::new(head.chain);
    let mut after = i64::MIN;
    loop {
        let mut rows = reader.page(after, PAGE).await?;
        rows.retain(|row| row.seq <= end);
        let Some(last) = rows.last() else { return Ok(verifier.finish(&head)) };
        after = last.seq;
        if let Err(broken) = rows.iter().try_for_each(|row| verifier.check(row)) {
            return Ok(Err(broken));
        }
    }
}

async fn show(reader: &SqliteReader, id: Uuid, out: &mut impl Write) -> Result<ExitCode, ProofsError> {
    let rows = reader.by_consent_id(id).await?;
    for row in &rows {
        let digest = hex(&row.digest);
        writeln!(out, "record {}, digest {digest}", row.seq)?;
        let payload = row.payload.as_deref().unwrap_or_default();
        match serde_json::from_slice::<Value>(payload) {
            Ok(proof) => writeln!(out, "{proof:#}")?,
            Err(_) => writeln!(out, "its payload is no JSON: it was changed")?,
        }
    }
    if rows.is_empty() {
        writeln!(out, "no proof with the consent id {id}: it was never given, or was erased")?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

async fn export(reader: &SqliteReader, out: &mut impl Write) -> Result<ExitCode, ProofsError> {
    let mut after = i64::MIN;
    loop {
        let rows = reader.page(after, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(ExitCode::SUCCESS) };
        after = last.seq;
        for row in &rows {
            writeln!(out, "{}", line(row))?;
        }
    }
}

/// One record as JSON. `payload` is the text that was hashed, to the byte, so that a third party can check the digest;
/// `proof` is the same as an object, to be read.
fn line(row: &Row) -> String {
    let payload = row.payload.as_deref().map(String::from_utf8_lossy);
    let proof = payload.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    serde_json::json!({
        "seq": row.seq,
        "prev": hex(&row.prev),
        "digest": hex(&row.digest),
        "hash": hex(&row.hash),
        "salt": row.salt.as_deref().map(hex),
        "erased": row.erased.is_some(),
        "payload": payload,
        "proof": proof,
    })
    .to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
