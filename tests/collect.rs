//! Our own paths: what is answered, stored and refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]
#![cfg(feature = "gateway")]

use bytes::Bytes;
use consentry::collect::answer::BODY_MAX;
use consentry::collect::api::{ApiRequest, Collect, body_limit, fuzz_dialects, handle};
use consentry::collect::ledger::{Hash, Row};
use consentry::collect::proof::{Button, Layer, Proof, SignalsSeen};
use consentry::collect::response::ApiResponse;
use consentry::collect::store::{
    Health, NewProof, NoStore, ProofStore, SqliteOptions, SqliteStore, StoreError, Stored,
};
use consentry::consent::codec::Format;
use consentry::consent::codec::signature::Keyring;
use consentry::consent::reader::{Input, Reader};
use consentry::consent::signal::{Region, Signals};
use consentry::consent::{Answer, CategoryNumber, Consent, Deciseconds, Source};
use consentry::policy::{RuleSet, Site};
use http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName,
    IF_NONE_MATCH, ORIGIN, RETRY_AFTER, SET_COOKIE, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use uuid::Uuid;

const NOW: Deciseconds = Deciseconds(17_637_855_631);
const HOST: &str = "shop.example";

static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::embedded().unwrap());

fn site() -> &'static Site {
    RULES.site(HOST).unwrap()
}

fn keyring() -> Keyring {
    Keyring::new([[7; 32]]).unwrap()
}

fn context(store: Arc<dyn ProofStore>) -> Collect {
    Collect::new(store, keyring())
}

/// What the gateway reads from the cookies that an answer set, sent back by a browser.
fn sent_back(response: &ApiResponse) -> Consent {
    let cookies = response.headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
    let header = cookies.map(|cookie| cookie.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
    let input = Input { cookies: &[header.as_bytes()], ot_consent_string: None, now: NOW };
    let reading = Reader::new(keyring()).read(&site().mapping, &input);
    assert!(reading.rejected.is_empty(), "{reading:?}");
    reading.consent
}

fn stored() -> (tempfile::TempDir, PathBuf, Collect) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proofs.sqlite");
    let store = SqliteStore::open(&file, SqliteOptions::default()).unwrap();
    (directory, file, context(Arc::new(store)))
}

