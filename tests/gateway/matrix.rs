//! Every version of HTTP on both sides, every coding, everything that can become of a page, every way to ask for it: the
//! framing is right, the bytes are those of the page rewritten without any coding, and what is not whole never looks so.
//!
//! HTTP/1.0 has no way to tell a page that was cut from one that ended: without a coding, all that can be held there is
//! that no length is told, that the connection closes, and that the bytes are not the page's.

mod checks;
mod clients;
mod origins;

use crate::common::gateway::Gateway;
use clients::Clients;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
    Http2,
}

/// What the origin speaks, and how it frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Http1Length,
    Http1Chunked,
    Http2,
}

/// How the page comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Coding {
    Identity,
    Gzip,
    Br,
    Zstd,
    Deflate,
}

/// What becomes of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shape {
    /// It gets longer: a tag is made inert.
    Grows,
    /// It gets shorter: a tag comes alive.
    Shrinks,
    Same,
    /// A coding of nothing.
    Empty,
    /// Not a byte.
    Nothing,
    /// The message ends before its end.
    Cut,
    /// The coding ends before its end, in a whole message.
    CutCoding,
    /// The coding is no such coding, or the framing no framing.
    Corrupt,
    /// What is broken in the three before, whole.
    Long,
}

/// How it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Get,
    Head,
    Range,
    /// `If-None-Match` with the tag of the page as this visitor has it.
    IfOwn,
    /// With the tag of the page as somebody without an answer has it.
    IfOther,
}

const VERSIONS: [Version; 3] = [Version::Http10, Version::Http11, Version::Http2];
const ASKS: [Ask; 5] = [Ask::Get, Ask::Head, Ask::Range, Ask::IfOwn, Ask::IfOther];
/// What the client takes, in what order of liking: each coding is the first once.
const WANTED: [Option<&str>; 4] =
    [None, Some("gzip, br;q=0.9, zstd;q=0.8"), Some("gzip;q=0.9, br, zstd;q=0.8"), Some("gzip, br, zstd")];

impl Way {
    const ALL: [Self; 3] = [Self::Http1Length, Self::Http1Chunked, Self::Http2];

    /// The site whose origin speaks so.
    const fn host(self) -> &'static str {
        match self {
            Self::Http1Length | Self::Http1Chunked => "one.example",
            Self::Http2 => "two.example",
        }
    }
}

impl Coding {
    const ALL: [Self; 5] = [Self::Identity, Self::Gzip, Self::Br, Self::Zstd, Self::Deflate];

    const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Br => "br",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }
}

impl Shape {
    const ALL: [Self; 9] = [
        Self::Grows,
        Self::Shrinks,
        Self::Same,
        Self::Empty,
        Self::Nothing,
        Self::Cut,
        Self::CutCoding,
        Self::Corrupt,
        Self::Long,
    ];

    /// Whether the origin gives all of it.
    const fn is_whole(self) -> bool {
        !matches!(self, Self::Cut | Self::CutCoding | Self::Corrupt)
    }
}

/// A page as one client asks one origin for it: its address is its own, so that what the gateway remembers of a page
/// begins anew, and the page is read, compared and known within the ways to ask.
#[derive(Debug, Clone, Copy)]
struct Group {
    version: Version,
    /// Which of [`WANTED`].
    wanted: usize,
    way: Way,
    coding: Coding,
    shape: Shape,
}

impl Group {
    /// All that there are: plain bytes have no coding that could be cut or be one of nothing, and a length no form that
    /// could be corrupt.
    fn all() -> impl Iterator<Item = Self> {
        let versions = VERSIONS.into_iter().flat_map(|version| (0..WANTED.len()).map(move |wanted| (version, wanted)));
        let ways = versions.flat_map(|(version, wanted)| Way::ALL.map(|way| (version, wanted, way)));
        let codings = ways.flat_map(|at| Coding::ALL.map(|coding| (at, coding)));
        let shapes = codings.flat_map(|(at, coding)| Shape::ALL.map(|shape| (at, coding, shape)));
        let groups = shapes.map(|((version, wanted, way), coding, shape)| Self { version, wanted, way, coding, shape });
        groups.filter(|group| match group.shape {
            Shape::Empty | Shape::CutCoding => group.coding != Coding::Identity,
            Shape::Corrupt => group.coding != Coding::Identity || group.way != Way::Http1Length,
            _ => true,
        })
    }

    fn path(&self) -> String {
        let Self { version, wanted, way, coding, shape } = self;
        format!("/{way:?}/{coding:?}/{shape:?}/{version:?}/{wanted}")
    }
}

/// 3 clients that want 4 things; each origin has 36 coded pages, and 6 plain ones with a length or 7 without.
const CELLS: usize = 3 * 4 * (3 * 36 + 6 + 7 + 7) * ASKS.len();

#[test]
fn p01_p04_p12_p22_p34_p37_p47_every_version_coding_page_and_way_to_ask() {
    let (one, two) = (origins::http1(), origins::http2());
    let config = format!(
        "rules = \"rules\"\n[origins.one]\nurl = \"http://{}\"\n[origins.two]\nurl = \"http://{}\"\nhttp2 = true\n",
        one.address, two.address
    );
    let site = |name: &str| format!("format = 1\nhosts = [\"{name}.example\"]\norigin = \"{name}\"\ninject = false\n");
    let files = [("rules/sites/one.toml", site("one")), ("rules/sites/two.toml", site("two"))];
    let gateway = Gateway::configured(&config, &[], &files.each_ref().map(|(name, text)| (*name, text.as_str())));
    let mut bench = checks::Bench::new(&gateway, Clients::of(&gateway));
    let (mut cells, mut failed) = (0, Vec::new());
    for group in Group::all() {
        bench.begin(group);
        for ask in ASKS {
            cells += 1;
            if let Err(reason) = catch_unwind(AssertUnwindSafe(|| bench.check(ask))) {
                let reason = reason.downcast_ref::<String>().cloned().unwrap_or_default();
                failed.push(format!("{group:?} {ask:?}: {reason}"));
                bench.clients.renew();
            }
        }
    }
    let first: Vec<&str> = failed.iter().take(20).map(String::as_str).collect();
    assert!(failed.is_empty(), "{} of {cells} cells failed; the first:\n{}", failed.len(), first.join("\n"));
    assert_eq!(cells, CELLS, "cells that ran");
    // A page that breaks early is an error without a head of its own: then nothing of a cut was seen.
    assert_eq!(bench.cut.len(), VERSIONS.len() * Way::ALL.len(), "only {:?} saw a page that was cut", bench.cut);
}
