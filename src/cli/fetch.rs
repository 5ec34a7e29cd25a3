//! One page over HTTP, for the subcommands that take an address: what a browser would get as the document.

use super::CliError;
use crate::gateway::decode::{Decoder, Limits};
use crate::head::coding;
use http::{Method, header};
use pingora::connectors::http::Connector;
use pingora::http::{RequestHeader, ResponseHeader};
use pingora::prelude::HttpPeer;
use std::net::ToSocketAddrs;
use std::time::Duration;
use url::Url;

/// The most bytes that are read of a page, decoded.
const MOST: usize = 64 << 20;
/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Fetches a page. Redirects are not followed: the page that is asked for is the one that is explained.
pub(super) fn fetch(url: &Url) -> Result<Vec<u8>, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(get(url)).map_err(|error| format!("{url}: {error}").into())
}

async fn get(url: &Url) -> Result<Vec<u8>, CliError> {
    let peer = peer(url)?;
    let connector: Connector = Connector::new(None);
    let (mut session, _) = connector.get_http_session(&peer).await?;
    session.set_read_timeout(Some(PATIENCE));
    session.write_request_header(Box::new(request(url)?)).await?;
    session.finish_request_body().await?;
    session.read_response_header().await?;
    let head = session.response_header().ok_or("the answer has no head")?.clone();
    let mut decoder = check(&head)?;
    let mut page = Vec::new();
    while let Some(chunk) = session.read_response_body().await? {
        decoder.decode(&chunk, &mut page)?;
        if page.len() > MOST {
            return Err(format!("the page is larger than {MOST} bytes").into());
        }
    }
    decoder.finish()?;
    Ok(page)
}

fn peer(url: &Url) -> Result<HttpPeer, CliError> {
    let tls = match url.scheme() {
        "http" => false,
        "https" => true,
        other => return Err(format!("`{other}` is not http or https").into()),
    };
    let host = url.host_str().ok_or("the address has no host")?.trim_matches(['[', ']']);
    let port = url.port_or_known_default().ok_or("the address has no port")?;
    let address = (host, port).to_socket_addrs()?.next().ok_or("the host does not resolve")?;
    let mut peer = HttpPeer::new(address, tls, host.to_owned());
    peer.options.connection_timeout = Some(PATIENCE);
    peer.options.total_connection_timeout = Some(PATIENCE);
    Ok(peer)
}

fn request(url: &Url) -> Result<RequestHeader, CliError> {
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = RequestHeader::build(Method::GET, target.as_bytes(), None)?;
    let host = url.host_str().unwrap_or_default();
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    request.insert_header(header::HOST, host)?;
    request.insert_header(header::ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")?;
    request.insert_header(header::ACCEPT_ENCODING, "gzip, br, zstd")?;
    request.insert_header(header::USER_AGENT, concat!("consentry/", env!("CARGO_PKG_VERSION")))?;
    Ok(request)
}

/// The decoder of the answer's coding, if the answer is a page.
fn check(head: &ResponseHeader) -> Result<Decoder, CliError> {
    if head.status.is_redirection() {
        let to = head.headers.get(header::LOCATION).map(|l| String::from_utf8_lossy(l.as_bytes()).into_owned());
        return Err(format!("redirects to {}; ask for that", to.unwrap_or_default()).into());
    }
    let codings = coding::of_response(&head.headers).ok_or("comes in a content coding that cannot be undone")?;
    Ok(Decoder::new(&codings, Limits::default()))
}
