//! AMP pages: the elements that count, advertise and embed (pitfall 96). A page of ours may not get scripts of others there,
//! and a tag without its address is no valid AMP; so what is not allowed is taken out as a whole. No script of ours runs
//! on such a page either: it comes back with the next one.

use super::attributes::Form;
use super::edit::Text;
use super::hold::{ATTRIBUTES, CAP, Window};
use super::judge::{Arms, Found, Judge, Judged, Place};
use super::said::{Said, Sort};
use super::tag::{Tag, is_space};
use super::texts::Texts;
use super::walk::{Here, TAG, comment_end, walk};
use crate::policy::{Label, Verdict};
use std::ops::Range;

/// What says who decides about an element, where its own attributes do not.
enum By {
    /// It is there for this only.
    Category(&'static str),
    /// It loads what is there.
    Address(&'static str),
}

const ELEMENTS: [(&str, By); 26] = [
    ("amp-pixel", By::Category("statistics")),
    ("amp-analytics", By::Category("statistics")),
    ("amp-story-auto-analytics", By::Category("statistics")),
    ("amp-call-tracking", By::Category("statistics")),
    ("amp-ad", By::Category("marketing")),
    ("amp-embed", By::Category("marketing")),
    ("amp-auto-ads", By::Category("marketing")),
    ("amp-sticky-ad", By::Category("marketing")),
    ("amp-story-auto-ads", By::Category("marketing")),
    ("amp-youtube", By::Address("https://www.youtube.com/embed/x")),
    ("amp-vimeo", By::Address("https://player.vimeo.com/video/1")),
    ("amp-dailymotion", By::Address("https://www.dailymotion.com/embed/video/x")),
    ("amp-facebook", By::Address("https://connect.facebook.net/en_US/sdk.js")),
    ("amp-facebook-comments", By::Address("https://connect.facebook.net/en_US/sdk.js")),
    ("amp-facebook-like", By::Address("https://connect.facebook.net/en_US/sdk.js")),
    ("amp-facebook-page", By::Address("https://connect.facebook.net/en_US/sdk.js")),
    ("amp-instagram", By::Address("https://www.instagram.com/embed.js")),
    ("amp-twitter", By::Address("https://platform.twitter.com/widgets.js")),
    ("amp-tiktok", By::Address("https://www.tiktok.com/embed.js")),
    ("amp-pinterest", By::Address("https://assets.pinterest.com/js/pinit.js")),
    ("amp-reddit", By::Address("https://embed.redditmedia.com/widgets/platform.js")),
    ("amp-soundcloud", By::Address("https://w.soundcloud.com/player/")),
    ("amp-brightcove", By::Address("https://players.brightcove.net/1/default_default/index.min.js")),
    ("amp-jwplayer", By::Address("https://cdn.jwplayer.com/players/x.js")),
    ("amp-addthis", By::Address("https://s7.addthis.com/js/300/addthis_widget.js")),
    ("amp-gist", By::Address("https://gist.github.com/x.js")),
];

/// Finds these elements in the bytes of an AMP page.
#[derive(Debug, Default)]
pub(crate) struct Amp {
    /// Everything before this offset was searched.
    searched: usize,
    /// An offset that is between tags.
    floor: usize,
    /// In a comment; its end is looked for from here on.
    comment: Option<usize>,
    /// From this offset on, up to the next border of a text, nobody knows what is text. Kept, since the bytes that say so
    /// may be gone when the next ones come.
    lost: Option<usize>,
    /// What begins here is not whole yet.
    cut: Option<usize>,
    holds: Option<usize>,
}

impl Amp {
    /// A search from the end of the `html` tag on.
    pub(crate) fn from(offset: usize) -> Self {
        Self { searched: offset, floor: offset, ..Self::default() }
    }

    /// Searches the bytes before the offset `read`, at which no tag is cut in two.
    pub(crate) fn scan(&mut self, window: Window<'_>, read: usize, texts: &Texts, judge: &mut Judge) {
        let mut at = self.searched.max(window.start);
        self.holds = None;
        while let Some(found) = memchr::memchr(b'<', window.between(at, read)) {
            let open = at + found;
            at = open + 1;
            let text = window.between(open + 1, read.min(open + 40));
            let Some((_, by)) = ELEMENTS.iter().find(|(name, _)| begins_with(text, name)) else { continue };
            let here = if texts.is_opaque(open) { Some(false) } else { self.is_between_tags(window, open, texts) };
            match element(window, open, read) {
                _ if here == Some(false) => {}
                // Taking out a part of what may be a comment could make the rest of it live.
                _ if here.is_none() => disarm(judge, window, open, by),
                Some(end) => at = judge_element(judge, window, open..end, by),
                None if !window.is_last && read - open < CAP => {
                    self.holds = Some(open);
                    self.searched = open;
                    return;
                }
                None => disarm(judge, window, open, by),
            }
        }
        self.searched = read;
        self.cut = None;
        if !texts.is_opaque(read) && self.is_between_tags(window, read, texts) == Some(true) {
            self.floor = read;
        }
        self.holds = self.comment.or(self.cut);
    }

    /// Whether an offset is in data; `None`: nobody knows.
    fn is_between_tags(&mut self, window: Window<'_>, at: usize, texts: &Texts) -> Option<bool> {
        let mut from = self.floor.max(texts.last_border(at));
        if self.lost.is_some_and(|lost| lost >= from) {
            return None;
        }
        (self.floor, self.lost) = (from, None);
        if let Some(start) = self.comment.filter(|start| *start >= from) {
            let Some(end) = comment_end(window, start, at) else {
                self.comment = Some(start.max(at.saturating_sub(3)));
                return Some(false);
            };
            from = end;
        }
        self.comment = None;
        match walk(window, from, at) {
            Here::Text => self.floor = at,
            Here::Comment(start) => self.comment = Some(start.max(at.saturating_sub(3))),
            Here::Tag(open) if at - open < TAG => self.cut = Some(open),
            Here::Tag(open) | Here::Lost(open) => {
                self.lost = Some(open);
                return None;
            }
        }
        Some(self.comment.is_none() && self.floor == at)
    }

    /// The offset of the first element whose end is not here yet.
    pub(crate) fn holds_from(&self) -> Option<usize> {
        self.holds
    }
}

fn begins_with(text: &[u8], name: &str) -> bool {
    let ends = text.get(name.len()).is_some_and(|b| is_space(*b) || matches!(b, b'/' | b'>'));
    ends && text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes()))
}

