//! `consentry schema`: prints the JSON Schema of a kind of rule file, for editors, or of the proofs that are exported.

use super::CliError;
use crate::policy::file::{SCHEMAS, schema};
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::process::ExitCode;

/// The forms of proofs; the files are in `docs/`.
const PROOFS: [(&str, &str); 2] = [
    ("proof", include_str!("../../docs/proof.schema.json")),
    ("dastra-record", include_str!("../../docs/dastra-record.schema.json")),
];

/// What to print.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which files or records it is for
    #[arg(value_parser = PossibleValuesParser::new(SCHEMAS.into_iter().chain(PROOFS.map(|(name, _)| name))), default_value = "site")]
    kind: String,
}

/// Prints it.
///
/// # Errors
/// No such kind of file.
pub fn run(args: &SchemaArgs) -> Result<ExitCode, CliError> {
    if let Some((_, schema)) = PROOFS.iter().find(|(name, _)| *name == args.kind) {
        print!("{schema}");
        return Ok(ExitCode::SUCCESS);
    }
    let schema = schema(&args.kind).ok_or("there is no such kind of file")?;
    println!("{schema:#}");
    Ok(ExitCode::SUCCESS)
}
