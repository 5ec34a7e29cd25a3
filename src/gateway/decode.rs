//! The body's first step: bytes as the origin coded them in, bytes of the page out.
//!
//! Ours and not pingora's or a `Write` adapter's, because each of those passes a cut stream off as whole, holds bytes
//! back until the next chunk, stops after the first gzip member, or has no bound (pitfalls 7-13). Pure bytes: what to
//! do with an error is the caller's affair, and it is always to abort (D13: the page's bytes cannot be known).
//!
//! Cost: one inflate pass, no copy besides the output; gzip holds 40 kB of state, brotli up to its window (16 MB at
//! most, as large as the page itself for smaller ones), zstd up to 8 MB. Nothing is held back: what a chunk decodes to is in `out` when
//! [`Decoder::decode`] returns.

mod brotli;
mod deflate;
mod gzip;
mod inflate;
mod zstd;

use crate::head::coding::Coding;
use smallvec::SmallVec;

/// How much is decoded at once before the limits are looked at again.
const STEP: usize = 32 * 1024;

/// Bounds against decompression bombs (pitfall 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that one call of [`Decoder::decode`] may yield, since the hook that calls it must return them all at once.
    pub per_call: usize,
    /// Bytes out per byte in, counted over the whole body…
    pub ratio: u64,
    /// …once this many bytes have come out.
    pub ratio_from: u64,
}

impl Default for Limits {
    /// 8 MiB per call, and 200 to 1 from 8 MiB on: no page known to us comes near (HTML packs 4 to 40 to 1).
    fn default() -> Self {
        Self { per_call: 8 << 20, ratio: 200, ratio_from: 8 << 20 }
    }
}

/// Why a body cannot be read. The caller aborts the response; the client then sees an incomplete message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not of this coding, or their check sum is wrong.
    #[error("the body is not what its Content-Encoding says")]
    Corrupt,
    /// The body ended before the coding's own end marker.
    #[error("the coded body ends early")]
    Truncated,
    /// One chunk decodes to more than [`Limits::per_call`] bytes.
    #[error("one chunk decodes to too many bytes")]
    CallTooLarge,
    /// The body decodes to more than [`Limits::ratio`] times its size.
    #[error("the body decodes to too many times its size")]
    RatioTooHigh,
}

impl DecodeError {
    /// The name of its counter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Corrupt => "corrupt",
            Self::Truncated => "truncated",
            Self::CallTooLarge => "call_too_large",
            Self::RatioTooHigh => "ratio_too_high",
        }
    }
}

/// One response body's decoder: as many as codings were applied, the last first.
#[derive(Debug)]
pub struct Decoder {
    stages: SmallVec<[Stage; 1]>,
    failed: Option<DecodeError>,
}

/// One coding that is undone.
#[derive(Debug)]
struct Stage {
    kind: Kind,
    budget: Budget,
}

#[derive(Debug)]
enum Kind {
    Gzip(Box<gzip::Gzip>),
    Deflate(Box<deflate::Deflate>),
    Brotli(Box<brotli::Brotli>),
    Zstd(Box<zstd::Zstd>),
}

impl Decoder {
    /// A decoder for a body to which these codings were applied, in this order.
    pub fn new(codings: &[Coding], limits: Limits) -> Self {
        Self { stages: codings.iter().rev().map(|coding| Stage::new(*coding, limits)).collect(), failed: None }
    }

    /// Whether bytes come out as they went in, so that the caller need not call at all.
    pub fn is_identity(&self) -> bool {
        self.stages.is_empty()
    }

    /// Decodes `input` and appends all it yields to `out`. After an error every further call gives that error, and what
    /// is in `out` must not be delivered.
    pub fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let done = self.decode_all(input, out);
        self.failed = done.err();
        done
    }

    fn decode_all(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let Some((last, before)) = self.stages.split_last_mut() else {
            out.extend_from_slice(input);
            return Ok(());
        };
        let mut between: Option<Vec<u8>> = None;
        for stage in before {
            let mut yielded = Vec::new();
            stage.decode(between.as_deref().unwrap_or(input), &mut yielded)?;
            between = Some(yielded);
        }
        last.decode(between.as_deref().unwrap_or(input), out)
    }

    /// Whether the body was whole: each coding's end marker was seen, or there was no byte at all (servers send
    /// `Content-Encoding` on empty bodies). Yields nothing and can be called again.
    pub fn finish(&mut self) -> Result<(), DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.stages.iter().all(Stage::is_complete) { Ok(()) } else { Err(DecodeError::Truncated) }
    }
}

impl Stage {
    fn new(coding: Coding, limits: Limits) -> Self {
        let kind = match coding {
            Coding::Gzip => Kind::Gzip(Box::default()),
            Coding::Deflate => Kind::Deflate(Box::default()),
            Coding::Brotli => Kind::Brotli(Box::default()),
            Coding::Zstd => Kind::Zstd(Box::default()),
        };
        Self { kind, budget: Budget { limits, taken: 0, given: 0, call: 0 } }
    }

    fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), DecodeError> {
        self.budget.begin(input.len());
        match &mut self.kind {
            Kind::Gzip(gzip) => gzip.decode(input, out, &mut self.budget),
            Kind::Deflate(deflate) => deflate.decode(input, out, &mut self.budget),
            Kind::Brotli(brotli) => brotli.decode(input, out, &mut self.budget),
            Kind::Zstd(zstd) => zstd.decode(input, out, &mut self.budget),
        }
    }

    fn is_complete(&self) -> bool {
        let ended = match &self.kind {
            Kind::Gzip(gzip) => gzip.is_complete(),
            Kind::Deflate(deflate) => deflate.is_complete(),
            Kind::Brotli(brotli) => brotli.is_complete(),
            Kind::Zstd(zstd) => zstd.is_complete(),
        };
        ended || self.budget.taken == 0
    }
}

/// What has gone in and come out, against the limits.
#[derive(Debug)]
struct Budget {
    limits: Limits,
    taken: u64,
    given: u64,
    call: usize,
}

impl Budget {
    fn begin(&mut self, input: usize) {
        self.call = 0;
        self.taken = self.taken.saturating_add(u64::try_from(input).unwrap_or(u64::MAX));
    }

    /// Accounts for `bytes` that came out; at most [`STEP`] of them come between two looks at the limits.
    fn spend(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.call = self.call.saturating_add(bytes);
        self.given = self.given.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if self.call > self.limits.per_call {
            return Err(DecodeError::CallTooLarge);
        }
        if self.given > self.limits.ratio_from && self.given > self.taken.saturating_mul(self.limits.ratio) {
            return Err(DecodeError::RatioTooHigh);
        }
        Ok(())
    }
}

/// Lets `write` fill up to [`STEP`] bytes at the end of `out`; it says how many it wrote, and what else it found out.
fn fill<T>(out: &mut Vec<u8>, write: impl FnOnce(&mut [u8]) -> (usize, T)) -> (usize, T) {
    let start = out.len();
    out.resize(start + STEP, 0);
    let (written, found) = write(out.get_mut(start..).unwrap_or_default());
    out.truncate(start + written.min(STEP));
    (written, found)
}
