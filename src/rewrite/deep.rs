//! What the parser does not watch: attributes that any tag can have, and the elements that only their attributes give away.
//!
//! A handler on every tag would cost more than all others together (pitfall 79). So the bytes that the parser is done with
//! are searched for `=`, of which a page has one in a hundred bytes; the letters before it tell nearly all of them apart,
//! and only where a value leads to a service is the tag around it read. Text is passed over, and so are comments.

use super::attributes::{self, Form, Known, Reach};
use super::css;
use super::fetching;
use super::hold::Window;
use super::judge::{Found, Judge, Place};
use super::tag::{Tag, is_space};
use super::texts::Texts;
use super::within::{Cut, TRIES, WHOLE, enclosing, nearest};
use crate::policy::Label;
use std::ops::Range;

/// The most bytes of a name that are looked at.
const NAME: usize = 64;

/// Where the search is.
#[derive(Debug, Default)]
pub(crate) struct Deep {
    /// Everything before this offset was searched.
    searched: usize,
    /// Where the markup begins that is being read: behind the last text or comment.
    floor: usize,
    /// In a comment; its end is looked for from here on.
    comment: Option<usize>,
    cut: Cut,
    /// Behind the last tag that was judged here.
    judged: usize,
    holds: Option<usize>,
}

/// What the search needs to know of the page.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'t> {
    pub(crate) texts: &'t Texts,
    /// The bytes before this offset were seen by the parser or the scanner.
    pub(crate) read: usize,
    /// From this offset on a comment may be none.
    pub(crate) trusted: usize,
}

impl Deep {
    /// Searches what has been read since.
    pub(crate) fn scan(&mut self, window: Window<'_>, ground: Ground<'_>, judge: &mut Judge) {
        let read = if window.is_last { window.end() } else { ground.read.min(window.end()) };
        let mut at = self.searched.max(window.start);
        if let Some(from) = self.comment {
            at = self.behind_comment(window, from, read);
        }
        let limit = if window.is_last { read } else { self.limit(window, ground, at, read) };
        while at < limit {
            match (self.comment, ground.texts.opaque_from(at)) {
                (Some(from), _) => at = self.behind_comment(window, from, limit),
                (None, Some((from, to))) if from <= at => {
                    at = to.unwrap_or(limit).min(limit);
                    self.floor = at;
                }
                (None, text) => {
                    let end = text.map_or(limit, |(from, _)| from.min(limit));
                    at = self.markup(window, at..end, ground, judge);
                }
            }
        }
        self.searched = at;
        while judge.seen.front().is_some_and(|seen| seen.end <= at) {
            judge.seen.pop_front();
        }
        // The end of a comment may be cut.
        self.holds = self.comment.into_iter().chain((limit < read).then_some(limit)).min();
    }

    /// The offset from which bytes must not leave yet.
    pub(crate) fn holds_from(&self) -> Option<usize> {
        self.holds
    }

    /// How far the search goes: no tag is cut in two, and neither is the beginning of a comment.
    fn limit(&mut self, window: Window<'_>, ground: Ground<'_>, from: usize, mut read: usize) -> usize {
        if self.comment.is_some() || ground.texts.is_opaque(read) {
            return read;
        }
        let floor = ground.texts.opaque_before(read).max(from);
        for half in [b"<!-".as_slice(), b"<!", b"<"] {
            if window.between(floor, read).ends_with(half) {
                read -= half.len();
            }
        }
        self.cut.before(window, floor, read)
    }

    fn behind_comment(&mut self, window: Window<'_>, from: usize, limit: usize) -> usize {
        let bytes = window.between(from, limit);
        let end = |word: &[u8]| memchr::memmem::find(bytes, word).map(|at| at + word.len());
        let ends = [end(b"-->"), end(b"--!>")];
        match ends.into_iter().flatten().min() {
            Some(length) => {
                self.comment = None;
                self.floor = from.max(window.start) + length;
                self.floor
            }
            None => {
                self.comment = Some(from.max(limit.saturating_sub(3)));
                limit
            }
        }
    }

    /// Searches markup; the offset up to which it was.
    fn markup(&mut self, window: Window<'_>, range: Range<usize>, ground: Ground<'_>, judge: &mut Judge) -> usize {
        let bytes = window.between(range.start, range.end);
        for at in memchr::memchr2_iter(b'=', b'!', bytes).map(|at| range.start + at) {
            if window.from(at).first() == Some(&b'=') {
                self.attribute(window, at, judge);
            } else if self.begins_comment(window, at, ground) {
                self.comment = Some(at + 1);
                return at + 1;
            }
        }
        range.end
    }

    fn begins_comment(&self, window: Window<'_>, at: usize, ground: Ground<'_>) -> bool {
        let before = at.checked_sub(1).map(|before| window.between(before, at));
        before == Some(b"<")
            && window.from(at).starts_with(b"!--")
            && at < ground.trusted
            && !ground.texts.is_noscript(at)
            && enclosing(window, self.floor, at, WHOLE).is_none()
    }

