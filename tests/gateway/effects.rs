//! What the rewriting did, from pages to signed sums, to what the commands say of them.

use crate::common::eventually;
use crate::common::gateway::Gateway;
use crate::common::origin::Origin;
use crate::common::postgres::Server;
use crate::pages::tagged;
use std::path::Path;
use std::process::Command;

const CONFIG: &str = "rules = \"rules\"\nstore = { sqlite = \"proofs.sqlite\" }\n";
const SITE: &str = "format = 1\nhosts = [\"*\"]\n";

fn gateway(config: &str) -> Gateway {
    Gateway::configured(config, &[&Origin::page(tagged())], &[("rules/sites/shop.toml", SITE)])
}

/// What the command says, and whether it is content.
fn proofs(directory: &Path, store: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    let output = command.args(["proofs", "--store", store]).args(arguments).current_dir(directory).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn id(directory: &Path, store: &str) -> String {
    let (_, exported) = proofs(directory, store, &["export"]);
    let record: serde_json::Value = serde_json::from_str(exported.lines().last().unwrap()).unwrap();
    record["proof"]["consentId"].as_str().unwrap().to_owned()
}

/// The numbers of a service below the last proof: neutralised, activated, guarded, allowed.
fn numbers(said: &str, service: &str) -> Vec<u64> {
    let line = said.lines().rev().find(|line| line.trim_start().starts_with(service));
    let line = line.unwrap_or_else(|| panic!("{service}: {said}"));
    line.split_whitespace().skip(1).map(|number| number.parse().unwrap()).collect()
}

#[test]
fn a_proof_is_shown_with_what_was_done_to_pages_of_its_decision() {
    let mut gateway = gateway(CONFIG);
    gateway.visit("/");
    let cookie = gateway.answer_consent("test.example", &[("statistics", true), ("marketing", false)]);
    for _ in 0..3 {
        gateway.visit_with("/", &[&cookie]);
    }
    gateway.visit_with("/", &[&cookie, "Sec-GPC: 1"]);
    gateway.signal("TERM");
    gateway.wait();
    let directory = gateway.directory().to_owned();
    let id = id(&directory, "proofs.sqlite");
    let (sound, said) = proofs(&directory, "proofs.sqlite", &["show", &id]);
    assert!(sound && said.contains("4 in 1 hours") && said.contains("What they do not prove"), "{said}");
    assert_eq!(numbers(&said, "google-analytics"), [0, 0, 0, 4], "{said}");
    assert_eq!(numbers(&said, "meta-pixel"), [4, 0, 0, 0], "{said}");
    let (valid, said) = proofs(&directory, "proofs.sqlite", &["verify"]);
    assert!(valid && said.contains("signed hourly sums of 1 runs, 5 pages"), "{said}");
    let key = gateway.log();
    let key = key.split("signed with the key ").nth(1).unwrap().split_whitespace().next().unwrap();
    let (valid, said) = proofs(&directory, "proofs.sqlite", &["verify", "--key", key]);
    assert!(valid, "{said}");
    tamper(
        &directory.join("proofs.sqlite"),
        "UPDATE effect SET payload = replace(payload, '\"pages\":4', '\"pages\":9')",
    );
    let (valid, said) = proofs(&directory, "proofs.sqlite", &["verify"]);
    assert!(
        !valid && said.contains("valid: chain") && said.contains("has a signature that does not match it"),
        "{said}"
    );
    let (sound, said) = proofs(&directory, "proofs.sqlite", &["show", &id]);
    assert!(!sound && said.contains("NOT VALID: 1 sums are left out"), "{said}");
}

fn tamper(file: &Path, sql: &'static str) {
    use sqlx::ConnectOptions;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        let done = sqlx::query(sql).execute(&mut connection).await.unwrap();
        assert!(done.rows_affected() > 0);
    });
}

#[test]
fn a_sum_that_was_taken_out_shows() {
    let mut gateway = gateway(CONFIG);
    for answer in [[("marketing", true)], [("statistics", true)], [("preferences", true)]] {
        let cookie = gateway.answer_consent("test.example", &answer);
        gateway.visit_with("/", &[&cookie]);
    }
    gateway.signal("INT");
    gateway.wait();
    let (valid, said) = proofs(gateway.directory(), "proofs.sqlite", &["verify"]);
    assert!(valid && said.contains("3 signed hourly sums"), "an end at once is an end in order here: {said}");
    tamper(&gateway.directory().join("proofs.sqlite"), "DELETE FROM effect WHERE number = 2");
    let (valid, said) = proofs(gateway.directory(), "proofs.sqlite", &["verify"]);
    assert!(!valid && said.contains("number 3") && said.contains("follows one that is missing"), "{said}");
}

#[test]
fn a_site_that_only_reports_does_nothing_and_says_so() {
    let rules = [("rules/sites/shop.toml", "format = 1\nhosts = [\"*\"]\nmode = \"report\"\n")];
    let mut gateway = Gateway::configured(CONFIG, &[&Origin::page(tagged())], &rules);
    gateway.visit("/");
    gateway.signal("TERM");
    gateway.wait();
    let (valid, said) = proofs(gateway.directory(), "proofs.sqlite", &["verify"]);
    assert!(valid && !said.contains("rewriting"), "{said}");
}

#[test]
fn what_was_counted_while_the_database_was_away_follows_after_a_stop() {
    let Some(mut server) = Server::start() else { return };
    let url = server.database("proofs");
    let spools = tempfile::tempdir().unwrap();
    let spool = spools.path().join("spool");
    let config = format!("rules = \"rules\"\nstore = {{ postgres = {url:?}, spool = {spool:?} }}\n");
    let mut first = gateway(&config);
    let cookie = first.answer_consent("test.example", &[("statistics", true)]);
    first.visit_with("/", &[&cookie]);
    server.stop(true);
    first.visit_with("/", &[&cookie]);
    first.signal("TERM");
    first.wait();
    server.go();
    let (_, said) = proofs(first.directory(), &url, &["verify"]);
    assert!(!said.contains("rewriting"), "{said}");
    let second = gateway(&config);
    eventually("the sums in the database", || {
        proofs(second.directory(), &url, &["verify"]).1.contains("1 signed hourly sums of 1 runs, 2 pages")
    });
    let id = id(second.directory(), &url);
    let (sound, said) = proofs(second.directory(), &url, &["show", &id]);
    assert!(sound && said.contains("2 in 1 hours"), "{said}");
    assert_eq!(numbers(&said, "google-analytics"), [0, 0, 0, 2], "{said}");
}
