use super::*;
use proptest::prelude::*;

fn page() -> Base {
    Base::document("https", "www.shop.example", "/a/b.html?q=1")
}

/// What a browser would fetch: `host path`, or nothing.
fn at(raw: &str) -> Option<String> {
    let mut scratch = Scratch::default();
    resolve(raw.as_bytes(), &page(), &mut scratch).map(|t| format!("{} {}", t.host, t.path))
}

fn expect(table: &[(&str, &str)]) {
    for (raw, target) in table {
        assert_eq!(at(raw).as_deref().unwrap_or(""), *target, "{raw:?}");
    }
}

#[test]
fn p63_character_references_are_decoded_first() {
    expect(&[
        ("https&#58;//tracker&period;example/x", "tracker.example /x"),
        ("https&colon;&sol;&#x2f;tracker.example/x?a=1&amp;b=2", "tracker.example /x?a=1&b=2"),
        ("https://t.example/?a=1&copy=2", "t.example /?a=1&copy=2"),
        ("https://t.example/?a=1&b=2&c=3", "t.example /?a=1&b=2&c=3"),
        ("&#106avascript:alert(1)", ""),
        ("&Tab;https://t.example/", "t.example /"),
        ("htt&NewLine;ps://t.example/", "t.example /"),
        ("&amp;amp;", "www.shop.example /a/&amp;"),
        ("https://t.example/&", "t.example /&"),
    ]);
}

#[test]
fn p91_white_space_and_backslashes() {
    expect(&[
        ("  https://t.example/x  ", "t.example /x"),
        ("htt\nps://tra\tcker.example/x", "tracker.example /x"),
        ("https:\\\\tracker.example\\x", "tracker.example /x"),
        ("/\\tracker.example/x", "tracker.example /x"),
        ("///tracker.example/x", "tracker.example /x"),
        ("\u{1}https://t.example/", "t.example /"),
        ("https:t.example/x", "www.shop.example /a/t.example/x"),
        ("http:t.example/x", "t.example /x"),
    ]);
}

#[test]
fn p92_relative_references_and_the_base() {
    expect(&[
        ("//t.example/x", "t.example /x"),
        ("//t.example", "t.example /"),
        ("x.js", "www.shop.example /a/x.js"),
        ("/x.js", "www.shop.example /x.js"),
        ("../x.js", "www.shop.example /x.js"),
        ("/.well-known/x", "www.shop.example /.well-known/x"),
        ("?x=1", "www.shop.example /a/b.html?x=1"),
        ("a:b/c", ""),
        ("a/b:c", "www.shop.example /a/a/b:c"),
    ]);
    let mut scratch = Scratch::default();
    let base = page().update_from_base_href(b"//cdn.tracker.example/lib/");
    let target = resolve(b"x.js", &base, &mut scratch).unwrap();
    assert_eq!((target.host, target.path, target.third_party), ("cdn.tracker.example", "/lib/x.js", true));
    let again = base.update_from_base_href(b"/only/the/first/counts/");
    assert_eq!(resolve(b"x.js", &again, &mut scratch).unwrap().host, "cdn.tracker.example");
    for useless in ["data:text/plain,x", "javascript:x", "https://"] {
        let base = page().update_from_base_href(useless.as_bytes());
        assert_eq!(resolve(b"x.js", &base, &mut scratch).unwrap().host, "www.shop.example", "{useless}");
    }
    let base = page().update_from_base_href(b"blob:https://x.example/1");
    assert_eq!(resolve(b"x.js", &base, &mut scratch), None);
}

#[test]
fn p93_hosts_have_one_form() {
    expect(&[
        ("HTTPS://TRACKER.Example/X", "tracker.example /X"),
        ("https://tracker.example./x", "tracker.example /x"),
        ("https://tracker.example:8443/x", "tracker.example /x"),
        ("https://good.example@tracker.example/", "tracker.example /"),
        ("https://good.example:pass@tracker.example/", "tracker.example /"),
        ("https://träcker.example/", "xn--trcker-cua.example /"),
        ("https://xn--trcker-cua.example/", "xn--trcker-cua.example /"),
        ("https://%74racker.example/", "tracker.example /"),
        ("https://ｔracker。example/", "tracker.example /"),
        ("https://trac\u{ad}ker.example/", "tracker.example /"),
        ("https://0x7f.1/", "127.0.0.1 /"),
        ("https://2130706433/", "127.0.0.1 /"),
        ("https://0177.0.0.01/", "127.0.0.1 /"),
        ("https://[::1]:80/x", "[::1] /x"),
        ("https://[fe80::1%25eth0]/x", ""),
        ("https://a_b.example/", "a_b.example /"),
        ("https://t.example:99999/", ""),
        ("https://ex ample/", ""),
    ]);
}

