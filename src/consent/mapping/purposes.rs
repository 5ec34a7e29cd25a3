//! Numbered purposes.

use super::ids::IdMap;
use crate::consent::CategoryNumber;

/// How many of the first ids [`PurposeMap::near`] knows.
pub const NEAR: usize = 32;

/// What category each purpose of a format is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PurposeMap {
    ids: IdMap<CategoryNumber>,
    near: [u64; NEAR],
}

impl PurposeMap {
    /// No purpose is known.
    pub const fn new() -> Self {
        Self { ids: IdMap::new(), near: [0; NEAR] }
    }

    /// The category of an id.
    pub fn get(&self, id: u16) -> Option<&CategoryNumber> {
        self.ids.get(id)
    }

    /// The known ids of `first..=last`, in order.
    #[inline]
    pub fn range(&self, first: u16, last: u16) -> impl Iterator<Item = (u16, &CategoryNumber)> {
        self.ids.range(first, last)
    }

    /// All known ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &CategoryNumber)> {
        self.ids.iter()
    }

    /// The categories of the ids from 1 on as bits, one or none for each id.
    ///
    /// PERF: the answers of a bit field are read by their places.
    #[inline]
    pub const fn near(&self) -> &[u64; NEAR] {
        &self.near
    }
}

impl Extend<(u16, CategoryNumber)> for PurposeMap {
    /// Gives each id its one meaning, instead of the former one.
    fn extend<I: IntoIterator<Item = (u16, CategoryNumber)>>(&mut self, meanings: I) {
        for (id, category) in meanings {
            self.ids.insert(id, category);
            if let Some(near) = usize::from(id).checked_sub(1).and_then(|place| self.near.get_mut(place)) {
                *near = 1 << category.get();
            }
        }
    }
}

impl FromIterator<(u16, CategoryNumber)> for PurposeMap {
    fn from_iter<I: IntoIterator<Item = (u16, CategoryNumber)>>(meanings: I) -> Self {
        let mut map = Self::new();
        map.extend(meanings);
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ids_are_known_by_their_places() {
        let category = |number| CategoryNumber::new(number).unwrap();
        let map: PurposeMap =
            [(2, category(5)), (1, category(3)), (33, category(7)), (2, category(6)), (0, category(1))]
                .into_iter()
                .collect();
        let mut near = [0; NEAR];
        (near[0], near[1]) = (1 << 3, 1 << 6);
        assert_eq!(map.near(), &near);
        let all = map.range(0, u16::MAX).map(|(id, category)| (id, category.get()));
        assert_eq!(all.collect::<Vec<_>>(), [(0, 1), (1, 3), (2, 6), (33, 7)]);
        assert_eq!((map.iter().count(), map.get(2), map.get(3)), (4, Some(&category(6)), None));
    }
}
