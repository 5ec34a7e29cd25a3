//! `consentry schema`: prints the JSON Schema of a kind of rule file, for editors.

use super::CliError;
use crate::policy::file::{SCHEMAS, schema};
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::process::ExitCode;

/// What to print.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which files it is for
    #[arg(value_parser = PossibleValuesParser::new(SCHEMAS), default_value = "site")]
    kind: String,
}

/// Prints it.
///
/// # Errors
/// No such kind of file.
pub fn run(args: &SchemaArgs) -> Result<ExitCode, CliError> {
    let schema = schema(&args.kind).ok_or("there is no such kind of file")?;
    println!("{schema:#}");
    Ok(ExitCode::SUCCESS)
}
