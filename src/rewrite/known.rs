//! A page that was seen before, word for word: its bytes are compared instead of parsed (technique T2).
//!
//! What is known of a page is its bytes, its edits (both sides of each, D1) and how far bytes may leave once so many have
//! come. Another visitor's page differs in the sides that are taken and in the snippet, not in the places. As soon as a
//! byte differs, the parser takes over from the page's beginning; what has left already is what it would have given,
//! since its output does not depend on how the page was cut.

use super::edit::{Edit, Text};
use super::report::{Finding, Why};
use super::stranger::Stranger;
use super::stream::Stream;
use super::{Page, Report};
use crate::consent::{CategorySet, Consent, Deciseconds};
use crate::policy::{Base, Deciders, Verdict};
use bytes::Bytes;
use encoding_rs::Encoding;
use std::sync::Arc;

/// How many bytes apart the offsets are at which it is known what may leave.
const STEP: usize = 1024;

/// What must be the same for a page to have the same edits.
#[derive(Debug, Clone, PartialEq)]
struct Circumstances {
    site: String,
    base: Base,
    charset: Option<&'static Encoding>,
    is_injected: bool,
}

impl Circumstances {
    fn of(page: &Page) -> Self {
        Self {
            site: page.site.version.clone(),
            base: page.base.clone(),
            charset: page.charset,
            is_injected: page.snippet.is_some(),
        }
    }
}

/// A page and all that can become of it.
#[derive(Debug)]
pub(crate) struct Known {
    circumstances: Circumstances,
    bytes: Bytes,
    edits: Vec<Edit>,
    /// Bytes that came, and bytes that may leave then; both grow.
    leaving: Vec<(usize, usize)>,
    /// Per tag that somebody decides about: who, and the verdicts when they all agree and when not.
    verdicts: Vec<(Deciders, [Verdict; 2])>,
    /// The same of what is only reported.
    reported: Vec<(Deciders, [Verdict; 2])>,
    /// Unknown third parties.
    unknown: Vec<Stranger>,
    injected: Option<usize>,
}

impl Known {
    /// Reads a page for the record, in small pieces. `None`: something about it made us leave the normal path.
    pub(crate) fn record(page: &Page, bytes: Bytes) -> Option<Self> {
        let circumstances = Circumstances::of(page);
        let everybody = Consent {
            granted: CategorySet::from_bits(u64::MAX),
            updated: Some(Deciseconds(u64::MAX)),
            ..Consent::default()
        };
        let mut stream = Stream::new(Page { consent: Arc::new(everybody), trace: true, ..page.clone() });
        let mut leaving = Vec::with_capacity(bytes.len() / STEP + 1);
        for (number, piece) in bytes.chunks(STEP).enumerate() {
            stream.write(bytes.slice_ref(piece), false).ok()?;
            leaving.push((number * STEP + piece.len(), stream.released()));
        }
        stream.write(Bytes::new(), true).ok()?;
        let report = std::mem::take(&mut stream.judge.report);
        if !report.failures.is_empty() || report.resynchronised > 0 {
            return None;
        }
        let refused = |f: &Finding| if f.why == Why::LeftToGuard { Verdict::Guard } else { Verdict::Neutralise };
        let decided = report.findings.iter().filter(|f| !f.deciders.is_empty());
        let verdicts = decided.map(|f| (f.deciders.clone(), [f.verdict, refused(f)])).collect();
        let counted = report.findings.iter().filter_map(|f| Some((f, f.would_be?)));
        let reported = counted.map(|(f, granted)| (f.reported.clone(), [granted, refused(f)])).collect();
        Some(Self {
            circumstances,
            bytes,
            edits: report.edits,
            leaving,
            verdicts,
            reported,
            unknown: report.unknown,
            injected: report.injected,
        })
    }

    /// Whether it is the same page to the rules.
    pub(crate) fn fits(&self, page: &Page) -> bool {
        self.circumstances == Circumstances::of(page)
    }

