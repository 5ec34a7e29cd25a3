//! The HTML stream: the origin's bytes in, the same bytes out but for the tags that this visitor did not allow.
//!
//! Knows policy and lol_html, not the proxy. In the order of the data: `charset` says what the bytes are, [`handlers`]
//! and `parse` say where tags are, `desync` whether that may be believed, `tag` reads one tag's bytes, `judge`
//! (with `script`, `embed`, `resource`, `noscript`, `css`) turns it into [`edit`]s, `hold` waits for inline text,
//! `inject` places the snippet, `sink` splices, `scanner` goes on where the parser cannot, [`report`] tells.

mod charset;
mod css;
mod desync;
pub mod edit;
mod embed;
pub mod handlers;
mod hold;
mod inject;
mod judge;
mod noscript;
mod parse;
mod prescan;
mod rawtext;
pub mod report;
mod resource;
mod scanner;
mod script;
mod sink;
mod stream;
mod tag;

pub use edit::{Edit, Text};
pub use report::{Finding, Report, Tally, Why};

use crate::consent::Consent;
use crate::policy::{Base, FailureReason, Site};
use bytes::Bytes;
use std::sync::Arc;
use stream::Stream;

/// All that a page is rewritten by. The same page and the same origin bytes give the same bytes, in any chunking; nothing
/// of the visitor but the decision reaches them (D5).
#[derive(Debug, Clone)]
pub struct Page {
    /// The site's rules.
    pub site: Arc<Site>,
    /// What this visitor allowed.
    pub consent: Arc<Consent>,
    /// The document's own URL.
    pub base: Base,
    /// What is injected; `None`: nothing.
    pub snippet: Option<Arc<str>>,
    /// What the response head says the encoding is.
    pub charset: Option<&'static encoding_rs::Encoding>,
    /// Whether findings and edits are kept for `explain`: memory grows with the page.
    pub trace: bool,
}

/// The page cannot be rewritten to its end and may not be passed on: end the message incomplete (D13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page cannot be rewritten ({}) and the site's rules say to abort", reason.name())]
pub struct RewriteError {
    /// Why; each reason has its own counter (pitfall 108).
    pub reason: FailureReason,
}

/// Rewrites one page while it streams. One-shot.
///
/// Memory: what is held back (an unfinished tag, an inline script up to 256 kB, the first 1,024 bytes of a page whose
/// response head has no charset) and the parser's own state, capped. Cost: about 5 µs to make, then the parser's.
pub struct Rewriter {
    stream: Stream,
    is_finished: bool,
}

impl Rewriter {
    /// A rewriter for one page.
    pub fn new(page: Page) -> Self {
        Self { stream: Stream::new(page), is_finished: false }
    }

    /// Takes the origin's next bytes and gives those that may leave; perhaps none. Untouched chunks are not copied.
    pub fn write(&mut self, chunk: Bytes) -> Result<Bytes, RewriteError> {
        if self.is_finished || chunk.is_empty() {
            return Ok(Bytes::new());
        }
        self.stream.write(chunk, false)
    }

    /// The origin's body has ended: gives what is left. Idempotent: a second call gives nothing (pitfall 2).
    pub fn finish(&mut self) -> Result<Bytes, RewriteError> {
        if std::mem::replace(&mut self.is_finished, true) {
            return Ok(Bytes::new());
        }
        self.stream.write(Bytes::new(), true)
    }

    /// What was done so far.
    pub fn report(&self) -> &Report {
        &self.stream.judge.report
    }
}

impl std::fmt::Debug for Rewriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rewriter").field("is_finished", &self.is_finished).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
