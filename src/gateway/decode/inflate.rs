//! RFC 1951, step by step into the caller's buffer: what gzip and deflate have in common.

use super::{Budget, DecodeError, fill};
use flate2::{Decompress, FlushDecompress, Status};

/// The state of one deflate stream.
#[derive(Debug)]
pub(super) struct Inflate(Decompress);

impl Inflate {
    /// `zlib` says whether RFC 1950's header and check sum stand around the stream.
    pub(super) fn new(zlib: bool) -> Self {
        Self(Decompress::new(zlib))
    }

    /// Starts again, without the header and check sum.
    pub(super) fn reset(&mut self) {
        self.0.reset(false);
    }

    /// Inflates until the input is used up (`false`) or the stream ended (`true`).
    pub(super) fn run(
        &mut self,
        input: &mut &[u8],
        out: &mut Vec<u8>,
        budget: &mut Budget,
    ) -> Result<bool, DecodeError> {
        loop {
            let before = self.0.total_in();
            let (written, (status, full)) = fill(out, |buffer| {
                let total = self.0.total_out();
                let status = self.0.decompress(input, buffer, FlushDecompress::Sync);
                let written = usize::try_from(self.0.total_out() - total).unwrap_or(usize::MAX);
                (written, (status, written >= buffer.len()))
            });
            budget.spend(written)?;
            let taken = usize::try_from(self.0.total_in() - before).unwrap_or(usize::MAX);
            *input = input.get(taken..).unwrap_or_default();
            match status.map_err(|_| DecodeError::Corrupt)? {
                Status::StreamEnd => return Ok(true),
                // No progress although there was room: the rest needs more input.
                Status::Ok | Status::BufError if !full && (input.is_empty() || taken + written == 0) => {
                    return Ok(false);
                }
                Status::Ok | Status::BufError => {}
            }
        }
    }
}
