//! Daily statistics on real stores: computed, computed again, missing days, erased proofs, and the command that prints them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]
#![cfg(feature = "gateway")]

use consentry::collect::checkpoint::Signer;
use consentry::collect::daily::{Day, Line, run};
use consentry::collect::ledger::Head;
use consentry::collect::shown::Showing;
use consentry::collect::store::{DailyStore, NewProof, NoStore, ProofStore, SqliteOptions, SqliteReader, SqliteStore};
use consentry::consent::Deciseconds;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use std::path::{Path, PathBuf};
use uuid::Uuid;

fn directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proofs.sqlite");
    (directory, file)
}

fn open(file: &Path) -> SqliteStore {
    SqliteStore::open(file, SqliteOptions::default()).unwrap()
}

fn day(number: i64) -> Day {
    Day::numbered(number).unwrap()
}

/// An answer about `statistics` at this tenth of a second.
async fn answer(store: &SqliteStore, site: &str, date: i64, yes: bool) -> Uuid {
    let (granted, refused, button) =
        if yes { ("\"statistics\"", "", "accept-all") } else { ("", "\"statistics\"", "refuse-all") };
    let payload = format!(
        r#"{{"button":"{button}","categories":{{"granted":[{granted}],"refused":[{refused}]}},"services":{{"granted":[],"refused":[]}},"previous":null}}"#
    );
    let consent_id = Uuid::new_v4();
    let date = Deciseconds(date.unsigned_abs());
    store.append(NewProof { consent_id, site: site.to_owned(), date, payload }).await.unwrap();
    consent_id
}

async fn told(file: &Path, day: Day) -> Vec<Line> {
    SqliteReader::open(file).await.unwrap().statistics(day).await.unwrap()
}

/// What the line about whole answers says.
fn whole(lines: &[Line], site: &str) -> (u64, u64) {
    let line = lines.iter().find(|line| line.site == site && line.category.is_none()).unwrap();
    (line.accepted, line.refused)
}

#[tokio::test]
async fn a_day_is_utc_to_its_last_tenth_and_is_the_same_when_computed_again() {
    let (_directory, file) = directory();
    let store = open(&file);
    let one = day(20_000);
    for (date, yes) in [
        (one.begins() - 1, true),
        (one.begins(), true),
        (one.begins(), false),
        (one.ends() - 1, false),
        (one.ends(), true),
    ] {
        answer(&store, "shop", date, yes).await;
    }
    assert_eq!(run::backfill(&store, one, 1).await.unwrap(), [one]);
    let first = told(&file, one).await;
    assert_eq!(whole(&first, "shop"), (1, 2));
    assert_eq!((first[1].category.as_deref(), first[1].accepted, first[1].refused), (Some("statistics"), 1, 2));
    run::backfill(&store, one, 1).await.unwrap();
    assert_eq!(told(&file, one).await, first);
    assert_eq!(store.computed().await.unwrap(), [one]);
}

#[tokio::test]
async fn more_records_than_a_page_with_the_same_date_are_each_counted_once() {
    let (_directory, file) = directory();
    let store = open(&file);
    let one = day(20_000);
    let all = (0..2_300)
        .map(|n| answer(&store, if n % 3 == 0 { "news" } else { "shop" }, one.begins() + n / 1_500, n % 2 == 0));
    for each in all {
        each.await;
    }
    run::again(&store, one).await.unwrap();
    let lines = told(&file, one).await;
    let (news, shop) = (whole(&lines, "news"), whole(&lines, "shop"));
    assert_eq!(news.0 + news.1, 767);
    assert_eq!(news.0 + news.1 + shop.0 + shop.1, 2_300);
    assert_eq!(news.0 + shop.0, 1_150);
}

#[tokio::test]
async fn missing_days_are_computed_from_the_first_proof_on_also_in_a_gap() {
    let (_directory, file) = directory();
    let store = open(&file);
    answer(&store, "shop", day(20_000).begins(), true).await;
    run::backfill(&store, day(20_003), 2).await.unwrap();
    assert_eq!(store.computed().await.unwrap(), [day(20_002), day(20_003)]);
    assert_eq!(run::missing(&store, day(20_004)).await.unwrap(), [day(20_000), day(20_001), day(20_004)]);
    assert_eq!(run::missing(&store, day(20_004)).await.unwrap(), []);
    assert_eq!(run::again(&store, day(20_004)).await.unwrap(), [day(20_004)]);
    assert_eq!(whole(&told(&file, day(20_000)).await, "shop"), (1, 0));
    assert!(told(&file, day(20_001)).await.is_empty(), "nobody answered, and that is known");
}

#[tokio::test]
async fn a_proof_of_a_wrong_clock_does_not_make_days_without_end() {
    let (_directory, file) = directory();
    let store = open(&file);
    answer(&store, "shop", 5, true).await;
    let days = run::missing(&store, day(20_000)).await.unwrap();
    assert_eq!((days.len(), days.first().copied()), (3_661, Some(day(16_340))));
    answer(&store, "shop", day(30_000).begins(), true).await;
    assert_eq!(run::missing(&store, day(20_000)).await.unwrap(), []);
}

#[tokio::test]
async fn a_late_proof_and_an_erased_one_are_seen_when_the_day_is_computed_again() {
    let (_directory, file) = directory();
    let store = open(&file);
    let one = day(20_000);
    let id = answer(&store, "shop", one.begins(), true).await;
    run::again(&store, one).await.unwrap();
    answer(&store, "shop", one.begins() + 1, false).await;
    store.erase(id).await.unwrap();
    assert_eq!(whole(&told(&file, one).await, "shop"), (1, 0), "numbers stay until they are computed again");
    run::again(&store, one).await.unwrap();
    let lines = told(&file, one).await;
    assert_eq!((whole(&lines, "shop"), lines[0].unreadable), ((0, 1), Some(1)));
}

