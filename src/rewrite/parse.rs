//! lol_html, kept where its rules hold: one-shot after an error, never graceful, always strict (pitfalls 55-58).

use super::handlers::{Counter, Event, Shared, register};
use crate::policy::FailureReason;
use lol_html::errors::RewritingError;
use lol_html::send::{HtmlRewriter, Settings};
use lol_html::{AsciiCompatibleEncoding, MemorySettings};
use std::sync::Arc;

/// The parser's memory: the tail of an unfinished tag, and 128 bytes per open element (pitfall 58).
const MEMORY: usize = 24 << 20;

/// A parser that reads from one offset of the page on.
pub(crate) struct Parse {
    /// Gone after an error: a write then would panic (pitfall 56).
    rewriter: Option<HtmlRewriter<'static, Counter>>,
    shared: Arc<Shared>,
    /// The offset of the first byte it was given.
    base: usize,
    /// The offset of the next byte to give to it.
    fed: usize,
    /// An empty list, kept for its capacity.
    spare: Vec<Event>,
}

impl Parse {
    /// A parser for the bytes from `base` on, which must be HTML content outside of raw text.
    pub(crate) fn from(base: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let memory =
            MemorySettings::new().with_max_allowed_memory_usage(MEMORY).with_preallocated_parsing_buffer_size(0);
        let settings = Settings::new_send()
            .with_encoding(AsciiCompatibleEncoding::utf_8())
            .with_memory_settings(memory)
            .with_strict(true);
        let rewriter = Some(HtmlRewriter::new(register(&shared, settings), Counter(Arc::clone(&shared))));
        Self { rewriter, shared, base, fed: base, spare: Vec::new() }
    }

    /// The offset of the next byte to give.
    pub(crate) const fn fed(&self) -> usize {
        self.fed
    }

    /// The offset up to which bytes may leave.
    pub(crate) fn given_back(&self) -> usize {
        self.base + self.shared.given_back()
    }

    /// Gives the next bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), FailureReason> {
        self.fed += bytes.len();
        let Some(mut rewriter) = self.rewriter.take() else { return Ok(()) };
        rewriter.write(bytes).map_err(|e| reason(&e))?;
        self.rewriter = Some(rewriter);
        Ok(())
    }

    /// The end of the page.
    pub(crate) fn end(&mut self) -> Result<(), FailureReason> {
        self.rewriter.take().map_or(Ok(()), |rewriter| rewriter.end().map_err(|e| reason(&e)))
    }

    /// What was recorded since, in the page's offsets.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        let mut events = self.shared.take(std::mem::take(&mut self.spare));
        if self.base > 0 {
            for event in &mut events {
                event.start += self.base;
                event.end += self.base;
            }
        }
        events
    }

    /// Gives a list back that was read.
    pub(crate) fn recycle(&mut self, mut events: Vec<Event>) {
        events.clear();
        self.spare = events;
    }
}

fn reason(error: &RewritingError) -> FailureReason {
    match error {
        RewritingError::ParsingAmbiguity(_) => FailureReason::Ambiguity,
        RewritingError::MemoryLimitExceeded(_) => FailureReason::Memory,
        _ => FailureReason::Handler,
    }
}
