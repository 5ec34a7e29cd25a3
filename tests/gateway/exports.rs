//! Proofs and statistics from the operator's listener: who gets them, what they are, and what many of them take of memory.

use crate::common::gateway::Gateway;
use crate::common::message::Answer;
use crate::common::origin::Origin;
use crate::pages::page;
use consentry::collect::daily::Day;
use consentry::collect::proof::Stamp;
use consentry::collect::store::{DailyStore, NewProof, ProofStore, SqliteOptions, SqliteStore};
use consentry::consent::Deciseconds;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use uuid::Uuid;

const BEARER: &str = "Authorization: Bearer another-secret-of-24-chars";
const DAY: u64 = 20_000;

/// A whole proof as the gateway makes them, of this site and this number.
fn proof(n: u64, site: &str) -> NewProof {
    let (id, date) = (Uuid::from_u128(n.into()), Deciseconds(DAY * Deciseconds::DAY + n));
    let payload = format!(
        r#"{{"format":1,"id":"{id}","consentId":"{id}","site":"{site}","date":"{0}","dateExpiration":"{0}","source":"own","language":"=1+1","layer":"first","button":"save","widgetVersion":"1","rules":"9f","siteVersion":"8e","variant":"0.e.8e","categories":{{"granted":["statistics"],"refused":["marketing"]}},"services":{{"granted":[],"refused":["{1}"]}},"previous":null,"userAgent":null}}"#,
        Stamp(date),
        "x".repeat(600)
    );
    NewProof { consent_id: id, site: site.to_owned(), date, payload }
}

