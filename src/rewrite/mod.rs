//! The HTML stream: the origin's bytes in, the same bytes out but for the tags that this visitor did not allow.
//!
//! Knows policy and lol_html, not the proxy. In the order of the data: `charset` says what the bytes are, [`handlers`]
//! and `parse` say where tags are, `desync` whether that may be believed, `tag` reads one tag's bytes, `judge`
//! (with `script`, `embed`, `resource`, `noscript`, `srcdoc`; `said` and `inert` for what the page itself says) turns it into [`edit`]s, `texts`, `css` and `deep` (with
//! `walk`, `within`, `attributes` and `fetching`; `amp` on such pages) find in the bytes what the parser does not watch, `hold` waits for inline text,
//! `inject` places the snippet, `sink` splices, `scanner` goes on where the parser cannot, [`report`] tells. `rewriter` is the door, behind which `memory` and
//! `known` spare the parser pages that come word for word again.

mod amp;
mod attributes;
mod bystander;
mod charset;
mod css;
mod css_words;
mod data_url;
mod deep;
mod desync;
pub mod edit;
mod embed;
mod equals;
mod fetch;
mod fetching;
mod found;
pub mod handlers;
mod hold;
mod holder;
mod inert;
mod inject;
mod judge;
mod known;
mod memory;
mod mixed;
mod noscript;
mod parse;
mod prescan;
mod rawtext;
pub mod report;
mod resource;
mod rewriter;
mod said;
mod scanner;
mod script;
mod script_type;
mod sink;
mod speculation;
mod srcdoc;
mod stranger;
mod strays;
mod stream;
mod tag;
mod tally;
mod texts;
mod walk;
mod within;

pub use edit::{Edit, Text};
pub use memory::Memory;
pub use report::{Finding, Report, Why};
pub use rewriter::Rewriter;
pub use stranger::{Fetches, Stranger};
pub use tally::{Tallies, Tally};

use crate::consent::Consent;
use crate::policy::{Base, Deciders, Delivery, FailureReason, Site};
use std::sync::Arc;

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
    /// What is ours of a page that gets the snippet, for a policy in its own markup; `None` leaves it as it is.
    pub ours: Option<OwnPaths>,
    /// What the response head says the encoding is.
    pub charset: Option<&'static encoding_rs::Encoding>,
    /// Whether findings and edits are kept for `explain`: memory grows with the page.
    pub trace: bool,
}

/// What a page's own policy must allow, so that what is ours runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPaths {
    /// The hashes of what is inline as sources: `'sha256-…'`.
    pub inline: &'static [String],
    /// Where our own paths are: `https://shop.example/_c/`.
    pub paths: Arc<str>,
}

impl Page {
    /// Whether what these decide about runs on this page; in uniform delivery nothing does (D6).
    pub(crate) fn allows(&self, deciders: &Deciders) -> bool {
        let per_visitor = self.site.delivery == Delivery::PerVisitor;
        deciders.is_empty() || per_visitor && deciders.iter().all(|d| d.granted_by(&self.consent))
    }
}

/// The page cannot be rewritten to its end and may not be passed on: end the message incomplete (D13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page cannot be rewritten ({}) and the site's rules say to abort", reason.name())]
pub struct RewriteError {
    /// Why; each reason has its own counter (pitfall 108).
    pub reason: FailureReason,
}

#[cfg(test)]
mod tests;
