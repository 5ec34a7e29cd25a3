//! Third parties that nobody knows, as a page leads to them: what rules are written from.
//!
//! Of a path only what says which thing it is, not whose: its first folders, without query, with numbers, hashes and all that
//! is no plain word folded to `*`.

use crate::policy::Fetch;
use std::fmt::Write;

/// One third party's reference, or several that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// The canonical host.
    pub host: Box<str>,
    /// What of the path is kept: `/sdk/*/loader.js`, `/a/b/c/*`.
    pub path: Box<str>,
    /// What they are fetched as.
    pub fetches: Fetches,
    /// How many there are.
    pub count: u32,
}

impl Stranger {
    pub(crate) fn new(host: &str, path: &str, fetch: Fetch) -> Self {
        Self { host: host.into(), path: folded(path).into(), fetches: Fetches::of(fetch), count: 1 }
    }
}

/// A set of kinds of fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fetches(u16);

impl Fetches {
    fn of(fetch: Fetch) -> Self {
        let at = Fetch::ALL.iter().position(|known| *known == fetch).unwrap_or_default();
        Self(1 << at)
    }

    /// What is in one of the two.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Each kind in it.
    pub fn iter(self) -> impl Iterator<Item = Fetch> {
        let is_in = move |at: &(usize, Fetch)| self.0 & (1 << at.0) != 0;
        Fetch::ALL.into_iter().enumerate().filter(is_in).map(|(_, fetch)| fetch)
    }
}

/// How many folders of a path are kept.
const SEGMENTS: usize = 3;
/// The longest word that is kept: longer ones are somebody's.
const WORD: usize = 24;

/// The path of a URL as a pattern; at most some hundred bytes.
fn folded(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut pattern = String::new();
    let mut segments = path.split('/').skip(1);
    for segment in segments.by_ref().take(SEGMENTS) {
        // Writing to a String does not fail.
        let _ = write!(pattern, "/{}", segment_of(segment));
    }
    if segments.next().is_some() {
        pattern.push_str("/*");
    }
    if pattern.is_empty() { "/".to_owned() } else { pattern }
}

/// A folder's or file's name, word by word; `*` for the whole of what is no name of words.
fn segment_of(segment: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if segment.len() > 3 * WORD || !segment.bytes().all(is_plain) {
        return "*".to_owned();
    }
    let mut out = String::with_capacity(segment.len());
    for part in segment.split_inclusive(['.', '-', '_']) {
        let word = part.trim_end_matches(['.', '-', '_']);
        match word {
            "" => {}
            _ if !is_anybodys(word) => out.push_str(word),
            _ if out.ends_with('*') => {}
            _ => out.push('*'),
        }
        out.push_str(part.get(word.len()..).unwrap_or_default());
    }
    // A run of stars says no more than one.
    while out.contains("*-*") || out.contains("*_*") || out.contains("*.*") {
        out = out.replace("*-*", "*").replace("*_*", "*").replace("*.*", "*");
    }
    out
}

/// Whether a word is a number, a hash or a name that was drawn.
fn is_anybodys(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_version = word.len() <= 3 && word.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    let is_hex = word.len() >= 6 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let is_mixed = word.bytes().any(|b| b.is_ascii_uppercase()) && word.bytes().any(|b| b.is_ascii_lowercase());
    let is_drawn = word.len() >= 16 && (digits > 0 || is_mixed);
    let is_number = digits > 0 && (digits * 2 >= word.len()) && !is_version;
    is_number || (is_hex && digits > 0) || is_drawn || word.len() > WORD
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_hashes_and_what_is_somebodys_are_folded() {
        for (path, pattern) in [
            ("/", "/"),
            ("", "/"),
            ("/sdk/v2/loader.js?user=1", "/sdk/v2/loader.js"),
            ("/a/b/c/d/e.js", "/a/b/c/*"),
            ("/123456/pixel.gif", "/*/pixel.gif"),
            ("/app.3f9a2c1b.js", "/app.*.js"),
            ("/u/anna.muster@mail.example/x", "/u/*/x"),
            ("/u/anna%40mail.example", "/u/*"),
            ("/550e8400-e29b-41d4-a716-446655440000/t", "/*/t"),
            ("/eyJhbGciOiJIUzI1NiJ9abc/t.js", "/*/t.js"),
            ("/jquery-3.7.1.min.js", "/jquery-*.min.js"),
            ("/en_US/fbevents.js", "/en_US/fbevents.js"),
            ("/deadbeef/decade", "/deadbeef/decade"),
            ("//x", "//x"),
        ] {
            assert_eq!(folded(path), pattern, "{path}");
        }
    }

    #[test]
    fn a_set_has_what_was_put_in() {
        let set = Fetches::of(Fetch::Script).union(Fetches::of(Fetch::Ping));
        assert_eq!(set.iter().collect::<Vec<_>>(), [Fetch::Script, Fetch::Ping]);
        assert_eq!(Fetch::ALL.into_iter().map(|f| Fetches::of(f).iter().count()).sum::<usize>(), Fetch::ALL.len());
    }

    proptest! {
        /// Whatever the path: short, plain, and no word that may be somebody's.
        #[test]
        fn what_is_kept_is_plain_and_bounded(path in "(/[a-zA-Z0-9.%@_-]{0,30}){0,6}(\\?[ -~]{0,20})?", noise in "\\PC{0,60}") {
            for path in [path, noise] {
                let pattern = folded(&path);
                prop_assert!(pattern.starts_with('/') && pattern.len() <= SEGMENTS * (3 * WORD + 1) + 2, "{}", pattern);
                prop_assert!(pattern.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.-_*".contains(&b)), "{}", pattern);
                let mut words = pattern.split(['/', '.', '-', '_', '*']).filter(|word| !word.is_empty());
                prop_assert!(!words.any(is_anybodys), "{}", pattern);
            }
        }
    }
}
