//! Base64url text read as bits where it stands, six a character: nothing is decoded that nobody asks for, and nothing is
//! copied. The IAB's strings are read so on the path of a request.

use super::base64::Base64Error;

/// What [`VALUES`] holds for a byte outside the alphabet: more than six bits.
const FOREIGN: u8 = 0x80;

/// The six bits of each base64url character.
const VALUES: [u8; 256] = values();

#[allow(clippy::indexing_slicing, clippy::as_conversions, reason = "evaluated at compile time, at < 256")]
const fn values() -> [u8; 256] {
    let mut table = [FOREIGN; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => FOREIGN,
        };
        at += 1;
    }
    table
}

/// The six bits of a character; [`FOREIGN`] is set when it is none of the alphabet.
#[inline(always)]
fn value(byte: u8) -> u64 {
    u64::from(VALUES.get(usize::from(byte)).copied().unwrap_or(FOREIGN))
}

/// Reads bits, most significant first, from text that is known to be of the alphabet. Never reads past the end, never
/// allocates.
#[derive(Debug, Clone, Copy)]
pub struct Sextets<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Sextets<'a> {
    /// How many bits [`Self::read`] gives at most.
    pub const MAX_READ: u8 = 43;

    /// Starts at the first bit of `text`.
    ///
    /// # Errors
    /// [`Base64Error::Byte`] for a character outside the alphabet; padding is one.
    #[inline(always)]
    pub fn new(text: &'a [u8]) -> Result<Self, Base64Error> {
        if is_base64url(text) { Ok(Self { text, at: 0 }) } else { Err(foreign(text)) }
    }

    /// The offset of the next bit.
    pub const fn position(&self) -> usize {
        self.at
    }

    /// How many bits are left.
    #[inline(always)]
    pub const fn remaining(&self) -> usize {
        (self.text.len() * 6).saturating_sub(self.at)
    }

    /// The next `count` bits (0 to [`Self::MAX_READ`]) as a number; `None`, and nothing consumed, when there are not as
    /// many.
    #[inline(always)]
    pub fn read(&mut self, count: u8) -> Option<u64> {
        debug_assert!(count <= Self::MAX_READ, "a window holds 43 bits");
        if usize::from(count) > self.remaining() {
            return None;
        }
        let bits = if count == 0 { 0 } else { self.window() >> (64 - u32::from(count)) };
        self.at += usize::from(count);
        Some(bits)
    }

    /// One bit.
    #[inline(always)]
    pub fn flag(&mut self) -> Option<bool> {
        let bit = self.bit(self.at)?;
        self.at += 1;
        Some(bit)
    }

    /// Sixteen bits.
    #[inline(always)]
    pub fn u16(&mut self) -> Option<u16> {
        self.read(16).and_then(|bits| u16::try_from(bits).ok())
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

    /// The bit at this offset from the start of the text, wherever the reader stands.
    #[inline(always)]
    pub fn bit(&self, at: usize) -> Option<bool> {
        let byte = self.text.get(at / 6)?;
        Some(value(*byte) >> (5 - at % 6) & 1 == 1)
    }

    /// Whether all that is left is zero.
    pub fn rest_is_zero(&self) -> bool {
        let whole = self.at.div_ceil(6);
        (self.at..whole * 6).all(|at| self.bit(at) != Some(true))
            && self.text.get(whole..).unwrap_or_default().iter().all(|byte| *byte == b'A')
    }

    /// The next 43 bits or more, left-aligned, with zeros behind the end.
    #[inline(always)]
    pub(super) fn window(&self) -> u64 {
        let tail = self.text.get(self.at / 6..).unwrap_or_default();
        let word = match tail.first_chunk::<8>() {
            Some(chunk) => chunk.iter().fold(0, |word, byte| word << 6 | value(*byte)) << 16,
            None => last_word(tail),
        };
        word << (self.at % 6)
    }
}

/// The first 264 bits of a text, decoded at once: for fields whose places are known.
#[derive(Debug, Clone, Copy)]
pub struct Start([u64; 6]);

impl Start {
    /// How many characters are decoded.
    pub const CHARACTERS: usize = 44;

    /// Decodes the first characters of a text.
    ///
    /// # Errors
    /// [`Base64Error::Byte`] for a character outside the alphabet.
    #[inline(always)]
    pub fn new(text: &[u8; Self::CHARACTERS]) -> Result<Self, Base64Error> {
        let (chunks, rest) = text.as_chunks::<8>();
        let (mut words, mut seen) = ([0; 6], 0);
        let mut word = |characters: &[u8]| {
            characters.iter().fold(0, |word, byte| {
                let bits = value(*byte);
                seen |= bits;
                word << 6 | bits
            })
        };
        for (decoded, characters) in words.iter_mut().zip(chunks) {
            *decoded = word(characters);
        }
        if let Some(last) = words.last_mut() {
            *last = word(rest) << 24;
        }
        if seen > 63 { Err(foreign(text)) } else { Ok(Self(words)) }
    }

