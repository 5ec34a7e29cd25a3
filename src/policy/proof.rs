//! What a site's proofs hold beside the answer.

/// `[proof]` of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofRules {
    /// The number of the tenant in records of Dastra's form.
    pub tenant: u32,
    /// The number of the workspace in records of Dastra's form.
    pub workspace: u32,
    /// What is kept of the visitor's address.
    pub address: KeptAddress,
    /// Whether the browser's `User-Agent` is kept.
    pub user_agent: bool,
}

impl Default for ProofRules {
    /// Nothing of who it was.
    fn default() -> Self {
        Self { tenant: 1, workspace: 1, address: KeptAddress::None, user_agent: false }
    }
}

/// What is kept of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeptAddress {
    /// Nothing.
    #[default]
    None,
    /// The network: the first 24 bits of an IPv4 address, the first 48 of an IPv6 one.
    Truncated,
    /// A keyed hash whose key is a new one each day and is never written down: two answers of one day can be seen to
    /// come from one address, and nothing else.
    Hashed,
}

impl KeptAddress {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Truncated, Self::Hashed];

    /// The word in rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Truncated => "truncated",
            Self::Hashed => "hashed",
        }
    }
}
