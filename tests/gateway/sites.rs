//! Several sites behind one gateway, and the paths that are ours.

use crate::common::gateway::{Gateway, NAVIGATION};
use crate::common::h1::request;
use crate::common::h2c::{self, Session};
use crate::common::origin::{Origin, ok};
use crate::pages::{HTML, PIXEL, is_live, tagged};
use http::Request;

const TWO_SITES: [(&str, &str); 2] = [
    ("rules/sites/shop.toml", "format = 1\nhosts = [\"shop.example\", \"*.shop.example\"]\norigin = \"main\"\n"),
    (
        "rules/sites/blog.toml",
        "format = 1\nhosts = [\"blog.example\"]\norigin = \"other1\"\n[[override]]\nservice = \"meta-pixel\"\nenabled = false\n",
    ),
];

fn named(name: &'static str) -> Origin {
    Origin::answering(move |request| ok(request, &[HTML, &format!("X-Origin: {name}")], tagged().as_bytes()))
}

fn two_sites() -> (Origin, Origin, Gateway) {
    let (shop, blog) = (named("shop"), named("blog"));
    let gateway = Gateway::configured("rules = \"rules\"", &[&shop, &blog], &TWO_SITES);
    (shop, blog, gateway)
}

#[test]
fn d7_the_host_chooses_site_and_origin() {
    let (_shop, _blog, gateway) = two_sites();
    for (host, origin) in [
        ("shop.example", "shop"),
        ("SHOP.example:8080", "shop"),
        ("shop.example.", "shop"),
        ("www.shop.example", "shop"),
        ("blog.example", "blog"),
    ] {
        let answer = gateway.visit_with("/", &[&format!("Host: {host}")]).whole();
        assert_eq!(answer.get("x-origin").as_deref(), Some(origin), "{host}");
        assert_eq!(is_live(&answer.text(), PIXEL), origin == "blog", "{host}: {}", answer.text());
    }
}

#[test]
fn d7_one_connection_may_ask_for_several_sites() {
    let (_shop, _blog, gateway) = two_sites();
    let mut client = gateway.client();
    for (host, origin) in [("shop.example", "shop"), ("blog.example", "blog"), ("shop.example", "shop")] {
        let answer = client.ask("GET", "/", &[&NAVIGATION[..], &[&format!("Host: {host}")]].concat()).whole();
        assert_eq!(answer.get("x-origin").as_deref(), Some(origin));
    }
    h2c::block_on(async {
        let mut session = Session::connect(gateway.address).await;
        for (host, origin) in [("shop.example", "shop"), ("blog.example", "blog")] {
            let request = Request::get(format!("http://{host}/")).body(()).unwrap();
            assert_eq!(session.ask(request).await.get("x-origin").as_deref(), Some(origin));
        }
        let request = Request::get("http://unknown.example/").body(()).unwrap();
        assert_eq!(session.ask(request).await.status(), 421);
    });
}

#[test]
fn an_unknown_host_is_421_and_asks_no_origin() {
    let (shop, blog, gateway) = two_sites();
    for host in ["unknown.example", "shop.example.evil.example", "example", "127.0.0.1"] {
        let answer = gateway.visit_with("/", &[&format!("Host: {host}")]).whole();
        assert_eq!(answer.status(), 421, "{host}");
    }
    for odd in
        ["1.1\r\nAccept: */*", "1.1\r\nHost:", "1.1\r\nHost: shop.example\r\nHost: blog.example", "1.0\r\nAccept: */*"]
    {
        let mut client = gateway.client();
        client.send(format!("GET / HTTP/{odd}\r\n\r\n"));
        let status = client.try_answer("GET").map(|answer| answer.status());
        assert!(matches!(status, None | Some(400 | 421)), "{odd:?}: {status:?}");
    }
    assert!(shop.seen().is_empty() && blog.seen().is_empty());
}

#[test]
fn an_absolute_target_chooses_the_site() {
    let (_shop, _blog, gateway) = two_sites();
    // RFC 9112 §3.2.2: the target counts, not the Host field.
    let answer = gateway.ask("GET", "http://blog.example/", &["Host: shop.example"]);
    assert!(answer.status() == 400 || answer.get("x-origin").as_deref() == Some("blog"), "{:?}", answer.head);
}