    /// `count` bits (1 to 48) from the bit `at`; zeros behind the end. PERF: with constants, a shift or two.
    #[inline(always)]
    pub fn bits(&self, at: usize, count: usize) -> u64 {
        let word = |at: usize| u128::from(self.0.get(at).copied().unwrap_or(0));
        let two = word(at / 48) << 48 | word(at / 48 + 1);
        u64::try_from(two >> (96 - at % 48 - count) & ((1 << count) - 1)).unwrap_or(0)
    }
}

/// Fewer than eight characters as the high bits of a word.
#[inline(never)]
fn last_word(tail: &[u8]) -> u64 {
    let word = tail.iter().fold(1, |word, byte| word << 6 | value(*byte));
    // The leading 1 says how many there were.
    word << word.leading_zeros() << 1
}

/// Whether every byte is of the alphabet.
///
/// PERF: 32 bytes at a time, the last ones perhaps twice, so that no byte is looked at alone: 19 ns for 287 bytes.
#[inline(always)]
fn is_base64url(text: &[u8]) -> bool {
    let whole = text.get(..text.len() & !31).unwrap_or_default();
    text.last_chunk::<32>().map_or_else(|| all_known(text), |last| all_known(whole) & all_known(last))
}

/// PERF: without a table or an early end, so that the compiler makes vector instructions of it.
#[inline(always)]
fn all_known(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, byte| {
        let within = |byte: u8, first: u8, last: u8| byte.wrapping_sub(first) <= last - first;
        let letter = within(byte | 0x20, b'a', b'z');
        all & (letter | within(*byte, b'0', b'9') | (*byte == b'-') | (*byte == b'_'))
    })
}

/// The first byte that is not of the alphabet.
#[cold]
fn foreign(text: &[u8]) -> Base64Error {
    let found = text.iter().copied().enumerate().find(|(_, byte)| value(*byte) > 63);
    let (offset, byte) = found.unwrap_or((text.len(), 0));
    Base64Error::Byte { offset, byte }
}

#[cfg(test)]
mod tests {
    use super::super::base64;
    use super::super::bits::BitReader;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_the_bits_that_decoding_gives(
            bytes in prop::collection::vec(any::<u8>(), 0..40), counts in prop::collection::vec(0_u8..=43, 0..30),
        ) {
            let text = base64::encode_url(&bytes);
            let (mut ours, mut plain) = (Sextets::new(text.as_bytes()).unwrap(), BitReader::new(&bytes));
            for count in counts {
                match plain.read(count) {
                    Some(bits) => prop_assert_eq!(ours.read(count), Some(bits)),
                    None => break,
                }
            }
            prop_assert_eq!(ours.rest_is_zero(), plain.first_set().is_none());
            let at = ours.position();
            prop_assert_eq!(ours.bit(at).unwrap_or(false), plain.flag().unwrap_or(false));
        }

        #[test]
        fn the_start_has_the_bits_that_decoding_gives(
            bytes in prop::collection::vec(any::<u8>(), 33), at in 0_usize..220, count in 1_u8..=43, damage in 0_usize..44,
        ) {
            let text = base64::encode_url(&bytes);
            let mut text: [u8; 44] = text.as_bytes().try_into().unwrap();
            let mut plain = BitReader::new(&bytes);
            plain.skip(at).unwrap();
            prop_assert_eq!(Start::new(&text).unwrap().bits(at, usize::from(count)), plain.read(count).unwrap());
            text[damage] = b'.';
            prop_assert_eq!(Start::new(&text).unwrap_err(), Base64Error::Byte { offset: damage, byte: b'.' });
        }

        #[test]
        fn knows_the_alphabet(mut text in "[A-Za-z0-9_-]{0,100}".prop_map(String::into_bytes), at in 0_usize..100, byte in any::<u8>()) {
            if let Some(place) = text.get_mut(at) {
                *place = byte;
            }
            let known = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
            let foreign = text.iter().position(|byte| !known(byte));
            let refused = foreign.map(|offset| Base64Error::Byte { offset, byte: text[offset] });
            prop_assert_eq!(Sextets::new(&text).err(), refused);
        }
    }

    #[test]
    fn stops_at_the_end() {
        let mut reader = Sextets::new(b"_A").unwrap();
        assert_eq!((reader.read(13), reader.read(12), reader.remaining()), (None, Some(0xfc0), 0));
        assert_eq!((reader.flag(), reader.skip(1), reader.u16(), reader.bit(12)), (None, None, None, None));
        assert!(reader.rest_is_zero());
        assert!(is_base64url(&(0..=255).filter(|byte| value(*byte) < 64).collect::<Vec<u8>>()));
        assert_eq!((0..=255).filter(|byte| is_base64url(&[*byte])).count(), 64);
    }
}
