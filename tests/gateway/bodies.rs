//! Framing of pages whose length changes, and the ends that a body can have.

use crate::common::gateway::{Gateway, NAVIGATION};
use crate::common::h2c::{self, H2Origin, Reply};
use crate::common::message::{Answer, End, Framing};
use crate::common::origin::{Next, Origin, Seen, chunk, head, ok, response};
use crate::pages::{GTAG, HTML, assert_blocked, guards, is_live, page, script, tagged};

/// A page that gets shorter when statistics are granted, longer when not.
fn labelled() -> String {
    page("<script type=\"text/plain\" data-category=\"statistics\" data-src=\"/own/stats.js\"></script>")
}

fn by_path(request: &Seen) -> String {
    match request.target.as_str() {
        "/grows" => tagged(),
        "/shrinks" => labelled(),
        _ => page("<p>nothing to do here"),
    }
}

#[test]
fn p01_framing_holds_when_the_body_grows_shrinks_or_stays() {
    for chunked in [false, true] {
        let origin = Origin::scripted(move |request, exchange| {
            let html = by_path(request);
            if chunked {
                exchange.send(head("200 OK", &[HTML, "Transfer-Encoding: chunked"]));
                exchange.send([chunk(html.as_bytes()), chunk(b"")].concat());
            } else {
                exchange.send(ok(request, &[HTML], html.as_bytes()));
            }
            Next::Keep
        });
        let rules = [("rules/sites/main.toml", "format = 1\nhosts = [\"*\"]\ninject = false\n")];
        let gateway = Gateway::configured("rules = \"rules\"", &[&origin], &rules);
        let cookie = gateway.answer_consent("test.example", &[("statistics", true), ("marketing", false)]);
        let mut client = gateway.client();
        for _ in 0..2 {
            for target in ["/grows", "/shrinks", "/stays"] {
                let answer = client.ask("GET", target, &[&NAVIGATION, [cookie.as_str()].as_slice()].concat()).whole();
                assert_ne!(answer.framing, Framing::Close, "the connection was lost: {:?}", answer.head);
                check(target, &answer);
                let fields = [("cookie", cookie.trim_start_matches("Cookie: "))];
                check(target, &h2c::visit_once(gateway.address, target, &fields).whole());
            }
        }
    }
}

fn check(target: &str, answer: &Answer) {
    let html = answer.text();
    assert!(html.ends_with("</body></html>"), "{target}: {html}");
    match target {
        "/grows" => {
            assert!(html.len() > tagged().len());
            assert!(
                is_live(&html, GTAG) && html.contains("data-consentry=\"marketing")
                    || html.contains("data-consentry=marketing"),
                "{html}"
            );
        }
        "/shrinks" => {
            assert!(html.len() < labelled().len(), "{html}");
            assert!(html.contains("src=\"/own/stats.js\"") && !html.contains("text/plain"), "{html}");
        }
        _ => assert_eq!(html, page("<p>nothing to do here")),
    }
}

#[test]
fn p01_a_page_without_any_framing_is_framed_for_the_client() {
    let origin = Origin::scripted(|_, exchange| {
        exchange.send([head("200 OK", &[HTML, "Connection: close"]), tagged().into_bytes()].concat());
        Next::Close
    });
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    for _ in 0..2 {
        let answer = client.ask("GET", "/", &NAVIGATION).whole();
        assert_blocked(&answer.text());
    }
}

#[test]
fn p02_the_tail_is_not_lost_before_trailers() {
    for trailers in [vec![], vec![("x-checksum", "1")]] {
        // The second has no place for the snippet but its end.
        for html in [format!("{}<scr", tagged()), "<!-- nothing but a comment --> <scr".to_owned()] {
            let (front, back) = html.split_at(html.len() / 2);
            let origin = H2Origin::new(Reply {
                fields: vec![("content-type", "text/html; charset=utf-8".to_owned())],
                data: vec![front.into(), back.into()],
                trailers: trailers.clone(),
                ..Reply::default()
            });
            let config = format!("[origins.main]\nurl = \"http://{}\"\nhttp2 = true\n", origin.address);
            let gateway = Gateway::configured(&config, &[], &[]);
            let (h1, h2) = (gateway.visit("/").whole(), h2c::visit_once(gateway.address, "/", &[]).whole());
            assert_eq!(h1.text(), h2.text());
            assert!(h1.text().contains("<scr") && guards(&h1.text()) == 1, "{}", h1.text());
            if html.contains("Tagged") {
                assert!(h1.text().ends_with("</html><scr") && !is_live(&h1.text(), GTAG), "{}", h1.text());
            }
        }
    }
}

