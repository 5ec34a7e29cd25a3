//! Whether what rules say is done, or only counted.

/// Whether a site's rules, or those of one service, are enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// What is not allowed does not happen.
    #[default]
    Enforce,
    /// It is counted what would be done, and nothing is.
    Report,
}

impl Mode {
    /// Both, the one that is meant where nothing is said first.
    pub const ALL: [Self; 2] = [Self::Enforce, Self::Report];

    /// The word in rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Report => "report",
        }
    }

    /// Their words in rule files.
    pub(crate) fn words() -> [(&'static str, Self); 2] {
        Self::ALL.map(|mode| (mode.name(), mode))
    }
}
