//! What can be wrong with a TC string.

use super::super::base64::Base64Error;

/// A string that is not read, and in which of its segments reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("segment {segment}: {problem}")]
pub struct TcfError {
    /// The place of the segment: 0 is the core.
    pub segment: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a segment. Each of them means: no consent for what depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Longer than [`super::MAX_LEN`]; not looked at any further.
    #[error("{0} bytes are more than the {max} that are read", max = super::MAX_LEN)]
    TooLong(usize),
    /// No canonical base64url.
    #[error(transparent)]
    Base64(#[from] Base64Error),
    /// Not version 2.
    #[error("version {0} is not read (2 is)")]
    Version(u8),
    /// The bits end inside a field, or a count claims more than there are.
    #[error("the string ends inside a field")]
    Truncated,
    /// A policy below 4 in a string that was made after 30 September 2023.
    #[error("policy {0} was not valid any more when the string was made")]
    OutdatedPolicy(u8),
    /// Vendor 0, a vendor above MaxVendorId, or a range that ends before it starts.
    #[error("a range of vendors is outside 1 to MaxVendorId")]
    Range,
    /// A restriction of purpose 0.
    #[error("a publisher restriction names purpose 0")]
    Purpose,
    /// A segment type other than 1 to 3.
    #[error("segment type {0} is not published")]
    SegmentType(u8),
    /// A second segment of one type: which of them counts is not published.
    #[error("a second segment of type {0}")]
    SecondSegment(u8),
    /// A bit behind the last field is set.
    #[error("what follows the last field is not padding")]
    Trailing,
}

impl Problem {
    /// The error in this segment.
    pub(super) const fn at(self, segment: usize) -> TcfError {
        TcfError { segment, problem: self }
    }
}