#[test]
fn p04_p47_head_mirrors_get() {
    let origin = Origin::answering(|request| {
        let coded = crate::common::coded::gzip(tagged().as_bytes());
        let more = [
            HTML,
            "ETag: \"one\"",
            "Content-Encoding: gzip",
            "Last-Modified: Sat, 21 Mar 2026 10:00:00 GMT",
            "Accept-Ranges: bytes",
            "Cache-Control: public, max-age=600",
            "Vary: Accept-Encoding",
            "X-Own: kept",
        ];
        ok(request, &more, &coded)
    });
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    let get = client.ask("GET", "/", &NAVIGATION).whole();
    let head = client.ask("HEAD", "/", &NAVIGATION).whole();
    let framing = ["content-length", "transfer-encoding", "date", "connection"];
    assert_eq!(head.status(), get.status());
    assert_eq!(head.head.fields.names_without(&framing), get.head.fields.names_without(&framing));
    for name in get.head.fields.names_without(&framing) {
        assert_eq!(head.get(&name), get.get(&name), "{name}");
    }
    assert_ne!(head.get("content-length"), Some(tagged().len().to_string()), "the origin's length is announced");
    assert_eq!((get.get("content-encoding"), get.get("x-own").as_deref()), (None, Some("kept")));
    // The connection is still in step.
    assert_eq!(client.ask("GET", "/", &NAVIGATION).whole().body, get.body);
}

#[test]
fn p04_messages_without_a_body_stay_without_one() {
    let origin = Origin::scripted(|request, exchange| {
        match request.target.as_str() {
            "/204" => exchange.send(head("204 No Content", &[HTML])),
            "/205" => exchange.send(response(request, "205 Reset Content", &[HTML], b"")),
            "/empty" => exchange.send(ok(request, &[HTML], b"")),
            _ => exchange.send([head("200 OK", &[HTML, "Transfer-Encoding: chunked"]), chunk(b"")].concat()),
        };
        Next::Keep
    });
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    for (target, status) in [("/204", 204), ("/205", 205), ("/empty", 200), ("/empty", 200), ("/204", 204)] {
        let answer = client.ask("GET", target, &NAVIGATION).whole();
        assert_eq!((answer.status(), answer.text().as_str()), (status, ""), "{target}");
        let answer = h2c::visit_once(gateway.address, target, &[]).whole();
        assert_eq!((answer.status(), answer.text().as_str()), (status, ""), "{target}");
    }
    // Nobody knew before the end that it is empty; the message must be whole whatever is in it.
    client.ask("GET", "/no-chunks", &NAVIGATION).whole();
    client.ask("GET", "/empty", &NAVIGATION).whole();
}

#[test]
fn p05_early_hints_come_through_without_what_is_blocked() {
    let origin = Origin::scripted(|request, exchange| {
        let blocked = format!("Link: <{GTAG}>; rel=preload; as=script");
        let mixed = format!("Link: </style.css>; rel=preload; as=style, <{GTAG}>; rel=preload; as=script");
        exchange.send(head("103 Early Hints", &[&blocked]));
        exchange.send(head("103 Early Hints", &[&mixed]));
        exchange.send(ok(request, &[HTML, &mixed], tagged().as_bytes()));
        Next::Keep
    });
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    for _ in 0..2 {
        let answer = client.ask("GET", "/", &NAVIGATION).whole();
        assert_eq!(answer.status(), 200);
        assert_blocked(&answer.text());
        for hint in answer.informational.iter().chain([&answer.head]) {
            let link = hint.fields.get("link").unwrap_or_default();
            assert!(!link.contains("googletagmanager"), "{hint:?}");
        }
        let hints: Vec<String> = answer.informational.iter().filter_map(|hint| hint.fields.get("link")).collect();
        assert_eq!(hints, ["</style.css>; rel=preload; as=style"], "{:?}", answer.informational);
        assert_eq!(answer.get("link").as_deref(), Some("</style.css>; rel=preload; as=style"));
    }
    assert_eq!(h2c::visit_once(gateway.address, "/", &[]).whole().status(), 200);
}

