//! Two bits for each id, as bit fields have them.

/// The second bit of each pair.
pub(super) const EVERY_OTHER: u64 = 0x5555_5555_5555_5555;

/// The answers to at most 28 ids, two bits each, the first id's highest; no id has both.
#[derive(Debug, Clone, Copy)]
pub struct Pairs(pub(super) u64);

impl Pairs {
    /// The words of the places where an id is enabled, and of those where one is disabled, together.
    #[inline(always)]
    pub fn unite(self, words: &[u64; 32]) -> (u64, u64) {
        (unite(self.0 >> 1 & EVERY_OTHER, words), unite(self.0 & EVERY_OTHER, words))
    }

    /// Bit `31 - n` is set where the id at place `n` is enabled.
    #[inline(always)]
    pub fn enabled(self) -> u32 {
        every_other_bit(self.0 >> 1)
    }

    /// The same of those that are disabled.
    #[inline(always)]
    pub fn disabled(self) -> u32 {
        every_other_bit(self.0)
    }
}

/// The words of the places whose bits 62, 60, … 0 are set.
#[inline(always)]
fn unite(mut bits: u64, words: &[u64; 32]) -> u64 {
    let mut united = 0;
    while bits != 0 {
        let place = usize::try_from(bits.trailing_zeros() / 2).unwrap_or_default();
        united |= words.get(31 - place % 32).copied().unwrap_or_default();
        bits &= bits - 1;
    }
    united
}

/// Bits 62, 60, … 0 as bits 31, 30, … 0.
#[inline(always)]
fn every_other_bit(pairs: u64) -> u32 {
    let mut bits = pairs & EVERY_OTHER;
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333;
    bits = (bits | bits >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    bits = (bits | bits >> 4) & 0x00ff_00ff_00ff_00ff;
    bits = (bits | bits >> 8) & 0x0000_ffff_0000_ffff;
    bits = (bits | bits >> 16) & 0xffff_ffff;
    u32::try_from(bits).unwrap_or_default()
}
