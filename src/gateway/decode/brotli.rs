//! RFC 7932, step by step into the caller's buffer.

use super::{Budget, DecodeError, fill};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

/// The state of one brotli stream.
pub(super) struct Brotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    complete: bool,
}

impl std::fmt::Debug for Brotli {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Brotli").field("complete", &self.complete).finish_non_exhaustive()
    }
}

impl Default for Brotli {
    fn default() -> Self {
        let alloc = StandardAlloc::default;
        // Strict: `new` would take the large-window extension, with which a few bytes ask for a window of 1 GB.
        Self { state: BrotliState::new_strict(alloc(), alloc(), alloc()), complete: false }
    }
}

impl Brotli {
    /// Whether the last meta-block was seen to its end.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Bytes after the end of the stream are ignored, as browsers do.
    pub(super) fn decode(&mut self, input: &[u8], out: &mut Vec<u8>, budget: &mut Budget) -> Result<(), DecodeError> {
        let (mut left, mut at) = (input.len(), 0);
        while !self.complete {
            let (written, result) = fill(out, |buffer| {
                let (mut room, mut written, mut total) = (buffer.len(), 0, 0);
                let (state, out) = (&mut self.state, buffer);
                let result =
                    BrotliDecompressStream(&mut left, &mut at, input, &mut room, &mut written, out, &mut total, state);
                (written, result)
            });
            budget.spend(written)?;
            match result {
                BrotliResult::ResultSuccess => self.complete = true,
                BrotliResult::NeedsMoreOutput => {}
                BrotliResult::NeedsMoreInput => return Ok(()),
                BrotliResult::ResultFailure => return Err(DecodeError::Corrupt),
            }
        }
        Ok(())
    }
}