#[tokio::test]
async fn records_of_an_earlier_version_are_counted_from_what_they_say() {
    let (_directory, file) = directory();
    let store = open(&file);
    let one = day(20_000);
    let mut ids = Vec::new();
    for n in 0..1_200 {
        ids.push(answer(&store, "shop", one.begins() + n / 100, n % 3 == 0).await);
    }
    run::again(&store, one).await.unwrap();
    let counted = told(&file, one).await;
    // Such a version kept nothing beside the payload, and erased it as this one does.
    let mut connection = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    let sql = "UPDATE proof SET said = NULL WHERE seq % 8 > 0";
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    run::again(&store, one).await.unwrap();
    assert_eq!(told(&file, one).await, counted);
    let sql = "UPDATE proof SET salt = NULL, payload = NULL, consent_id = NULL, erased = 5 WHERE seq = 2";
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    store.erase(ids[2]).await.unwrap();
    run::again(&store, one).await.unwrap();
    let lines = told(&file, one).await;
    assert_eq!((whole(&lines, "shop"), lines[0].unreadable), ((400, 798), Some(2)));
}

#[tokio::test]
async fn days_whose_proofs_were_cut_by_age_keep_their_numbers() {
    let (_directory, file) = directory();
    let store = open(&file);
    let (old, young) = (day(20_000), day(20_002));
    for date in [old.begins(), old.begins() + 1, young.begins()] {
        answer(&store, "shop", date, true).await;
    }
    run::backfill(&store, young, 3).await.unwrap();
    let head = store.page(1, 1).await.unwrap().remove(0);
    let head = Head { seq: 2, hash: head.hash.try_into().unwrap(), ..store.health().await.unwrap().head.unwrap() };
    let cutter = store.checkpoints().unwrap();
    cutter.keep_checkpoint(Signer::new(&[7; 32]).unwrap().sign(head, Deciseconds(5))).await.unwrap();
    assert_eq!(cutter.cut(Deciseconds(young.begins().unsigned_abs())).await.unwrap(), 2);
    assert_eq!(run::backfill(&store, young, 3).await.unwrap(), [young]);
    assert_eq!(whole(&told(&file, old).await, "shop"), (2, 0));
    assert_eq!(whole(&told(&file, young).await, "shop"), (1, 0));
}

#[tokio::test]
async fn health_is_about_yesterday() {
    let (_directory, file) = directory();
    let store = open(&file);
    let now = Deciseconds(day(20_001).begins().unsigned_abs());
    let health = run::Health::of(&store, now).await.unwrap();
    assert_eq!((health.latest, health.expected, health.is_ok()), (None, Some(day(20_000)), false));
    run::again(&store, day(19_999)).await.unwrap();
    assert!(!run::Health::of(&store, now).await.unwrap().is_ok());
    run::again(&store, day(20_000)).await.unwrap();
    assert!(run::Health::of(&store, now).await.unwrap().is_ok());
    assert!(NoStore.daily().is_none());
}

#[tokio::test]
async fn what_was_shown_is_added_up_and_is_in_the_day_s_numbers() {
    let (_directory, file) = directory();
    let store = open(&file);
    let one = day(20_000);
    let showing = |variant: &str| Showing { day: one, site: "shop".to_owned(), variant: variant.to_owned() };
    store.add_shown(vec![(showing("plain"), 3), (showing("warm"), 4)]).await.unwrap();
    store.add_shown(vec![(showing("warm"), 5)]).await.unwrap();
    run::again(&store, one).await.unwrap();
    let lines = told(&file, one).await;
    let shown: Vec<_> = lines.iter().map(|line| (line.variant.as_deref(), line.shown)).collect();
    assert_eq!(shown, [(Some("plain"), Some(3)), (Some("warm"), Some(9))], "nobody answered");
    run::again(&store, one).await.unwrap();
    assert_eq!(told(&file, one).await, lines);
}

#[tokio::test]
async fn numbers_of_an_earlier_version_stay_and_can_be_read_before_and_after() {
    let (_directory, file) = directory();
    let one = day(20_000);
    let numbers = {
        let store = open(&file);
        answer(&store, "shop", one.begins(), true).await;
        run::again(&store, one).await.unwrap();
        told(&file, one).await
    };
    // The tables of such a version.
    let mut connection = SqliteConnectOptions::new().filename(&file).foreign_keys(false).connect().await.unwrap();
    let sql = "CREATE TABLE former AS SELECT day, site, category, accepted, refused, withdrawn, partial, unreadable FROM statistics; \
               DROP TABLE statistics; DROP TABLE variant_shown; DELETE FROM _sqlx_migrations WHERE version = 8; \
               CREATE TABLE statistics (day INTEGER NOT NULL REFERENCES statistics_day (day), site TEXT NOT NULL, \
               category TEXT NOT NULL, accepted INTEGER NOT NULL, refused INTEGER NOT NULL, withdrawn INTEGER NOT NULL, \
               partial INTEGER, unreadable INTEGER, PRIMARY KEY (day, site, category)) STRICT, WITHOUT ROWID; \
               INSERT INTO statistics SELECT * FROM former; DROP TABLE former;";
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    drop(connection);
    assert_eq!(told(&file, one).await, numbers, "by a reader, which changes nothing");
    let store = open(&file);
    assert_eq!(told(&file, one).await, numbers, "brought along");
    run::again(&store, one).await.unwrap();
    assert_eq!(told(&file, one).await, numbers);
}
