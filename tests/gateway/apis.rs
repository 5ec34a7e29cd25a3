//! Other tools' consent APIs on the site's own origin, and what keeps strangers out of all of them.

use crate::common::gateway::Gateway;
use crate::common::h1::request;
use crate::common::message::Answer;
use crate::common::origin::Origin;
use crate::pages::page;
use consentry::collect::store::SqliteReader;
use serde_json::{Value, json};
use std::process::Command;

const DOCS: &str = include_str!("../../docs/consent-apis.md");
const KEY: &str = "shop-public-key";
const APP: &str = "95c1b37a-c271-44e8-9dd3-1742d82ec948";

/// What the document's fenced blocks of a kind say.
fn blocks(kind: &str) -> String {
    let fence = format!("```{kind}\n");
    DOCS.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn gateway(limits: &str) -> Gateway {
    let config = format!("rules = \"rules\"\nstore = {{ sqlite = \"proofs.sqlite\" }}\n[limits]\n{limits}\n");
    let rules = blocks("toml");
    Gateway::configured(&config, &[&Origin::page(page(""))], &[("rules/sites/shop.toml", &rules)])
}

/// Every proof as JSON, in the order of the chain.
fn proofs(gateway: &Gateway) -> Vec<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let file = gateway.file("proofs.sqlite");
    let rows = runtime.block_on(async { SqliteReader::open(&file).await.unwrap().page(0, 1_000).await.unwrap() });
    rows.iter().map(|row| serde_json::from_slice(row.payload.as_deref().unwrap()).unwrap()).collect()
}

fn post(gateway: &Gateway, path: &str, fields: &[&str], body: &[u8]) -> Answer {
    let length = format!("Content-Length: {}", body.len());
    let fields = [&["Host: shop.example", &length], fields].concat();
    let mut client = gateway.client();
    client.send([request("POST", &format!("/_c/{path}"), &fields), body.to_vec()].concat());
    client.answer("POST").whole()
}

fn get(gateway: &Gateway, path: &str, fields: &[&str]) -> Answer {
    gateway.ask("GET", &format!("/_c/{path}"), &[&["Host: shop.example"], fields].concat()).whole()
}

const JSON: &str = "Content-Type: application/json";

fn onetrust_fields() -> [String; 4] {
    [
        "OT-CDN-Location: cdn.cookielaw.org".to_owned(),
        format!("OT-App-Id: {APP}"),
        "OT-Device-Type: mobile".to_owned(),
        "OT-SDK-Version: 202403.2.0".to_owned(),
    ]
}

/// A call of OneTrust's API with these fields in the place of, or besides, the usual ones.
fn onetrust(gateway: &Gateway, path: &str, more: &[&str], body: Option<&[u8]>) -> Value {
    let usual = onetrust_fields();
    let named = |field: &str| field.split(':').next().unwrap().to_ascii_lowercase();
    let kept = usual.iter().filter(|field| !more.iter().any(|other| named(other) == named(field)));
    let mut fields: Vec<&str> = kept.map(String::as_str).collect();
    fields.extend(more.iter().filter(|field| !field.ends_with(": -")));
    let path = format!("cfw/cmp/v1/{path}");
    let answer = match body {
        Some(body) => post(gateway, &path, &[&fields[..], &[JSON]].concat(), body),
        None => get(gateway, &path, &fields),
    };
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert!(!answer.head.fields.has("set-cookie"));
    serde_json::from_str(&answer.text()).unwrap()
}

fn code(body: &Value) -> &str {
    body["errors"][0]["code"].as_str().unwrap_or("none")
}

