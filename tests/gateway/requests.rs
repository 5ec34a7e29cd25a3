//! Requests on their way to the origin: bodies, lines and cookies.

use crate::common::gateway::Gateway;
use crate::common::h1::request;
use crate::common::h2c::{self, Session};
use crate::common::origin::{Next, Origin, chunk, head, ok};
use bytes::Bytes;
use http::Request;
use std::sync::Mutex;
use std::sync::mpsc::channel;

fn empty() -> Origin {
    Origin::answering(|request| ok(request, &["Content-Type: text/plain"], b"got it"))
}

/// A body that repeats only after a long while.
fn bulk(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

#[test]
fn p17_a_connection_that_died_while_idle_is_replaced() {
    // The origin closes every connection after its first answer without saying so.
    let origin = Origin::scripted(|request, exchange| {
        exchange.send(ok(request, &["Content-Type: text/html"], b"<!doctype html><title>t</title><p>whole"));
        Next::Close
    });
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    let first = client.ask("GET", "/", &[]).whole();
    for _ in 0..10 {
        assert_eq!(client.ask("GET", "/", &[]).whole().body, first.body);
    }
}

#[test]
fn p23_cookie_crumbs_reach_the_origin_as_one_line() {
    let origin = empty();
    let gateway = Gateway::before(&origin);
    h2c::block_on(async {
        let crumbs = [("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3")];
        Session::connect(gateway.address).await.ask(h2c::visit("/", &crumbs)).await.whole()
    });
    assert_eq!(origin.last().fields.all("cookie"), ["a=1; b=2; c=3"]);
    gateway.visit_with("/", &["Cookie: a=1", "Cookie: b=2"]).whole();
    assert_eq!(origin.last().fields.all("cookie"), ["a=1; b=2"]);
}

#[test]
fn p24_a_cookie_that_is_not_ascii_passes_unchanged() {
    let origin = empty();
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    client.send(b"GET / HTTP/1.1\r\nHost: test.example\r\nCookie: a=\xff\xfe; b=\xc3\xa9; c=1\r\n\r\n");
    assert_eq!(client.answer("GET").whole().status(), 200);
    assert_eq!(origin.last().fields.raw("cookie"), [b"a=\xff\xfe; b=\xc3\xa9; c=1"]);
}

#[test]
fn an_upload_with_100_continue_waits_for_it() {
    let origin = Origin::scripted(|request, exchange| {
        assert_eq!(request.fields.get("expect").as_deref(), Some("100-continue"));
        exchange.send(head("100 Continue", &[]));
        exchange.body(request);
        exchange.send(ok(request, &["Content-Type: text/plain"], b"stored"));
        Next::Keep
    });
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    client.send(request("PUT", "/file", &["Expect: 100-continue", "Content-Length: 9"]));
    assert_eq!(client.head().unwrap().status, 100);
    client.send("the bytes");
    let answer = client.answer("PUT").whole();
    assert_eq!((answer.status(), answer.text().as_str()), (200, "stored"));
    assert_eq!(origin.last().body, b"the bytes");
}

#[test]
fn an_upload_of_5_mb_is_streamed() {
    let (arrived, first) = channel();
    let arrived = Mutex::new(arrived);
    let origin = Origin::scripted(move |request, exchange| {
        let mut body = exchange.chunk().unwrap();
        // The client sends the rest only once the first piece is here: nobody keeps the whole body back.
        arrived.lock().unwrap().send(()).unwrap();
        while let Some(chunk) = exchange.chunk() {
            body.extend(chunk);
        }
        assert!(body == bulk(5 << 20), "the body changed on its way");
        exchange.send(ok(request, &["Content-Type: text/plain"], body.len().to_string().as_bytes()));
        Next::Keep
    });
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    client.send(request("POST", "/upload", &["Transfer-Encoding: chunked"]));
    let body = bulk(5 << 20);
    for (number, piece) in body.chunks(50_000).enumerate() {
        client.send(chunk(piece));
        if number == 0 {
            first.recv_timeout(crate::common::PATIENCE).unwrap();
        }
    }
    client.send(chunk(b""));
    assert_eq!(client.answer("POST").whole().text(), (5 << 20).to_string());
}

#[test]
fn an_upload_over_http2_arrives_whole() {
    let origin = Origin::scripted(|request, exchange| {
        let length = exchange.body(request).len();
        exchange.send(ok(request, &["Content-Type: text/plain"], length.to_string().as_bytes()));
        Next::Keep
    });
    let gateway = Gateway::before(&origin);
    let body = bulk(1 << 20);
    let answer = h2c::block_on(async {
        let mut session = Session::connect(gateway.address).await;
        let request = Request::post("http://test.example/upload").body(()).unwrap();
        let (response, mut stream) = session.begin(request, false).await;
        for piece in body.chunks(16_000) {
            stream.reserve_capacity(piece.len());
            while stream.capacity() < piece.len() {
                std::future::poll_fn(|cx| stream.poll_capacity(cx)).await.unwrap().unwrap();
            }
            stream.send_data(Bytes::copy_from_slice(piece), false).unwrap();
        }
        stream.send_data(Bytes::new(), true).unwrap();
        h2c::answer(response.await.unwrap()).await.unwrap()
    });
    assert_eq!(answer.whole().text(), body.len().to_string());
    assert!(origin.last().body == body);
}

#[test]
fn a_target_in_absolute_form_is_understood() {
    let origin = empty();
    let gateway = Gateway::before(&origin);
    let answer = gateway.ask("GET", "http://test.example/a?b=c", &["Host: test.example"]).whole();
    assert_eq!(answer.status(), 200);
    let seen = origin.last();
    assert!(seen.target == "/a?b=c" || seen.target == "http://test.example/a?b=c", "{}", seen.target);
    assert_eq!(seen.fields.all("host"), ["test.example"]);
}

#[test]
fn d17_a_head_of_32_kb_passes_and_a_larger_one_is_refused() {
    let origin = empty();
    let gateway = Gateway::before(&origin);
    // The longest value that a published format has, beside what browsers send.
    let (fits, too_long) = ("x".repeat(31 << 10), "x".repeat(40 << 10));
    let answer = gateway.visit_with("/", &[&format!("OT-Consent-String: {fits}")]).whole();
    assert_eq!(answer.status(), 200);
    assert_eq!(origin.last().fields.get("ot-consent-string"), Some(fits.clone()));
    assert_eq!(h2c::visit_once(gateway.address, "/", &[("ot-consent-string", &fits)]).whole().status(), 200);
    assert_eq!(origin.last().fields.get("ot-consent-string"), Some(fits));
    let before = origin.seen().len();
    let mut client = gateway.client();
    let sent = client.try_send(request("GET", "/", &[&format!("OT-Consent-String: {too_long}")]));
    let status = sent.ok().and_then(|()| client.try_answer("GET")).map(|answer| answer.status());
    assert!(matches!(status, None | Some(400 | 413 | 431)), "{status:?}");
    let answer = h2c::block_on(async {
        let mut session = Session::connect(gateway.address).await;
        session.try_ask(h2c::visit("/", &[("ot-consent-string", &too_long)])).await
    });
    assert!(answer.as_ref().map_or(true, |answer| answer.status() == 431), "{answer:?}");
    assert_eq!(origin.seen().len(), before, "the origin was asked");
}

#[test]
fn requests_sent_at_once_are_answered_in_their_order() {
    let origin = Origin::answering(|request| ok(request, &["Content-Type: text/html"], request.target.as_bytes()));
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    let fields = ["Sec-Fetch-Dest: empty", "Accept: */*"];
    let targets = ["/first", "/_c/nothing", "/second", "/_c/config", "/third"];
    client.send(targets.map(|target| request("GET", target, &fields)).concat());
    for target in targets {
        let answer = client.answer("GET").whole();
        match target {
            "/_c/nothing" => assert_eq!(answer.status(), 404),
            "/_c/config" => assert!(answer.text().starts_with('{'), "{}", answer.text()),
            _ => assert_eq!(answer.text(), target),
        }
    }
}

#[test]
fn the_shortest_requests_are_answered() {
    let origin = empty();
    let gateway = Gateway::with_flags(&origin.url(), &[]);
    for line in ["OPTIONS / HTTP/1.0", "GET / HTTP/1.0", "GET / HTTP/1.1", "NONSENSE"] {
        let mut client = gateway.client();
        client.send(format!("{line}\r\n\r\n"));
        client.answer("GET");
    }
}

#[test]
fn p107_the_origin_learns_who_asked_for_what() {
    let origin = Origin::answering(|request| {
        let location = format!("Location: http://{}/login", request.fields.get("host").unwrap_or_default());
        crate::common::origin::response(request, "302 Found", &[&location], b"")
    });
    let gateway = Gateway::before(&origin);
    let claims =
        ["Host: shop.example:8080", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "Forwarded: for=x"];
    let answer = gateway.ask("GET", "/", &claims).whole();
    assert_eq!(answer.get("location").as_deref(), Some("http://shop.example:8080/login"));
    let seen = origin.last().fields;
    assert_eq!(seen.all("host"), ["shop.example:8080"]);
    assert_eq!(seen.all("x-forwarded-for"), ["127.0.0.1"], "a client may not say who it is");
    assert_eq!(seen.all("x-forwarded-proto"), ["http"]);
    assert_eq!(seen.all("x-forwarded-host"), ["shop.example:8080"]);
    assert!(!seen.has("forwarded"));
}

#[test]
fn p31_what_belongs_to_one_connection_stays_on_it() {
    let origin = empty();
    let gateway = Gateway::before(&origin);
    let fields = [
        "Connection: keep-alive, X-Hop",
        "X-Hop: 1",
        "Keep-Alive: timeout=5",
        "TE: trailers",
        "Proxy-Authorization: x",
    ];
    gateway.ask("GET", "/", &fields).whole();
    let seen = origin.last().fields;
    assert!(!seen.has("x-hop") && !seen.has("keep-alive"), "{seen:?}");
}

#[test]
fn smuggling_by_two_lengths_is_refused() {
    let origin = empty();
    let gateway = Gateway::before(&origin);
    for framing in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, identity",
        "Content-Length: -1",
    ] {
        let mut client = gateway.client();
        client.send(format!("POST /a HTTP/1.1\r\nHost: test.example\r\n{framing}\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"));
        client.shut();
        while client.try_answer("POST").is_some() {}
        // Whoever reads it by either length, the origin must read it by the same as we do.
        for seen in origin.seen() {
            let both = seen.fields.has("content-length") && seen.fields.has("transfer-encoding");
            assert!(!both && seen.fields.all("content-length").len() < 2, "{framing}: {seen:?}");
        }
    }
}
