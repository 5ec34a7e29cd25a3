//! Which encoding the page's bytes are in, before anything is judged (pitfalls 73-75).
//!
//! A byte order mark beats the response head, that beats a `meta` in the first 1,024 bytes, and else it is
//! windows-1252. We touch no text, so it matters for three things: pages whose markup cannot be read as ASCII are
//! refused, non-ASCII host names are decoded, and the page's own charset `meta` is put before the snippet (D11).

use super::prescan::{self, Declared};
use bytes::{Bytes, BytesMut};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::ops::Range;

/// How far browsers look for a `meta`.
pub(crate) const PRESCAN: usize = 1024;

/// The page's own declaration, to be copied before the snippet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CharsetMeta {
    /// Where the tag is.
    pub(crate) range: Range<usize>,
    /// The tag.
    pub(crate) bytes: Box<[u8]>,
}

/// What is known when the first byte is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Charset {
    /// The encoding.
    pub(crate) encoding: &'static Encoding,
    /// Only a `meta` says it.
    pub(crate) meta: Option<CharsetMeta>,
    /// Neither head nor byte order mark said it: a `meta` behind the prescan may still change it.
    pub(crate) tentative: bool,
}

impl Charset {
    /// Whether markup in it can be read byte by byte as ASCII.
    pub(crate) fn is_readable(&self) -> bool {
        self.encoding.is_ascii_compatible()
    }
}

/// Holds the first bytes until the encoding is known: not at all when the response head says it (but for a possible
/// byte order mark), else up to 1,024 bytes or to the first charset `meta`.
#[derive(Debug)]
pub(crate) struct Gate {
    declared: Option<&'static Encoding>,
    held: BytesMut,
}

impl Gate {
    /// `declared` is what the response head says.
    pub(crate) fn new(declared: Option<&'static Encoding>) -> Self {
        Self { declared, held: BytesMut::new() }
    }

    /// Takes the next bytes; gives the charset and all bytes so far as soon as it is known, at the latest at the end.
    pub(crate) fn feed(&mut self, chunk: Bytes, is_end: bool) -> Option<(Charset, Bytes)> {
        let all = if self.held.is_empty() {
            chunk
        } else {
            self.held.extend_from_slice(&chunk);
            std::mem::take(&mut self.held).freeze()
        };
        match self.decide(&all, is_end) {
            Some(charset) => Some((charset, all)),
            None => {
                self.held = all.try_into_mut().unwrap_or_else(|all| BytesMut::from(all.as_ref()));
                None
            }
        }
    }

    fn decide(&self, all: &[u8], is_end: bool) -> Option<Charset> {
        if let Some((encoding, _)) = Encoding::for_bom(all) {
            return Some(Charset { encoding, meta: None, tentative: false });
        }
        if !is_end && may_become_bom(all) {
            return None;
        }
        if let Some(encoding) = self.declared {
            return Some(Charset { encoding, meta: None, tentative: false });
        }
        let first = all.get(..PRESCAN.min(all.len())).unwrap_or_default();
        match prescan::declared(first) {
            Some(Declared { encoding, meta }) => {
                let meta = meta.and_then(|range| {
                    let bytes = first.get(range.clone())?.into();
                    Some(CharsetMeta { range, bytes })
                });
                Some(Charset { encoding, meta, tentative: true })
            }
            None if is_end || all.len() >= PRESCAN => {
                let encoding =
                    if std::str::from_utf8(all).is_ok_and(|text| !text.is_ascii()) { UTF_8 } else { WINDOWS_1252 };
                Some(Charset { encoding, meta: None, tentative: true })
            }
            None => None,
        }
    }
}

/// Whether these few bytes begin a byte order mark.
fn may_become_bom(all: &[u8]) -> bool {
    all.is_empty() || [b"\xEF\xBB\xBF".as_slice(), b"\xFF\xFE", b"\xFE\xFF"].iter().any(|bom| bom.starts_with(all))
}

/// Whether a late `meta` says an encoding that would make browsers read the page again, and in which markup cannot be
/// read as ASCII. A `meta` that says UTF-16 means UTF-8 (HTML, 13.2.3.5).
pub(crate) fn is_unreadable_label(label: &[u8]) -> bool {
    Encoding::for_label(label).is_some_and(|e| !e.is_ascii_compatible() && e != UTF_16LE && e != UTF_16BE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{GBK, ISO_2022_JP, SHIFT_JIS};

    fn whole(declared: Option<&'static Encoding>, text: &[u8]) -> Charset {
        Gate::new(declared).feed(Bytes::copy_from_slice(text), true).unwrap().0
    }

    #[test]
    fn p73_bom_beats_head_beats_meta() {
        let meta = b"<meta charset=gbk>";
        assert_eq!(whole(None, meta).encoding, GBK);
        assert_eq!(whole(Some(SHIFT_JIS), meta).encoding, SHIFT_JIS);
        assert_eq!(whole(Some(SHIFT_JIS), b"\xEF\xBB\xBF<meta charset=gbk>").encoding, UTF_8);
        assert_eq!(whole(None, b"<p>x").encoding, WINDOWS_1252);
        assert_eq!(whole(None, "<p>ä".as_bytes()).encoding, UTF_8);
    }

    #[test]
    fn p74_what_cannot_be_read_is_found() {
        assert!(!whole(None, b"\xFF\xFE<\0s\0").is_readable());
        assert!(!whole(Some(UTF_8), b"\xFE\xFF\0<\0s").is_readable());
        assert!(!whole(Some(UTF_16LE), b"<p>").is_readable());
        assert!(!whole(None, b"<meta charset=iso-2022-jp>").is_readable());
        assert!(!whole(None, b"<\0?\0x\0m\0l\0").is_readable());
        assert!(whole(None, b"<meta charset=utf-16le>").is_readable(), "a meta that says UTF-16 means UTF-8");
        assert!(whole(None, b"<meta charset=utf-7>").is_readable(), "no browser knows it");
        assert_eq!(whole(Some(ISO_2022_JP), b"\xEF\xBB\xBFx").encoding, UTF_8);
        assert!(is_unreadable_label(b"csiso2022jp") && !is_unreadable_label(b"utf-16"));
    }

    #[test]
    fn p75_waits_for_a_meta_no_longer_than_the_prescan() {
        let mut gate = Gate::new(None);
        assert!(gate.feed(Bytes::from_static(b"<html><head><meta char"), false).is_none());
        let (charset, all) = gate.feed(Bytes::from_static(b"set=utf-8><title>"), false).unwrap();
        assert_eq!(all.as_ref(), b"<html><head><meta charset=utf-8><title>");
        assert_eq!(charset.meta.unwrap().range, 12..32);
        let mut gate = Gate::new(None);
        assert!(gate.feed(Bytes::from(vec![b' '; PRESCAN - 1]), false).is_none());
        assert_eq!(gate.feed(Bytes::from_static(b"<p>"), false).unwrap().0.meta, None);
        assert!(Gate::new(Some(UTF_8)).feed(Bytes::from_static(b"<"), false).is_some());
        assert!(Gate::new(Some(UTF_8)).feed(Bytes::from_static(b"\xEF"), false).is_none());
    }
}