/// The offset behind the element's end tag, if that is here.
fn element(window: Window<'_>, open: usize, read: usize) -> Option<usize> {
    let tag = Tag::scan(window.between(open, read), ATTRIBUTES);
    let name = String::from_utf8_lossy(tag.element()).into_owned();
    let mut at = open + tag.end?;
    loop {
        at += memchr::memmem::find(window.between(at, read), b"</")? + 2;
        if begins_with(window.between(at, read), &name) {
            return Some(at + memchr::memchr(b'>', window.between(at, read))? + 1);
        }
    }
}

fn judged(judge: &mut Judge, tag: &Tag<'_>, place: Place, content: &[u8], by: &By) -> Judged {
    let mut found = Found::default();
    for name in ["src", "config", "data-vars-url", "json"] {
        judge.look_at(&mut found, tag, name);
    }
    judge.look_in_code(&mut found, content);
    let mut said = judge.said(tag, place, Sort::Other);
    match by {
        By::Address(url) => judge.look(&mut found, url.as_bytes(), "element", Form::Url),
        By::Category(name) if found.services.is_empty() && said.label == Label::Absent => {
            said = Said { label: judge.page.site.label(name.as_bytes()), ..said };
        }
        By::Category(_) => {}
    }
    judge.judged(tag, found, &said)
}

/// Takes an element out that is not allowed. Gives the offset behind it.
fn judge_element(judge: &mut Judge, window: Window<'_>, range: Range<usize>, by: &By) -> usize {
    let bytes = window.between(range.start, range.end);
    let tag = Tag::scan(bytes, ATTRIBUTES);
    let place = Place { offset: range.start, foreign: Some(false), outer: Label::Absent };
    let mut judged = judged(judge, &tag, place, tag.between(tag.end.unwrap_or(0), bytes.len()), by);
    let is_granted = judge.settle("amp", place, &mut judged, [Verdict::Keep, Verdict::Remove]);
    if !judged.deciders.is_empty() {
        judge.edits.clear(&range);
        judge.edit(range.clone(), Text::Origin, Text::Fixed(""), &judged.deciders, is_granted);
    }
    range.end
}

/// An element without an end, or with one too far away: its attributes are disarmed.
fn disarm(judge: &mut Judge, window: Window<'_>, open: usize, by: &By) {
    let tag = Tag::scan(window.from(open), ATTRIBUTES);
    let place = Place { offset: open, foreign: Some(false), outer: Label::Absent };
    let judged = judged(judge, &tag, place, b"", by);
    let arms: Arms = ["src", "config", "type", "json"]
        .iter()
        .flat_map(|name| tag.places(name.as_bytes()).collect::<Arms>())
        .collect();
    judge.disarm("amp", &tag, place, judged, &arms, &Said::default());
}
