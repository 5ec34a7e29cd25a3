//! Stands for the matcher in builds without the feature `lists`: a rule set that names a list is refused there, so none
//! of this is ever asked.

use super::{Fetch, ListCounts};
use crate::policy::reference::{Base, Target};

/// There is none.
pub(super) enum Engine {}

impl Engine {
    pub(super) fn new(_text: &str) -> Result<(Self, ListCounts), &'static str> {
        Err("this build of consentry has no matcher for filter lists (the feature \"lists\")")
    }

    pub(super) fn names(&self, _target: &Target<'_>, _base: &Base, _fetch: Fetch) -> bool {
        match *self {}
    }
}
