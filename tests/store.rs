//! The proof store on real files: durability, full disks, locks, tampering.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]
#![allow(unreachable_pub)]
#![cfg(feature = "gateway")]

#[path = "common/retention.rs"]
mod retention;

use consentry::collect::checkpoint::Signer;
use consentry::collect::ledger::{Broken, Problem, Row, Summary, Verifier};
use consentry::collect::proof::Stamp;
use consentry::collect::store::{NewProof, ProofStore, SqliteOptions, SqliteReader, SqliteStore, StoreError};
use consentry::consent::Deciseconds;
use retention::cuts_at_a_checkpoint;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

fn proof(id: Uuid) -> NewProof {
    let date = Deciseconds(17_637_855_631);
    let payload = format!(r#"{{"consentId":"{id}","site":"shop","date":"{}","note":"ééé"}}"#, Stamp(date));
    NewProof { consent_id: id, site: "shop".to_owned(), date, payload }
}

fn directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proofs.sqlite");
    (directory, file)
}

fn open(file: &Path) -> SqliteStore {
    SqliteStore::open(file, SqliteOptions::default()).unwrap()
}

async fn verify(store: &dyn ProofStore) -> Result<Summary, Broken> {
    let head = store.health().await.unwrap().head.unwrap();
    let mut verifier = Verifier::new(head.chain);
    let mut after = 0;
    loop {
        let rows: Vec<Row> = store.page(after, 100).await.unwrap();
        let Some(last) = rows.last() else { return verifier.finish(&head) };
        after = last.seq;
        rows.iter().try_for_each(|row| verifier.check(row))?;
    }
}

/// Changes the file behind the store's back.
async fn sql(file: &Path, text: &'static str) {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    sqlx::query(text).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_record_comes_back_and_the_chain_goes_on_after_a_restart() {
    let (_directory, file) = directory();
    let id = Uuid::new_v4();
    let chain = {
        let store = open(&file);
        assert_eq!(store.append(proof(id)).await.unwrap().seq, 1);
        assert_eq!(store.append(proof(Uuid::new_v4())).await.unwrap().seq, 2);
        store.health().await.unwrap().head.unwrap().chain
    };
    let store = open(&file);
    let stored = store.append(proof(id)).await.unwrap();
    assert_eq!(stored.seq, 3);
    let rows = store.by_consent_id(id).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(rows[1].payload.as_deref(), Some(proof(id).payload.as_bytes()));
    assert_eq!(rows[1].digest, stored.digest);
    assert_ne!(rows[0].digest, rows[1].digest, "the same payload has another salt");
    let summary = verify(&store).await.unwrap();
    assert_eq!((summary.records, summary.head.chain), (3, chain));
    assert!(store.by_consent_id(Uuid::new_v4()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_at_once_are_each_there_once() {
    let (_directory, file) = directory();
    let store = Arc::new(open(&file));
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.append(proof(Uuid::new_v4())).await.unwrap().seq })
        })
        .collect();
    let mut numbers = Vec::new();
    for task in tasks {
        numbers.push(task.await.unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
    assert_eq!(verify(&*store).await.unwrap().records, 200);
}

#[tokio::test]
async fn two_processes_on_one_file_make_one_chain() {
    let (_directory, file) = directory();
    let (one, other) = (open(&file), open(&file));
    for _ in 0..5 {
        let (a, b) = tokio::join!(one.append(proof(Uuid::new_v4())), other.append(proof(Uuid::new_v4())));
        assert_ne!(a.unwrap().seq, b.unwrap().seq);
    }
    assert_eq!(verify(&one).await.unwrap().records, 10);
}

#[test]
fn stores_that_start_together_agree_on_one_chain() {
    let (_directory, file) = directory();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let file = file.clone();
            std::thread::spawn(move || open(&file))
        })
        .collect();
    let stores: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let chains: Vec<_> = stores.iter().map(|s| runtime.block_on(s.health()).unwrap().head.unwrap().chain).collect();
    assert!(chains.windows(2).all(|two| two[0] == two[1]), "{chains:?}");
}

