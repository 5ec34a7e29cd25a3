//! Where bytes leave: the origin's bytes are kept until their judgement is known, and the edits are spliced in.
//!
//! A chunk that no edit touches and that nothing holds back leaves as it came, without a copy.

use super::edit::{Edit, Edits};
use bytes::{Bytes, BytesMut};

/// The origin's bytes that have not left yet.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    held: BytesMut,
    /// The offset of the first byte that has not left.
    start: usize,
}

/// All bytes that have not left, the newest chunk included.
#[derive(Debug)]
pub(crate) enum Input {
    /// Nothing was held back before this chunk.
    Chunk(Bytes),
    /// Held bytes and the chunk behind them.
    Joined(BytesMut),
}

impl Input {
    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Chunk(bytes) => bytes,
            Self::Joined(bytes) => bytes,
        }
    }

    fn split_to(&mut self, length: usize) -> Bytes {
        match self {
            Self::Chunk(bytes) => bytes.split_to(length),
            Self::Joined(bytes) => bytes.split_to(length).freeze(),
        }
    }
}

impl Sink {
    /// The offset of the first byte that has not left.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Takes a chunk in. Copies it only when bytes are held back, or when it is to be the first that is.
    pub(crate) fn feed(&mut self, chunk: Bytes) -> Input {
        if self.held.is_empty() {
            return Input::Chunk(chunk);
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(&chunk);
        Input::Joined(held)
    }

    /// Lets the bytes before the offset `limit` leave, edited, and keeps the rest. `done` gets every edit that left.
    pub(crate) fn release(
        &mut self,
        mut input: Input,
        limit: usize,
        edits: &mut Edits,
        done: impl FnMut(Edit),
    ) -> Bytes {
        let limit = edits.clamp(limit);
        let length = limit.saturating_sub(self.start).min(input.bytes().len());
        let out = if edits.none_before(limit) {
            input.split_to(length)
        } else {
            let leaving = input.split_to(length);
            splice(&leaving, self.start, edits, done)
        };
        self.start += length;
        self.held = match input {
            Input::Joined(rest) => rest,
            Input::Chunk(rest) => BytesMut::from(rest.as_ref()),
        };
        out
    }
}

fn splice(origin: &[u8], start: usize, edits: &mut Edits, mut done: impl FnMut(Edit)) -> Bytes {
    let mut out = Vec::with_capacity(origin.len() + origin.len() / 8 + 256);
    let mut at = 0;
    for edit in edits.take_until(start + origin.len()) {
        let from = edit.range.start.saturating_sub(start).max(at);
        if let Some(text) = edit.text().bytes() {
            out.extend_from_slice(origin.get(at..from).unwrap_or_default());
            out.extend_from_slice(text);
            at = edit.range.end.saturating_sub(start).max(from);
        }
        done(edit);
    }
    out.extend_from_slice(origin.get(at..).unwrap_or_default());
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Deciders;
    use crate::rewrite::edit::Text;

    fn edit(range: std::ops::Range<usize>, text: &'static str) -> Edit {
        let refused = Text::Fixed(text);
        Edit { range, granted: Text::Origin, refused, deciders: Deciders::new(), is_granted: false }
    }

    #[test]
    fn an_untouched_chunk_is_not_copied() {
        let mut sink = Sink::default();
        let chunk = Bytes::from_static(b"<p>hello</p>");
        let input = sink.feed(chunk.clone());
        let out = sink.release(input, 12, &mut Edits::default(), |_| {});
        assert_eq!(out.as_ptr(), chunk.as_ptr());
        assert_eq!(sink.start(), 12);
    }

    #[test]
    fn insertions_and_deletions_are_spliced_and_the_rest_waits() {
        let (mut sink, mut edits, mut out) = (Sink::default(), Edits::default(), Vec::new());
        edits.push(edit(4..4, "XY"));
        edits.push(edit(6..9, ""));
        edits.push(edit(12..12, "!"));
        for (chunk, limit) in [("0123", 3), ("45678", 7), ("9ab", 12), ("", 12)] {
            let input = sink.feed(Bytes::from_static(chunk.as_bytes()));
            out.extend_from_slice(&sink.release(input, limit, &mut edits, |_| {}));
        }
        assert_eq!(out, b"0123XY459ab!");
    }
}
