//! What a value means, as lines for people and as one JSON object.

use serde_json::{Map, Value};
use std::fmt::Write as _;

/// What a value means: lines for people, and the same as JSON.
#[derive(Default)]
pub(super) struct Meaning {
    pub(super) lines: Vec<(&'static str, String)>,
    pub(super) json: Map<String, Value>,
}

impl Meaning {
    /// A line and a member of this name.
    pub(super) fn add(&mut self, key: &'static str, value: impl Into<Value>) {
        let value = value.into();
        let line = match &value {
            Value::Null => "none".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.lines.push((key, line));
        self.json.insert(key.to_owned(), value);
    }

    pub(super) fn into_json(self) -> String {
        format!("{}\n", Value::Object(self.json))
    }

    pub(super) fn into_text(self) -> String {
        self.lines.iter().fold(String::new(), |mut text, (key, line)| {
            // Writing to a string does not fail. Control characters of a value stay out of the terminal.
            let _ = writeln!(text, "{key:<14} {}", line.replace(char::is_control, "\u{fffd}"));
            text
        })
    }
}

pub(super) const fn yes_or_no(granted: bool) -> &'static str {
    if granted { "yes" } else { "no" }
}

/// RFC 3339, from tenths of seconds.
pub(super) fn date(deciseconds: u64) -> String {
    let nanoseconds = i128::from(deciseconds) * 100_000_000;
    time::OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
        .ok()
        .and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_else(|| format!("{deciseconds} tenths of a second after 1970"))
}
