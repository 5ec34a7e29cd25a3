//! `consentry check --live` against a page behind a gateway, and against ones that are not, or not rightly.

use crate::common::gateway::Gateway;
use crate::common::origin::{Origin, ok, response};
use crate::pages::{HTML, page, script, tagged};
use std::process::Command;

const RULES: &str = "format = 1\nhosts = [\"*\"]\n";

/// The exit code and what was printed.
fn check(url: &str, rules: &str) -> (Option<i32>, String) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(directory.path().join("rules/sites")).unwrap();
    std::fs::write(directory.path().join("rules/sites/main.toml"), rules).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    let output = command.args(["check", "--live", url]).current_dir(directory.path()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout) + &text(output.stderr))
}

#[test]
fn an_installed_site_is_all_ticks() {
    let origin = Origin::page(tagged());
    let gateway = Gateway::before(&origin);
    let (code, said) = check(&format!("http://{}/", gateway.address), RULES);
    assert_eq!(code, Some(0), "{said}");
    for line in [
        "✔ the guard is the first script",
        "✔ /_c/a/door.",
        "✔ /_c/a/rules.",
        "✔ a visitor who has said nothing is granted nothing",
        "✔ tags that wait for consent: marketing:meta-pixel (1), statistics:google-analytics (1)",
        "✔ no tag is alive without consent",
        "✔ no cookie without consent",
        "✔ installed: nothing leaks",
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
    assert!(!said.contains('✘'), "{said}");
}

#[test]
fn a_site_without_a_gateway_is_told_what_is_alive() {
    let origin = Origin::answering(|request| {
        ok(request, &[HTML, "Set-Cookie: _ga=GA1.1; Path=/", "Set-Cookie: basket=1"], tagged().as_bytes())
    });
    let (code, said) = check(&origin.url(), RULES);
    assert_eq!(code, Some(1), "{said}");
    for line in [
        "✘ no guard",
        "✘ line 1: a script of statistics:google-analytics is alive",
        "✘ line 1: a script of marketing:meta-pixel is alive",
        "✘ cookies without consent: _ga\n",
        "✘ kept by nobody else: Cache-Control is \"\"",
        "✘ 5 of 7 checks failed",
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
}

#[test]
fn a_page_that_a_cache_between_has_spoiled_is_seen() {
    let inner = Origin::page(tagged());
    let gateway = Gateway::before(&inner);
    let html = gateway.visit("/").whole().text();
    // The guard's own page, with a tag before it and its scripts out of reach.
    let late = html
        .replace("<script id=\"consentry-guard\"", "<script>var early;</script><script id=\"consentry-guard\"")
        + &script("https://static.hotjar.com/c/hotjar-1.js");
    let spoiled = Origin::answering(move |request| match request.target.as_str() {
        "/" => ok(request, &[HTML, "Cache-Control: public, max-age=60"], late.as_bytes()),
        _ => response(request, "404 Not Found", &[], b""),
    });
    let (code, said) = check(&spoiled.url(), RULES);
    assert_eq!(code, Some(1), "{said}");
    for line in [
        "✘ scripts stand before the guard",
        " answers 404",
        "✘ /_c/state does not say",
        "✔ tags that wait for consent: marketing:meta-pixel (1), statistics:google-analytics (1)",
        "a script of statistics:hotjar is alive",
        "✘ kept by nobody else: Cache-Control is \"public, max-age=60\"",
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
}

#[test]
fn a_snippet_that_was_pasted_by_hand_has_its_tags_and_does_not_configure_them() {
    let by_hand = "format = 1\nhosts = [\"*\"]\ninject = false\n[signals]\ntags = [\"G-ABC1234567\"]\n";
    let tag =
        script("https://www.googletagmanager.com/gtag/js?id=G-ABC1234567") + "<script src=\"/_c/widget.js\"></script>";
    for (head, code, line) in [
        (tag.clone(), 0, "✔ G-ABC1234567 stands in the page"),
        (tag + "<script>gtag('config', 'G-ABC1234567');</script>", 1, "✘ the page itself calls gtag('config'"),
        ("<script src=\"/_c/widget.js\"></script>".to_owned(), 1, "✘ G-ABC1234567 is not in the page"),
    ] {
        let origin = Origin::page(page(&head));
        let gateway = Gateway::configured("rules = \"rules\"", &[&origin], &[("rules/sites/main.toml", by_hand)]);
        let (found, said) = check(&format!("http://{}/", gateway.address), by_hand);
        assert_eq!(found, Some(code), "{said}");
        assert!(said.contains("✔ the widget was pasted by hand") && said.contains(line), "{line} is not in\n{said}");
    }
}

#[test]
fn what_is_no_page_says_so() {
    let origin = Origin::answering(|request| match request.target.as_str() {
        "/moved" => response(request, "302 Found", &["Location: /page"], b""),
        "/page" => ok(request, &[HTML], page("<p>").as_bytes()),
        _ => response(request, "404 Not Found", &["Content-Type: text/plain"], b""),
    });
    let (code, said) = check(&format!("{}/moved", origin.url()), RULES);
    assert!(code == Some(1) && said.contains("✘ the page redirects to /page; ask for that"), "{said}");
    let (code, said) = check(&format!("{}/none", origin.url()), RULES);
    assert!(code == Some(1) && said.contains("✘ the page answers 404 with text/plain"), "{said}");
    let (code, said) = check("ftp://shop.example/", RULES);
    assert!(code == Some(1) && said.contains("`ftp` is not http or https"), "{said}");
    // The rules come first: a page cannot be held against bad ones.
    let (code, said) = check(&origin.url(), "format = 1\nhosts = 3\n");
    assert!(code == Some(1) && said.contains("main.toml:2"), "{said}");
}
