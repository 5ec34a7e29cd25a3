//! The proof store on a real PostgreSQL: several gateways on one database, months, searches, statistics, tampering, and what an
//! operator is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]
#![allow(missing_docs, unreachable_pub)]
#![cfg(all(feature = "gateway", unix))]

#[path = "common/mod.rs"]
mod common;

use common::postgres::Server;
use common::retention::{cuts_at_a_checkpoint, verify};
use consentry::collect::checkpoint::Signer;
use consentry::collect::daily::{Day, Line, run};
use consentry::collect::proof::Stamp;
use consentry::collect::shown::Showing;
use consentry::collect::store::{
    DailyStore, NewProof, PgOptions, PgReader, PgStore, ProofReader, ProofStore, SqliteOptions, SqliteReader,
    SqliteStore, StoreError,
};
use consentry::consent::Deciseconds;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use uuid::Uuid;

const NOVEMBER: u64 = 17_637_855_631;

/// The answer number `n`: two categories, a yes before in every third.
fn proof(n: u64, id: Uuid, date: u64) -> NewProof {
    let date = Deciseconds(date);
    let (site, yes) = (if n.is_multiple_of(4) { "news" } else { "shop" }, n.is_multiple_of(2));
    let (granted, refused) =
        if yes { (r#""statistics","marketing""#, "") } else { (r#""statistics""#, r#""marketing""#) };
    let previous = match n % 3 {
        0 => r#"{"categories":{"granted":["marketing"],"refused":[]},"services":{"granted":[],"refused":[]}}"#,
        _ => "null",
    };
    let variant = if n % 5 == 1 { r#","widgetVariant":"warm""# } else { "" };
    let payload = format!(
        r#"{{"consentId":"{id}","site":"{site}","date":"{}","button":"save"{variant},"categories":{{"granted":[{granted}],"refused":[{refused}]}},"services":{{"granted":[],"refused":[]}},"previous":{previous},"note":"ééé \\ \u0000"}}"#,
        Stamp(date)
    );
    NewProof { consent_id: id, site: site.to_owned(), date, payload }
}

fn open(url: &str, spool: &Path) -> PgStore {
    PgStore::open(url, PgOptions::new(spool)).unwrap()
}

fn consentry(store: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    let output = command.arg("proofs").args(arguments).args(["--store", store]).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

async fn append_at_once(store: &Arc<PgStore>, numbers: std::ops::Range<u64>) {
    let tasks: Vec<_> = numbers
        .map(|n| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.append(proof(n, Uuid::new_v4(), NOVEMBER)).await.unwrap().seq })
        })
        .collect();
    let mut numbers = Vec::new();
    for task in tasks {
        numbers.push(task.await.unwrap());
    }
    numbers.sort_unstable();
    numbers.dedup();
    assert!(numbers.len() == 200 && numbers[0] > 0, "each has a number of its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_share_a_database_and_each_has_a_chain() {
    let Some(server) = Server::start() else { return };
    let url = server.database("proofs");
    let directory = tempfile::tempdir().unwrap();
    let spools = [directory.path().join("a"), directory.path().join("b")];
    let (one, other) = (Arc::new(open(&url, &spools[0])), Arc::new(open(&url, &spools[1])));
    assert_ne!(one.chain(), other.chain());
    tokio::join!(append_at_once(&one, 0..200), append_at_once(&other, 0..200));
    let id = Uuid::new_v4();
    one.append(proof(1, id, NOVEMBER)).await.unwrap();
    other.append(proof(2, id, NOVEMBER + 1)).await.unwrap();
    let chain = one.chain();
    drop(one);
    let one = open(&url, &spools[0]);
    assert_eq!(one.chain(), chain, "a gateway keeps its chain");
    assert_eq!(one.append(proof(3, id, NOVEMBER + 2)).await.unwrap().seq, 202);

    let rows = one.by_consent_id(id).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [201, 201, 202]);
    assert_eq!(rows[0].payload.as_deref(), Some(proof(1, id, NOVEMBER).payload.as_bytes()), "to the byte");
    let (valid, text) = consentry(&url, &["verify"]);
    assert!(valid && text.contains("202 records (0 erased)") && text.contains("201 records (0 erased)"), "{text}");
    let (found, text) = consentry(&url, &["show", &id.to_string()]);
    assert!(found && text.matches("chain ").count() == 3 && text.contains(&other.chain().to_string()), "{text}");
    let (done, text) = consentry(&url, &["export", "--consent-id", &id.to_string()]);
    assert!(done && text.lines().count() == 3, "{text}");
    let (done, text) = consentry(&url, &["export", "--format", "csv"]);
    assert!(done && text.lines().count() == 404, "{text}");

    assert_eq!(other.erase(id).await.unwrap(), 3, "in all chains");
    assert!(one.by_consent_id(id).await.unwrap().is_empty());
    let (found, text) = consentry(&url, &["erase", &id.to_string()]);
    assert!(!found && text.starts_with("0 records"), "{text}");
    let (valid, text) = consentry(&url, &["verify"]);
    assert!(valid && text.contains("(2 erased)") && text.contains("(1 erased)"), "{text}");

    server.sql(
        "proofs",
        &format!("UPDATE proof SET payload = payload || ' ' WHERE chain = '{}' AND seq = 137", other.chain()),
    );
    let (valid, text) = consentry(&url, &["verify"]);
    assert!(!valid && text.contains("record 137 has a payload that does not match its digest"), "{text}");
    assert!(text.contains("valid: chain ") && text.contains(&format!("NOT VALID: chain {}", other.chain())), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_checkpoints_and_months_are_kept() {
    let Some(server) = Server::start() else { return };
    let url = server.database("proofs");
    let directory = tempfile::tempdir().unwrap();
    let store = open(&url, &directory.path().join("spool"));
    let months = server.sql("proofs", "SELECT count(*) FROM pg_inherits");
    for (n, date) in (0..).zip([5, NOVEMBER, NOVEMBER + 864_000 * 20, NOVEMBER]) {
        store.append(proof(n, Uuid::new_v4(), date)).await.unwrap();
    }
    assert_eq!(months, "0");
    let of = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_inherits JOIN pg_class ON oid = inhrelid \
              WHERE inhparent = 'proof'::regclass AND relname < 'proof_2026_02'";
    assert_eq!(server.sql("proofs", of), "proof_1970_01 proof_2025_11 proof_2025_12");
    let now_and_next = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'proof'::regclass";
    assert_eq!(
        server.sql("proofs", now_and_next),
        "5",
        "this month's and the next one's are there before they are needed"
    );

    let document: Arc<str> = r#"{"language":"en"}"#.into();
    let hash: [u8; 32] = Sha256::digest(document.as_bytes()).into();
    for _ in 0..2 {
        store.keep_questions(hash, &document).await.unwrap();
    }
    let reader = PgReader::open(&url).await.unwrap();
    assert_eq!(reader.questions(&hash).await.unwrap().as_deref(), Some(&*document));
    assert_eq!(reader.questions(&[0; 32]).await.unwrap(), None);

    let checkpoints = store.checkpoints().unwrap();
    assert_eq!(checkpoints.last_checkpoint().await.unwrap(), None);
    let head = store.health().await.unwrap().head.unwrap();
    let signed = Signer::new(&[7; 32]).unwrap().sign(head, Deciseconds(NOVEMBER));
    checkpoints.keep_checkpoint(signed.clone()).await.unwrap();
    assert_eq!(checkpoints.last_checkpoint().await.unwrap(), Some(signed));
    let (valid, text) = consentry(&url, &["verify"]);
    assert!(valid && text.contains("4 records") && text.contains("1 checkpoints"), "{text}");
}

/// The numbers of a day, from each of the two databases.
async fn both(pg: &PgStore, url: &str, sqlite: &SqliteStore, file: &Path, day: Day) -> (Vec<Line>, Vec<Line>) {
    run::backfill(pg, day, 1).await.unwrap();
    run::backfill(sqlite, day, 1).await.unwrap();
    let (one, other) = (PgReader::open(url).await.unwrap(), SqliteReader::open(file).await.unwrap());
    (one.statistics(day).await.unwrap(), other.statistics(day).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statistics_are_those_of_the_embedded_store() {
    let Some(server) = Server::start() else { return };
    let url = server.database("proofs");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proofs.sqlite");
    let pg = open(&url, &directory.path().join("spool"));
    let sqlite = SqliteStore::open(&file, SqliteOptions::default()).unwrap();
    let day = Day::of(NOVEMBER as i64).unwrap();
    let erased = Uuid::new_v4();
    for n in 0..40 {
        let id = if n == 7 { erased } else { Uuid::new_v4() };
        let date = if n < 30 { NOVEMBER + n } else { NOVEMBER + 864_000 };
        pg.append(proof(n, id, date)).await.unwrap();
        sqlite.append(proof(n, id, date)).await.unwrap();
    }
    let broken = NewProof { payload: "{}".to_owned(), ..proof(0, Uuid::new_v4(), NOVEMBER) };
    pg.append(broken.clone()).await.unwrap();
    sqlite.append(broken).await.unwrap();
    let showing = |variant: &str| Showing { day, site: "shop".to_owned(), variant: variant.to_owned() };
    for rows in [vec![(showing("warm"), 9), (showing("plain"), 1)], vec![(showing("warm"), 2)]] {
        pg.add_shown(rows.clone()).await.unwrap();
        sqlite.add_shown(rows).await.unwrap();
    }
    let (one, other) = both(&pg, &url, &sqlite, &file, day).await;
    assert_eq!(one, other);
    assert_eq!((one.len(), one[0].unreadable), (9, Some(1)), "{one:?}");
    let warm = one.iter().find(|line| line.site == "shop" && line.variant.as_deref() == Some("warm")).unwrap();
    assert_eq!((warm.shown, warm.accepted + warm.partial.unwrap() > 0), (Some(11), true), "{warm:?}");
    pg.erase(erased).await.unwrap();
    sqlite.erase(erased).await.unwrap();
    let (one, other) = both(&pg, &url, &sqlite, &file, day).await;
    assert_eq!(one, other);
    assert_eq!(one.iter().filter_map(|line| line.unreadable).sum::<u64>(), 2);
    let next = Day::of(NOVEMBER as i64 + 864_000).unwrap();
    assert_eq!(run::missing(&pg, next).await.unwrap().len(), 1);
    pg.add_shown(vec![(showing("plain"), 1)]).await.unwrap();
    sqlite.add_shown(vec![(showing("plain"), 1)]).await.unwrap();
    assert_eq!(run::missing(&pg, next).await.unwrap(), [day], "what came late is counted");
    run::backfill(&sqlite, day, 1).await.unwrap();
    let file = file.to_str().unwrap();
    for form in [&["stats"][..], &["stats", "--csv"], &["stats", "--json"]] {
        let (from_pg, from_sqlite) = (consentry(&url, form), consentry(file, form));
        assert!(from_pg.0 && from_pg.1.contains("2025-11-23"), "{from_pg:?}");
        let lines = |text: &str| {
            text.lines().filter(|line| !line.contains("2025-11-23")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(&from_pg.1), lines(&from_sqlite.1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_proofs_are_cut_off_at_a_checkpoint_and_the_rest_is_valid() {
    let Some(server) = Server::start() else { return };
    let url = server.database("proofs");
    let directory = tempfile::tempdir().unwrap();
    let store = open(&url, &directory.path().join("spool"));
    let other = open(&url, &directory.path().join("other"));
    other.append(proof(0, Uuid::new_v4(), 5)).await.unwrap();
    cuts_at_a_checkpoint(&store, &url).await;
    let (_, text) = verify(&url, &[]);
    assert!(text.contains("1 records (0 erased), 0 checkpoints"), "another gateway's chain is its own affair: {text}");
    server.sql("proofs", "DELETE FROM checkpoint WHERE seq = 20");
    let (valid, text) = verify(&url, &[]);
    assert!(!valid && text.contains("records up to 20 are missing"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn months_that_are_over_and_empty_are_dropped_and_come_again_when_they_are_needed() {
    const JANUARY_2020: u64 = 15_780_000_000;
    let Some(server) = Server::start() else { return };
    let url = server.database("proofs");
    let directory = tempfile::tempdir().unwrap();
    let store = open(&url, &directory.path().join("spool"));
    let is_there =
        |table: &str| server.sql("proofs", &format!("SELECT to_regclass('{table}') IS NOT NULL")).trim() == "t";
    for date in [JANUARY_2020, JANUARY_2020 + 1, JANUARY_2020 + 40 * Deciseconds::DAY, NOVEMBER] {
        store.append(proof(1, Uuid::new_v4(), date)).await.unwrap();
    }
    let head = |seq| server.sql("proofs", &format!("SELECT encode(hash, 'hex') FROM proof WHERE seq = {seq}"));
    let hash = consentry::collect::digests::unhex(head(2).trim()).unwrap().try_into().unwrap();
    let head = consentry::collect::ledger::Head { chain: store.chain(), seq: 2, hash };
    let checkpoint = Signer::new(&[7; 32]).unwrap().sign(head, Deciseconds(1));
    store.checkpoints().unwrap().keep_checkpoint(checkpoint).await.unwrap();
    let before = Deciseconds(JANUARY_2020 + 100 * Deciseconds::DAY);
    while store.checkpoints().unwrap().cut(before).await.unwrap() > 0 {}
    assert!(!is_there("proof_2020_01"), "it is over, and its two records went");
    assert!(is_there("proof_2020_02") && is_there("proof_2025_11"), "there is a record in it");
    let (valid, text) = verify(&url, &[]);
    assert!(valid, "{text}");
    store.append(proof(2, Uuid::new_v4(), JANUARY_2020)).await.unwrap();
    let begun = std::time::Instant::now();
    while !is_there("proof_2020_01") {
        assert!(begun.elapsed() < common::PATIENCE, "the month does not come again");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    drop(store);
    assert_eq!(server.sql("proofs", "SELECT count(*) FROM proof").trim(), "3", "nothing acknowledged is lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_erased_while_answers_of_the_visitor_wait_in_a_spool_that_is_named() {
    let Some(mut server) = Server::start() else { return };
    let url = server.database("proofs");
    let directory = tempfile::tempdir().unwrap();
    let spool = directory.path().join("spool");
    let name = spool.to_str().unwrap();
    let (id, store) = (Uuid::new_v4(), open(&url, &spool));
    store.append(proof(1, id, NOVEMBER)).await.unwrap();
    server.stop(true);
    store.append(proof(2, id, NOVEMBER)).await.unwrap();
    drop(store);
    server.go();
    let erase = |id: Uuid| consentry(&url, &["erase", &id.to_string(), "--spool", name]);
    let (done, text) = erase(id);
    assert!(
        !done && text.contains("1 answers of this visitor wait there") && text.contains("nothing is erased"),
        "{text}"
    );
    assert_eq!(server.sql("proofs", "SELECT count(*) FROM proof WHERE payload IS NOT NULL").trim(), "1");
    let (done, text) = erase(Uuid::new_v4());
    assert!(!done && text.starts_with("0 records"), "another visitor's: {text}");
    let store = open(&url, &spool);
    let begun = std::time::Instant::now();
    while store.standing().in_spool != Some(0) {
        assert!(begun.elapsed() < common::PATIENCE, "the spool does not follow");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (done, text) = erase(id);
    assert!(done && text.starts_with("2 records"), "{text}");
    let (done, text) = consentry(&url, &["erase", &id.to_string()]);
    assert!(!done && text.contains("name the spools with --spool"), "{text}");
}

#[test]
fn what_only_an_operator_can_mend_ends_the_start_with_a_sentence() {
    let Some(server) = Server::start() else { return };
    let directory = tempfile::tempdir().unwrap();
    let spool = directory.path().join("spool");
    let refused = |url: &str| PgStore::open(url, PgOptions::new(&spool)).unwrap_err();
    let nowhere = refused(&server.address("consentry", "nowhere"));
    assert!(matches!(&nowhere, StoreError::Refused { .. }), "{nowhere:?}");
    assert!(nowhere.to_string().contains("database \"nowhere\" does not exist"), "{nowhere}");
    let stranger = refused(&server.address("stranger", "postgres"));
    assert!(stranger.to_string().contains("role \"stranger\" does not exist"), "{stranger}");
    server.sql("postgres", "CREATE DATABASE narrow ENCODING 'LATIN1' TEMPLATE template0");
    let narrow = refused(&server.address("consentry", "narrow"));
    assert!(narrow.to_string().contains("UTF8 is needed"), "{narrow}");
    let url = server.database("proofs");
    server.sql("postgres", "CREATE ROLE reader LOGIN");
    server.sql("proofs", "REVOKE CREATE ON SCHEMA public FROM public");
    let reader = refused(&server.address("reader", "proofs"));
    assert!(reader.to_string().contains("permission denied"), "{reader}");
    drop(open(&url, &spool));
    server.sql("proofs", "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', true, '', 0)");
    let newer = refused(&url);
    assert!(matches!(&newer, StoreError::Newer { version: 9999, .. }), "{newer:?}");
    let (done, text) = consentry(&server.address("consentry", "postgres"), &["verify"]);
    assert!(!done && text.contains("chain"), "{text}");
    let (done, text) = consentry("postgres:///proofs?host=/nowhere&password=s3cret", &["verify"]);
    assert!(!done && text.contains("/nowhere") && !text.contains("s3cret"), "{text}");
}
