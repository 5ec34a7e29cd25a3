//! `deflate`: RFC 1950 by the book (RFC 9110 §8.4.1.2), and bare RFC 1951 from the servers that took the word literally.

use super::inflate::Inflate;
use super::{Budget, DecodeError};

/// The state of one deflate body.
#[derive(Debug, Default)]
pub(super) struct Deflate {
    /// The first byte, until the second says what the stream is.
    first: Option<u8>,
    inflate: Option<Inflate>,
    ended: bool,
}

impl Deflate {
    /// Whether the stream was seen to its end.
    pub(super) fn is_complete(&self) -> bool {
        self.ended
    }

    /// Bytes behind the end are ignored, as browsers do.
    pub(super) fn decode(
        &mut self,
        mut input: &[u8],
        out: &mut Vec<u8>,
        budget: &mut Budget,
    ) -> Result<(), DecodeError> {
        if self.ended {
            return Ok(());
        }
        if self.inflate.is_none() {
            let Some(start) = self.start(&mut input) else { return Ok(()) };
            let inflate = self.inflate.insert(Inflate::new(is_zlib(start)));
            self.ended = inflate.run(&mut start.as_slice(), out, budget)?;
        }
        if let Some(inflate) = self.inflate.as_mut().filter(|_| !self.ended) {
            self.ended = inflate.run(&mut input, out, budget)?;
        }
        Ok(())
    }

    /// The first two bytes, once they are there.
    fn start(&mut self, input: &mut &[u8]) -> Option<[u8; 2]> {
        let mut next = || {
            let (byte, rest) = input.split_first()?;
            *input = rest;
            Some(*byte)
        };
        let first = match self.first {
            Some(first) => first,
            None => *self.first.insert(next()?),
        };
        Some([first, next()?])
    }
}

/// Whether two bytes are RFC 1950's header: the method, a window of at most 32 kB, and a check that a bare stream passes
/// once in a thousand.
fn is_zlib([method, flags]: [u8; 2]) -> bool {
    method & 0x0f == 8 && method >> 4 <= 7 && u16::from_be_bytes([method, flags]).is_multiple_of(31)
}
