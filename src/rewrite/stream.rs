//! The page's bytes on their way: fed to the parser (or the scanner), judged, held where a judgement needs more, spliced.

use super::amp::Amp;
use super::charset::{Charset, Gate, is_unreadable_label};
use super::css::Css;
use super::deep::{Deep, Ground};
use super::desync::{Sync, Tracker};
use super::handlers::{Event, Kind, Space};
use super::hold::{ATTRIBUTES, Holds, Window};
use super::inject::{Inject, is_amp};
use super::judge::{Judge, Need, Place};
use super::noscript::Noscript;
use super::parse::Parse;
use super::said::Sort;
use super::scanner::Scanner;
use super::script::Code;
use super::sink::Sink;
use super::tag::Tag;
use super::texts::Texts;
use super::{Page, RewriteError, prescan};
use crate::policy::{FailureAction, FailureReason, Label};
use bytes::Bytes;

/// How often a parser may be started anew in one page: each start costs a few microseconds.
const RESTARTS: u32 = 64;

/// The most bytes that are kept for the scanner where the parser may stop (pitfall 55).
const KEPT: usize = 64 << 10;

/// Who reads the page.
enum Engine {
    /// Nobody yet: the encoding is not known.
    Waiting(Gate),
    Parse(Box<Parse>),
    Scan(Scanner),
    /// The site chose to let the rest through as it is.
    Pass,
    Failed(RewriteError),
}

/// What to do after some events.
enum Outcome {
    GoOn,
    Restart(usize),
    Fail(FailureReason, usize),
}

/// One page being rewritten.
pub(crate) struct Stream {
    engine: Engine,
    sink: Sink,
    pub(crate) judge: Judge,
    holds: Holds,
    noscript: Option<Noscript>,
    texts: Texts,
    css: Css,
    deep: Deep,
    /// Only where the page says that it is AMP.
    amp: Option<Amp>,
    inject: Inject,
    tracker: Tracker,
    /// The end of the last tag that was judged.
    judged: usize,
    /// Open `template` elements: a `base` in them is not the document's.
    templates: u32,
    /// A `meta` may still change the encoding.
    tentative: bool,
    /// Offsets of line feeds, when traced.
    lines: Vec<usize>,
    received: usize,
}

impl Stream {
    pub(crate) fn new(mut page: Page) -> Self {
        let engine = Engine::Waiting(Gate::new(page.charset));
        let inject = Inject::new(page.snippet.take());
        Self {
            engine,
            sink: Sink::default(),
            judge: Judge::new(page),
            holds: Holds::default(),
            noscript: None,
            texts: Texts::default(),
            css: Css::default(),
            deep: Deep::default(),
            amp: None,
            inject,
            tracker: Tracker::default(),
            judged: 0,
            templates: 0,
            tentative: false,
            lines: Vec::new(),
            received: 0,
        }
    }

    /// Takes the next bytes, the last ones if `is_last`, and gives those that may leave.
    pub(crate) fn write(&mut self, chunk: Bytes, is_last: bool) -> Result<Bytes, RewriteError> {
        self.note_lines(&chunk);
        let chunk = match &mut self.engine {
            Engine::Failed(error) => return Err(*error),
            Engine::Waiting(gate) => match gate.feed(chunk, is_last) {
                None => return Ok(Bytes::new()),
                Some((charset, all)) => {
                    self.begin(charset)?;
                    all
                }
            },
            _ => chunk,
        };
        let input = self.sink.feed(chunk);
        let window = Window { bytes: input.bytes(), start: self.sink.start(), is_last };
        self.advance(window).inspect_err(|error| self.engine = Engine::Failed(*error))?;
        let limit = self.limit(window);
        let Judge { edits, report, page, .. } = &mut self.judge;
        let trace = page.trace;
        let out = self.sink.release(input, limit, edits, |edit| {
            if trace {
                report.edits.push(edit);
            }
        });
        self.place_findings(is_last);
        Ok(out)
    }

    /// How many of the origin's bytes have left.
    pub(crate) fn released(&self) -> usize {
        self.sink.start()
    }

    fn begin(&mut self, charset: Charset) -> Result<(), RewriteError> {
        self.judge.encoding = charset.encoding;
        self.tentative = charset.tentative;
        self.engine = Engine::Parse(Box::new(Parse::from(0)));
        if charset.is_readable() {
            self.inject.set_meta(charset.meta);
            return Ok(());
        }
        self.fail(FailureReason::BadCharset, 0).inspect_err(|error| self.engine = Engine::Failed(*error))
    }

