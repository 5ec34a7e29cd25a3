//! The door of the room: one page in, the same page out but for what is not allowed.

use super::known::Replay;
use super::memory::{Memory, Plan, Watch};
use super::stream::Stream;
use super::{Page, Report, RewriteError};
use bytes::Bytes;
use std::sync::Arc;

/// Rewrites one page while it streams. One-shot.
///
/// Memory: what is held back (an unfinished tag, an inline script up to 256 kB, the first 1,024 bytes of a page whose
/// response head has no charset) and the parser's own state, capped. Cost: about 5 µs to make, then the parser's; a page
/// that came word for word before costs a comparison instead.
pub struct Rewriter {
    mode: Mode,
    /// With a memory: for the parser, should it take over, and for the record.
    page: Option<Page>,
    memory: Option<(Arc<Memory>, u64)>,
    watch: Option<Watch>,
    /// What a replayed page's report is made of.
    replayed: Report,
    /// How many bytes of the parser's output have left already.
    skip: usize,
    is_finished: bool,
}

enum Mode {
    Parse(Box<Stream>),
    Replay(Replay),
}

impl Rewriter {
    /// A rewriter for one page.
    pub fn new(page: Page) -> Self {
        Self::with(Mode::Parse(Box::new(Stream::new(page))), None, None, None)
    }

    /// A rewriter that knows the pages of `memory` and adds to it. `key` is the page's address, hashed: another page under
    /// the same key costs time, nothing else.
    pub fn with_memory(page: Page, memory: &Arc<Memory>, key: u64) -> Self {
        let (mode, watch) = match memory.plan(key, &page) {
            Plan::Leave => return Self::new(page),
            Plan::Replay(known) => (Mode::Replay(Replay::new(known)), None),
            Plan::Watch(watch) => (Mode::Parse(Box::new(Stream::new(page.clone()))), Some(watch)),
        };
        Self::with(mode, Some(page), Some((Arc::clone(memory), key)), watch)
    }

    fn with(mode: Mode, page: Option<Page>, memory: Option<(Arc<Memory>, u64)>, watch: Option<Watch>) -> Self {
        Self { mode, page, memory, watch, replayed: Report::default(), skip: 0, is_finished: false }
    }

    /// Takes the origin's next bytes and gives those that may leave; perhaps none. Untouched chunks are not copied.
    ///
    /// # Errors
    /// The site's rules say to abort; whatever comes later is an error too.
    pub fn write(&mut self, chunk: Bytes) -> Result<Bytes, RewriteError> {
        if self.is_finished || chunk.is_empty() {
            return Ok(Bytes::new());
        }
        if let Some(watch) = &mut self.watch {
            watch.see(&chunk);
        }
        if let (Mode::Replay(replay), Some(page)) = (&mut self.mode, &self.page) {
            if let Some(out) = replay.write(page, &chunk) {
                return Ok(out);
            }
            let first = self.take_over()?;
            let second = self.parse(chunk, false)?;
            return Ok(joined(first, second));
        }
        self.parse(chunk, false)
    }

    /// The origin's body has ended: gives what is left. Idempotent: a second call gives nothing (pitfall 2).
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn finish(&mut self) -> Result<Bytes, RewriteError> {
        if std::mem::replace(&mut self.is_finished, true) {
            return Ok(Bytes::new());
        }
        let mut first = Bytes::new();
        if let (Mode::Replay(replay), Some(page)) = (&mut self.mode, &self.page) {
            if let Some(out) = replay.finish(page, &mut self.replayed) {
                return Ok(out);
            }
            first = self.take_over()?;
        }
        let last = self.parse(Bytes::new(), true)?;
        if let (Some(watch), Some((memory, _)), Some(page)) = (self.watch.take(), &self.memory, &self.page) {
            memory.learn(watch, page);
        }
        Ok(joined(first, last))
    }

    /// What was done so far; of a page that was known, only once it has ended.
    pub fn report(&self) -> &Report {
        match &self.mode {
            Mode::Parse(stream) => &stream.judge.report,
            Mode::Replay(_) => &self.replayed,
        }
    }

    /// What was done, when it is over.
    pub fn into_report(self) -> Report {
        match self.mode {
            Mode::Parse(mut stream) => std::mem::take(&mut stream.judge.report),
            Mode::Replay(_) => self.replayed,
        }
    }

    fn parse(&mut self, chunk: Bytes, is_last: bool) -> Result<Bytes, RewriteError> {
        let Mode::Parse(stream) = &mut self.mode else { return Ok(Bytes::new()) };
        let mut out = stream.write(chunk, is_last)?;
        let skipped = self.skip.min(out.len());
        self.skip -= skipped;
        Ok(out.split_off(skipped))
    }

    /// The page is not the known one after all: the parser reads it from its beginning. What has left already is the
    /// beginning of the parser's output, whatever pieces it is given (CORRECTNESS: a property of the stream, tested).
    fn take_over(&mut self) -> Result<Bytes, RewriteError> {
        let (Mode::Replay(replay), Some(page)) = (&self.mode, &self.page) else { return Ok(Bytes::new()) };
        if let Some((memory, key)) = &self.memory {
            memory.forget(*key);
        }
        let (prefix, emitted) = (replay.prefix(), replay.emitted);
        self.mode = Mode::Parse(Box::new(Stream::new(page.clone())));
        self.skip = emitted;
        if prefix.is_empty() { Ok(prefix) } else { self.parse(prefix, false) }
    }
}

fn joined(first: Bytes, second: Bytes) -> Bytes {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => second,
        (_, true) => first,
        _ => [first, second].concat().into(),
    }
}

impl std::fmt::Debug for Rewriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rewriter").field("is_finished", &self.is_finished).finish_non_exhaustive()
    }
}
