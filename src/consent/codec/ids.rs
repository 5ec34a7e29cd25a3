//! Sets of ids 1 to 65535 as they stand in consent strings: few, and in runs. A range that claims 60,000 ids costs as
//! much as one that claims two.

use smallvec::SmallVec;

/// A set of ids, kept as sorted, separate ranges (both ends included).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdSet(SmallVec<[(u16, u16); 4]>);

impl IdSet {
    /// Nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The ranges, in order, never touching each other.
    pub fn ranges(&self) -> &[(u16, u16)] {
        &self.0
    }

    /// Adds `first..=last`; nothing when `first` is above `last`. Appending in order is O(1), else O(ranges).
    pub fn insert_range(&mut self, first: u16, last: u16) {
        if first > last {
            return;
        }
        // What the new range touches is `from..to`; ranges before end more than one id earlier.
        let from = self.0.partition_point(|(_, end)| u32::from(*end) + 1 < u32::from(first));
        let to = self.0.partition_point(|(start, _)| u32::from(*start) <= u32::from(last) + 1);
        let touched = self.0.get(from..to).unwrap_or_default();
        let start = touched.first().map_or(first, |(start, _)| first.min(*start));
        let end = touched.last().map_or(last, |(_, end)| last.max(*end));
        if from < to {
            self.0.drain(from..to);
        }
        self.0.insert(from, (start, end));
    }

    /// Adds one id.
    pub fn insert(&mut self, id: u16) {
        self.insert_range(id, id);
    }

    /// Whether the id is in the set. O(log ranges).
    pub fn contains(&self, id: u16) -> bool {
        let at = self.0.partition_point(|(_, end)| *end < id);
        self.0.get(at).is_some_and(|(start, _)| *start <= id)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many ids are in it.
    pub fn len(&self) -> usize {
        self.0.iter().map(|(start, end)| usize::from(end - start) + 1).sum()
    }

    /// The smallest id.
    pub fn first(&self) -> Option<u16> {
        self.0.first().map(|(start, _)| *start)
    }

    /// The largest id.
    pub fn last(&self) -> Option<u16> {
        self.0.last().map(|(_, end)| *end)
    }

    /// Each id, in order: for printing and small sets only, a range can hold 65535 of them.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().flat_map(|(start, end)| *start..=*end)
    }

    /// What is in `self` and not in `other`. O(ranges of both).
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut left = Self::new();
        for &(start, end) in &self.0 {
            let mut from = Some(start);
            let skip = other.0.partition_point(|(_, end)| *end < start);
            for &(gap_start, gap_end) in other.0.iter().skip(skip).take_while(|(gap, _)| *gap <= end) {
                if let Some(first) = from.filter(|first| *first < gap_start) {
                    left.insert_range(first, gap_start - 1);
                }
                from = gap_end.checked_add(1);
            }
            if let Some(first) = from {
                left.insert_range(first, end);
            }
        }
        left
    }

    /// Whether an id is in both. O(ranges of both).
    pub fn intersects(&self, other: &Self) -> bool {
        self.0.iter().any(|(start, end)| {
            let at = other.0.partition_point(|(_, other_end)| other_end < start);
            other.0.get(at).is_some_and(|(other_start, _)| other_start <= end)
        })
    }
}

impl FromIterator<u16> for IdSet {
    fn from_iter<I: IntoIterator<Item = u16>>(ids: I) -> Self {
        let mut set = Self::new();
        ids.into_iter().for_each(|id| set.insert(id));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn agrees_with_a_plain_set(
            a in prop::collection::vec((0_u16..80, 0_u16..6), 0..12), b in prop::collection::vec((0_u16..80, 0_u16..6), 0..12),
        ) {
            let build = |ranges: &[(u16, u16)]| {
                let (mut ours, mut plain) = (IdSet::new(), BTreeSet::new());
                for (start, more) in ranges {
                    ours.insert_range(*start, start + more);
                    plain.extend(*start..=start + more);
                }
                (ours, plain)
            };
            let ((a, plain_a), (b, plain_b)) = (build(&a), build(&b));
            prop_assert_eq!(a.iter().collect::<Vec<_>>(), plain_a.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(a.len(), plain_a.len());
            prop_assert!(a.ranges().windows(2).all(|w| w[0].1 + 1 < w[1].0));
            prop_assert_eq!(a.difference(&b), plain_a.difference(&plain_b).copied().collect::<IdSet>());
            prop_assert_eq!(a.intersects(&b), !plain_a.is_disjoint(&plain_b));
            prop_assert!((0..90).all(|id| a.contains(id) == plain_a.contains(&id)));
        }
    }

    #[test]
    fn the_ends_of_the_numbers_hold() {
        let mut set = IdSet::new();
        set.insert(u16::MAX);
        set.insert(0);
        set.insert_range(9, 3);
        assert_eq!(set.ranges(), [(0, 0), (u16::MAX, u16::MAX)]);
        set.insert_range(0, u16::MAX);
        assert_eq!((set.ranges(), set.len()), (&[(0, u16::MAX)][..], 65536));
        assert!(set.difference(&set).is_empty());
    }
}
