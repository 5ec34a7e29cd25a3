//! What happens to a document that cannot be rewritten to its end: an action per reason and site (D13, pitfall 108).

/// Why a document could not be rewritten to its end (pitfall 108); each has its own counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureReason {
    /// A content coding that cannot be undone.
    BadEncoding,
    /// A character set that cannot be read.
    BadCharset,
    /// XHTML, which an HTML rewriter would garble (pitfall 43).
    Xhtml,
    /// lol_html could not tell how the parser goes on.
    Ambiguity,
    /// The scan and a browser's parser may have parted (pitfalls 52-54).
    Desync,
    /// The parser's memory limit.
    Memory,
    /// A corrupt or truncated coded body.
    Decode,
    /// One of our handlers failed.
    Handler,
    /// A tag in what is scanned that is longer than the scanner waits for.
    Cap,
}

impl FailureReason {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 9] = [
        Self::BadEncoding,
        Self::BadCharset,
        Self::Xhtml,
        Self::Ambiguity,
        Self::Desync,
        Self::Memory,
        Self::Decode,
        Self::Handler,
        Self::Cap,
    ];

    /// The word in rule files and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadEncoding => "bad_encoding",
            Self::BadCharset => "bad_charset",
            Self::Xhtml => "xhtml",
            Self::Ambiguity => "ambiguity",
            Self::Desync => "desync",
            Self::Memory => "memory",
            Self::Decode => "decode",
            Self::Handler => "handler",
            Self::Cap => "cap",
        }
    }

    /// Whether the bytes that follow can be known, so that the conservative scanner can go on (D13).
    pub const fn can_scan(self) -> bool {
        !matches!(self, Self::BadEncoding | Self::BadCharset | Self::Xhtml | Self::Decode)
    }
}

/// What happens to the rest of a document after a failure (D13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureAction {
    /// The conservative scanner goes on.
    Scan,
    /// The message ends incomplete.
    Abort,
    /// The origin's bytes go through as they are.
    Pass,
}

impl FailureAction {
    /// The word in rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Abort => "abort",
            Self::Pass => "pass",
        }
    }
}

/// The action for each reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnFailure([FailureAction; FailureReason::ALL.len()]);

impl Default for OnFailure {
    /// Scan where the bytes can be known and the scanner sees all of them, abort where not.
    fn default() -> Self {
        let is_seen = |reason: FailureReason| reason.can_scan() && reason != FailureReason::Cap;
        Self(FailureReason::ALL.map(|r| if is_seen(r) { FailureAction::Scan } else { FailureAction::Abort }))
    }
}

impl OnFailure {
    /// What to do when this happens.
    pub fn action(&self, reason: FailureReason) -> FailureAction {
        let at = FailureReason::ALL.iter().position(|r| *r == reason);
        at.and_then(|at| self.0.get(at)).copied().unwrap_or(FailureAction::Abort)
    }

    /// Sets one action.
    pub fn set(&mut self, reason: FailureReason, action: FailureAction) {
        let at = FailureReason::ALL.iter().position(|r| *r == reason);
        if let Some(slot) = at.and_then(|at| self.0.get_mut(at)) {
            *slot = action;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p108_what_cannot_be_read_is_aborted_and_the_rest_is_scanned() {
        let default = OnFailure::default();
        assert_eq!(default.action(FailureReason::Decode), FailureAction::Abort);
        assert_eq!(default.action(FailureReason::Desync), FailureAction::Scan);
        let mut changed = default;
        changed.set(FailureReason::Desync, FailureAction::Abort);
        assert_eq!(changed.action(FailureReason::Desync), FailureAction::Abort);
        assert_eq!(changed.action(FailureReason::Cap), FailureAction::Abort);
    }
}
