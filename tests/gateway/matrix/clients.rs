//! The clients of the matrix: one connection of each version, kept for as long as the gateway keeps it.

use super::Version;
use crate::common::gateway::{Gateway, NAVIGATION};
use crate::common::h1::{self, Client};
use crate::common::h2c::Session;
use crate::common::message::{Answer, End, Framing};
use http::Request;
use std::net::SocketAddr;

/// One client of each version.
pub(super) struct Clients {
    address: SocketAddr,
    http1: Option<Client>,
    http2: Option<Session>,
    runtime: tokio::runtime::Runtime,
}

impl Clients {
    pub(super) fn of(gateway: &Gateway) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { address: gateway.address, http1: None, http2: None, runtime }
    }

    /// Asks with these lines besides those of a person who follows a link. `None`: the stream ended before a head, which
    /// only HTTP/2 may do.
    pub(super) fn ask(&mut self, version: Version, method: &str, url: (&str, &str), more: &[&str]) -> Option<Answer> {
        let (host, path) = url;
        let host = format!("Host: {host}");
        let fields: Vec<&str> = [host.as_str()].into_iter().chain(NAVIGATION).chain(more.iter().copied()).collect();
        match version {
            Version::Http10 => Some(self.ask_http10(method, path, &fields)),
            Version::Http11 => Some(self.ask_http11(method, path, &fields)),
            Version::Http2 => self.ask_http2(method, url, &fields[1..]),
        }
    }

    /// The gateway closes behind the answer: nothing was said of keeping the connection.
    fn ask_http10(&self, method: &str, path: &str, fields: &[&str]) -> Answer {
        let mut client = Client::connect(self.address);
        let request = String::from_utf8(h1::request(method, path, fields)).unwrap();
        client.send(request.replacen("HTTP/1.1", "HTTP/1.0", 1));
        let answer = client.answer(method);
        assert!(client.is_closed(), "the connection stays, or there is more behind the body");
        answer
    }

    /// A body that is longer than its framing says would be read as the next answer's head.
    fn ask_http11(&mut self, method: &str, path: &str, fields: &[&str]) -> Answer {
        let mut client = self.http1.take().unwrap_or_else(|| Client::connect(self.address));
        let answer = client.ask(method, path, fields);
        let closes = answer.get("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if answer.end != End::Complete || answer.framing == Framing::Close || closes {
            assert!(client.is_closed(), "the connection stays behind {:?}", answer.end);
        } else {
            self.http1 = Some(client);
        }
        answer
    }

    /// A stream that is reset leaves the connection for the next.
    fn ask_http2(&mut self, method: &str, (host, path): (&str, &str), fields: &[&str]) -> Option<Answer> {
        let request = Request::builder().method(method).uri(format!("http://{host}{path}"));
        let pairs = fields.iter().map(|line| line.split_once(": ").unwrap());
        let request = pairs.fold(request, |request, (name, value)| request.header(name, value)).body(()).unwrap();
        let (address, session) = (self.address, &mut self.http2);
        let asked = self.runtime.block_on(async {
            tokio::time::timeout(crate::common::PATIENCE, async {
                let session = match session {
                    Some(session) => session,
                    None => session.insert(Session::connect(address).await),
                };
                session.try_ask(request).await
            })
            .await
        });
        match asked.expect("waited in vain for HTTP/2") {
            Ok(answer) => Some(answer),
            Err(error) => {
                assert!(error.is_reset(), "the connection is lost: {error}");
                None
            }
        }
    }

    /// After something unexpected, new connections.
    pub(super) fn renew(&mut self) {
        (self.http1, self.http2) = (None, None);
    }
}