#[test]
fn the_documents_lines_work() {
    let gateway = gateway("");
    let script = blocks("sh").replace("127.0.0.1:8080", &gateway.address.to_string());
    let output = Command::new("bash").args(["-euo", "pipefail", "-c", &script]).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.contains("Autoriser") || said.contains("\"lang\":\"fr\""), "{said}");
    assert!(said.contains(r#""groupConsents":{"C0001":1,"C0003":0,"C0002":1,"C0004":0}"#), "{said}");
    assert!(said.contains(r#""lastInteractionType":"Preference Center - Allow All""#), "{said}");
    let proofs = proofs(&gateway);
    let sources: Vec<_> = proofs.iter().map(|proof| proof["source"].as_str().unwrap()).collect();
    assert_eq!(sources, ["dastra", "dastra", "onetrust", "onetrust"]);
    assert_eq!(proofs[0]["consentId"], proofs[1]["consentId"]);
    assert!(said.contains(proofs[0]["consentId"].as_str().unwrap()));
    assert_eq!(proofs[0]["categories"], json!({"granted": ["statistics"], "refused": ["marketing"]}));
    assert_eq!(proofs[1]["categories"], json!({"granted": [], "refused": ["statistics"]}));
    assert_eq!(proofs[2]["categories"], json!({"granted": ["statistics"], "refused": ["preferences", "marketing"]}));
    assert_eq!(proofs[2]["consentId"], proofs[3]["consentId"]);
    assert_eq!(proofs[3]["previous"]["categories"]["granted"], json!(["statistics"]));
    assert_eq!((&proofs[3]["layer"], &proofs[3]["button"]), (&json!("second"), &json!("accept-all")));
}

#[test]
fn dastra_needs_the_sites_key_widget_and_origin() {
    let gateway = gateway("");
    let settings = |id: &str, key: &str, fields: &[&str]| {
        let answer = get(&gateway, &format!("v1/client/cookie-widget-settings/{id}?key={key}"), fields);
        let error = serde_json::from_str::<Value>(&answer.text()).unwrap()["error"].clone();
        (answer.status(), error.as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(settings("12345", KEY, &[]).0, 200);
    assert_eq!(settings("12345", KEY, &["Origin: http://shop.example", "Sec-Fetch-Site: same-origin"]).0, 200);
    assert_eq!(settings("12345", "another-sites-key", &[]), (403, "unknown_key".to_owned()));
    assert_eq!(settings("12345", "", &[]), (403, "unknown_key".to_owned()));
    assert_eq!(settings("12346", KEY, &[]), (404, "not_found".to_owned()));
    assert_eq!(settings("012345", KEY, &[]), (404, "not_found".to_owned()));
    assert_eq!(settings("12345", KEY, &["Origin: http://evil.example"]), (403, "cross_site".to_owned()));
    assert_eq!(settings("12345", KEY, &["Sec-Fetch-Site: cross-site"]), (403, "cross_site".to_owned()));
    let body = br#"{"type":"Consents","consents":{"cookieConsents":[{"slug":"meta-pixel","consent":true}]}}"#;
    let path = format!("v1/client/collect/12345?key={KEY}");
    let answer = post(&gateway, &path, &[JSON, "Origin: http://evil.example"], body);
    assert_eq!(answer.status(), 403);
    assert_eq!(post(&gateway, &path, &["Content-Type: text/plain"], body).status(), 415);
    assert!(proofs(&gateway).is_empty());
    let answer = post(&gateway, &path, &[JSON, "Origin: http://shop.example", "Cookie: euconsent=x"], body);
    assert_eq!((answer.status(), answer.text().len()), (200, 36), "a bare UUID");
    assert!(!answer.head.fields.has("set-cookie"));
    let answer = post(&gateway, &path, &[JSON, "Accept: application/json"], body);
    assert!(serde_json::from_str::<String>(&answer.text()).is_ok());
    assert_eq!(proofs(&gateway).len(), 2);
}

#[test]
fn dastras_bodies_are_checked_and_visits_are_no_answers() {
    let gateway = gateway("");
    let path = format!("v1/client/collect/12345?key={KEY}");
    let visit = post(&gateway, &path, &[JSON], br#"{"type":"Visit","userId":"u-1"}"#);
    assert_eq!((visit.status(), visit.text().len()), (200, 36));
    let one =
        |slug: &str| json!({"type": "Consents", "consents": {"cookieConsents": [{"slug": slug, "consent": true}]}});
    let twice = json!({"type": 2, "consents": {"cookieConsents": [
        {"slug": "meta-pixel", "consent": true}, {"slug": "meta-pixel", "consent": false}]}});
    for body in [
        "",
        "[]",
        "{}",
        "{",
        r#"{"type":"Consents"}"#,
        r#"{"type":7}"#,
        "\u{0}",
        &one("<b>").to_string(),
        &twice.to_string(),
    ] {
        let answer = post(&gateway, &path, &[JSON], body.as_bytes());
        assert_eq!(answer.status(), 400, "{body}");
        assert!(!answer.text().contains("<b>"), "what was sent is repeated: {}", answer.text());
    }
    assert_eq!(post(&gateway, &path, &[JSON], &vec![b' '; 65_537]).status(), 413);
    assert!(proofs(&gateway).is_empty());
}

#[test]
fn the_settings_are_the_sites_and_have_a_validator() {
    let gateway = gateway("");
    let path = format!("v1/client/cookie-widget-settings/12345?key={KEY}&culture=fr-CA");
    let answer = get(&gateway, &path, &[]);
    let settings: Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!((&settings["lang"], &settings["id"], &settings["tenantId"]), (&json!("fr"), &json!(12345), &json!(1)));
    let purposes: Vec<_> = settings["groups"].as_array().unwrap().iter().map(|group| &group["purpose"]).collect();
    assert_eq!(purposes, [0, 1, 2, 3]);
    assert_eq!(settings["groups"][2]["label"], "Statistiques");
    let services = settings["groups"][2]["services"].as_array().unwrap();
    let analytics = services.iter().find(|service| service["slug"] == "google-analytics").unwrap();
    assert!(analytics["cookies"].as_array().unwrap().iter().any(|cookie| cookie["name"] == "_ga"), "{analytics}");
    let members: Vec<_> = settings.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members[..4], ["translation", "groups", "lang", "versionKey"]);
    let etag = format!("If-None-Match: {}", answer.get("etag").unwrap());
    assert_eq!(get(&gateway, &path, &[&etag]).status(), 304);
}

#[test]
fn onetrusts_headers_are_checked_one_by_one() {
    let gateway = gateway("");
    for (field, expected) in [
        ("OT-App-Id: 95c1b37a-c271-44e8-9dd3-1742d82ec949", "ERROR_CODE_BLOB_LOCATIONS_UNAVAILABLE"),
        ("OT-App-Id: -", "ERROR_CODE_MISSING_REQUIRED_HEADER"),
        ("OT-CDN-Location: -", "ERROR_CODE_MISSING_REQUIRED_HEADER"),
        ("OT-Device-Type: -", "ERROR_CODE_MISSING_REQUIRED_HEADER"),
        ("OT-SDK-Version: -", "ERROR_CODE_MISSING_REQUIRED_HEADER"),
        ("OT-CDN-Location: cdn.evil.example", "ERROR_CODE_INVALID_LOCATION"),
        ("OT-Device-Type: toaster", "ERROR_CODE_INVALID_DEVICE_TYPE"),
        ("OT-SDK-Version: 6.1.0", "ERROR_CODE_UNSUPPORTED_VERSION"),
        ("OT-Country-Code: FRA", "ERROR_CODE_INVALID_COUNTRY_OR_REGION"),
        ("OT-Region-Code: CA", "ERROR_CODE_INVALID_COUNTRY_OR_REGION"),
        ("OT-Fetch-Type: EVERYTHING", "ERROR_CODE_INVALID_FETCH_TYPE"),
        ("OT-Language: en", "none"),
        ("OT-Country-Code: FR", "none"),
    ] {
        assert_eq!(code(&onetrust(&gateway, "banner", &[field], None)), expected, "{field}");
    }
    let other = onetrust(&gateway, "banner", &["OT-SDK-Version: 202405.1.0"], None);
    assert_eq!(other["warnings"][0]["code"], "WARNING_CODE_PUBLISHED_VERSION_MISMATCH");
    assert_eq!(get(&gateway, "cfw/cmp/v1/uc-purposes", &[]).status(), 404);
}

#[test]
fn a_corrupted_string_is_answered_by_its_code() {
    let gateway = gateway("");
    let good = onetrust(&gateway, "banner", &[], None)["otConsentString"].as_str().unwrap().to_owned();
    let long = "A".repeat(16_385);
    let other_app = "eyJsYXN0TGF1bmNoRGF0ZSI6MTcxMjMzMDgyOTEwMywic2hvdWxkU2hvd0Jhbm5lciI6MSwiZHNJZCI6IjljZDFjZGM1LTMwNmUtNGQ0Yi05MWFiLTg2MzdjODQ3ZjA3NyIsImFwcElkIjoiOTVjMWIzN2EtYzI3MS00NGU4LTlkZDMtMTc0MmQ4MmVjOTQ4LXRlc3QiLCJjZG4iOiJjZG4uY29va2llbGF3Lm9yZyIsImlzQW5vbnltb3VzIjoxLCJleHBpcnlEYXRlIjpudWxsfQ==";
    for string in ["x", "%%%", &good[1..], &good[..good.len() - 5], &long, "e30=", "W10=", other_app, "bnVsbA=="] {
        let field = format!("OT-Consent-String: {string}");
        for path in ["banner", "preferences", "vendors"] {
            let body = onetrust(&gateway, path, &[&field], None);
            assert_eq!(code(&body), "ERROR_CODE_INVALID_OT_CONSENT_STRING", "{path} {string}");
        }
        let body =
            onetrust(&gateway, "save-log-consent", &[&field], Some(br#"{"interactionType":"BANNER_ALLOW_ALL"}"#));
        assert_eq!(code(&body), "ERROR_CODE_INVALID_OT_CONSENT_STRING", "{string}");
    }
    assert!(proofs(&gateway).is_empty());
}

#[test]
fn what_is_logged_is_what_the_interaction_says() {
    let gateway = gateway("");
    let log = |body: &str| onetrust(&gateway, "save-log-consent", &[], Some(body.as_bytes()));
    for (body, expected) in [
        ("", "ERROR_CODE_INVALID_REQUEST_BODY"),
        ("[]", "ERROR_CODE_INVALID_REQUEST_BODY"),
        (r#"{"interactionType":"TELEPATHY"}"#, "ERROR_CODE_INVALID_INTERACTION_TYPE"),
        (r#"{"interactionType":"PREFERENCE_CENTER_CONFIRM"}"#, "ERROR_CODE_EMPTY_CONSENT"),
        (
            r#"{"interactionType":"PREFERENCE_CENTER_CONFIRM","consent":{"purposesStatus":[{"groupId":"IAB2V2_1","status":true}]}}"#,
            "ERROR_CODE_EMPTY_CONSENT",
        ),
        (r#"{"interactionType":"UC_PREFERENCE_CENTER_CONFIRM"}"#, "ERROR_UCP_NOT_CONFIGURED"),
        (r#"{"interactionType":"GOOGLE_ADS_CONFIRM"}"#, "ERROR_GOOGLE_ADS_DISABLED"),
        (
            r#"{"interactionType":"AGEGATE_RANGE","ageGate":{"lowerBound":17,"upperBound":13}}"#,
            "ERROR_CODE_INVALID_AGE_RANGE",
        ),
    ] {
        assert_eq!(code(&log(body)), expected, "{body}");
    }
    assert!(proofs(&gateway).is_empty());
    let all = json!(["preferences", "statistics", "marketing"]);
    for (body, granted, refused) in [
        (r#"{"interactionType":"BANNER_ALLOW_ALL"}"#, all.clone(), json!([])),
        (r#"{"interactionType":"BANNER_REJECT_ALL"}"#, json!([]), all.clone()),
        (r#"{"interactionType":"BANNER_CLOSE"}"#, json!([]), all.clone()),
        (r#"{"interactionType":"BANNER_CONTINUE_WITHOUT_ACCEPTING"}"#, json!([]), all.clone()),
        (
            r#"{"interactionType":"BANNER_ALLOW_ALL","consent":{"purposesStatus":[{"groupId":"C0004","status":false}]}}"#,
            json!(["preferences", "statistics"]),
            json!(["marketing"]),
        ),
        (
            r#"{"interactionType":"PREFERENCE_CENTER_CONFIRM","consent":{"bulkOperation":{"purposes":true}}}"#,
            all.clone(),
            json!([]),
        ),
        (
            r#"{"interactionType":"SDK_LIST_CONFIRM","consent":{"purposesStatus":[{"groupId":"C0002","status":false}],"sdkStatus":[{"sdkId":"google-analytics","status":true}]}}"#,
            json!([]),
            json!(["statistics"]),
        ),
    ] {
        let answer = log(body);
        assert_eq!(code(&answer), "none", "{answer}");
        let proof = proofs(&gateway).pop().unwrap();
        assert_eq!(proof["categories"], json!({"granted": granted, "refused": refused}), "{body}");
    }
    let proof = proofs(&gateway).pop().unwrap();
    assert!(proof["services"]["granted"].as_array().unwrap().contains(&json!("google-analytics")), "{proof}");
}

#[test]
fn somebody_known_by_name_needs_a_word_to_be_renamed_and_is_not_named_in_proofs() {
    let gateway = gateway("");
    let first = onetrust(&gateway, "banner", &["OT-Identifier: somebody@shop.example"], None);
    let string = format!("OT-Consent-String: {}", first["otConsentString"].as_str().unwrap());
    let renamed = "OT-Identifier: somebody-else@shop.example";
    assert_eq!(code(&onetrust(&gateway, "banner", &[&string, renamed], None)), "ERROR_IDENTIFIER_MISMATCH");
    let fields = [&*string, renamed, "OT-Identifier-UpdateType: Rename-Identifier"];
    assert_eq!(code(&onetrust(&gateway, "banner", &fields, None)), "none");
    let body = br#"{"interactionType":"BANNER_REJECT_ALL"}"#;
    assert_eq!(code(&onetrust(&gateway, "save-log-consent", &[&string], Some(body))), "none");
    assert!(!proofs(&gateway)[0].to_string().contains("somebody"));
}

#[test]
fn the_law_is_that_of_the_apps_country() {
    let gateway = gateway("");
    let reason = |country: &str, region: &[&str]| {
        let field = format!("OT-Country-Code: {country}");
        onetrust(&gateway, "banner", &[&[&*field], region].concat(), None)["appConfig"]["bannerReasonCode"]
            .as_u64()
            .unwrap()
    };
    assert_eq!((reason("FR", &[]), reason("US", &["OT-Region-Code: CA"])), (101, 150));
}

#[test]
fn a_client_that_sends_too_much_is_stopped_and_others_are_not() {
    let gateway = gateway("answers_per_minute = 3");
    let answer = || post(&gateway, "withdraw", &["Origin: http://shop.example"], b"").status();
    assert_eq!([answer(), answer(), answer(), answer()], [200, 200, 200, 429]);
    let refused = post(&gateway, "cfw/cmp/v1/save-log-consent", &[JSON], b"{}");
    assert_eq!(refused.status(), 429);
    for field in ["retry-after", "ot-ratelimit-event-id", "ot-requests-allowed", "ot-request-made", "ot-period"] {
        assert!(refused.head.fields.has(field), "{field}");
    }
    assert_eq!(get(&gateway, "config", &[]).status(), 200, "what only reads our own is not counted");
    assert_eq!(proofs(&gateway).len(), 3);
}

#[test]
fn a_withdrawal_refuses_everything_and_needs_the_sites_origin() {
    let gateway = gateway("");
    let cookie = gateway.answer_consent("shop.example", &[("statistics", true), ("marketing", true)]);
    assert_eq!(post(&gateway, "withdraw", &[&cookie], b"").status(), 403);
    assert_eq!(post(&gateway, "withdraw", &[&cookie, "Origin: http://evil.example"], b"").status(), 403);
    assert_eq!(get(&gateway, "withdraw", &[]).status(), 405);
    let answer = post(&gateway, "withdraw", &[&cookie, "Origin: http://shop.example"], b"");
    assert_eq!(answer.status(), 200);
    let saved: Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!(saved["refused"], json!(["preferences", "statistics", "marketing"]));
    let proofs = proofs(&gateway);
    assert_eq!(proofs[1]["consentId"], proofs[0]["consentId"]);
    assert_eq!((&proofs[1]["button"], &proofs[1]["layer"]), (&json!("withdraw"), &json!("elsewhere")));
    let state = get(&gateway, "state", &[&cookie]);
    assert!(state.text().contains("\"granted\":[\"statistics\",\"marketing\"]"), "the old cookie says what it says");
}

#[test]
fn without_rules_no_other_tools_api_is_there() {
    let gateway = Gateway::before(&Origin::page(page("")));
    for path in ["cfw/cmp/v1/banner", "v1/client/cookie-widget-settings/1?key=shop-public-key"] {
        assert_eq!(get(&gateway, path, &[]).status(), 404, "{path}");
    }
    let described: Value = serde_json::from_str(&get(&gateway, "openapi.json", &[]).text()).unwrap();
    assert_eq!(described["openapi"], "3.1.0");
}
