//! Pages in a content coding: decoded as they come, within bounds, and never passed on in doubt.

use crate::common::coded::{brotli, deflate, gzip, undone, zstd};
use crate::common::gateway::{Gateway, NAVIGATION};
use crate::common::origin::{Next, Origin, chunk, head, ok};
use crate::pages::{HTML, assert_blocked, is_cut, is_cut_over_h2, long, tagged};

/// An origin whose pages are these bytes in this coding, whole as HTTP sees it.
fn coded(coding: &'static str, bytes: Vec<u8>) -> Origin {
    Origin::answering(move |request| ok(request, &[HTML, &format!("Content-Encoding: {coding}")], &bytes))
}

#[track_caller]
fn assert_never_whole(coding: &'static str, bytes: Vec<u8>) {
    let origin = coded(coding, bytes);
    let gateway = Gateway::before(&origin);
    let answer = gateway.visit("/");
    assert!(is_cut(&answer), "{coding} looks whole: {:?} {}", answer.head, answer.text());
    assert!(is_cut_over_h2(gateway.address, "/"), "{coding} looks whole over HTTP/2");
}

#[test]
fn p07_a_corrupt_coding_is_never_passed_on() {
    let html = tagged();
    for (coding, mut bytes) in
        [("gzip", gzip(html.as_bytes())), ("br", brotli(html.as_bytes())), ("deflate", deflate(html.as_bytes()))]
    {
        let middle = bytes.len() / 2;
        for byte in &mut bytes[middle..middle + 12] {
            *byte ^= 0xa5;
        }
        assert_never_whole(coding, bytes);
    }
    // The checksum alone is wrong.
    let mut bytes = gzip(tagged().as_bytes());
    let end = bytes.len();
    bytes[end - 6] ^= 1;
    assert_never_whole("gzip", bytes);
    assert_never_whole("gzip", tagged().into_bytes());
}

#[test]
fn p08_p09_the_origin_is_offered_only_what_can_be_undone() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::before(&origin);
    for (client, expected) in [
        ("gzip, deflate, br, zstd", vec!["br", "gzip", "zstd"]),
        ("deflate, dcz, dcb", vec!["identity"]),
        ("br;q=1, gzip;q=0", vec!["br"]),
    ] {
        gateway.visit_with("/", &[&format!("Accept-Encoding: {client}")]).whole();
        let seen = origin.last().fields.get("accept-encoding").unwrap_or_default();
        let mut offered: Vec<&str> = seen.split(',').map(|c| c.split(';').next().unwrap_or_default().trim()).collect();
        offered.sort_unstable();
        assert_eq!(offered, expected, "for {client}");
    }
}

#[test]
fn p09_codings_that_can_be_undone_are_and_others_are_refused() {
    let (plain, zipped, brotlied) = (tagged().into_bytes(), gzip(tagged().as_bytes()), brotli(tagged().as_bytes()));
    for (coding, bytes) in [
        ("gzip", &zipped),
        ("GZip", &zipped),
        ("x-gzip", &zipped),
        ("br", &brotlied),
        ("BR", &brotlied),
        ("zstd", &zstd(&plain)),
        ("deflate", &deflate(&plain)),
        ("gzip, br", &brotli(&zipped)),
        ("identity", &plain),
    ] {
        let answer = Gateway::before(&coded(coding, bytes.clone())).visit("/").whole();
        assert_eq!(answer.get("content-encoding"), None, "{coding}");
        assert_blocked(&answer.text());
    }
    for coding in ["dcb", "dcz", "compress", "gzip, dcb", "gzip, gzip, gzip, gzip", "aes128gcm", "nonsense"] {
        let answer = Gateway::before(&coded(coding, zipped.clone())).visit("/");
        assert_eq!(answer.status(), 502, "{coding}");
        assert!(!answer.body.windows(4).any(|w| w == &zipped[..4]), "{coding}: the origin's bytes came through");
    }
    let twice = Origin::answering(move |request| {
        ok(request, &[HTML, "Content-Encoding: gzip", "Content-Encoding: gzip"], &gzip(&gzip(tagged().as_bytes())))
    });
    assert_blocked(&Gateway::before(&twice).visit("/").whole().text());
}

