//! What [`super::judge`] found in one tag so far, and who then decides about it.

use super::report::Why;
use crate::policy::{Deciders, Owner, ServiceId};
use smallvec::SmallVec;

/// The services and unknown third parties that a tag leads to, so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) services: SmallVec<[ServiceId; 2]>,
    /// Whether a third party that the site does not let through is among what it leads to.
    pub(super) is_blocked: bool,
    /// The hosts of unknown third parties, where the site wants to be told.
    pub(super) unknown: SmallVec<[Box<str>; 1]>,
    pub(super) why: Option<Why>,
}

impl Found {
    /// Whether nobody decides.
    pub(super) fn is_empty(&self) -> bool {
        self.services.is_empty() && !self.is_blocked
    }

    /// Unknown third parties do not matter here.
    pub(super) fn let_through(&mut self) {
        self.is_blocked = false;
        self.unknown.clear();
    }

    /// Takes in whose a reference is.
    pub(super) fn take(&mut self, owner: Owner<'_>, host: &str) {
        match owner {
            Owner::Free => {}
            Owner::Service(service) if self.services.contains(&service.id) => {}
            Owner::Service(service) => self.services.push(service.id),
            Owner::Unknown { blocked } => {
                self.is_blocked |= blocked;
                self.unknown.push(host.into());
            }
        }
    }

    /// Takes in what else was found.
    pub(super) fn add(&mut self, more: Self) {
        self.is_blocked |= more.is_blocked;
        self.unknown.extend(more.unknown);
        if self.why.is_none() || self.services.is_empty() && !more.services.is_empty() {
            self.why = more.why.or(self.why.take());
        }
        self.services.extend(more.services.into_iter().filter(|s| !self.services.contains(s)).collect::<Vec<_>>());
    }
}

/// Who decides about a tag, and why.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) deciders: Deciders,
    pub(super) why: Option<Why>,
}
