//! Where the snippet goes: once, first in the head, whatever the page's shape (pitfalls 61, 62, 75; D11).
//!
//! After `<head …>`; where the page has no such tag, before the first element that would open the head, else at the
//! beginning of the body, else at the document's end. Never into a template or foreign content, an AMP page or a
//! frameset (96), and not where it already is (97).

use super::charset::CharsetMeta;
use super::edit::{Edit, Text};
use super::handlers::{Event, Kind, Space};
use super::hold::Window;
use super::judge::Judge;
use super::tag::{Tag, is_space};
use crate::policy::Deciders;
use std::sync::Arc;

/// What our own snippet begins with.
const GUARD: &[u8] = b"<script id=\"consentry-guard\"";
/// How far behind the place we look for a snippet that is already there.
const LOOK: usize = 2048;

/// The snippet on its way into the page.
#[derive(Debug)]
pub(crate) struct Inject {
    state: State,
    snippet: Arc<str>,
    /// The page's own charset declaration, when only it says the encoding.
    meta: Option<CharsetMeta>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No place was met yet.
    Open,
    /// The place is known; what stands there must still be looked at.
    At(usize),
    /// In, or not to go in.
    Done,
}

impl Inject {
    /// `None`: nothing is to be injected.
    pub(crate) fn new(snippet: Option<Arc<str>>) -> Self {
        let state = if snippet.is_some() { State::Open } else { State::Done };
        Self { state, snippet: snippet.unwrap_or_default(), meta: None }
    }

    /// The page's own charset `meta`, as the prescan found it.
    pub(crate) fn set_meta(&mut self, meta: Option<CharsetMeta>) {
        self.meta = meta;
    }

    /// Looks at a start tag; `is_in_foreign`: an `svg` or `math` is open around it.
    pub(crate) fn observe(&mut self, event: &Event, is_in_foreign: bool, window: Window<'_>, judge: &mut Judge) {
        if self.state != State::Open || event.is_end || event.space == Space::Foreign || is_in_foreign {
            return;
        }
        self.state = match event.kind {
            Kind::Head | Kind::Body => State::At(event.end),
            Kind::Title | Kind::Meta | Kind::Link | Kind::Base | Kind::Style => State::At(event.start),
            Kind::Script | Kind::Noscript | Kind::Template => State::At(event.start),
            Kind::Frameset => State::Done,
            Kind::Html if is_amp(&Tag::scan(window.between(event.start, event.end), 64)) => State::Done,
            _ => State::Open,
        };
        judge.report.uninjectable = self.state == State::Done;
        judge.is_guarded = matches!(self.state, State::At(_));
    }

    /// Puts the snippet in as soon as it is known that it is not there yet; at the end of the document in any case.
    pub(crate) fn settle(&mut self, window: Window<'_>, judge: &mut Judge) {
        if self.state == State::Open && window.is_last && window.end() > 0 {
            self.state = State::At(window.end());
        }
        let State::At(place) = self.state else { return };
        match has_guard(window.from(place)) {
            None if !window.is_last => {}
            Some(true) => self.state = State::Done,
            _ => self.insert(place, window, judge),
        }
    }

    fn insert(&mut self, place: usize, window: Window<'_>, judge: &mut Judge) {
        self.state = State::Done;
        let mut at = place;
        if let Some(meta) = self.meta.take().filter(|meta| meta.range.start >= place) {
            if window.between(place, meta.range.start).iter().all(|b| is_space(*b)) {
                at = meta.range.end;
            } else {
                judge.edits.push(constant(place, Text::Copied(meta.bytes)));
            }
        }
        judge.edits.push(constant(at, Text::Shared(Arc::clone(&self.snippet))));
        judge.report.injected = Some(at);
    }

    /// The offset from which bytes must not leave yet.
    pub(crate) fn holds_from(&self) -> Option<usize> {
        if let State::At(place) = self.state { Some(place) } else { None }
    }
}

fn constant(at: usize, text: Text) -> Edit {
    Edit { range: at..at, granted: text.clone(), refused: text, deciders: Deciders::new(), is_granted: true }
}

/// `<html amp>`, `<html ⚡>` and their kin for mail and advertisements.
pub(crate) fn is_amp(tag: &Tag<'_>) -> bool {
    ["amp", "⚡", "amp4email", "⚡4email", "amp4ads", "⚡4ads"].iter().any(|name| tag.first(name.as_bytes()).is_some())
}

/// Whether the snippet stands here, perhaps behind a `meta`. `None`: too few bytes to tell.
fn has_guard(bytes: &[u8]) -> Option<bool> {
    let mut rest = bytes.trim_ascii_start();
    if rest.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"<meta")) {
        match Tag::scan(rest, 64).end {
            Some(end) => rest = rest.get(end..).unwrap_or_default().trim_ascii_start(),
            None if bytes.len() < LOOK => return None,
            None => return Some(false),
        }
    }
    if rest.starts_with(GUARD) {
        return Some(true);
    }
    let may_become =
        GUARD.starts_with(rest) || b"<meta".get(..rest.len()).is_some_and(|m| rest.eq_ignore_ascii_case(m));
    if may_become && bytes.len() < LOOK { None } else { Some(false) }
}
