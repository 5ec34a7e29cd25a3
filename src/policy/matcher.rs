//! From a [`Target`] or an inline text to the service behind it, in time that does not grow with the number of rules.
//!
//! Hosts are looked up by hash, once per label of the reference's host; paths by one automaton that dies at the first
//! byte that no rule has; inline text by a table of four-byte pieces of all markers.

mod build;
mod grams;
mod text;

pub(crate) use build::{Builder, HostPattern, PathPattern};

use crate::policy::reference::Target;
use crate::policy::service::Service;
use crate::policy::site::Site;
use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA as Trie;
use aho_corasick::{AhoCorasick, Anchored};
use foldhash::fast::FixedState;
use grams::Grams;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::Arc;

/// The look-ups over one list of services; a match is a position in that list.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    hosts: HashMap<Box<str>, SmallVec<[HostRule; 1]>, FixedState>,
    /// The most labels that a host rule has: longer suffixes of a reference's host need no look-up.
    most_labels: usize,
    /// Anchored path rules.
    paths: Option<Trie>,
    path_rules: Vec<PathRule>,
    /// Path rules that begin with `*/`, by the last segment of their path.
    files: HashMap<Box<str>, SmallVec<[FileRule; 1]>, FixedState>,
    /// Inline markers; the automaton only where one of them is too short for the table.
    grams: Option<Grams>,
    markers: Option<AhoCorasick>,
    marker_slots: Vec<u32>,
}

#[derive(Debug)]
struct HostRule {
    slot: u32,
    /// Only this host, not its sub-domains.
    exact: bool,
    path: Option<PathPattern>,
}

#[derive(Debug)]
struct PathRule {
    slot: u32,
    /// Whether a path must not go on with a letter or digit after the pattern.
    border: bool,
}

#[derive(Debug)]
struct FileRule {
    slot: u32,
    /// `/gtm.js`: what the path must end with.
    ending: Box<str>,
    /// What the query must begin with; may be empty.
    query: Box<str>,
}

impl Matcher {
    /// The position that the most specific host rule gives, else the most specific path rule; `enabled` says which
    /// positions count.
    pub(crate) fn at(&self, host: &str, path: &str, enabled: impl Fn(u32) -> bool) -> Option<u32> {
        let by_path = || self.by_path(path, &enabled).max(self.by_file(path, &enabled));
        self.by_host(host, path, &enabled).or_else(|| by_path().map(|(_, slot)| slot))
    }

    fn by_host(&self, host: &str, path: &str, enabled: impl Fn(u32) -> bool) -> Option<u32> {
        let labels = 1 + memchr::memchr_iter(b'.', host.as_bytes()).count();
        let mut suffix = host;
        for left in (1..=labels).rev() {
            if left <= self.most_labels
                && let Some(rules) = self.hosts.get(suffix)
            {
                let fits = |r: &&HostRule| {
                    (!r.exact || left == labels) && r.path.as_ref().is_none_or(|p| p.fits(path)) && enabled(r.slot)
                };
                if let Some(rule) = rules.iter().find(fits) {
                    return Some(rule.slot);
                }
            }
            suffix = suffix.split_once('.')?.1;
        }
        None
    }

    /// The longest fitting rule and its length. The crate's own search has no overlapping anchored form, so the states
    /// are walked here; the walk ends at the first byte that no rule goes on with.
    fn by_path(&self, path: &str, enabled: impl Fn(u32) -> bool) -> Option<(usize, u32)> {
        let automaton = self.paths.as_ref()?;
        let mut state = automaton.start_state(Anchored::Yes).ok()?;
        let mut longest = None;
        for (at, byte) in path.bytes().enumerate() {
            state = automaton.next_state(Anchored::Yes, state, byte);
            if !automaton.is_special(state) {
                continue;
            }
            if automaton.is_dead(state) {
                break;
            }
            let end = at + 1;
            let matches = if automaton.is_match(state) { 0..automaton.match_len(state) } else { 0..0 };
            let rules = matches.map(|n| automaton.match_pattern(state, n));
            // A state also reports the rules that its last bytes alone are: only those from the beginning count.
            let mut whole = rules.filter(|pattern| automaton.pattern_len(*pattern) == end);
            let fitting = whole.find_map(|pattern| {
                let rule = self.path_rules.get(pattern.as_usize())?;
                let border = !rule.border || ends_at_border(path, end);
                (border && enabled(rule.slot)).then_some(rule.slot)
            });
            longest = fitting.map(|slot| (end, slot)).or(longest);
        }
        longest
    }

    /// The longest fitting `*/` rule and its length.
    fn by_file(&self, path: &str, enabled: impl Fn(u32) -> bool) -> Option<(usize, u32)> {
        if self.files.is_empty() {
            return None;
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let name = path.rsplit('/').next()?;
        let rules = self.files.get(name)?;
        let fits = |r: &&FileRule| path.ends_with(&*r.ending) && query.starts_with(&*r.query) && enabled(r.slot);
        rules.iter().find(fits).map(|r| (r.ending.len() + r.query.len(), r.slot))
    }
}

/// Whether a pattern that ends at `end` ends where a path segment, a name or a parameter does.
fn ends_at_border(path: &str, end: usize) -> bool {
    let byte = |at: Option<usize>| at.and_then(|at| path.as_bytes().get(at)).is_some_and(u8::is_ascii_alphanumeric);
    !byte(Some(end)) || !byte(end.checked_sub(1))
}

impl Site {
    /// The service that a reference belongs to: this site's own first, then the catalogue's.
    ///
    /// At most one hash look-up per label of the host (not more than the longest rule has) and one walk of the path's
    /// beginning, for each of the two; no allocation.
    pub fn service_at(&self, target: &Target<'_>) -> Option<&Service> {
        let Target { host, path, .. } = *target;
        let index = &self.index;
        let own = || Some((index.own.at(host, path, |_| true)?, &index.own_slots));
        let enabled = |slot| service_in(&index.slots, slot).is_some();
        let shared = || Some((index.catalogue.at(host, path, enabled)?, &index.slots));
        let (slot, slots) = own().or_else(shared)?;
        service_in(slots, slot)
    }
}

/// The service at a position; `None` when it is switched off on this site.
fn service_in(slots: &[Option<Arc<Service>>], slot: u32) -> Option<&Service> {
    slots.get(usize::try_from(slot).ok()?)?.as_deref()
}