#[tokio::test]
async fn erasing_a_visitor_leaves_the_chain_valid_and_nothing_of_them_in_the_file() {
    let (directory, file) = directory();
    let id = Uuid::new_v4();
    let store = open(&file);
    for each in [id, Uuid::new_v4(), id] {
        store.append(proof(each)).await.unwrap();
    }
    assert_eq!(store.erase(id).await.unwrap(), 2);
    assert_eq!(store.erase(id).await.unwrap(), 0, "once");
    assert!(store.by_consent_id(id).await.unwrap().is_empty());
    let summary = verify(&store).await.unwrap();
    assert_eq!((summary.records, summary.erased), (3, 2));
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let text = id.to_string();
        assert!(memchr::memmem::find(&bytes, text.as_bytes()).is_none(), "{}", path.display());
        assert!(memchr::memmem::find(&bytes, id.as_bytes()).is_none(), "{}", path.display());
    }
}

#[tokio::test]
async fn what_is_asked_together_is_done_in_order() {
    let (_directory, file) = directory();
    let store = open(&file);
    let id = Uuid::new_v4();
    let (before, erased, after) = tokio::join!(store.append(proof(id)), store.erase(id), store.append(proof(id)));
    assert_eq!((before.unwrap().seq, erased.unwrap(), after.unwrap().seq), (1, 1, 2));
    assert_eq!(store.by_consent_id(id).await.unwrap().len(), 1);
    assert_eq!(verify(&store).await.unwrap().erased, 1);
}

#[tokio::test]
async fn a_changed_end_is_no_outage() {
    let (_directory, file) = directory();
    open(&file).append(proof(Uuid::new_v4())).await.unwrap();
    sql(&file, "DELETE FROM proof").await;
    let store = open(&file);
    assert_eq!(store.append(proof(Uuid::new_v4())).await.unwrap().seq, 2, "the number is not given again");
    assert_eq!(verify(&store).await, Err(Broken { seq: 1, problem: Problem::Missing }));
}

#[tokio::test]
async fn a_changed_record_is_named() {
    let (_directory, file) = directory();
    let store = open(&file);
    for _ in 0..250 {
        store.append(proof(Uuid::new_v4())).await.unwrap();
    }
    sql(&file, "UPDATE proof SET payload = replace(payload, 'shop', 'shed') WHERE seq = 137").await;
    assert_eq!(verify(&store).await, Err(Broken { seq: 137, problem: Problem::Digest }));
}

