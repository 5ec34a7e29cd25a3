//! What a site's proofs hold beside the answer.

/// `[proof]` of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofRules {
    /// The number of the tenant in Dastra's settings and records.
    pub tenant: u32,
    /// Whether the browser's `User-Agent` is kept.
    pub user_agent: bool,
}

impl Default for ProofRules {
    /// Nothing of who it was.
    fn default() -> Self {
        Self { tenant: 1, user_agent: false }
    }
}
