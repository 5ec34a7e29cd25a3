//! `[checkpoints]` of `consentry.toml`.

use serde::Deserialize;
use std::path::PathBuf;

/// When the chain of proofs is signed, and who gets the signature.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checkpoints {
    /// After so many records; 0 is never.
    pub every_records: u64,
    /// After so many minutes, where there are new records; 0 is never.
    pub every_minutes: u64,
    /// A file that each checkpoint is appended to, as a line of JSON: for whoever holds them elsewhere.
    pub file: Option<PathBuf>,
    /// A file with the secret key, 64 hexadecimal digits. Made beside the store when not given.
    pub key_file: Option<PathBuf>,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self { every_records: 10_000, every_minutes: 60, file: None, key_file: None }
    }
}
