//! The base64 of consent strings, eight characters at a time: what a request waits for. It reads a value or says that it
//! is none; what is wrong with it the library knows.
//!
//! PERF: each character is looked up where its bits are already in their place, and nothing is asked before the end: a
//! string of version 2 takes a third of the instructions of the library's decoder.

/// One table for each place in a group of four characters: the character's six bits where they stand in the 24 of the
/// group, or [`BAD`].
pub(super) struct Alphabet([[u32; 256]; 4]);

/// Set in the sum of all characters when one of them is none: above the 24 bits of a group.
const BAD: u32 = 1 << 31;

/// How many bytes more than the value has the buffer must take: eight are written at once.
pub(super) const SLACK: usize = 8;

/// The alphabet of URLs and cookies.
pub(super) static URL: Alphabet = Alphabet::new(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

/// The alphabet of mail.
pub(super) static STANDARD: Alphabet =
    Alphabet::new(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

impl Alphabet {
    #[allow(clippy::indexing_slicing, clippy::as_conversions)] // It runs in the compiler, on the two texts above.
    const fn new(characters: &[u8; 64]) -> Self {
        let mut tables = [[BAD; 256]; 4];
        let mut value = 0;
        while value < 64 {
            let mut place = 0;
            while place < 4 {
                tables[place][characters[value] as usize] = (value as u32) << (18 - 6 * place);
                place += 1;
            }
            value += 1;
        }
        Self(tables)
    }

    /// Decodes characters without padding into `buffer`; the number of bytes. `None` for anything but the canonical
    /// spelling of a value, and for a buffer that has not [`SLACK`] bytes more than the value.
    #[inline]
    pub(super) fn decode(&self, text: &[u8], buffer: &mut [u8]) -> Option<usize> {
        self.decode_prefix(text, buffer).filter(|(read, _)| *read == text.len()).map(|(_, length)| length)
    }

    /// [`Self::decode`], up to the first character that is none of the alphabet: how many were read, and the number of
    /// bytes.
    ///
    /// PERF: whoever does not know where a value ends need not look for it first.
    #[inline]
    pub(super) fn decode_prefix(&self, text: &[u8], buffer: &mut [u8]) -> Option<(usize, usize)> {
        let mut whole = 0;
        for ([a, b, c, d, e, f, g, h], six) in text.as_chunks::<8>().0.iter().zip(buffer.as_chunks_mut::<6>().0) {
            let (first, second) = (self.group([*a, *b, *c, *d]), self.group([*e, *f, *g, *h]));
            if (first | second) & BAD != 0 {
                break;
            }
            let [_, _, bytes @ ..] = (u64::from(first) << 24 | u64::from(second)).to_be_bytes();
            *six = bytes;
            whole += 1;
        }
        let ([table, ..], mut word, mut left) = (&self.0, 0, 64);
        for character in text.get(whole * 8..)?.iter().take(8) {
            let six = bits(table, *character);
            if six & BAD != 0 {
                break;
            }
            left -= 6;
            word |= u64::from(six) >> 18 << left;
        }
        let count = (64 - left) / 6;
        let length = count * 6 / 8;
        // Eight: the buffer is at its end. One alone: no byte. Behind the last whole byte stand the bits that belong to none.
        if count == 8 || count % 4 == 1 || word << (length * 8) != 0 {
            return None;
        }
        *buffer.get_mut(whole * 6..)?.first_chunk_mut()? = word.to_be_bytes();
        Some((whole * 8 + count, whole * 6 + length))
    }

    /// Whether every byte is a character of the alphabet.
    #[inline]
    pub(super) fn holds(&self, text: &[u8]) -> bool {
        let [table, ..] = &self.0;
        text.iter().fold(0, |seen, c| seen | bits(table, *c)) & BAD == 0
    }

    /// Four characters as 24 bits.
    #[inline(always)]
    fn group(&self, [a, b, c, d]: [u8; 4]) -> u32 {
        let [first, second, third, fourth] = &self.0;
        bits(first, a) | bits(second, b) | bits(third, c) | bits(fourth, d)
    }
}

#[inline(always)]
fn bits(table: &[u32; 256], character: u8) -> u32 {
    table.get(usize::from(character)).copied().unwrap_or(BAD)
}