    /// Reads the window to its end.
    fn advance(&mut self, window: Window<'_>) -> Result<(), RewriteError> {
        self.scan_noscript(window);
        while let Engine::Parse(parse) = &mut self.engine {
            let fed = parse.write(window.from(parse.fed()));
            let fed = if window.is_last { fed.and_then(|()| parse.end()) } else { fed };
            let events = parse.events();
            let behind = parse.given_back();
            let mut outcome = self.events(&events, window, behind);
            self.texts.update(window, window.start);
            if let (Outcome::GoOn, Err(reason)) = (&outcome, fed) {
                // An error does not say where it is. Behind the last judged tag in any chunking, where those bytes were
                // kept.
                let kept = reason == FailureReason::Ambiguity;
                outcome = Outcome::Fail(reason, self.judged.max(if kept { window.start } else { behind }));
            }
            match outcome {
                Outcome::GoOn => {
                    if let Engine::Parse(parse) = &mut self.engine {
                        parse.recycle(events);
                    }
                    break;
                }
                Outcome::Restart(at) => self.restart(at)?,
                Outcome::Fail(reason, at) => self.fail(reason, at)?,
            }
        }
        if let Engine::Scan(scanner) = &mut self.engine {
            scanner.scan(window, &mut self.judge, &mut self.holds);
        }
        self.overlong()?;
        self.holds.settle(&mut self.judge, window);
        if !matches!(self.engine, Engine::Pass) {
            self.search(window);
            self.overlong()?;
            self.inject.settle(window, &mut self.judge);
        }
        Ok(())
    }

    fn events(&mut self, events: &[Event], window: Window<'_>, behind: usize) -> Outcome {
        for event in events {
            match self.tracker.observe(event, window) {
                Sync::Fine => {}
                Sync::Restart(at) => return Outcome::Restart(at),
                Sync::Lost(at) => return Outcome::Fail(FailureReason::Desync, at),
            }
            self.texts.observe(event, self.tracker.is_in_foreign(), window);
            self.inject.observe(event, self.tracker.is_in_foreign(), window, &mut self.judge);
            self.judged = event.end;
            if let Some(reason) = self.event(event, window) {
                return Outcome::Fail(reason, event.end);
            }
        }
        match self.tracker.cdata(behind, window) {
            Some(at) => Outcome::Fail(FailureReason::Desync, at),
            None => Outcome::GoOn,
        }
    }

    fn event(&mut self, event: &Event, window: Window<'_>) -> Option<FailureReason> {
        let is_html = event.space == Space::Html;
        match event.kind {
            Kind::Template if event.is_end => self.templates = self.templates.saturating_sub(1),
            Kind::Template => self.templates += 1,
            Kind::Base if self.templates > 0 => {}
            Kind::Script | Kind::Iframe | Kind::Img | Kind::Image | Kind::Link | Kind::Base => {
                self.judge_tag(event, window)
            }
            Kind::Noscript if is_html => {
                let (tag, place) = self.tag(event, window);
                let label = self.judge.said(&tag, place, Sort::Other).label;
                self.noscript = Some(Noscript::new(event.end, label));
                self.scan_noscript(window);
            }
            Kind::Html if self.amp.is_none() && is_amp(&self.tag(event, window).0) => {
                self.amp = Some(Amp::from(event.end))
            }
            Kind::Meta if is_html => {
                self.judge_tag(event, window);
                if !self.tentative {
                    return None;
                }
                let label = prescan::charset_label(&self.tag(event, window).0);
                if label.is_some_and(|label| is_unreadable_label(&label)) {
                    return Some(FailureReason::BadCharset);
                }
            }
            _ => {}
        }
        None
    }

