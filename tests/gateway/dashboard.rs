//! The operator's pages: who may see and do what, and that nothing a stranger sent becomes markup.

use crate::common::eventually;
use crate::common::gateway::Gateway;
use crate::common::h1::{Client, request};
use crate::common::message::Answer;
use crate::common::origin::Origin;
use crate::pages::page;
use consentry::collect::proof::Stamp;
use consentry::collect::store::{NewProof, ProofStore, SqliteOptions, SqliteStore};
use consentry::consent::Deciseconds;
use uuid::Uuid;

pub const OPERATOR: &str = "operators-secret-of-24-chars";
pub const VIEWER: &str = "viewers-secret-of-24-characters";
const HOSTILE: &str = "\\\"><img src=x onerror=alert(1)><script>alert(2)</script>";
const ID: &str = "6f9619ff-8b86-d011-b42d-00c04fc964ff";

fn gateway() -> Gateway {
    let html = "<script src='https://connect.facebook.net/en_US/fbevents.js'></script><script src='//a.example/x\"><img src=y onerror=z>.js'></script>";
    let config = "rules = \"rules\"\nstore = { sqlite = \"proofs.sqlite\" }\n[admin]\nlisten = \"127.0.0.1:0\"\n\
                  token_file = \"token\"\nviewer_token_file = \"viewer\"\n";
    let site = "format = 1\nhosts = [\"*\"]\nunknown = \"report\"\n";
    let files = [("token", OPERATOR), ("viewer", VIEWER), ("rules/sites/shop.toml", site)];
    Gateway::configured(config, &[&Origin::page(page(html))], &files)
}

pub fn post(gateway: &Gateway, path: &str, form: &str, fields: &[&str]) -> Answer {
    let address = gateway.admin.unwrap();
    let usual = [
        format!("Host: {address}"),
        format!("Content-Length: {}", form.len()),
        "Content-Type: application/x-www-form-urlencoded".to_owned(),
    ];
    let all: Vec<&str> = usual.iter().map(String::as_str).chain(fields.iter().copied()).collect();
    let mut client = Client::connect(address);
    client.send([request("POST", path, &all), form.as_bytes().to_vec()].concat());
    client.answer("POST").whole()
}

/// The `Cookie` field of somebody who has logged in.
pub(crate) fn log_in(gateway: &Gateway, token: &str) -> String {
    let answer = post(gateway, "/dashboard/login", &format!("token={token}"), &[]);
    assert_eq!((answer.status(), answer.get("location").as_deref()), (303, Some("/dashboard")), "{}", answer.text());
    let cookie = answer.get("set-cookie").unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict") && cookie.contains("Path=/"), "{cookie}");
    format!("Cookie: {}", cookie.split(';').next().unwrap())
}

pub fn see(gateway: &Gateway, path: &str, cookie: &str) -> Answer {
    gateway.ask_admin("GET", path, &[cookie])
}

pub fn csrf(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"csrf\" value=\"").unwrap();
    format!("csrf={}", rest.split('"').next().unwrap())
}

