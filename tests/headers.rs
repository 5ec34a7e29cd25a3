//! Tables for `head`: what is asked of the origin, and what becomes of its answer's head.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]
#![allow(clippy::type_complexity)]

use consentry::consent::{Consent, Deciseconds, Source};
use consentry::head::coding::Coding;
use consentry::head::expect::{Expect, Purpose};
use consentry::head::forwarded::{Ends, Spoken};
use consentry::head::plan::{Plan, RewritePlan, plan};
use consentry::head::request::{Asked, prepare};
use consentry::head::terms::{Encode, SiteJudge, vary};
use consentry::head::{HeadEdits, Judge, RefuseReason, Terms, link, validator};
use consentry::policy::RuleSet;
use consentry::policy::{FailureAction, FailureReason, OnFailure};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, request, response};
use proptest::prelude::*;

const NOW: &str = "0123456789abcdef";
const BEFORE: &str = "fedcba9876543210";
const NAVIGATION: &[(&str, &str)] = &[("sec-fetch-dest", "document"), ("accept", "text/html,*/*;q=0.8")];
const PAGE: (&str, &str) = ("content-type", "text/html; charset=utf-8");

fn blocks(url: &[u8]) -> bool {
    url.windows(7).any(|w| w == b"tracker")
}

fn terms() -> Terms<'static> {
    Terms {
        variant: NOW,
        uniform: false,
        honour_no_transform: false,
        on_failure: OnFailure::default(),
        vary: &[],
        judge: &blocks,
        encode: Encode::Coded,
        ours: None,
        beside: None,
    }
}

fn passing(reason: FailureReason) -> Terms<'static> {
    let mut terms = terms();
    terms.on_failure.set(reason, FailureAction::Pass);
    terms
}

fn ends() -> Ends<'static> {
    Ends {
        client: Some("192.0.2.7".parse().unwrap()),
        trusted: false,
        spoken: Spoken::XForwarded,
        scheme: "https",
        host: b"shop.example",
        origin_host: None,
    }
}

fn fields(list: &[(&str, &str)]) -> HeaderMap {
    let name = |n: &str| HeaderName::from_bytes(n.as_bytes()).unwrap();
    // From bytes of Latin-1, so that a table can hold what is no UTF-8.
    let value = |v: &str| HeaderValue::from_bytes(&v.chars().map(|c| c as u8).collect::<Vec<_>>()).unwrap();
    list.iter().map(|(n, v)| (name(n), value(v))).collect::<Vec<_>>().into_iter().fold(
        HeaderMap::new(),
        |mut m, (n, v)| {
            m.append(n, v);
            m
        },
    )
}

fn get(path: &str, headers: &[(&str, &str)]) -> request::Parts {
    request(Method::GET, path, headers)
}

fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> request::Parts {
    let mut parts = http::Request::builder().method(method).uri(path).body(()).unwrap().into_parts().0;
    parts.headers = fields(headers);
    parts
}

fn answer(status: u16, headers: &[(&str, &str)]) -> response::Parts {
    let mut parts = http::Response::builder().status(status).body(()).unwrap().into_parts().0;
    parts.headers = fields(headers);
    parts
}

/// What the origin sees.
fn sent(request: &request::Parts) -> (Asked, HeaderMap) {
    let (asked, edits) = prepare(request, NOW, true, &ends());
    let mut headers = request.headers.clone();
    edits.apply(&mut headers);
    (asked, headers)
}

fn asked(headers: &[(&str, &str)]) -> Asked {
    sent(&get("/", headers)).0
}

fn edits(plan: &Plan) -> &HeadEdits {
    match plan {
        Plan::Rewrite(RewritePlan { edits, .. }) | Plan::Pass(edits) => edits,
        Plan::Refuse(reason, _) => panic!("refused: {reason}"),
    }
}

/// What the client sees of the head.
fn seen(plan: &Plan, answer: &response::Parts) -> HeaderMap {
    let mut headers = answer.headers.clone();
    edits(plan).apply(&mut headers);
    headers
}

fn rewritten(headers: &[(&str, &str)]) -> HeaderMap {
    let answer = answer(200, &[&[PAGE], headers].concat());
    let plan = plan(&asked(NAVIGATION), &terms(), &answer, false);
    assert!(matches!(plan, Plan::Rewrite(_)), "{plan:?}");
    seen(&plan, &answer)
}

fn all(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(|v| v.as_bytes().iter().map(|b| *b as char).collect()).collect()
}

fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = all(headers, name);
    assert!(values.len() <= 1, "{name}: {values:?}");
    values.into_iter().next()
}

// ---------------------------------------------------------------------------------------------- the request

#[test]
fn p45_what_a_request_is_for() {
    use Expect::{Asset, Data, Document, Fragment};
    let table: &[(&str, &[(&str, &str)], Expect, bool)] = &[
        ("/", &[("sec-fetch-dest", "document")], Document, true),
        ("/", &[("sec-fetch-dest", "iframe")], Document, true),
        ("/", &[("sec-fetch-dest", "frame")], Document, true),
        ("/", &[("sec-fetch-dest", "embed")], Document, false),
        ("/", &[("sec-fetch-dest", "something-new")], Document, false),
        ("/", &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "navigate")], Document, true),
        ("/", &[("sec-fetch-dest", "empty"), ("accept", "*/*")], Data, false),
        ("/", &[("sec-fetch-dest", "empty"), ("accept", "text/html, */*; q=0.01")], Fragment, false),
        ("/", &[("sec-fetch-dest", "empty"), ("hx-request", "true")], Fragment, false),
        ("/", &[("sec-fetch-dest", "image"), ("accept", "text/html")], Asset, false),
        ("/", &[("sec-fetch-dest", "video"), ("range", "bytes=0-")], Asset, false),
        ("/", &[], Document, true),
        ("/", &[("accept", "*/*")], Document, true),
        ("/x.html", &[("accept", "*/*")], Document, true),
        ("/", &[("accept", "text/html,application/xhtml+xml,image/avif,*/*;q=0.8")], Document, true),
        ("/film.mp4", &[("accept", "text/html,*/*;q=0.8")], Document, true),
        ("/film.mp4?x=/a", &[("accept", "*/*")], Asset, false),
        ("/v1.2/", &[("accept", "*/*")], Document, true),
        ("/", &[("accept", "image/webp,image/*;q=0.8,*/*;q=0.5")], Asset, false),
        ("/", &[("accept", "application/json")], Asset, false),
        ("/", &[("accept", "text/css,*/*;q=0.1")], Asset, false),
        ("/f", &[("accept", "*/*"), ("range", "bytes=0-"), ("accept-encoding", "identity;q=1, *;q=0")], Asset, false),
        ("/f", &[("accept", "*/*"), ("range", "bytes=0-"), ("accept-encoding", "gzip")], Document, true),
        ("/", &[("accept", "text/event-stream")], Asset, false),
        ("/", &[("content-type", "application/grpc+proto")], Asset, false),
        ("/", &[("upgrade", "websocket"), ("accept", "text/html")], Asset, false),
        ("/", &[("x-requested-with", "XMLHttpRequest")], Fragment, false),
        ("/", &[("turbo-frame", "a"), ("accept", "text/html")], Fragment, false),
    ];
    for (path, headers, expect, shown) in table {
        let purpose = Purpose::of(&get(path, headers));
        assert_eq!((purpose.expect, purpose.shown), (*expect, *shown), "{path} {headers:?}");
    }
}

