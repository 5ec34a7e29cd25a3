//! A section as most are: a bit field of few ids, or one range of what is enabled, all of it in one window.

use super::super::bits::BitReader;
use super::super::fibonacci;
use super::pairs::{EVERY_OTHER, Pairs};
use super::scan::Sink;
use super::section::{self, Encoder, Field};

/// Reads such a section into `sink` and says how it was written. `None`: it is another one, or none at all, and nothing was
/// done.
///
/// PERF: one window instead of five, and one place that asks whether the string is long enough.
#[inline(always)]
pub(super) fn read<S: Sink>(reader: &mut BitReader<'_>, field: Field, sink: &mut S) -> Option<Encoder> {
    let (start, window) = (reader.position(), reader.window());
    match window >> 58 {
        0..=0b00_1111 => {
            let (first, count, header) = section::bit_field_head(window);
            if first == 0 || first > u16::MAX - SHORT || count > SHORT {
                return None;
            }
            let length = usize::from(count) * 2;
            let pairs = window << header & !(u64::MAX >> length);
            if pairs >> 1 & pairs & EVERY_OTHER != 0 {
                return None;
            }
            reader.skip(header + length)?;
            sink.entry(field.key(), start, Encoder::BitField2Bits);
            if sink.wants(field) {
                sink.pairs(field, first, Pairs(pairs));
            }
            Some(Encoder::BitField2Bits)
        }
        ONE_FIBONACCI if section::bits16(window, 6) == 1 => {
            let (first, length) = fibonacci::decode(window << 22)?;
            let (count, more) = fibonacci::decode(window << 22 << length)?;
            let last = first.checked_add(count - 1)?;
            reader.skip(22 + length + more)?;
            sink.entry(field.key(), start, Encoder::RangesFibonacci);
            sink.run(field, first, last, true);
            Some(Encoder::RangesFibonacci)
        }
        _ => None,
    }
}

/// The ids whose answers stand in one window with the longer head.
const SHORT: u16 = 11;

/// The algorithm of Fibonacci ranges, and one list of what is enabled.
const ONE_FIBONACCI: u64 = 0b10_0000;

#[cfg(test)]
mod tests {
    use super::super::super::bits::BitWriter;
    use super::*;
    use proptest::prelude::*;

    /// What a section gives.
    #[derive(Debug, Default, PartialEq)]
    struct Given(Vec<(u16, u16, bool)>);

    impl Sink for Given {
        fn restart(&mut self, _from: usize) {}

        fn run(&mut self, _field: Field, first: u16, last: u16, enabled: bool) {
            self.0.push((first, last, enabled));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn what_is_read_in_one_window_reads_alike_in_any_way(
            bits in prop::collection::vec(any::<u8>(), 0..14), kind in 0..4, count in 0_u64..14, first: u16,
        ) {
            // The starts of what is read here: random ones seldom are.
            let starts: &[(u64, u8)] = match kind {
                0 => &[],
                1 => &[(0b001, 3), (count, 16)],
                2 => &[(0b000, 3), (first.into(), 16), (count, 16)],
                _ => &[(ONE_FIBONACCI, 6), (1, 16)],
            };
            let mut writer = BitWriter::new();
            starts.iter().for_each(|(value, width)| writer.write(*value, *width));
            writer.bytes(&bits);
            let bits = writer.finish(1);
            let (mut short, mut any) = (BitReader::new(&bits), BitReader::new(&bits));
            let (mut from_short, mut from_any) = (Given::default(), Given::default());
            match read(&mut short, Field::Vendors, &mut from_short) {
                None => prop_assert_eq!((short.position(), from_short), (0, Given::default())),
                Some(encoder) => {
                    prop_assert_eq!(section::read_any(&mut any, Field::Vendors, &mut from_any), Ok(encoder));
                    prop_assert_eq!((short.position(), from_short), (any.position(), from_any));
                }
            }
        }
    }

    #[test]
    fn sections_of_the_published_strings_are_read_here() {
        for (bytes, encoder, runs) in [
            // Ids 1 to 8 from one on, and one range in Fibonacci codes.
            (&[0x20, 0x01, 0x14, 0xa5, 0x40, 0, 0, 0, 0, 0][..], Encoder::BitField2Bits, 3),
            (&[0x80, 0x00, 0x07, 0xc0, 0, 0, 0, 0, 0, 0], Encoder::RangesFibonacci, 1),
        ] {
            let (mut reader, mut given) = (BitReader::new(bytes), Given::default());
            assert_eq!(read(&mut reader, Field::Purposes, &mut given), Some(encoder), "{bytes:?}");
            assert_eq!(given.0.len(), runs, "{given:?}");
        }
    }
}