#[test]
fn pages_are_for_who_is_logged_in_and_forms_for_their_own_session() {
    let gateway = gateway();
    for path in ["/dashboard", "/dashboard/proofs", "/dashboard/snapshot/00", "/dashboard/nothing"] {
        let answer = gateway.ask_admin("GET", path, &[]);
        assert_eq!((answer.status(), answer.get("location").as_deref()), (303, Some("/dashboard/login")), "{path}");
    }
    let login = gateway.ask_admin("GET", "/dashboard/login", &[]);
    assert!(login.status() == 200 && login.text().contains("<label for=\"token\">"), "{}", login.text());
    let stranger = post(&gateway, "/dashboard/login", &format!("token={OPERATOR}"), &["Origin: http://evil.example"]);
    assert_eq!((stranger.status(), stranger.get("set-cookie")), (403, None));
    let (operator, viewer) = (log_in(&gateway, OPERATOR), log_in(&gateway, VIEWER));
    for path in ["", "/proofs", "/trackers", "/unknown", "/integrations", "/rules", "/health"] {
        let answer = see(&gateway, &format!("/dashboard{path}"), &viewer);
        assert_eq!(answer.status(), 200, "{path}: {}", answer.text());
        let policy = answer.get("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!answer.text().contains(" style=") && !answer.text().contains("<script>"), "{path}");
        assert_eq!(answer.get("cache-control").as_deref(), Some("no-store"));
    }
    assert_eq!(see(&gateway, "/dashboard/nothing", &viewer).status(), 404);
    assert_eq!(see(&gateway, "/api/proofs", &viewer).status(), 200, "who is logged in may export");

    let of = |cookie: &str| csrf(&see(&gateway, "/dashboard/rules", cookie).text());
    let reload = |form: &str, fields: &[&str]| post(&gateway, "/dashboard/rules/reload", form, fields).status();
    assert_eq!(reload(&of(&operator), &[]), 303, "without a session to the login");
    assert_eq!(reload("", &[&operator]), 403, "no secret");
    assert_eq!(reload(&of(&viewer), &[&operator]), 403, "another session's");
    assert_eq!(reload(&of(&operator), &[&operator, "Origin: http://evil.example"]), 403, "from elsewhere");
    assert_eq!(reload(&of(&operator), &[&operator, "Sec-Fetch-Site: cross-site"]), 403, "from elsewhere");
    assert_eq!(reload(&of(&viewer), &[&viewer]), 403, "not an operator");
    let page = see(&gateway, "/dashboard/rules", &operator).text();
    assert!(!page.contains("load the rules"), "nothing was done yet: {page}");
    let own = format!("Origin: http://{}", gateway.admin.unwrap());
    let answer = post(&gateway, "/dashboard/rules/reload", &of(&operator), &[&operator, &own]);
    assert_eq!((answer.status(), answer.get("location").as_deref()), (303, Some("/dashboard/rules")));
    assert!(
        see(&gateway, "/dashboard/rules", &viewer)
            .text()
            .contains("<td>operator at 127.0.0.1</td><td>load the rules</td>")
    );
    assert!(!see(&gateway, "/dashboard/rules", &viewer).text().contains("/rules/reload"), "no button for a viewer");

    std::fs::write(gateway.file("rules/sites/shop.toml"), "format = 1\nhosts = [\"*\"]\n<b>x</b> = 1\n").unwrap();
    eventually("the refusal on the page", || {
        let page = see(&gateway, "/dashboard/rules", &viewer).text();
        page.contains("The files were refused at")
            && page.contains("a change of the files")
            && !page.contains("<b>x</b>")
    });
    assert!(see(&gateway, "/dashboard/health", &viewer).text().contains("✘ Something needs you"));
    let out = post(&gateway, "/dashboard/logout", &of(&viewer), &[&viewer]);
    assert!(out.status() == 303 && out.get("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(see(&gateway, "/dashboard", &viewer).status(), 303);
    assert_eq!(see(&gateway, "/dashboard", &operator).status(), 200);
}

#[test]
fn guesses_are_limited_and_said_in_words() {
    let gateway = gateway();
    for _ in 0..5 {
        let answer = post(&gateway, "/dashboard/login", "token=guess", &[]);
        assert!(answer.status() == 403 && answer.text().contains("This is not the token."), "{}", answer.text());
    }
    let answer = post(&gateway, "/dashboard/login", &format!("token={OPERATOR}"), &[]);
    assert!(answer.status() == 429 && answer.get("set-cookie").is_none(), "{}", answer.text());
    let long = "x".repeat(20_000);
    let mut client = Client::connect(gateway.admin.unwrap());
    let fields = ["Host: x", "Content-Length: 20000"];
    client.send([request("POST", "/dashboard/login", &fields), long.into_bytes()].concat());
    assert!(client.head().is_none(), "a form that is too long ends the connection");
}

#[test]
fn nothing_that_a_stranger_sent_becomes_markup() {
    let gateway = gateway();
    let date = Deciseconds::now();
    let payload = format!(
        r#"{{"format":1,"id":"{ID}","consentId":"{ID}","site":"{HOSTILE}","date":"{0}","dateExpiration":"{0}","source":"{HOSTILE}","language":"{HOSTILE}","layer":"first","button":"save","widgetVersion":"1","rules":"9f","siteVersion":"8e","variant":"0.e.8e","categories":{{"granted":["{HOSTILE}"],"refused":[]}},"services":{{"granted":[],"refused":[]}},"previous":null,"userAgent":"{HOSTILE}"}}"#,
        Stamp(date)
    );
    {
        let options = SqliteOptions { check_up_to: 0, ..SqliteOptions::default() };
        let store = SqliteStore::open(&gateway.file("proofs.sqlite"), options).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let proof = NewProof { consent_id: ID.parse::<Uuid>().unwrap(), site: "<i>".to_owned(), date, payload };
        runtime.block_on(store.append(proof)).unwrap();
    }
    for address in
        ["/", "/x%22%3E%3Cimg%20src=x%20onerror=y%3E/%3Cscript%3Ealert(1)%3C/script%3E", "/orders/\"><i>?id=<i>"]
    {
        gateway.visit(address);
    }
    let cookie = log_in(&gateway, VIEWER);
    eventually("the tracker", || see(&gateway, "/dashboard/trackers", &cookie).text().contains("meta-pixel (1)"));
    let proofs = see(&gateway, &format!("/dashboard/proofs?id={ID}"), &cookie);
    assert!(
        proofs.status() == 200 && proofs.text().contains("&#60;img src=x onerror=alert(1)&#62;"),
        "{}",
        proofs.text()
    );
    eventually("the unknown host", || see(&gateway, "/dashboard/unknown", &cookie).text().contains("a.example"));
    let asked = see(&gateway, "/dashboard?site=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E&days=7", &cookie);
    let searched = see(&gateway, "/dashboard/proofs?id=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", &cookie);
    assert_eq!((asked.status(), searched.status()), (200, 404));
    let others = ["/dashboard/unknown", "/dashboard/trackers"].map(|path| see(&gateway, path, &cookie));
    for answer in [proofs, asked, searched].into_iter().chain(others) {
        let html = answer.text();
        for bad in ["<img", "<script>alert", "<i>", "onerror=z>"] {
            assert!(!html.contains(bad), "{bad} in {html}");
        }
    }
}

#[test]
fn what_was_shown_is_framed_without_rights_and_its_decision_counted() {
    let gateway = gateway();
    gateway.answer_consent("test.example", &[("statistics", true), ("marketing", false)]);
    let cookie = log_in(&gateway, VIEWER);
    let export = see(&gateway, "/api/proofs", &cookie).text();
    let record: serde_json::Value = serde_json::from_str(export.lines().next().unwrap()).unwrap();
    let (id, hash) = (&record["proof"]["consentId"], record["proof"]["questions"].as_str().unwrap());
    let html = see(&gateway, &format!("/dashboard/proofs?id={}", id.as_str().unwrap()), &cookie).text();
    assert!(html.contains(&format!("<iframe sandbox loading=\"lazy\" title=\"The widget as it was shown, both layers\" src=\"/dashboard/snapshot/{hash}\">")), "{html}");
    assert!(html.contains("<dd>statistics </dd>") && html.contains("<dd>marketing </dd>"), "{html}");
    let snapshot = see(&gateway, &format!("/dashboard/snapshot/{hash}"), &cookie);
    assert!(snapshot.status() == 200 && snapshot.text().starts_with("<!DOCTYPE html>"));
    assert!(snapshot.get("content-security-policy").unwrap().starts_with("sandbox; default-src 'none'"));
    for none in ["0".repeat(64), "x".to_owned(), "..%2f..".to_owned()] {
        assert_eq!(see(&gateway, &format!("/dashboard/snapshot/{none}"), &cookie).status(), 404);
    }
}

/// An answer about one category, of yesterday.
fn of_yesterday(site: &str, yes: bool) -> NewProof {
    let date = Deciseconds(Deciseconds::now().0 - Deciseconds::DAY);
    let (granted, refused, button) =
        if yes { ("\"statistics\"", "", "accept-all") } else { ("", "\"statistics\"", "refuse-all") };
    let payload = format!(
        r#"{{"button":"{button}","categories":{{"granted":[{granted}],"refused":[{refused}]}},"services":{{"granted":[],"refused":[]}},"previous":null}}"#
    );
    NewProof { consent_id: Uuid::new_v4(), site: site.to_owned(), date, payload }
}

#[test]
fn the_overview_has_rates_and_a_chart_of_one_site_or_of_all() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proofs.sqlite");
    {
        let store = SqliteStore::open(&file, SqliteOptions::default()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (site, yes) in [("shop", true), ("shop", true), ("shop", false), ("news", false)] {
            runtime.block_on(store.append(of_yesterday(site, yes))).unwrap();
        }
    }
    let config = format!(
        "rules = \"rules\"\nstore = {{ sqlite = {file:?} }}\n[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n"
    );
    let files = [
        ("token", OPERATOR),
        ("rules/sites/shop.toml", "format = 1\nhosts = [\"shop.example\"]\n"),
        ("rules/sites/news.toml", "format = 1\nhosts = [\"news.example\"]\n"),
    ];
    let gateway = Gateway::configured(&config, &[&Origin::page(page(""))], &files);
    let cookie = log_in(&gateway, OPERATOR);
    eventually("yesterday's numbers", || {
        see(&gateway, "/dashboard", &cookie).text().contains("<dt>Answers</dt><dd>4</dd>")
    });
    let all = see(&gateway, "/dashboard", &cookie).text();
    assert!(all.contains("<dt>Accepted everything</dt><dd>50.0 %</dd>"), "{all}");
    assert!(all.contains("<rect class=\"accepted\" x=\"0\" y=\"80\" width=\"719\" height=\"80\"/>"), "{all}");
    assert!(all.contains("<rect class=\"refused\" x=\"0\" y=\"0\" width=\"719\" height=\"80\"/>"), "{all}");
    let shop = see(&gateway, "/dashboard?site=shop&days=7", &cookie).text();
    assert!(
        shop.contains("<dt>Answers</dt><dd>3</dd>")
            && shop.contains("66.6 %")
            && shop.contains("<option value=\"shop\" selected>"),
        "{shop}"
    );
    assert!(shop.contains("<th scope=\"row\">statistics</th><td>2</td><td>1</td><td>66.6 %</td>"), "{shop}");
    let (_, csv) = shop.split_once("href=\"/api/statistics").unwrap();
    let link = format!("/api/statistics{}", csv.split('"').next().unwrap().replace("&amp;", "&"));
    assert_eq!(see(&gateway, &link, &cookie).text().lines().count(), 3, "{link}");
    assert!(see(&gateway, "/dashboard/health", &cookie).text().contains("✔ All is well"));
}

#[test]
fn without_a_token_the_login_says_what_to_do() {
    let config = "store = \"off\"\n[admin]\nlisten = \"127.0.0.1:0\"\n";
    let gateway = Gateway::configured(config, &[&Origin::page(page(""))], &[]);
    let login = gateway.ask_admin("GET", "/dashboard/login", &[]);
    assert!(login.text().contains("token_file = ") && !login.text().contains("<form"), "{}", login.text());
    assert_eq!(post(&gateway, "/dashboard/login", "token=", &[]).status(), 403);
}
