//! Rules that change while the gateway serves, and who may ask it to load them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]
#![allow(missing_docs, unreachable_pub)]

mod common;

use common::eventually;
use common::gateway::{Gateway, NAVIGATION};
use common::h2c::{self, Session};
use common::message::Answer;
use common::origin::{Next, Origin, chunk, head};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

const TAG: &str = "https://connect.facebook.net/en_US/fbevents.js";
const SITE: &str = "rules/sites/main.toml";
/// Tags on the page: a page of mixed versions would have some of them live.
const TAGS: usize = 200;

const TOKEN: &str = "Authorization: Bearer an-operators-token";

/// All tags are blocked.
const BLOCKS: &str = "format = 1\nhosts = [\"*\"]\norigin = \"main\"\n";
/// All tags are let through.
const FREES: &str =
    "format = 1\nhosts = [\"*\"]\norigin = \"main\"\n[[override]]\nservice = \"meta-pixel\"\nenabled = false\n";

fn page() -> String {
    let tag = format!("<p>text</p><script async src=\"{TAG}\"></script>\n");
    format!(
        "<!doctype html><html><head><meta charset=utf-8><title>t</title></head><body>{}</body></html>",
        tag.repeat(TAGS)
    )
}

fn start() -> (Origin, Gateway) {
    let origin = Origin::page(page());
    let gateway = before(&origin);
    (origin, gateway)
}

fn before(origin: &Origin) -> Gateway {
    let config = "rules = \"rules\"\n[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n";
    Gateway::configured(config, &[origin], &[(SITE, BLOCKS), ("token", "an-operators-token\n")])
}