    /// Looks at the attribute whose `=` this is.
    fn attribute(&mut self, window: Window<'_>, equals: usize, judge: &mut Judge) {
        let Some(name) = name_before(window, equals, judge) else { return };
        let written = window.between(name.start, name.end);
        let is_seen = || name.start < self.judged || judge.has_seen(name.start);
        match attributes::known(written) {
            Some(known) if known.form == Form::Style => self.style(window, name, equals, judge),
            Some(known) if !is_seen() => match known.reach {
                Reach::Element => self.element(window, name, written, judge),
                Reach::Any if judge.page.site.deep_attributes => self.any(window, name, known, equals, judge),
                Reach::Any => self.element(window, name, written, judge),
            },
            None if !is_seen() => self.element(window, name, written, judge),
            _ => {}
        }
    }

    /// An attribute that only some elements fetch.
    fn element(&mut self, window: Window<'_>, name: Range<usize>, written: &[u8], judge: &mut Judge) {
        let lower = written.to_ascii_lowercase();
        if lower.ends_with(b"href")
            && !nearest(window, self.floor, name.start).is_some_and(|tag| fetches(judge, &tag, &lower))
        {
            // PERF: every `a` has one.
            return;
        }
        if let Some((offset, tag)) =
            enclosing(window, self.floor, name.start, TRIES).filter(|(_, tag)| fetches(judge, tag, &lower))
        {
            self.judge(judge, &tag, offset);
        }
    }

    /// An attribute that every tag can have.
    fn any(&mut self, window: Window<'_>, name: Range<usize>, known: Known, equals: usize, judge: &mut Judge) {
        let value = value_behind(window, equals);
        let mut found = Found::default();
        judge.look(&mut found, window.between(value.start, value.end), known.name, known.form);
        if found.is_empty() && found.unknown.is_empty() {
            return;
        }
        if let Some((offset, tag)) =
            enclosing(window, self.floor, name.start, TRIES).filter(|(at, tag)| has(tag, *at, &name))
        {
            self.judge(judge, &tag, offset);
        }
    }

    fn judge(&mut self, judge: &mut Judge, tag: &Tag<'_>, offset: usize) {
        self.judged = offset + tag.end.unwrap_or(tag.name_end);
        fetching::judge(judge, tag, Place { offset, foreign: Some(false), outer: Label::Absent });
    }

    fn style(&self, window: Window<'_>, name: Range<usize>, equals: usize, judge: &mut Judge) {
        let value = value_behind(window, equals);
        let text = window.between(value.start, value.end);
        if !judge.page.site.deep_attributes || memchr::memchr(b'(', text).is_none() {
            return;
        }
        for url in css::urls(text) {
            let is_in_tag =
                || enclosing(window, self.floor, name.start, TRIES).is_some_and(|(at, tag)| has(&tag, at, &name));
            css::judge_url(judge, window, value.start + url.start..value.start + url.end, "style attribute", is_in_tag);
        }
    }
}

fn fetches(judge: &Judge, tag: &Tag<'_>, attribute: &[u8]) -> bool {
    fetching::fetches(judge, tag.element(), attribute)
}

/// Whether the tag at this offset has an attribute whose name stands there.
fn has(tag: &Tag<'_>, offset: usize, name: &Range<usize>) -> bool {
    tag.attributes.iter().any(|a| offset + a.name.start == name.start)
}

/// Where the name before a `=` is, if it can be one that is known.
fn name_before(window: Window<'_>, equals: usize, judge: &Judge) -> Option<Range<usize>> {
    let before = window.between(equals.saturating_sub(NAME), equals);
    let end = before.iter().rposition(|b| !is_space(*b))? + 1;
    let before = before.get(..end)?;
    if !attributes::may_be_known(before) && judge.page.site.elements.is_empty() {
        return None;
    }
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':' | b'_' | b'.');
    let length = before.iter().rev().take_while(|b| is_part(b)).count();
    let delimiter = before.get(before.len().checked_sub(length + 1)?)?;
    let is_name = length > 0 && (is_space(*delimiter) || matches!(delimiter, b'"' | b'\'' | b'/'));
    let end = equals - (window.between(equals.saturating_sub(NAME), equals).len() - end);
    is_name.then(|| end - length..end)
}

/// Where the value behind a `=` is, by the tokenizer's rules.
fn value_behind(window: Window<'_>, equals: usize) -> Range<usize> {
    let rest = window.from(equals + 1);
    let spaces = rest.iter().take_while(|b| is_space(**b)).count();
    let rest = rest.get(spaces..).unwrap_or_default();
    let start = equals + 1 + spaces;
    match rest.first() {
        Some(quote @ (b'"' | b'\'')) => {
            let inside = rest.get(1..).unwrap_or_default();
            start + 1..start + 1 + memchr::memchr(*quote, inside).unwrap_or(inside.len())
        }
        _ => start..start + rest.iter().position(|b| is_space(*b) || *b == b'>').unwrap_or(rest.len()),
    }
}
