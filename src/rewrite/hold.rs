//! Inline scripts that wait for their text (T1): their start tag stays until the markers in the text are known.

use super::judge::{Judge, Place};
use super::rawtext::TextEnd;
use super::script::Code;
use super::tag::Tag;

/// The most bytes that one script is held for; then it is judged by what was seen.
pub(crate) const CAP: usize = 256 << 10;
/// The most attributes that are read of a tag.
pub(crate) const ATTRIBUTES: usize = 1024;
/// The most scripts that wait at once. Only a page that opens scripts in scripts gets there.
const AT_ONCE: usize = 16;

/// The bytes of the page that have not left, and where they begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window<'b> {
    pub(crate) bytes: &'b [u8],
    pub(crate) start: usize,
    /// Nothing comes behind them.
    pub(crate) is_last: bool,
}

impl<'b> Window<'b> {
    /// The offset behind the last byte.
    pub(crate) const fn end(&self) -> usize {
        self.start + self.bytes.len()
    }

    /// The bytes from one offset to another, as far as they are here.
    pub(crate) fn between(&self, from: usize, to: usize) -> &'b [u8] {
        let (from, to) = (from.saturating_sub(self.start), to.saturating_sub(self.start).min(self.bytes.len()));
        self.bytes.get(from..to).unwrap_or_default()
    }

    /// The bytes from an offset on.
    pub(crate) fn from(&self, from: usize) -> &'b [u8] {
        self.between(from, self.end())
    }
}

#[derive(Debug)]
struct Held {
    place: Place,
    /// The offset behind the start tag.
    text: usize,
    end: TextEnd,
}

/// The scripts that wait, in the order of their start tags.
#[derive(Debug, Default)]
pub(crate) struct Holds(Vec<Held>);

impl Holds {
    /// Judges a script whose text is here, or keeps it until it is. `text` is the offset behind its start tag.
    pub(crate) fn add(&mut self, judge: &mut Judge, window: Window<'_>, tag: &Tag<'_>, place: Place, text: usize) {
        let mut held = Held { place, text, end: TextEnd::new(b"script", text) };
        if let Some(end) = held.end.find(window) {
            return judge.script_with_text(tag, place, code(window, text, end));
        }
        self.0.push(held);
        if self.0.len() > AT_ONCE {
            let oldest = self.0.remove(0);
            oldest.judge(judge, window, None);
        }
    }

    /// Judges every script whose text has ended, or is as long as we wait for.
    pub(crate) fn settle(&mut self, judge: &mut Judge, window: Window<'_>) {
        self.0.retain_mut(|held| {
            let found = held.end.find(window);
            let is_over = window.is_last || window.end().saturating_sub(held.text) >= CAP;
            if found.is_some() || is_over {
                held.judge(judge, window, found);
            }
            found.is_none() && !is_over
        });
    }

    /// The offset of the first start tag that waits.
    pub(crate) fn first(&self) -> Option<usize> {
        self.0.iter().map(|held| held.place.offset).min()
    }
}

impl Held {
    fn judge(&self, judge: &mut Judge, window: Window<'_>, end: Option<usize>) {
        let tag = Tag::scan(window.from(self.place.offset), ATTRIBUTES);
        let code = match end {
            Some(end) => code(window, self.text, end),
            None => Code { text: window.between(self.text, window.end().min(self.text + CAP)), end: None },
        };
        judge.script_with_text(&tag, self.place, code);
    }
}

/// The text of a script that ends at `end`, as much of it as is looked at.
fn code(window: Window<'_>, text: usize, end: usize) -> Code<'_> {
    let is_whole = end <= text + CAP;
    Code { text: window.between(text, end.min(text + CAP)), end: is_whole.then_some(end) }
}
