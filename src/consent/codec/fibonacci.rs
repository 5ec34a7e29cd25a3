//! Fibonacci codes (IAB GPP, Didomi): a number as a sum of 1, 2, 3, 5, 8, …, one bit each with the smallest first, and an
//! extra 1 behind the last; no two set bits stand side by side but at the end.

use super::bits::{BitReader, BitWriter};
use super::sextets::Sextets;

/// 1, 2, 3, 5, … up to the last that a 16-bit number needs.
const TERMS: [u32; 23] =
    [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181, 6765, 10946, 17711, 28657, 46368];

/// One number, 1 to 65535. `None`, and nothing consumed, when the bits end first or the number is larger.
#[inline(always)]
pub fn read(reader: &mut BitReader<'_>) -> Option<u16> {
    let (value, length) = decode(reader.window())?;
    reader.skip(length)?;
    Some(value)
}

/// [`read`], from text.
#[inline(always)]
pub fn read_text(reader: &mut Sextets<'_>) -> Option<u16> {
    let (value, length) = decode(reader.window())?;
    reader.skip(length)?;
    Some(value)
}

/// The number at the start of a window, and how many bits its code has. `None` where there is none that ends in it.
#[inline(always)]
pub(super) fn decode(window: u64) -> Option<(u16, usize)> {
    // The code ends at the first pair of set bits; its length counts both.
    // PERF: one bit is set in any case, where no code can end any more.
    let before = (window & (window << 1) | 1).leading_zeros();
    let terms = usize::try_from(before).ok()? + 1;
    if terms > TERMS.len() {
        return None;
    }
    let code = window & !(u64::MAX >> terms);
    let [first, second, third, ..] = code.to_be_bytes();
    let [low, middle, high] = &SUMS;
    let sum = [(low, first), (middle, second), (high, third)]
        .iter()
        .fold(0, |sum, (sums, byte)| sum + sums.get(usize::from(*byte)).copied().unwrap_or_default());
    Some((u16::try_from(sum).ok()?, terms + 1))
}

/// What the set bits of each of a code's three bytes come to.
///
/// PERF: three looks that do not wait for each other, instead of one for each set bit.
static SUMS: [[u32; 256]; 3] = sums();

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time, within bounds")]
const fn sums() -> [[u32; 256]; 3] {
    let mut tables = [[0; 256]; 3];
    let mut at = 0;
    while at < TERMS.len() {
        let mut byte = 0;
        while byte < 256 {
            if byte >> (7 - at % 8) & 1 == 1 {
                tables[at / 8][byte] += TERMS[at];
            }
            byte += 1;
        }
        at += 1;
    }
    tables
}

/// How many bits [`write()`] appends.
pub fn length(value: u16) -> usize {
    TERMS.iter().take_while(|term| **term <= u32::from(value.max(1))).count() + 1
}

/// Appends the code of a number; 0 has none and is written as 1.
pub fn write(writer: &mut BitWriter, value: u16) {
    let mut rest = u32::from(value.max(1));
    let mut code: u64 = 0;
    for (at, term) in TERMS.iter().enumerate().rev() {
        if *term <= rest {
            rest -= term;
            code |= 1 << at;
        }
    }
    let terms = length(value) - 1;
    (0..terms).for_each(|at| writer.flag(code >> at & 1 == 1));
    writer.flag(true);
}

#[cfg(test)]
mod tests {
    use super::super::base64;
    use super::*;

    #[test]
    fn every_number_comes_back() {
        for value in 1..=u16::MAX {
            let mut writer = BitWriter::new();
            write(&mut writer, value);
            assert_eq!(writer.len(), length(value));
            let (bits, bytes) = (writer.len(), writer.finish(1));
            let mut reader = BitReader::new(&bytes);
            assert_eq!(read(&mut reader), Some(value));
            assert_eq!(reader.position(), bits);
            let text = base64::encode_url(&bytes);
            let mut reader = Sextets::new(text.as_bytes()).unwrap();
            assert_eq!((read_text(&mut reader), reader.position()), (Some(value), bits));
        }
    }

    #[test]
    fn codes_without_an_end_or_above_16_bits_are_refused() {
        for bytes in [&[][..], &[0; 8], &[0b0101_0101; 8], &[0b1000_0000], &[0, 0, 0, 3], &[0b1010_1010, 0xaa, 0xab]] {
            let mut reader = BitReader::new(bytes);
            assert_eq!(read(&mut reader), None, "{bytes:?}");
            assert_eq!(reader.position(), 0);
        }
    }
}
