//! Bits, most significant first: what the IAB's and Didomi's strings are made of once the base64 is off.

/// Reads bits from bytes. Never reads past the end, never allocates.
#[derive(Debug, Clone, Copy)]
pub struct BitReader<'a> {
    /// The bytes, perhaps with others behind them.
    bytes: &'a [u8],
    /// The offset behind the last bit.
    end: usize,
    at: usize,
}

impl<'a> BitReader<'a> {
    /// Starts at the first bit of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, end: bytes.len() * 8, at: 0 }
    }

    /// Starts at the first bit of `buffer`, of which only the first `length` bytes count.
    ///
    /// PERF: with eight bytes behind them every window is one load.
    pub fn within(buffer: &'a [u8], length: usize) -> Self {
        Self { bytes: buffer, end: length.min(buffer.len()) * 8, at: 0 }
    }

    /// The offset of the next bit.
    pub const fn position(&self) -> usize {
        self.at
    }

    /// How many bits are left.
    pub const fn remaining(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// The next 57 bits or more, left-aligned. Behind the end stands anything: ask [`Self::remaining`].
    #[inline(always)]
    pub fn window(&self) -> u64 {
        let from = self.at / 8;
        let word = match self.bytes.get(from..from + 8).and_then(<[u8]>::first_chunk) {
            Some(chunk) => u64::from_be_bytes(*chunk),
            None => last_word(self.bytes.get(from..).unwrap_or_default()),
        };
        word << (self.at % 8)
    }

    /// The next `count` bits (0 to 57) as a number; `None`, and nothing consumed, when there are not as many.
    #[inline(always)]
    pub fn read(&mut self, count: u8) -> Option<u64> {
        debug_assert!(count <= 57, "a window holds 57 bits");
        if usize::from(count) > self.remaining() {
            return None;
        }
        let value = if count == 0 { 0 } else { self.window() >> (64 - u32::from(count)) };
        self.at += usize::from(count);
        Some(value)
    }

    /// One bit.
    #[inline(always)]
    pub fn flag(&mut self) -> Option<bool> {
        self.read(1).map(|bit| bit == 1)
    }

    /// Sixteen bits.
    #[inline(always)]
    pub fn u16(&mut self) -> Option<u16> {
        self.read(16).and_then(|value| u16::try_from(value).ok())
    }

    /// Leaves out `count` bits; `None` when there are not as many.
    #[inline(always)]
    pub fn skip(&mut self, count: usize) -> Option<()> {
        if count > self.remaining() {
            return None;
        }
        self.at += count;
        Some(())
    }

    /// Sixteen bytes, at any bit offset.
    #[inline(always)]
    pub fn bytes16(&mut self) -> Option<[u8; 16]> {
        let mut value: u128 = 0;
        for count in [56_u8, 56, 16] {
            value = value << count | u128::from(self.read(count)?);
        }
        Some(value.to_be_bytes())
    }

    /// The offset of the first set bit among those that are left, if there is one.
    pub fn first_set(&self) -> Option<usize> {
        let mut probe = *self;
        while probe.remaining() > 0 {
            let count = u8::try_from(probe.remaining().min(56)).ok()?;
            let start = probe.at;
            let bits = probe.read(count)?;
            if bits != 0 {
                let lead = bits.leading_zeros() - (64 - u32::from(count));
                return Some(start + usize::try_from(lead).ok()?);
            }
        }
        None
    }
}

/// Fewer than eight bytes as the high bytes of a word.
#[cold]
fn last_word(tail: &[u8]) -> u64 {
    tail.iter().zip([56, 48, 40, 32, 24, 16, 8]).fold(0, |word, (byte, shift)| word | u64::from(*byte) << shift)
}

/// Writes bits into bytes.
#[derive(Debug, Clone, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    /// How many bits of the last byte are still free, 0 to 7.
    free: u8,
}

impl BitWriter {
    /// Nothing written yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bits were written.
    pub fn len(&self) -> usize {
        self.bytes.len() * 8 - usize::from(self.free)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Appends the lowest `count` bits of `value` (at most 64), the most significant first.
    pub fn write(&mut self, value: u64, count: u8) {
        for shift in (0..count.min(64)).rev() {
            self.flag(value >> shift & 1 == 1);
        }
    }

    /// Appends one bit.
    pub fn flag(&mut self, set: bool) {
        if self.free == 0 {
            self.bytes.push(0);
            self.free = 8;
        }
        self.free -= 1;
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(set) << self.free;
        }
    }

    /// Appends bytes, at any bit offset.
    pub fn bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write(u64::from(*byte), 8));
    }

    /// The bytes, padded with zero bits to a multiple of `unit` bytes.
    pub fn finish(mut self, unit: usize) -> Vec<u8> {
        let padded = self.bytes.len().next_multiple_of(unit.max(1));
        self.bytes.resize(padded, 0);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_written_at_every_offset() {
        for shift in 0..17 {
            let mut writer = BitWriter::new();
            writer.write(0, shift);
            writer.write(0x1ab_cdef_0123, 41);
            writer.bytes(&[7; 16]);
            writer.write(0xbeef, 16);
            assert_eq!(writer.len(), usize::from(shift) + 41 + 128 + 16);
            let bytes = writer.finish(3);
            assert_eq!(bytes.len() % 3, 0);
            let mut reader = BitReader::new(&bytes);
            assert_eq!(reader.read(shift), Some(0));
            assert_eq!(reader.read(41), Some(0x1ab_cdef_0123));
            assert_eq!(reader.bytes16(), Some([7; 16]));
            assert_eq!(reader.u16(), Some(0xbeef));
            assert_eq!(reader.first_set(), None);
        }
    }

    #[test]
    fn stops_at_the_end() {
        let mut reader = BitReader::new(&[0x80, 0x01]);
        assert_eq!(reader.read(17), None);
        assert_eq!(reader.position(), 0);
        assert_eq!(reader.flag(), Some(true));
        assert_eq!(reader.first_set(), Some(15));
        assert_eq!(reader.skip(15), Some(()));
        assert_eq!(reader.skip(1), None);
        assert_eq!((reader.flag(), reader.read(0), reader.window()), (None, Some(0), 0));
    }
}
