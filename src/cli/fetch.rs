//! Requests of the subcommands that take an address, and of the operator's pages: what a browser would get as the document.

use super::CliError;
use crate::gateway::decode::{Decoder, Limits};
use crate::gateway::fetch;
use crate::head::coding;
use http::{HeaderMap, Method, StatusCode, header};
use pingora::http::RequestHeader;
use pingora::prelude::HttpPeer;
use std::time::Duration;
use url::Url;

/// The most bytes that are read of a page, coded and decoded.
pub(crate) const MOST: usize = 64 << 20;
/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is asked for, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    /// The page's address.
    pub(super) url: &'a Url,
    /// The server to ask instead of the address's own.
    pub(super) at: Option<&'a Url>,
    /// Further fields, in place of those of the same name.
    pub(super) fields: &'a [(&'a str, &'a str)],
    /// The most bytes of the body, coded and decoded.
    pub(super) most: usize,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Decoded.
    pub(super) body: Vec<u8>,
}

/// Fetches a page. Redirects are not followed: the page that is asked for is the one that is explained.
pub(super) fn fetch(url: &Url) -> Result<Vec<u8>, CliError> {
    let answer = ask(&Ask { url, at: None, fields: &[], most: MOST })?;
    if answer.status.is_redirection() {
        let to = answer.headers.get(header::LOCATION).map(|l| String::from_utf8_lossy(l.as_bytes()).into_owned());
        return Err(format!("{url}: redirects to {}; ask for that", to.unwrap_or_default()).into());
    }
    Ok(answer.body)
}

/// Asks once.
pub(super) fn ask(ask: &Ask<'_>) -> Result<Answer, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(get(ask)).map_err(|error| format!("{}: {error}", ask.at.unwrap_or(ask.url)).into())
}

/// The same for who waits for other things too. Each step has an end, all of them together have none: that is the caller's.
pub(super) async fn get(ask: &Ask<'_>) -> Result<Answer, CliError> {
    let peer = peer(ask.at.unwrap_or(ask.url)).await?;
    let (head, coded) = fetch::fetch(&peer, request(ask)?, ask.most).await?;
    let codings = coding::of_response(&head.headers).ok_or("comes in a content coding that cannot be undone")?;
    let mut decoder = Decoder::new(&codings, Limits { per_call: ask.most, ..Limits::default() });
    let mut body = Vec::new();
    decoder.decode(&coded, &mut body)?;
    decoder.finish()?;
    Ok(Answer { status: head.status, headers: head.headers.clone(), body })
}

async fn peer(url: &Url) -> Result<HttpPeer, CliError> {
    let tls = match url.scheme() {
        "http" => false,
        "https" => true,
        other => return Err(format!("`{other}` is not http or https").into()),
    };
    let host = url.host_str().ok_or("the address has no host")?.trim_matches(['[', ']']);
    let port = url.port_or_known_default().ok_or("the address has no port")?;
    let address = tokio::net::lookup_host((host, port)).await?.next().ok_or("the host does not resolve")?;
    let mut peer = HttpPeer::new(address, tls, host.to_owned());
    peer.options.connection_timeout = Some(PATIENCE);
    peer.options.total_connection_timeout = Some(PATIENCE);
    Ok(peer)
}

fn request(ask: &Ask<'_>) -> Result<RequestHeader, CliError> {
    let url = ask.url;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = RequestHeader::build(Method::GET, target.as_bytes(), None)?;
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    request.insert_header(header::HOST, host)?;
    request.insert_header(header::ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")?;
    request.insert_header(header::ACCEPT_ENCODING, "gzip, br, zstd")?;
    request.insert_header(header::USER_AGENT, concat!("consentry/", env!("CARGO_PKG_VERSION")))?;
    for (name, value) in ask.fields {
        request.insert_header((*name).to_owned(), *value)?;
    }
    Ok(request)
}
