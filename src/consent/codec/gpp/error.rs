//! What can be wrong with a GPP string.

use super::super::base64::Base64Error;
use super::super::tcf::TcfError;
use super::super::us_privacy::UsPrivacyError;

/// A string that is not read, and where reading stopped. It means: no consent, and nothing that could lift an opt-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GppError {
    /// Longer than [`super::MAX_LEN`]; not looked at any further.
    #[error("{0} bytes are more than the {max} that are read", max = super::MAX_LEN)]
    TooLong(usize),
    /// The header is no base64url.
    #[error("the header: {0}")]
    Base64(#[from] Base64Error),
    /// The header is not of type 3, version 1.
    #[error("the header is of type {0} and version {1} (3 and 1 are read)")]
    Header(u8, u8),
    /// The header ends inside its list of sections, or a number of it is no Fibonacci code.
    #[error("the header's list of sections is cut short or no Fibonacci code")]
    Ids,
    /// The header names more than [`super::MAX_SECTIONS`] sections.
    #[error("more than {max} sections", max = super::MAX_SECTIONS)]
    TooManySections,
    /// Something that is no padding follows the header's list.
    #[error("what follows the header's list of sections is not padding")]
    Trailing,
    /// The header names another number of sections than there are.
    #[error("the header names {ids} sections, there are {sections}")]
    Count {
        /// How many it names.
        ids: usize,
        /// How many there are.
        sections: usize,
    },
    /// One of the sections is not read.
    #[error("section {id}: {problem}")]
    Section {
        /// Its number.
        id: u16,
        /// What is wrong with it.
        problem: Problem,
    },
}

/// What is wrong with one section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No base64url.
    #[error(transparent)]
    Base64(#[from] Base64Error),
    /// A version whose layout is not published.
    #[error("version {0} is not published")]
    Version(u8),
    /// The bits end inside a field.
    #[error("the section ends inside a field")]
    Truncated,
    /// A field of a section of the United States has the value 3.
    #[error("{0} has a value that is not published")]
    Value(&'static str),
    /// A part behind a `.` that the section does not have, or has twice.
    #[error("a part that the section does not have, or has already")]
    Part,
    /// A bit behind the last field is set.
    #[error("what follows the last field is not padding")]
    Trailing,
    /// A vendor list that means two things in the two layouts that libraries write.
    #[error("the vendor lists can be read in two ways")]
    Ambiguous,
    /// The text of a section that is not read holds something else than visible ASCII characters.
    #[error("the section's text holds characters that no section has")]
    Text,
    /// Section 2 is no TC string.
    #[error(transparent)]
    Tcf(#[from] TcfError),
    /// Section 6 is no US Privacy string.
    #[error(transparent)]
    UsPrivacy(#[from] UsPrivacyError),
}

impl Problem {
    /// The error of this section.
    pub(super) const fn of(self, id: u16) -> GppError {
        GppError::Section { id, problem: self }
    }
}
