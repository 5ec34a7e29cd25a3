//! Filter lists in the syntax of ad blockers (EasyList and its kind), as a further source of rules at run time.
//!
//! A list is asked last, after a site's own rules and the catalogue: what it names belongs to one service that is called
//! like the list, in the category that the site chose for it. Its exceptions (`@@`) are obeyed within it. Rules that hide
//! elements are nothing for a gateway: they are counted and passed over. The matching is the `adblock` crate's, in builds
//! with the feature `lists`.

use crate::policy::reference::{Base, Target};
use crate::policy::variant::hex;
use sha2::{Digest, Sha256};
use std::fmt;

#[cfg(feature = "lists")]
mod engine;
#[cfg(not(feature = "lists"))]
#[path = "list/absent.rs"]
mod engine;

/// What a reference is fetched as: filter rules may be for one kind only (`$script`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fetch {
    /// A script.
    Script,
    /// A picture.
    Image,
    /// A style sheet.
    Style,
    /// A typeface.
    Font,
    /// A document in a frame.
    Frame,
    /// Sound or video.
    Media,
    /// A plug-in's content.
    Object,
    /// A beacon, `a ping`.
    Ping,
    /// `fetch`, `XMLHttpRequest` and what is fetched for them.
    Data,
    /// Anything else, or nobody knows.
    Other,
}

impl Fetch {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Script,
        Self::Image,
        Self::Style,
        Self::Font,
        Self::Frame,
        Self::Media,
        Self::Object,
        Self::Ping,
        Self::Data,
        Self::Other,
    ];

    /// The word for people and programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Image => "image",
            Self::Style => "style",
            Self::Font => "font",
            Self::Frame => "frame",
            Self::Media => "media",
            Self::Object => "object",
            Self::Ping => "ping",
            Self::Data => "data",
            Self::Other => "other",
        }
    }
}

/// What was found in a list's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListCounts {
    /// Rules for requests, exceptions among them.
    pub rules: usize,
    /// Rules that hide elements: passed over.
    pub cosmetic: usize,
    /// Lines that are no rule that we know; comments and headers are not counted.
    pub unusable: usize,
}

/// A list, compiled.
pub(crate) struct List {
    engine: engine::Engine,
    digest: String,
    counts: ListCounts,
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("digest", &self.digest).field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl List {
    /// Compiles a list; a line that is wrong is left out and counted. Some tenths of a second for fifty thousand rules.
    /// `Err`: this build has no matcher.
    pub(crate) fn new(text: &str) -> Result<Self, &'static str> {
        let (engine, counts) = engine::Engine::new(text)?;
        Ok(Self { engine, counts, digest: Self::digest_of(text) })
    }

    /// Whether the list names this reference on a page of this base, and excepts it nowhere. Some allocations and about
    /// two microseconds: only sites with lists pay, and only for references that no other rule knows.
    pub(crate) fn names(&self, target: &Target<'_>, base: &Base, fetch: Fetch) -> bool {
        self.engine.names(target, base, fetch)
    }

    /// 16 hex digits of its text.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// The digest that a list of this text has.
    pub(crate) fn digest_of(text: &str) -> String {
        hex(&Sha256::digest(text), 8)
    }

    pub(crate) fn counts(&self) -> ListCounts {
        self.counts
    }
}
