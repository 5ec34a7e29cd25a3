//! What the parser does not watch: attributes that any tag can have, and the elements that only their attributes give away.
//!
//! A handler on every tag would cost more than all others together (pitfall 79). So the bytes that the parser is done with
//! are searched for `=`, of which a page has one in a hundred bytes; the letters before it tell nearly all of them apart.
//! Only where a value leads to a service is it asked in what it stands, by a walk from the last place that is known: the
//! end of a tag that the parser reported, or of a text. A page pays for what it has.

use super::attributes::{self, Form, Known, Reach};
use super::css;
use super::equals::{name_before, value_behind};
use super::fetching;
use super::hold::Window;
use super::judge::{Found, Judge, Place};
use super::tag::Tag;
use super::texts::Texts;
use super::walk::{Here, TAG, comment_end, walk};
use super::within::{before_cut, has, opens, possible, tag_at};
use crate::policy::Label;
use smallvec::SmallVec;
use std::ops::Range;

/// Where the search is.
#[derive(Debug, Default)]
pub(crate) struct Deep {
    /// Everything before this offset was searched.
    searched: usize,
    /// An offset that is between tags.
    floor: usize,
    /// In a comment; its end is looked for from here on.
    comment: Option<usize>,
    /// From each of these on it is not known what is text, up to the next tag that the parser reports.
    lost: SmallVec<[usize; 2]>,
    /// From here on nobody knows, to the end.
    gone: Option<usize>,
    /// A tag is cut here; it is looked at again when there are so many bytes.
    patience: usize,
    /// Behind the last tag that was judged here.
    judged: usize,
    /// No element that fetches its `href` begins between `floor` and this offset.
    linkless: usize,
    holds: Option<usize>,
}

/// What the search needs to know of the page.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'t> {
    pub(crate) texts: &'t Texts,
    /// The bytes before this offset were seen by the parser or the scanner.
    pub(crate) read: usize,
    /// From this offset on nobody knows what is text.
    pub(crate) lost: Option<usize>,
}

impl Deep {
    /// Searches what has been read since.
    pub(crate) fn scan(&mut self, window: Window<'_>, ground: Ground<'_>, judge: &mut Judge) {
        self.gone = ground.lost;
        let known = self.floor.max(judge.last_seen_before(self.searched));
        self.lost.retain(|lost| *lost >= known);
        let read = if window.is_last { window.end() } else { ground.read.min(window.end()) };
        let (limit, end) = self.limit(window, ground, read, judge);
        let mut at = self.searched.max(window.start);
        while at < limit {
            if ground.texts.ends_at(at) {
                // Whatever stood open in it ends with it.
                (self.comment, self.floor) = (None, at);
            }
            let next = self.part(window, at, limit, ground, judge);
            if next == at {
                break;
            }
            at = next;
        }
        self.searched = at;
        match end {
            Some(Here::Text | Here::Tag(_)) if at == limit => self.floor = self.floor.max(limit),
            Some(Here::Comment(from)) if from <= at => self.comment = Some(from.max(at.saturating_sub(3))),
            _ => {}
        }
        while let Some((seen, is_real)) = judge.seen.front().filter(|(seen, _)| seen.end <= at) {
            self.floor = if *is_real { self.floor.max(seen.end) } else { self.floor };
            judge.seen.pop_front();
        }
        self.holds = self.comment.into_iter().chain((at < read).then_some(at)).min();
    }

    /// Everything before this offset was searched; no tag is cut there.
    pub(crate) const fn searched(&self) -> usize {
        self.searched
    }

    /// The offset from which bytes must not leave yet.
    pub(crate) fn holds_from(&self) -> Option<usize> {
        self.holds
    }

    /// Searches the next part of the page that is all of one kind; the offset behind it.
    fn part(&mut self, window: Window<'_>, at: usize, limit: usize, ground: Ground<'_>, judge: &mut Judge) -> usize {
        let next = ground.texts.part_from(at);
        let inside = next.filter(|part| part.from <= at);
        let end = match (inside, next) {
            (Some(part), _) => part.to.unwrap_or(part.reached).min(limit),
            (None, Some(part)) => part.from.min(limit),
            (None, None) => limit,
        };
        let end = match self.gone.filter(|gone| *gone < end) {
            Some(gone) if at < gone => gone,
            Some(_) => {
                self.comment = None;
                end
            }
            None => end,
        };
        if let Some(part) = inside {
            self.floor = self.floor.max(part.from);
        }
        match self.comment {
            _ if inside.is_some_and(|part| !part.is_markup) => end,
            Some(from) => self.behind_comment(window, from, end),
            None if inside.is_some_and(|part| part.to == Some(end)) => {
                let end = self.before_open_tag(window, end, judge).max(at);
                self.markup(window, at..end, judge)
            }
            None => self.markup(window, at..end, judge),
        }
    }