fn status(gateway: &Gateway) -> Value {
    let answer = gateway.ask_admin("GET", "/status", &[]);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

fn version(gateway: &Gateway) -> String {
    status(gateway)["rules"]["version"].as_str().unwrap().to_owned()
}

/// How many of the page's tags are live; the page must be whole.
#[track_caller]
fn live(answer: Answer) -> usize {
    let html = answer.whole().text();
    assert!(html.ends_with("</body></html>"), "{}", &html[html.len().saturating_sub(200)..]);
    let live = html.matches(&format!(" src=\"{TAG}\"")).count();
    assert_eq!(live + html.matches(&format!("data-consentry-src=\"{TAG}\"")).count(), TAGS, "tags are lost");
    live
}

fn frees(gateway: &Gateway) -> bool {
    match live(gateway.visit("/")) {
        0 => false,
        TAGS => true,
        some => panic!("{some} of {TAGS} tags are live: a page of two versions"),
    }
}

#[test]
fn p103_an_edit_in_place_is_loaded() {
    let (_origin, gateway) = start();
    assert!(!frees(&gateway));
    let before = version(&gateway);
    fs::write(gateway.file(SITE), FREES).unwrap();
    eventually("the edited rules", || frees(&gateway));
    assert_ne!(version(&gateway), before);
    fs::write(gateway.file(SITE), format!("# a comment\n{BLOCKS}")).unwrap();
    eventually("the rules of before", || !frees(&gateway));
    assert_eq!(version(&gateway), before, "the version is the rules' meaning");
}

#[test]
fn p103_half_a_file_leaves_the_old_set_until_it_is_whole() {
    let (_origin, gateway) = start();
    fs::write(gateway.file(SITE), &FREES[..FREES.len() - 30]).unwrap();
    eventually("the refusal of half a file", || !status(&gateway)["rules"]["lastError"].is_null());
    assert!(!frees(&gateway));
    fs::write(gateway.file(SITE), FREES).unwrap();
    eventually("the whole file", || frees(&gateway));
    assert!(status(&gateway)["rules"]["lastError"].is_null());
}

#[test]
fn p103_a_file_renamed_over_another_is_loaded() {
    let (_origin, gateway) = start();
    let beside = gateway.file("rules/sites/.main.toml.swp");
    fs::write(&beside, FREES).unwrap();
    assert!(!frees(&gateway));
    fs::rename(&beside, gateway.file(SITE)).unwrap();
    eventually("the renamed rules", || frees(&gateway));
}

#[test]
fn p103_a_symlink_swap_of_a_mounted_configuration_is_loaded() {
    let (_origin, gateway) = start();
    let sites = gateway.file("rules/sites");
    // As a mounted ConfigMap is made: data in a dated directory, `..data` leads to it, the files lead through `..data`.
    let dated = |name: &str, text: &str| {
        fs::create_dir(sites.join(name)).unwrap();
        fs::write(sites.join(name).join("main.toml"), text).unwrap();
    };
    dated("..2026_03_21_1", BLOCKS);
    symlink("..2026_03_21_1", sites.join("..data")).unwrap();
    symlink("..data/main.toml", sites.join("link")).unwrap();
    fs::rename(sites.join("link"), sites.join("main.toml")).unwrap();
    assert!(!frees(&gateway));
    for (number, text) in [(2, FREES), (3, BLOCKS), (4, FREES)] {
        let name = format!("..2026_03_21_{number}");
        dated(&name, text);
        symlink(&name, sites.join("..data_tmp")).unwrap();
        fs::rename(sites.join("..data_tmp"), sites.join("..data")).unwrap();
        eventually("the swapped rules", || frees(&gateway) == (text == FREES));
    }
}

#[test]
fn p103_a_bad_file_keeps_the_old_set_and_is_shown_everywhere() {
    let (_origin, gateway) = start();
    let before = version(&gateway);
    let bad = FREES.replace("meta-pixel", "meta-pixle");
    fs::write(gateway.file(SITE), bad).unwrap();
    eventually("the refusal", || !status(&gateway)["rules"]["lastError"].is_null());
    let shown = status(&gateway)["rules"]["lastError"].to_string();
    let reload = gateway.ask_admin("POST", "/reload", &[TOKEN]);
    assert_eq!(reload.status(), 422, "{}", reload.text());
    let check = Command::new(env!("CARGO_BIN_EXE_consentry"))
        .args(["check", "rules"])
        .current_dir(gateway.directory())
        .output()
        .unwrap();
    assert_eq!(check.status.code(), Some(1));
    let checked = format!("{}{}", String::from_utf8_lossy(&check.stdout), String::from_utf8_lossy(&check.stderr));
    for text in [shown.replace("\\\"", "\""), reload.text(), checked, gateway.log()] {
        // File, line, key, value, and what would be right.
        for part in ["main.toml:5", "override[1].service", "meta-pixle", "meta-pixel\""] {
            assert!(text.contains(part), "{part} is not said: {text}");
        }
    }
    assert_eq!(version(&gateway), before);
    assert!(!frees(&gateway));
    fs::write(gateway.file(SITE), FREES).unwrap();
    eventually("the good rules", || frees(&gateway));
}

#[test]
fn a_set_that_names_an_unknown_origin_is_refused() {
    let (_origin, gateway) = start();
    fs::write(gateway.file(SITE), FREES.replace("\"main\"", "\"mian\"")).unwrap();
    eventually("the refusal", || !status(&gateway)["rules"]["lastError"].is_null());
    assert!(!frees(&gateway));
}

#[test]
fn p29_sighup_loads_the_rules() {
    let (_origin, gateway) = start();
    let loads = status(&gateway)["rules"]["loads"].as_u64().unwrap();
    gateway.signal("HUP");
    eventually("a load", || status(&gateway)["rules"]["loads"].as_u64().unwrap() > loads);
    fs::write(gateway.file(SITE), FREES).unwrap();
    gateway.signal("HUP");
    eventually("the new rules", || frees(&gateway));
}

#[test]
fn post_reload_loads_at_once() {
    let (_origin, gateway) = start();
    for text in [FREES, BLOCKS, FREES] {
        fs::write(gateway.file(SITE), text).unwrap();
        let answer = gateway.ask_admin("POST", "/reload", &[TOKEN]);
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let said: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(said["version"], version(&gateway));
        assert_eq!(frees(&gateway), text == FREES);
    }
}

#[test]
fn p102_a_page_that_began_with_one_set_ends_with_it() {
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let origin = Origin::scripted(move |_, exchange| {
        let html = page();
        let (front, back) = html.split_at(html.len() / 2);
        exchange.send(head("200 OK", &["Content-Type: text/html", "Transfer-Encoding: chunked"]));
        exchange.send(chunk(front.as_bytes()));
        let _ = wait.lock().unwrap().recv_timeout(common::PATIENCE);
        exchange.send([chunk(back.as_bytes()), chunk(b"")].concat());
        Next::Keep
    });
    let gateway = before(&origin);
    for (number, text) in [FREES, BLOCKS].into_iter().enumerate() {
        let mut client = gateway.client();
        client.send(common::h1::request("GET", "/", &NAVIGATION));
        let head = client.head().unwrap();
        fs::write(gateway.file(SITE), text).unwrap();
        let answer = gateway.ask_admin("POST", "/reload", &[TOKEN]);
        assert_eq!(answer.status(), 200, "{}", answer.text());
        go.send(()).unwrap();
        client.begin_body(&head, "GET");
        let (html, _) = client.body();
        let live = String::from_utf8(html).unwrap().matches(&format!(" src=\"{TAG}\"")).count();
        assert_eq!(live, number * TAGS, "the rules changed in the middle of a page");
    }
    go.send(()).unwrap();
    assert!(!frees(&gateway));
}

#[test]
fn d10_a_former_prefix_is_still_answered() {
    let (origin, gateway) = start();
    fs::write(gateway.file(SITE), BLOCKS.replace("hosts", "prefix = \"/privacy/\"\nhosts")).unwrap();
    assert_eq!(gateway.ask_admin("POST", "/reload", &[TOKEN]).status(), 200);
    for target in ["/privacy/config", "/_c/config", "/_c/widget.js"] {
        assert_eq!(gateway.ask("GET", target, &[]).whole().status(), 200, "{target}");
    }
    assert!(origin.seen().is_empty());
    assert!(gateway.visit("/").whole().text().contains("/privacy/a/"), "pages name the new one");
}

#[test]
fn p33_a_change_of_meaning_changes_the_tag_and_a_comment_does_not() {
    let origin = Origin::answering(|request| {
        common::origin::ok(request, &["Content-Type: text/html", "ETag: \"v1\""], page().as_bytes())
    });
    let gateway = before(&origin);
    let mut tags = Vec::new();
    for text in [BLOCKS.to_owned(), format!("# a comment\n{BLOCKS}"), FREES.to_owned()] {
        fs::write(gateway.file(SITE), text).unwrap();
        assert_eq!(gateway.ask_admin("POST", "/reload", &[TOKEN]).status(), 200);
        tags.push(gateway.visit("/").whole().get("etag").unwrap());
    }
    assert_eq!(tags[0], tags[1]);
    assert_ne!(tags[1], tags[2]);
}

#[test]
fn p103_ten_reloads_a_second_under_load_never_mix_versions() {
    let (_origin, gateway) = start();
    let (done, pages, freed) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let count = |answer: Answer| {
        let live = live(answer);
        assert!(live == 0 || live == TAGS, "{live} of {TAGS} tags are live: a page of two versions");
        pages.fetch_add(1, Ordering::Relaxed);
        freed.fetch_add(usize::from(live > 0), Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut client = gateway.client();
                while !done.load(Ordering::Relaxed) {
                    count(client.ask("GET", "/", &NAVIGATION));
                }
            });
        }
        scope.spawn(|| {
            h2c::block_on(async {
                let mut session = Session::connect(gateway.address).await;
                while !done.load(Ordering::Relaxed) {
                    count(session.ask(h2c::visit("/", &[])).await);
                }
            });
        });
        let begun = Instant::now();
        for round in 0..30_u32 {
            let beside: PathBuf = gateway.file("rules/sites/.next");
            fs::write(&beside, if round % 2 == 0 { FREES } else { BLOCKS }).unwrap();
            fs::rename(&beside, gateway.file(SITE)).unwrap();
            let answer = gateway.ask_admin("POST", "/reload", &[TOKEN]);
            assert_eq!(answer.status(), 200, "{}", answer.text());
            std::thread::sleep((Duration::from_millis(100) * (round + 1)).saturating_sub(begun.elapsed()));
        }
        done.store(true, Ordering::Relaxed);
    });
    let (pages, freed) = (pages.into_inner(), freed.into_inner());
    assert!(freed > 0 && freed < pages, "{freed} of {pages} pages had the second rules");
    assert!(status(&gateway)["rules"]["loads"].as_u64().unwrap() >= 30);
}

