//! Whose a reference is: a service that a rule knows, one that a filter list names, or a third party that nobody knows,
//! which the site may let through, report or block (default-deny).

use crate::policy::list::Fetch;
use crate::policy::reference::{Base, Target};
use crate::policy::service::Service;
use crate::policy::site::{Site, UnknownParty};

/// Whose a reference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'s> {
    /// The site's own, or nobody's that matters here: it is kept.
    Free,
    /// A service that decides about it.
    Service(&'s Service),
    /// A third party that no rule knows, on a site that wants to be told; `blocked` says whether it is let through.
    Unknown {
        /// Nobody could have been asked about it, so nothing grants it.
        blocked: bool,
    },
}

impl Site {
    /// Whose a reference on a page of this base is, when it is fetched like that.
    ///
    /// Rules come first ([`Site::service_at`]: the site's own, then the catalogue's), then filter lists, the site's own
    /// first, then what the site says of unknown third parties. Hosts that the site answers for, and those in its
    /// `allow_hosts`, are not unknown. Costs what `service_at` costs, and more only where a site has lists or an
    /// `unknown` other than `allow`.
    pub fn owner_of(&self, target: &Target<'_>, base: &Base, fetch: Fetch) -> Owner<'_> {
        if let Some(service) = self.known_at(target, base, fetch) {
            return Owner::Service(service);
        }
        if self.unknown == UnknownParty::Allow || !target.third_party || self.is_allowed(target) {
            return Owner::Free;
        }
        Owner::Unknown { blocked: self.unknown == UnknownParty::Block }
    }

    /// The service of a rule or of a filter list, whatever the site says of others.
    pub fn known_at(&self, target: &Target<'_>, base: &Base, fetch: Fetch) -> Option<&Service> {
        let by_list = || {
            let named = self.index.lists.iter().find(|(id, list)| {
                // A list that is switched off on this site has no service here.
                self.service_by_id(*id).is_some() && list.names(target, base, fetch)
            });
            named.and_then(|(id, _)| self.service_by_id(*id))
        };
        self.service_at(target).or_else(by_list)
    }

    /// Whether a party that nobody knows is let through by rule: the site's own hosts are, and its `allow_hosts`.
    pub fn is_allowed(&self, target: &Target<'_>) -> bool {
        self.index.allowed.at(target.host, target.path, |_| true).is_some()
    }
}