#[test]
fn p51_own_paths_never_reach_the_origin() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    for (method, target, status) in [
        ("GET", "/_c/config", 200),
        ("GET", "/_c/widget.js", 200),
        ("GET", "/_c/state", 200),
        ("GET", "/_c/nothing", 404),
        ("GET", "/_c/", 404),
        ("HEAD", "/_c/config", 200),
        ("GET", "/_c/consent", 405),
        ("GET", "/_c/a/widget.0000.js", 404),
        ("GET", "/_c/%2e%2e/index.html", 404),
        ("OPTIONS", "/_c/nothing", 404),
    ] {
        let answer = client.ask(method, target, &[]).whole();
        assert_eq!(answer.status(), status, "{method} {target}");
    }
    // With a body that nobody wants, the connection stays in step or is closed.
    client.send([request("POST", "/_c/nothing", &["Content-Length: 5"]), b"GET /".to_vec()].concat());
    assert_eq!(client.answer("POST").whole().status(), 404);
    if let Some(answer) =
        client.try_send(request("GET", "/_c/config", &[])).ok().and_then(|()| client.try_answer("GET"))
    {
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(h2c::visit_once(gateway.address, "/_c/config", &[]).whole().status(), 200);
    assert!(origin.seen().is_empty(), "{:?}", origin.seen());
    // What only looks like the prefix is the origin's.
    for target in ["/_c", "/_cx", "/a/_c/config"] {
        gateway.visit(target).whole();
    }
    assert_eq!(origin.seen().len(), 3);
}

#[test]
fn p51_what_own_paths_answer_is_cached_as_it_should() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::before(&origin);
    let html = gateway.visit("/").whole().text();
    let start = html.find("/_c/a/widget.").expect("the snippet names the widget");
    let asset = html[start..].split('"').next().unwrap();
    let answer = gateway.ask("GET", asset, &[]).whole();
    assert_eq!(answer.status(), 200);
    assert!(answer.get("cache-control").unwrap().contains("immutable"));
    let alias = gateway.ask("GET", "/_c/widget.js", &[]).whole();
    assert_eq!(alias.get("cache-control").as_deref(), Some("public, max-age=86400"));
    // Everything in one: the widget is a part of it.
    assert!(alias.body.len() > answer.body.len() && alias.text().contains(&answer.text()));
    let config = gateway.ask("GET", "/_c/config", &[]).whole();
    let again = gateway.ask("GET", "/_c/config", &[&format!("If-None-Match: {}", config.get("etag").unwrap())]);
    assert_eq!((again.status(), again.whole().body.len()), (304, 0));
    assert_eq!(gateway.ask("GET", "/_c/state", &[]).whole().get("cache-control").as_deref(), Some("no-store"));
}

#[test]
fn d10_the_prefix_is_the_sites() {
    let origin = Origin::page(tagged());
    let rules = [("rules/sites/main.toml", "format = 1\nhosts = [\"*\"]\nprefix = \"/privacy/\"\n")];
    let gateway = Gateway::configured("rules = \"rules\"", &[&origin], &rules);
    assert!(gateway.visit("/").whole().text().contains("/privacy/a/widget."));
    let before = origin.seen().len();
    assert_eq!(gateway.visit("/privacy/config").whole().status(), 200);
    assert_eq!(origin.seen().len(), before);
    gateway.visit("/_c/config").whole();
    assert_eq!(origin.seen().len(), before + 1, "/_c/ is the origin's here");
}

#[test]
fn p51_an_answer_from_another_site_is_refused() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::before(&origin);
    let body = "{\"categories\":{\"statistics\":true},\"layer\":\"first\",\"button\":\"accept-all\"}";
    for fields in [
        &["Origin: http://evil.example", "Sec-Fetch-Site: cross-site"][..],
        &["Origin: http://evil.example"],
        &["Origin: null"],
        &["Sec-Fetch-Site: cross-site"],
    ] {
        let length = format!("Content-Length: {}", body.len());
        let all = [fields, &["Content-Type: application/json", &length]].concat();
        let mut client = gateway.client();
        client.send([request("POST", "/_c/consent", &all), body.as_bytes().to_vec()].concat());
        let answer = client.answer("POST").whole();
        assert_eq!(answer.status(), 403, "{fields:?}: {}", answer.text());
        assert!(!answer.head.fields.has("set-cookie"));
    }
}
