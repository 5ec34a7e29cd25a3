//! `consentry proofs export`: records as JSON lines, as Dastra's record or as CSV.

use super::ProofsError;
use crate::collect::daily::Day;
use crate::collect::export::{self, Filter, Records};
use crate::collect::store::ProofReader;
use clap::{Args, ValueEnum};
use std::io::Write;
use uuid::Uuid;

/// What is written, and how.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The form of the records
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Only those of this site
    #[arg(long)]
    site: Option<String>,
    /// Only those of one visitor, by the consent id
    #[arg(long)]
    consent_id: Option<Uuid>,
    /// Only those from this UTC day on, as 2026-11-24
    #[arg(long, value_parser = day)]
    since: Option<Day>,
    /// Only those up to this UTC day, itself included
    #[arg(long, value_parser = day)]
    until: Option<Day>,
    /// Only answers that this tool took: own, dastra, onetrust, …
    #[arg(long)]
    source: Option<String>,
}

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Form {
    /// A line of JSON for each record, with all that the chain is verified by
    #[default]
    Json,
    /// A line of JSON for each record, as Dastra publishes it
    Dastra,
    /// RFC 4180, safe to open in a spreadsheet
    Csv,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| format!("`{text}` is no day like 2026-11-24"))
}

impl Export {
    /// Writes them page by page.
    pub(super) async fn run(self, reader: &dyn ProofReader, out: &mut impl Write) -> Result<(), ProofsError> {
        let Self { format, site, consent_id, since, until, source } = self;
        let form = match format {
            Form::Json => export::Form::Json,
            Form::Dastra => export::Form::Dastra,
            Form::Csv => export::Form::Csv,
        };
        let mut records = Records::new(reader, Filter { site, consent_id, since, until, source }, form);
        while let Some(page) = records.next().await? {
            out.write_all(&page)?;
        }
        // On standard error, where it is in no one's way.
        if records.left_out() > 0 {
            eprintln!(
                "{} records are left out: they were erased, or made by a version that kept less than this form has",
                records.left_out()
            );
        }
        Ok(())
    }
}
