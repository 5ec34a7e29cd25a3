//! Hosts as hashes in a string of bits, read by `src/widget/rules.js`.
//!
//! A hash has 30 bits, so that one of the some 3,000 hosts of a catalogue is taken for one that has nothing to do with it once in
//! 350,000 look-ups; a host of three labels takes two. For each category, until the bits end: 16 bits, the number of hashes; 6, the
//! category's; 5, a width. Then its hashes in their order, each as what it is more than the one before: a one for each 2^width, a zero, the
//! rest in `width` bits (Rice's code). They are in no order of services: who has a host is known by the host's key alone, which is 65536
//! more than its hash, so that no service's number is one.

use super::ServiceKeys;
use crate::consent::{CategoryNumber, ServiceNumber};
use crate::policy::matcher::HostPattern;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The bits of a hash.
const WIDTH: u32 = 30;

/// The most hashes that are counted in one group; a category may have several groups.
const COUNT_MAX: usize = 65_535;

/// What lies between a hash and its key.
const KEY: u32 = 1 << 16;

/// The hosts that are hashed.
#[derive(Debug, Default)]
pub(super) struct Hashed {
    known: HashMap<u32, String>,
    categories: BTreeMap<CategoryNumber, BTreeSet<u32>>,
    keys: ServiceKeys,
}

impl Hashed {
    /// Whether the rule needs no place elsewhere: it is hashed now, or another service has its host. False for what cannot be
    /// hashed, which is also who has the hash of another host.
    pub(super) fn take(
        &mut self,
        category: CategoryNumber,
        number: Option<ServiceNumber>,
        pattern: &HostPattern,
    ) -> bool {
        let always = category == CategoryNumber::NECESSARY;
        if pattern.exact || pattern.path.is_some() || !pattern.host.contains('.') || number.is_none() && !always {
            return false;
        }
        let hash = hash(&pattern.host);
        if let Some(host) = self.known.get(&hash) {
            return *host == pattern.host;
        }
        self.known.insert(hash, pattern.host.clone());
        self.categories.entry(category).or_default().insert(hash);
        if let Some(number) = number {
            self.keys.entry(number).or_default().push(hash + KEY);
        }
        true
    }

    /// All of them, in base64 without padding, and the keys of each service's.
    pub(super) fn finish(self) -> (String, ServiceKeys) {
        let mut bits = Bits::default();
        for (category, hashes) in &self.categories {
            let hashes: Vec<u32> = hashes.iter().copied().collect();
            hashes.chunks(COUNT_MAX).for_each(|hashes| bits.push_group(*category, hashes));
        }
        (STANDARD_NO_PAD.encode(bits.bytes), self.keys)
    }
}

/// Of a host's bytes from its last to its first, so that one pass over a name gives the hashes of all its endings.
fn hash(host: &str) -> u32 {
    let mix = |hash: u32, byte: u8| {
        let mixed = (hash ^ u32::from(byte)).wrapping_mul(0x5bd1_e995);
        mixed ^ mixed >> 15
    };
    host.bytes().rev().fold(0, mix) >> (32 - WIDTH)
}

#[derive(Debug, Default)]
struct Bits {
    bytes: Vec<u8>,
    /// How many bits of the last byte are used; 0 when it is full.
    used: u32,
}

impl Bits {
    /// The lowest `width` bits of a value, the highest first.
    fn push(&mut self, value: u32, width: u32) {
        for at in (0..width).rev() {
            if self.used == 0 {
                self.bytes.push(0);
            }
            let bit = u8::from(value >> at & 1 == 1);
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << (7 - self.used);
            }
            self.used = (self.used + 1) % 8;
        }
    }

    /// At most [`COUNT_MAX`] sorted hashes.
    fn push_group(&mut self, category: CategoryNumber, hashes: &[u32]) {
        let count = u32::try_from(hashes.len()).unwrap_or(u32::MAX);
        let width = (1_u32 << WIDTH).checked_div(count).map_or(0, |gap| (gap * 2 / 3).max(1).ilog2());
        self.push(count, 16);
        self.push(category.get().into(), 6);
        self.push(width, 5);
        let mut last = 0;
        for hash in hashes {
            self.push_rice(hash - last, width);
            last = *hash;
        }
    }

    fn push_rice(&mut self, value: u32, width: u32) {
        (0..value >> width).for_each(|_| self.push(1, 1));
        self.push(0, 1);
        self.push(value, width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn bits_stand_in_their_order_over_the_ends_of_bytes() {
        let mut bits = Bits::default();
        bits.push(0b101, 3);
        bits.push_rice(0b10_0110, 4);
        bits.push(0xffff, 16);
        assert_eq!(bits.bytes, [0b1011_1001, 0b1011_1111, 0b1111_1111, 0b1100_0000]);
    }

    #[test]
    fn hashes_spread_over_all_their_bits() {
        let hashes: HashSet<u32> = (0..100_000).map(|n| hash(&format!("host-{n}.example"))).collect();
        // Of 100,000 values under 2^30 some 5 are there twice.
        assert!(hashes.len() > 99_980, "{}", hashes.len());
        for bit in 0..WIDTH {
            let ones = hashes.iter().filter(|hash| **hash >> bit & 1 == 1).count();
            assert!((49_000..51_000).contains(&ones), "bit {bit}: {ones}");
        }
    }

    #[test]
    fn a_host_with_the_hash_of_another_is_not_hashed() {
        let mut seen = HashMap::new();
        let (first, second) = (0..)
            .map(|n| format!("{n}.example"))
            .find_map(|host| {
                let earlier = seen.insert(hash(&host), host.clone())?;
                Some((earlier, host))
            })
            .unwrap();
        let pattern = |host: &str| HostPattern { host: host.to_owned(), exact: false, path: None };
        let (category, number) = (CategoryNumber::new(3).unwrap(), ServiceNumber::new(7));
        let mut hashed = Hashed::default();
        let mut take = |host: &str| hashed.take(category, number, &pattern(host));
        assert_eq!([take(&first), take(&first), take(&second)], [true, true, false]);
        assert_eq!(hashed.finish().1.values().map(Vec::len).sum::<usize>(), 1);
    }
}