#[tokio::test]
async fn what_is_counted_as_something_else_than_it_says_is_named() {
    let (_directory, file) = directory();
    let store = open(&file);
    for _ in 0..3 {
        store.append(proof(Uuid::new_v4())).await.unwrap();
    }
    sql(&file, r#"UPDATE proof SET said = '["+",false,[],[],[]]' WHERE seq = 2"#).await;
    assert_eq!(verify(&store).await, Err(Broken { seq: 2, problem: Problem::Said }));
}

#[tokio::test]
async fn a_file_of_an_earlier_version_is_read_as_it_is_and_written_after_its_migration() {
    let (_directory, file) = directory();
    open(&file).append(proof(Uuid::new_v4())).await.unwrap();
    for text in [
        "DROP INDEX proof_by_date",
        "DROP INDEX proof_untold",
        "ALTER TABLE proof DROP COLUMN said",
        "CREATE INDEX proof_by_date ON proof (date)",
        "ALTER TABLE chain DROP COLUMN cut_seq",
        "ALTER TABLE chain DROP COLUMN cut_hash",
        "ALTER TABLE chain DROP COLUMN cut_date",
        "DROP TABLE effect",
        "DROP TABLE variant_shown",
        "DROP TABLE statistics",
        "CREATE TABLE statistics (day INTEGER NOT NULL, site TEXT NOT NULL, category TEXT NOT NULL, accepted INTEGER, \
         refused INTEGER, withdrawn INTEGER, partial INTEGER, unreadable INTEGER, PRIMARY KEY (day, site, category))",
        "DELETE FROM _sqlx_migrations WHERE version >= 5",
    ] {
        sql(&file, text).await;
    }
    let (valid, text) = consentry(&file, &["verify"]);
    assert!(valid && text.contains("1 records"), "{text}");
    let store = open(&file);
    assert_eq!(store.append(proof(Uuid::new_v4())).await.unwrap().seq, 2);
    assert_eq!(verify(&store).await.unwrap().records, 2);
}

#[tokio::test]
async fn old_proofs_are_cut_off_at_a_checkpoint_and_the_rest_is_valid() {
    let (_directory, file) = directory();
    let name = file.to_str().unwrap();
    let store = open(&file);
    cuts_at_a_checkpoint(&store, name).await;
    drop(store);
    let store = open(&file);
    assert_eq!(store.append(proof(Uuid::new_v4())).await.unwrap().seq, 42);
    sql(&file, "UPDATE chain SET cut_seq = 25, cut_hash = (SELECT hash FROM proof WHERE seq = 25)").await;
    let (valid, text) = retention::verify(name, &[]);
    assert!(!valid && text.contains("records up to 25 are missing: no checkpoint was signed"), "{text}");
    sql(&file, "UPDATE chain SET cut_seq = 20, cut_hash = (SELECT hash FROM proof WHERE seq = 25)").await;
    let (valid, text) = retention::verify(name, &[]);
    assert!(!valid && text.contains("record 20 is not the one that its checkpoint was signed for"), "{text}");
}

#[tokio::test]
async fn a_chain_is_not_cut_at_a_checkpoint_that_nobody_signed() {
    let (_directory, file) = directory();
    let store = open(&file);
    store.append(proof(Uuid::new_v4())).await.unwrap();
    let forged = "INSERT INTO checkpoint SELECT seq, hash, 5, zeroblob(32), zeroblob(64) FROM proof";
    sql(&file, forged).await;
    let error = store.checkpoints().unwrap().cut(Deciseconds(u64::MAX)).await.unwrap_err();
    assert!(error.to_string().contains("record 1 has no valid signature"), "{error}");
    assert_eq!(store.page(0, 10).await.unwrap().len(), 1, "nothing is gone");
}

#[tokio::test]
async fn all_of_a_chain_can_be_cut_and_it_goes_on() {
    let (_directory, file) = directory();
    let store = open(&file);
    for _ in 0..3 {
        store.append(proof(Uuid::new_v4())).await.unwrap();
    }
    let cutter = store.checkpoints().unwrap();
    let head = store.health().await.unwrap().head.unwrap();
    cutter.keep_checkpoint(Signer::new(&[7; 32]).unwrap().sign(head, Deciseconds(5))).await.unwrap();
    assert_eq!(cutter.cut(Deciseconds(u64::MAX)).await.unwrap(), 3);
    drop(store);
    let store = open(&file);
    assert!(retention::verify(file.to_str().unwrap(), &[]).0);
    assert_eq!(store.append(proof(Uuid::new_v4())).await.unwrap().seq, 4);
    assert!(retention::verify(file.to_str().unwrap(), &[]).0);
}

#[tokio::test]
async fn a_page_has_what_the_file_has_whatever_that_is() {
    let (_directory, file) = directory();
    let store = open(&file);
    for _ in 0..6 {
        store.append(proof(Uuid::new_v4())).await.unwrap();
    }
    for text in [
        "UPDATE proof SET prev = x'', digest = x'00003b', hash = zeroblob(70) WHERE seq = 2",
        "UPDATE proof SET salt = NULL, consent_id = NULL, erased = -12, said = NULL WHERE seq = 3",
        "UPDATE proof SET site = CAST(x'ff00' AS TEXT), payload = CAST(x'7b003bff' AS TEXT) WHERE seq = 4",
        "UPDATE proof SET payload = '', site = '', date = -7, said = 'é' WHERE seq = 5",
    ] {
        sql(&file, text).await;
    }
    let mut connection = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    type Found = (i64, Vec<u8>, Vec<u8>, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, Vec<u8>, i64);
    let sql =
        "SELECT seq, prev, digest, hash, salt, CAST(payload AS BLOB), consent_id, CAST(site AS BLOB), date FROM proof";
    let plain: Vec<Found> = sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap();
    let sql = "SELECT erased, CAST(said AS BLOB) FROM proof";
    let more: Vec<(Option<i64>, Option<Vec<u8>>)> = sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap();
    let expected =
        plain.into_iter().zip(more).map(|((seq, prev, digest, hash, salt, payload, consent_id, site, date), more)| {
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            let (erased, said) = (more.0, more.1.map(text));
            Row { seq, prev, digest, hash, salt, payload, consent_id, site: text(site), date, erased, said }
        });
    assert_eq!(store.page(i64::MIN, 10).await.unwrap(), expected.collect::<Vec<_>>());
    assert_eq!(store.page(2, 2).await.unwrap().iter().map(|row| row.seq).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(store.page(6, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_deleted_record_and_a_cut_tail_are_named() {
    let (_directory, file) = directory();
    let store = open(&file);
    for _ in 0..9 {
        store.append(proof(Uuid::new_v4())).await.unwrap();
    }
    sql(&file, "DELETE FROM proof WHERE seq > 7").await;
    assert_eq!(verify(&store).await, Err(Broken { seq: 7, problem: Problem::Head }));
    sql(&file, "DELETE FROM proof WHERE seq = 4").await;
    assert_eq!(verify(&store).await, Err(Broken { seq: 4, problem: Problem::Missing }));
}

#[tokio::test]
async fn a_full_disk_refuses_and_is_survived() {
    let (_directory, file) = directory();
    drop(open(&file));
    let options = SqliteOptions { max_pages: Some(60), ..SqliteOptions::default() };
    let store = SqliteStore::open(&file, options).unwrap();
    let mut kept = 0;
    let error = loop {
        match store.append(proof(Uuid::new_v4())).await {
            Ok(stored) => kept = stored.seq,
            Err(error) => break error,
        }
        assert!(kept < 10_000, "60 pages cannot hold this");
    };
    assert_eq!(error, StoreError::Full { path: file.clone() });
    assert!(error.to_string().contains("proofs.sqlite"), "{error}");
    assert_eq!(store.append(proof(Uuid::new_v4())).await, Err(error), "as long as it is full");
    assert_eq!(verify(&store).await.unwrap().records, kept, "what was refused is not there");
    drop(store);
    let store = open(&file);
    assert_eq!(store.append(proof(Uuid::new_v4())).await.unwrap().seq, kept + 1, "with space it goes on");
}

#[tokio::test]
async fn a_locked_file_is_an_error_that_passes() {
    let (_directory, file) = directory();
    let options = SqliteOptions { busy: Duration::from_millis(20), ..SqliteOptions::default() };
    let store = SqliteStore::open(&file, options).unwrap();
    let mut other = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = store.append(proof(Uuid::new_v4())).await.unwrap_err();
    assert_eq!(error, StoreError::Locked { path: file.clone() });
    assert!(error.is_passing());
    lock.rollback().await.unwrap();
    assert_eq!(store.append(proof(Uuid::new_v4())).await.unwrap().seq, 1);
}

#[tokio::test]
async fn more_than_may_wait_is_refused_at_once() {
    let (_directory, file) = directory();
    let options = SqliteOptions { queue: 2, batch: 1, busy: Duration::from_secs(2), ..SqliteOptions::default() };
    let store = Arc::new(SqliteStore::open(&file, options).unwrap());
    let mut other = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.append(proof(Uuid::new_v4())).await })
        })
        .collect();
    tokio::task::yield_now().await;
    lock.rollback().await.unwrap();
    let mut overloaded = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => {}
            Err(StoreError::Overloaded) => overloaded += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(overloaded >= 5, "one is with the writer, two wait, the others are refused: {overloaded}");
}

#[test]
fn a_place_that_cannot_be_written_is_named_with_what_to_do() {
    let (directory, _) = directory();
    let missing = directory.path().join("no/such/directory/proofs.sqlite");
    let error = SqliteStore::open(&missing, SqliteOptions::default()).unwrap_err();
    assert!(matches!(error, StoreError::CannotOpen { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("no/such/directory/proofs.sqlite") && text.contains("--store"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_read_only_directory_is_named_with_what_to_do() {
    use std::os::unix::fs::PermissionsExt;
    let (directory, file) = directory();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    // To the superuser no directory is read-only by its mode; a file system that is takes its place.
    let superuser = std::fs::write(directory.path().join("probe"), b"").is_ok();
    let file = if superuser { PathBuf::from("/proc/proofs.sqlite") } else { file };
    let error = SqliteStore::open(&file, SqliteOptions::default()).unwrap_err();
    assert!(matches!(error, StoreError::CannotOpen { .. } | StoreError::ReadOnly { .. }), "{error:?}");
    assert!(error.to_string().contains("proofs.sqlite"), "{error}");
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn what_is_no_database_is_left_alone() {
    let (_directory, file) = directory();
    let text =
        b"this is somebody's letter, and much longer than a database's magic number is; it must stay. ".repeat(20);
    std::fs::write(&file, &text).unwrap();
    let error = SqliteStore::open(&file, SqliteOptions::default()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert_eq!(std::fs::read(&file).unwrap(), text);
}

#[tokio::test]
async fn damage_is_found_at_start() {
    let (_directory, file) = directory();
    {
        let store = open(&file);
        for _ in 0..100 {
            store.append(proof(Uuid::new_v4())).await.unwrap();
        }
    }
    let mut connection = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'proof'";
    let page: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let begin = (page as usize - 1) * 4096;
    bytes[begin..begin + 4096].fill(0xA5);
    std::fs::write(&file, bytes).unwrap();
    let error = SqliteStore::open(&file, SqliteOptions::default()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_not_touched() {
    let (_directory, file) = directory();
    drop(open(&file));
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'later', 1, x'00', 0)";
    sql(&file, newer).await;
    let error = SqliteStore::open(&file, SqliteOptions::default()).unwrap_err();
    assert_eq!(error, StoreError::Newer { path: file, version: 9999 });
}

#[tokio::test]
async fn a_reader_needs_a_store_that_is_there() {
    let (_directory, file) = directory();
    assert!(SqliteReader::open(&file).await.is_err());
    assert!(!file.exists(), "reading makes no file");
    std::fs::write(&file, b"").unwrap();
    let error = SqliteReader::open(&file).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

fn consentry(file: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consentry"));
    let output = command.arg("proofs").args(arguments).arg("--store").arg(file).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn the_command_line_verifies_shows_and_exports_beside_a_running_store() {
    let (_directory, file) = directory();
    let store = open(&file);
    let ids: Vec<_> = (0..5).map(|_| Uuid::new_v4()).collect();
    for id in &ids {
        store.append(proof(*id)).await.unwrap();
    }
    let erased = store.erase(ids[1]).await.unwrap();
    assert_eq!(erased, 1);
    let (valid, text) = consentry(&file, &["verify"]);
    assert!(valid && text.contains("5 records (1 erased)"), "{text}");
    let (found, text) = consentry(&file, &["show", &ids[3].to_string()]);
    assert!(found && text.contains("record 4,") && text.contains("\"site\": \"shop\""), "{text}");
    let (found, text) = consentry(&file, &["show", &ids[1].to_string()]);
    assert!(!found && text.contains("no proof with the consent id"), "{text}");
    let (done, text) = consentry(&file, &["export"]);
    assert!(done, "{text}");
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0]["payload"], proof(ids[0]).payload);
    assert_eq!(lines[0]["proof"]["consentId"], ids[0].to_string());
    assert_eq!((&lines[1]["erased"], &lines[1]["payload"]), (&serde_json::json!(true), &serde_json::Value::Null));
    assert_eq!(lines[2]["prev"], lines[1]["hash"]);

    sql(&file, "UPDATE proof SET payload = '{}' WHERE seq = 3").await;
    let (valid, text) = consentry(&file, &["verify"]);
    assert!(!valid && text.contains("record 3 has a payload that does not match its digest"), "{text}");
}

#[test]
fn the_command_line_says_where_no_store_is() {
    let (_directory, file) = directory();
    let (done, text) = consentry(&file, &["verify"]);
    assert!(!done && text.contains("proofs.sqlite") && text.contains("cannot be opened"), "{text}");
}

const WRITE_FOREVER: &str = "CONSENTRY_TEST_WRITE_FOREVER";

/// The child of the test below: writes and says the number of each record once it is acknowledged.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(file) = std::env::var_os(WRITE_FOREVER) else { return };
    let store = Arc::new(open(Path::new(&file)));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let local = tokio::task::LocalSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&store);
        local.spawn_local(async move {
            loop {
                let id = Uuid::new_v4();
                let stored = store.append(proof(id)).await.unwrap();
                println!("acknowledged {} {id}", stored.seq);
            }
        });
    }
    runtime.block_on(local);
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let (_directory, file) = directory();
    for round in 1_usize..=3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_writes_until_it_is_killed", "--nocapture", "--test-threads=1"])
            .env(WRITE_FOREVER, &file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            // The harness puts "test name ... " before the first one.
            let Some((_, said)) = line.split_once("acknowledged ") else { continue };
            let Some((seq, id)) = said.split_once(' ') else { continue };
            let (Ok(seq), Ok(id)) = (seq.parse::<i64>(), id.parse::<Uuid>()) else { continue };
            acknowledged.push((seq, id));
            if acknowledged.len() == 200 * round {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let store = open(&file);
        let summary = verify(&store).await.unwrap();
        assert!(summary.records >= acknowledged.len() as u64);
        for (seq, id) in acknowledged {
            let rows = store.by_consent_id(id).await.unwrap();
            assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [seq], "round {round}");
        }
    }
}
