//! Named groups and services: what a tool calls them, and what that is here.

use crate::consent::{CategoryNumber, CategorySet, ServiceNumber};
use smallvec::SmallVec;
use std::collections::HashMap;

/// What a tool's groups mean. One may stand for several categories.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Groups {
    by_name: HashMap<String, Group>,
    reached: CategorySet,
    written: u64,
}

/// One group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// What it opens.
    pub categories: CategorySet,
    /// The bit that says whether the site itself named it; 0 for a usual name.
    pub bit: u64,
}

impl Groups {
    /// How many groups a site can name for one tool.
    pub const MAX_WRITTEN: u32 = 64;

    /// A name that the tool gives a group unless a site says otherwise.
    pub fn usual(&mut self, name: &str, categories: CategorySet) {
        self.reached = self.reached.union(categories);
        self.by_name.insert(name.to_owned(), Group { categories, bit: 0 });
    }

    /// A name that the site gives a meaning; it comes before the usual one. `false` when there are too many.
    pub fn write(&mut self, name: &str, categories: CategorySet) -> bool {
        let Some(bit) = 1_u64.checked_shl(self.written.count_ones()) else { return false };
        self.written |= bit;
        self.reached = self.reached.union(categories);
        self.by_name.insert(name.to_owned(), Group { categories, bit });
        true
    }

    /// What a group means: by its very name, else by its name in lower case. No allocation up to 64 bytes; longer names
    /// are nobody's.
    pub fn get(&self, name: &str) -> Option<Group> {
        self.find(name).map(|(_, group)| group)
    }

    /// The same with the name as it is known: two spellings are one group.
    pub fn find(&self, name: &str) -> Option<(&str, Group)> {
        let lower = || self.by_name.get_key_value(Lower::of(name)?.as_str());
        self.by_name.get_key_value(name).or_else(lower).map(|(known, group)| (known.as_str(), *group))
    }

    /// Every category that some group opens.
    pub const fn reached(&self) -> CategorySet {
        self.reached
    }

    /// The categories of the groups that the site named and that are not among `given` (their bits).
    pub fn written_but(&self, given: u64) -> CategorySet {
        if self.written & !given == 0 {
            return CategorySet::EMPTY;
        }
        let left = self.by_name.values().filter(|group| group.bit & !given != 0);
        left.fold(CategorySet::EMPTY, |set, group| set.union(group.categories))
    }

    /// All names with what they mean, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Group)> {
        self.by_name.iter().map(|(name, group)| (name.as_str(), *group))
    }
}

/// What a tool's service name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A service of the site, with its category.
    Service(ServiceNumber, CategoryNumber),
    /// No service in particular.
    Categories(CategorySet),
}

/// What a tool's services mean.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Services {
    usual: HashMap<String, Target>,
    written: HashMap<String, Target>,
}

impl Services {
    /// A name that the tool gives a service.
    pub fn usual(&mut self, name: &str, target: Target) {
        self.usual.insert(name.to_owned(), target);
    }

    /// A name that the site gives a meaning.
    pub fn write(&mut self, name: &str, target: Target) {
        self.written.insert(name.to_owned(), target);
    }

    /// What a name that the site wrote means, else what it usually does.
    pub fn get(&self, name: &str) -> Option<Target> {
        self.written.get(name).or_else(|| self.usual.get(name)).copied()
    }

    /// The services that the site itself named.
    pub fn written(&self) -> impl Iterator<Item = ServiceNumber> {
        self.written.values().filter_map(|target| match target {
            Target::Service(service, _) => Some(*service),
            Target::Categories(_) => None,
        })
    }

    /// All names with what they mean, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Target)> {
        self.usual.iter().chain(&self.written).map(|(name, target)| (name.as_str(), *target))
    }
}

/// A name in lower case, on the stack.
struct Lower(SmallVec<[u8; LONGEST]>);

/// Longer names are nobody's: slugs have 64 at most.
const LONGEST: usize = 64;

impl Lower {
    fn of(name: &str) -> Option<Self> {
        let short = name.len() <= LONGEST && !name.is_empty();
        short.then(|| Self(name.bytes().map(|byte| byte.to_ascii_lowercase()).collect()))
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A service's name as it is compared: `Google Analytics`, `google_analytics` and `google-analytics` are one.
pub struct Spelling(Lower);

impl Spelling {
    /// ASCII letters in lower case, blanks, `_` and `.` as `-`. `None` for an empty name and one of more than 64 bytes.
    pub fn of(name: &str) -> Option<Self> {
        let mut lower = Lower::of(name.trim())?;
        for byte in &mut lower.0 {
            if matches!(byte, b' ' | b'_' | b'.') {
                *byte = b'-';
            }
        }
        Some(Self(lower))
    }

    /// The compared form.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
