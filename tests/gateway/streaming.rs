//! Pages that the origin makes slowly: what is there is shown at once. The origin waits for the test, not for a clock.

use crate::common::coded::{gzip_pieces, undone};
use crate::common::gateway::{Gateway, NAVIGATION};
use crate::common::h1::request;
use crate::common::h2c::{self, Session};
use crate::common::origin::{Next, Origin, chunk, head};
use crate::pages::{GTAG, HTML, is_live, script};
use std::io::Write;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

/// Sends the pieces one by one, each but the first only when told to.
fn slow(coding: Option<&'static str>, pieces: Vec<Vec<u8>>) -> (Origin, Sender<()>) {
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let origin = Origin::scripted(move |_, exchange| {
        let coding = coding.map(|coding| format!("Content-Encoding: {coding}"));
        let mut fields = vec![HTML, "Transfer-Encoding: chunked"];
        fields.extend(coding.as_deref());
        exchange.send(head("200 OK", &fields));
        for (number, piece) in pieces.iter().enumerate() {
            if number > 0 && wait.lock().unwrap().recv().is_err() {
                return Next::Close;
            }
            exchange.send(chunk(piece));
        }
        exchange.send(chunk(b""));
        Next::Keep
    });
    (origin, go)
}

fn texts() -> [String; 3] {
    [
        "<!doctype html><html><head><meta charset=utf-8><title>t</title></head><body><p>first</p>".to_owned(),
        format!("{}<p>second</p>", script(GTAG)),
        "<p>third</p></body></html>".to_owned(),
    ]
}

fn brotli_pieces(pieces: &[String]) -> Vec<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
    let mut coded = Vec::new();
    for piece in pieces {
        writer.write_all(piece.as_bytes()).unwrap();
        writer.flush().unwrap();
        coded.push(std::mem::take(writer.get_mut()));
    }
    coded.push(writer.into_inner());
    coded
}

/// The first piece is seen before the second is sent, and so on.
fn assert_streams(coding: Option<&'static str>, pieces: Vec<Vec<u8>>) {
    let (origin, go) = slow(coding, pieces);
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    client.send(request("GET", "/", &NAVIGATION));
    let head = client.head().unwrap();
    client.begin_body(&head, "GET");
    let mut html = Vec::new();
    for shown in ["first</p>", "second</p>", "third</p>"] {
        html.extend(client.body_until(shown));
        // One too many for what has no end of its own is never asked for.
        let _ = go.send(());
    }
    let _ = go.send(());
    let (rest, end) = client.body();
    html.extend(rest);
    assert_eq!(end, crate::common::message::End::Complete);
    let html = String::from_utf8(html).unwrap();
    assert!(html.ends_with("third</p></body></html>") && !is_live(&html, GTAG), "{html}");
}

#[test]
fn p77_a_plain_page_streams() {
    assert_streams(None, texts().map(String::into_bytes).to_vec());
}

#[test]
fn p10_a_gzip_page_streams() {
    assert_streams(Some("gzip"), gzip_pieces(&texts().each_ref().map(|t| t.as_bytes())));
}

#[test]
fn p10_a_brotli_page_streams() {
    assert_streams(Some("br"), brotli_pieces(&texts()));
}

/// What has come so far can be read so far, whatever the coding: nothing waits in the encoder.
#[test]
fn p26_a_page_streams_in_the_coding_that_the_client_wants() {
    for wanted in ["gzip", "br", "zstd"] {
        let (origin, go) = slow(Some("gzip"), gzip_pieces(&texts().each_ref().map(|t| t.as_bytes())));
        let gateway = Gateway::before(&origin);
        let mut client = gateway.client();
        let coding = format!("Accept-Encoding: {wanted}");
        client.send(request("GET", "/", &[&NAVIGATION[..], &[&coding]].concat()));
        let head = client.head().unwrap();
        client.begin_body(&head, "GET");
        let mut coded = Vec::new();
        for shown in ["first</p>", "second</p>", "third</p>"] {
            let so_far = |coded: &[u8]| String::from_utf8_lossy(&undone(wanted, coded).unwrap()).into_owned();
            while coded.is_empty() || !so_far(&coded).contains(shown) {
                coded.extend(client.piece().unwrap());
            }
            let _ = go.send(());
        }
        let _ = go.send(());
        let (rest, end) = client.body();
        coded.extend(rest);
        assert_eq!(end, crate::common::message::End::Complete);
        let html = String::from_utf8(undone(wanted, &coded).unwrap()).unwrap();
        assert!(html.ends_with("third</p></body></html>") && !is_live(&html, GTAG), "{html}");
    }
}

#[test]
fn p77_a_page_streams_over_http2() {
    let (origin, go) = slow(None, texts().map(String::into_bytes).to_vec());
    let gateway = Gateway::before(&origin);
    h2c::block_on(async {
        let mut session = Session::connect(gateway.address).await;
        let (response, _) = session.begin(h2c::visit("/", &[]), true).await;
        let mut stream = response.await.unwrap().into_body();
        let mut html = String::new();
        for shown in ["first</p>", "second</p>", "third</p>"] {
            while !html.contains(shown) {
                let data = stream.data().await.unwrap().unwrap();
                stream.flow_control().release_capacity(data.len()).unwrap();
                html.push_str(std::str::from_utf8(&data).unwrap());
            }
            let _ = go.send(());
        }
        assert!(!is_live(&html, GTAG), "{html}");
    });
}
