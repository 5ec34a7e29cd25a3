//! What a format's groups, purposes and vendors mean on one site. `policy` fills it from the rules, the reader gets it.

use super::names::CookieNames;
use super::{CategoryNumber, CategorySet, Deciseconds, ServiceNumber, Source};
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

impl SourceRule {
    /// The source that it lists.
    pub const fn source(&self) -> Source {
        match self {
            Self::Own => Source::Own,
            Self::Didomi { .. } => Source::Didomi,
            Self::OneTrust { .. } => Source::OneTrust,
            Self::Dastra { .. } => Source::Dastra,
        }
    }

    /// The names of the cookies that it reads; our own cookie's name is the site's ([`Mapping::own_cookie`]).
    pub fn cookies(&self) -> &[String] {
        match self {
            Self::Own => &[],
            Self::Didomi { cookies } | Self::OneTrust { cookies } | Self::Dastra { cookies } => cookies,
        }
    }
}

/// The meaning of others' numbers and names on one site, and the site's own limits on an answer's age.
#[derive(Debug, Clone)]
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
    pub didomi_purposes: IdMap<CategoryNumber>,
    /// Didomi's numeric vendor ids.
    pub didomi_vendors: IdMap<ServiceNumber>,
    /// OneTrust's groups (`C0002`).
    pub onetrust_groups: HashMap<String, CategoryNumber>,
    /// Dastra's service slugs, and others' service names.
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
}

impl Default for Mapping {
    /// Reads our own cookie `euconsent` and nothing else, for 180 days; knows no category yet.
    fn default() -> Self {
        Self {
            own_cookie: "euconsent".to_owned(),
            site: "default".to_owned(),
            sources: vec![SourceRule::Own],
            categories: CategorySet::EMPTY,
            didomi_purposes: IdMap::default(),
            didomi_vendors: IdMap::default(),
            onetrust_groups: HashMap::new(),
            service_slugs: HashMap::new(),
            lifetime: Self::LIFETIME,
            reask: None,
            category_since: Vec::new(),
            names: CookieNames::default(),
        }
    }
}

/// What the numeric ids of a format mean, sorted: a string's range of ids is looked up in O(log ids + ids in it), however
/// long the range claims to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdMap<T>(Vec<(u16, T)>);

impl<T> IdMap<T> {
    /// An empty table.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Gives an id a meaning; the former one, if it had one.
    pub fn insert(&mut self, id: u16, meaning: T) -> Option<T> {
        let at = self.0.partition_point(|(known, _)| *known < id);
        match self.0.get_mut(at) {
            Some((known, old)) if *known == id => Some(std::mem::replace(old, meaning)),
            _ => {
                self.0.insert(at, (id, meaning));
                None
            }
        }
    }

    /// The meaning of an id.
    pub fn get(&self, id: u16) -> Option<&T> {
        self.range(id, id).next().map(|(_, meaning)| meaning)
    }

    /// The known ids of `first..=last`, in order.
    #[inline]
    pub fn range(&self, first: u16, last: u16) -> impl Iterator<Item = (u16, &T)> {
        // PERF: most ranges begin before the first known id.
        let before = self.0.first().is_some_and(|(id, _)| *id < first);
        let at = if before { self.0.partition_point(|(id, _)| *id < first) } else { 0 };
        let rest = self.0.get(at..).unwrap_or_default();
        rest.iter().take_while(move |(id, _)| *id <= last).map(|(id, meaning)| (*id, meaning))
    }

    /// All known ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &T)> {
        self.0.iter().map(|(id, meaning)| (*id, meaning))
    }

    /// How many ids are known.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no id is known.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for IdMap<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Extend<(u16, T)> for IdMap<T> {
    fn extend<I: IntoIterator<Item = (u16, T)>>(&mut self, meanings: I) {
        meanings.into_iter().for_each(|(id, meaning)| drop(self.insert(id, meaning)));
    }
}

impl<T> FromIterator<(u16, T)> for IdMap<T> {
    fn from_iter<I: IntoIterator<Item = (u16, T)>>(meanings: I) -> Self {
        let mut map = Self::new();
        map.extend(meanings);
        map
    }
}
