//! What [`super::judge`] found in one tag so far, and who then decides about it.

use super::report::Why;
use super::stranger::Stranger;
use crate::policy::{Deciders, Fetch, Label, Mode, Owner, Service, ServiceId, Site, Target};
use smallvec::SmallVec;

/// The services and unknown third parties that a tag leads to, so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) services: SmallVec<[ServiceId; 2]>,
    /// Whether a third party that the site does not let through is among what it leads to.
    pub(super) is_blocked: bool,
    /// Unknown third parties, where the site wants to be told.
    pub(super) unknown: Vec<Stranger>,
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
    pub(super) fn take(&mut self, owner: Owner<'_>, target: &Target<'_>, fetch: Fetch) {
        match owner {
            Owner::Free => {}
            Owner::Service(service) if self.services.contains(&service.id) => {}
            Owner::Service(service) => self.services.push(service.id),
            Owner::Unknown { blocked } => {
                self.is_blocked |= blocked;
                self.unknown.push(Stranger::new(target.host, target.path, fetch));
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
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) deciders: Deciders,
    /// Who would decide as well, were it not only reported.
    pub(super) reported: Deciders,
    pub(super) why: Option<Why>,
}

impl Judged {
    /// Who decides about a tag of these services under the page's label.
    ///
    /// What is only reported decides nothing: a tag that nobody else decides about is left as it came, whatever its label
    /// says, and so is each of a site that only reports.
    pub(super) fn of(
        site: &Site,
        mut services: SmallVec<[&Service; 2]>,
        is_blocked: bool,
        label: Label,
        why: Option<Why>,
    ) -> Self {
        if site.mode == Mode::Report {
            let reported = site.deciders_of(&services, is_blocked, label);
            return Self { reported, why, ..Self::default() };
        }
        let mut reported = Deciders::new();
        if services.iter().any(|service| service.mode == Mode::Report) {
            let is_counted = |service: &&Service| service.mode == Mode::Report;
            let counted: SmallVec<[&Service; 2]> = services.iter().copied().filter(is_counted).collect();
            services.retain(|service| service.mode == Mode::Enforce);
            reported = site.deciders(&counted, label);
        }
        let label = if services.is_empty() && !reported.is_empty() { Label::Absent } else { label };
        Self { deciders: site.deciders_of(&services, is_blocked, label), reported, why }
    }
}
