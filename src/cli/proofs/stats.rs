//! `consentry proofs stats`: the daily statistics that the gateway keeps beside the proofs, as a table, CSV or JSON.

use super::ProofsError;
use crate::collect::export::{COLUMNS, Filter, Statistics, StatisticsForm, cells};
use crate::collect::store::{ProofReader, StoreError};
use clap::Args;
use std::borrow::Cow;
use std::io::Write;

/// How they are written.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Form {
    /// As CSV (RFC 4180), safe to open in a spreadsheet
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Day by day, so that the memory is that of one.
pub(super) async fn print(reader: &dyn ProofReader, form: Form, out: &mut impl Write) -> Result<(), ProofsError> {
    if !form.csv && !form.json {
        return table(reader, out).await;
    }
    let form = if form.csv { StatisticsForm::Csv } else { StatisticsForm::Json };
    let mut statistics = Statistics::new(reader, Filter::default(), form);
    while let Some(page) = statistics.next().await.map_err(told)? {
        out.write_all(&page)?;
    }
    Ok(())
}

async fn table(reader: &dyn ProofReader, out: &mut impl Write) -> Result<(), ProofsError> {
    let days = reader.computed().await.map_err(told)?;
    writeln!(out, "{}", row(&COLUMNS.map(Cow::Borrowed)))?;
    for day in days {
        for line in reader.statistics(day).await? {
            writeln!(out, "{}", row(&cells(day, &line, "-")))?;
        }
    }
    Ok(())
}

fn row(cells: &[Cow<'_, str>; 10]) -> String {
    let [date, site, category, accepted, refused, withdrawn, partial, unreadable, variant, shown] = cells;
    format!(
        "{date:<10}  {site:<24}  {category:<16}  {accepted:>9}  {refused:>9}  {withdrawn:>9}  {partial:>9}  {unreadable:>10}  {variant:<16}  {shown:>9}"
    )
}

/// A store that an older version made gets its tables when the gateway opens it; this command only reads.
fn told(error: StoreError) -> ProofsError {
    match error {
        StoreError::Failed { path, detail } if detail.contains("no such table") => ProofsError::NoStatistics(path),
        other => ProofsError::Store(other),
    }
}
