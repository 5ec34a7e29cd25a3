//! Starting, signals, clients that stop reading.

use crate::common::gateway::{Gateway, NAVIGATION, run_to_end};
use crate::common::h1::request;
use crate::common::h2c::{self, Session};
use crate::common::message::End;
use crate::common::origin::{Next, Origin, chunk, head};
use crate::common::{PATIENCE, eventually};
use crate::pages::{HTML, assert_blocked, tagged};
use std::io::Write;
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

/// An origin that sends the first half of a tagged page and the second when told to.
fn in_two_halves() -> (Origin, std::sync::mpsc::Sender<()>) {
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let origin = Origin::scripted(move |_, exchange| {
        let html = tagged();
        let (front, back) = html.split_at(html.len() / 2);
        exchange.send(head("200 OK", &[HTML, "Transfer-Encoding: chunked"]));
        exchange.send(chunk(front.as_bytes()));
        let _ = wait.lock().unwrap().recv_timeout(PATIENCE);
        exchange.send([chunk(back.as_bytes()), chunk(b"")].concat());
        Next::Keep
    });
    (origin, go)
}

#[test]
fn p29_sighup_kills_nothing() {
    let (origin, go) = in_two_halves();
    let mut gateway = Gateway::before(&origin);
    gateway.signal("HUP");
    let mut client = gateway.client();
    client.send(request("GET", "/", &NAVIGATION));
    let head = client.head().unwrap();
    for _ in 0..5 {
        gateway.signal("HUP");
    }
    go.send(()).unwrap();
    client.begin_body(&head, "GET");
    let (html, end) = client.body();
    assert_eq!(end, End::Complete);
    assert_blocked(&String::from_utf8(html).unwrap());
    go.send(()).unwrap();
    assert_eq!(gateway.visit("/").whole().status(), 200);
    assert!(gateway.is_alive());
}

#[test]
fn a_page_is_not_cut_by_what_its_client_sends_meanwhile() {
    // The next request, or the line end that some clients add to a body.
    for (early, answered) in [(request("GET", "/next", &NAVIGATION), true), (b"\r\n".to_vec(), false)] {
        let (origin, go) = in_two_halves();
        let gateway = Gateway::before(&origin);
        let mut client = gateway.client();
        client.send(request("GET", "/", &NAVIGATION));
        let head = client.head().unwrap();
        client.send(early);
        // It is there before the page goes on.
        gateway.ask("GET", "/_c/nothing", &[]).whole();
        for _ in 0..2 {
            go.send(()).unwrap();
        }
        client.begin_body(&head, "GET");
        let (html, end) = client.body();
        assert_eq!(end, End::Complete, "the page is cut");
        assert_blocked(&String::from_utf8(html).unwrap());
        if answered {
            assert_blocked(&client.answer("GET").whole().text());
        } else {
            assert_blocked(&client.ask("GET", "/next", &NAVIGATION).whole().text());
        }
    }
}

#[test]
fn p29_sigterm_lets_a_running_page_finish() {
    let (origin, go) = in_two_halves();
    let mut gateway = Gateway::configured("[limits]\ngrace_seconds = 4\n", &[&origin], &[]);
    let mut client = gateway.client();
    client.send(request("GET", "/", &NAVIGATION));
    let head = client.head().unwrap();
    gateway.signal("TERM");
    eventually("the signal's arrival", || gateway.log().contains("SIGTERM"));
    go.send(()).unwrap();
    client.begin_body(&head, "GET");
    let (html, end) = client.body();
    assert_eq!(end, End::Complete, "{}", String::from_utf8_lossy(&html));
    assert_blocked(&String::from_utf8(html).unwrap());
    assert_eq!(gateway.wait().code(), Some(0));
}

#[test]
fn p29_sigterm_ends_an_idle_gateway_and_sigint_any() {
    let origin = Origin::page(tagged());
    for signal in ["TERM", "INT"] {
        let mut gateway = Gateway::configured("[limits]\ngrace_seconds = 1\n", &[&origin], &[]);
        gateway.visit("/").whole();
        gateway.signal(signal);
        assert_eq!(gateway.wait().code(), Some(0), "SIG{signal}: {}", gateway.log());
    }
}

#[test]
fn p30_a_reader_that_stopped_is_dropped() {
    let (origin, gone) = endless();
    let gateway = Gateway::configured("[limits]\nclient_write_seconds = 1\n", &[&origin], &[]);
    let before = gateway.resident();
    let mut sockets = Vec::new();
    for _ in 0..4 {
        let mut socket = TcpStream::connect(gateway.address).unwrap();
        socket.write_all(&request("GET", "/", &NAVIGATION)).unwrap();
        sockets.push(socket);
    }
    for _ in &sockets {
        let sent = gone.recv_timeout(PATIENCE).expect("the origin is still being read");
        assert!(sent < 64 << 20, "{sent} bytes were taken for a reader that reads nothing");
    }
    let grown = gateway.resident().saturating_sub(before);
    assert!(grown < 64 << 10, "{grown} kB more");
}

