//! A page's bytes on their way out: decode, rewrite, encode, and the ends that a body can have (pitfalls 2, 4, 12, 14, 19).

use super::cache::{Again, Keeper};
use super::decode::{DecodeError, Decoder};
use super::encode::Encoder;
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
    /// The library failed.
    #[error("the page cannot be compressed: {0}")]
    Encode(#[from] std::io::Error),
}

/// A page on its way out.
#[derive(Debug)]
pub(super) enum Body {
    /// It is made from what comes.
    Live(Box<PageBody>),
    /// It left before.
    Again(Again),
}

impl Body {
    /// What may leave after `chunk` came; see [`PageBody::pass`].
    pub(super) fn pass(&mut self, chunk: Option<Bytes>, end: bool) -> Result<Bytes, BodyError> {
        match self {
            Self::Live(page) => page.pass(chunk, end),
            Self::Again(page) => Ok(page.pass(end)),
        }
    }

    /// Whether the end was told.
    pub(super) const fn is_ended(&self) -> bool {
        match self {
            Self::Live(page) => page.ended,
            Self::Again(page) => page.is_ended(),
        }
    }

    /// What was done to the page so far.
    pub(super) fn report(&self) -> &Report {
        match self {
            Self::Live(page) => page.rewriter.report(),
            Self::Again(page) => page.report(),
        }
    }
}

/// One page that is being rewritten.
pub(super) struct PageBody {
    decoder: Decoder,
    rewriter: Rewriter,
    encoder: Option<Encoder>,
    /// Keeps what leaves.
    keeper: Option<Keeper>,
    ended: bool,
    /// The bytes go through as they come, and are looked at beside that for as long as they can be read.
    watch: Watch,
}

/// Whether the rewriter's bytes leave, or the origin's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watch {
    /// The rewriter's.
    No,
    /// The origin's; what the rewriter makes of them is only counted.
    On,
    /// The origin's; they cannot be read any further.
    Over,
}

impl std::fmt::Debug for PageBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageBody").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl PageBody {
    pub(super) fn new(decoder: Decoder, rewriter: Rewriter, encoder: Option<Encoder>) -> Self {
        Self { decoder, rewriter, encoder, keeper: None, ended: false, watch: Watch::No }
    }

    /// The same, kept for the next visitor of this variant when it has left as a whole.
    pub(super) fn kept(self, keeper: Keeper) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// A page of which nothing is changed: what would be done to it is counted, and whatever goes wrong there is no matter
    /// of the visitor's.
    pub(super) fn observing(decoder: Decoder, rewriter: Rewriter) -> Self {
        Self { watch: Watch::On, ..Self::new(decoder, rewriter, None) }
    }

    /// What may leave after `chunk` came, and after the end if `end` says so; nothing of it may, too. An end may be told
    /// twice (data and trailers); the second yields nothing.
    pub(super) fn pass(&mut self, chunk: Option<Bytes>, end: bool) -> Result<Bytes, BodyError> {
        if self.watch == Watch::No {
            return self.rewrite(chunk, end);
        }
        let out = chunk.clone().unwrap_or_default();
        if self.watch == Watch::On && self.rewrite(chunk, end).is_err() {
            self.watch = Watch::Over;
        }
        self.ended |= end;
        Ok(out)
    }

    fn rewrite(&mut self, chunk: Option<Bytes>, end: bool) -> Result<Bytes, BodyError> {
        let ends = end && !self.ended;
        self.ended |= end;
        let mut plain = chunk.map_or(Ok(Bytes::new()), |chunk| self.write(chunk))?;
        if ends {
            self.decoder.finish()?;
            plain = joined(plain, self.rewriter.finish()?);
        }
        let out: Bytes = match &mut self.encoder {
            None => plain,
            Some(encoder) if ends => encoder.finish(&plain)?.into(),
            Some(encoder) => encoder.encode(&plain)?.into(),
        };
        if let Some(keeper) = &mut self.keeper {
            keeper.add(&out);
        }
        if ends && let Some(keeper) = self.keeper.take() {
            keeper.finish(self.rewriter.report());
        }
        Ok(out)
    }

    fn write(&mut self, chunk: Bytes) -> Result<Bytes, BodyError> {
        if self.decoder.is_identity() {
            return Ok(self.rewriter.write(chunk)?);
        }
        let mut decoded = Vec::with_capacity(chunk.len().saturating_mul(4));
        self.decoder.decode(&chunk, &mut decoded)?;
        Ok(self.rewriter.write(Bytes::from(decoded))?)
    }
}

/// Two pieces as one: a hook hands on a single buffer.
fn joined(first: Bytes, second: Bytes) -> Bytes {
    if first.is_empty() {
        second
    } else if second.is_empty() {
        first
    } else {
        Bytes::from([first, second].concat())
    }
}