#[test]
fn names_that_were_rebound_to_the_operators_listener_are_refused() {
    let (_origin, gateway) = start();
    let port = gateway.admin.unwrap().port();
    let own = format!("Origin: http://127.0.0.1:{port}");
    let named = format!("Host: localhost:{port}");
    let evil = format!("Host: evil.example:{port}");
    for path in ["/healthz", "/metrics", "/status"] {
        assert_eq!(gateway.ask_admin("GET", path, &[]).status(), 200, "{path}");
        assert_eq!(gateway.ask_admin("GET", path, &[&named]).status(), 200, "{path}");
        assert_eq!(gateway.ask_admin("GET", path, &[&evil]).status(), 403, "{path}");
    }
    let loads = status(&gateway)["rules"]["loads"].as_u64().unwrap();
    for fields in [
        &[][..],
        &["Origin: http://evil.example"],
        &["Origin: null"],
        &[evil.as_str(), own.as_str()],
        &["Authorization: Bearer wrong"],
        &["Authorization: Basic an-operators-token"],
    ] {
        assert_eq!(gateway.ask_admin("POST", "/reload", fields).status(), 403, "{fields:?}");
    }
    assert_eq!(status(&gateway)["rules"]["loads"].as_u64().unwrap(), loads);
    assert_eq!(gateway.ask_admin("POST", "/reload", &[&own]).status(), 200);
    assert_eq!(gateway.ask_admin("POST", "/reload", &[&evil, TOKEN]).status(), 200);
    assert_eq!(gateway.ask_admin("GET", "/reload", &[]).status(), 405);
    assert_eq!(gateway.ask_admin("GET", "/elsewhere", &[]).status(), 404);
}

#[test]
fn p104_metrics_count_and_name_no_visitor() {
    let (_origin, gateway) = start();
    let fields = ["Cookie: euconsent=SECRETVALUE; session=SECRETVALUE", "X-Forwarded-For: 203.0.113.9"];
    gateway.visit_with("/secret-path?secret=query", &fields).whole();
    // A page is counted once it is over, which its reader may know first.
    let metrics = || gateway.ask_admin("GET", "/metrics", &[]);
    eventually("the page in the metrics", || metrics().text().contains("consentry_tags_total"));
    let answer = metrics();
    let text = answer.text();
    assert!(answer.get("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    assert!(text.contains(&version(&gateway)), "{text}");
    assert!(text.contains("consentry_tags_total") && text.contains("meta-pixel"), "{text}");
    for secret in ["SECRETVALUE", "secret", "203.0.113.9", "euconsent"] {
        assert!(!text.contains(secret) && !gateway.log().contains(secret), "{secret} is told");
    }
}