#[test]
fn p17_a_retry_begins_with_a_clean_state() {
    // Every second request on a connection finds it dead: half a head, then the end.
    let origin = Origin::scripted(|request, exchange| {
        if request.turn > 0 {
            return Next::Close;
        }
        exchange.send(ok(request, &[HTML], tagged().as_bytes()));
        Next::Keep
    });
    let gateway = Gateway::before(&origin);
    let mut client = gateway.client();
    for _ in 0..6 {
        let answer = client.ask("GET", "/", &NAVIGATION).whole();
        assert_eq!((answer.status(), guards(&answer.text())), (200, 1));
        assert_blocked(&answer.text());
    }
    assert!(origin.connections() > 1);
}

#[test]
fn p19_chunks_that_yield_nothing_do_not_end_the_page() {
    let origin = Origin::scripted(|_, exchange| {
        exchange.send(head("200 OK", &[HTML, "Transfer-Encoding: chunked"]));
        for byte in tagged().as_bytes() {
            exchange.send(chunk(&[*byte]));
        }
        exchange.send(chunk(b""));
        Next::Keep
    });
    let gateway = Gateway::before(&origin);
    assert_blocked(&gateway.visit("/").whole().text());
    assert_blocked(&h2c::visit_once(gateway.address, "/", &[]).whole().text());
}

#[test]
fn p22_p109_every_pair_of_versions_gets_the_whole_page() {
    for (version, length) in [("1.0", true), ("1.0", false), ("1.1", true), ("1.1", false)] {
        let origin = Origin::scripted(move |_, exchange| {
            let html = tagged();
            let length = if length { format!("Content-Length: {}\r\n", html.len()) } else { String::new() };
            exchange.send(format!("HTTP/{version} 200 OK\r\n{HTML}\r\n{length}Connection: close\r\n\r\n{html}"));
            Next::Close
        });
        let gateway = Gateway::before(&origin);
        let mut client = gateway.client();
        client.send(format!("GET / HTTP/1.0\r\nHost: test.example\r\n{}\r\n\r\n", NAVIGATION.join("\r\n")));
        let old = client.answer("GET");
        assert!(matches!((old.framing, old.end), (Framing::Close, End::Closed) | (_, End::Complete)), "{old:?}");
        assert_ne!(old.framing, Framing::Chunked, "{:?}", old.head);
        assert_blocked(&old.text());
        let new = gateway.visit("/").whole();
        assert_eq!(new.head.version, "HTTP/1.1");
        assert_blocked(&new.text());
        assert_blocked(&h2c::visit_once(gateway.address, "/", &[]).whole().text());
    }
}

#[test]
fn a_page_cut_by_the_origin_is_cut_for_the_client() {
    let origin = Origin::scripted(|request, exchange| {
        let html = tagged();
        let length = format!("Content-Length: {}", html.len() + 50);
        let chunked = request.target == "/chunked";
        let framing = if chunked { "Transfer-Encoding: chunked" } else { length.as_str() };
        exchange.send(head("200 OK", &[HTML, framing]));
        if chunked {
            exchange.send(chunk(html.as_bytes()))
        } else {
            exchange.send(&html)
        };
        Next::Close
    });
    let gateway = Gateway::before(&origin);
    for target in ["/chunked", "/length"] {
        assert!(crate::pages::is_cut(&gateway.visit(target)), "{target} looks whole");
        assert!(crate::pages::is_cut_over_h2(gateway.address, target), "{target} looks whole");
    }
}

#[test]
fn the_same_page_is_the_same_bytes_over_every_protocol() {
    let html = format!("{}<noscript><img src=\"https://www.facebook.com/tr?id=1\"></noscript>", tagged());
    let origin = Origin::page(format!("{html}{}", script("/own.js")));
    let gateway = Gateway::before(&origin);
    assert_eq!(gateway.visit("/").whole().text(), h2c::visit_once(gateway.address, "/", &[]).whole().text());
}
