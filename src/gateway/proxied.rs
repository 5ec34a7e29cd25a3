//! Listeners on which every connection begins with a PROXY protocol header: a load balancer of the operator's own passes
//! connections on as they are, and says whose they are (haproxy.org/download/2.9/doc/proxy-protocol.txt).
//!
//! PINGORA: its hook for this runs before TLS alone (`pingora-core` 0.9.1, `listeners/mod.rs`, `UninitializedStream::
//! handshake`). Without TLS the header is read by a wrapper of the application, before its first byte.

use super::{Gateway, Shared};
use async_trait::async_trait;
use pingora::apps::ServerApp;
use pingora::listeners::PreTlsProcess;
use pingora::prelude::{Error, ErrorType, Result};
use pingora::protocols::l4::socket::SocketAddr;
use pingora::protocols::l4::stream::Stream as Connection;
use pingora::protocols::{GetSocketDigest, SocketDigest, Stream, UniqueID};
use pingora::proxy::HttpProxy;
use pingora::server::ShutdownWatch;
use proxy_header::{ParseConfig, Protocol, ProxyHeader};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};

/// How long a header may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest header of version 1, with its line end.
const LINE_MAX: usize = 107;

/// The fixed part of a header of version 2; its last two bytes say how much follows.
const FIXED: usize = 16;

/// The most that may follow: addresses, and what a balancer tells of TLS.
const REST_MAX: usize = 4_096;

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Refused {
    /// It comes from nobody who is known.
    #[error("a PROXY protocol header is believed from trusted_peers alone")]
    Untrusted,
    /// It does not begin with a header, or with one that makes no sense.
    #[error("the connection does not begin with a PROXY protocol header")]
    Malformed,
    /// Nothing came, or not the whole.
    #[error("no PROXY protocol header came")]
    Missing,
}

impl Refused {
    const fn name(self) -> &'static str {
        match self {
            Self::Untrusted => "untrusted",
            Self::Malformed => "malformed",
            Self::Missing => "missing",
        }
    }
}

/// Reads the header of a connection, and makes its client the one that the header names.
#[derive(Debug, Clone)]
pub(super) struct Named(pub(super) Arc<Shared>);

impl Named {
    async fn read<S>(&self, stream: &mut S) -> Result<(), Refused>
    where
        S: AsyncRead + GetSocketDigest + UniqueID + Unpin + ?Sized,
    {
        let named = self.client(stream).await;
        if let Err(refused) = &named {
            self.0.metrics.proxied(refused.name());
        }
        if let Some(client) = named? {
            let digest = SocketDigest::from_raw_fd(stream.id());
            // The cell is new: nothing is in it.
            let _ = digest.peer_addr.set(Some(SocketAddr::Inet(client)));
            stream.set_socket_digest(digest);
        }
        Ok(())
    }

    /// `None` is the balancer itself: it asks whether we live.
    async fn client<S>(&self, stream: &mut S) -> Result<Option<std::net::SocketAddr>, Refused>
    where
        S: AsyncRead + GetSocketDigest + Unpin + ?Sized,
    {
        let digest = stream.get_socket_digest();
        let peer = digest.as_ref().and_then(|digest| digest.peer_addr()).and_then(|address| address.as_inet());
        if !peer.is_some_and(|peer| self.0.config.trusted_peers.contain(peer.ip())) {
            return Err(Refused::Untrusted);
        }
        let bytes = tokio::time::timeout(PATIENCE, header(stream)).await.map_err(|_| Refused::Missing)??;
        meaning(&bytes)
    }
}

/// The bytes of a header of either version, and none behind it.
async fn header<S: AsyncRead + Unpin + ?Sized>(stream: &mut S) -> Result<Vec<u8>, Refused> {
    let missing = |_: io::Error| Refused::Missing;
    let mut bytes = vec![stream.read_u8().await.map_err(missing)?];
    match bytes.first() {
        Some(b'P') => {
            while !bytes.ends_with(b"\r\n") {
                if bytes.len() >= LINE_MAX {
                    return Err(Refused::Malformed);
                }
                bytes.push(stream.read_u8().await.map_err(missing)?);
            }
        }
        Some(b'\r') => {
            bytes.resize(FIXED, 0);
            stream.read_exact(bytes.get_mut(1..).unwrap_or_default()).await.map_err(missing)?;
            let length = bytes.last_chunk().map_or(0, |length| usize::from(u16::from_be_bytes(*length)));
            if length > REST_MAX {
                return Err(Refused::Malformed);
            }
            bytes.resize(FIXED + length, 0);
            stream.read_exact(bytes.get_mut(FIXED..).unwrap_or_default()).await.map_err(missing)?;
        }
        _ => return Err(Refused::Malformed),
    }
    Ok(bytes)
}

