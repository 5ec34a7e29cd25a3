//! From a format's own value to the answer it is on one site: the numbers and names of others become categories and
//! services by the site's [`Mapping`]. One file for each family of formats.
//!
//! `None` is a value that answers nothing here: written before a choice, or about ids that the site does not map.

mod didomi;
mod iab;
mod named;
mod onetrust;
mod own;
mod together;

pub use didomi::didomi;
pub use iab::{gpp_opt_out, gpp_tcf, tcf, us_privacy};
pub use named::named;
pub use onetrust::onetrust;
pub use own::{Said, own};
pub use together::{axeptio_lists, complianz, endless, optanon, posted, trustarc};

use super::mapping::Mapping;
use super::{CategorySet, Consent, Deciseconds, Rejection, Source};

/// Service answers as they are collected: not sorted, some perhaps twice.
type Services = super::ServiceAnswers;

/// What a value comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub consent: Consent,
    /// The end that the value gives itself.
    pub end: Option<Deciseconds>,
}

/// What reading a value comes to.
pub type Read = Result<Option<Answered>, Rejection>;

/// Limits the categories to the site's, lets a no beat a yes, and sorts the services. A value that says nothing about this
/// site's categories and services is no answer.
///
/// PERF: made where it is wanted: an answer is large, and moving it about takes as long as reading it. Most have no services,
/// and room for them is not moved.
#[inline(always)]
fn answer(
    source: Source,
    mapping: &Mapping,
    (granted, refused): (CategorySet, CategorySet),
    mut services: Services,
    updated: Option<Deciseconds>,
) -> Option<Consent> {
    let asked = mapping.categories.difference(CategorySet::NECESSARY);
    let refused = refused.intersection(asked);
    let granted = granted.intersection(asked).difference(refused);
    if granted.is_empty() && refused.is_empty() && services.is_empty() {
        return None;
    }
    let mut consent = Consent { source, granted, refused, updated, ..Consent::default() };
    if !services.is_empty() {
        sort(&mut services);
        consent.services = services;
    }
    Some(consent)
}

/// Sorted by number, each once, a no before a yes.
pub(super) fn sort(services: &mut Services) {
    if services.len() > 1 {
        services.sort_unstable();
        services.dedup_by_key(|(service, _)| *service);
    }
}
