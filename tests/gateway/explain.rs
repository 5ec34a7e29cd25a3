//! Explanations through the running gateway, by the operator's token.

use crate::common::coded::gzip;
use crate::common::gateway::{Gateway, run_to_end};
use crate::common::h2c;
use crate::common::message::Answer;
use crate::common::origin::{Origin, ok, response};
use crate::pages::{HTML, assert_blocked, tagged};

const TOKEN: &str = "an-operators-token";
const ASKS: &str = "Consentry-Explain: an-operators-token";

fn with_token(origin: &Origin) -> Gateway {
    let config = "[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n";
    Gateway::configured(config, &[origin], &[("token", &format!("{TOKEN}\n"))])
}

fn json(answer: &Answer) -> serde_json::Value {
    assert_eq!(answer.get("content-type").as_deref(), Some("application/json"), "{}", answer.text());
    serde_json::from_str(&answer.text()).unwrap()
}

fn outcomes(gateway: &Gateway) -> Vec<String> {
    let metrics = gateway.ask_admin("GET", "/metrics", &[]).text();
    metrics.lines().filter(|line| line.starts_with("consentry_explanations_total{")).map(str::to_owned).collect()
}

#[test]
fn the_operator_gets_the_explanation_of_this_visitors_page() {
    let origin = Origin::answering(|request| {
        ok(request, &[HTML, "Content-Encoding: gzip", "Set-Cookie: a=b", "ETag: \"1\""], &gzip(tagged().as_bytes()))
    });
    let gateway = with_token(&origin);
    let cookie = gateway.answer_consent("shop.example", &[("statistics", false), ("marketing", true)]);
    let fields =
        ["Host: shop.example", ASKS, &cookie, "Accept: application/json", "If-None-Match: \"1\"", "Range: bytes=0-1"];
    let answer = gateway.visit_with("/a?b=c", &fields).whole();
    assert_eq!((answer.status(), answer.get("cache-control").as_deref()), (200, Some("no-store")));
    assert!(!answer.head.fields.has("set-cookie") && !answer.head.fields.has("etag"), "nothing of the origin's");
    let told = json(&answer);
    assert_eq!((&told["plan"], &told["status"], &told["source"]), (&"rewrite".into(), &200.into(), &"own".into()));
    let pixel = told["tags"].as_array().unwrap().iter().find(|tag| tag["host"] == "connect.facebook.net").unwrap();
    assert_eq!((&pixel["verdict"], &pixel["deciders"][0]["service"]), (&"granted".into(), &"meta-pixel".into()));
    let rule = &pixel["deciders"][0]["rule"];
    assert!(rule["kind"] == "host" && rule["line"].as_u64().is_some(), "{rule}");
    let seen = origin.last();
    for name in ["consentry-explain", "if-none-match", "range"] {
        assert!(!seen.fields.has(name), "the origin got {name}");
    }
    assert!(seen.fields.get("cookie").unwrap().contains("euconsent="));
    assert_eq!((seen.target.as_str(), seen.fields.get("host").as_deref()), ("/a?b=c", Some("shop.example")));
}

#[test]
fn html_is_for_those_who_take_it() {
    let origin = Origin::page(tagged());
    let gateway = with_token(&origin);
    let answer = gateway.visit_with("/", &[ASKS]).whole();
    assert_eq!(answer.get("content-type").as_deref(), Some("text/html; charset=utf-8"));
    assert!(answer.get("content-security-policy").unwrap().starts_with("default-src 'none'"));
    let html = answer.text();
    assert!(html.contains("class=\"neutralised\"") && !html.contains("<script"), "{html}");
}

#[test]
fn without_the_right_token_it_is_a_visit_like_any_other() {
    let origin = Origin::page(tagged());
    let gateway = with_token(&origin);
    let wrong: [&[&str]; 4] = [
        &["Consentry-Explain: an-operators-tokem"],
        &["Consentry-Explain: "],
        &["Consentry-Explain: an-operators-token-and-more"],
        &[ASKS, ASKS],
    ];
    for fields in wrong {
        let answer = gateway.visit_with("/", fields).whole();
        assert_blocked(&answer.text());
        assert!(!origin.last().fields.has("consentry-explain"), "the origin got the token");
    }
    assert_eq!(outcomes(&gateway), ["consentry_explanations_total{outcome=\"refused\"} 4"]);
    let post = gateway.ask("POST", "/", &[ASKS, "Content-Length: 0"]).whole();
    assert!(post.get("consentry-explain").is_none() && origin.last().method == "POST");
    let without = Gateway::before(&origin).visit_with("/", &[ASKS]).whole();
    assert_blocked(&without.text());
    assert!(!origin.last().fields.has("consentry-explain"));
}

#[test]
fn what_is_no_page_says_so() {
    let origin = Origin::answering(|request| match request.target.as_str() {
        "/data" => ok(request, &["Content-Type: application/json"], b"{}"),
        "/dictionary" => ok(request, &[HTML, "Content-Encoding: dcz"], b"(/"),
        "/cut" => ok(request, &[HTML, "Content-Encoding: gzip"], b"\x1f\x8b\x08\x00"),
        _ => response(request, "404 Not Found", &[HTML], tagged().as_bytes()),
    });
    let gateway = with_token(&origin);
    let ask = |target: &str| gateway.visit_with(target, &[ASKS, "Accept: application/json"]).whole();
    assert_eq!(json(&ask("/data"))["plan"], "pass");
    let told = json(&ask("/dictionary"));
    assert_eq!((&told["plan"], &told["reason"]), (&"refuse".into(), &"bad_encoding".into()));
    assert_eq!(json(&ask("/missing"))["status"], 404);
    let cut = ask("/cut");
    assert!(cut.status() == 502 && cut.text().contains("content coding"), "{}", cut.text());
}

#[test]
fn over_http_2_it_is_the_same() {
    let origin = Origin::page(tagged());
    let gateway = with_token(&origin);
    let fields = [("consentry-explain", TOKEN), ("accept", "application/json")];
    let answer = h2c::visit_once(gateway.address, "/x", &fields);
    assert_eq!(answer.status(), 200);
    assert_eq!(json(&answer)["neutralised"], 2);
    assert_eq!(origin.last().target, "/x");
}

#[test]
fn the_command_asks_and_prints() {
    let origin = Origin::page(tagged());
    let gateway = with_token(&origin);
    let at = format!("http://{}", gateway.address);
    let said = |more: &[&str], token: &str| {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("token"), token).unwrap();
        let arguments = ["explain", "http://shop.example/", "--through", &at, "--token-file", "token"];
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_consentry"));
        let output = command.args(arguments).args(more).current_dir(directory.path()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, text, _) = said(&["--decided"], TOKEN);
    assert_eq!(code, Some(0));
    assert!(text.contains("script   neutralised  marketing:meta-pixel"), "{text}");
    assert!(
        text.contains("by host \"connect.facebook.net") && text.ends_with("2 neutralised, 0 activated\n"),
        "{text}"
    );
    assert!(said(&["--json"], TOKEN).1.contains("\"format\": 1"));
    assert!(said(&["--html"], TOKEN).1.starts_with("<!doctype html>"));
    let (code, _, error) = said(&[], "some-other-token");
    assert!(code == Some(1) && error.contains("did not take the token"), "{error}");
    let ended = run_to_end(&["explain", "page.html", "--through", &at, "--token-file", "t"], &[]);
    assert!(ended.code == Some(1) && ended.errors.contains("needs the page's address"), "{ended:?}");
}
