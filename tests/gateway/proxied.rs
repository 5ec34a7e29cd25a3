//! The PROXY protocol: a balancer before the gateway says whose a connection is (pitfall 107).

use crate::common::gateway::{Gateway, NAVIGATION};
use crate::common::h1::{Client, request};
use crate::common::h2c::{self, Session};
use crate::common::origin::Origin;
use crate::pages::{GTAG, assert_blocked, is_live, tagged};
use crate::tls::{Pair, client_config, name, pair};
use rustls::{ClientConnection, StreamOwned};
use std::io::Write;
use std::net::TcpStream;

const PLAIN: &str = "[[listen]]\naddress = \"127.0.0.1:0\"\nh2c = true\nproxy_protocol = true\n";
const ONE: &[u8] = b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 443\r\n";

/// Version 2, from this address.
fn two(client: [u8; 4]) -> Vec<u8> {
    let addresses = [&client[..], &[192, 0, 2, 1, 0x9c, 0x40, 1, 0xbb]].concat();
    [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".as_slice(), &addresses].concat()
}

fn gateway(origin: &Origin, trusted: &str, listen: &str, pair: &Pair) -> Gateway {
    let config = format!("trusted_peers = [{trusted}]\nregion_headers = [\"X-Country\"]\n{listen}");
    Gateway::configured(&config, &[origin], &[("cert.pem", &pair.certificate), ("key.pem", &pair.key)])
}

#[test]
fn p107_the_client_is_the_one_that_a_known_balancer_names() {
    let origin = Origin::page(tagged());
    let gateway = gateway(&origin, "\"127.0.0.1\"", PLAIN, &pair());
    for (header, client) in [(ONE.to_vec(), "203.0.113.9"), (two([198, 51, 100, 7]), "198.51.100.7")] {
        let mut connection = gateway.client();
        connection.send(&header);
        // Once for a connection, not for a request.
        for _ in 0..3 {
            assert_blocked(&connection.ask("GET", "/", &NAVIGATION).whole().text());
            assert_eq!(origin.last().fields.get("x-forwarded-for").as_deref(), Some(client));
        }
    }
    // A balancer that asks for itself.
    let mut connection = gateway.client();
    connection.send(b"PROXY UNKNOWN\r\n");
    assert_eq!(connection.ask("GET", "/", &NAVIGATION).whole().status(), 200);
    assert_eq!(origin.last().fields.get("x-forwarded-for").as_deref(), Some("127.0.0.1"));
}

#[test]
fn p107_what_is_believed_of_a_client_is_asked_of_the_named_one() {
    let origin = Origin::page(tagged());
    let gateway = gateway(&origin, "\"127.0.0.1\", \"198.51.100.0/24\"", PLAIN, &pair());
    let california = [&NAVIGATION[..], &["X-Country: US-CA", "X-Forwarded-For: 203.0.113.77"]].concat();
    for (header, believed, chain) in
        [(ONE.to_vec(), false, "203.0.113.9"), (two([198, 51, 100, 7]), true, "203.0.113.77, 198.51.100.7")]
    {
        let mut connection = gateway.client();
        connection.send(&header);
        let page = connection.ask("GET", "/", &california).whole().text();
        assert_eq!(is_live(&page, GTAG), believed);
        assert_eq!(origin.last().fields.get("x-forwarded-for").as_deref(), Some(chain));
    }
}

#[test]
fn a_header_of_a_stranger_and_a_connection_without_one_are_closed_and_counted() {
    let origin = Origin::page(tagged());
    let listen = format!("{PLAIN}[admin]\nlisten = \"127.0.0.1:0\"\n");
    let plain = [request("GET", "/", &NAVIGATION)].concat();
    for (trusted, bytes, reason) in [
        ("\"192.0.2.1\"", [ONE, &plain].concat(), "untrusted"),
        ("\"192.0.2.1\"", plain.clone(), "untrusted"),
        ("\"127.0.0.1\"", plain.clone(), "malformed"),
        ("\"127.0.0.1\"", b"PROXY TCP4 nowhere\r\n".to_vec(), "malformed"),
    ] {
        let gateway = gateway(&origin, trusted, &listen, &pair());
        let mut connection = gateway.client();
        connection.send(&bytes);
        assert!(connection.is_closed(), "{reason}");
        let metrics = gateway.ask_admin("GET", "/metrics", &[]).text();
        let line = format!("consentry_proxy_protocol_refused_total{{reason=\"{reason}\"}} 1");
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
    assert!(origin.seen().is_empty());
}

#[test]
fn the_header_comes_before_tls_and_before_http2() {
    let (origin, pair) = (Origin::page(tagged()), pair());
    let tls = "[[listen]]\naddress = \"127.0.0.1:0\"\nproxy_protocol = true\n\
               tls = { certificate = \"cert.pem\", key = \"key.pem\" }\n";
    let gateway =
        gateway(&origin, "\"127.0.0.1\"", &format!("{tls}{PLAIN}[[listen]]\naddress = \"127.0.0.1:0\"\n"), &pair);
    let mut tcp = TcpStream::connect(gateway.listeners[0]).unwrap();
    tcp.write_all(&two([198, 51, 100, 7])).unwrap();
    let session = ClientConnection::new(client_config(&pair, b"http/1.1"), name()).unwrap();
    let mut client = Client::over(StreamOwned::new(session, tcp));
    for _ in 0..2 {
        assert_blocked(&client.ask("GET", "/", &NAVIGATION).whole().text());
        assert_eq!(origin.last().fields.get("x-forwarded-for").as_deref(), Some("198.51.100.7"));
    }
    let answer = h2c::block_on(async {
        use tokio::io::AsyncWriteExt;
        let mut tcp = tokio::net::TcpStream::connect(gateway.listeners[1]).await.unwrap();
        tcp.write_all(ONE).await.unwrap();
        Session::over(tcp).await.ask(h2c::visit("/", &[])).await
    });
    assert_blocked(&answer.whole().text());
    assert_eq!(origin.last().fields.get("x-forwarded-for").as_deref(), Some("203.0.113.9"));
    // A listener without it takes none.
    let mut plain = Client::connect(gateway.listeners[2]);
    assert_blocked(&plain.ask("GET", "/", &NAVIGATION).whole().text());
    let mut plain = Client::connect(gateway.listeners[2]);
    plain.send([ONE, &request("GET", "/", &NAVIGATION)].concat());
    assert_eq!(plain.answer("GET").status(), 400);
}