#[test]
fn p11_gzip_of_several_members_is_one_page() {
    let html = tagged();
    for members in 1..=3 {
        let length = html.len().div_ceil(members);
        let bytes: Vec<u8> = html.as_bytes().chunks(length).flat_map(gzip).collect();
        for tail in [&b""[..], b"\0\0\0\0\0\0\0\0", b"garbage behind the end"] {
            let bytes = [bytes.as_slice(), tail].concat();
            assert_blocked(&Gateway::before(&coded("gzip", bytes.clone())).visit("/").whole().text());
        }
    }
}

#[test]
fn p11_the_coding_may_be_split_at_every_byte() {
    let html = tagged();
    let (front, back) = html.as_bytes().split_at(html.len() / 3);
    for (coding, bytes) in [("gzip", [gzip(front), gzip(back)].concat()), ("br", brotli(html.as_bytes()))] {
        let origin = Origin::scripted(move |_, exchange| {
            let coding = format!("Content-Encoding: {coding}");
            exchange.send(head("200 OK", &[HTML, &coding, "Transfer-Encoding: chunked"]));
            for byte in &bytes {
                exchange.send(chunk(&[*byte]));
            }
            exchange.send(chunk(b""));
            Next::Keep
        });
        assert_blocked(&Gateway::before(&origin).visit("/").whole().text());
    }
}

#[test]
fn p12_a_truncated_coding_never_looks_complete() {
    for html in [tagged(), long(200_000)] {
        let html = html.as_bytes();
        for (coding, bytes) in
            [("gzip", gzip(html)), ("br", brotli(html)), ("zstd", zstd(html)), ("deflate", deflate(html))]
        {
            for length in [bytes.len() / 2, bytes.len() - 1] {
                assert_never_whole(coding, bytes[..length].to_vec());
            }
        }
    }
    assert_never_whole("gzip", Vec::from(*b"\x1f\x8b"));
}

#[test]
fn p13_a_bomb_is_cut_and_memory_stays_flat() {
    let zeros = vec![0_u8; 10 << 20];
    for (coding, bytes) in [("gzip", gzip(&zeros)), ("br", brotli(&zeros)), ("zstd", zstd(&zeros))] {
        for limit in ["", "decoded_chunk = 1048576"] {
            let origin = coded(coding, bytes.clone());
            let gateway = Gateway::configured(&format!("[limits]\n{limit}\n"), &[&origin], &[]);
            gateway.ask("GET", "/picture.png", &["Accept: image/*"]);
            let before = gateway.resident();
            for _ in 0..5 {
                assert!(is_cut(&gateway.visit("/")), "{coding}, {limit}");
            }
            let grown = gateway.resident().saturating_sub(before);
            assert!(grown < 60 << 10, "{coding}, {limit}: {grown} kB more");
        }
    }
}

#[test]
fn p14_a_failure_early_or_late_is_an_incomplete_message() {
    let html = long(400_000);
    for (coding, bytes) in [("gzip", gzip(html.as_bytes())), ("br", brotli(html.as_bytes()))] {
        for at in [20, bytes.len() * 9 / 10] {
            let mut bytes = bytes.clone();
            for byte in &mut bytes[at..at + 16] {
                *byte ^= 0x5a;
            }
            assert_never_whole(coding, bytes);
        }
    }
    // The gateway goes on with the next request.
    let origin = Origin::answering(|request| {
        let good = gzip(tagged().as_bytes());
        let bytes = if request.target == "/bad" { &good[..good.len() - 4] } else { &good[..] };
        ok(request, &[HTML, "Content-Encoding: gzip"], bytes)
    });
    let gateway = Gateway::before(&origin);
    for _ in 0..3 {
        assert!(is_cut(&gateway.ask("GET", "/bad", &NAVIGATION)));
        assert_blocked(&gateway.visit("/good").whole().text());
    }
}

