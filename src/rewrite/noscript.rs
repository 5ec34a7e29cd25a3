//! `noscript`: text to a browser that runs scripts and to our parser, live to everyone else (pitfall 66).
//!
//! The element is never renamed: each blocked reference in its raw text is disarmed in place, by the scanner.

use super::hold::{Holds, Window};
use super::judge::Judge;
use super::rawtext::TextEnd;
use super::scanner::Scanner;
use crate::policy::Label;

/// The `noscript` that is being read.
#[derive(Debug)]
pub(crate) struct Noscript {
    end: TextEnd,
    scanner: Scanner,
}

impl Noscript {
    /// One whose start tag ends at `text`.
    pub(crate) const fn new(text: usize, label: Label) -> Self {
        Self { end: TextEnd::new(b"noscript", text), scanner: Scanner::of_noscript(text, label) }
    }

    /// Reads what has come; `false` when its end was reached.
    pub(crate) fn scan(&mut self, window: Window<'_>, judge: &mut Judge, holds: &mut Holds) -> bool {
        let found = self.end.find(window);
        let end = found.unwrap_or(self.end.read());
        let from = window.start;
        let part = Window { bytes: window.between(from, end), start: from, is_last: found.is_some() || window.is_last };
        self.scanner.scan(part, judge, holds);
        if part.is_last {
            // A script in it ends with it.
            holds.settle(judge, part);
        }
        found.is_none()
    }

    /// The offset from which bytes must not leave yet.
    pub(crate) fn holds_from(&self) -> usize {
        self.scanner.read().min(self.end.read())
    }
}