/// An origin that sends a page without end, and says how much of it was taken when nobody takes more.
fn endless() -> (Origin, Receiver<usize>) {
    let (dropped, gone) = channel();
    let dropped = Mutex::new(dropped);
    let origin = Origin::scripted(move |_, exchange| {
        exchange.send(head("200 OK", &[HTML, "Transfer-Encoding: chunked"]));
        let piece = chunk(&b"<p>one paragraph after the other</p>\n".repeat(1000));
        let mut sent = 0_usize;
        while exchange.send(&piece) {
            sent += piece.len();
        }
        let _ = dropped.lock().unwrap().send(sent);
        Next::Close
    });
    (origin, gone)
}

#[test]
fn p30_a_reader_that_stopped_is_dropped_over_http2_too() {
    let (origin, gone) = endless();
    let gateway = Gateway::configured("[limits]\nclient_write_seconds = 1\n", &[&origin], &[]);
    h2c::block_on(async {
        let mut session = Session::connect(gateway.address).await;
        let (response, _stream) = session.begin(h2c::visit("/", &[]), true).await;
        let _unread = response.await.unwrap().into_body();
        let sent = tokio::task::spawn_blocking(move || gone.recv_timeout(PATIENCE)).await.unwrap();
        let sent = sent.expect("the origin is still being read");
        assert!(sent < 64 << 20, "{sent} bytes were taken for a reader that reads nothing");
    });
}

#[test]
fn p30_idle_connections_are_closed_whatever_was_begun_on_them() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::configured("[limits]\nclient_idle_seconds = 1\n", &[&origin], &[]);
    let mut silent = gateway.client();
    silent.ask("GET", "/", &NAVIGATION).whole();
    let mut half = gateway.client();
    half.ask("GET", "/", &NAVIGATION).whole();
    half.send("GET /next HTTP/1.1\r\nHost: te");
    assert!(silent.is_closed() && half.is_closed());
    h2c::block_on(async {
        let mut session = Session::connect(gateway.address).await;
        session.ask(h2c::visit("/", &[])).await.whole();
        while session.try_ask(h2c::visit("/", &[])).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
        }
    });
}

#[test]
fn p30_an_upload_that_stopped_is_given_up() {
    let origin = Origin::scripted(|request, exchange| {
        exchange.body(request);
        Next::Close
    });
    let gateway = Gateway::configured("[limits]\nclient_read_seconds = 1\n", &[&origin], &[]);
    let mut client = gateway.client();
    client.send([request("POST", "/", &["Content-Length: 100"]), b"half".to_vec()].concat());
    let answer = client.try_answer("POST");
    assert!(answer.as_ref().is_none_or(|answer| answer.status() >= 400), "{answer:?}");
}

#[test]
fn p30_an_origin_that_stopped_is_a_502_or_a_cut_page() {
    let origin = Origin::scripted(|request, exchange| {
        if request.target == "/half" {
            exchange.send([head("200 OK", &[HTML, "Content-Length: 5000"]), tagged().into_bytes()].concat());
        }
        // Until the gateway gives up.
        while !exchange.some().is_empty() {}
        Next::Close
    });
    let gateway = Gateway::configured("[limits]\norigin_read_seconds = 1\n", &[&origin], &[]);
    for target in ["/nothing", "/half"] {
        assert!(crate::pages::is_cut(&gateway.visit(target)), "{target}");
    }
}

#[test]
fn a_client_that_goes_away_takes_nothing_with_it() {
    let (origin, go) = in_two_halves();
    let gateway = Gateway::before(&origin);
    for _ in 0..5 {
        let mut client = gateway.client();
        client.send(request("GET", "/", &NAVIGATION));
        client.head().unwrap();
        drop(client);
        go.send(()).unwrap();
    }
    go.send(()).unwrap();
    assert_blocked(&gateway.visit("/").whole().text());
}

#[test]
fn two_gateways_start_side_by_side() {
    let origin = Origin::page(tagged());
    let flags = ["--admin", "127.0.0.1:0", "--store", "proofs.sqlite"];
    let gateways: Vec<Gateway> = (0..2).map(|_| Gateway::with_flags(&origin.url(), &flags)).collect();
    for gateway in &gateways {
        assert_blocked(&gateway.visit("/").whole().text());
        assert_eq!(gateway.ask_admin("GET", "/healthz", &[]).status(), 200);
    }
}

#[test]
fn a_taken_address_is_a_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let arguments = ["run", "--origin", "http://127.0.0.1:9", "--store", "off"];
    for flags in [["--listen", &address, "--admin", "off"], ["--listen", "127.0.0.1:0", "--admin", &address]] {
        let ended = run_to_end(&[&arguments[..], &flags].concat(), &[]);
        assert_eq!(ended.code, Some(1), "{}", ended.errors);
        assert!(ended.errors.contains(&address) && !ended.errors.contains("panicked"), "{}", ended.errors);
    }
}

#[test]
fn a_wrong_configuration_names_file_line_and_key() {
    let config =
        "format = 1\nlisten = [{ address = \"127.0.0.1:0\" }]\n[origins.main]\nurl = \"http://a\"\ncolour = 1\n";
    let ended = run_to_end(&["run", "--config", "consentry.toml"], &[("consentry.toml", config)]);
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    for part in ["consentry.toml", "line 5", "colour"] {
        assert!(ended.errors.contains(part), "{part}: {}", ended.errors);
    }
}
