//! The origins of the matrix: one per protocol and framing, each with every page in every coding, told by the path.

use super::{Coding, Shape, Way};
use crate::common::coded::{brotli, deflate, gzip, zstd_checked};
use crate::common::h2c::{Asked, H2Origin, Reply};
use crate::common::origin::{Exchange, Next, Origin, Seen, chunk, head};
use crate::pages::{HTML, long, page, tagged};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

/// The tag of every page at the origins.
const TAG: &str = "\"v1\"";

/// A page's plain bytes. Those that are cut are long enough for some of it to be on its way by then.
pub(super) fn plain(shape: Shape) -> String {
    match shape {
        Shape::Grows => tagged(),
        Shape::Shrinks => {
            page("<script type=\"text/plain\" data-category=\"statistics\" data-src=\"/own/stats.js\"></script>")
        }
        Shape::Same => page("<p>Nothing to do here.</p>"),
        Shape::Empty | Shape::Nothing => String::new(),
        Shape::Cut | Shape::CutCoding | Shape::Corrupt | Shape::Long => long(20_000),
    }
}

/// What the origin sends: what it calls the body, and how much of that comes.
struct Body {
    bytes: Vec<u8>,
    sent: usize,
}

type Bodies = HashMap<(Coding, Shape), Arc<Body>>;

/// What was made once.
static BODIES: LazyLock<Mutex<Bodies>> = LazyLock::new(Mutex::default);

impl Body {
    fn of(coding: Coding, shape: Shape) -> Arc<Self> {
        BODIES.lock().unwrap().entry((coding, shape)).or_insert_with(|| Arc::new(Self::make(coding, shape))).clone()
    }

    fn make(coding: Coding, shape: Shape) -> Self {
        let plain = plain(shape).into_bytes();
        let mut bytes = match coding {
            _ if shape == Shape::Nothing => plain,
            Coding::Identity => plain,
            Coding::Gzip => gzip(&plain),
            Coding::Br => brotli(&plain),
            Coding::Zstd => zstd_checked(&plain),
            Coding::Deflate => deflate(&plain),
        };
        let half = bytes.len() / 2;
        match shape {
            Shape::CutCoding => bytes.truncate(half),
            Shape::Corrupt if coding != Coding::Identity => {
                bytes[half..half + 40].iter_mut().for_each(|byte| *byte ^= 0xa5);
            }
            _ => {}
        }
        let sent = if is_broken_in_framing(coding, shape) { half } else { bytes.len() };
        Self { bytes, sent }
    }

    /// What comes, in two pieces.
    fn pieces(&self) -> [&[u8]; 2] {
        let sent = &self.bytes[..self.sent];
        [&sent[..sent.len() / 3], &sent[sent.len() / 3..]]
    }
}

/// Whether the message itself is broken. Plain bytes cannot be corrupt: their framing is.
fn is_broken_in_framing(coding: Coding, shape: Shape) -> bool {
    shape == Shape::Cut || shape == Shape::Corrupt && coding == Coding::Identity
}

/// The page that a path names.
fn named(path: &str) -> (Way, Coding, Shape) {
    let mut parts = path.split('/').skip(1);
    let (way, coding, shape) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let is = |debug: String, name: &str| debug == name;
    (
        Way::ALL.into_iter().find(|known| is(format!("{known:?}"), way)).unwrap(),
        Coding::ALL.into_iter().find(|known| is(format!("{known:?}"), coding)).unwrap(),
        Shape::ALL.into_iter().find(|known| is(format!("{known:?}"), shape)).unwrap(),
    )
}

/// The fields of a page's head, but for its length.
fn fields(coding: Coding) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("content-type", HTML.trim_start_matches("Content-Type: ").to_owned()),
        ("etag", TAG.to_owned()),
        ("accept-ranges", "bytes".to_owned()),
        ("cache-control", "public, max-age=600".to_owned()),
        ("x-own", "kept".to_owned()),
    ];
    if coding != Coding::Identity {
        fields.push(("content-encoding", coding.name().to_owned()));
    }
    fields
}

/// What an origin says without its page: to a condition that holds, and to a range, which the gateway should not ask for.
fn short(condition: Option<&str>, range: bool) -> Option<(u16, Vec<(&'static str, String)>)> {
    if condition.is_some_and(|tags| tags.contains(TAG)) {
        return Some((304, vec![("etag", TAG.to_owned())]));
    }
    let fields = [("content-type", "text/html"), ("content-range", "bytes 5-9/99"), ("content-length", "0")];
    range.then(|| (206, fields.map(|(name, value)| (name, value.to_owned())).into()))
}

/// Speaks HTTP/1.1: a length or chunks, by the path.
pub(super) fn http1() -> Origin {
    Origin::scripted(|request, exchange| {
        let condition = request.fields.get("if-none-match");
        if let Some((status, fields)) = short(condition.as_deref(), request.fields.has("range")) {
            exchange.send(top(&format!("{status} Short"), &fields));
            return Next::Keep;
        }
        send(request, exchange)
    })
}

fn send(request: &Seen, exchange: &mut Exchange) -> Next {
    let (way, coding, shape) = named(&request.target);
    let (body, mut fields) = (Body::of(coding, shape), fields(coding));
    let chunked = way == Way::Http1Chunked;
    fields.push(if chunked {
        ("transfer-encoding", "chunked".to_owned())
    } else {
        ("content-length", body.bytes.len().to_string())
    });
    exchange.send(top("200 OK", &fields));
    if request.method == "HEAD" {
        return Next::Keep;
    }
    for piece in body.pieces().into_iter().filter(|piece| !piece.is_empty()) {
        exchange.send(if chunked { chunk(piece) } else { piece.to_vec() });
        if !shape.is_whole() {
            // What breaks at once is an error without a head of its own, which is another way to be right.
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
    if body.sent < body.bytes.len() {
        if shape == Shape::Corrupt {
            exchange.send("no length\r\nof a chunk\r\n");
        }
        return Next::Close;
    }
    if chunked {
        exchange.send(chunk(b""));
    }
    Next::Keep
}

/// A head of HTTP/1.1.
fn top(status: &str, fields: &[(&str, String)]) -> Vec<u8> {
    let lines: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    head(status, &lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Speaks HTTP/2 without TLS.
pub(super) fn http2() -> H2Origin {
    H2Origin::answering(|request| {
        let field = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap());
        if let Some((status, fields)) = short(field("if-none-match"), field("range").is_some()) {
            return Reply { status, fields, ..Reply::default() };
        }
        reply(request)
    })
}

fn reply(request: &Asked) -> Reply {
    let (_, coding, shape) = named(request.uri().path());
    let (body, mut fields) = (Body::of(coding, shape), fields(coding));
    // Plain bytes are corrupt where they are fewer than their head says, and the stream ends all the same.
    let lies = shape == Shape::Corrupt && coding == Coding::Identity;
    if lies {
        fields.push(("content-length", body.bytes.len().to_string()));
    }
    let cut = body.sent < body.bytes.len() && !lies;
    let [front, back] = body.pieces().map(<[u8]>::to_vec);
    // A frame of nothing that is not the last is taken for an attack, if there are many.
    let data = if front.is_empty() { vec![back] } else { vec![front, back] };
    Reply { fields, data, cut, ..Reply::default() }
}
