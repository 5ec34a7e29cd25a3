//! What a format's groups, purposes and vendors mean on one site. `policy` fills it from the rules, the reader gets it.

use super::{CategoryNumber, CategorySet, Deciseconds, ServiceNumber};
use std::collections::HashMap;

/// One thing to read, in the order of the site's `sources` (D3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceRule {
    /// Our own signed cookie.
    Own,
    /// A Didomi consent string in the cookies of these names (default `didomi_dcs`).
    Didomi {
        /// Cookie names.
        cookies: Vec<String>,
    },
    /// OneTrust's `otConsentString`, from the request header `OT-Consent-String` and from the cookies named here.
    OneTrust {
        /// Cookie names; none by default.
        cookies: Vec<String>,
    },
    /// Dastra's cookie (default names `euconsent` and `consent-eu`).
    Dastra {
        /// Cookie names.
        cookies: Vec<String>,
    },
}

/// The meaning of others' numbers and names on one site, and the site's own limits on an answer's age.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// The name of our own cookie.
    pub own_cookie: String,
    /// The site's name, which our cookie's signature covers (D4).
    pub site: String,
    /// The formats that may be read, in order.
    pub sources: Vec<SourceRule>,
    /// The categories this site has; numbers outside it in a cookie are ignored.
    pub categories: CategorySet,
    /// Didomi's numeric purpose ids.
    pub didomi_purposes: HashMap<u16, CategoryNumber>,
    /// Didomi's numeric vendor ids.
    pub didomi_vendors: HashMap<u16, ServiceNumber>,
    /// OneTrust's groups (`C0002`).
    pub onetrust_groups: HashMap<String, CategoryNumber>,
    /// Dastra's service slugs, and others' service names.
    pub service_slugs: HashMap<String, (ServiceNumber, CategoryNumber)>,
    /// An answer older than this many deciseconds is no answer (default 180 days).
    pub lifetime: u64,
    /// An answer given before this is asked again.
    pub reask: Option<Deciseconds>,
    /// Categories that were added or changed later: an older answer does not cover them (D2).
    pub category_since: Vec<(CategoryNumber, Deciseconds)>,
}