#[test]
fn p95_what_does_not_fetch_is_no_target() {
    for raw in [
        "data:text/javascript,x",
        "blob:https://t.example/1",
        "about:srcdoc",
        "javascript:void 0",
        "mailto:a@b",
        "",
        "#x",
        "filesystem:https://t.example/",
        "tel:1",
        "ftp://t.example/",
    ] {
        assert_eq!(at(raw), None, "{raw:?}");
    }
    expect(&[("wss://t.example/s", "t.example /s"), ("WS://t.example", "t.example /")]);
}

#[test]
fn bytes_that_are_no_utf8_are_read_all_the_same() {
    let mut scratch = Scratch::default();
    let target = resolve(b"https://tr\xe4cker.example/\xe4", &page(), &mut scratch).unwrap();
    assert_eq!(target.host, "xn--trcker-cua.example");
}

#[test]
fn a_third_party_is_neither_above_nor_below_the_document() {
    let mut scratch = Scratch::default();
    for (raw, third) in [
        ("/x", false),
        ("https://shop.example/", false),
        ("https://cdn.shop.example/", false),
        ("https://myshop.example/", true),
        ("https://t.example/", true),
    ] {
        assert_eq!(resolve(raw.as_bytes(), &page(), &mut scratch).unwrap().third_party, third, "{raw}");
    }
}

#[test]
fn p90_srcset_is_split_by_the_standard() {
    for (raw, urls) in [
        ("a.png", vec!["a.png"]),
        ("a.png 1x, b.png 2x", vec!["a.png", "b.png"]),
        (" , a.png 1x,b.png", vec!["a.png", "b.png"]),
        ("a.png,b.png 2x", vec!["a.png,b.png"]),
        ("a.png, b.png", vec!["a.png", "b.png"]),
        ("data:image/png;base64,AA== 1x, b.png 2x", vec!["data:image/png;base64,AA==", "b.png"]),
        ("a.png (1,2) 3x, b.png", vec!["a.png", "b.png"]),
        ("a.png&#44; b.png&#32;2x", vec!["a.png", "b.png"]),
        ("/x?a=1&amp;b=2 1x, b.png", vec!["/x?a=1&amp;b=2", "b.png"]),
        (",,", vec![]),
    ] {
        let found: Vec<String> =
            srcset_urls(raw.as_bytes()).map(|u| String::from_utf8(u.into_owned()).unwrap()).collect();
        assert_eq!(found, urls, "{raw:?}");
    }
}

/// Both paths must say the same where the fast one dares to answer.
fn agree(raw: &[u8], base: &Base) {
    let (mut host, mut path) = (String::new(), String::new());
    let trimmed = text::trim(raw);
    let quick = fast::resolve(trimmed, base, &mut host, &mut path);
    if quick == Fast::Odd {
        return;
    }
    let (mut slow_host, mut slow_path) = (String::new(), String::new());
    let mut buffer = Vec::new();
    let full = slow::resolve(text::clean(trimmed, &mut buffer), base, &mut slow_host, &mut slow_path);
    assert_eq!(quick, full, "{}", raw.escape_ascii());
    if quick == Fast::Fetches {
        assert_eq!((host, path), (slow_host, slow_path), "{}", raw.escape_ascii());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn any_bytes_are_survived(data in proptest::collection::vec(any::<u8>(), 0..80)) {
        fuzz_reference(&data);
        agree(&data, &page());
    }

    /// What is decoded without the table is what the table would have said.
    #[test]
    fn simple_references_are_decoded_like_all_others(raw in "([a-z0-9=/]{0,4}&(amp;|amp|lt|copy|#65|;|)){0,5}[a-z0-9=;]{0,4}") {
        let mut buffer = Vec::new();
        let clean = text::clean(raw.as_bytes(), &mut buffer);
        prop_assert_eq!(clean, &*decode_attribute(raw.as_bytes()));
    }

    #[test]
    fn both_paths_agree_on_what_looks_like_a_url(
        raw in "(https?:|HTTP:|ws:|data:|x-y:|)(//?|\\\\)?[a-z0-9.:@%_&\\-]{0,12}(/[a-zA-Z0-9._~!$&'()*+,;=:@%|{}-]{0,6}){0,3}(\\?[a-z=&;%'\\[\\]|^`{}?/-]{0,10})?(#.{0,3})?",
        base in prop::sample::select(vec!["https://www.shop.example/a/b", "http://h.example", "https://h.example:81/x/y/?z"]),
    ) {
        let (scheme, rest) = base.split_once("://").unwrap();
        let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        agree(raw.as_bytes(), &Base::document(scheme, host, path));
        fuzz_reference(raw.as_bytes());
    }
}
