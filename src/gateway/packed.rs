//! Our own files, compressed once for everybody: scripts and rules are the same bytes for as long as they have their tag.

use super::Shared;
use super::encode::Encoder;
use crate::collect::response::ApiResponse;
use crate::config::{CompressedPages, Levels};
use crate::head::coding::{Accepted, Coding};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, ETAG, VARY};
use http::{HeaderValue, StatusCode};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, PoisonError, RwLock};

/// What is shorter gains nothing: it is one packet either way.
const WORTH_IT: usize = 1024;

/// How many files are kept: the scripts, and for each site the rules of some versions, in three codings. When there are
/// more all are forgotten.
const MOST: usize = 512;

/// As small as it gets: it is done once, and nobody waits for it.
const LEVELS: Levels = Levels { gzip: 9, br: 11, zstd: 19 };

/// For who comes before that is done: a millisecond for the largest of our files.
const AT_ONCE: Levels = Levels { gzip: 5, br: 4, zstd: 3 };

/// Compressed files by their tag; `None` while one is being compressed, and where the library failed.
#[derive(Debug, Default)]
pub struct Packed(RwLock<HashMap<(HeaderValue, Coding), Option<Bytes>>>);

impl Packed {
    /// The file in this coding, if it is there. The first who asks sets the work going, and gets what is made at once like all who
    /// come before it is done: what waits for our scripts is the page.
    fn get(self: &Arc<Self>, tag: &HeaderValue, coding: Coding, plain: &Bytes) -> Option<Bytes> {
        let key = (tag.clone(), coding);
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        if self.is_first(key.clone()) {
            let (this, plain) = (Arc::clone(self), plain.clone());
            tokio::task::spawn_blocking(move || match compressed(coding, &plain) {
                Ok(bytes) => this.put(key, bytes.into()),
                Err(error) => log::error!("a file of ours cannot be compressed: {error}"),
            });
        }
        None
    }

    /// Whether nobody has set the work going yet; from now on somebody has.
    fn is_first(&self, key: (HeaderValue, Coding)) -> bool {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        match all.entry(key) {
            Entry::Occupied(_) => false,
            Entry::Vacant(entry) => {
                entry.insert(None);
                true
            }
        }
    }

    fn put(&self, key: (HeaderValue, Coding), bytes: Bytes) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, Some(bytes));
    }
}

/// PERF: gzip, which is all that browsers take without TLS, by a compressor that searches: a twentieth smaller, for a quarter of a
/// second in the background.
fn compressed(coding: Coding, plain: &[u8]) -> std::io::Result<Vec<u8>> {
    if coding != Coding::Gzip {
        return Encoder::new(coding, LEVELS)?.finish(plain);
    }
    let mut bytes = Vec::new();
    zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, plain, &mut bytes)?;
    Ok(bytes)
}

/// Compresses the answer, if it is a file that has a tag and the client takes a coding.
pub(super) fn pack(shared: &Shared, accepted: Accepted, answer: &mut ApiResponse) {
    let Some(tag) = answer.headers.get(ETAG).cloned() else { return };
    if shared.config.compression.pages == CompressedPages::Never {
        return;
    }
    answer.headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    let is_worth_it = answer.status == StatusCode::OK && answer.body.len() > WORTH_IT;
    let Some(coding) = accepted.smallest().filter(|_| is_worth_it) else { return };
    let at_once = || Encoder::new(coding, AT_ONCE)?.finish(&answer.body).map(Bytes::from);
    let Some(bytes) = shared.packed.get(&tag, coding, &answer.body).or_else(|| at_once().ok()) else { return };
    answer.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    answer.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    // The same file in other bytes: the tag is the file's, and now a weak one (RFC 9110 §8.8.1).
    if let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()) {
        answer.headers.insert(ETAG, weak);
    }
    answer.body = bytes;
}
