//! What was done to a page: counters always, and for `explain` one finding per tag.

use super::edit::Edit;
use super::stranger::Stranger;
use super::tally::Tallies;
use crate::policy::{Deciders, FailureReason, Verdict};
use smallvec::SmallVec;

/// Why a tag got its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// An attribute leads to a service's host or path.
    Reference {
        /// The attribute.
        attribute: &'static str,
        /// The canonical host.
        host: String,
        /// Path and query.
        path: String,
    },
    /// A service's marker is in the inline text.
    Marker,
    /// The same, but the page's own code is in it too, and the guard can judge what it inserts.
    LeftToGuard,
    /// Only the page's own label speaks about it.
    Label {
        /// The attribute that says it.
        attribute: String,
        /// What it says.
        value: String,
    },
    /// The page's label names a category that this site does not know (D9).
    UnknownLabel {
        /// The attribute that says it.
        attribute: String,
        /// What it says.
        value: String,
    },
    /// No rule knows where it leads.
    NoRule {
        /// The canonical host; empty when it does not fetch.
        host: String,
        /// Whether that is another site.
        third_party: bool,
    },
    /// Inline code without a marker.
    Unmarked,
    /// A data block: never touched.
    Data(String),
}

/// One tag that was judged; kept only when the page is traced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Of its `<`, in the origin's bytes.
    pub offset: usize,
    /// Its line, from 1.
    pub line: usize,
    /// Its element's name.
    pub tag: &'static str,
    /// What happened.
    pub verdict: Verdict,
    /// Who decides; empty when nobody has to.
    pub deciders: Deciders,
    /// Who would decide as well, were it not only reported.
    pub reported: Deciders,
    /// What would happen if nothing were only reported, where something is.
    pub would_be: Option<Verdict>,
    /// `category:service,…` as in `data-consentry`, with what is only reported behind; empty when nobody decides.
    pub mark: String,
    /// The reason.
    pub why: Why,
    /// Whether it was judged by the conservative scanner, or inside a `noscript`.
    pub scanned: bool,
}

/// The most unknown third parties that are kept of one page.
const UNKNOWN_MOST: usize = 128;

/// What was done to one page. Bounded: services of the site, reasons; findings and edits only when traced.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What happened to the tags.
    pub done: Tallies,
    /// What would have, were it not only reported.
    pub reported: Tallies,
    /// Third parties that nobody knows, by host and folded path, where the site wants to be told; at most `UNKNOWN_MOST`.
    pub unknown: Vec<Stranger>,
    /// Whether the snippet went in, and where.
    pub injected: Option<usize>,
    /// Whether the page was found to be AMP or a frameset, which get no snippet (pitfall 96).
    pub uninjectable: bool,
    /// How often each reason made us leave the normal path (pitfall 108).
    pub failures: SmallVec<[(FailureReason, u32); 1]>,
    /// Why and from which offset the conservative scanner took over (D13).
    pub taken_over: Option<(FailureReason, usize)>,
    /// How often the parser was started anew behind a self-closing `<svg/>` or `<math/>` (pitfall 52).
    pub resynchronised: u32,
    /// One per tag, when traced.
    pub findings: Vec<Finding>,
    /// Every edit in the order of its place, both sides, when traced.
    pub edits: Vec<Edit>,
}

impl Report {
    /// A reference leads to an unknown third party.
    pub(crate) fn meet(&mut self, stranger: &Stranger) {
        let is_same = |known: &&mut Stranger| known.host == stranger.host && known.path == stranger.path;
        if let Some(known) = self.unknown.iter_mut().find(is_same) {
            known.count = known.count.saturating_add(stranger.count);
            known.fetches = known.fetches.union(stranger.fetches);
        } else if self.unknown.len() < UNKNOWN_MOST {
            self.unknown.push(stranger.clone());
        }
    }

    /// Takes in the counters of a document inside of this one.
    pub(crate) fn add(&mut self, inner: &Self) {
        self.done.add(&inner.done);
        self.reported.add(&inner.reported);
        inner.unknown.iter().for_each(|stranger| self.meet(stranger));
        inner.failures.iter().for_each(|(reason, count)| (0..*count).for_each(|_| self.fail(*reason)));
    }

    pub(crate) fn fail(&mut self, reason: FailureReason) {
        match self.failures.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => self.failures.push((reason, 1)),
        }
    }
}
