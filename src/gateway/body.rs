//! A page's bytes on their way out: decode, rewrite, and the ends that a body can have (pitfalls 2, 4, 12, 14, 19).

use super::decode::{DecodeError, Decoder};
use crate::rewrite::{Report, RewriteError, Rewriter};
use bytes::Bytes;

/// Why a page ends incomplete: the client sees a message that was cut, never a page that looks whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// The coding is corrupt, truncated, or a bomb.
    #[error("the page's content coding cannot be undone: {0}")]
    Decode(#[from] DecodeError),
    /// The rules say abort.
    #[error("the page cannot be rewritten: {0}")]
    Rewrite(#[from] RewriteError),
}

/// One page that is being rewritten.
pub(super) struct PageBody {
    decoder: Decoder,
    rewriter: Rewriter,
    ended: bool,
}

impl std::fmt::Debug for PageBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageBody").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl PageBody {
    pub(super) fn new(decoder: Decoder, rewriter: Rewriter) -> Self {
        Self { decoder, rewriter, ended: false }
    }

    /// What may leave after `chunk` came; nothing of it may, too.
    pub(super) fn write(&mut self, chunk: Bytes) -> Result<Bytes, BodyError> {
        if self.decoder.is_identity() {
            return Ok(self.rewriter.write(chunk)?);
        }
        let mut decoded = Vec::with_capacity(chunk.len().saturating_mul(4));
        self.decoder.decode(&chunk, &mut decoded)?;
        Ok(self.rewriter.write(Bytes::from(decoded))?)
    }

    /// The tail. An end may be told twice (data and trailers); the second yields nothing.
    pub(super) fn finish(&mut self) -> Result<Bytes, BodyError> {
        if std::mem::replace(&mut self.ended, true) {
            return Ok(Bytes::new());
        }
        self.decoder.finish()?;
        Ok(self.rewriter.finish()?)
    }

    /// Whether the end was told.
    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// What was done to the page so far.
    pub(super) fn report(&self) -> &Report {
        self.rewriter.report()
    }
}

/// Two pieces as one: a hook hands on a single buffer.
pub(super) fn joined(first: Bytes, second: Bytes) -> Bytes {
    if first.is_empty() {
        second
    } else if second.is_empty() {
        first
    } else {
        Bytes::from([first, second].concat())
    }
}
