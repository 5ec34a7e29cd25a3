//! A scripted origin: exact bytes out, everything that came in kept.

use super::PATIENCE;
use super::message::Fields;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A request as it reached the origin.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Which connection it came on, from 0.
    pub connection: usize,
    /// Which request of that connection, from 0.
    pub turn: usize,
    /// The request line's parts.
    pub method: String,
    /// As it stood in the request line.
    pub target: String,
    /// Its fields.
    pub fields: Fields,
    /// Its body, framing undone; empty until the script read it.
    pub body: Vec<u8>,
}

/// What happens to the connection after a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next request is read from it.
    Keep,
    /// It is closed.
    Close,
}

/// The connection, as a script has it.
pub struct Exchange {
    stream: BufReader<TcpStream>,
    log: Arc<Mutex<Vec<Seen>>>,
    at: usize,
}

impl Exchange {
    /// Sends bytes as they are; a peer that has gone is not the script's concern.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let stream = self.stream.get_mut();
        stream.write_all(bytes.as_ref()).and_then(|()| stream.flush()).is_ok()
    }

    /// Reads the request's body, by its framing.
    pub fn body(&mut self, request: &Seen) -> Vec<u8> {
        let mut body = Vec::new();
        if request.fields.get("transfer-encoding").is_some() {
            while let Some(chunk) = self.chunk() {
                body.extend(chunk);
            }
        } else if let Some(length) = request.fields.get("content-length") {
            body.resize(length.parse().unwrap(), 0);
            self.stream.read_exact(&mut body).unwrap();
        }
        self.log.lock().unwrap()[self.at].body.clone_from(&body);
        body
    }

    /// One chunk of a chunked body; `None` is the last.
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let size = usize::from_str_radix(line.trim(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk).unwrap();
        chunk.truncate(size);
        if size == 0 { None } else { Some(chunk) }
    }

    /// Some bytes as they come; empty at the end.
    pub fn some(&mut self) -> Vec<u8> {
        let bytes = self.stream.fill_buf().map(<[u8]>::to_vec).unwrap_or_default();
        self.stream.consume(bytes.len());
        bytes
    }
}

type Script = dyn Fn(&Seen, &mut Exchange) -> Next + Send + Sync;

/// A server on a free port of loopback; it ends with the test's process.
pub struct Origin {
    /// Where it listens.
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
}

impl Origin {
    /// Runs the script for every request; the request's body is the script's to read.
    pub fn scripted(script: impl Fn(&Seen, &mut Exchange) -> Next + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = Self { address: listener.local_addr().unwrap(), log: Arc::default(), connections: Arc::default() };
        let (log, connections, script) = (origin.log.clone(), origin.connections.clone(), Arc::new(script));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let number = connections.fetch_add(1, Ordering::SeqCst);
                let (log, script) = (log.clone(), script.clone());
                std::thread::spawn(move || serve(number, stream, log, &*script));
            }
        });
        origin
    }

    /// Answers every request, after its body, with these bytes, and keeps the connection.
    pub fn answering(answer: impl Fn(&Seen) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::scripted(move |request, exchange| {
            exchange.body(request);
            if exchange.send(answer(request)) { Next::Keep } else { Next::Close }
        })
    }

    /// Answers every request with this page and Content-Length.
    pub fn page(html: impl Into<Vec<u8>>) -> Self {
        let html = html.into();
        Self::answering(move |request| ok(request, &["Content-Type: text/html; charset=utf-8"], &html))
    }

    /// Everything that was asked so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().clone()
    }

    /// The last that was asked.
    pub fn last(&self) -> Seen {
        self.seen().pop().expect("nothing reached the origin")
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(connection: usize, stream: TcpStream, log: Arc<Mutex<Vec<Seen>>>, script: &Script) {
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE * 2)).unwrap();
    let mut exchange = Exchange { stream: BufReader::new(stream), log, at: 0 };
    for turn in 0.. {
        let Some(seen) = read_head(&mut exchange.stream, connection, turn) else { return };
        {
            let mut log = exchange.log.lock().unwrap();
            exchange.at = log.len();
            log.push(seen.clone());
        }
        if script(&seen, &mut exchange) == Next::Close {
            return;
        }
    }
}

fn read_head(stream: &mut BufReader<TcpStream>, connection: usize, turn: usize) -> Option<Seen> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read_until(b'\n', &mut bytes).ok()? == 0 {
            return None;
        }
    }
    let mut lines = bytes.split(|b| *b == b'\n').map(|line| line.trim_ascii_end());
    let line = String::from_utf8(lines.next()?.to_vec()).ok()?;
    let mut parts = line.split(' ');
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    Some(Seen { connection, turn, method, target, fields: Fields::parse(lines), body: Vec::new() })
}

/// A response with Content-Length; without the body when the request is a HEAD.
pub fn ok(request: &Seen, fields: &[&str], body: &[u8]) -> Vec<u8> {
    response(request, "200 OK", fields, body)
}

/// The same with any status line.
pub fn response(request: &Seen, status: &str, fields: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = head(status, fields);
    bytes.truncate(bytes.len() - 2);
    bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
    if request.method != "HEAD" {
        bytes.extend(body);
    }
    bytes
}

/// A response's head alone.
pub fn head(status: &str, fields: &[&str]) -> Vec<u8> {
    let lines: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{lines}\r\n").into_bytes()
}

/// One chunk of a chunked body; an empty one is the last.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}