async fn append(store: &Arc<SqliteStore>, count: u64) {
    for part in (0..count).collect::<Vec<_>>().chunks(2_000) {
        let tasks: Vec<_> = part
            .iter()
            .map(|n| {
                let (store, n) = (Arc::clone(store), *n);
                tokio::spawn(async move { store.append(proof(n, if n % 4 == 0 { "news" } else { "shop" })).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
    }
}

/// A store with so many proofs.
fn store(directory: &Path, count: u64) -> std::path::PathBuf {
    let file = directory.join("proofs.sqlite");
    let store = Arc::new(SqliteStore::open(&file, SqliteOptions::default()).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        append(&store, count).await;
        let day = Day::numbered(i64::try_from(DAY).unwrap()).unwrap();
        let tally = store.tally(day).await.unwrap();
        store.replace(day, tally.lines()).await.unwrap();
    });
    file
}

fn gateway(file: &Path, token: &str) -> Gateway {
    let config = format!("store = {{ sqlite = {file:?} }}\n[admin]\nlisten = \"127.0.0.1:0\"\n{token}");
    Gateway::configured(&config, &[&Origin::page(page(""))], &[("token", "another-secret-of-24-chars")])
}

fn ask(gateway: &Gateway, target: &str) -> Answer {
    gateway.ask_admin("GET", target, &[BEARER])
}

fn printed(file: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    let output = command.arg("proofs").args(arguments).arg("--store").arg(file).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn they_are_what_the_command_writes_and_only_for_the_token() {
    let directory = tempfile::tempdir().unwrap();
    let file = store(directory.path(), 2_500);
    let gateway = gateway(&file, "token_file = \"token\"\n");
    for path in ["/api/proofs", "/api/statistics"] {
        for fields in [&[][..], &["Authorization: Bearer wrong"]] {
            let refused = gateway.ask_admin("GET", path, fields);
            assert_eq!(
                (refused.status(), refused.get("www-authenticate").as_deref()),
                (401, Some("Bearer")),
                "{}",
                refused.text()
            );
            assert!(!refused.text().contains("shop"));
        }
        assert_eq!(gateway.ask_admin("POST", path, &[BEARER]).status(), 405);
    }
    let id = Uuid::from_u128(8).to_string();
    for (target, arguments, lines) in [
        ("/api/proofs", &["export"][..], 2_500),
        ("/api/proofs?format=csv&site=news", &["export", "--format", "csv", "--site", "news"], 626),
        (&*format!("/api/proofs?consentId={id}"), &["export", "--consent-id", &id], 1),
        ("/api/proofs?since=2030-01-01", &["export", "--since", "2030-01-01"], 0),
        ("/api/proofs?until=2030-01-01&source=own", &["export", "--until", "2030-01-01", "--source", "own"], 2_500),
        ("/api/proofs?format=dastra", &["export", "--format", "dastra"], 0),
        ("/api/statistics?format=csv", &["stats", "--csv"], 7),
        ("/api/statistics", &["stats", "--json"], 6),
    ] {
        let answer = ask(&gateway, target);
        assert_eq!(answer.status(), 200, "{}", answer.text());
        assert_eq!(answer.text().lines().count(), lines, "{target}");
        assert_eq!(answer.text(), printed(&file, arguments), "{target}");
    }
    let csv = ask(&gateway, "/api/proofs?format=csv");
    assert!(csv.text().contains(",'=1+1,") && csv.text().ends_with("\r\n"), "no cell is run");
    assert_eq!(csv.get("content-type").as_deref(), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(csv.get("content-disposition").as_deref(), Some("attachment; filename=\"proofs.csv\""));
    assert_eq!(ask(&gateway, "/api/statistics?site=shop&format=csv").text().lines().count(), 4);
    let wrong = ask(&gateway, "/api/proofs?format=xml");
    assert!(wrong.status() == 400 && wrong.text().contains("json, csv or dastra"), "{}", wrong.text());
    let head = gateway.ask_admin("HEAD", "/api/proofs", &[BEARER]);
    assert_eq!((head.status(), head.text().len()), (200, 0));
}

#[test]
fn without_a_token_or_a_store_there_is_nothing_and_it_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let file = store(directory.path(), 1);
    let refused = ask(&gateway(&file, ""), "/api/proofs");
    assert!(refused.status() == 401 && refused.text().contains("token_file of [admin]"), "{}", refused.text());
    let config = "store = \"off\"\n[admin]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n";
    let off = Gateway::configured(config, &[&Origin::page(page(""))], &[("token", "another-secret-of-24-chars")]);
    let answer = ask(&off, "/api/proofs");
    assert!(answer.status() == 503 && answer.text().contains("store = \"off\""), "{}", answer.text());
}

/// Some 100 MB of CSV and more of JSON; what is kept of them shows at once.
#[test]
fn a_hundred_thousand_records_take_no_more_memory_than_a_page_of_them() {
    const ROWS: u64 = 120_000;
    const MOST: u64 = 24 << 10;
    let directory = tempfile::tempdir().unwrap();
    let file = store(directory.path(), ROWS);
    let gateway = gateway(&file, "token_file = \"token\"\n");
    // What the first export makes once for all.
    ask(&gateway, "/api/proofs?since=2030-01-01");
    for format in ["csv", "json"] {
        let before = gateway.resident();
        let mut socket = TcpStream::connect(gateway.admin.unwrap()).unwrap();
        let target =
            format!("GET /api/proofs?format={format} HTTP/1.1\r\nHost: x\r\n{BEARER}\r\nConnection: close\r\n\r\n");
        socket.write_all(target.as_bytes()).unwrap();
        // A client that takes nothing for a while: nothing is gathered for it.
        std::thread::sleep(std::time::Duration::from_millis(700));
        let mut most = gateway.resident().saturating_sub(before);
        let (mut buffer, mut read, mut lines, mut tail) = (vec![0; 1 << 18], 0_usize, 0, Vec::new());
        while let Ok(length @ 1..) = socket.read(&mut buffer) {
            if (read + length) >> 22 > read >> 22 {
                most = gateway.resident().saturating_sub(before).max(most);
            }
            lines += buffer[..length].windows(8).filter(|bytes| bytes == b"xxxxxxxx").count();
            read += length;
            tail = buffer[length.saturating_sub(7)..length].to_vec();
        }
        eprintln!("{format}: {read} bytes, {most} kB more at most");
        assert!(tail.ends_with(b"0\r\n\r\n") && lines > 0, "{tail:?}");
        assert!(read > 800 * usize::try_from(ROWS).unwrap(), "{read} bytes");
        assert!(most < MOST, "{format}: {most} kB more");
    }
}