fn own_page() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ORIGIN, HeaderValue::from_static("https://shop.example"));
    headers.insert(HeaderName::from_static("sec-fetch-site"), HeaderValue::from_static("same-origin"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers
}

async fn ask(
    ctx: &Collect,
    method: Method,
    path: &str,
    headers: &HeaderMap,
    body: impl Into<Bytes>,
    consent: &Consent,
) -> ApiResponse {
    let (body, rules) = (body.into(), RULES.version());
    let request = ApiRequest {
        method: &method,
        path,
        query: None,
        client: None,
        headers,
        body,
        secure: true,
        host: HOST,
        rules,
        signals: Signals::default(),
        now: NOW,
    };
    handle(&request, site(), consent, ctx).await
}

async fn post(ctx: &Collect, body: impl Into<Bytes>) -> ApiResponse {
    ask(ctx, Method::POST, "consent", &own_page(), body, &Consent::default()).await
}

async fn get(ctx: &Collect, path: &str, consent: &Consent) -> ApiResponse {
    ask(ctx, Method::GET, path, &HeaderMap::new(), Bytes::new(), consent).await
}

fn json(response: &ApiResponse) -> Value {
    assert_eq!(response.headers[CONTENT_TYPE], "application/json");
    serde_json::from_slice(&response.body).unwrap()
}

/// A yes to statistics, a no to marketing, and one service of each the other way round.
fn mixed() -> Value {
    json!({
        "categories": {"necessary": true, "statistics": true, "marketing": false},
        "services": {"google-analytics": false, "meta-pixel": true},
        "layer": "second", "button": "save", "language": "en-GB",
    })
}

fn all(granted: bool) -> Value {
    let names = ["preferences", "statistics", "marketing"];
    let button = if granted { "accept-all" } else { "refuse-all" };
    json!({
        "categories": names.iter().map(|name| ((*name).to_owned(), json!(granted))).collect::<serde_json::Map<_, _>>(),
        "services": {}, "layer": "first", "button": button,
    })
}

async fn proofs(ctx: &Collect, id: &str) -> Vec<Proof> {
    let rows = ctx.store.by_consent_id(id.parse().unwrap()).await.unwrap();
    rows.iter().map(|row| serde_json::from_slice(row.payload.as_deref().unwrap()).unwrap()).collect()
}

fn names(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn an_answer_is_stored_and_its_cookies_are_set() {
    let (_directory, _, ctx) = stored();
    let mut headers = own_page();
    headers.insert(USER_AGENT, HeaderValue::from_bytes(b"Browser/1.0 \xe9").unwrap());
    let response = ask(&ctx, Method::POST, "consent", &headers, mixed().to_string(), &Consent::default()).await;
    assert_eq!(response.status, 200, "{:?}", response.body);
    assert_eq!(response.headers[CACHE_CONTROL], "no-store");
    let body = json(&response);
    assert_eq!(body["granted"], json!(["statistics"]));
    assert_eq!(body["refused"], json!(["marketing"]));
    assert_eq!(body["expires"], "2026-05-21T04:26:03.1Z", "180 days");
    let cookies: Vec<_> = response.headers.get_all(SET_COOKIE).iter().map(|c| c.to_str().unwrap()).collect();
    assert_eq!(cookies.len(), 2);
    assert!(cookies[0].starts_with("euconsent="), "{}", cookies[0]);
    assert_eq!(cookies[1].split(';').next().unwrap(), format!("euconsent_v={}", body["token"].as_str().unwrap()));
    for cookie in cookies {
        assert!(cookie.ends_with("; SameSite=Lax; Secure; Path=/; Max-Age=15552000"), "{cookie}");
    }
    let [proof] = &proofs(&ctx, body["consentId"].as_str().unwrap()).await[..] else { panic!("one proof") };
    assert_eq!(names(&proof.categories.granted), ["statistics"]);
    assert_eq!(names(&proof.categories.refused), ["marketing"]);
    assert!(names(&proof.services.granted).contains(&"meta-pixel"), "answered for itself");
    assert!(names(&proof.services.refused).contains(&"google-analytics"));
    assert_eq!((proof.layer, proof.button), (Layer::Second, Button::Save));
    assert_eq!(proof.language.as_deref(), Some("en-GB"));
    assert_eq!(proof.user_agent, None, "it is kept only where the rules say so");
    assert_eq!(proof.rules, RULES.version());
    assert_eq!(proof.site_version, site().version);
    assert_eq!(proof.variant, body["token"].as_str().unwrap());
    assert_eq!(proof.previous, None);
    assert_eq!(ctx.counters.read().stored, 1);
}

#[tokio::test]
async fn the_cookie_is_read_back_as_the_answer() {
    let ctx = context(Arc::new(NoStore));
    for body in [mixed(), all(true), all(false)] {
        let answer = post(&ctx, body.to_string()).await;
        let consent = sent_back(&answer);
        assert_eq!(consent.updated, Some(NOW));
        let (answer, state) = (json(&answer), json(&get(&ctx, "state", &consent).await));
        for member in ["consentId", "token", "granted", "refused", "expires"] {
            assert_eq!(answer[member], state[member], "{member}");
        }
    }
    let state = json(&get(&ctx, "state", &sent_back(&post(&ctx, mixed().to_string()).await)).await);
    assert_eq!(state["services"], json!({"google-analytics": false, "meta-pixel": true}));
}

#[tokio::test]
async fn a_site_that_does_not_read_our_cookie_takes_no_answer() {
    let rules = RuleSet::embedded_with(&["didomi".to_owned()]).unwrap();
    let ctx = context(Arc::new(NoStore));
    let (method, headers, body) = (Method::POST, own_page(), all(true).to_string().into());
    let (secure, host, path) = (true, HOST, "consent");
    let request = ApiRequest {
        method: &method,
        path,
        query: None,
        client: None,
        headers: &headers,
        body,
        secure,
        host,
        rules: "r",
        signals: Signals::default(),
        now: NOW,
    };
    let response = handle(&request, rules.site(HOST).unwrap(), &Consent::default(), &ctx).await;
    assert_eq!((response.status.as_u16(), json(&response)["error"].as_str()), (404, Some("not_asked")));
}

#[tokio::test]
async fn without_tls_the_cookies_are_not_secure() {
    let ctx = context(Arc::new(NoStore));
    let mut headers = own_page();
    headers.insert(ORIGIN, HeaderValue::from_static("http://shop.example"));
    let (method, body, rules) = (Method::POST, mixed().to_string().into(), RULES.version());
    let request = ApiRequest {
        method: &method,
        path: "consent",
        query: None,
        client: None,
        headers: &headers,
        body,
        secure: false,
        host: HOST,
        rules,
        signals: Signals::default(),
        now: NOW,
    };
    let response = handle(&request, site(), &Consent::default(), &ctx).await;
    assert_eq!(response.status, 200);
    for cookie in response.headers.get_all(SET_COOKIE) {
        assert!(!cookie.to_str().unwrap().contains("Secure"));
    }
}

#[tokio::test]
async fn the_id_of_the_signed_cookie_comes_before_the_one_in_the_body() {
    let (_directory, _, ctx) = stored();
    let (cookies, bodys) = (Uuid::new_v4(), Uuid::new_v4());
    let mut body = all(true);
    body["consentId"] = json!(bodys);
    let own = Consent { source: Source::Own, id: Some(cookies.into_bytes()), ..Consent::default() };
    let other = Consent { source: Source::Tool(Format::Didomi), ..own.clone() };
    for (consent, expected) in [(own, cookies), (other, bodys), (Consent::default(), bodys)] {
        let response = ask(&ctx, Method::POST, "consent", &own_page(), body.to_string(), &consent).await;
        assert_eq!(json(&response)["consentId"], json!(expected));
    }
}

#[tokio::test]
async fn an_id_or_language_that_makes_no_sense_hinders_nobody() {
    let ctx = context(Arc::new(NoStore));
    for (id, language) in [
        ("", ""),
        ("nonsense", "en_GB <script>"),
        ("00000000-0000-0000-0000-000000000000", &*"x".repeat(1000)),
        ("{6f1c1a8e-5f0e-4f0e-9d0e-1a2b3c4d5e6f}", "é"),
        ("6f1c1a8e5f0e4f0e9d0e1a2b3c4d5e6f", " "),
    ] {
        let mut body = all(true);
        body["consentId"] = json!(id);
        body["language"] = json!(language);
        let response = post(&ctx, body.to_string()).await;
        assert_eq!(response.status, 200, "{id} {language}");
        assert_ne!(json(&response)["consentId"], json!(id));
    }
}

#[tokio::test]
async fn a_second_answer_names_the_first() {
    let (_directory, _, ctx) = stored();
    let first = json(&post(&ctx, all(true).to_string()).await);
    let id: Uuid = first["consentId"].as_str().unwrap().parse().unwrap();
    let before = Consent {
        source: Source::Own,
        granted: site().mapping.categories,
        updated: Some(Deciseconds(NOW.0 - 600)),
        id: Some(id.into_bytes()),
        ..Consent::default()
    };
    let response = ask(&ctx, Method::POST, "consent", &own_page(), all(false).to_string(), &before).await;
    assert_eq!(json(&response)["refused"], json!(["preferences", "statistics", "marketing"]));
    let proofs = proofs(&ctx, &id.to_string()).await;
    assert_eq!(proofs.len(), 2);
    let previous = proofs[1].previous.as_ref().unwrap();
    assert_eq!((previous.consent_id, &*previous.source), (Some(id), "own"));
    assert_eq!(names(&previous.categories.granted), ["preferences", "statistics", "marketing"]);
    assert_eq!(previous.date.unwrap().to_string(), "2025-11-22T04:25:03.1Z");
    assert!(proofs[1].services.granted.is_empty());
}

#[tokio::test]
async fn p51_what_does_not_come_from_the_sites_pages_is_refused_and_not_stored() {
    let (_directory, _, ctx) = stored();
    let mut headers = own_page();
    headers.remove(ORIGIN);
    headers.remove("sec-fetch-site");
    let response = ask(&ctx, Method::POST, "consent", &headers, all(true).to_string(), &Consent::default()).await;
    assert_eq!((response.status.as_u16(), json(&response)["error"].as_str()), (403, Some("cross_site")));
    headers.insert(ORIGIN, HeaderValue::from_static("https://evil.example"));
    let response = ask(&ctx, Method::POST, "consent", &headers, all(true).to_string(), &Consent::default()).await;
    assert_eq!(response.status, 403);
    assert!(!String::from_utf8_lossy(&response.body).contains("evil"), "nothing that was sent is repeated");
    assert!(!response.headers.contains_key(SET_COOKIE));
    assert_eq!(ctx.store.health().await.unwrap().head.unwrap().seq, 0);
    assert_eq!(ctx.counters.read().cross_site, 2);
}

#[tokio::test]
async fn only_json_is_taken() {
    let ctx = context(Arc::new(NoStore));
    for (kind, coding, status) in [
        (Some("application/json"), None, 200),
        (Some("Application/JSON ; charset=utf-8"), None, 200),
        (Some("application/json"), Some("identity"), 200),
        (Some("application/json"), Some("gzip"), 415),
        (Some("text/plain"), None, 415),
        (Some("text/plain; application/json"), None, 415),
        (Some("application/json-patch+json"), None, 415),
        (Some("application/x-www-form-urlencoded"), None, 415),
        (Some(""), None, 415),
        (None, None, 415),
    ] {
        let mut headers = own_page();
        headers.remove(CONTENT_TYPE);
        headers.extend(kind.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind))));
        headers.extend(coding.map(|coding| (CONTENT_ENCODING, HeaderValue::from_static(coding))));
        let response = ask(&ctx, Method::POST, "consent", &headers, all(true).to_string(), &Consent::default()).await;
        assert_eq!(response.status, status, "{kind:?} {coding:?}");
    }
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused() {
    let ctx = context(Arc::new(NoStore));
    assert_eq!(body_limit(&Method::POST, "consent", site()), BODY_MAX);
    assert_eq!(body_limit(&Method::POST, "config", site()), 0);
    let mut body = all(true).to_string();
    body.push_str(&" ".repeat(BODY_MAX - body.len()));
    assert_eq!(post(&ctx, body.clone()).await.status, 200);
    body.push(' ');
    assert_eq!(post(&ctx, body).await.status, 413);
}

