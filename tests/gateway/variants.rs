//! Forms of the widget that a site compares: pages know nothing of it, a proof says what was shown, statistics compare.

use crate::common::gateway::Gateway;
use crate::common::message::Answer;
use crate::common::origin::Origin;
use crate::pages::page;
use consentry::collect::daily::Day;
use consentry::collect::shown::Showing;
use consentry::collect::store::{DailyStore, NewProof, ProofStore, SqliteOptions, SqliteStore};
use consentry::consent::Deciseconds;
use serde_json::{Value, json};
use std::path::Path;
use uuid::Uuid;

const TOKEN: &str = "operators-secret-of-24-chars";
const SITE: &str = "format = 1\nhosts = [\"*\"]\n\
    [[widget.variant]]\nname = \"plain\"\nshare = 50\n\
    [[widget.variant]]\nname = \"warm\"\nshare = 50\nlayout = \"centre\"\n\
    [widget.variant.light]\nsurface = \"#fff8f0\"\n\
    [widget.variant.texts.en]\ntitle = \"It is up to you\"\n";

fn gateway(store: &Path, site: &str) -> Gateway {
    let config = format!(
        "rules = \"rules\"\nstore = {{ sqlite = {store:?} }}\n[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n"
    );
    let html = "<script src='https://connect.facebook.net/en_US/fbevents.js'></script>";
    Gateway::configured(&config, &[&Origin::page(page(html))], &[("token", TOKEN), ("rules/sites/shop.toml", site)])
}

fn post(gateway: &Gateway, path: &str, body: &Value) -> Answer {
    let (host, body) = (gateway.address.to_string(), body.to_string());
    let fields = [
        format!("Host: {host}"),
        format!("Origin: http://{host}"),
        "Sec-Fetch-Site: same-origin".to_owned(),
        "Content-Type: application/json".to_owned(),
        format!("Content-Length: {}", body.len()),
    ];
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let mut client = gateway.client();
    client.send([crate::common::h1::request("POST", path, &fields), body.into_bytes()].concat());
    client.answer("POST").whole()
}

fn answer(layer: &str, variant: Option<&str>) -> Value {
    let mut body = json!({"categories": {"statistics": true, "marketing": false}, "layer": layer, "button": if layer == "page" { "api" } else { "save" }, "language": "en"});
    if let Some(variant) = variant {
        body["widgetVariant"] = variant.into();
    }
    body
}

fn export(gateway: &Gateway, target: &str) -> String {
    gateway.ask_admin("GET", target, &[&format!("Authorization: Bearer {TOKEN}")]).text()
}

#[test]
fn pages_are_the_same_for_all_variants_and_the_proof_says_which_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = gateway(&directory.path().join("proofs.sqlite"), SITE);
    let visit = gateway.visit("/");
    assert_eq!(visit.body, gateway.visit("/").body);
    assert!(visit.text().contains("/a/variant.") && !visit.text().contains("warm"), "{}", visit.text());
    let config: Value = serde_json::from_slice(&gateway.ask("GET", "/_c/config", &["Host: x.example"]).body).unwrap();
    assert_eq!(config["variants"][1]["look"]["layout"], "centre");
    assert_eq!(config["variants"][1]["texts"]["en"]["title"], "It is up to you");
    let panel = config["variants"][1]["look"]["panel"].as_str().unwrap();
    assert!(panel.contains(".box{--surface:") && !panel.contains(":host"), "{panel}");
    assert_eq!(config["variants"][0]["look"].get("panel"), None, "as the site");

    for (layer, sent) in [
        ("first", Some("warm")),
        ("second", Some("plain")),
        ("page", Some("warm")),
        ("first", Some("cold")),
        ("first", None),
    ] {
        let answered = post(&gateway, "/_c/consent", &answer(layer, sent));
        assert_eq!(answered.status(), 200, "{}", answered.text());
    }
    let proofs: Vec<Value> = export(&gateway, "/api/proofs")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["proof"].take())
        .collect();
    let said: Vec<Option<&str>> = proofs.iter().map(|proof| proof["widgetVariant"].as_str()).collect();
    assert_eq!(said, [Some("warm"), Some("plain"), None, None, None], "of those that there are, and where it was seen");
    assert_eq!(proofs[0]["variant"], proofs[1]["variant"], "what pages are like is something else");
    let csv = export(&gateway, "/api/proofs?format=csv");
    assert!(csv.starts_with("record,") && csv.contains(",widgetVariant,") && csv.contains(",warm,"), "{csv}");

    // What was shown is another document for each, and that of the site where no variant was answered.
    let asked = |n: usize| proofs[n]["questions"].as_str().unwrap();
    assert!(asked(0) != asked(1) && asked(1) != asked(3) && asked(3) == asked(4));
    let login = format!("Authorization: Bearer {TOKEN}");
    assert_eq!(gateway.ask_admin("GET", "/dashboard/variants", &[&login]).status(), 303, "pages have sessions");
}

