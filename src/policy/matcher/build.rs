//! Makes a [`Matcher`] from the patterns of rule files.

use super::grams::Grams;
use super::{FileRule, HostRule, Matcher, PathRule, Trie, ends_at_border};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// `facebook.com/tr`: a host, its sub-domains unless it begins with `=`, and what the path must begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPattern {
    /// Lower case, punycode, no trailing dot.
    pub(crate) host: String,
    /// Whether sub-domains are left out.
    pub(crate) exact: bool,
    /// What the path must begin with.
    pub(crate) path: Option<PathPattern>,
}

/// `/gtag/js`, `/metrics*`, `*/gtm.js?id=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathPattern {
    /// The text, without the stars.
    pub(crate) text: Box<str>,
    /// Whether it stands for the end of a path in any folder.
    pub(crate) anywhere: bool,
    /// Whether the path must not go on with a letter or digit.
    pub(crate) border: bool,
}

impl PathPattern {
    /// Reads a pattern; `None` when it does not begin with `/` or `*/`, or has a star elsewhere than at its ends.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (anywhere, rest) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (border, rest) = match rest.strip_suffix('*') {
            Some(rest) if !anywhere => (false, rest),
            _ => (true, rest),
        };
        let plain = rest.starts_with('/') && rest.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'*' | b'#'));
        let named = !anywhere || rest.split('?').next().is_some_and(|path| !path.ends_with('/'));
        (plain && named).then(|| Self { text: rest.into(), anywhere, border })
    }

    /// Whether a path begins with it; for `*/x`, whether it ends with it, or its query begins with the rest.
    pub(crate) fn fits(&self, path: &str) -> bool {
        if self.anywhere {
            let (ending, query) = self.text.split_once('?').unwrap_or((&self.text, ""));
            let (path, actual) = path.split_once('?').unwrap_or((path, ""));
            return path.ends_with(ending) && actual.starts_with(query);
        }
        path.starts_with(&*self.text) && (!self.border || ends_at_border(path, self.text.len()))
    }
}

/// Collects the patterns of a list of services.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    matcher: Matcher,
    paths: Vec<Box<str>>,
    markers: Vec<String>,
}

impl Builder {
    /// Adds a host rule of the service at this position.
    pub(crate) fn host(&mut self, slot: u32, pattern: &HostPattern) {
        let labels = pattern.host.split('.').count();
        self.matcher.most_labels = self.matcher.most_labels.max(labels);
        let rule = HostRule { slot, exact: pattern.exact, path: pattern.path.clone() };
        self.matcher.hosts.entry(pattern.host.as_str().into()).or_default().push(rule);
    }

    /// Adds a path rule of the service at this position.
    pub(crate) fn path(&mut self, slot: u32, pattern: &PathPattern) {
        if !pattern.anywhere {
            self.paths.push(pattern.text.clone());
            self.matcher.path_rules.push(PathRule { slot, border: pattern.border });
            return;
        }
        let (path, query) = pattern.text.split_once('?').unwrap_or((&pattern.text, ""));
        let name = path.rsplit('/').next().unwrap_or_default();
        let rule = FileRule { slot, ending: path.into(), query: query.into() };
        self.matcher.files.entry(name.into()).or_default().push(rule);
    }

    /// Adds an inline marker of the service at this position, and its spelling with escaped slashes (`\/`), which is how
    /// JSON and many templates write a URL into a script.
    pub(crate) fn marker(&mut self, slot: u32, marker: &str) {
        self.markers.push(marker.to_owned());
        self.matcher.marker_slots.push(slot);
        if marker.contains('/') {
            self.markers.push(marker.replace('/', "\\/"));
            self.matcher.marker_slots.push(slot);
        }
    }

    /// Compiles. An error is a limit of the automata (more than four thousand million states).
    pub(crate) fn build(self) -> Result<Matcher, aho_corasick::BuildError> {
        let Self { mut matcher, paths, markers } = self;
        matcher.marker_slots.shrink_to_fit();
        for rules in matcher.hosts.values_mut() {
            // Most specific first; the sort is stable, so equal ones stay in the order of the services.
            let length = |r: &HostRule| r.path.as_ref().map_or(0, |p| p.text.len());
            rules.sort_by_key(|r| (std::cmp::Reverse(length(r)), !r.exact));
        }
        for rules in matcher.files.values_mut() {
            rules.sort_by_key(|r| std::cmp::Reverse(r.ending.len() + r.query.len()));
        }
        if !paths.is_empty() {
            matcher.paths = Some(Trie::new(paths.iter().map(|p| p.as_bytes()))?);
        }
        if !markers.is_empty() {
            matcher.grams = Grams::new(&markers);
            if matcher.grams.is_none() {
                matcher.markers = Some(marker_automaton(&markers)?);
            }
        }
        Ok(matcher)
    }
}

/// Leftmost-longest, so that of two markers at one place the more specific one counts; any ASCII case.
fn marker_automaton(markers: &[String]) -> Result<AhoCorasick, aho_corasick::BuildError> {
    let size: usize = markers.iter().map(String::len).sum();
    // A table of 16 kB of text takes a few megabytes as a DFA; beyond that memory counts more than speed.
    let kind = if size < 16_384 { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
    let mut builder = AhoCorasick::builder();
    builder.match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(true).kind(Some(kind));
    builder.build(markers)
}
