//! `[retention]` of `consentry.toml`.

use serde::Deserialize;

/// How long proofs are kept.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Years after which a proof goes, with the chain up to the last checkpoint that is as old; 0 is never. A year has 365.25
    /// days.
    pub years: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { years: 5 }
    }
}
