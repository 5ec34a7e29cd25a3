//! What can be wrong with a consent string, and at which bit.

use super::super::base64::Base64Error;

/// A string that is not read, and where reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("bit {bit}: {problem}")]
pub struct DcsError {
    /// The offset in bits in the decoded sections; 0 when they could not be decoded at all.
    pub bit: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a consent string. Every one of them means: no consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Longer than [`super::MAX_LEN`]; not looked at any further.
    #[error("{0} bytes are more than the {max} that are read", max = super::MAX_LEN)]
    TooLong(usize),
    /// The sections are no canonical base64url.
    #[error(transparent)]
    Base64(#[from] Base64Error),
    /// Neither version 1 nor 2.
    #[error("version {0} is not known (1 and 2 are)")]
    Version(u8),
    /// The bits end inside a field.
    #[error("the string ends inside a field")]
    Truncated,
    /// The two bits of the section's algorithm are `11`.
    #[error("algorithm 3 of a section is not published")]
    Algorithm,
    /// An id of a bit field is both enabled and disabled.
    #[error("status 3 of an id is not published")]
    Status,
    /// Id 0, an id above 65535, or a range that ends before it starts.
    #[error("a range of ids is outside 1 to 65535")]
    Range,
    /// A combination of lists whose meaning is not published, or that would grant what it does not name.
    #[error("the list statuses {0:04b} are not published")]
    ListStatuses(u8),
    /// More than one Fibonacci range: whether the second is absolute or relative is not published.
    #[error("more than one Fibonacci range is not published")]
    SecondFibonacciRange,
    /// A Fibonacci code without an end, or of a number above 65535.
    #[error("no Fibonacci code of a 16-bit number")]
    Fibonacci,
    /// An id stands in two lists.
    #[error("an id stands in two lists")]
    Overlap,
    /// 24 bits or more are left, or one of them is set.
    #[error("what follows the four sections is not padding")]
    Trailing,
    /// Both forms of version 1 consume the whole string.
    #[error("both forms of version 1 read this string")]
    Ambiguous,
}

impl Problem {
    /// The error at this bit.
    pub(super) const fn at(self, bit: usize) -> DcsError {
        DcsError { bit, problem: self }
    }
}
