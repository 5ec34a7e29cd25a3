//! Daily statistics, day by day, so that the memory is that of one.

use super::{Filter, csv};
use crate::collect::daily::{Day, Line};
use crate::collect::store::{ProofReader, StoreError};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::VecDeque;

/// What stands in the columns.
pub const COLUMNS: [&str; 10] =
    ["date", "site", "category", "accepted", "refused", "withdrawn", "partial", "unreadable", "variant", "shown"];

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatisticsForm {
    /// A line of JSON for each line.
    #[default]
    Json,
    /// RFC 4180, safe to open in a spreadsheet.
    Csv,
}

/// A line as JSON.
#[derive(Debug, Serialize)]
struct Dated<'a> {
    date: Day,
    #[serde(flatten)]
    line: &'a Line,
}

/// Writes them in the order of the days. Of a filter only site and days matter: nothing of a visitor is in them.
pub struct Statistics<'r> {
    reader: &'r dyn ProofReader,
    filter: Filter,
    form: StatisticsForm,
    days: Option<VecDeque<Day>>,
}

impl<'r> Statistics<'r> {
    /// Nothing is read before the first page is asked for.
    pub fn new(reader: &'r dyn ProofReader, filter: Filter, form: StatisticsForm) -> Self {
        Self { reader, filter, form, days: None }
    }

    /// What comes next, which may be empty; `None` after the last.
    ///
    /// # Errors
    /// When the store cannot be read, or was made by a version that kept no statistics.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let mut out = Vec::new();
        let Some(days) = &mut self.days else {
            let days = self.reader.computed().await?;
            self.days = Some(days.into_iter().filter(|day| self.filter.takes_day(*day)).collect());
            if self.form == StatisticsForm::Csv {
                csv::row(&COLUMNS.map(Cow::Borrowed), &mut out);
            }
            return Ok(Some(out));
        };
        let Some(day) = days.pop_front() else { return Ok(None) };
        let lines = self.reader.statistics(day).await?;
        for line in lines.iter().filter(|line| self.filter.takes_site(&line.site)) {
            match self.form {
                StatisticsForm::Csv => csv::row(&cells(day, line, ""), &mut out),
                StatisticsForm::Json => {
                    let json = serde_json::to_string(&Dated { date: day, line }).unwrap_or_default();
                    out.extend_from_slice(json.as_bytes());
                    out.push(b'\n');
                }
            }
        }
        Ok(Some(out))
    }
}

/// What stands in the columns; `none` where a line says nothing.
pub fn cells<'a>(day: Day, line: &'a Line, none: &'a str) -> [Cow<'a, str>; 10] {
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
        Cow::Borrowed(line.variant.as_deref().unwrap_or(none)),
        count(line.shown),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::export::safe;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_comes_back_from_csv_in_its_cell(text in "[=+@\",\r\n;' a-e-]{0,12}") {
            let day = Day::numbered(20_000).unwrap();
            let line = Line { site: text.clone(), unreadable: Some(7), ..Line::default() };
            let mut bytes = Vec::new();
            csv::row(&cells(day, &line, ""), &mut bytes);
            prop_assert!(bytes.ends_with(b",7,,\r\n"));
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(&*bytes);
            let record = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(record.get(1), Some(&*safe(&text)));
            prop_assert_eq!(record.get(7), Some("7"));
        }
    }
}
