//! TLS: a pair that cannot be used is a sentence, one that can serves HTTP/1.1 and HTTP/2.

use crate::common::gateway::{Gateway, NAVIGATION, run_to_end};
use crate::common::h1::Client;
use crate::common::h2c::{self, Session};
use crate::common::origin::Origin;
use crate::pages::{assert_blocked, tagged};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::net::TcpStream;
use std::sync::Arc;

const LISTEN: &str = "[[listen]]\naddress = \"127.0.0.1:0\"\ntls = { certificate = \"cert.pem\", key = \"key.pem\" }\n";

pub struct Pair {
    pub certificate: String,
    pub key: String,
    der: CertificateDer<'static>,
}

pub fn pair() -> Pair {
    let made = rcgen::generate_simple_self_signed(vec!["test.example".to_owned()]).unwrap();
    Pair { certificate: made.cert.pem(), key: made.signing_key.serialize_pem(), der: made.cert.der().clone() }
}

pub fn client_config(pair: &Pair, protocol: &[u8]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(pair.der.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

pub fn name() -> ServerName<'static> {
    ServerName::try_from("test.example").unwrap()
}

#[test]
fn p27_a_good_pair_serves_both_versions() {
    let pair = pair();
    let origin = Origin::page(tagged());
    let gateway = Gateway::configured(LISTEN, &[&origin], &[("cert.pem", &pair.certificate), ("key.pem", &pair.key)]);
    let tcp = TcpStream::connect(gateway.address).unwrap();
    let session = ClientConnection::new(client_config(&pair, b"http/1.1"), name()).unwrap();
    let mut client = Client::over(StreamOwned::new(session, tcp));
    for _ in 0..2 {
        assert_blocked(&client.ask("GET", "/", &NAVIGATION).whole().text());
    }
    let answer = h2c::block_on(async {
        let tcp = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(client_config(&pair, b"h2"));
        let stream = connector.connect(name(), tcp).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        Session::over(stream).await.ask(h2c::visit("/", &[])).await
    });
    assert_blocked(&answer.whole().text());
}

#[test]
fn p27_a_pair_that_cannot_be_used_is_exit_code_1_and_a_line() {
    let (one, other) = (pair(), pair());
    let config = format!(
        "format = 1\nstore = \"off\"\n{LISTEN}[admin]\nlisten = \"off\"\n[origins.main]\nurl = \"http://127.0.0.1:9\"\n"
    );
    for (certificate, key) in [
        ("no PEM at all", one.key.as_str()),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &one.key),
        (&one.certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        (&one.certificate, ""),
        (&one.certificate, &other.key),
    ] {
        let files = [("consentry.toml", config.as_str()), ("cert.pem", certificate), ("key.pem", key)];
        let ended = run_to_end(&["run", "--config", "consentry.toml"], &files);
        assert_eq!(ended.code, Some(1), "{}", ended.errors);
        assert!(ended.errors.contains("cert.pem") && ended.errors.contains("key.pem"), "{}", ended.errors);
        assert!(!ended.errors.contains("panicked"), "{}", ended.errors);
    }
}

#[test]
fn p27_a_missing_file_is_named() {
    let config = format!("format = 1\nstore = \"off\"\n{LISTEN}[origins.main]\nurl = \"http://127.0.0.1:9\"\n");
    let ended = run_to_end(&["run", "--config", "consentry.toml", "--admin", "off"], &[("consentry.toml", &config)]);
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    assert!(ended.errors.contains("cert.pem"), "{}", ended.errors);
}
