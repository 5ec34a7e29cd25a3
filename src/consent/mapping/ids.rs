//! Numbered purposes and vendors.

/// What the numeric ids of a format mean, sorted: a string's range of ids is looked up in O(log ids + ids in it), however
/// long the range claims to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdMap<T>(Vec<(u16, T)>);

impl<T> IdMap<T> {
    /// An empty table.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Gives an id its one meaning; the former one, if it had one.
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

    /// Gives an id one more meaning: a vendor can stand for several services.
    pub fn add(&mut self, id: u16, meaning: T) {
        let at = self.0.partition_point(|(known, _)| *known <= id);
        self.0.insert(at, (id, meaning));
    }

    /// The meaning of an id, the first if it has several.
    pub fn get(&self, id: u16) -> Option<&T> {
        self.range(id, id).next().map(|(_, meaning)| meaning)
    }

    /// The known ids of `first..=last`, in order, each with each of its meanings.
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

    /// Keeps what `keep` says yes to.
    pub fn retain(&mut self, keep: impl Fn(u16, &T) -> bool) {
        self.0.retain(|(id, meaning)| keep(*id, meaning));
    }

    /// How many meanings are known.
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
