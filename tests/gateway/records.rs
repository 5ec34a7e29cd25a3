//! Proofs from an answer to what is exported of it.

use crate::common::gateway::Gateway;
use crate::common::h1::request;
use crate::common::origin::{Origin, head};
use crate::pages::page;
use boon::{Compiler, SchemaIndex, Schemas};
use consentry::collect::checkpoint::Signer;
use consentry::collect::proof::Stamp;
use consentry::collect::store::{NewProof, ProofStore, SqliteOptions, SqliteStore};
use consentry::consent::Deciseconds;
use serde_json::{Value, json};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use uuid::Uuid;

const SITE: &str = "format = 1\nhosts = [\"*\"]\n[api.dastra]\nwidget = 77\nkeys = [\"shop-public-key\"]\n[texts.fr]\ntitle = \"=1+1\"\n[proof]\ntenant = 12\nworkspace = 34\n";

fn gateway(more: &str) -> Gateway {
    let config = "rules = \"rules\"\nstore = { sqlite = \"proofs.sqlite\" }\ntrusted_peers = [\"127.0.0.1\"]\n";
    Gateway::configured(config, &[&Origin::page(page(""))], &[("rules/sites/shop.toml", &format!("{SITE}{more}"))])
}

/// An answer with these fields; its consent id.
fn answer(gateway: &Gateway, body: &Value, fields: &[&str]) -> String {
    let body = body.to_string();
    let length = format!("Content-Length: {}", body.len());
    let usual = ["Host: shop.example", "Origin: http://shop.example", "Content-Type: application/json", &length];
    let mut client = gateway.client();
    client.send([request("POST", "/_c/consent", &[&usual[..], fields].concat()), body.into_bytes()].concat());
    let answer = client.answer("POST").whole();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    serde_json::from_str::<Value>(&answer.text()).unwrap()["consentId"].as_str().unwrap().to_owned()
}

fn mixed(language: &str) -> Value {
    json!({"categories": {"statistics": true, "marketing": false}, "services": {"meta-pixel": true},
           "layer": "second", "button": "save", "language": language})
}

fn run(gateway: &Gateway, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    command.args(["proofs", "--store", "proofs.sqlite"]).args(arguments).current_dir(gateway.directory());
    command.output().unwrap()
}

