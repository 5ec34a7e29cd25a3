//! A `Cookie` field cut at each `;`.

use wide::u8x16;

/// How many bytes are looked at together.
const BLOCK: usize = 64;

/// What stands between the `;` of a field, in order: one piece more than there are `;`. No allocation, O(length).
///
/// PERF: a search that begins anew at each pair costs more than the bytes do, of which a pair has a hundred. Here a
/// comparison of 64 bytes gives a bit for each, and a pair costs the look for the next bit.
pub(super) struct Pieces<'f> {
    field: &'f [u8],
    /// Where the next piece begins; behind the field's length when all were given.
    start: usize,
    /// Where the next block begins.
    block: usize,
    /// The `;` of the block before it that were not met yet, the lowest bit first.
    bits: u64,
}

impl<'f> Pieces<'f> {
    pub(super) const fn new(field: &'f [u8]) -> Self {
        Self { field, start: 0, block: 0, bits: 0 }
    }

    /// The offset of the next `;`, or the end.
    #[inline(always)]
    fn end(&mut self) -> usize {
        while self.bits == 0 {
            let rest = self.field.get(self.block..).unwrap_or_default();
            self.bits = match rest.first_chunk() {
                Some(block) => bits(block),
                None if rest.is_empty() => return self.field.len(),
                None => last_bits(rest),
            };
            self.block += BLOCK;
        }
        let at = usize::try_from(self.bits.trailing_zeros()).unwrap_or_default();
        self.bits &= self.bits - 1;
        self.block - BLOCK + at
    }
}

impl<'f> Iterator for Pieces<'f> {
    type Item = &'f [u8];

    #[inline(always)]
    fn next(&mut self) -> Option<&'f [u8]> {
        if self.start > self.field.len() {
            return None;
        }
        let end = self.end();
        let piece = self.field.get(self.start..end);
        self.start = end + 1;
        piece
    }
}

/// A bit for each `;`, the lowest for the first byte.
#[inline(always)]
fn bits(block: &[u8; BLOCK]) -> u64 {
    let (parts, _) = block.as_chunks::<16>();
    let separator = u8x16::splat(b';');
    let [first, second, third, fourth] = parts else { return 0 };
    let [first, second, third, fourth] =
        [first, second, third, fourth].map(|part| u8x16::new(*part).simd_eq(separator));
    // PERF: half of the blocks have none.
    if !(first | second | third | fourth).any() {
        return 0;
    }
    let bits = |low: u8x16, high: u8x16| low.to_bitmask() | high.to_bitmask() << 16;
    u64::from(bits(first, second)) | u64::from(bits(third, fourth)) << 32
}

/// [`bits`] of what is left.
#[cold]
fn last_bits(rest: &[u8]) -> u64 {
    let mut block = [0; BLOCK];
    block.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    bits(&block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees(field: &[u8]) {
        assert!(Pieces::new(field).eq(field.split(|byte| *byte == b';')), "{field:?}");
    }

    proptest! {
        #[test]
        fn cuts_where_a_plain_search_does(field in prop::collection::vec(prop_oneof![Just(b';'), any::<u8>()], 0..300)) {
            agrees(&field);
        }
    }

    #[test]
    fn borders_of_blocks_hide_nothing() {
        for length in 0..200 {
            agrees(&vec![b';'; length]);
            agrees(&vec![b'x'; length]);
            agrees(&[vec![b'x'; length], vec![b';']].concat());
        }
    }
}
