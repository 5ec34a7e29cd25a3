//! Single TOML values: how an error names them, and dates.

use crate::consent::Deciseconds;
use toml::de::DeValue;
use toml::value::{Datetime, Offset};

/// What a value is, for an error.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A value as an error shows it.
pub(super) fn shown(value: &DeValue<'_>) -> String {
    let whole = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(n) => n.to_string(),
        DeValue::Float(n) => n.to_string(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => String::new(),
    };
    whole.chars().take(80).collect()
}

/// A date is its beginning in UTC; a time without an offset is UTC.
pub(super) fn instant(date: &Datetime) -> Option<Deciseconds> {
    let day = date.date?;
    let month = time::Month::try_from(day.month).ok()?;
    let midnight = time::Date::from_calendar_date(i32::from(day.year), month, day.day).ok()?.midnight().assume_utc();
    let clock = date
        .time
        .map_or(0, |t| i64::from(t.hour) * 3600 + i64::from(t.minute) * 60 + i64::from(t.second.unwrap_or_default()));
    let offset = match date.offset {
        Some(Offset::Custom { minutes }) => i64::from(minutes) * 60,
        _ => 0,
    };
    u64::try_from(midnight.unix_timestamp() + clock - offset).ok().map(Deciseconds::from_secs)
}
