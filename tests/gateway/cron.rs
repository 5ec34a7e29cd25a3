//! Daily statistics by the gateway's own schedule and by a caller's.

use crate::common::eventually;
use crate::common::gateway::{Gateway, run_to_end};
use crate::common::message::Answer;
use crate::common::origin::Origin;
use crate::pages::page;
use consentry::collect::daily::Day;
use consentry::collect::store::{NewProof, ProofStore, SqliteOptions, SqliteStore};
use consentry::consent::Deciseconds;
use serde_json::Value;
use std::process::Command;
use uuid::Uuid;

const PATH: &str = "/api/cron/daily-stats";
const SECRET: &str = "a-secret-of-24-characters";
const BEARER: &str = "Authorization: Bearer a-secret-of-24-characters";

struct Site {
    gateway: Gateway,
    store: SqliteStore,
    yesterday: Day,
    directory: tempfile::TempDir,
}

impl Site {
    /// A gateway over a store that holds one yes of yesterday and one no of the day before.
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("proofs.sqlite");
        let store = SqliteStore::open(&file, SqliteOptions::default()).unwrap();
        let yesterday = Day::before(Deciseconds::now()).unwrap();
        append(&store, yesterday, "granted");
        append(&store, yesterday.back(1).unwrap(), "refused");
        let config = format!(
            "store = {{ sqlite = {file:?} }}\n[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\ncron_secret_file = \"cron\"\n"
        );
        let files = [("cron", SECRET), ("token", "another-secret-of-24-chars")];
        let gateway = Gateway::configured(&config, &[&Origin::page(page(""))], &files);
        Self { gateway, store, yesterday, directory }
    }

    fn ask(&self, method: &str, query: &str, fields: &[&str]) -> Answer {
        self.gateway.ask_admin(method, &format!("{PATH}{query}"), fields)
    }

    /// What the command prints, in lines.
    fn printed(&self, form: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
        command.args(["proofs", "stats", "--store", "proofs.sqlite"]).args(form).current_dir(self.directory.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn smoke(&self, secret: &str) -> (bool, String) {
        let env = self.directory.path().join("env");
        let url = format!("http://{}/", self.gateway.admin.unwrap());
        std::fs::write(
            &env,
            format!("# what the check reads\nAPP_URL=\"{url}\"\nOTHER=$(false)\nCRON_SECRET={secret}\n"),
        )
        .unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/cron-smoke");
        let output = Command::new(script).env("ENV_FILE", &env).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

fn append(store: &SqliteStore, day: Day, side: &str) {
    let other = if side == "granted" { "refused" } else { "granted" };
    let payload = format!(
        r#"{{"button":"save","categories":{{"{side}":["statistics"],"{other}":[]}},"services":{{"granted":[],"refused":[]}},"previous":null}}"#
    );
    let date = Deciseconds(day.begins().unsigned_abs() + 5);
    let new = NewProof { consent_id: Uuid::new_v4(), site: "=shop".to_owned(), date, payload };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store.append(new)).unwrap();
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.text()).unwrap_or_else(|_| panic!("{}", answer.text()))
}

#[test]
fn the_schedule_computes_what_is_missing_at_start_and_health_says_so() {
    let site = Site::start();
    eventually("yesterday's statistics", || site.ask("GET", "?health=1", &[BEARER]).status() == 200);
    let told = json(&site.ask("GET", "?health=1", &[BEARER]));
    let expected = told["expectedDate"].as_str().unwrap();
    assert!((told["ok"] == true) && told["latestDate"] == expected, "{told}");
    let printed = site.printed(&["--json"]);
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4, "{printed}");
    assert_eq!(
        (&lines[0]["category"], &lines[0]["refused"], &lines[0]["partial"]),
        (&Value::Null, &1.into(), &0.into())
    );
    assert_eq!((&lines[3]["category"], &lines[3]["accepted"]), (&"statistics".into(), &1.into()));
    assert_eq!((&lines[3]["date"], &lines[3]["partial"]), (&site.yesterday.to_string().into(), &Value::Null));
}

#[test]
fn the_secret_is_taken_in_three_places_by_get_and_post_from_anywhere() {
    let site = Site::start();
    let own = format!("X-Cron-Secret: {SECRET}");
    let query = format!("?secret={SECRET}");
    let abroad = ["Host: cron.example", "Origin: https://cron.example", "Sec-Fetch-Site: cross-site"];
    for method in ["GET", "POST"] {
        for (query, field) in [("", Some(BEARER)), ("", Some(own.as_str())), (query.as_str(), None)] {
            let fields: Vec<&str> = abroad.into_iter().chain(field).collect();
            let answer = site.ask(method, query, &fields);
            assert_eq!(answer.status(), 200, "{method} {field:?}: {}", answer.text());
            assert_eq!(json(&answer)["latestDate"], json(&answer)["days"].as_array().unwrap().last().unwrap().clone());
        }
    }
    let refused = site.ask("PUT", "", &[BEARER]);
    assert_eq!((refused.status(), refused.head.fields.get("allow").as_deref()), (405, Some("GET, POST")));
}

