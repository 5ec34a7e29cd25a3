//! RFC 8878, step by step into the caller's buffer.

use super::{Budget, DecodeError, fill};
use zstd::stream::raw::{DParameter, Decoder, Operation};

/// The largest window that a client of the web must have: 8 MiB (RFC 9659 §3). A frame that asks for more is refused.
const WINDOW_LOG_MAX: u32 = 23;

/// The state of one zstd body: frames, one after the other.
pub(super) struct Zstd {
    /// `None` when the library has no memory for it.
    decoder: Option<Decoder<'static>>,
    /// Whether the input so far ends with a frame.
    complete: bool,
}

impl std::fmt::Debug for Zstd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Zstd").field("complete", &self.complete).finish_non_exhaustive()
    }
}

impl Default for Zstd {
    fn default() -> Self {
        let decoder = Decoder::new().and_then(|mut decoder| {
            decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))?;
            Ok(decoder)
        });
        Self { decoder: decoder.ok(), complete: false }
    }
}

impl Zstd {
    /// Whether the last frame was seen to its end.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(super) fn decode(
        &mut self,
        mut input: &[u8],
        out: &mut Vec<u8>,
        budget: &mut Budget,
    ) -> Result<(), DecodeError> {
        let decoder = self.decoder.as_mut().ok_or(DecodeError::Corrupt)?;
        loop {
            let (written, (status, full)) = fill(out, |buffer| {
                let status = decoder.run_on_buffers(input, buffer);
                let written = status.as_ref().map_or(0, |status| status.bytes_written);
                (written, (status, written >= buffer.len()))
            });
            budget.spend(written)?;
            let status = status.map_err(|_| DecodeError::Corrupt)?;
            input = input.get(status.bytes_read..).unwrap_or_default();
            if status.bytes_read + written > 0 {
                self.complete = status.remaining == 0;
            }
            // A full buffer may be full by chance or because there is more.
            if !full && (input.is_empty() || status.bytes_read + written == 0) {
                return Ok(());
            }
        }
    }
}