    fn tag<'b>(&self, event: &Event, window: Window<'b>) -> (Tag<'b>, Place) {
        let foreign = Some(event.space == Space::Foreign);
        let place = Place { offset: event.start, foreign, outer: Label::Absent };
        (Tag::scan(window.between(event.start, event.end), ATTRIBUTES), place)
    }

    fn judge_tag(&mut self, event: &Event, window: Window<'_>) {
        let (tag, place) = self.tag(event, window);
        if self.judge.tag(event.kind, &tag, place) == Need::Nothing {
            return;
        }
        if event.self_closing && event.space == Space::Foreign {
            self.judge.script_with_text(&tag, place, Code { text: b"", end: None });
        } else {
            self.holds.add(&mut self.judge, window, &tag, place, event.end);
        }
    }

    /// Looks for what the parser does not watch in the bytes that it is done with.
    fn search(&mut self, window: Window<'_>) {
        // What is kept for the scanner is searched by its rules, should it take over.
        let read = self.kept(window).map_or(self.read(window), |kept| kept.min(self.read(window)));
        self.texts.update(window, window.start);
        self.css.scan(window, read, &self.texts, &mut self.judge);
        let lost = self.judge.report.taken_over.map(|(_, at)| at);
        self.deep.scan(window, Ground { texts: &self.texts, read, lost }, &mut self.judge);
        if let Some(amp) = &mut self.amp {
            amp.scan(window, self.deep.searched(), &self.texts, &mut self.judge);
        }
    }

    fn scan_noscript(&mut self, window: Window<'_>) {
        if let Some(noscript) = &mut self.noscript
            && !noscript.scan(window, &mut self.judge, &mut self.holds)
        {
            self.noscript = None;
        }
    }

    /// A new parser, which is right from `at` on.
    fn restart(&mut self, at: usize) -> Result<(), RewriteError> {
        if self.judge.report.resynchronised >= RESTARTS {
            return self.fail(FailureReason::Desync, at);
        }
        self.judge.report.resynchronised += 1;
        self.tracker = Tracker::anew();
        self.templates = 0;
        self.engine = Engine::Parse(Box::new(Parse::from(at)));
        Ok(())
    }

    /// Leaves the parser at `at`, as the site chose for this reason (D13).
    fn fail(&mut self, reason: FailureReason, at: usize) -> Result<(), RewriteError> {
        self.judge.report.fail(reason);
        match self.judge.page.site.on_failure.action(reason) {
            FailureAction::Scan if reason.can_scan() => {
                self.judge.report.taken_over = Some((reason, at));
                self.texts.end_at(at);
                self.engine = Engine::Scan(Scanner::from(at));
                Ok(())
            }
            FailureAction::Pass => {
                self.engine = Engine::Pass;
                Ok(())
            }
            FailureAction::Scan | FailureAction::Abort => Err(RewriteError { reason }),
        }
    }

    /// If a tag was longer than is waited for, or in more others than are looked at: as the site chose (D13).
    fn overlong(&mut self) -> Result<(), RewriteError> {
        if !std::mem::take(&mut self.judge.overlong) {
            return Ok(());
        }
        let reason = FailureReason::Cap;
        self.judge.report.fail(reason);
        match self.judge.page.site.on_failure.action(reason) {
            FailureAction::Scan => {}
            FailureAction::Pass => self.engine = Engine::Pass,
            FailureAction::Abort => return Err(RewriteError { reason }),
        }
        Ok(())
    }

    /// The offset up to which bytes may leave.
    fn limit(&self, window: Window<'_>) -> usize {
        if window.is_last {
            return window.end();
        }
        let doubt = self.tracker.holds_from().filter(|_| matches!(self.engine, Engine::Parse(_)));
        let kept = self.kept(window);
        let noscript = self.noscript.as_ref().map(Noscript::holds_from);
        let amp = self.amp.as_ref().and_then(Amp::holds_from);
        let searched = [self.css.holds_from(), self.deep.holds_from(), amp].into_iter().flatten().min();
        let holds = [doubt, kept, noscript, searched, self.holds.first(), self.inject.holds_from()];
        holds.into_iter().flatten().fold(self.read(window), usize::min)
    }

    /// The offset from which bytes are kept where the parser may stop.
    fn kept(&self, window: Window<'_>) -> Option<usize> {
        let may_stop = matches!(self.engine, Engine::Parse(_)) && self.tracker.is_guarded();
        may_stop.then(|| self.judged.max(window.end().saturating_sub(KEPT)))
    }

    /// The offset before which no tag is cut in two.
    fn read(&self, window: Window<'_>) -> usize {
        match &self.engine {
            Engine::Parse(parse) => parse.given_back(),
            Engine::Scan(scanner) => scanner.read(),
            _ => window.end(),
        }
    }

    fn note_lines(&mut self, chunk: &[u8]) {
        if self.judge.page.trace {
            let received = self.received;
            self.lines.extend(memchr::memchr_iter(b'\n', chunk).map(|at| received + at));
            self.received += chunk.len();
        }
    }

    fn place_findings(&mut self, is_last: bool) {
        if is_last && self.judge.page.trace {
            let findings = &mut self.judge.report.findings;
            findings.sort_by_key(|finding| finding.offset);
            for finding in findings {
                finding.line = 1 + self.lines.partition_point(|line| *line < finding.offset);
            }
        }
    }
}
