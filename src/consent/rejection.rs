//! Why a value of a listed source is not believed.

use crate::consent::codec::didomi::{DcsError, Problem};
use crate::consent::codec::onetrust::OneTrustError;
use crate::consent::codec::tcf::{Problem as TcfProblem, TcfError};
use crate::consent::codec::us_privacy::UsPrivacyError;
use crate::consent::codec::value_error::ValueError;

/// Why a value is no consent. Each one is counted; none is ever an error page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// Not a value of its format.
    Malformed,
    /// Older than the site's lifetime of an answer, or past the end it gives itself.
    Expired,
    /// More than 24 hours ahead of our clock (D16).
    FutureDated,
    /// Longer than its format may be (D17); not decoded.
    TooLong,
    /// Under our own name, but not signed by us for this site (D4).
    BadSignature,
    /// Given before the site's re-ask date, or without a time that says otherwise.
    Reask,
}

impl Rejection {
    /// Every reason, for counters that must exist before they count.
    pub const ALL: [Self; 6] =
        [Self::Malformed, Self::Expired, Self::FutureDated, Self::TooLong, Self::BadSignature, Self::Reask];

    /// The name used in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Expired => "expired",
            Self::FutureDated => "future_dated",
            Self::TooLong => "too_long",
            Self::BadSignature => "bad_signature",
            Self::Reask => "reask",
        }
    }
}

impl From<DcsError> for Rejection {
    fn from(error: DcsError) -> Self {
        if matches!(error.problem, Problem::TooLong(_)) { Self::TooLong } else { Self::Malformed }
    }
}

impl From<OneTrustError> for Rejection {
    fn from(error: OneTrustError) -> Self {
        if matches!(error, OneTrustError::TooLong(_)) { Self::TooLong } else { Self::Malformed }
    }
}

impl From<ValueError> for Rejection {
    fn from(error: ValueError) -> Self {
        if matches!(error, ValueError::TooLong(_)) { Self::TooLong } else { Self::Malformed }
    }
}

impl From<TcfError> for Rejection {
    fn from(error: TcfError) -> Self {
        if matches!(error.problem, TcfProblem::TooLong(_)) { Self::TooLong } else { Self::Malformed }
    }
}

impl From<UsPrivacyError> for Rejection {
    fn from(_: UsPrivacyError) -> Self {
        Self::Malformed
    }
}
