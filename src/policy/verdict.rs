//! What decides about a tag, and what then happens to it.

use crate::consent::{Answer, CategoryNumber, Consent, Deciseconds, ServiceNumber};
use crate::policy::service::ServiceId;
use smallvec::SmallVec;

/// What has to be granted for a tag to run: one service, or a category that the page itself named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decider {
    /// The category; `None` is never granted: the page named one that this site does not know (D9), or the site blocks
    /// third parties that it does not know.
    pub category: Option<CategoryNumber>,
    /// The number of the service, when the tag is known to be one's that can be answered for itself.
    pub service: Option<ServiceNumber>,
    /// The service, when the tag is known to be one's.
    pub id: Option<ServiceId>,
    /// Answers older than this do not cover it (D2).
    pub since: Option<Deciseconds>,
    /// It is for visitors who refused the category: a page's `!name`.
    pub when_refused: bool,
}

impl Decider {
    /// Whether the visitor's answer lets it run.
    pub fn granted_by(&self, consent: &Consent) -> bool {
        if self.when_refused {
            return self.category.is_some_and(|category| consent.category(category) == Answer::Refused);
        }
        self.category.is_some_and(|category| consent.grants(category, self.service, self.since))
    }
}

/// All that must be granted for one tag: a `srcset` can name two services.
pub type Deciders = SmallVec<[Decider; 1]>;

/// What happens to one tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Left as it came.
    Keep,
    /// Made inert; all it was is kept (D8).
    Neutralise,
    /// Came inert by the page's own label, and made live.
    Activate,
    /// Runs; what it inserts is judged in the browser.
    Guard,
    /// Taken out: a list member (`Link`, `Set-Cookie`) that cannot be kept inert.
    Remove,
}

impl Verdict {
    /// The verdict on a tag that needs `deciders`; `inert` says that it came inert.
    pub fn of(deciders: &[Decider], inert: bool, consent: &Consent) -> Self {
        match (deciders.is_empty(), deciders.iter().all(|d| d.granted_by(consent)), inert) {
            (true, ..) => Self::Keep,
            (false, true, true) => Self::Activate,
            (false, true, false) => Self::Keep,
            (false, false, _) => Self::Neutralise,
        }
    }
}
