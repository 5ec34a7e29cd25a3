//! What a page in flight takes: many at once in each coding, and one that is longer than memory should ever be.

use crate::common::coded::gzip_pieces;
use crate::common::eventually;
use crate::common::gateway::{Gateway, NAVIGATION};
use crate::common::h1::request;
use crate::common::origin::{Exchange, Next, Origin, chunk, head};
use crate::pages::{GTAG, HTML, long, script};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const AT_ONCE: usize = 48;

/// What one page may take of resident memory in kB, beside what any message takes that passes: what the rewriter holds, chunks on
/// both sides of it, and the room that the allocator keeps for them; for
/// what leaves coded the coder's own tables (zlib 256, brotli and zstd with windows of 128 kB) and the decoder's.
const IDENTITY: u64 = 640;
const CODED: u64 = 2_048;

fn piece() -> String {
    let page = long(40_000);
    page.split_once("<body>").unwrap().1.trim_end_matches("</body></html>").to_owned()
}

/// An origin that sends a megabyte of a page and then waits until it is told to end.
fn stalling(kind: &'static str, coded: bool) -> (Origin, Arc<AtomicBool>, Arc<AtomicUsize>) {
    let (go, waiting) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (told, count) = (go.clone(), waiting.clone());
    let piece = piece();
    let pieces: Vec<&[u8]> = std::iter::repeat_n(piece.as_bytes(), 25).collect();
    let zipped = gzip_pieces(&pieces);
    let plain: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.to_vec()).collect();
    let sent = if coded { zipped } else { plain };
    let origin = Origin::scripted(move |_, exchange: &mut Exchange| {
        let coding: &[&str] = if coded { &["Content-Encoding: gzip"] } else { &[] };
        exchange.send(head("200 OK", &[&[kind, "Transfer-Encoding: chunked"], coding].concat()));
        let (last, first) = sent.split_last().unwrap();
        for piece in first {
            exchange.send(chunk(piece));
        }
        count.fetch_add(1, Ordering::SeqCst);
        while !told.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(20));
        }
        exchange.send([chunk(last), chunk(b"")].concat());
        Next::Close
    });
    (origin, go, waiting)
}

/// What each of many messages takes that are half way through the gateway, in kB.
fn each_in_flight(kind: &'static str, coding: &str) -> u64 {
    let (origin, go, waiting) = stalling(kind, coding != "identity");
    let gateway = Gateway::configured("[limits]\nknown_pages = 0\n", &[&origin], &[]);
    gateway.ask("GET", "/_c/widget.js", &["Host: test.example"]);
    let before = gateway.resident();
    let accepts = format!("Accept-Encoding: {coding}");
    let read = Arc::new(AtomicUsize::new(0));
    let readers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let mut socket = TcpStream::connect(gateway.address).unwrap();
            socket
                .write_all(&request("GET", "/", &[&NAVIGATION[..], &[&accepts, "Connection: close"]].concat()))
                .unwrap();
            let read = read.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 65_536];
                while let Ok(length @ 1..) = socket.read(&mut buffer) {
                    read.fetch_add(length, Ordering::SeqCst);
                }
            })
        })
        .collect();
    eventually("all half way", || waiting.load(Ordering::SeqCst) == AT_ONCE);
    let mut last = 0;
    eventually("silence", || {
        std::thread::sleep(Duration::from_millis(200));
        let now = read.load(Ordering::SeqCst);
        std::mem::replace(&mut last, now) == now && now > 0
    });
    let each = gateway.resident().saturating_sub(before) / u64::try_from(AT_ONCE).unwrap();
    go.store(true, Ordering::SeqCst);
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    each
}

#[test]
fn forty_eight_pages_in_flight_take_what_is_promised_in_each_coding() {
    let passed = each_in_flight("Content-Type: application/octet-stream", "identity");
    for coding in ["identity", "gzip", "br", "zstd", "deflate"] {
        let most = if coding == "identity" { IDENTITY } else { CODED };
        let each = each_in_flight(HTML, coding).saturating_sub(passed);
        eprintln!("{coding}: {each} kB for each page, beside {passed}");
        assert!(each <= most, "{coding}: {each} kB for each page, beside {passed}");
    }
}

#[test]
fn a_page_of_200_mb_with_end_tags_flows_through_flat() {
    let origin = Origin::scripted(|_, exchange| {
        exchange.send(head("200 OK", &[HTML, "Transfer-Encoding: chunked"]));
        let piece = chunk(format!("{}{}", piece(), script(GTAG)).as_bytes());
        for _ in 0..200 * 1_000_000 / piece.len() {
            if !exchange.send(&piece) {
                break;
            }
        }
        exchange.send(chunk(b""));
        Next::Close
    });
    let gateway = Gateway::before(&origin);
    gateway.ask("GET", "/_c/widget.js", &["Host: test.example"]);
    let before = gateway.resident();
    let mut socket = TcpStream::connect(gateway.address).unwrap();
    socket.write_all(&request("GET", "/", &[&NAVIGATION[..], &["Connection: close"]].concat())).unwrap();
    let (mut buffer, mut read, mut most, mut tail) = (vec![0; 1 << 18], 0_usize, 0, Vec::new());
    while let Ok(length @ 1..) = socket.read(&mut buffer) {
        if (read + length) >> 24 > read >> 24 {
            most = gateway.resident().saturating_sub(before).max(most);
        }
        read += length;
        tail = buffer[length.saturating_sub(8)..length].to_vec();
    }
    eprintln!("{read} bytes, {most} kB more at most");
    assert!(read > 195_000_000, "{read} bytes");
    assert!(tail.ends_with(b"0\r\n\r\n"), "{tail:?}");
    assert!(most < 40 << 10, "{most} kB more");
}