/// The client that a header names; `None` where it says that the connection is the balancer's own.
fn meaning(bytes: &[u8]) -> Result<Option<std::net::SocketAddr>, Refused> {
    let (header, used) = ProxyHeader::parse(bytes, ParseConfig::default()).map_err(|_| Refused::Malformed)?;
    match header.proxied_address() {
        _ if used != bytes.len() => Err(Refused::Malformed),
        None => Ok(None),
        Some(address) if address.protocol == Protocol::Stream => Ok(Some(address.source)),
        Some(_) => Err(Refused::Malformed),
    }
}

/// Before TLS.
#[async_trait]
impl PreTlsProcess for Named {
    async fn process(&self, connection: &mut Connection) -> Result<()> {
        let refused = |refused: Refused| Error::explain(ErrorType::InvalidHTTPHeader, refused.to_string());
        self.read(connection).await.map_err(refused)
    }
}

/// The proxy on connections without TLS. Those with TLS have been read.
pub(super) struct Proxied {
    pub(super) proxy: Arc<HttpProxy<Gateway>>,
    pub(super) named: Named,
}

#[async_trait]
impl ServerApp for Proxied {
    /// The connection stays here to its end: a second request on it has no header.
    async fn process_new(self: &Arc<Self>, mut stream: Stream, shutdown: &ShutdownWatch) -> Option<Stream> {
        if stream.get_ssl_digest().is_none()
            && let Err(refused) = self.named.read(&mut *stream).await
        {
            log::debug!("a connection is closed: {refused}");
            return None;
        }
        let mut next = self.proxy.process_new(stream, shutdown).await;
        while let Some(stream) = next {
            next = self.proxy.process_new(stream, shutdown).await;
        }
        None
    }

    async fn cleanup(&self) {
        self.proxy.cleanup().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const V2: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

    /// What is read, and how much is left behind it.
    fn read(bytes: &[u8]) -> (Result<Option<std::net::SocketAddr>, Refused>, usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut rest = bytes;
        let header = runtime.block_on(header(&mut rest));
        (header.and_then(|bytes| meaning(&bytes)), rest.len())
    }

    fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [V2.as_slice(), &[command, family], &length, body].concat()
    }

    #[test]
    fn both_versions_name_the_client_and_nothing_behind_is_touched() {
        let inet = [203, 0, 113, 9, 10, 0, 0, 1, 0x1f, 0x90, 1, 0xbb];
        let client = "203.0.113.9:8080".parse().unwrap();
        for header in [
            b"PROXY TCP4 203.0.113.9 10.0.0.1 8080 443\r\n".to_vec(),
            v2(0x21, 0x11, &inet),
            // With what a balancer tells besides.
            v2(0x21, 0x11, &[&inet[..], &[0x04, 0, 3, 1, 2, 3]].concat()),
        ] {
            assert_eq!(read(&[&header[..], b"GET / HTTP/1.1"].concat()), (Ok(Some(client)), 14));
        }
        let six = read(b"PROXY TCP6 2001:db8::7 2001:db8::1 8080 443\r\n").0.unwrap().unwrap();
        assert_eq!(six.ip(), "2001:db8::7".parse::<std::net::IpAddr>().unwrap());
        for own in [b"PROXY UNKNOWN\r\n".to_vec(), v2(0x20, 0, &[])] {
            assert_eq!(read(&own), (Ok(None), 0));
        }
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for (bytes, refused) in [
            (b"GET / HTTP/1.1\r\n\r\n".to_vec(), Refused::Malformed),
            (b"\x16\x03\x01".to_vec(), Refused::Malformed),
            (b"POST / HTTP/1.1\r\n\r\n".to_vec(), Refused::Malformed),
            (b"PROXY TCP4 203.0.113.9 10.0.0.1 8080\r\n".to_vec(), Refused::Malformed),
            (b"PROXY TCP4 999.0.113.9 10.0.0.1 8080 443\r\n".to_vec(), Refused::Malformed),
            ([b"PROXY ".as_slice(), &[b'x'; 200]].concat(), Refused::Malformed),
            (v2(0x21, 0x12, &[203, 0, 113, 9, 10, 0, 0, 1, 0, 1, 0, 2]), Refused::Malformed),
            (v2(0x31, 0x11, &[203, 0, 113, 9, 10, 0, 0, 1, 0, 1, 0, 2]), Refused::Malformed),
            (v2(0x21, 0x11, &[1, 2, 3]), Refused::Malformed),
            (v2(0x21, 0x11, &[0; 5_000]), Refused::Malformed),
            (v2(0x21, 0x11, &[0; 12])[..20].to_vec(), Refused::Missing),
            (b"PROXY TCP4 203".to_vec(), Refused::Missing),
            (Vec::new(), Refused::Missing),
        ] {
            assert_eq!(read(&bytes).0, Err(refused), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(start in prop_oneof![Just(V2.to_vec()), Just(b"PROXY TCP4 ".to_vec()), Just(Vec::new())],
                          rest in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&[start, rest].concat());
        }
    }
}
