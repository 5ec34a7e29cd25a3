//! Stylesheet text: what `url(…)` and `@import` fetch, in `style` attributes and `style` elements.
//!
//! A handler on every tag would cost more than all others together (pitfall 79), so the bytes are searched for the few
//! `url(` instead, and the tag around one is found from there. The URL is kept, behind a prefix that makes it one that
//! nothing fetches (CSS Values 4, 4.5: `about:invalid`): the rest of the sheet stays as it was, and taking the prefix out
//! brings it back.

use super::edit::Text;
use super::handlers::{Event, Kind};
use super::hold::{ATTRIBUTES, Window};
use super::judge::{Judge, Judged, Place};
use super::rawtext::TextEnd;
use super::tag::{Tag, is_space};
use crate::policy::{Label, Verdict};
use smallvec::SmallVec;
use std::ops::Range;

/// What fetches, besides `url(`.
const IMPORT: &[u8] = b"@import";
/// The most bytes of a sheet that wait for the end of one URL.
const CAP: usize = 4 << 10;
/// How far before a `url(` its tag's `<` is looked for.
const REACH: usize = 16 << 10;
/// How many `<` are tried as the beginning of that tag.
const TRIES: usize = 4;
/// The ways to write a quote in an attribute, and as it is.
const QUOTES: [&[u8]; 9] = [b"\"", b"'", b"&quot;", b"&#34;", b"&#x22;", b"&apos;", b"&#39;", b"&#x27;", b"&#039;"];

/// Where `url(` and `@import` are, in any case.
///
/// PERF: an automaton would stop at every `u` of the page; the bracket is rarer, and the three letters are before it.
fn words(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    memchr::memchr2_iter(b'(', b'@', text).filter_map(|at| {
        let (range, word) = if text.get(at) == Some(&b'(') {
            (at.checked_sub(3)?..at + 1, b"url(".as_slice())
        } else {
            (at..at + IMPORT.len(), IMPORT)
        };
        text.get(range.clone())?.eq_ignore_ascii_case(word).then_some(range)
    })
}

/// The text of one `style` element.
#[derive(Debug)]
struct Sheet {
    from: usize,
    end: TextEnd,
    /// Behind its last byte, once that is known.
    to: Option<usize>,
}

/// Finds what stylesheet text fetches.
#[derive(Debug, Default)]
pub(crate) struct Css {
    sheets: SmallVec<[Sheet; 2]>,
    /// Bytes before this offset were searched.
    searched: usize,
    holds: Option<usize>,
}

impl Css {
    /// A `style` element begins.
    pub(crate) fn observe(&mut self, event: &Event) {
        if event.kind == Kind::Style && !event.is_end && !event.self_closing {
            self.sheets.push(Sheet { from: event.end, end: TextEnd::new(b"style", event.end), to: None });
        }
    }

    /// Searches the bytes before the offset `read`, which the parser is done with; what may be the beginning of a tag
    /// waits for its end.
    pub(crate) fn scan(&mut self, window: Window<'_>, read: usize, judge: &mut Judge) {
        let from = self.searched.max(window.start);
        let read = if window.is_last { window.end() } else { before_half_a_tag(window, from, read) };
        self.sheets.retain(|sheet| sheet.to.is_none_or(|to| to > from));
        self.sheets.iter_mut().filter(|sheet| sheet.to.is_none()).for_each(|sheet| sheet.to = sheet.end.find(window));
        self.holds = None;
        self.searched = self.search(window, from, read, judge);
    }

    /// The first byte that has to wait for its url's, its word's or its tag's end.
    pub(crate) fn holds_from(&self) -> Option<usize> {
        self.holds
    }

    /// The offset up to which nothing more has to be looked for.
    fn search(&mut self, window: Window<'_>, from: usize, read: usize, judge: &mut Judge) -> usize {
        for word in words(window.between(from, read)) {
            let (start, end) = (from + word.start, from + word.end);
            match self.sheet_at(start) {
                Some(to) => {
                    let is_whole = to.is_some() || window.is_last;
                    let text = window.between(end, to.unwrap_or(window.end()));
                    match address(text) {
                        Some(url) => judge_url(judge, window, end + url.start..end + url.end, "style"),
                        None if !is_whole && text.len() < CAP => {
                            self.holds = Some(start);
                            return start;
                        }
                        None => {}
                    }
                }
                None => self.attribute(window, start..end, judge),
            }
        }
        // A word that is cut between two chunks; a tag never is.
        let is_open = self.sheets.last().is_some_and(|sheet| sheet.to.is_none()) && !window.is_last;
        let searched = if is_open { read.saturating_sub(IMPORT.len()).max(from) } else { read };
        self.holds = (searched < window.end()).then_some(searched);
        searched
    }

