//! Sends checkpoints to whoever keeps them elsewhere, one after another, each until it is taken. Nothing waits for it.

use super::fetch::{FetchError, send};
use bytes::Bytes;
use http::{Method, StatusCode, header};
use pingora::http::RequestHeader;
use pingora::prelude::HttpPeer;
use std::time::Duration;
use tokio::sync::mpsc;
use url::Url;

/// Checkpoints that may wait. One more is left out: a later one covers what it covers.
pub(super) const QUEUE: usize = 1_000;

/// Before the second try, and at most before any other.
const WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(300)];

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The most that is read of what comes back.
const MOST: usize = 64 << 10;

#[derive(Debug, thiserror::Error)]
enum PostError {
    #[error("its name does not resolve")]
    NoAddress,
    #[error("it answers {0}")]
    Refused(StatusCode),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("{0}")]
    Request(#[from] Box<pingora::Error>),
}

/// Until nobody sends any more, and all that were sent are taken. The address may hold a secret: only its host is in the log.
pub(super) async fn run(url: Url, mut lines: mpsc::Receiver<String>) {
    let host = url.host_str().unwrap_or_default().to_owned();
    while let Some(line) = lines.recv().await {
        let [mut wait, most] = WAITS;
        let mut is_failing = false;
        while let Err(error) = post(&url, &line).await {
            if !is_failing {
                log::warn!("{host} does not take a checkpoint, and it is tried again until it does: {error}");
            }
            is_failing = true;
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2).min(most);
        }
        if is_failing {
            log::info!("{host} takes checkpoints again");
        }
    }
}

async fn post(url: &Url, line: &str) -> Result<(), PostError> {
    let head = send(&peer(url).await?, request(url, line.len())?, Bytes::from(line.to_owned()), MOST).await?;
    if head.status.is_success() { Ok(()) } else { Err(PostError::Refused(head.status)) }
}

async fn peer(url: &Url) -> Result<HttpPeer, PostError> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().ok_or(PostError::NoAddress)?;
    let mut found = tokio::net::lookup_host((host, port)).await.map_err(|_| PostError::NoAddress)?;
    let address = found.next().ok_or(PostError::NoAddress)?;
    let mut peer = HttpPeer::new(address, url.scheme() == "https", host.to_owned());
    peer.options.connection_timeout = Some(PATIENCE);
    peer.options.total_connection_timeout = Some(PATIENCE);
    Ok(peer)
}

fn request(url: &Url, length: usize) -> Result<RequestHeader, PostError> {
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = RequestHeader::build(Method::POST, target.as_bytes(), None)?;
    let host = url.host_str().unwrap_or_default();
    request.insert_header(header::HOST, url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))?;
    request.insert_header(header::CONTENT_TYPE, "application/json")?;
    request.insert_header(header::CONTENT_LENGTH, length.to_string())?;
    request.insert_header(header::USER_AGENT, concat!("consentry/", env!("CARGO_PKG_VERSION")))?;
    Ok(request)
}
