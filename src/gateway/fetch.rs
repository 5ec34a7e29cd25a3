//! One request of our own, and its whole answer: for the operator's doors, not for visitors.

use bytes::Bytes;
use pingora::connectors::http::Connector;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::prelude::HttpPeer;
use std::time::Duration;

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The connection, TLS, or the other side's HTTP.
    #[error("{0}")]
    Http(#[from] Box<pingora::Error>),
    /// It ended before the head.
    #[error("the answer has no head")]
    NoHead,
    /// More bytes than are read.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
}

/// Asks, and reads at most `most` bytes of body, as they were coded. Redirects are answers like others.
///
/// # Errors
/// See [`FetchError`].
pub async fn fetch(
    peer: &HttpPeer,
    request: RequestHeader,
    most: usize,
) -> Result<(ResponseHeader, Vec<u8>), FetchError> {
    exchange(peer, request, None, most).await
}

/// Sends a body, whose length the request names, and reads as [`fetch`] does.
///
/// # Errors
/// See [`FetchError`].
pub async fn send(
    peer: &HttpPeer,
    request: RequestHeader,
    body: Bytes,
    most: usize,
) -> Result<ResponseHeader, FetchError> {
    exchange(peer, request, Some(body), most).await.map(|(head, _)| head)
}

async fn exchange(
    peer: &HttpPeer,
    request: RequestHeader,
    sent: Option<Bytes>,
    most: usize,
) -> Result<(ResponseHeader, Vec<u8>), FetchError> {
    let connector: Connector = Connector::new(None);
    let (mut session, _) = connector.get_http_session(peer).await?;
    session.set_read_timeout(Some(PATIENCE));
    session.write_request_header(Box::new(request)).await?;
    if let Some(sent) = sent {
        session.write_request_body(sent, true).await?;
    }
    session.finish_request_body().await?;
    session.read_response_header().await?;
    let mut head = session.response_header().ok_or(FetchError::NoHead)?.clone();
    while head.status.is_informational() {
        session.read_response_header().await?;
        head = session.response_header().ok_or(FetchError::NoHead)?.clone();
    }
    let mut body = Vec::new();
    while let Some(chunk) = session.read_response_body().await? {
        if body.len().saturating_add(chunk.len()) > most {
            return Err(FetchError::TooLarge(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((head, body))
}