fn said(gateway: &Gateway, arguments: &[&str]) -> String {
    let output = run(gateway, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn schema(kind: &str) -> (Schemas, SchemaIndex) {
    let output = Command::new(env!("CARGO_BIN_EXE_consentry")).args(["schema", kind]).output().unwrap();
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.enable_format_assertions();
    compiler.add_resource("schema.json", schema).unwrap();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    (schemas, index)
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_proof_and_its_record_are_what_their_schemas_say() {
    let gateway = gateway("");
    let id = answer(&gateway, &mixed("fr"), &["User-Agent: Mozilla/5.0 (X11; Linux x86_64)", "Sec-GPC: 1"]);
    answer(&gateway, &mixed("en"), &[]);
    let (schemas, index) = schema("proof");
    let exported = lines(&said(&gateway, &["export"]));
    assert_eq!(exported.len(), 2);
    for record in &exported {
        schemas.validate(&record["proof"], index).unwrap_or_else(|error| panic!("{error}"));
    }
    let proof = &exported[0]["proof"];
    assert_eq!((&proof["tenantId"], &proof["workSpaceId"], &proof["widgetId"]), (&json!(12), &json!(34), &json!(77)));
    assert_eq!((&proof["typeDevice"], &proof["userAgent"]), (&json!("desktop"), &Value::Null));
    assert_eq!(proof.get("address"), None);
    let (schemas, index) = schema("dastra-record");
    let records = lines(&said(&gateway, &["export", "--format", "dastra"]));
    assert_eq!(records.len(), 2);
    for record in &records {
        schemas.validate(record, index).unwrap_or_else(|error| panic!("{error}"));
    }
    let record = &records[0];
    let order = [
        "id",
        "sessionId",
        "date",
        "dateExpiration",
        "type",
        "widgetId",
        "typeDevice",
        "workSpaceId",
        "consentId",
        "consents",
    ];
    assert_eq!(members(record), order);
    assert_eq!(members(&record["consents"]), ["lang", "versionKey", "cookieConsents"]);
    let services = record["consents"]["cookieConsents"].as_array().unwrap();
    assert_eq!(members(&services[0]), ["id", "tenantId", "name", "slug", "consent", "version", "date", "purpose"]);
    let of = |slug: &str| services.iter().find(|service| service["slug"] == slug);
    assert_eq!(
        (&of("google-analytics").unwrap()["consent"], &of("meta-pixel").unwrap()["consent"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        (&of("google-analytics").unwrap()["purpose"], &of("google-analytics").unwrap()["tenantId"]),
        (&json!(2), &json!(12))
    );
    assert!(of("youtube").is_none() || of("youtube").unwrap()["purpose"] != 1, "preferences were not answered");
    assert_eq!((&record["consentId"], &record["consents"]["lang"]), (&json!(id), &json!("fr")));
    assert_eq!((&record["type"], &record["typeDevice"], &record["workSpaceId"]), (&json!(2), &json!(2), &json!(34)));
}

#[test]
fn what_was_shown_is_kept_once_for_each_version_and_language() {
    let gateway = gateway("");
    for language in ["fr", "fr", "en"] {
        answer(&gateway, &mixed(language), &[]);
    }
    let hashes: Vec<String> = lines(&said(&gateway, &["export"]))
        .iter()
        .map(|record| record["proof"]["questions"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(hashes[0], hashes[1]);
    assert_ne!(hashes[0], hashes[2]);
    let html = said(&gateway, &["snapshot", &hashes[0]]);
    assert!(
        html.starts_with("<!DOCTYPE html>") && html.contains("<h2>=1+1</h2>") && html.contains("Statistiques"),
        "{html}"
    );
    assert!(!html.contains("<script"));
    assert!(!run(&gateway, &["snapshot", &"0".repeat(64)]).status.success());
    let wrong = run(&gateway, &["snapshot", "x"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("64 hexadecimal digits"));
}

#[test]
fn addresses_and_browsers_are_kept_only_by_rule() {
    let fields = ["X-Forwarded-For: 203.0.113.9", "User-Agent: Browser/1.0"];
    for (rule, expected) in [("", None), ("address = \"truncated\"\nuser_agent = true\n", Some("203.0.113.0/24"))] {
        let gateway = gateway(rule);
        answer(&gateway, &mixed("en"), &fields);
        let proof = lines(&said(&gateway, &["export"]))[0]["proof"].clone();
        assert_eq!(proof.get("address").and_then(Value::as_str), expected);
        assert_eq!(proof["userAgent"].as_str(), expected.map(|_| "Browser/1.0"));
        assert_ne!(rule.is_empty(), proof.to_string().contains("203.0.113"));
    }
    let gateway = gateway("address = \"hashed\"\n");
    for client in ["203.0.113.9", "203.0.113.9", "203.0.113.10"] {
        answer(&gateway, &mixed("en"), &[&format!("X-Forwarded-For: {client}")]);
    }
    let records = lines(&said(&gateway, &["export"]));
    let hashes: Vec<_> = records.iter().map(|record| record["proof"]["address"].as_str().unwrap()).collect();
    assert!(hashes[0] == hashes[1] && hashes[1] != hashes[2] && hashes[0].len() == 32, "{hashes:?}");
}

#[test]
fn exports_are_filtered_and_a_spreadsheet_runs_none_of_their_cells() {
    let gateway = gateway("");
    let id = answer(&gateway, &mixed("en"), &[]);
    answer(&gateway, &mixed("en"), &[]);
    let count = |arguments: &[&str]| said(&gateway, &[&["export"], arguments].concat()).lines().count();
    assert_eq!(count(&[]), 2);
    assert_eq!(count(&["--consent-id", &id]), 1);
    assert_eq!((count(&["--site", "shop"]), count(&["--site", "other"])), (2, 0));
    assert_eq!((count(&["--source", "own"]), count(&["--source", "dastra"])), (2, 0));
    assert_eq!((count(&["--since", "2020-01-01"]), count(&["--until", "2020-01-01"])), (2, 0));
    assert!(!run(&gateway, &["export", "--since", "yesterday"]).status.success());
    let text = said(&gateway, &["export", "--format", "csv"]);
    assert!(text.ends_with("\r\n") && text.starts_with("record,date,dateExpiration,site,consentId,"), "{text}");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    let at = reader.headers().unwrap().iter().position(|name| name == "granted").unwrap();
    assert_eq!((&rows[0][at], &rows[0][at + 1], &rows[0][4]), ("statistics", "marketing", id.as_str()));
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])));
}

#[test]
fn a_visitors_proofs_are_erased_beside_a_running_gateway_and_the_chain_is_valid() {
    let gateway = gateway("");
    let id = answer(&gateway, &mixed("en"), &[]);
    answer(&gateway, &mixed("en"), &[]);
    assert!(said(&gateway, &["erase", &id]).starts_with("1 records"));
    assert!(!run(&gateway, &["show", &id]).status.success());
    assert!(said(&gateway, &["verify"]).contains("2 records (1 erased)"));
    answer(&gateway, &mixed("en"), &[]);
    assert!(said(&gateway, &["verify"]).contains("3 records (1 erased)"));
    assert!(!run(&gateway, &["erase", &id]).status.success(), "there is nothing left to erase");
    let output = run(&gateway, &["export", "--format", "dastra"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 records are left out"));
    let file = std::fs::read(gateway.file("proofs.sqlite")).unwrap();
    let log = std::fs::read(gateway.file("proofs.sqlite-wal")).unwrap_or_default();
    let holds = |bytes: &[u8]| bytes.windows(id.len()).any(|part| part == id.as_bytes());
    assert!(!holds(&file) && !holds(&log), "the id is still in the files");
}

/// The gateway ends, and with it the last checkpoint is made.
fn ended(mut gateway: Gateway) -> Gateway {
    gateway.signal("TERM");
    gateway.wait();
    gateway
}

fn sql(gateway: &Gateway, statement: &str) {
    use sqlx::{Connection, Executor};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let file = format!("sqlite:{}", gateway.file("proofs.sqlite").display());
        let mut connection = sqlx::SqliteConnection::connect(&file).await.unwrap();
        connection.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.unwrap();
        connection.close().await.unwrap();
    });
}

#[test]
fn checkpoints_are_posted_in_order_until_they_are_taken_and_no_answer_waits() {
    let tries = AtomicUsize::new(0);
    let keeper = Origin::answering(move |request| {
        // The first of each is refused, as by a keeper that is restarted.
        let status = if tries.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) { "503 Busy" } else { "201 Created" };
        assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/keep?secret=x"));
        head(status, &["Content-Length: 0"])
    });
    let config = format!(
        "rules = \"rules\"\nstore = {{ sqlite = \"proofs.sqlite\" }}\n[checkpoints]\nevery_records = 2\nurl = \"{}/keep?secret=x\"\n",
        keeper.url()
    );
    let gateway = Gateway::configured(&config, &[&Origin::page(page(""))], &[("rules/sites/shop.toml", SITE)]);
    let mut known = 0;
    for _ in 0..2 {
        answer(&gateway, &mixed("en"), &[]);
        answer(&gateway, &mixed("en"), &[]);
        known += 2;
        crate::common::eventually("a checkpoint that is taken", || keeper.seen().len() >= known);
    }
    let bodies: Vec<String> =
        keeper.seen().iter().map(|request| String::from_utf8(request.body.clone()).unwrap()).collect();
    assert_eq!((&bodies[0], &bodies[2]), (&bodies[1], &bodies[3]), "the same again until it is taken");
    let sequence: Vec<Value> = bodies.iter().map(|line| lines(line)[0]["seq"].clone()).collect();
    assert_eq!(sequence, [2, 2, 4, 4].map(Value::from));
    std::fs::write(gateway.file("kept"), format!("{}\n{}\n", bodies[1], bodies[3])).unwrap();
    let valid = said(&gateway, &["verify", "--checkpoints", "kept"]);
    assert!(valid.contains("4 records") && valid.contains("4 checkpoints"), "{valid}");
    let log = gateway.log();
    assert!(log.contains("does not take a checkpoint") && !log.contains("secret=x"), "{log}");
}

/// A store with three proofs of six years ago, one of now, and a checkpoint after the second.
fn filled(file: &std::path::Path) {
    let store = SqliteStore::open(file, SqliteOptions::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let now = Deciseconds::now();
    let then = Deciseconds(now.0 - 6 * 366 * Deciseconds::DAY);
    runtime.block_on(async {
        for (number, date) in (1..).zip([then, then, then, now]) {
            let consent_id = Uuid::new_v4();
            let payload = json!({"consentId": consent_id, "site": "shop", "date": Stamp(date).to_string()}).to_string();
            store.append(NewProof { consent_id, site: "shop".to_owned(), date, payload }).await.unwrap();
            if number == 2 {
                let head = store.health().await.unwrap().head.unwrap();
                let signed = Signer::new(&[7; 32]).unwrap().sign(head, date);
                store.checkpoints().unwrap().keep_checkpoint(signed).await.unwrap();
            }
        }
    });
}

#[test]
fn proofs_that_are_older_than_they_are_kept_are_cut_at_the_start() {
    for (years, records) in
        [("", "2 records (0 erased), cut by age after record 2"), ("[retention]\nyears = 0\n", "4 records (0 erased),")]
    {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("proofs.sqlite");
        filled(&file);
        let config = format!("store = {{ sqlite = {file:?} }}\n[checkpoints]\nevery_records = 0\n{years}");
        let gateway = Gateway::configured(&config, &[&Origin::page(page(""))], &[]);
        if years.is_empty() {
            crate::common::eventually("a cut", || gateway.log().contains("2 proofs were older than 5 years"));
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
        let output = command.args(["proofs", "verify", "--store"]).arg(&file).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains(records), "{text}");
    }
}

#[test]
fn checkpoints_are_signed_kept_elsewhere_and_show_what_a_chain_alone_cannot() {
    let config = "rules = \"rules\"\nstore = { sqlite = \"proofs.sqlite\" }\n[checkpoints]\nevery_records = 2\nfile = \"checkpoints\"\n";
    let gateway = Gateway::configured(config, &[&Origin::page(page(""))], &[("rules/sites/shop.toml", SITE)]);
    for _ in 0..2 {
        answer(&gateway, &mixed("en"), &[]);
    }
    let file = gateway.file("checkpoints");
    crate::common::eventually("a checkpoint of two records", || std::fs::read_to_string(&file).is_ok());
    answer(&gateway, &mixed("en"), &[]);
    let gateway = ended(gateway);
    let text = std::fs::read_to_string(&file).unwrap();
    let key = lines(&text)[0]["key"].as_str().unwrap().to_owned();
    assert_eq!(lines(&text).last().unwrap()["seq"], 3, "{text}");
    assert!(gateway.log().contains(&key), "the log says the public key");
    let arguments = ["verify", "--checkpoints", "checkpoints", "--key", &key];
    let valid = said(&gateway, &arguments);
    assert!(valid.starts_with("valid:") && valid.contains("3 records"), "{valid}");
    let refused = |arguments: &[&str]| {
        let output = run(&gateway, arguments);
        assert!(!output.status.success());
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert!(refused(&["verify", "--key", &"00".repeat(32)]).contains("another key"));
    assert!(refused(&["verify", "--key", "abc"]).contains("64 hexadecimal digits"));
    // The tail is cut together with the head, and the store's own checkpoint with it: the chain alone is whole.
    sql(&gateway, "DELETE FROM checkpoint WHERE seq > 2");
    sql(&gateway, "UPDATE chain SET seq = 2, hash = (SELECT hash FROM proof WHERE seq = 2)");
    sql(&gateway, "DELETE FROM proof WHERE seq = 3");
    assert!(said(&gateway, &["verify", "--key", &key]).contains("2 records"));
    assert!(refused(&arguments).contains("record 3 is missing"), "{}", refused(&arguments));
    sql(&gateway, "UPDATE checkpoint SET date = date + 1");
    assert!(refused(&["verify"]).contains("checkpoint of record 2 has a signature that does not match"));
}