    /// Where to stop before the end of a `noscript`: to a browser without scripts a tag may go on behind it.
    fn before_open_tag(&self, window: Window<'_>, end: usize, judge: &Judge) -> usize {
        match self.here(window, self.floor, end, None, judge) {
            Here::Tag(open) if !window.is_last && window.end() - open < TAG && tag_at(window, open).end.is_none() => {
                open
            }
            _ => end,
        }
    }

    fn behind_comment(&mut self, window: Window<'_>, from: usize, limit: usize) -> usize {
        match comment_end(window, from, limit) {
            Some(end) => {
                (self.comment, self.floor) = (None, end);
                end
            }
            None => {
                self.comment = Some(from.max(limit.saturating_sub(3)));
                limit
            }
        }
    }

    /// How far the search goes, so that nothing is cut in two, and in what that place stands, if that had to be known.
    fn limit(
        &mut self,
        window: Window<'_>,
        ground: Ground<'_>,
        read: usize,
        judge: &mut Judge,
    ) -> (usize, Option<Here>) {
        let from = self.searched.max(window.start);
        let border = ground.texts.last_border(read);
        let is_lost = self.is_lost(read, border, judge);
        if window.is_last || read <= from || !is_lost && ground.texts.is_opaque(read) {
            return (read, None);
        }
        if window.end() < self.patience {
            return (from, None);
        }
        self.patience = 0;
        let (open, here) = if is_lost {
            (uncut(window, from.max(self.lost_before(read, judge)), read, judge), None)
        } else {
            let comment = self.comment.filter(|start| border <= *start);
            let here = self.here(window, border, read, comment, judge);
            match here {
                Here::Tag(open) | Here::Lost(open) => (open, Some(here)),
                Here::Text | Here::Comment(_) => return (read, Some(here)),
            }
        };
        let length = window.end().saturating_sub(open);
        if length >= TAG || here == Some(Here::Lost(open)) {
            // Longer than any tag is followed, or no tag.
            self.lost.push(open);
            return (if length < TAG { uncut(window, from.max(open), read, judge) } else { read }, None);
        }
        if length >= 2048 && open <= from {
            self.patience = open + length + length / 2;
        }
        (open, here)
    }

    /// Whether it cannot be known in what an offset stands; `border`: of a text, at or before it.
    fn is_lost(&self, at: usize, border: usize, judge: &Judge) -> bool {
        let known = || self.floor.max(border).max(judge.last_seen_before(at));
        let is_since = |lost: &usize| *lost < at && known() <= *lost;
        self.gone.is_some_and(|gone| gone <= at) || self.lost.iter().any(is_since)
    }

    /// From where on it is not known, before an offset for which it is not.
    fn lost_before(&self, at: usize, judge: &Judge) -> usize {
        let known = self.floor.max(judge.last_seen_before(at));
        let since = self.lost.iter().copied().filter(|lost| *lost < at && known <= *lost);
        since.chain(self.gone).min().unwrap_or(0)
    }

    /// In what an offset stands, from one on that is known to be between tags, or in a comment.
    fn here(&self, window: Window<'_>, from: usize, at: usize, comment: Option<usize>, judge: &Judge) -> Here {
        let from = from.max(self.floor).max(judge.last_seen_before(at));
        match comment {
            Some(start) => match comment_end(window, start, at) {
                Some(end) => walk(window, end.max(from), at),
                None => Here::Comment(start),
            },
            None => walk(window, from, at),
        }
    }

    /// Searches markup; the offset up to which it was.
    fn markup(&mut self, window: Window<'_>, range: Range<usize>, judge: &mut Judge) -> usize {
        let bytes = window.between(range.start, range.end);
        for at in memchr::memchr_iter(b'=', bytes).map(|at| range.start + at) {
            self.attribute(window, at, judge);
            if self.comment.is_some() {
                return at + 1;
            }
        }
        range.end
    }

