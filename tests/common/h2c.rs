//! HTTP/2 with prior knowledge: a client that counts how a stream ended, and an origin that sends trailers.

use super::PATIENCE;
use super::message::{Answer, End, Fields, Framing, Head};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// Runs a future to its end on a runtime of its own, within [`PATIENCE`].
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let done = runtime.block_on(async { tokio::time::timeout(PATIENCE, future).await });
    done.expect("waited in vain for HTTP/2")
}

/// A client's session.
pub struct Session(h2::client::SendRequest<Bytes>);

impl Session {
    /// Connects with prior knowledge.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream).await
    }

    /// Speaks over a connection that is there already.
    pub async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let (session, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        Self(session)
    }

    /// Begins a request; its body goes into the stream that comes back, if `end` is false.
    pub async fn begin(
        &mut self,
        request: Request<()>,
        end: bool,
    ) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
        let mut ready = self.0.clone().ready().await.unwrap();
        ready.send_request(request, end).unwrap()
    }

    /// Asks without a body; the error is what the stream or the connection ended with.
    pub async fn try_ask(&mut self, request: Request<()>) -> Result<Answer, h2::Error> {
        let mut ready = self.0.clone().ready().await?;
        let (response, _) = ready.send_request(request, true)?;
        answer(response.await?).await
    }

    /// Asks without a body.
    pub async fn ask(&mut self, request: Request<()>) -> Answer {
        self.try_ask(request).await.unwrap()
    }
}

/// Reads a response to its end.
pub async fn answer(response: Response<h2::RecvStream>) -> Result<Answer, h2::Error> {
    let (parts, mut stream) = response.into_parts();
    let head = Head { version: "HTTP/2".to_owned(), status: parts.status.as_u16(), fields: fields(&parts.headers) };
    let (mut body, mut end) = (Vec::new(), End::Complete);
    while let Some(data) = stream.data().await {
        match data {
            Ok(data) => {
                stream.flow_control().release_capacity(data.len())?;
                body.extend_from_slice(&data);
            }
            Err(_) => {
                end = End::Truncated;
                break;
            }
        }
    }
    let trailers = if end == End::Complete { stream.trailers().await? } else { None };
    let trailers = trailers.as_ref().map(fields).unwrap_or_default();
    Ok(Answer { informational: Vec::new(), head, body, framing: Framing::Frames, end, trailers })
}

/// A GET of a page by a person, with these fields besides.
pub fn visit(target: &str, more: &[(&str, &str)]) -> Request<()> {
    let request = Request::get(format!("http://test.example{target}"))
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("sec-fetch-dest", "document")
        .header("sec-fetch-mode", "navigate");
    more.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
}

/// One visit on a connection of its own.
pub fn visit_once(address: SocketAddr, target: &str, more: &[(&str, &str)]) -> Answer {
    block_on(async { Session::connect(address).await.ask(visit(target, more)).await })
}

fn fields(headers: &HeaderMap) -> Fields {
    Fields(headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect())
}

/// What the HTTP/2 origin answers.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Fields of the head.
    pub fields: Vec<(&'static str, String)>,
    /// DATA frames; without any, and without trailers, the head is all.
    pub data: Vec<Vec<u8>>,
    /// Trailers, if the stream is to end with them.
    pub trailers: Vec<(&'static str, &'static str)>,
    /// The stream is reset behind its data.
    pub cut: bool,
}

impl Default for Reply {
    fn default() -> Self {
        Self { status: 200, fields: Vec::new(), data: Vec::new(), trailers: Vec::new(), cut: false }
    }
}

/// A request as it reached the origin, its body left unread.
pub type Asked = Request<h2::RecvStream>;

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

/// An origin that speaks HTTP/2 with prior knowledge.
pub struct H2Origin {
    /// Where it listens.
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<(String, Fields)>>>,
    _runtime: tokio::runtime::Runtime,
}

impl H2Origin {
    /// Gives every request this reply.
    pub fn new(reply: Reply) -> Self {
        Self::answering(move |_| reply.clone())
    }

    /// Gives every request its reply; a HEAD gets no data.
    pub fn answering(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let log: Arc<Mutex<Vec<(String, Fields)>>> = Arc::default();
        let (script, kept): (Arc<Script>, _) = (Arc::new(script), log.clone());
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, script.clone(), kept.clone()));
            }
        });
        Self { address, log, _runtime: runtime }
    }

    /// Every request's path and fields.
    pub fn seen(&self) -> Vec<(String, Fields)> {
        self.log.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, script: Arc<Script>, log: Arc<Mutex<Vec<(String, Fields)>>>) {
    stream.set_nodelay(true).unwrap();
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        log.lock().unwrap().push((request.uri().path().to_owned(), fields(request.headers())));
        let mut reply = script(&request);
        if request.method() == http::Method::HEAD {
            reply = Reply { data: Vec::new(), trailers: Vec::new(), cut: false, ..reply };
        }
        tokio::spawn(async move { send(reply, respond).await });
    }
}

async fn send(reply: Reply, mut respond: h2::server::SendResponse<Bytes>) -> Result<(), h2::Error> {
    let mut response = Response::new(());
    *response.status_mut() = http::StatusCode::from_u16(reply.status).unwrap();
    for (name, value) in &reply.fields {
        response.headers_mut().append(*name, HeaderValue::from_str(value).unwrap());
    }
    let is_all = reply.data.is_empty() && reply.trailers.is_empty() && !reply.cut;
    let mut stream = respond.send_response(response, is_all)?;
    let last = reply.data.len().saturating_sub(1);
    for (number, data) in reply.data.into_iter().enumerate() {
        let ends = number == last && reply.trailers.is_empty() && !reply.cut;
        stream.send_data(Bytes::from(data), ends)?;
    }
    if !reply.trailers.is_empty() {
        let pairs = reply.trailers.iter().map(|(n, v)| (n.parse().unwrap(), HeaderValue::from_static(v)));
        stream.send_trailers(pairs.collect())?;
    } else if reply.cut {
        // A reset takes what has not left yet with it; how much came first is for the test not to mind.
        tokio::time::sleep(std::time::Duration::from_millis(4)).await;
        stream.send_reset(h2::Reason::INTERNAL_ERROR);
    }
    Ok(())
}