#[test]
fn p08_p09_accept_encoding_is_what_both_sides_can_undo() {
    let table = [
        ("gzip, deflate, br, zstd, dcb, dcz", "gzip, br, zstd"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("br;q=1.0, gzip;q=0", "br"),
        ("br;q=0.000, *", "gzip, zstd"),
        ("*;q=0", "identity"),
        ("*", "gzip, br, zstd"),
        ("zstd", "zstd"),
        ("", "identity"),
        ("identity", "identity"),
    ];
    for (from, to) in table {
        let (_, headers) = sent(&get("/", &[NAVIGATION, &[("accept-encoding", from)]].concat()));
        assert_eq!(one(&headers, "accept-encoding").as_deref(), Some(to), "{from}");
    }
    assert_eq!(one(&sent(&get("/", NAVIGATION)).1, "accept-encoding").as_deref(), Some("identity"));
    let split = [NAVIGATION, &[("accept-encoding", "zstd"), ("accept-encoding", "br")]].concat();
    assert_eq!(one(&sent(&get("/", &split)).1, "accept-encoding").as_deref(), Some("br, zstd"));
    let image = [("sec-fetch-dest", "image"), ("accept-encoding", "gzip, zstd")];
    assert_eq!(one(&sent(&get("/", &image)).1, "accept-encoding").as_deref(), Some("gzip, zstd"));
}

#[test]
fn p23_cookie_crumbs_reach_the_origin_as_one_line() {
    let crumbs = [("cookie", "a=1"), ("cookie", "b=2; c=3"), ("cookie", ""), ("cookie", "euconsent=x")];
    let (_, headers) = sent(&get("/", &crumbs));
    assert_eq!(one(&headers, "cookie").as_deref(), Some("a=1; b=2; c=3; euconsent=x"));
    assert_eq!(one(&sent(&get("/", &[("cookie", "a=1;b=2")])).1, "cookie").as_deref(), Some("a=1;b=2"));
}

#[test]
fn p24_cookies_that_are_no_text_are_joined_as_bytes() {
    let (_, headers) = sent(&get("/", &[("cookie", "a=\u{ff}"), ("cookie", "euconsent=x")]));
    assert_eq!(one(&headers, "cookie").as_deref(), Some("a=\u{ff}; euconsent=x"));
}

fn conditional(extra: &[(&str, &str)], class: &[(&str, &str)]) -> (Asked, Option<String>, Option<String>) {
    let (asked, headers) = sent(&get("/", &[class, extra].concat()));
    (asked, one(&headers, "if-none-match"), one(&headers, "if-modified-since"))
}

#[test]
fn p34_if_none_match_of_another_variant_is_dropped() {
    let ours = format!("W/\"{NOW}:abc\"");
    let weak = format!("W/\"{NOW}~abc\"");
    let bare = format!("W/\"{NOW}-abc\"");
    let fragment = format!("W/\"{NOW}f:abc\"");
    let other = format!("W/\"{BEFORE}:abc\"");
    let list = format!("{other}, {ours} ,\"raw\", {weak}");
    let table: &[(&str, Option<&str>)] = &[
        (&ours, Some("\"abc\"")),
        (&weak, Some("W/\"abc\"")),
        (&bare, Some("abc")),
        (&ours[2..], Some("\"abc\"")),
        (&other, None),
        (&fragment, None),
        ("\"abc\"", None),
        ("*", None),
        ("", None),
        (&list, Some("\"abc\", W/\"abc\"")),
    ];
    for (tags, expected) in table {
        let fields = [("if-none-match", *tags), ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT")];
        let (asked, tag, date) = conditional(&fields, NAVIGATION);
        assert_eq!((tag.as_deref(), date), (*expected, None), "{tags}");
        assert_eq!((asked.revalidates, asked.unconditional), (expected.is_some(), expected.is_none()), "{tags}");
    }
}

#[test]
fn p34_what_a_script_fetches_keeps_the_origins_own_tags_and_dates() {
    let data = &[("sec-fetch-dest", "empty"), ("accept", "*/*")];
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let (asked, tag, dated) = conditional(&[("if-none-match", "\"a\", \"b\""), ("if-modified-since", date)], data);
    assert_eq!((tag.as_deref(), dated.as_deref()), (Some("\"a\", \"b\""), Some(date)));
    assert!(!asked.revalidates && !asked.unconditional);
    // Not with a tag of another variant among them: then it is a page.
    let mixed = format!("\"a\", W/\"{BEFORE}f:x\"");
    let (asked, tag, dated) = conditional(&[("if-none-match", &mixed), ("if-modified-since", date)], data);
    assert_eq!((tag, dated, asked.unconditional), (None, None, true));
    let ours = format!("\"a\", W/\"{NOW}f:x\"");
    let (asked, tag, _) = conditional(&[("if-none-match", &ours)], data);
    assert_eq!((tag.as_deref(), asked.revalidates), (Some("\"x\""), true));
    let (_, tag, _) = conditional(&[("if-none-match", "*")], data);
    assert_eq!(tag, None);
}

#[test]
fn p35_a_client_with_dates_only_gets_the_page() {
    let date = [("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT")];
    for class in [NAVIGATION, &[], &[("hx-request", "true")]] {
        let (asked, _, dated) = conditional(&date, class);
        assert_eq!((dated, asked.unconditional), (None, true), "{class:?}");
    }
    let (asked, _, dated) = conditional(&date, &[("sec-fetch-dest", "image")]);
    assert!(dated.is_some() && !asked.unconditional);
}

#[test]
fn p36_if_match_reaches_the_origin_as_its_own_tag() {
    let put = |headers: &[(&str, &str)]| sent(&request(Method::PUT, "/page", headers)).1;
    let both = format!("W/\"{NOW}:abc\", W/\"{BEFORE}f~def\", \"raw\"");
    assert_eq!(one(&put(&[("if-match", &both)]), "if-match").as_deref(), Some("\"abc\", W/\"def\", \"raw\""));
    assert_eq!(one(&put(&[("if-match", "*")]), "if-match").as_deref(), Some("*"));
    assert_eq!(one(&put(&[("if-none-match", "*")]), "if-none-match").as_deref(), Some("*"));
    let other = format!("W/\"{BEFORE}:abc\"");
    assert_eq!(one(&put(&[("if-none-match", &other)]), "if-none-match").as_deref(), Some("\"abc\""));
    let date = [("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT")];
    assert!(put(&date).contains_key("if-unmodified-since"));
}

#[test]
fn p37_ranges_of_what_may_be_a_page_are_dropped() {
    let range = [("range", "bytes=37-"), ("if-range", "\"x\"")];
    let table: &[(&str, &[(&str, &str)], bool)] = &[
        ("/", NAVIGATION, false),
        ("/", &[], false),
        ("/", &[("hx-request", "true")], false),
        ("/big.iso", NAVIGATION, true),
        ("/film", &[("sec-fetch-dest", "video")], true),
        ("/film", &[("sec-fetch-dest", "empty")], true),
    ];
    for (path, class, kept) in table {
        let (asked, headers) = sent(&get(path, &[class, &range[..]].concat()));
        let found = (headers.contains_key("range"), headers.contains_key("if-range"), asked.range);
        assert_eq!(found, (*kept, *kept, *kept), "{path} {class:?}");
    }
}

#[test]
fn p38_digests_are_not_asked_for() {
    let want = [("want-digest", "sha-256"), ("want-repr-digest", "sha-256=1"), ("available-dictionary", ":x:")];
    let (_, headers) = sent(&get("/", &[NAVIGATION, &want].concat()));
    assert!(want.iter().all(|(name, _)| !headers.contains_key(*name)));
}

#[test]
fn p107_the_origin_is_told_who_asked_and_sees_the_same_host() {
    let claims = [
        ("host", "shop.example"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-for", "10.0.0.2"),
        ("x-forwarded-prefix", "/admin"),
        ("x-real-ip", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1"),
        ("sec-gpc", "1"),
    ];
    let (_, headers) = sent(&get("/", &claims));
    assert_eq!(one(&headers, "x-forwarded-for").as_deref(), Some("192.0.2.7"));
    assert_eq!(one(&headers, "x-forwarded-proto").as_deref(), Some("https"));
    assert_eq!(one(&headers, "x-forwarded-host").as_deref(), Some("shop.example"));
    assert_eq!(one(&headers, "host").as_deref(), Some("shop.example"));
    assert_eq!(one(&headers, "sec-gpc").as_deref(), Some("1"));
    assert!(["x-forwarded-prefix", "x-real-ip", "forwarded"].iter().all(|name| !headers.contains_key(*name)));

    let host = HeaderValue::from_static("origin.internal");
    let ends =
        Ends { trusted: true, origin_host: Some(&host), client: Some("::ffff:192.0.2.9".parse().unwrap()), ..ends() };
    let trusted = get("/", &[&claims[..], &[("x-forwarded-proto", "http")]].concat());
    let mut headers = trusted.headers.clone();
    prepare(&trusted, NOW, true, &ends).1.apply(&mut headers);
    assert_eq!(one(&headers, "x-forwarded-for").as_deref(), Some("10.0.0.1, 10.0.0.2, 192.0.2.9"));
    assert_eq!(one(&headers, "x-forwarded-proto").as_deref(), Some("http"));
    assert_eq!(one(&headers, "host").as_deref(), Some("origin.internal"));
    assert!(headers.contains_key("x-forwarded-prefix"));
    assert!(!headers.contains_key("forwarded"), "nobody who is believed wrote it");
}

#[test]
fn p107_the_origin_is_told_in_the_words_of_rfc_7239_by_choice() {
    let told = |spoken, trusted, client: &str, fields: &[(&str, &str)]| {
        let ends = Ends { spoken, trusted, client: Some(client.parse().unwrap()), ..ends() };
        let request = get("/", &[&[("host", "shop.example"), ("x-forwarded-for", "10.0.0.1")], fields].concat());
        let mut headers = request.headers.clone();
        prepare(&request, NOW, true, &ends).1.apply(&mut headers);
        (one(&headers, "forwarded").unwrap(), one(&headers, "x-forwarded-for"))
    };
    let whole = |node: &str| format!("for={node};proto=https;host=\"shop.example\"");
    let said = [("forwarded", "for=10.0.0.1;proto=http")];
    for (trusted, client, fields, expected) in [
        (false, "192.0.2.7", &said[..], whole("192.0.2.7")),
        (false, "2001:db8::1", &[], whole("\"[2001:db8::1]\"")),
        (true, "192.0.2.7", &said, "for=10.0.0.1;proto=http, for=192.0.2.7".to_owned()),
        (true, "192.0.2.7", &[], whole("192.0.2.7")),
        (true, "192.0.2.7", &[("forwarded", "for=\"x"), ("forwarded", "for=10.0.0.1")], whole("192.0.2.7")),
        (true, "192.0.2.7", &[("forwarded", "for=\"x\\\"")], whole("192.0.2.7")),
    ] {
        assert_eq!(told(Spoken::Rfc7239, trusted, client, fields), (expected, None), "{fields:?}");
    }
    let (forwarded, chain) = told(Spoken::Both, true, "192.0.2.7", &said);
    assert_eq!(forwarded, "for=10.0.0.1;proto=http, for=192.0.2.7");
    assert_eq!(chain.as_deref(), Some("10.0.0.1, 192.0.2.7"));
}

// ---------------------------------------------------------------------------------------------- the plan

#[test]
fn p01_a_rewritten_page_has_no_length_and_no_coding() {
    let headers = rewritten(&[("content-length", "12"), ("content-encoding", "gzip"), ("x-other", "kept")]);
    assert!(!headers.contains_key("content-length") && !headers.contains_key("content-encoding"));
    assert_eq!(one(&headers, "x-other").as_deref(), Some("kept"));
    assert_eq!(one(&headers, "content-type").as_deref(), Some(PAGE.1));
}

#[test]
fn p04_p47_head_and_empty_answers_have_the_edits_of_get() {
    let page = [
        PAGE,
        ("content-length", "999"),
        ("content-encoding", "br"),
        ("etag", "\"x\""),
        ("vary", "Accept-Encoding"),
        ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("cache-control", "max-age=60"),
        ("accept-ranges", "bytes"),
    ];
    let answer = answer(200, &page);
    let got = plan(&asked(NAVIGATION), &terms(), &answer, false);
    let head = sent(&request(Method::HEAD, "/", NAVIGATION)).0;
    for end in [true, false] {
        let plan = plan(&head, &terms(), &answer, end);
        assert!(matches!(plan, Plan::Pass(_)));
        assert_eq!(seen(&plan, &answer), seen(&got, &answer));
    }
    assert!(matches!(got, Plan::Rewrite(_)));
}

#[test]
fn p04_empty_bodies_are_never_rewritten_and_keep_their_framing() {
    for (status, length, end) in
        [(200, "0", false), (204, "", true), (205, "0", true), (200, "", true), (304, "", true)]
    {
        let length: &[(&str, &str)] = if length.is_empty() { &[] } else { &[("content-length", "0")] };
        let answer = answer(status, &[&[PAGE, ("etag", "\"x\"")], length].concat());
        let ours = format!("W/\"{NOW}:x\"");
        let asked = asked(&[NAVIGATION, &[("if-none-match", &ours)]].concat());
        let plan = plan(&asked, &terms(), &answer, end);
        assert!(matches!(plan, Plan::Pass(_)), "{status}");
        let headers = seen(&plan, &answer);
        assert_eq!(headers.contains_key("content-length"), !length.is_empty() && status != 304);
        assert_eq!(one(&headers, "etag"), Some(ours));
    }
}

#[test]
fn p04_p47_the_head_of_an_empty_page_names_no_coding() {
    let client = [NAVIGATION, &[("accept-encoding", "br")]].concat();
    for (length, coding) in [("0", None), ("9", Some("br"))] {
        let page = answer(200, &[PAGE, ("content-encoding", "br"), ("content-length", length)]);
        let head = sent(&request(Method::HEAD, "/", &client)).0;
        for asked in [asked(&client), head] {
            let headers = seen(&plan(&asked, &terms(), &page, false), &page);
            assert_eq!(one(&headers, "content-encoding").as_deref(), coding, "{length} {asked:?}");
        }
    }
}

#[test]
fn p05_informational_answers_lose_blocked_links_and_nothing_else() {
    let answer = answer(
        103,
        &[("link", "<https://tracker.example/a>; rel=preload, </b>; rel=preload"), PAGE, ("etag", "\"x\"")],
    );
    let headers = seen(&plan(&asked(NAVIGATION), &terms(), &answer, false), &answer);
    assert_eq!(one(&headers, "link").as_deref(), Some("</b>; rel=preload"));
    assert_eq!((headers.len(), one(&headers, "etag").as_deref()), (3, Some("\"x\"")));
}

#[test]
fn p26_a_page_leaves_in_what_the_client_wants_most() {
    let came = |codings: &'static str, client: &str, encode: Encode| {
        let page = answer(200, &[PAGE, ("content-encoding", codings), ("vary", "Accept")]);
        let asked = asked(&[NAVIGATION, &[("accept-encoding", client)]].concat());
        let plan = plan(&asked, &Terms { encode, ..terms() }, &page, false);
        let headers = seen(&plan, &page);
        let coding = one(&headers, "content-encoding");
        let varies = one(&headers, "vary").is_some_and(|vary| vary.contains("Accept-Encoding"));
        assert_eq!(varies, coding.is_some(), "{codings} {client}");
        let Plan::Rewrite(plan) = plan else { panic!("{plan:?}") };
        assert_eq!(plan.coded.map(Coding::name), coding.as_deref(), "{codings} {client}");
        let navigation = [NAVIGATION, &[("accept-encoding", client)]].concat();
        let head = sent(&request(Method::HEAD, "/", &navigation)).0;
        let head = consentry::head::plan::plan(&head, &Terms { encode, ..terms() }, &page, true);
        assert_eq!(seen(&head, &page), headers, "HEAD is not GET's mirror: {codings} {client}");
        coding
    };
    for (client, expected) in [
        ("gzip, deflate, br, zstd", Some("zstd")),
        ("gzip, deflate, br", Some("br")),
        ("gzip;q=1.0, br;q=0.9, zstd;q=0.8", Some("gzip")),
        ("gzip;q=0.5, br;q=0.51", Some("br")),
        ("x-gzip", Some("gzip")),
        ("gzip;q=0", None),
        ("gzip;q=0.4, identity;q=0.5", None),
        ("gzip;q=1, identity;q=1", Some("gzip")),
        ("*", Some("zstd")),
        ("*;q=0.3, zstd;q=0", Some("br")),
        ("gzip;q=what", Some("gzip")),
        ("deflate", None),
        ("", None),
    ] {
        assert_eq!(came("gzip", client, Encode::Coded).as_deref(), expected, "{client}");
        assert_eq!(came("identity", client, Encode::Always).as_deref(), expected, "{client}");
        assert_eq!(came("identity", client, Encode::Coded), None, "{client}");
        assert_eq!(came("gzip", client, Encode::Never), None, "{client}");
    }
}

#[test]
fn p09_codings_that_cannot_be_undone_are_refused() {
    use Coding::{Brotli, Deflate, Gzip, Zstd};
    let table: &[(&[&str], Option<&[Coding]>)] = &[
        (&[], Some(&[])),
        (&["identity"], Some(&[])),
        (&["gzip"], Some(&[Gzip])),
        (&["GZip"], Some(&[Gzip])),
        (&["x-gzip"], Some(&[Gzip])),
        (&["br"], Some(&[Brotli])),
        (&["zstd"], Some(&[Zstd])),
        (&["deflate"], Some(&[Deflate])),
        (&["gzip, identity"], Some(&[Gzip])),
        (&["identity", "br"], Some(&[Brotli])),
        (&["gzip, br"], Some(&[Gzip, Brotli])),
        (&["gzip", "br"], Some(&[Gzip, Brotli])),
        (&["gzip, gzip", "zstd"], Some(&[Gzip, Gzip, Zstd])),
        (&["gzip, gzip, gzip, gzip"], None),
        (&["dcb"], None),
        (&["gzip, dcb"], None),
        (&["compress"], None),
        (&["aes128gcm"], None),
        (&["gzip;q=1"], None),
    ];
    for (codings, expected) in table {
        let fields: Vec<_> = codings.iter().map(|c| ("content-encoding", *c)).chain([PAGE]).collect();
        match (plan(&asked(NAVIGATION), &terms(), &answer(200, &fields), false), expected) {
            (Plan::Rewrite(plan), Some(list)) => assert_eq!(plan.codings.as_slice(), *list, "{codings:?}"),
            (Plan::Refuse(RefuseReason::BadCoding, StatusCode::BAD_GATEWAY), None) => {}
            (plan, _) => panic!("{codings:?}: {plan:?}"),
        }
    }
}

#[test]
fn p09_a_site_may_pass_instead_and_pictures_always_do() {
    let unknown = answer(200, &[PAGE, ("content-encoding", "dcz"), ("etag", "\"x\""), ("expires", "never")]);
    let document = plan(&asked(NAVIGATION), &passing(FailureReason::BadEncoding), &unknown, false);
    let picture = plan(&asked(&[("sec-fetch-dest", "image")]), &terms(), &unknown, false);
    for plan in [document, picture] {
        let headers = seen(&plan, &unknown);
        assert!(matches!(plan, Plan::Pass(_)));
        assert_eq!(one(&headers, "content-encoding").as_deref(), Some("dcz"));
        assert_eq!(one(&headers, "cache-control").as_deref(), Some("private, no-store"));
        assert!(!headers.contains_key("etag") && !headers.contains_key("expires"));
    }
}

#[test]
fn p18_upgrades_pass_untouched() {
    let answer = answer(101, &[("upgrade", "websocket"), PAGE, ("link", "<//tracker.example>; rel=preload")]);
    assert_eq!(plan(&asked(NAVIGATION), &terms(), &answer, false), Plan::Pass(HeadEdits::default()));
}

#[test]
fn p25_list_fields_keep_all_their_lines() {
    let headers = rewritten(&[
        ("link", "</a>; rel=preload"),
        ("link", "<//tracker.example>; rel=preconnect"),
        ("link", "</b>; rel=next, <//tracker.example/x>; rel=\"prefetch next\""),
        ("content-security-policy", "default-src 'self'"),
        ("content-security-policy", "img-src *"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("set-cookie", "c=3"),
    ]);
    assert_eq!(all(&headers, "link"), ["</a>; rel=preload", "</b>; rel=next"]);
    assert_eq!(all(&headers, "content-security-policy").len(), 2);
    assert_eq!(all(&headers, "set-cookie"), ["a=1", "b=2", "c=3"]);
}

#[test]
fn p33_the_tag_names_the_variant_and_comes_back() {
    let table = [
        ("\"abc\"", Some(format!("W/\"{NOW}:abc\""))),
        ("W/\"abc\"", Some(format!("W/\"{NOW}~abc\""))),
        ("\"\"", Some(format!("W/\"{NOW}:\""))),
        ("\"5f-61:0\"", Some(format!("W/\"{NOW}:5f-61:0\""))),
        ("\"\u{e9}\"", Some(format!("W/\"{NOW}:\u{e9}\""))),
        ("abc", Some(format!("W/\"{NOW}-abc\""))),
        ("*", None),
        ("\"abc\"-gzip", None),
        ("\"abc", None),
        ("\"a\", \"b\"", None),
        ("", None),
    ];
    for (origin, expected) in table {
        assert_eq!(one(&rewritten(&[("etag", origin)]), "etag"), expected, "{origin}");
    }
    let answer = answer(200, &[PAGE, ("etag", "\"abc\"")]);
    let tag = |asked: &Asked, variant| {
        one(&seen(&plan(asked, &Terms { variant, ..terms() }, &answer, false), &answer), "etag").unwrap()
    };
    let page = asked(NAVIGATION);
    let tags = [tag(&page, NOW), tag(&page, BEFORE), tag(&asked(&[("hx-request", "true")]), NOW)];
    assert!(tags[0] != tags[1] && tags[0] != tags[2] && tags[1] != tags[2], "{tags:?}");
}

#[test]
fn p34_a_304_is_the_variant_that_was_asked_about_or_nothing() {
    let not_modified = answer(304, &[("etag", "\"abc\""), ("cache-control", "public, max-age=9"), ("vary", "X")]);
    let ours = format!("W/\"{NOW}:abc\"");
    let asked_about = asked(&[NAVIGATION, &[("if-none-match", &ours)]].concat());
    let headers = seen(&plan(&asked_about, &terms(), &not_modified, true), &not_modified);
    assert_eq!(one(&headers, "etag").as_ref(), Some(&ours));
    assert_eq!(one(&headers, "cache-control").as_deref(), Some("private, no-cache"));
    assert_eq!(one(&headers, "vary").as_deref(), Some("X, Cookie, Sec-Fetch-Dest"));

    // A cache keeps the field in the place of the page's own: a coded page must not come to those who cannot read it.
    let takes = [NAVIGATION, &[("if-none-match", ours.as_str()), ("accept-encoding", "br")]].concat();
    for (encode, varies) in [(Encode::Coded, true), (Encode::Always, true), (Encode::Never, false)] {
        let terms = Terms { encode, ..terms() };
        let headers = seen(&plan(&asked(&takes), &terms, &not_modified, true), &not_modified);
        assert_eq!(one(&headers, "vary").unwrap().contains("Accept-Encoding"), varies, "{encode:?}");
        assert_eq!(one(&headers, "content-encoding"), None);
    }

    let dropped = asked(&[NAVIGATION, &[("if-none-match", "\"abc\"")]].concat());
    let refused = plan(&dropped, &terms(), &not_modified, true);
    assert_eq!(refused, Plan::Refuse(RefuseReason::UnaskedNotModified, StatusCode::BAD_GATEWAY));

    let picture = asked(&[("sec-fetch-dest", "image"), ("if-none-match", "\"abc\"")]);
    assert_eq!(plan(&picture, &terms(), &not_modified, true), Plan::Pass(HeadEdits::default()));
}

#[test]
fn p35_p37_p38_fields_about_the_bytes_go() {
    let about = [
        "last-modified",
        "accept-ranges",
        "content-range",
        "digest",
        "repr-digest",
        "content-digest",
        "content-md5",
        "signature",
        "signature-input",
        "sourcemap",
        "x-sourcemap",
        "want-digest",
        "unencoded-digest",
        "use-as-dictionary",
    ];
    let list: Vec<_> = about.iter().map(|name| (*name, "x")).collect();
    let headers = rewritten(&list);
    assert!(about.iter().all(|name| !headers.contains_key(*name)), "{headers:?}");
}

#[test]
fn p37_a_slice_of_a_page_is_refused() {
    let slice = answer(206, &[PAGE, ("content-range", "bytes 37-99/100")]);
    let reason = RefuseReason::PartialContent;
    assert_eq!(plan(&asked(NAVIGATION), &terms(), &slice, false), Plan::Refuse(reason, StatusCode::BAD_GATEWAY));
    let fetched = asked(&[("sec-fetch-dest", "empty"), ("range", "bytes=37-")]);
    assert_eq!(plan(&fetched, &terms(), &slice, false), Plan::Refuse(reason, StatusCode::RANGE_NOT_SATISFIABLE));
    let untyped = answer(206, &[("content-range", "bytes 0-9/10")]);
    let resumed = sent(&get("/big.iso", &[NAVIGATION, &[("range", "bytes=0-9")]].concat())).0;
    assert_eq!(plan(&resumed, &terms(), &untyped, false), Plan::Pass(HeadEdits::default()));
    assert!(matches!(plan(&asked(NAVIGATION), &terms(), &untyped, false), Plan::Refuse(..)));
    let film = answer(206, &[("content-type", "video/mp4"), ("content-range", "bytes 0-9/10")]);
    assert_eq!(plan(&asked(NAVIGATION), &terms(), &film, false), Plan::Pass(HeadEdits::default()));
}

#[test]
fn p39_no_cache_keeps_a_visitors_page() {
    let table = [
        ("", "private, no-cache"),
        ("public, max-age=600, s-maxage=9, immutable, stale-while-revalidate=5", "private, no-cache"),
        ("no-store", "private, no-cache, no-store"),
        ("No-Store, max-age=0", "private, no-cache, no-store"),
        ("private=\"no-store, x\"", "private, no-cache"),
        ("no-transform", "private, no-cache, no-transform"),
        ("no-store, no-transform, must-understand", "private, no-cache, no-store, no-transform"),
    ];
    for (from, to) in table {
        assert_eq!(one(&rewritten(&[("cache-control", from)]), "cache-control").as_deref(), Some(to), "{from}");
    }
    let split = rewritten(&[("cache-control", "public"), ("cache-control", "no-store")]);
    assert_eq!(one(&split, "cache-control").as_deref(), Some("private, no-cache, no-store"));
    let others = [
        "expires",
        "age",
        "surrogate-control",
        "cdn-cache-control",
        "cloudflare-cdn-cache-control",
        "edge-control",
        "vercel-cdn-cache-control",
        "x-accel-expires",
    ];
    let list: Vec<_> = others.iter().map(|name| (*name, "max-age=60")).collect();
    let headers = rewritten(&list);
    assert!(others.iter().all(|name| !headers.contains_key(*name)), "{headers:?}");
}

#[test]
fn p39_a_uniform_page_is_cached_as_the_origin_says() {
    let page = [PAGE, ("cache-control", "public, s-maxage=9"), ("age", "1"), ("etag", "\"x\""), ("last-modified", "x")];
    let answer = answer(200, &page);
    let terms = Terms { uniform: true, ..terms() };
    let headers = seen(&plan(&asked(NAVIGATION), &terms, &answer, false), &answer);
    assert_eq!(one(&headers, "cache-control").as_deref(), Some("public, s-maxage=9"));
    assert_eq!(one(&headers, "vary").as_deref(), Some("Sec-Fetch-Dest"));
    assert!(headers.contains_key("age") && !headers.contains_key("last-modified"));
    assert_eq!(one(&headers, "etag"), Some(format!("W/\"{NOW}:x\"")));
}

#[test]
fn p40_vary_is_added_to() {
    let table: &[(&[&str], &str)] = &[
        (&[], "Cookie, Sec-Fetch-Dest"),
        (&["Accept-Encoding"], "Accept-Encoding, Cookie, Sec-Fetch-Dest"),
        (&["Accept-Encoding", "COOKIE"], "Accept-Encoding, COOKIE, Sec-Fetch-Dest"),
        (&["*"], "*"),
        (&["Accept", "*"], "Accept|*"),
        (&["sec-fetch-dest, Cookie"], "sec-fetch-dest, Cookie"),
    ];
    for (from, to) in table {
        let list: Vec<_> = from.iter().map(|v| ("vary", *v)).collect();
        assert_eq!(all(&rewritten(&list), "vary").join("|"), *to, "{from:?}");
    }
    let extra = ["OT-Consent-String"];
    let page = answer(200, &[PAGE]);
    let headers = seen(&plan(&asked(NAVIGATION), &Terms { vary: &extra, ..terms() }, &page, false), &page);
    assert_eq!(one(&headers, "vary").as_deref(), Some("OT-Consent-String, Cookie, Sec-Fetch-Dest"));
}

#[test]
fn p41_no_transform_is_obeyed_only_where_the_site_says_so() {
    let answer = answer(200, &[PAGE, ("cache-control", "max-age=1, no-transform")]);
    let asked = asked(NAVIGATION);
    assert!(matches!(plan(&asked, &terms(), &answer, false), Plan::Rewrite(_)));
    let obeying = Terms { honour_no_transform: true, ..terms() };
    assert_eq!(plan(&asked, &obeying, &answer, false), Plan::Pass(HeadEdits::default()));
}

#[test]
fn p42_link_members_are_judged_one_by_one() {
    let table: &[(&str, &str)] = &[
        ("</a>; rel=preload", "</a>; rel=preload"),
        ("<//tracker.example/a>; rel=preload", ""),
        ("<//tracker.example/a>;rel = \"PRELOAD\" ;as=script", ""),
        ("<//tracker.example/a>; rel='preconnect'", ""),
        ("<//tracker.example/a>; as=x; rel=\"alternate stylesheet\"", ""),
        ("<//tracker.example/a>; rel=canonical", "<//tracker.example/a>; rel=canonical"),
        (
            "<//tracker.example/a>; title=\"; rel=preload\"; rel=next",
            "<//tracker.example/a>; title=\"; rel=preload\"; rel=next",
        ),
        ("<//tracker.example/a>", "<//tracker.example/a>"),
        (
            "</a,b;c>; rel=preload, <//tracker.example/x,y>; rel=preload,</c>;rel=next",
            "</a,b;c>; rel=preload, </c>;rel=next",
        ),
        (
            "</a>; title=\"x, <//tracker.example>; rel=preload\"; rel=next",
            "</a>; title=\"x, <//tracker.example>; rel=preload\"; rel=next",
        ),
        ("</a>; title=\"never closed, <//tracker.example>; rel=preload", "</a>; title=\"never closed"),
        ("</a>; title=\"a \\\" b, c\", <//tracker.example>; rel=prefetch", "</a>; title=\"a \\\" b, c\""),
        ("</a.jpg>; rel=preload; imagesrcset=\"/b 1x, https://tracker.example/c 2x\"", ""),
        ("<//tracker.example/unclosed; rel=preload", ""),
        ("</ok/unclosed; rel=preload", "</ok/unclosed; rel=preload"),
        ("nonsense, , <//tracker.example>; rel=dns-prefetch", "nonsense"),
        ("<//tracker.example>; rel=modulepreload; rel=next", ""),
        ("<//tracker.example>; rel=next; rel=modulepreload", ""),
        ("</a>; title=a<b, <//tracker.example>; rel=preload", "</a>; title=a<b"),
        ("</a, <//tracker.example>; rel=preload", ""),
        ("<//tracker.example>; rel=preload\"", ""),
    ];
    for (from, to) in table {
        let headers = rewritten(&[("link", from)]);
        assert_eq!(one(&headers, "link").unwrap_or_default(), *to, "{from}");
        let picture = answer(200, &[("content-type", "image/png"), ("link", from)]);
        let headers = seen(&plan(&asked(&[("sec-fetch-dest", "image")]), &terms(), &picture, false), &picture);
        assert_eq!(one(&headers, "link").unwrap_or_default(), *to, "{from}");
        link::fuzz_link(from.as_bytes());
    }
}

#[test]
fn p42_refresh_and_speculation_rules_to_a_blocked_url_go() {
    let table = [
        ("0;url=https://tracker.example/", true),
        ("0 , URL = 'https://tracker.example/'", true),
        (" 1.5; //tracker.example/", true),
        ("0 https://tracker.example/", true),
        ("5", false),
        ("5; url=/home", false),
        ("url=https://tracker.example/", false),
        ("0;url=\"/x\" tracker", false),
    ];
    for (value, gone) in table {
        assert_eq!(!rewritten(&[("refresh", value)]).contains_key("refresh"), gone, "{value}");
    }
    assert!(rewritten(&[("speculation-rules", "\"/rules.json\"")]).contains_key("speculation-rules"));
    let blocked = "\"/rules.json\", \"https://tracker.example/r.json\"";
    assert!(!rewritten(&[("speculation-rules", blocked)]).contains_key("speculation-rules"));
}

#[test]
fn p43_only_html_is_rewritten() {
    let table = [
        ("text/html", 'r'),
        ("TEXT/HTML", 'r'),
        ("text/html;charset=utf-8", 'r'),
        ("text/html ; charset=\"utf-8\"", 'r'),
        (" text/html", 'r'),
        ("text/html, text/html; charset=utf-8", 'r'),
        ("text/plain, text/html", 'r'),
        ("text/html;", 'r'),
        ("application/xhtml+xml", 'x'),
        ("Application/XHTML+XML; charset=utf-8", 'x'),
        ("image/svg+xml", 'p'),
        ("text/xml", 'p'),
        ("application/xml", 'p'),
        ("multipart/x-mixed-replace; boundary=text/html", 'p'),
        ("message/rfc822", 'p'),
        ("text/plain", 'p'),
        ("text/htmlx", 'p'),
        ("text/html, text/plain", 'p'),
        ("application/json", 'p'),
        ("text/vnd.turbo-stream.html", 'p'),
        ("text/x-component", 'p'),
        ("", 's'),
        ("text", 's'),
        ("*/*", 's'),
        ("unknown/unknown", 's'),
        ("text/ html", 's'),
    ];
    for (value, expected) in table {
        let answer = answer(200, &[("content-type", value)]);
        let found = match plan(&asked(NAVIGATION), &terms(), &answer, false) {
            Plan::Rewrite(plan) if plan.declared => 'r',
            Plan::Rewrite(plan) => {
                assert!(!plan.inject);
                's'
            }
            Plan::Refuse(RefuseReason::Xhtml, _) => 'x',
            plan => {
                assert_eq!(plan, Plan::Pass(HeadEdits::default()));
                'p'
            }
        };
        assert_eq!(found, expected, "{value}");
    }
    let xhtml = answer(200, &[("content-type", "application/xhtml+xml")]);
    assert!(matches!(plan(&asked(NAVIGATION), &passing(FailureReason::Xhtml), &xhtml, false), Plan::Pass(_)));
    assert!(matches!(plan(&asked(&[("sec-fetch-dest", "empty")]), &terms(), &xhtml, false), Plan::Pass(_)));
}

#[test]
fn p44_without_a_type_the_last_field_counts_and_nosniff_is_believed() {
    let two = answer(200, &[("content-type", "application/json"), ("content-type", "text/html")]);
    assert!(matches!(plan(&asked(NAVIGATION), &terms(), &two, false), Plan::Rewrite(_)));
    let two = answer(200, &[("content-type", "text/html"), ("content-type", "application/json")]);
    assert!(matches!(plan(&asked(NAVIGATION), &terms(), &two, false), Plan::Pass(_)));
    let untyped = answer(200, &[("etag", "\"x\"")]);
    let found = plan(&asked(NAVIGATION), &terms(), &untyped, false);
    assert!(matches!(&found, Plan::Rewrite(RewritePlan { inject: false, declared: false, .. })), "{found:?}");
    assert_eq!(one(&seen(&found, &untyped), "etag"), Some(format!("W/\"{NOW}f:x\"")));
    let nosniff = answer(200, &[("x-content-type-options", "NoSniff")]);
    assert!(matches!(plan(&asked(NAVIGATION), &terms(), &nosniff, false), Plan::Pass(_)));
    let picture = asked(&[("sec-fetch-dest", "image")]);
    assert!(matches!(plan(&picture, &terms(), &answer(200, &[]), false), Plan::Pass(_)));
}

#[test]
fn p45_fragments_and_attachments_are_blocked_in_but_get_no_snippet() {
    let attachment: &[(&str, &str)] = &[("content-disposition", "attachment; filename=\"a, b.html\"")];
    let inline: &[(&str, &str)] = &[("content-disposition", "INLINE; filename=a.html")];
    let table: &[(&[(&str, &str)], &[(&str, &str)], bool)] = &[
        (NAVIGATION, &[], true),
        (&[("sec-fetch-dest", "iframe")], &[], true),
        (&[], &[], true),
        (&[("hx-request", "true")], &[], false),
        (&[("sec-fetch-dest", "empty")], &[], false),
        (&[("sec-fetch-dest", "script")], &[], false),
        (NAVIGATION, attachment, false),
        (NAVIGATION, inline, true),
    ];
    for (class, extra, inject) in table {
        let answer = answer(200, &[&[PAGE], *extra].concat());
        match plan(&asked(class), &terms(), &answer, false) {
            Plan::Rewrite(plan) => assert_eq!(plan.inject, *inject, "{class:?} {extra:?}"),
            plan => panic!("{class:?}: {plan:?}"),
        }
    }
    let off = prepare(&get("/", NAVIGATION), NOW, false, &ends()).0;
    assert!(matches!(plan(&off, &terms(), &answer(200, &[PAGE]), false), Plan::Rewrite(plan) if !plan.inject));
}

#[test]
fn p46_any_status_with_a_page_is_rewritten() {
    for status in [200, 201, 203, 226, 301, 302, 401, 403, 404, 410, 500, 502, 503] {
        let plan = plan(&asked(NAVIGATION), &terms(), &answer(status, &[PAGE]), false);
        assert!(matches!(plan, Plan::Rewrite(_)), "{status}");
    }
}

#[test]
fn p74_encodings_that_hide_markup_are_refused() {
    let table = [
        ("text/html", Ok(None)),
        ("text/html; charset=UTF-8", Ok(Some("UTF-8"))),
        ("text/html;charset=\"latin1\"", Ok(Some("windows-1252"))),
        ("text/html; charset = utf8", Ok(Some("UTF-8"))),
        ("text/html; charset=shift_jis; charset=utf-16", Ok(Some("Shift_JIS"))),
        ("text/html; charset=x-user-defined", Ok(Some("x-user-defined"))),
        ("text/html; charset=utf-7", Ok(None)),
        ("text/html; charset=nonsense", Ok(None)),
        ("text/html; charset=utf-16", Err(())),
        ("text/html; charset=UTF-16BE", Err(())),
        ("text/html; charset=unicode", Err(())),
        ("text/html; charset=iso-2022-jp", Err(())),
        ("text/html; charset=hz-gb-2312", Err(())),
        ("text/html; charset=iso-2022-kr", Err(())),
        ("text/html; charset=utf-16, text/html", Err(())),
        ("text/html; charset=utf-8, text/plain, text/html", Ok(None)),
    ];
    for (value, expected) in table {
        let found = match plan(&asked(NAVIGATION), &terms(), &answer(200, &[("content-type", value)]), false) {
            Plan::Rewrite(plan) => Ok(plan.charset.map(|charset| charset.name())),
            Plan::Refuse(RefuseReason::BadCharset, StatusCode::BAD_GATEWAY) => Err(()),
            plan => panic!("{value}: {plan:?}"),
        };
        assert_eq!(found, expected, "{value}");
    }
}

#[test]
fn p105_p106_streams_pass_with_no_field_touched() {
    for kind in ["text/event-stream", "application/x-ndjson", "application/grpc", "application/grpc-web+proto"] {
        let blocked = ("link", "<//tracker.example>; rel=preconnect");
        let answer = answer(200, &[("content-type", kind), ("etag", "\"x\""), blocked]);
        assert_eq!(plan(&asked(NAVIGATION), &terms(), &answer, false), Plan::Pass(HeadEdits::default()), "{kind}");
    }
}

#[test]
fn p108_each_reason_has_a_name_of_its_own() {
    use RefuseReason::{BadCharset, BadCoding, PartialContent, UnaskedNotModified, Xhtml};
    let names = [BadCoding, BadCharset, PartialContent, Xhtml, UnaskedNotModified].map(RefuseReason::name);
    assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), names.len());
}

#[test]
fn p42_a_site_judges_links_by_its_rules_and_the_visitors_answer() {
    let rules = RuleSet::embedded().unwrap();
    let site = rules.site("shop.example").unwrap();
    let google = site.service_named("google-tag-manager").expect("in the catalogue");
    let refused = Consent::default();
    let granted = Consent {
        source: Source::Own,
        granted: [google.category].into_iter().collect(),
        updated: Some(Deciseconds::now()),
        ..Consent::default()
    };
    let urls = [
        "https://www.googletagmanager.com/gtm.js?id=GTM-X&l=a",
        "//WWW.googletagmanager.com./gtm.js?id=GTM-X",
        "https:\\\\www.googletagmanager.com\\gtm.js?id=GTM-X",
    ];
    for url in urls {
        let judge = |consent| SiteJudge::new(site, consent, "https", "shop.example", "/a?b").blocks(url.as_bytes());
        assert!(judge(&refused) && !judge(&granted), "{url}");
    }
    let judge = SiteJudge::new(site, &refused, "https", "shop.example", "/a?b");
    for url in ["/gtm-style.css", "https://cdn.shop.example/app.js", "data:,x", "", "x&y"] {
        assert!(!judge.blocks(url.as_bytes()), "{url}");
    }
    let page =
        answer(200, &[PAGE, ("link", "<https://www.googletagmanager.com/gtm.js?id=GTM-X>; rel=preload; as=script")]);
    let vary = vary(site, &[]);
    let terms = Terms::of(site, NOW, &vary, &judge);
    assert!(!terms.uniform && !terms.honour_no_transform);
    assert_eq!(terms.vary, ["Sec-GPC"]);
    assert!(!seen(&plan(&asked(NAVIGATION), &terms, &page, false), &page).contains_key("link"));
}

// ---------------------------------------------------------------------------------------------- any bytes

fn arbitrary_fields() -> impl Strategy<Value = Vec<(usize, Vec<u8>)>> {
    let text = "[ -~\t]{0,40}".prop_map(String::into_bytes);
    let lists = "[a-z/\"<>;=, W*\\\\]{0,60}".prop_map(String::into_bytes);
    let bytes = proptest::collection::vec(0x20u8..=0xff, 0..40);
    proptest::collection::vec((0usize..NAMES.len(), prop_oneof![text, lists, bytes]), 0..12)
}

const NAMES: [&str; 22] = [
    "accept",
    "accept-encoding",
    "sec-fetch-dest",
    "range",
    "cookie",
    "if-none-match",
    "if-match",
    "x-forwarded-for",
    "content-type",
    "content-encoding",
    "content-length",
    "cache-control",
    "vary",
    "etag",
    "link",
    "refresh",
    "speculation-rules",
    "content-disposition",
    "x-content-type-options",
    "last-modified",
    "upgrade",
    "host",
];

fn map(list: &[(usize, Vec<u8>)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in list {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            map.append(NAMES[*name], value);
        }
    }
    map
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn arbitrary_heads_never_panic(
        asked in arbitrary_fields(), answered in arbitrary_fields(), status in 100u16..600, html: bool, end: bool,
    ) {
        let mut request = get("/", &[]);
        request.headers = map(&asked);
        let (asked, _) = sent(&request);
        let mut answer = answer(status, &[]);
        answer.headers = map(&answered);
        if html {
            answer.headers.insert("content-type", HeaderValue::from_static("text/html"));
        }
        let plan = plan(&asked, &terms(), &answer, end);
        if let Plan::Rewrite(_) = &plan {
            let headers = seen(&plan, &answer);
            prop_assert!(!headers.contains_key("content-length") && !headers.contains_key("last-modified"));
            prop_assert!(headers.get("cache-control").unwrap().as_bytes().starts_with(b"private, no-cache"));
        }
    }

    #[test]
    fn link_keeps_what_it_keeps_byte_for_byte(field in "[ -~\t]{0,120}", list in "[a-z/\"'<>;=, \\\\]{0,120}") {
        link::fuzz_link(field.as_bytes());
        link::fuzz_link(list.as_bytes());
    }

    #[test]
    fn link_members_in_any_mixture(picks in proptest::collection::vec(0usize..6, 1..9)) {
        let members = [
            "</a>; rel=preload", "<//tracker.example/,>; rel=preconnect", "</b?x=,>;rel=next", "</c>; title=\"a, b\"",
            "<https://tracker.example/>; rel=\"x prefetch\"; title=\",\"", "<//tracker.example/>; rel=canonical",
        ];
        let field: Vec<_> = picks.iter().map(|p| members[*p]).collect();
        let expected: Vec<_> = picks.iter().filter(|p| ![1, 4].contains(p)).map(|p| members[*p]).collect();
        let headers = rewritten(&[("link", &field.join(", "))]);
        prop_assert_eq!(one(&headers, "link").unwrap_or_default(), expected.join(", "));
    }

    #[test]
    fn tags_come_back(field in proptest::collection::vec(0x20u8..=0xff, 0..60), list in "[Ww/\"a*, ]{0,40}") {
        validator::fuzz_tags(&field);
        validator::fuzz_tags(list.as_bytes());
    }

    #[test]
    fn a_tag_goes_out_and_comes_back(weak: bool, opaque in "[!#-~]{0,30}") {
        let origin = format!("{}\"{opaque}\"", if weak { "W/" } else { "" });
        let ours = one(&rewritten(&[("etag", &origin)]), "etag").unwrap();
        let (asked, tag, _) = conditional(&[("if-none-match", &ours)], NAVIGATION);
        prop_assert_eq!(tag, Some(origin));
        prop_assert!(asked.revalidates);
    }
}
