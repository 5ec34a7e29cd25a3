//! `consentry proofs`: check the chain of a proof store, show a visitor's proofs and what was asked, export them, print their
//! statistics, erase a visitor's. All but the last only read; all work beside a gateway that is running.

mod effects;
mod export;
mod stats;
mod verify;

use super::CliError;
use crate::collect::details::Questions;
use crate::collect::digests::{hex, unhex};
use crate::collect::export as exported;
use crate::collect::ledger::Hash;
use crate::collect::store::{ProofReader, StoreError, is_postgres, open_reader, waiting_in_spool};
use clap::{Args, Subcommand};
use serde_json::value::Value;
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

/// Arguments of `consentry proofs`.
#[derive(Debug, Args)]
pub struct ProofsArgs {
    /// The proof store: a file, or postgres://user@host/database
    #[arg(long, global = true, value_name = "STORE", default_value = "./consentry.sqlite")]
    store: String,
    #[command(subcommand)]
    command: ProofsCommand,
}

#[derive(Debug, Subcommand)]
enum ProofsCommand {
    /// Walk the chain and its signed checkpoints, and name the first record that was changed; exit code 1 if there is one
    Verify(verify::Verify),
    /// Show all proofs of one visitor, and what was done to pages of each decision
    Show {
        /// The consent id, as the widget's second layer shows it
        consent_id: Uuid,
    },
    /// Write records to standard output
    Export(export::Export),
    /// Write what was shown with an answer, as an HTML document, to standard output
    Snapshot {
        /// The member `questions` of a proof
        hash: String,
    },
    /// Erase all proofs of one visitor: what they say is overwritten, their digests stay and the chain is still valid
    Erase {
        /// The consent id, as the widget's second layer shows it
        consent_id: Uuid,
        /// The spool of a gateway on this database: nothing is erased while answers of this visitor wait there
        #[arg(long, value_name = "FILE")]
        spool: Vec<PathBuf>,
    },
    /// Print the daily statistics: answers by UTC day, site and category
    Stats(stats::Form),
}

/// Does what the arguments say.
///
/// # Errors
/// When the store cannot be read, or the output cannot be written.
pub fn run(args: ProofsArgs) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = runtime.block_on(async {
        let reader = open_reader(&args.store).await?;
        let reader = &*reader;
        let code = match args.command {
            ProofsCommand::Verify(verify) => verify.run(reader, &mut out).await,
            ProofsCommand::Show { consent_id } => show(reader, consent_id, &mut out).await,
            ProofsCommand::Export(export) => export.run(reader, &mut out).await.map(|()| ExitCode::SUCCESS),
            ProofsCommand::Snapshot { hash } => snapshot(reader, &hash, &mut out).await,
            ProofsCommand::Erase { consent_id, spool } => {
                wait_nowhere(&spool, consent_id).await?;
                if spool.is_empty() && is_postgres(&args.store) {
                    eprintln!("{SPOOLS}");
                }
                erase(reader, consent_id, &mut out).await
            }
            ProofsCommand::Stats(form) => stats::print(reader, form, &mut out).await.map(|()| ExitCode::SUCCESS),
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
    #[error("key: 64 hexadecimal digits are needed, as the gateway's log says them at start")]
    NoKey,
    #[error("{}: {problem}", path.display())]
    Checkpoints { path: PathBuf, problem: String },
    #[error("`{0}` is no hash: 64 hexadecimal digits, as in the member `questions` of a proof")]
    NoHash(String),
    #[error(
        "{}: {count} answers of this visitor wait there and would be in the database after all, so nothing is erased; erase \
         again when the gateway has let them follow (consentry_spool_records is 0)", path.display()
    )]
    Waiting { path: PathBuf, count: u64 },
    #[error("{}: holds no statistics yet: start the gateway with it once", .0.display())]
    NoStatistics(PathBuf),
}

async fn show(reader: &dyn ProofReader, id: Uuid, out: &mut impl Write) -> Result<ExitCode, ProofsError> {
    let rows = reader.of_visitor(id).await?;
    let mut is_sound = true;
    for (at, (chain, row)) in rows.iter().enumerate() {
        let digest = hex(&row.digest);
        writeln!(out, "record {}, digest {digest}, chain {chain}", row.seq)?;
        let payload = row.payload.as_deref().unwrap_or_default();
        match serde_json::from_slice::<Value>(payload) {
            Ok(proof) => writeln!(out, "{proof:#}")?,
            Err(_) => writeln!(out, "its payload is no JSON: it was changed")?,
        }
        if let Some(proof) = exported::proof(row) {
            let later = rows.iter().skip(at + 1).filter_map(|(_, row)| exported::proof(row));
            let next = later.into_iter().find(|next| next.site == proof.site && next.date > proof.date);
            is_sound &= effects::show(reader, &proof, next.as_ref(), out).await?;
        }
    }
    if rows.is_empty() {
        writeln!(out, "no proof with the consent id {id}: it was never given, or was erased")?;
        return Ok(ExitCode::FAILURE);
    }
    effects::worth(out)?;
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The document whose hash a proof names. One that has another hash was changed, and is not shown.
async fn snapshot(reader: &dyn ProofReader, hash: &str, out: &mut impl Write) -> Result<ExitCode, ProofsError> {
    let wanted = unhex(hash).and_then(|bytes| Hash::try_from(bytes.as_slice()).ok());
    let wanted = wanted.ok_or_else(|| ProofsError::NoHash(hash.to_owned()))?;
    let Some(document) = reader.questions(&wanted).await? else {
        eprintln!("nothing with this hash is kept");
        return Ok(ExitCode::FAILURE);
    };
    let found: Hash = Sha256::digest(document.as_bytes()).into();
    match serde_json::from_str::<Questions>(&document) {
        Ok(questions) if found == wanted => {
            out.write_all(questions.html.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprintln!("NOT VALID: what is kept under this hash has the hash {}: it was changed", hex(&found));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Said where it is not known whether answers wait.
const SPOOLS: &str = "answers that wait in the spool of a gateway are not reached: name the spools with --spool, or erase again when \
                      consentry_spool_records is 0 everywhere";

/// What waits would follow after the erasure, and be there again.
async fn wait_nowhere(spools: &[PathBuf], id: Uuid) -> Result<(), ProofsError> {
    for path in spools {
        match waiting_in_spool(path, id).await? {
            0 => {}
            count => return Err(ProofsError::Waiting { path: path.clone(), count }),
        }
    }
    Ok(())
}

async fn erase(reader: &dyn ProofReader, id: Uuid, out: &mut impl Write) -> Result<ExitCode, ProofsError> {
    let erased = reader.erase(id).await?;
    writeln!(out, "{erased} records with the consent id {id} were erased; the chain is still valid")?;
    Ok(if erased > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
