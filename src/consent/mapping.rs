//! What a format's groups, purposes and vendors mean on one site. `policy` fills it from the rules, the reader gets it.

use super::names::CookieNames;
use super::source::{Source, fits};
use super::{CategoryNumber, CategorySet, Deciseconds, ServiceNumber};
use std::collections::HashMap;

mod ids;
mod purposes;
mod tables;

pub use ids::IdMap;
pub use purposes::{NEAR, PurposeMap};
pub use tables::{Groups, Services, Spelling, Target};

/// One thing to read, in the order of the site's `sources` (D3), and what its names and numbers mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRule {
    /// What is read.
    pub source: Source,
    /// The names of its cookies; `*` at the end stands for any ending. Our own cookie's is [`Mapping::own_cookie`].
    pub cookies: Vec<String>,
    /// Groups, categories, purposes or levels by the name that the tool gives them.
    pub groups: Groups,
    /// Services or vendors by name. What is not in it may still be a name of the site's own services.
    pub services: Services,
    /// Numbered purposes (Didomi, TCF).
    pub purposes: PurposeMap,
    /// Numbered vendors (Didomi, TCF); one vendor may stand for several services.
    pub vendors: IdMap<ServiceNumber>,
    /// Google's numbers of vendors outside TCF, which are answered beside it.
    pub google_vendors: IdMap<ServiceNumber>,
    /// The version of the site's questions: an answer to another one is asked again.
    pub revision: Option<i64>,
}

impl SourceRule {
    /// With the cookies that it usually has, and no meaning yet.
    pub fn new(source: Source) -> Self {
        let cookies = source.cookies().iter().map(|name| (*name).to_owned()).collect();
        Self { cookies, ..Self::empty(source) }
    }

    fn empty(source: Source) -> Self {
        Self {
            source,
            cookies: Vec::new(),
            groups: Groups::default(),
            services: Services::default(),
            purposes: PurposeMap::new(),
            vendors: IdMap::new(),
            google_vendors: IdMap::new(),
            revision: None,
        }
    }

    /// Whether it reads a cookie of this name.
    pub fn reads(&self, name: &[u8]) -> bool {
        self.cookies.iter().any(|pattern| fits(pattern, name))
    }
}

/// The meaning of others' numbers and names on one site, and the site's own limits on an answer's age.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The name of our own cookie.
    pub own_cookie: String,
    /// The site's name, which our cookie's signature covers (D4).
    pub site: String,
    /// What may be read, in order.
    pub sources: Vec<SourceRule>,
    /// The categories this site has; numbers outside it in a cookie are ignored.
    pub categories: CategorySet,
    /// Those in which data is sold or shared: what `Sec-GPC` refuses.
    pub sale: CategorySet,
    /// The site's services by slug and by name, for tools that name services: see [`Spelling`].
    pub service_slugs: HashMap<String, (ServiceNumber, CategoryNumber)>,
    /// An answer older than this many tenths of a second is no answer (default 180 days).
    pub lifetime: u64,
    /// An answer given before this is asked again.
    pub reask: Option<Deciseconds>,
    /// Categories that were added or changed later: an older answer does not cover them (D2).
    pub category_since: Vec<(CategoryNumber, Deciseconds)>,
    /// Which cookies are worth a look; the reader fills it from the names above.
    pub names: CookieNames,
}

impl Mapping {
    /// The default lifetime of an answer, 180 days (D15).
    pub const LIFETIME: u64 = 180 * Deciseconds::DAY;

    /// What the site says of a source, if it lists it.
    pub fn rule(&self, source: Source) -> Option<&SourceRule> {
        self.sources.iter().find(|rule| rule.source == source)
    }

    /// A service of the site by a name that a tool gives it: its slug or its name, however it is spelled. One look-up, no
    /// allocation.
    pub fn service_named(&self, name: &str) -> Option<(ServiceNumber, CategoryNumber)> {
        self.service_slugs.get(Spelling::of(name)?.as_str()).copied()
    }
}

impl Default for Mapping {
    /// Reads our own cookie `euconsent` and nothing else, for 180 days; knows no category yet.
    fn default() -> Self {
        Self {
            own_cookie: "euconsent".to_owned(),
            site: "default".to_owned(),
            sources: vec![SourceRule::new(Source::Own)],
            categories: CategorySet::EMPTY,
            sale: CategorySet::EMPTY,
            service_slugs: HashMap::new(),
            lifetime: Self::LIFETIME,
            reask: None,
            category_since: Vec::new(),
            names: CookieNames::default(),
        }
    }
}
