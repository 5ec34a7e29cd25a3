//! A client that speaks HTTP/1 byte by byte and says how each message was framed and how it ended.

use super::PATIENCE;
use super::message::{Answer, End, Fields, Framing, Head};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

/// A TCP or TLS connection.
pub trait Wire: Read + Write + Send {}
impl<T: Read + Write + Send> Wire for T {}

/// One connection.
pub struct Client {
    stream: BufReader<Box<dyn Wire>>,
    socket: Option<TcpStream>,
    /// What is left of the body that is being read piece by piece.
    rest: Rest,
}

#[derive(Debug, Clone, Copy)]
enum Rest {
    Length(usize),
    Chunks,
    Close,
    Ended(End),
}

impl Client {
    /// Connects over TCP.
    pub fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        let copy = socket.try_clone().unwrap();
        Self { socket: Some(copy), ..Self::over(socket) }
    }

    /// Speaks over a connection that is there already.
    pub fn over(stream: impl Wire + 'static) -> Self {
        Self { stream: BufReader::new(Box::new(stream)), socket: None, rest: Rest::Ended(End::Complete) }
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).unwrap();
    }

    /// Sends bytes; the peer may have gone.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(bytes.as_ref())?;
        stream.flush()
    }

    /// Says that nothing more will be sent.
    pub fn shut(&self) {
        self.socket.as_ref().unwrap().shutdown(Shutdown::Write).unwrap();
    }

    /// Reads one head, 1xx as well; `None`: the connection ended before it.
    pub fn head(&mut self) -> Option<Head> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            match self.stream.read_until(b'\n', &mut bytes) {
                Ok(0) => {
                    assert!(bytes.is_empty(), "half a head: {}", String::from_utf8_lossy(&bytes));
                    return None;
                }
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::ConnectionReset && bytes.is_empty() => return None,
                Err(e) => panic!("no head: {e}; so far {}", String::from_utf8_lossy(&bytes)),
            }
        }
        let mut lines = bytes.split(|b| *b == b'\n').map(|line| line.trim_ascii_end());
        let line = String::from_utf8(lines.next().unwrap().to_vec()).unwrap();
        let (version, rest) = line.split_once(' ').unwrap_or_else(|| panic!("no status line: {line}"));
        let status = rest.get(..3).and_then(|s| s.parse().ok()).unwrap_or_else(|| panic!("no status: {line}"));
        Some(Head { version: version.to_owned(), status, fields: Fields::parse(lines) })
    }

    /// Begins to read the body that belongs to this head.
    pub fn begin_body(&mut self, head: &Head, method: &str) -> Framing {
        let chunked = head.fields.all("transfer-encoding").iter().any(|te| te.eq_ignore_ascii_case("chunked"));
        let lengths = head.fields.all("content-length");
        let framing = match head.status {
            _ if method == "HEAD" => Framing::None,
            101 => Framing::Close,
            100..=199 | 204 | 304 => Framing::None,
            _ if chunked => {
                assert!(lengths.is_empty(), "both Transfer-Encoding and Content-Length: {head:?}");
                Framing::Chunked
            }
            _ if lengths.is_empty() => Framing::Close,
            _ => {
                assert_eq!(lengths.len(), 1, "several Content-Length: {head:?}");
                Framing::Length(lengths[0].parse().unwrap())
            }
        };
        self.rest = match framing {
            Framing::None => Rest::Ended(End::Complete),
            Framing::Length(length) => Rest::Length(length),
            Framing::Chunked => Rest::Chunks,
            Framing::Close | Framing::Frames => Rest::Close,
        };
        framing
    }

    /// The next bytes of the body; `Err` is its end.
    pub fn piece(&mut self) -> Result<Vec<u8>, End> {
        match self.rest {
            Rest::Ended(end) => Err(end),
            Rest::Length(0) => self.ended(End::Complete),
            Rest::Length(left) => match self.some(left) {
                Some(piece) => {
                    self.rest = Rest::Length(left - piece.len());
                    Ok(piece)
                }
                None => self.ended(End::Truncated),
            },
            Rest::Close => match self.some(usize::MAX) {
                Some(piece) => Ok(piece),
                None => self.ended(End::Closed),
            },
            Rest::Chunks => self.chunk(),
        }
    }

    fn ended(&mut self, end: End) -> Result<Vec<u8>, End> {
        self.rest = Rest::Ended(end);
        Err(end)
    }

    /// Up to `most` bytes as they come; `None` at the end of the connection.
    fn some(&mut self, most: usize) -> Option<Vec<u8>> {
        let bytes = match self.stream.fill_buf() {
            Ok(bytes) => bytes,
            Err(e) if matches!(e.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => return None,
            Err(e) => panic!("no bytes: {e}"),
        };
        if bytes.is_empty() {
            return None;
        }
        let piece = bytes[..bytes.len().min(most)].to_vec();
        self.stream.consume(piece.len());
        Some(piece)
    }

    fn chunk(&mut self) -> Result<Vec<u8>, End> {
        let Some(line) = self.line() else { return self.ended(End::Truncated) };
        let size = line.split(';').next().unwrap().trim();
        let size = usize::from_str_radix(size, 16).unwrap_or_else(|_| panic!("no chunk size: {line:?}"));
        if size == 0 {
            while let Some(line) = self.line() {
                if line.is_empty() {
                    return self.ended(End::Complete);
                }
            }
            return self.ended(End::Truncated);
        }
        let mut piece = Vec::with_capacity(size);
        while piece.len() < size {
            match self.some(size - piece.len()) {
                Some(bytes) => piece.extend(bytes),
                // What came of the cut chunk is told, its end next time.
                None => {
                    self.rest = Rest::Ended(End::Truncated);
                    return Ok(piece);
                }
            }
        }
        match self.line() {
            Some(line) => assert!(line.is_empty(), "no end of a chunk: {line:?}"),
            None => self.rest = Rest::Ended(End::Truncated),
        }
        Ok(piece)
    }

    /// A line without its end; `None` when the connection ended in it.
    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.stream.read_until(b'\n', &mut line) {
            Ok(_) if line.ends_with(b"\n") => {}
            Ok(_) => return None,
            Err(e) if matches!(e.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => return None,
            Err(e) => panic!("no line: {e}"),
        }
        Some(String::from_utf8(line).unwrap().trim_end().to_owned())
    }

    /// Reads the body until it contains `wanted`; what came so far.
    pub fn body_until(&mut self, wanted: &str) -> Vec<u8> {
        let mut body = Vec::new();
        while !String::from_utf8_lossy(&body).contains(wanted) {
            match self.piece() {
                Ok(piece) => body.extend(piece),
                Err(end) => panic!("{end:?} before {wanted:?}: {}", String::from_utf8_lossy(&body)),
            }
        }
        body
    }

    /// The rest of the body and how it ended.
    pub fn body(&mut self) -> (Vec<u8>, End) {
        let mut body = Vec::new();
        loop {
            match self.piece() {
                Ok(piece) => body.extend(piece),
                Err(end) => return (body, end),
            }
        }
    }

    /// Reads a whole answer to a request with this method; `None`: the connection ended before its head.
    pub fn try_answer(&mut self, method: &str) -> Option<Answer> {
        let mut informational = Vec::new();
        let head = loop {
            let head = self.head()?;
            if !(100..=199).contains(&head.status) || head.status == 101 {
                break head;
            }
            informational.push(head);
        };
        let framing = self.begin_body(&head, method);
        let (body, end) = if head.status == 101 { (Vec::new(), End::Complete) } else { self.body() };
        Some(Answer { informational, head, body, framing, end, trailers: Fields::default() })
    }

    /// Reads a whole answer.
    pub fn answer(&mut self, method: &str) -> Answer {
        self.try_answer(method).expect("the connection ended before an answer")
    }

    /// Asks and reads the answer. `fields` are lines; `Host: test.example` is there unless one of them says another.
    pub fn ask(&mut self, method: &str, target: &str, fields: &[&str]) -> Answer {
        self.send(request(method, target, fields));
        self.answer(method)
    }

    /// The raw bytes of an upgraded connection.
    pub fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Whether the peer has closed: nothing more comes.
    pub fn is_closed(&mut self) -> bool {
        self.some(1).is_none()
    }
}

/// A request without a body, as bytes.
pub fn request(method: &str, target: &str, fields: &[&str]) -> Vec<u8> {
    let mut text = format!("{method} {target} HTTP/1.1\r\n");
    if !fields.iter().any(|field| field.to_ascii_lowercase().starts_with("host:")) {
        text.push_str("Host: test.example\r\n");
    }
    for field in fields {
        text.push_str(field);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}
