//! How fast the proof store is: appends, verification and statistics over so many proofs, in a directory of its own or in an
//! empty PostgreSQL database.
//!
//! `cargo run --release --example proofs -- 1000000 [CLIENTS [postgres://…]]`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::as_conversions, clippy::cast_precision_loss)]

use consentry::collect::daily::{Day, run};
use consentry::collect::store::{
    NewProof, PgOptions, PgStore, ProofReader, ProofStore, SqliteOptions, SqliteStore, open_reader,
};
use consentry::collect::walk::Walk;
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

/// When something began, by the clock and by the processors' time, which other processes take nothing of.
struct Begun(Instant, f64);

impl Begun {
    fn now() -> Self {
        Self(Instant::now(), processors())
    }

    fn rate(self, what: &str, count: u64) {
        let (took, busy) = (self.0.elapsed().as_secs_f64(), processors() - self.1);
        println!("{what}: {count} in {took:.2} s, {:.0}/s; {busy:.2} s of processors", count as f64 / took);
    }
}

/// Seconds of processors that this process took, all threads; 0 where that cannot be known.
fn processors() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn waited(mut waits: Vec<Duration>, clients: u64) {
    waits.sort_unstable();
    let at =
        |per_mille: usize| waits.get(waits.len().saturating_sub(1) * per_mille / 1_000).copied().unwrap_or_default();
    println!("  of {clients} clients: p50 {:?}, p99 {:?}, p99.9 {:?}", at(500), at(990), at(999));
}

/// What the process holds, in kB; 0 where that cannot be known.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// Clients that answer one after another, each as soon as it can.
async fn append(store: &Arc<dyn ProofStore>, count: u64, clients: u64, day: Day) -> Vec<Duration> {
    let next = Arc::new(AtomicU64::new(0));
    let client = |_| {
        let (store, next) = (Arc::clone(store), Arc::clone(&next));
        tokio::spawn(async move {
            let mut waits = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return waits;
                }
                if number % (count / 10).max(1) == 0 {
                    println!("  at {number}: {} kB in memory", resident());
                }
                let asked = Instant::now();
                store.append(proof(number, day)).await.unwrap();
                waits.push(asked.elapsed());
            }
        })
    };
    gather((0..clients).map(client).collect()).await
}

/// Clients that answer so many times a second together, for some seconds; one that waits is late with its next.
async fn paced(store: &Arc<dyn ProofStore>, each_second: u64, seconds: u64, clients: u64, day: Day) -> Vec<Duration> {
    let period = Duration::from_secs(clients).div_f64(each_second as f64);
    let client = |client: u64| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            let mut due = Instant::now() + period.mul_f64(client as f64 / clients as f64);
            let mut waits = Vec::new();
            for number in 0..each_second * seconds / clients {
                tokio::time::sleep_until(due.into()).await;
                store.append(proof(number, day)).await.unwrap();
                waits.push(due.elapsed());
                due += period;
            }
            waits
        })
    };
    gather((0..clients).map(client).collect()).await
}

async fn gather(clients: Vec<tokio::task::JoinHandle<Vec<Duration>>>) -> Vec<Duration> {
    let mut waits = Vec::new();
    for client in clients {
        waits.extend(client.await.unwrap());
    }
    waits
}

async fn verify(reader: &dyn ProofReader) {
    for extent in reader.chains().await.unwrap() {
        let mut walk = Walk::new(reader, extent);
        while let Some(page) = walk.next().await.unwrap() {
            assert_eq!(page.broken, None);
        }
        walk.finish().unwrap();
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, other: u64| arguments.get(at).map_or(other, |text| text.parse().expect("a number"));
    let (count, clients) = (number(0, 100_000), number(1, 200));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("proofs.sqlite");
    let day = Day::before(Deciseconds::now()).unwrap();
    let (name, store): (String, Arc<dyn ProofStore>) = match arguments.get(2) {
        Some(url) => (url.clone(), Arc::new(PgStore::open(url, PgOptions::new(&file)).unwrap())),
        None => {
            let store = SqliteStore::open(&file, SqliteOptions::default()).unwrap();
            (file.display().to_string(), Arc::new(store))
        }
    };
    let begun = Begun::now();
    let waits = append(&store, count, clients, day).await;
    begun.rate("durable appends", count);
    waited(waits, clients);

    let begun = Begun::now();
    let waits = paced(&store, 3_000, 20, clients, day).await;
    let count = count + waits.len() as u64;
    begun.rate("durable appends at 3000/s", waits.len() as u64);
    waited(waits, clients);

    let begun = Begun::now();
    verify(&*open_reader(&name).await.unwrap()).await;
    begun.rate("verified", count);

    let begun = Begun::now();
    run::again(store.daily().unwrap(), day).await.unwrap();
    begun.rate("counted for statistics", count);
    println!(
        "at the end {} kB in memory, file {} bytes a proof",
        resident(),
        std::fs::metadata(&file).unwrap().len() / count.max(1)
    );
}
