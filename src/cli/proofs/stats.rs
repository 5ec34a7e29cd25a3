//! `consentry proofs stats`: the daily statistics that the gateway keeps beside the proofs, as a table, CSV or JSON.

use super::{ProofsError, csv};
use crate::collect::daily::{Day, Line};
use crate::collect::store::{ProofReader, StoreError};
use clap::Args;
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};

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

const COLUMNS: [&str; 8] = ["date", "site", "category", "accepted", "refused", "withdrawn", "partial", "unreadable"];

/// A line as JSON.
#[derive(Debug, Serialize)]
struct Dated<'a> {
    date: Day,
    #[serde(flatten)]
    line: &'a Line,
}

/// Day by day, so that the memory is that of one.
pub(super) async fn print(reader: &dyn ProofReader, form: Form, out: &mut impl Write) -> Result<(), ProofsError> {
    let days = reader.computed().await.map_err(told)?;
    let head = COLUMNS.map(Cow::Borrowed);
    if form.csv {
        csv::write([head].iter(), out)?;
    } else if !form.json {
        writeln!(out, "{}", row(&head))?;
    }
    for day in days {
        let lines = reader.statistics(day).await?;
        if form.csv {
            let rows: Vec<_> = lines.iter().map(|line| cells(day, line, "")).collect();
            csv::write(rows.iter(), out)?;
            continue;
        }
        for line in &lines {
            if form.json {
                let json = serde_json::to_string(&Dated { date: day, line }).map_err(io::Error::from)?;
                writeln!(out, "{json}")?;
            } else {
                writeln!(out, "{}", row(&cells(day, line, "-")))?;
            }
        }
    }
    Ok(())
}

/// What stands in the columns; `none` where a line says nothing.
fn cells<'a>(day: Day, line: &'a Line, none: &'a str) -> [Cow<'a, str>; 8] {
    let count = |value: Option<u64>| value.map_or(Cow::Borrowed(none), |value| value.to_string().into());
    [
        day.to_string().into(),
        Cow::Borrowed(&line.site),
        Cow::Borrowed(line.category.as_deref().unwrap_or(none)),
        line.accepted.to_string().into(),
        line.refused.to_string().into(),
        line.withdrawn.to_string().into(),
        count(line.partial),
        count(line.unreadable),
    ]
}

fn row(cells: &[Cow<'_, str>; 8]) -> String {
    let [date, site, category, accepted, refused, withdrawn, partial, unreadable] = cells;
    format!(
        "{date:<10}  {site:<24}  {category:<16}  {accepted:>9}  {refused:>9}  {withdrawn:>9}  {partial:>9}  {unreadable:>10}"
    )
}

/// A store that an older version made gets its tables when the gateway opens it; this command only reads.
fn told(error: StoreError) -> ProofsError {
    match error {
        StoreError::Failed { path, detail } if detail.contains("no such table") => ProofsError::NoStatistics(path),
        other => ProofsError::Store(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::proofs::csv::safe;
    use proptest::prelude::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_text() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(safe(bad), format!("'{bad}"));
        }
        for good in ["shop", "2026-11-24", "", "a=b", "'=1"] {
            assert_eq!(safe(good), good);
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_csv_in_its_cell(text in "[=+@\",\r\n;' a-e-]{0,12}") {
            let day = Day::numbered(20_000).unwrap();
            let line = Line { site: text.clone(), unreadable: Some(7), ..Line::default() };
            let mut bytes = Vec::new();
            csv::write([cells(day, &line, "")].iter(), &mut bytes).unwrap();
            prop_assert!(bytes.ends_with(b",7\r\n"));
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(&*bytes);
            let record = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(record.get(1), Some(&*safe(&text)));
            prop_assert_eq!(record.get(7), Some("7"));
        }
    }
}