/// In each coding the client's page is the one it gets without, and its end is the coding's end.
#[test]
fn p26_a_page_that_came_coded_leaves_in_what_the_client_wants() {
    let html = long(300_000);
    let plain = Gateway::before(&coded("gzip", gzip(html.as_bytes()))).visit("/").whole().body;
    for (came, bytes) in [("gzip", gzip(html.as_bytes())), ("br", brotli(html.as_bytes()))] {
        let gateway = Gateway::before(&coded(came, bytes));
        // The second visit is of a page that is known word for word.
        for wanted in ["gzip", "br", "zstd", "zstd"] {
            let answer = gateway.visit_with("/", &[&format!("Accept-Encoding: {wanted}")]).whole();
            assert_eq!(answer.get("content-encoding").as_deref(), Some(wanted));
            assert!(answer.get("vary").unwrap().contains("Accept-Encoding"));
            assert!(answer.body.len() < plain.len() / 3, "{wanted}: {} bytes", answer.body.len());
            assert_eq!(undone(wanted, &answer.body).unwrap(), plain, "{came} to {wanted}");
        }
        assert_eq!(gateway.visit("/").whole().body, plain);
        let head = gateway.ask("HEAD", "/", &[&NAVIGATION[..], &["Accept-Encoding: br"]].concat());
        assert_eq!(head.get("content-encoding").as_deref(), Some("br"));
    }
}

#[test]
fn p12_a_page_that_cannot_be_read_to_its_end_has_no_end_in_any_coding() {
    let bytes = gzip(long(300_000).as_bytes());
    let gateway = Gateway::before(&coded("gzip", bytes[..bytes.len() - 4].to_vec()));
    for wanted in ["gzip", "br", "zstd"] {
        assert!(is_cut(&gateway.visit_with("/", &[&format!("Accept-Encoding: {wanted}")])), "{wanted}");
    }
}

#[test]
fn the_operator_says_which_pages_are_compressed() {
    let html = tagged();
    let (plain, zipped) = (Origin::page(html.clone()), coded("gzip", gzip(html.as_bytes())));
    let coding = |origin: &Origin, pages: &str| {
        let gateway = Gateway::configured(&format!("[compression]\npages = \"{pages}\"\n"), &[origin], &[]);
        gateway.visit_with("/", &["Accept-Encoding: gzip, br"]).whole().get("content-encoding")
    };
    for (origin, pages, expected) in [
        (&plain, "coded", None),
        (&plain, "always", Some("br")),
        (&plain, "never", None),
        (&zipped, "coded", Some("br")),
        (&zipped, "always", Some("br")),
        (&zipped, "never", None),
    ] {
        assert_eq!(coding(origin, pages).as_deref(), expected, "{pages}");
    }
}

#[test]
fn our_own_files_leave_compressed_and_are_still_known_by_their_tag() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::before(&origin);
    for path in ["/_c/widget.js", "/_c/services", "/_c/config"] {
        let plain = gateway.ask("GET", path, &[]).whole();
        assert_eq!((plain.get("content-encoding"), plain.get("vary").as_deref()), (None, Some("Accept-Encoding")));
        for wanted in ["gzip", "br", "zstd", "br"] {
            let accept = format!("Accept-Encoding: {wanted}");
            // Also for who comes first, before the smallest form is made.
            let packed = gateway.ask("GET", path, &[&accept]).whole();
            if plain.body.len() <= 1024 {
                assert_eq!(packed.body, plain.body);
                continue;
            }
            assert_eq!(packed.get("content-encoding").as_deref(), Some(wanted), "{path}");
            assert_eq!(packed.get("content-length").unwrap(), packed.body.len().to_string());
            assert_eq!(undone(wanted, &packed.body).unwrap(), plain.body);
            assert!(packed.body.len() * 3 < plain.body.len() * 2, "{path} {wanted}: {}", packed.body.len());
            let tag = packed.get("etag").unwrap();
            assert_eq!(tag, format!("W/{}", plain.get("etag").unwrap()));
            for tag in [tag, plain.get("etag").unwrap()] {
                let again = gateway.ask("GET", path, &[&accept, &format!("If-None-Match: {tag}")]);
                assert_eq!((again.status(), again.get("vary").as_deref()), (304, Some("Accept-Encoding")));
            }
        }
    }
}

#[test]
fn what_is_no_page_keeps_its_coding() {
    let bytes = gzip(b"<script src=x>");
    let sent = bytes.clone();
    let origin =
        Origin::answering(move |request| ok(request, &["Content-Type: text/css", "Content-Encoding: gzip"], &sent));
    let answer = Gateway::before(&origin).ask("GET", "/a.css", &["Accept: text/css", "Accept-Encoding: gzip"]).whole();
    assert_eq!((answer.get("content-encoding").as_deref(), answer.body), (Some("gzip"), bytes));
}