    /// Whether an offset is in a sheet, and where that ends.
    fn sheet_at(&self, offset: usize) -> Option<Option<usize>> {
        let sheet = self.sheets.iter().find(|s| s.from <= offset && s.to.is_none_or(|to| offset < to))?;
        Some(sheet.to)
    }

    /// A `url(` outside of sheets counts in the `style` attribute of a tag, wherever that tag may stand.
    fn attribute(&self, window: Window<'_>, word: Range<usize>, judge: &mut Judge) {
        let before = window.between(word.start.saturating_sub(REACH).max(window.start), word.start);
        let origin = word.start - before.len();
        for open in memchr::memrchr_iter(b'<', before).take(TRIES) {
            if !before.get(open + 1).is_some_and(u8::is_ascii_alphabetic) {
                continue;
            }
            let tag = Tag::scan(window.from(origin + open), ATTRIBUTES);
            let at = word.start - origin - open;
            let inside = tag.first(b"style").filter(|style| style.value.contains(&at));
            if let Some(style) = inside {
                let text = window.between(word.end, origin + open + style.value.end);
                if let Some(url) = address(text) {
                    judge_url(judge, window, word.end + url.start..word.end + url.end, "style attribute");
                }
                return;
            }
        }
    }
}

/// The offset at or before `read` at which no tag is cut in two. The parser gives back tags that nobody watches before
/// they end.
fn before_half_a_tag(window: Window<'_>, from: usize, read: usize) -> usize {
    let nearest = from.max(read.saturating_sub(CAP));
    let before = window.between(nearest, read);
    let begins_tag = |open: &usize| before.get(open + 1).is_none_or(u8::is_ascii_alphabetic);
    let is_cut = |open: &usize| {
        let end = Tag::scan(window.from(nearest + open), ATTRIBUTES).end;
        end.is_none_or(|end| nearest + open + end > read)
    };
    let opens = memchr::memrchr_iter(b'<', before).take(TRIES).filter(begins_tag).filter(is_cut);
    opens.last().map_or(read, |open| nearest + open)
}

/// Where the URL behind `url(` or `@import` is. `None`: there is none, or it has no end yet.
fn address(text: &[u8]) -> Option<Range<usize>> {
    let start = text.iter().position(|b| !is_space(*b))?;
    let rest = text.get(start..)?;
    if let Some(quote) = QUOTES.iter().find(|quote| rest.starts_with(quote)) {
        let start = start + quote.len();
        let length = memchr::memmem::find(text.get(start..)?, quote)?;
        return Some(start..start + length);
    }
    let length = rest.iter().position(|b| is_space(*b) || matches!(b, b')' | b';' | b'}'))?;
    // `@import url(`: the `url(` is found by itself.
    (length > 0 && !rest.get(..4)?.eq_ignore_ascii_case(b"url(")).then_some(start..start + length)
}

fn judge_url(judge: &mut Judge, window: Window<'_>, url: Range<usize>, name: &'static str) {
    let place = Place { offset: url.start, foreign: Some(false), outer: Label::Absent };
    let Some(mut judged) = judge.address(window.between(url.start, url.end), name) else { return };
    let is_granted = judge.is_granted(&judged.deciders);
    judge.settle("style", place, &mut judged, if is_granted { Verdict::Keep } else { Verdict::Neutralise });
    let mark = judge.page.site.mark(&judged.deciders);
    let Judged { deciders, .. } = judged;
    let prefix = Text::Made(format!("about:invalid#consentry={mark};").into());
    judge.edit(url.start..url.start, Text::Origin, prefix, &deciders, is_granted);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_found_in_any_case() {
        let text = b"url(a) URL(b) curl(c) (d) @IMPORT e @imp rl(f) Url (g) @import";
        let found: Vec<_> = words(text).map(|word| word.start).collect();
        assert_eq!(found, [0, 7, 15, 26, 55]);
        assert_eq!(words(b"rl(").chain(words(b"@impor")).count(), 0);
    }

    #[test]
    fn an_address_is_found_in_every_spelling() {
        for (text, url) in [
            ("//a/b) x", Some("//a/b")),
            (" \"//a/b\")", Some("//a/b")),
            ("&quot;//a/b&quot;)", Some("//a/b")),
            (" '//a/b';", Some("//a/b")),
            ("//a/b", None),
            ("\"//a/b", None),
            (" url(//a/b)", None),
            (")", None),
        ] {
            assert_eq!(address(text.as_bytes()).map(|r| &text[r]), url, "{text}");
        }
    }
}
