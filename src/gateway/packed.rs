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
use std::sync::{PoisonError, RwLock};

/// What is shorter gains nothing: it is one packet either way.
const WORTH_IT: usize = 1024;

/// How many files are kept: the scripts, and for each site the rules of some versions, in three codings. When there are
/// more all are forgotten.
const MOST: usize = 512;

/// Small, and done within some milliseconds: the first visitor waits for it.
const LEVELS: Levels = Levels { gzip: 9, br: 6, zstd: 9 };

/// Compressed files by their tag.
#[derive(Debug, Default)]
pub struct Packed(RwLock<HashMap<(HeaderValue, Coding), Bytes>>);

impl Packed {
    fn get(&self, key: &(HeaderValue, Coding)) -> Option<Bytes> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn add(&self, key: (HeaderValue, Coding), bytes: Bytes) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key, bytes);
    }
}

/// Compresses the answer, if it is a file that has a tag and the client takes a coding.
pub(super) async fn pack(shared: &Shared, accepted: Accepted, answer: &mut ApiResponse) {
    let Some(tag) = answer.headers.get(ETAG).cloned() else { return };
    if shared.config.compression.pages == CompressedPages::Never {
        return;
    }
    answer.headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    let Some(coding) = accepted.smallest().filter(|_| answer.status == StatusCode::OK && answer.body.len() > WORTH_IT)
    else {
        return;
    };
    let key = (tag, coding);
    let Some(bytes) = (match shared.packed.get(&key) {
        Some(bytes) => Some(bytes),
        None => {
            compressed(coding, answer.body.clone()).await.inspect(|bytes| shared.packed.add(key.clone(), bytes.clone()))
        }
    }) else {
        return;
    };
    answer.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    answer.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    // The same file in other bytes: the tag is the file's, and now a weak one (RFC 9110 §8.8.1).
    if let Ok(weak) = HeaderValue::from_bytes(&[b"W/", key.0.as_bytes()].concat()) {
        answer.headers.insert(ETAG, weak);
    }
    answer.body = bytes;
}

/// `None` where the library fails: the file then leaves as it is.
async fn compressed(coding: Coding, plain: Bytes) -> Option<Bytes> {
    let work = move || Encoder::new(coding, LEVELS)?.finish(&plain);
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(bytes)) => Some(bytes.into()),
        Ok(Err(error)) => {
            log::error!("a file of ours cannot be compressed: {error}");
            None
        }
        Err(error) => {
            log::error!("a file of ours cannot be compressed: {error}");
            None
        }
    }
}
