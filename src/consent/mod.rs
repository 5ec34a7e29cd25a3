//! What a visitor allowed: cookie bytes and request signals in, one [`Consent`] out.
//!
//! This room knows bytes, no HTTP types and no rules: what a format's numbers and names mean on a site reaches it as a
//! [`mapping::Mapping`].

pub mod codec;
pub mod cookie;
pub mod formats;
pub mod mapping;
pub mod names;
pub mod own;
pub mod reader;
mod rejection;
pub mod signal;
pub mod source;

pub use rejection::Rejection;
pub use source::Source;

use signal::Standing;
use smallvec::SmallVec;

/// The number of a category: 0 is `necessary`, 1 to 63 are the others. Unique, never reused (D2); in our own cookie it is
/// the purpose id, which is why it starts at 1 there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategoryNumber(u8);

impl CategoryNumber {
    /// `necessary`: always granted, never stored.
    pub const NECESSARY: Self = Self(0);
    /// The highest number a category can have.
    pub const MAX: u8 = 63;

    /// `None` above [`Self::MAX`].
    pub const fn new(number: u8) -> Option<Self> {
        if number <= Self::MAX { Some(Self(number)) } else { None }
    }

    /// The number, 0 to 63.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// The number of a service, 1 to 65535; in our own cookie it is the vendor id (D2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceNumber(std::num::NonZeroU16);

impl ServiceNumber {
    /// `None` for 0.
    pub const fn new(number: u16) -> Option<Self> {
        match std::num::NonZeroU16::new(number) {
            Some(n) => Some(Self(n)),
            None => None,
        }
    }

    /// The number, 1 to 65535.
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

/// A set of categories, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CategorySet(u64);

impl CategorySet {
    /// No category at all.
    pub const EMPTY: Self = Self(0);
    /// `necessary` alone.
    pub const NECESSARY: Self = Self(1);

    /// The set whose bit `n` is category number `n`.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Bit `n` is category number `n`.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether the category is in the set.
    pub const fn contains(self, category: CategoryNumber) -> bool {
        self.0 >> category.0 & 1 == 1
    }

    /// Adds a category.
    pub const fn insert(&mut self, category: CategoryNumber) {
        self.0 |= 1 << category.0;
    }

    /// What is in both.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in either.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in `self` and not in `other`.
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The categories in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = CategoryNumber> {
        (0..=CategoryNumber::MAX).filter(move |n| self.0 >> n & 1 == 1).map(CategoryNumber)
    }
}

impl FromIterator<CategoryNumber> for CategorySet {
    fn from_iter<I: IntoIterator<Item = CategoryNumber>>(iter: I) -> Self {
        let mut set = Self::EMPTY;
        iter.into_iter().for_each(|c| set.insert(c));
        set
    }
}

/// Tenths of seconds since 1970-01-01T00:00Z, the resolution of the IAB's and Didomi's strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Deciseconds(pub u64);

impl Deciseconds {
    /// One day.
    pub const DAY: u64 = 864_000;

    /// Now, by the system's clock; 0 before 1970.
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(since.as_secs() * 10 + u64::from(since.subsec_millis() / 100))
    }

    /// `seconds` since the epoch.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(10))
    }

    /// Whole seconds since the epoch.
    pub const fn as_secs(self) -> u64 {
        self.0 / 10
    }
}

/// What the visitor said about one category or service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Yes.
    Granted,
    /// No.
    Refused,
    /// Nothing: counts as no wherever something is decided, but is asked again.
    Unanswered,
}

/// Services and their answers. As many as the catalogue has vendors of the IAB's list need no allocation.
pub type ServiceAnswers = SmallVec<[(ServiceNumber, bool); 16]>;

/// The answer read for one request.
///
/// The default is "nobody answered": only `necessary` is granted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consent {
    /// Where it was read.
    pub source: Source,
    /// Categories with a yes; `necessary` need not be in it.
    pub granted: CategorySet,
    /// Categories with a no.
    pub refused: CategorySet,
    /// Services whose answer is known apart from their category's, sorted by number, each once.
    pub services: ServiceAnswers,
    /// Whether a service that is not among them has no yes, whatever its category's is: some tools ask by service alone,
    /// and one that came later was not asked about.
    pub by_service: bool,
    /// When the answer was given, if the format says so.
    pub updated: Option<Deciseconds>,
    /// The consent id (the `user_id` of our own cookie).
    pub id: Option<[u8; 16]>,
    /// What holds beside it without having been said: by the law of the region, and by the browser's signal.
    pub standing: Standing,
}

impl Consent {
    /// What holds for a category: the answer, else what law and signal make of silence. `necessary` is always granted; a
    /// no beats a yes.
    pub fn category(&self, category: CategoryNumber) -> Answer {
        let Standing { implied, signalled, .. } = self.standing;
        if category == CategoryNumber::NECESSARY {
            Answer::Granted
        } else if self.refused.union(signalled).contains(category) {
            Answer::Refused
        } else if self.granted.union(implied).contains(category) {
            Answer::Granted
        } else {
            Answer::Unanswered
        }
    }

    /// The answer given for this very service, if one was.
    pub fn service(&self, service: ServiceNumber) -> Option<bool> {
        let at = self.services.binary_search_by_key(&service, |(s, _)| *s).ok()?;
        self.services.get(at).map(|(_, granted)| *granted)
    }

    /// Whether a tag of this service, which belongs to this category, may run. An own answer for the service comes
    /// first; else the category decides. An answer older than `since` does not cover it (a service that was added later,
    /// D2): then only silence can allow it. O(log services answered), no allocation.
    pub fn grants(&self, category: CategoryNumber, service: Option<ServiceNumber>, since: Option<Deciseconds>) -> bool {
        let Standing { implied, signalled, is_final } = self.standing;
        let stale = since.is_some_and(|since| self.updated.is_none_or(|updated| updated < since));
        match service.and_then(|s| self.service(s)) {
            _ if category == CategoryNumber::NECESSARY => true,
            Some(false) => false,
            Some(true) if signalled.contains(category) => !stale && !is_final,
            Some(true) if !stale => true,
            _ if stale || (self.by_service && service.is_some()) => implied.contains(category),
            _ => self.category(category) == Answer::Granted,
        }
    }

    /// Whether an answer was found at all.
    pub fn is_answered(&self) -> bool {
        self.source != Source::None
    }
}
