//! Why a consent tool's value is not read, and where. It never quotes the value.

use super::base64::Base64Error;
use super::text::MAX_LEN;

/// A value that is not read; it means: no consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Longer than [`MAX_LEN`]; not looked at any further.
    #[error("{0} bytes are more than the {max} that are read", max = MAX_LEN)]
    TooLong(usize),
    /// Not the format's text; where, in the value or in what its percent-encoding stands for.
    #[error("byte {offset}: {reason}")]
    Text {
        /// In bytes, from 0.
        offset: usize,
        /// What is wrong there.
        reason: &'static str,
    },
    /// Not the format's JSON; where, with its encoding removed.
    #[error("line {line}, column {column} of the decoded text: {reason}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1; 0 at an end.
        column: usize,
        /// What is wrong there.
        reason: &'static str,
    },
    /// No canonical base64.
    #[error(transparent)]
    Base64(#[from] Base64Error),
}

impl ValueError {
    /// Checks a value's length before anything is decoded (D17).
    pub(super) const fn check_length(value: &[u8]) -> Result<(), Self> {
        if value.len() > MAX_LEN { Err(Self::TooLong(value.len())) } else { Ok(()) }
    }

    /// The error at a byte of the decoded text.
    pub(super) const fn at(offset: usize, reason: &'static str) -> Self {
        Self::Text { offset, reason }
    }
}

impl From<serde_json::Error> for ValueError {
    /// The parser's own words may quote the value; these do not.
    fn from(error: serde_json::Error) -> Self {
        let reason = match error.classify() {
            serde_json::error::Category::Eof => "the text ends too early",
            serde_json::error::Category::Data => "not the format's members, or one of them twice",
            _ => "not JSON, or nested too deep",
        };
        Self::Json { line: error.line(), column: error.column(), reason }
    }
}