#[tokio::test]
async fn a_body_that_is_no_answer_is_refused_with_a_sentence_that_says_why() {
    let ctx = context(Arc::new(NoStore));
    const MEMBERS: &str = "not the members that are known, or not of their types (line 1";
    let cases = [
        ("", "JSON object"),
        ("[]", "JSON object"),
        (r#"[{"statistics":true},{},"first","save",null,null]"#, "JSON object"),
        ("\u{feff}{}", "JSON object"),
        ("{", "not JSON (line 1, column 1)"),
        ("null", "JSON object"),
        (r#"{"categories":{}}"#, MEMBERS),
        (r#"{"categories":{"statistics":true},"layer":"third","button":"save"}"#, MEMBERS),
        (r#"{"categories":{"statistics":true},"layer":"first","button":"ok"}"#, MEMBERS),
        (r#"{"categories":{"statistics":true},"layer":"first","button":"save","more":1}"#, MEMBERS),
        (r#"{"categories":{"statistics":1},"layer":"first","button":"save"}"#, MEMBERS),
        (r#"{"categories":{"statistics":null},"layer":"first","button":"save"}"#, MEMBERS),
        (r#"{"categories":["statistics"],"layer":"first","button":"save"}"#, MEMBERS),
        (
            r#"{"categories":{"marketng":true},"layer":"first","button":"save"}"#,
            "categories: a name in it is no category",
        ),
        (
            r#"{"categories":{"Statistics":true},"layer":"first","button":"save"}"#,
            "categories: a name in it is no category",
        ),
        (r#"{"services":{"nobody":true},"layer":"first","button":"save"}"#, "services: a name in it is no service"),
        (r#"{"categories":{"statistics":true,"statistics":false},"layer":"first","button":"save"}"#, MEMBERS),
        (r#"{"categories":{},"services":{},"layer":"first","button":"save"}"#, "nothing is answered"),
        (r#"{"categories":{"necessary":false},"layer":"first","button":"save"}"#, "nothing is answered"),
        (r#"{"categories":{"statistics":false},"layer":"first","button":"accept-all"}"#, "accept-all"),
        (r#"{"categories":{"statistics":true},"layer":"first","button":"refuse-all"}"#, "refuse-all"),
        (r#"{"categories":{"statistics":true},"layer":"first","button":"save"} {}"#, "not JSON"),
        (
            "{\"categories\":{\"a\\u0007b<script>\":true},\"layer\":\"first\",\"button\":\"save\"}",
            "categories: a name in it is no category",
        ),
    ];
    for (body, says) in cases {
        let response = post(&ctx, body).await;
        assert_eq!(response.status, 400, "{body}");
        let answer = json(&response);
        assert_eq!(answer["error"], "invalid");
        assert!(answer["message"].as_str().unwrap().contains(says), "{body}: {answer}");
        assert!(!response.headers.contains_key(SET_COOKIE));
    }
    let long = format!(r#"{{"categories":{{"{}":true}},"layer":"first","button":"save"}}"#, "x".repeat(60_000));
    assert!(post(&ctx, long).await.body.len() < 300, "a long name is not repeated whole");
    assert_eq!(ctx.counters.read().invalid, cases.len() as u64 + 1);
}

#[tokio::test]
async fn a_store_that_cannot_keep_the_proof_means_no_cookie() {
    let (_directory, file, ctx) = stored();
    drop(ctx);
    let options = SqliteOptions { max_pages: Some(1), busy: Duration::from_millis(20), ..SqliteOptions::default() };
    let ctx = context(Arc::new(SqliteStore::open(&file, options).unwrap()));
    let mut last = post(&ctx, all(true).to_string()).await;
    for _ in 0..200 {
        if last.status != 200 {
            break;
        }
        last = post(&ctx, all(true).to_string()).await;
    }
    assert_eq!((last.status.as_u16(), json(&last)["error"].as_str()), (503, Some("unavailable")));
    assert_eq!(last.headers[RETRY_AFTER], "10");
    assert!(!last.headers.contains_key(SET_COOKIE));
    assert!(!String::from_utf8_lossy(&last.body).contains("sqlite"), "where proofs are is nobody's business");
    assert_eq!(ctx.counters.read().unavailable, 1);
}

#[tokio::test]
async fn without_a_store_answers_still_count() {
    let ctx = context(Arc::new(NoStore));
    let response = post(&ctx, all(false).to_string()).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.headers.get_all(SET_COOKIE).iter().count(), 2);
}

#[tokio::test]
async fn the_configuration_is_revalidated() {
    let ctx = context(Arc::new(NoStore));
    let response = get(&ctx, "config", &Consent::default()).await;
    assert_eq!(
        (response.status.as_u16(), &response.headers[CACHE_CONTROL]),
        (200, &HeaderValue::from_static("no-cache"))
    );
    let body = json(&response);
    assert_eq!((&body["site"], &body["lifetimeDays"]), (&json!("default"), &json!(180)));
    assert_eq!(body["rules"], RULES.version());
    let categories = body["categories"].as_array().unwrap();
    let found: Vec<_> = categories.iter().map(|category| category["name"].as_str().unwrap()).collect();
    assert_eq!(found, ["necessary", "preferences", "statistics", "marketing"]);
    assert_eq!(categories[0]["necessary"], true);
    assert_eq!(categories[2]["label"]["fr"], "Statistiques");
    assert_eq!(categories[3].get("services"), None, "most of the bytes, for who opens the choices");
    let services = json(&get(&ctx, "services", &Consent::default()).await);
    assert_eq!(services.as_object().unwrap().len(), categories.len());
    let services = services["marketing"].as_array().unwrap();
    let meta = services.iter().find(|service| service["slug"] == "meta-pixel").unwrap();
    assert!(meta["name"].is_string() && meta["purpose"].is_string() && meta["hosts"].is_array());

    let mut headers = HeaderMap::new();
    headers.insert(IF_NONE_MATCH, response.headers[ETAG].clone());
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let again = ask(&ctx, Method::GET, "config", &headers, Bytes::new(), &Consent::default()).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    assert_eq!(again.headers[ETAG], response.headers[ETAG]);
    assert!(!again.headers.contains_key(CONTENT_LENGTH));
}

#[tokio::test]
async fn other_rules_have_another_configuration() {
    let ctx = context(Arc::new(NoStore));
    let (method, headers) = (Method::GET, HeaderMap::new());
    let mut etags = Vec::new();
    for rules in ["one", "two", "one"] {
        let body = Bytes::new();
        let request = ApiRequest {
            method: &method,
            path: "config",
            query: None,
            client: None,
            headers: &headers,
            body,
            secure: true,
            host: HOST,
            rules,
            signals: Signals::default(),
            now: NOW,
        };
        etags.push(handle(&request, site(), &Consent::default(), &ctx).await.headers[ETAG].clone());
    }
    assert_ne!(etags[0], etags[1]);
    assert_eq!(etags[0], etags[2]);
}

#[tokio::test]
async fn the_state_says_what_was_read() {
    let ctx = context(Arc::new(NoStore));
    let nobody = json(&get(&ctx, "state", &Consent::default()).await);
    assert_eq!(nobody["answered"], false);
    assert_eq!((&nobody["granted"], &nobody["consentId"]), (&json!([]), &Value::Null));

    let service = site().service_named("meta-pixel").unwrap().number.unwrap();
    let id = Uuid::new_v4();
    let consent = Consent {
        source: Source::Own,
        granted: [CategoryNumber::new(2).unwrap()].into_iter().collect(),
        refused: [CategoryNumber::new(3).unwrap()].into_iter().collect(),
        services: [(service, true)].into_iter().collect(),
        updated: Some(NOW),
        id: Some(id.into_bytes()),
        ..Consent::default()
    };
    let response = get(&ctx, "state", &consent).await;
    assert_eq!(response.headers[CACHE_CONTROL], "no-store");
    let state = json(&response);
    assert_eq!(state["answered"], true);
    assert_eq!((&state["granted"], &state["refused"]), (&json!(["statistics"]), &json!(["marketing"])));
    assert_eq!(state["services"], json!({"meta-pixel": true}));
    assert_eq!((&state["consentId"], &state["source"]), (&json!(id), &json!("own")));
    assert_eq!(state["updated"], "2025-11-22T04:26:03.1Z");
}

/// With the browser's signal, under the regime where silence refuses: recorded beside the choice, never as one (check 10).
#[tokio::test]
async fn check10_the_signal_is_in_the_proof_and_is_no_choice() {
    let (_directory, _file, ctx) = stored();
    let (method, headers, rules) = (Method::POST, own_page(), RULES.version());
    let signals = Signals { gpc: true, region: None };
    let part = json!({"categories": {"statistics": true}, "services": {}, "layer": "second", "button": "save"});
    let request = ApiRequest {
        method: &method,
        path: "consent",
        query: None,
        client: None,
        headers: &headers,
        body: part.to_string().into(),
        secure: true,
        host: HOST,
        rules,
        signals,
        now: NOW,
    };
    let current = Consent::default().under(site().regimes.of(None), true, &site().mapping);
    let response = handle(&request, site(), &current, &ctx).await;
    let said = json(&response);
    assert_eq!((&said["granted"], &said["refused"]), (&json!(["statistics"]), &json!(["marketing"])));
    let read = sent_back(&response);
    assert!(read.refused.is_empty(), "the cookie holds what was said: {read:?}");
    let proof = &proofs(&ctx, said["consentId"].as_str().unwrap()).await[0];
    assert_eq!(proof.signals, SignalsSeen { gpc: true });
    assert_eq!(proof.regime.as_deref(), Some("opt-in"));
    assert_eq!(proof.categories.granted, ["statistics"]);
    assert!(proof.categories.refused.is_empty() && proof.previous.is_none());
}

#[tokio::test]
async fn the_state_says_under_which_law_it_stands_and_whether_to_ask() {
    let ctx = context(Arc::new(NoStore));
    let all = Consent { source: Source::Own, granted: site().mapping.categories, ..Consent::default() };
    for (region, gpc, consent, expected) in [
        ("FR", false, &Consent::default(), json!(["opt-in", false, true, [], []])),
        ("FR", true, &Consent::default(), json!(["opt-in", true, true, [], ["marketing"]])),
        ("FR", false, &all, json!(["opt-in", false, false, ["preferences", "statistics", "marketing"], []])),
        (
            "US-CA",
            false,
            &Consent::default(),
            json!(["opt-out", false, false, ["preferences", "statistics", "marketing"], []]),
        ),
        (
            "US-CA",
            true,
            &Consent::default(),
            json!(["opt-out", true, false, ["preferences", "statistics"], ["marketing"]]),
        ),
    ] {
        let signals = Signals { gpc, region: Region::parse(region.as_bytes()) };
        let (method, headers) = (Method::GET, HeaderMap::new());
        let request = ApiRequest {
            method: &method,
            path: "state",
            query: None,
            client: None,
            headers: &headers,
            body: Bytes::new(),
            secure: true,
            host: HOST,
            rules: "r",
            signals,
            now: NOW,
        };
        let regime = site().regimes.of(signals.region);
        let consent = consent.clone().under(regime, gpc, &site().mapping);
        let state = json(&handle(&request, site(), &consent, &ctx).await);
        let found = ["regime", "gpc", "ask", "granted", "refused"].map(|key| state[key].clone());
        assert_eq!(json!(found), expected, "{region} {gpc}");
    }
}

#[tokio::test]
async fn what_a_path_does_not_know_is_404_or_405() {
    let ctx = context(Arc::new(NoStore));
    let none = Consent::default();
    for (method, path, status, allow) in [
        (Method::GET, "consent", 405, Some("POST")),
        (Method::OPTIONS, "consent", 405, Some("POST")),
        (Method::DELETE, "consent", 405, Some("POST")),
        (Method::POST, "config", 405, Some("GET, HEAD")),
        (Method::PUT, "state", 405, Some("GET, HEAD")),
        (Method::POST, "widget.js", 405, Some("GET, HEAD")),
        (Method::GET, "", 404, None),
        (Method::GET, "consent/", 404, None),
        (Method::GET, "Config", 404, None),
        (Method::POST, "a/nothing.js", 404, None),
        (Method::GET, "../../etc/passwd", 404, None),
    ] {
        let response = ask(&ctx, method.clone(), path, &own_page(), all(true).to_string(), &none).await;
        assert_eq!(response.status, status, "{method} {path}");
        assert_eq!(response.headers.get(ALLOW).map(|allow| allow.to_str().unwrap()), allow, "{method} {path}");
        assert_eq!(response.headers[CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let ctx = context(Arc::new(NoStore));
    for path in ["config", "state", "widget.js", "nothing"] {
        let get = get(&ctx, path, &Consent::default()).await;
        let head = ask(&ctx, Method::HEAD, path, &HeaderMap::new(), Bytes::new(), &Consent::default()).await;
        assert_eq!((head.status, &head.headers), (get.status, &get.headers), "{path}");
        assert!(head.body.is_empty());
        assert_eq!(head.headers[CONTENT_LENGTH], get.body.len().to_string());
    }
}

fn weak(etag: &HeaderValue) -> HeaderValue {
    HeaderValue::try_from(format!("W/{}", etag.to_str().unwrap())).unwrap()
}

#[tokio::test]
async fn assets_carry_their_validator() {
    let ctx = context(Arc::new(NoStore));
    let response = get(&ctx, "widget.js", &Consent::default()).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.headers[CACHE_CONTROL], "public, max-age=86400");
    assert_eq!(response.headers["x-content-type-options"], "nosniff");
    let mut headers = HeaderMap::new();
    headers.insert(IF_NONE_MATCH, weak(&response.headers[ETAG]));
    let again = ask(&ctx, Method::GET, "widget.js", &headers, Bytes::new(), &Consent::default()).await;
    assert_eq!(again.status, 304);
}

/// A store that remembers what it was given.
#[derive(Debug, Default)]
struct Remember(Mutex<Vec<NewProof>>);

#[async_trait::async_trait]
impl ProofStore for Remember {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    async fn append(&self, proof: NewProof) -> Result<Stored, StoreError> {
        self.0.lock().unwrap().push(proof);
        Ok(Stored { seq: 1, digest: [0; 32] })
    }

    async fn keep_questions(&self, _: Hash, _: &Arc<str>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn by_consent_id(&self, _: Uuid) -> Result<Vec<Row>, StoreError> {
        Err(StoreError::Closed)
    }

    async fn page(&self, _: i64, _: u32) -> Result<Vec<Row>, StoreError> {
        Err(StoreError::Closed)
    }

    async fn erase(&self, _: Uuid) -> Result<u64, StoreError> {
        Err(StoreError::Closed)
    }

    async fn health(&self) -> Result<Health, StoreError> {
        Err(StoreError::Closed)
    }
}

/// Bodies near to valid ones, so that more than the JSON parser is met.
fn near_misses() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof!["statistics", "marketing", "necessary", "meta-pixel", "\\PC{0,8}"];
    let choices = proptest::collection::vec((name, any::<bool>()), 0..4);
    let text = prop_oneof!["first", "second", "save", "accept-all", "refuse-all", "\\PC{0,40}"];
    (choices.clone(), choices, text.clone(), text.clone(), text).prop_map(
        |(categories, services, layer, button, other)| {
            let map = |pairs: Vec<(String, bool)>| Value::from_iter(pairs.into_iter().map(|(k, v)| (k, json!(v))));
            json!({
                "categories": map(categories), "services": map(services),
                "layer": layer, "button": button, "consentId": other, "language": other,
            })
            .to_string()
            .into_bytes()
        },
    )
}

proptest! {
    #[test]
    fn what_the_proof_says_is_what_the_cookie_says(
        categories in proptest::collection::vec(any::<Option<bool>>(), 3),
        services in proptest::collection::hash_map(any::<usize>(), any::<bool>(), 0..30),
    ) {
        let asked = site().categories.iter().filter(|category| category.number != CategoryNumber::NECESSARY);
        let categories = asked.zip(categories).filter_map(|(category, yes)| Some((category.name.clone(), json!(yes?))));
        let services = services.iter().map(|(at, yes)| (site().services[at % site().services.len()].slug.clone(), json!(yes)));
        let body = json!({
            "categories": Value::from_iter(categories), "services": Value::from_iter(services),
            "layer": "second", "button": "save",
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let store = Arc::new(Remember::default());
        let response = runtime.block_on(post(&context(Arc::clone(&store) as Arc<dyn ProofStore>), body.to_string()));
        prop_assume!(response.status == 200);
        let consent = sent_back(&response);
        let proof: Proof = serde_json::from_str(&store.0.lock().unwrap()[0].payload).unwrap();
        for service in site().services.iter() {
            let runs = consent.grants(service.category, service.number, service.since);
            // Services that are not named do what their category does.
            let named = |names: &[String]| names.contains(&service.slug);
            let said = match (named(&proof.services.granted), named(&proof.services.refused)) {
                (false, false) => consent.category(service.category) == Answer::Granted,
                (granted, _) => granted,
            };
            prop_assert_eq!(runs, said, "{}", service.slug);
        }
        for category in &site().categories {
            let granted = proof.categories.granted.contains(&category.name);
            let necessary = category.number == CategoryNumber::NECESSARY;
            prop_assert_eq!(consent.category(category.number) == Answer::Granted, granted || necessary);
        }
    }

    #[test]
    fn no_body_panics_and_none_is_a_fault_of_ours(
        body in prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), near_misses()],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let status = runtime.block_on(post(&context(Arc::new(NoStore)), body)).status;
        prop_assert!(status == 200 || status == 400, "{status}");
    }

    #[test]
    fn no_path_or_host_panics(path in "\\PC{0,40}", host in "\\PC{0,40}", origin in "\\PC{0,40}") {
        let ctx = context(Arc::new(NoStore));
        let mut headers = own_page();
        headers.insert(ORIGIN, HeaderValue::from_bytes(origin.as_bytes()).unwrap_or(HeaderValue::from_static("x")));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (method, path) in [(Method::GET, &*path), (Method::POST, "consent")] {
            let (body, rules) = (all(true).to_string().into(), RULES.version());
            let (headers, host) = (&headers, &*host);
            let request = ApiRequest { method: &method, path, query: None, client: None, headers, body, secure: true, host, rules, signals: Signals::default(), now: NOW };
            let status = runtime.block_on(handle(&request, site(), &Consent::default(), &ctx)).status;
            prop_assert!(!status.is_server_error());
        }
    }
}

/// Bodies and strings near to those of other tools' clients.
fn near_to_others() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        "C000[1-5]",
        "meta-pixel",
        "google-analytics",
        "Consents",
        "Visit",
        "BANNER_ALLOW_ALL",
        "BANNER_CLOSE",
        "PREFERENCE_CENTER_CONFIRM",
        "SDK_LIST_REJECT_ALL",
        "\\PC{0,8}",
    ];
    let answers = proptest::collection::vec((word.clone(), any::<bool>()), 0..5);
    (word.clone(), word.clone(), answers, any::<u64>(), any::<bool>()).prop_map(
        |(kind, name, answers, number, coded)| {
            let each = |key: &str, answer: &str| {
                let one = |(name, yes): &(String, bool)| json!({ key: name, answer: yes });
                Value::from_iter(answers.iter().map(one))
            };
            let groups = Value::from_iter(answers.iter().map(|(name, yes)| (name.clone(), json!(i32::from(*yes)))));
            let text = json!({
            "type": kind, "consentId": name, "consents": { "cookieConsents": each("slug", "consent"), "lang": name },
            "interactionType": kind,
            "consent": { "purposesStatus": each("groupId", "status"), "sdkStatus": each("sdkId", "status") },
            "dsId": name, "appId": name, "expiryDate": number, "lastConsentDate": number, "groupConsents": groups,
            "sdkConsents": groups,
        })
        .to_string();
            if coded {
                base64::Engine::encode(&base64::prelude::BASE64_STANDARD, text).into_bytes()
            } else {
                text.into_bytes()
            }
        },
    )
}

proptest! {
    #[test]
    fn nothing_that_another_tools_client_sends_panics(bytes in prop_oneof![near_to_others(), any::<Vec<u8>>()]) {
        fuzz_dialects(&bytes, site());
    }
}