    /// Looks at the attribute whose `=` this is.
    fn attribute(&mut self, window: Window<'_>, equals: usize, judge: &mut Judge) {
        let Some(name) = name_before(window, equals, judge) else { return };
        let written = window.between(name.start, name.end);
        // Where nobody knows which of two tags is real, both are judged.
        let is_done = name.start < self.judged && !self.is_lost(name.start, 0, judge);
        let is_seen = || is_done || judge.is_in_seen(name.start);
        let known = attributes::known(written);
        match known {
            Some(known) if known.form == Form::Style => self.style(window, name, equals, judge),
            Some(known) if known.reach == Reach::Any && judge.page.site.deep_attributes && !is_seen() => {
                self.any(window, name, known, equals, judge);
            }
            _ if !is_seen() && (known.is_some() || !judge.page.site.elements.is_empty()) => {
                self.element(window, name, written, judge);
            }
            _ => {}
        }
    }

    /// An attribute that only some elements fetch.
    fn element(&mut self, window: Window<'_>, name: Range<usize>, written: &[u8], judge: &mut Judge) {
        let lower = written.to_ascii_lowercase();
        let fetches = |tag: &Tag<'_>, judge: &Judge| fetching::fetches(judge, tag.element(), &lower);
        // PERF: every `a` has one of these.
        if lower.ends_with(b"href") && !self.may_be_fetched(window, name.start, |tag| fetches(tag, judge)) {
            return;
        }
        if let Some((offset, tag)) = self.tag(window, name.start, judge, |tag| fetches(tag, judge))
            && fetches(&tag, judge)
        {
            self.judge(judge, &tag, offset);
        }
    }

    /// Whether any tag that could be around an `href` is of an element that fetches it.
    fn may_be_fetched(&mut self, window: Window<'_>, name: usize, fetches: impl Fn(&Tag<'_>) -> bool) -> bool {
        let from = self.floor.max(self.linkless).min(name);
        let found = opens(window, from..name).any(|open| fetches(&Tag::scan(window.between(open, name), 0)));
        if !found {
            self.linkless = name;
        }
        found
    }

    /// An attribute that every tag can have.
    fn any(&mut self, window: Window<'_>, name: Range<usize>, known: Known, equals: usize, judge: &mut Judge) {
        let value = value_behind(window, equals);
        let mut found = Found::default();
        judge.look(&mut found, window.between(value.start, value.end), known.name, known.form);
        if found.is_empty() && found.unknown.is_empty() {
            return;
        }
        if let Some((offset, tag)) = self.tag(window, name.start, judge, |_| true) {
            self.judge(judge, &tag, offset);
        }
    }

    fn style(&mut self, window: Window<'_>, name: Range<usize>, equals: usize, judge: &mut Judge) {
        let value = value_behind(window, equals);
        let text = window.between(value.start, value.end);
        if !judge.page.site.deep_attributes || memchr::memchr(b'(', text).is_none() {
            return;
        }
        let urls = css::urls(text);
        if urls.is_empty() || self.tag(window, name.start, judge, |_| true).is_none() {
            return;
        }
        for url in urls {
            css::judge_url(judge, window, value.start + url.start..value.start + url.end, "style attribute");
        }
    }

    /// The tag that an attribute's name stands in, if it is an attribute; where nobody knows, one that `fits`.
    fn tag<'b>(
        &mut self,
        window: Window<'b>,
        name: usize,
        judge: &Judge,
        fits: impl Fn(&Tag<'_>) -> bool,
    ) -> Option<(usize, Tag<'b>)> {
        if !self.is_lost(name, 0, judge) {
            match self.here(window, self.floor, name, None, judge) {
                Here::Tag(open) => {
                    self.floor = self.floor.max(open);
                    let is_start = window.from(open + 1).first().is_some_and(u8::is_ascii_alphabetic);
                    let tag = tag_at(window, open);
                    return (is_start && tag.end.is_some() && has(&tag, open, name)).then_some((open, tag));
                }
                Here::Text => {
                    self.floor = name;
                    return None;
                }
                Here::Comment(from) => {
                    self.comment = Some(from);
                    return None;
                }
                Here::Lost(open) => self.lost.push(open),
            }
        }
        // What began before is known.
        possible(window, self.lost_before(name, judge), name, fits)
    }

    fn judge(&mut self, judge: &mut Judge, tag: &Tag<'_>, offset: usize) {
        self.judged = offset + tag.end.unwrap_or(tag.name_end);
        // The scanner, which may take for a tag what is none, has judged this one.
        if judge.has_judged(offset) {
            return;
        }
        fetching::judge(judge, tag, Place { offset, foreign: Some(false), outer: Label::Absent });
    }
}

/// Where nothing is cut in two that could be a tag. A page in which nobody can say is not delivered as if it were known.
fn uncut(window: Window<'_>, from: usize, read: usize, judge: &mut Judge) -> usize {
    let cut = before_cut(window, from, read);
    judge.overlong |= cut.is_none();
    cut.unwrap_or(read)
}