#[test]
fn a_wrong_secret_is_401_also_from_the_listeners_own_page() {
    let site = Site::start();
    let own = format!("Origin: http://{}", site.gateway.admin.unwrap());
    let token = "Authorization: Bearer another-secret-of-24-chars";
    for method in ["GET", "POST", "DELETE"] {
        for field in [&own, "X-Cron-Secret: a-secret-of-24-character", "Authorization: Bearer ", token] {
            let answer = site.ask(method, "?backfill=3", &[field]);
            assert_eq!(answer.status(), 401, "{method} {field}: {}", answer.text());
            assert_eq!(answer.head.fields.get("www-authenticate").as_deref(), Some("Bearer"));
            assert!(!answer.text().contains("character\n"), "nothing that was sent comes back");
        }
    }
    let elsewhere = site.gateway.ask_admin("POST", "/reload", &[BEARER, "Host: cron.example"]);
    assert_eq!(elsewhere.status(), 403, "the secret opens nothing else");
}

#[test]
fn a_backfill_is_bounded_and_the_same_twice() {
    let site = Site::start();
    for query in ["?backfill=0", "?backfill=401", "?backfill=x"] {
        let answer = site.ask("POST", query, &[BEARER]);
        assert!(answer.status() == 400 && answer.text().contains("from 1 to 400"), "{query}: {}", answer.text());
    }
    append(&site.store, site.yesterday.back(1).unwrap(), "refused");
    let first = json(&site.ask("POST", "?backfill=3", &[BEARER]));
    assert_eq!(first["days"].as_array().unwrap().len(), 3, "{first}");
    let csv = site.printed(&["--csv"]);
    let date = site.yesterday.back(1).unwrap();
    assert!(
        csv.starts_with("date,site,category,accepted,refused,withdrawn,partial,unreadable,variant,shown\r\n"),
        "{csv}"
    );
    assert!(csv.contains(&format!("{date},'=shop,,0,2,0,0,0,,\r\n{date},'=shop,statistics,0,2,0,,,,\r\n")), "{csv}");
    assert_eq!(json(&site.ask("GET", "?backfill=3", &[BEARER])), first);
    assert_eq!(site.printed(&["--csv"]), csv);
    assert!(site.printed(&[]).contains("     shown\n"), "a table for people");
}

#[test]
fn without_a_secret_there_is_no_such_path() {
    let gateway = Gateway::with_flags(&Origin::page(page("")).url(), &["--admin", "127.0.0.1:0"]);
    for (method, fields) in [("GET", &[][..]), ("POST", &[BEARER]), ("POST", &["Host: cron.example"])] {
        assert_eq!(gateway.ask_admin(method, PATH, fields).status(), 404, "{method} {fields:?}");
    }
    let config = "[admin]\nlisten = \"127.0.0.1:0\"\ncron_secret_file = \"cron\"\n";
    let unkept = Gateway::configured(config, &[&Origin::page(page(""))], &[("cron", SECRET)]);
    let answer = unkept.ask_admin("GET", PATH, &[BEARER]);
    assert!(answer.status() == 503 && answer.text().contains("store = \"off\""), "{}", answer.text());
}

#[test]
fn a_secret_that_is_too_short_is_a_sentence() {
    let config = "format = 1\nlisten = [{ address = \"127.0.0.1:0\" }]\nstore = \"off\"\n[origins.main]\nurl = \"http://127.0.0.1:9\"\n\
                  [admin]\nlisten = \"127.0.0.1:0\"\ncron_secret_file = \"cron\"\n";
    let files = [("consentry.toml", config), ("cron", "short")];
    let ended = run_to_end(&["run", "--config", "consentry.toml"], &files);
    assert!(ended.code == Some(1) && ended.errors.contains("at least 16 characters"), "{ended:?}");
}

#[test]
fn the_smoke_test_passes_on_a_healthy_gateway_and_says_why_it_does_not() {
    let site = Site::start();
    let (passed, said) = site.smoke(SECRET);
    assert!(passed && said.contains("all forms work"), "{said}");
    let (passed, said) = site.smoke("\"a-secret-of-24-characters\"");
    assert!(passed, "a value may be quoted: {said}");
    let (passed, said) = site.smoke("another-secret-of-24-chars");
    assert!(!passed && said.contains("401") && !said.contains("another-secret"), "{said}");
    let (passed, said) = site.smoke("");
    assert!(!passed && said.contains("CRON_SECRET"), "{said}");
}
