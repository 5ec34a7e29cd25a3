//! How fast the proof store is: appends, verification and statistics over so many proofs, in a directory of its own.
//!
//! `cargo run --release --example proofs -- 1000000 [CLIENTS]`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::as_conversions, clippy::cast_precision_loss)]

use consentry::collect::daily::{Day, run};
use consentry::collect::ledger::Verifier;
use consentry::collect::store::{NewProof, ProofStore, SqliteOptions, SqliteReader, SqliteStore};
use consentry::consent::Deciseconds;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// An answer as the widget gives it, with the members of a stored one.
fn proof(number: u64, day: Day) -> NewProof {
    let consent_id = Uuid::new_v4();
    let date = Deciseconds(day.begins().unsigned_abs() + number % 864_000);
    let (yes, no, button) = match number % 3 {
        0 => (r#""preferences","statistics","marketing""#, "", "accept-all"),
        1 => ("", r#""preferences","statistics","marketing""#, "refuse-all"),
        _ => (r#""statistics""#, r#""preferences","marketing""#, "save"),
    };
    let stamp = consentry::collect::proof::Stamp(date);
    let id = Uuid::new_v4();
    let payload = format!(
        r#"{{"format":2,"id":"{id}","consentId":"{consent_id}","site":"shop","date":"{stamp}","dateExpiration":"{stamp}","source":"own","language":"en","layer":"first","button":"{button}","widgetVersion":"0123456789abcdef","rules":"0123456789abcdef","siteVersion":"0123456789abcdef","variant":"e.0.01234567","categories":{{"granted":[{yes}],"refused":[{no}]}},"services":{{"granted":[{yes}],"refused":[{no}]}},"previous":null,"userAgent":null,"regime":"gdpr","signals":{{"gpc":false}},"tenantId":1,"workSpaceId":1,"widgetId":1,"sessionId":"{id}","type":2,"typeDevice":"mobile","versionKey":"{id}","questions":"{hash}"}}"#,
        hash = "0123456789abcdef".repeat(4),
    );
    NewProof { consent_id, site: "shop".to_owned(), date, payload }
}

fn rate(what: &str, count: u64, took: Duration) {
    println!("{what}: {count} in {:.2} s, {:.0}/s", took.as_secs_f64(), count as f64 / took.as_secs_f64());
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let (count, clients) = (arguments.next().unwrap_or(100_000), arguments.next().unwrap_or(200));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proofs.sqlite");
    let day = Day::before(Deciseconds::now()).unwrap();
    let store = Arc::new(SqliteStore::open(&file, SqliteOptions::default()).unwrap());
    let next = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (store, next) = (Arc::clone(&store), Arc::clone(&next));
            tokio::spawn(async move {
                let mut waits = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return waits;
                    }
                    let asked = Instant::now();
                    store.append(proof(number, day)).await.unwrap();
                    waits.push(asked.elapsed());
                }
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.unwrap());
    }
    rate("durable appends", count, begun.elapsed());
    waits.sort_unstable();
    let at = |percent: usize| waits.get(waits.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
    println!("  of {clients} clients: p50 {:?}, p99 {:?}", at(50), at(99));

    let begun = Instant::now();
    let reader = SqliteReader::open(&file).await.unwrap();
    let head = reader.head().await.unwrap();
    let mut verifier = Verifier::new(head.chain);
    let mut after = 0;
    loop {
        let rows = reader.page(after, 1_000).await.unwrap();
        let Some(last) = rows.last() else { break };
        after = last.seq;
        rows.iter().for_each(|row| verifier.check(row).unwrap());
    }
    verifier.finish(&head).unwrap();
    rate("verified", count, begun.elapsed());

    let begun = Instant::now();
    run::again(&*store, day).await.unwrap();
    rate("counted for statistics", count, begun.elapsed());
    println!("file: {} bytes a proof", std::fs::metadata(&file).unwrap().len() / count.max(1));
}