#[test]
fn showings_are_counted_by_name_and_outlive_the_gateway() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proofs.sqlite");
    {
        let mut gateway = gateway(&file, SITE);
        for (body, status) in [
            (json!({"widgetVariant": "warm"}), 204),
            (json!({"widgetVariant": "warm"}), 204),
            (json!({"widgetVariant": "plain"}), 204),
            (json!({"widgetVariant": "cold"}), 400),
            (json!({"widgetVariant": "warm", "who": "me"}), 400),
            (json!([]), 400),
        ] {
            let answered = post(&gateway, "/_c/shown", &body);
            assert_eq!(answered.status(), status, "{body}: {}", answered.text());
            assert_eq!(answered.get("set-cookie"), None);
        }
        assert_eq!(gateway.ask("GET", "/_c/shown", &["Host: x.example"]).status(), 405);
        let fields = ["Host: x.example", "Origin: https://evil.example", "Content-Type: application/json"];
        assert_eq!(gateway.ask("POST", "/_c/shown", &fields).status(), 403, "only the site's own pages");
        gateway.signal("INT");
        gateway.wait();
    }
    let today = Day::of(i64::try_from(Deciseconds::now().0).unwrap()).unwrap();
    let store = SqliteStore::open(&file, SqliteOptions::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut shown: Vec<(String, u64)> = Vec::new();
    // The test may run over midnight.
    for day in [today.back(1).unwrap(), today] {
        let lines = runtime.block_on(store.tally(day)).unwrap().lines();
        shown.extend(lines.into_iter().filter_map(|line| Some((line.variant?, line.shown?))));
    }
    assert_eq!(shown, [("plain".to_owned(), 1), ("warm".to_owned(), 2)]);
}

#[test]
fn a_site_that_compares_nothing_has_no_such_path() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = gateway(&directory.path().join("proofs.sqlite"), "format = 1\nhosts = [\"*\"]\n");
    assert_eq!(post(&gateway, "/_c/shown", &json!({"widgetVariant": "warm"})).status(), 404);
    let config = gateway.ask("GET", "/_c/config", &["Host: x.example"]).text();
    assert!(!config.contains("\"variants\"") && !gateway.visit("/").text().contains("/a/variant."), "{config}");
}

/// A first answer of yesterday.
fn of_yesterday(variant: &str, yes: bool) -> NewProof {
    let date = Deciseconds(Deciseconds::now().0 - Deciseconds::DAY);
    let (granted, refused, button) =
        if yes { ("\"statistics\"", "", "accept-all") } else { ("", "\"statistics\"", "refuse-all") };
    let payload = format!(
        r#"{{"button":"{button}","widgetVariant":"{variant}","categories":{{"granted":[{granted}],"refused":[{refused}]}},"services":{{"granted":[],"refused":[]}},"previous":null}}"#
    );
    NewProof { consent_id: Uuid::new_v4(), site: "shop".to_owned(), date, payload }
}

#[test]
fn the_dashboard_and_the_exports_compare_them() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proofs.sqlite");
    {
        let store = SqliteStore::open(&file, SqliteOptions::default()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let day = Day::before(Deciseconds::now()).unwrap();
        let showing = |variant: &str| Showing { day, site: "shop".to_owned(), variant: variant.to_owned() };
        runtime.block_on(store.add_shown(vec![(showing("plain"), 80), (showing("warm"), 100)])).unwrap();
        for n in 0..40 {
            runtime.block_on(store.append(of_yesterday("plain", n < 10))).unwrap();
            runtime.block_on(store.append(of_yesterday("warm", n < 30))).unwrap();
        }
        runtime.block_on(store.append(of_yesterday("old", true))).unwrap();
    }
    let gateway = gateway(&file, SITE);
    crate::common::eventually("yesterday's numbers", || {
        export(&gateway, "/api/statistics").contains("\"variant\":\"warm\"")
    });
    let csv = export(&gateway, "/api/statistics?format=csv");
    let lines: Vec<&str> = csv.lines().map(|line| line.split_once(',').unwrap().1).collect();
    assert_eq!(
        lines,
        [
            "site,category,accepted,refused,withdrawn,partial,unreadable,variant,shown",
            "shop,,41,40,0,0,0,,",
            "shop,,1,0,0,0,,old,0",
            "shop,,10,30,0,0,,plain,80",
            "shop,,30,10,0,0,,warm,100",
            "shop,statistics,41,40,0,,,,",
        ]
    );
    let cookie = super::dashboard::log_in(&gateway, TOKEN);
    let html = gateway.ask_admin("GET", "/dashboard/variants?days=7", &[&cookie]).text();
    let rows: Vec<&str> = html.lines().filter(|line| line.contains("<tr><th scope=\"row\">")).collect();
    assert_eq!(rows.len(), 3, "{html}");
    assert!(
        rows[0].contains(
            ">plain</th><td>50 %</td><td>80</td><td>40 (50.0 %; 39.3–60.7 %)</td><td>10 (25.0 %; 14.2–40.2 %)"
        ),
        "{}",
        rows[0]
    );
    assert!(
        rows[1].contains(">warm</th>") && rows[1].contains("<td>30 (75.0 %;") && rows[1].contains("more: +50.0 points"),
        "{}",
        rows[1]
    );
    assert!(rows[2].contains(">old</th><td>ended</td>") && rows[2].contains("no difference to be seen"), "{}", rows[2]);
    let overview = gateway.ask_admin("GET", "/dashboard?days=7", &[&cookie]).text();
    assert!(overview.contains("<dt>Answers</dt><dd>81</dd>"), "each answer once: {overview}");
}
