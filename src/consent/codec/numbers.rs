//! Sets of small numbers as the IAB's strings write them: purposes, special features, custom purposes, one bit each with
//! number 1 first.

use super::bits::BitWriter;
use super::sextets::Sextets;
use std::fmt;

/// A set of numbers 1 to 64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Numbers(u64);

impl Numbers {
    /// Nothing in it.
    pub const EMPTY: Self = Self(0);

    /// From bits: the lowest one is number 1.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// As bits: the lowest one is number 1.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// One number; nothing when it is not 1 to 64.
    pub fn of(number: u8) -> Self {
        let bit = number.checked_sub(1).and_then(|shift| 1_u64.checked_shl(u32::from(shift)));
        Self(bit.unwrap_or(0))
    }

    /// Whether the number is in it.
    pub fn contains(self, number: u8) -> bool {
        self.0 & Self::of(number).0 != 0
    }

    /// Whether all of `other` is in it.
    pub const fn contains_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether something is in both.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What is in one of them.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in `self` and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The largest number; 0 when nothing is in it.
    pub const fn last(self) -> u32 {
        64 - self.0.leading_zeros()
    }

    /// Each number, in order.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=64).filter(move |number| self.contains(*number))
    }

    /// From a field of `count` bits (1 to 64), the first of which is number 1.
    #[inline(always)]
    pub(super) const fn from_field(field: u64, count: u32) -> Self {
        Self((field << (64 - count)).reverse_bits())
    }

    /// Reads a field of `count` bits (0 to 64).
    pub(super) fn read(reader: &mut Sextets<'_>, count: u8) -> Option<Self> {
        let (high, low) = (count / 2, count - count / 2);
        let field = reader.read(high)? << low | reader.read(low)?;
        Some(if count == 0 { Self::EMPTY } else { Self::from_field(field, u32::from(count)) })
    }

    /// Appends a field of `count` bits (0 to 64).
    pub(super) fn write(self, writer: &mut BitWriter, count: u8) {
        (1..=count).for_each(|number| writer.flag(self.contains(number)));
    }
}

impl FromIterator<u8> for Numbers {
    fn from_iter<I: IntoIterator<Item = u8>>(numbers: I) -> Self {
        numbers.into_iter().fold(Self::EMPTY, |set, number| set.union(Self::of(number)))
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::base64;
    use super::*;

    #[test]
    fn fields_come_back_and_number_one_is_the_first_bit() {
        for (numbers, count) in [(vec![], 0), (vec![1, 24], 24), (vec![2], 12), (vec![1, 63], 63), (vec![64, 33], 64)] {
            let set: Numbers = numbers.iter().copied().collect();
            let mut writer = BitWriter::new();
            set.write(&mut writer, count);
            let text = base64::encode_url(&writer.finish(1));
            let mut reader = Sextets::new(text.as_bytes()).unwrap();
            assert_eq!(Numbers::read(&mut reader, count), Some(set));
            assert_eq!(reader.position(), usize::from(count));
            assert_eq!(set.iter().max().map_or(0, u32::from), set.last());
            assert!(set.iter().all(|number| numbers.contains(&number)));
        }
        assert_eq!(Numbers::from_field(0b100, 3), Numbers::of(1));
        assert_eq!((Numbers::of(0), Numbers::of(65)), (Numbers::EMPTY, Numbers::EMPTY));
    }

    #[test]
    fn sets_are_compared_as_sets() {
        let (a, b) = (Numbers::from_iter([1, 2, 5]), Numbers::from_iter([2, 5]));
        assert!(a.contains_all(b) && !b.contains_all(a) && a.intersects(b) && !a.without(b).intersects(b));
        assert_eq!(a.without(b).union(b), a);
        assert_eq!(format!("{a:?}"), "{1, 2, 5}");
    }
}
