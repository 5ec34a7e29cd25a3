//! What is done to the origin's bytes: a list of places and what stands there when granted and when not (D1).
//!
//! The rewriter only ever inserts, renames or deletes what made a tag inert, and takes AMP's elements out; everything else
//! is the origin's own bytes, which the sink copies. Activation, `explain` and replay are views of the same list.

use crate::policy::Deciders;
use std::ops::Range;
use std::sync::Arc;

/// What stands at an edit's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// The origin's own bytes.
    Origin,
    /// Always the same words.
    Fixed(&'static str),
    /// Made for this place.
    Made(Box<str>),
    /// The snippet.
    Shared(Arc<str>),
    /// A copy of bytes of the page, in the page's own encoding.
    Copied(Box<[u8]>),
}

impl Text {
    /// The bytes, unless they are the origin's own.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Origin => None,
            Self::Fixed(text) => Some(text.as_bytes()),
            Self::Made(text) => Some(text.as_bytes()),
            Self::Shared(text) => Some(text.as_bytes()),
            Self::Copied(bytes) => Some(bytes),
        }
    }
}

/// One place of the origin's bytes and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Offsets in the origin's bytes; empty for an insertion.
    pub range: Range<usize>,
    /// What stands there when all of `deciders` are granted.
    pub granted: Text,
    /// What stands there when not.
    pub refused: Text,
    /// Who decides; empty for what does not depend on consent (the snippet): then both texts are the same.
    pub deciders: Deciders,
    /// The side this page got.
    pub is_granted: bool,
}

impl Edit {
    /// What stands there on this page.
    pub fn text(&self) -> &Text {
        if self.is_granted { &self.granted } else { &self.refused }
    }
}

/// The edits that wait for their bytes to leave, in the order of their places.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    waiting: Vec<Edit>,
}

impl Edits {
    /// Adds an edit. Nearly always at the end; a held script's, or one found inside another tag, comes in before others.
    /// The same edit twice is one: the conservative scanner may see an attribute as part of two tags.
    pub(crate) fn push(&mut self, edit: Edit) {
        let behind = |last: &Edit| last.range.start < edit.range.start && last.range.end <= edit.range.start;
        if self.waiting.last().is_none_or(behind) {
            self.waiting.push(edit);
            return;
        }
        let at = self.waiting.partition_point(|other| other.range.start <= edit.range.start);
        let same_place = |e: &&Edit| e.range.start == edit.range.start;
        let known = self.waiting.get(..at).unwrap_or_default().iter().rev().take_while(same_place).any(|e| *e == edit);
        let overlaps =
            at.checked_sub(1).and_then(|i| self.waiting.get(i)).is_some_and(|e| e.range.end > edit.range.start)
                || self.waiting.get(at).is_some_and(|e| e.range.start < edit.range.end);
        if !known && !overlaps {
            self.waiting.insert(at, edit);
        }
    }

    /// Drops the edits inside of a range that is to become one edit.
    pub(crate) fn clear(&mut self, range: &Range<usize>) {
        self.waiting.retain(|edit| edit.range.start < range.start || edit.range.end > range.end);
    }

    /// Whether nothing waits before this offset.
    pub(crate) fn none_before(&self, offset: usize) -> bool {
        self.waiting.first().is_none_or(|e| e.range.start > offset)
    }

    /// Takes out the edits whose bytes end at or before `offset`.
    pub(crate) fn take_until(&mut self, offset: usize) -> std::vec::Drain<'_, Edit> {
        let count = self.waiting.partition_point(|e| e.range.end <= offset);
        self.waiting.drain(..count)
    }

    /// How far bytes may leave without cutting an edit in two, at most `offset`.
    pub(crate) fn clamp(&self, offset: usize) -> usize {
        let cut = self.waiting.iter().find(|e| e.range.start < offset && e.range.end > offset);
        cut.map_or(offset, |e| e.range.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insertion(at: usize, text: &'static str) -> Edit {
        Edit {
            range: at..at,
            granted: Text::Origin,
            refused: Text::Fixed(text),
            deciders: Deciders::new(),
            is_granted: false,
        }
    }

    #[test]
    fn edits_come_out_in_the_order_of_their_places_and_once() {
        let mut edits = Edits::default();
        for (at, text) in [(5, "b"), (9, "d"), (2, "a"), (5, "b"), (5, "c"), (9, "d")] {
            edits.push(insertion(at, text));
        }
        let out: Vec<_> = edits.take_until(5).map(|e| e.range.start).collect();
        assert_eq!(out, [2, 5, 5]);
        assert!(edits.none_before(8));
        assert_eq!(edits.take_until(100).count(), 1);
    }

    #[test]
    fn an_edit_is_not_cut_in_two() {
        let mut edits = Edits::default();
        edits.push(Edit { range: 4..8, ..insertion(4, "") });
        assert_eq!(edits.clamp(6), 4);
        assert_eq!(edits.clamp(8), 8);
    }
}
