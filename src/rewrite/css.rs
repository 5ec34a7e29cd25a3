//! Stylesheet text: what `url(…)`, `image-set(…)` and `@import` fetch, in `style` elements and, found by [`super::deep`],
//! in `style` attributes.
//!
//! The URL is kept, behind a prefix that makes it one that nothing fetches (CSS Values 4, 4.5: `about:invalid`): the rest
//! of the sheet stays as it was, and taking the prefix out brings it back.

use super::css_words::{Word, address, strings, unescaped, words};
use super::edit::Text;
use super::hold::Window;
use super::judge::{Judge, Judged, Place};
use super::texts::Texts;
use crate::policy::{Label, Verdict};
use smallvec::SmallVec;
use std::ops::Range;

/// The most bytes of a sheet that wait for the end of one URL.
const CAP: usize = 4 << 10;
/// The longest word that may be cut between two chunks.
const LONGEST: usize = 24;

/// Finds what stylesheets fetch.
#[derive(Debug, Default)]
pub(crate) struct Css {
    /// Bytes before this offset were searched.
    searched: usize,
    holds: Option<usize>,
}

impl Css {
    /// Searches the sheets in the bytes before the offset `read`, which the parser is done with.
    pub(crate) fn scan(&mut self, window: Window<'_>, read: usize, texts: &Texts, judge: &mut Judge) {
        let read = if window.is_last { window.end() } else { read };
        self.holds = None;
        let mut searched = read;
        for (begin, to) in texts.sheets() {
            let from = begin.max(self.searched).max(window.start);
            let end = to.unwrap_or(read).min(read);
            // A word is read with the letters before it: it may be another's end.
            let lead = begin.max(from.saturating_sub(LONGEST)).max(window.start);
            let done = sheet(window, lead, from..end, to, judge);
            if done < end {
                self.holds = Some(begin.max(done.saturating_sub(LONGEST)));
                searched = done;
            }
        }
        self.searched = self.searched.max(searched);
    }

    /// The first byte that has to wait for the end of its word or its URL.
    pub(crate) fn holds_from(&self) -> Option<usize> {
        self.holds
    }
}

/// Searches a part of a sheet that ends at `to`, if that is known; `lead` is where the letters before it begin. The offset
/// up to which nothing more has to be looked for.
fn sheet(window: Window<'_>, lead: usize, part: Range<usize>, to: Option<usize>, judge: &mut Judge) -> usize {
    let is_whole = to.is_some() || window.is_last;
    for (start, word) in words(window.between(lead, part.end)) {
        let (start, end) = (lead + start, lead + start + word.length());
        if end <= part.start {
            continue;
        }
        let text = window.between(end, to.unwrap_or(window.end()));
        match urls_of(word, text) {
            Some(urls) => urls.into_iter().for_each(|url| {
                judge_url(judge, window, end + url.start..end + url.end, "style");
            }),
            None if !is_whole && text.len() < CAP => return start.max(part.start),
            None => {}
        }
    }
    let open = part.end.saturating_sub(LONGEST).max(part.start);
    if is_whole || part.is_empty() { part.end } else { open }
}

/// Where the URLs of one word are, in the text behind it. `None`: their end is not there yet.
fn urls_of(word: Word, text: &[u8]) -> Option<SmallVec<[Range<usize>; 1]>> {
    match word {
        Word::Url(_) | Word::Import(_) => address(text).map(|url| url.into_iter().collect()),
        Word::ImageSet(_) => strings(text),
    }
}

/// Where the URLs of the text of a `style` attribute are.
pub(crate) fn urls(text: &[u8]) -> SmallVec<[Range<usize>; 1]> {
    let mut all = SmallVec::new();
    for (start, word) in words(text) {
        let start = start + word.length();
        let urls = urls_of(word, text.get(start..).unwrap_or_default()).unwrap_or_default();
        all.extend(urls.into_iter().map(|url| start + url.start..start + url.end));
    }
    all
}

/// Puts the prefix before a URL that is not allowed.
pub(crate) fn judge_url(judge: &mut Judge, window: Window<'_>, url: Range<usize>, name: &'static str) {
    let place = Place { offset: url.start, foreign: Some(false), outer: Label::Absent };
    let Some(mut judged) = judge.address(&unescaped(window.between(url.start, url.end)), name) else { return };
    let is_granted = judge.settle("style", place, &mut judged, [Verdict::Keep, Verdict::Neutralise]);
    if judged.deciders.is_empty() {
        return;
    }
    let mark = judge.page.site.mark(&judged.deciders);
    let Judged { deciders, .. } = judged;
    let prefix = Text::Made(format!("about:invalid#consentry={mark};").into());
    judge.edit(url.start..url.start, Text::Origin, prefix, &deciders, is_granted);
}