    /// What it takes of memory, roughly.
    pub(crate) fn weight(&self) -> usize {
        self.bytes.len()
            + self.edits.len() * 256
            + self.leaving.len() * 16
            + (self.verdicts.len() + self.reported.len()) * 64
    }

    fn may_leave(&self, came: usize) -> usize {
        if came == self.bytes.len() {
            return came;
        }
        let known = self.leaving.partition_point(|(input, _)| *input <= came);
        known.checked_sub(1).and_then(|at| self.leaving.get(at)).map_or(0, |(_, output)| *output)
    }
}

/// A page that has been what is known, so far.
pub(crate) struct Replay {
    known: Arc<Known>,
    /// Bytes that came.
    came: usize,
    /// Bytes of the origin that left, edited.
    left: usize,
    /// The first edit that has not left.
    edit: usize,
    /// Bytes that left.
    pub(crate) emitted: usize,
}

impl Replay {
    pub(crate) fn new(known: Arc<Known>) -> Self {
        Self { known, came: 0, left: 0, edit: 0, emitted: 0 }
    }

    /// Takes bytes that are the known page's next ones; `None`: they are not.
    pub(crate) fn write(&mut self, page: &Page, chunk: &[u8]) -> Option<Bytes> {
        let to = self.came + chunk.len();
        if self.known.bytes.get(self.came..to)? != chunk {
            return None;
        }
        self.came = to;
        // Its very last bytes wait for the page's end: a longer page may begin with them.
        let limit = if to == self.known.bytes.len() { self.known.may_leave(to - 1) } else { self.known.may_leave(to) };
        Some(self.leave(page, limit))
    }

    /// The page has ended: the rest, if it is the known page's end; `None`: it is not.
    pub(crate) fn finish(&mut self, page: &Page, report: &mut Report) -> Option<Bytes> {
        let whole = self.known.bytes.len();
        if self.came != whole {
            return None;
        }
        for (deciders, [granted, refused]) in &self.known.verdicts {
            report.done.count(deciders, if page.allows(deciders) { *granted } else { *refused });
        }
        for (deciders, [granted, refused]) in &self.known.reported {
            report.reported.count(deciders, if page.allows(deciders) { *granted } else { *refused });
        }
        report.unknown.clone_from(&self.known.unknown);
        report.injected = self.known.injected;
        Some(self.leave(page, whole))
    }

    /// The bytes that came, for the parser to start with.
    pub(crate) fn prefix(&self) -> Bytes {
        self.known.bytes.slice(..self.came)
    }

    fn leave(&mut self, page: &Page, limit: usize) -> Bytes {
        let known = Arc::clone(&self.known);
        let rest = known.edits.get(self.edit..).unwrap_or_default();
        let count = rest.partition_point(|edit| edit.range.end <= limit);
        let (from, edits) = (self.left, rest.get(..count).unwrap_or_default());
        self.edit += count;
        self.left = self.left.max(limit);
        let out = if edits.is_empty() {
            known.bytes.slice(from..self.left)
        } else {
            splice(&known.bytes, from..self.left, edits, page)
        };
        self.emitted += out.len();
        out
    }
}

fn splice(bytes: &[u8], range: std::ops::Range<usize>, edits: &[Edit], page: &Page) -> Bytes {
    let snippet = page.snippet.as_ref().map_or(0, |snippet| snippet.len());
    let mut out = Vec::with_capacity(range.len() + edits.len() * 48 + snippet);
    let mut at = range.start;
    for edit in edits {
        let text = if page.allows(&edit.deciders) { &edit.granted } else { &edit.refused };
        let words = match text {
            Text::Origin => continue,
            Text::Shared(_) => page.snippet.as_ref().map(|s| s.as_bytes()).unwrap_or_default(),
            other => other.bytes().unwrap_or_default(),
        };
        out.extend_from_slice(bytes.get(at..edit.range.start).unwrap_or_default());
        out.extend_from_slice(words);
        at = edit.range.end.max(at);
    }
    out.extend_from_slice(bytes.get(at..range.end).unwrap_or_default());
    out.into()
}
