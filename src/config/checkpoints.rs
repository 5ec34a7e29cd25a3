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
    /// An address that each is posted to, as a line of JSON, until it answers with success: for whoever holds them elsewhere.
    pub url: Option<url::Url>,
    /// A file with the secret key, 64 hexadecimal digits. Made beside the store when not given.
    pub key_file: Option<PathBuf>,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self { every_records: 10_000, every_minutes: 60, file: None, url: None, key_file: None }
    }
}

impl Checkpoints {
    /// What is wrong, in words for the operator. The address is not repeated: it may hold a secret.
    pub(super) fn check(&self) -> Result<(), String> {
        match &self.url {
            Some(url) if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() => {
                Err("checkpoints.url: an address like https://keeper.example/checkpoints is needed".to_owned())
            }
            Some(url) if !url.username().is_empty() || url.password().is_some() => {
                Err("checkpoints.url: a user or password in it would not be sent; put a secret in its path".to_owned())
            }
            _ => Ok(()),
        }
    }
}
