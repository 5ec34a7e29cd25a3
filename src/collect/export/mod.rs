//! Proofs and statistics as somebody else's programs read them: JSON Lines, CSV, Dastra's record. Page by page, so that memory does not grow
//! with their number; the command writes each page to standard output, the operator's listener to a socket.

mod csv;
mod dastra;
mod records;
mod statistics;

pub use csv::{row, safe};
pub use records::{Records, proof};
pub use statistics::{COLUMNS, Statistics, StatisticsForm, cells};

use super::daily::Day;
use super::ledger::Row;
use uuid::Uuid;

/// The forms of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// A line of JSON for each record, with all that the chain is verified by.
    #[default]
    Json,
    /// A line of JSON for each record, as Dastra publishes it.
    Dastra,
    /// RFC 4180, safe to open in a spreadsheet.
    Csv,
}

impl Form {
    /// By the word that commands and addresses have for it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "dastra" => Some(Self::Dastra),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// Which are written. Days are UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of this site.
    pub site: Option<String>,
    /// Only those of one visitor.
    pub consent_id: Option<Uuid>,
    /// Only those from this day on.
    pub since: Option<Day>,
    /// Only those up to this day, itself included.
    pub until: Option<Day>,
    /// Only answers that this tool took: `own`, `dastra`, `onetrust`, …
    pub source: Option<String>,
}

impl Filter {
    /// Whether a record is one of them. An erased one says only when and where it was.
    pub fn takes(&self, row: &Row) -> bool {
        let fits = self.takes_site(&row.site)
            && self.since.is_none_or(|day| row.date >= day.begins())
            && self.until.is_none_or(|day| row.date < day.ends())
            && self.consent_id.is_none_or(|id| row.consent_id.as_deref() == Some(id.as_bytes().as_slice()));
        fits && self.source.as_ref().is_none_or(|source| proof(row).is_some_and(|proof| proof.source == *source))
    }

    fn takes_site(&self, site: &str) -> bool {
        self.site.as_deref().is_none_or(|wanted| wanted == site)
    }

    fn takes_day(&self, day: Day) -> bool {
        self.since.is_none_or(|since| day >= since) && self.until.is_none_or(|until| day <= until)
    }
}
