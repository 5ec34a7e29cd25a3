//! How stores, chains and statistics are.

use super::Admin;
use super::frame::{Frame, page as answer};
use super::session::Session;
use crate::collect::daily::run;
use crate::collect::digests::hex;
use crate::collect::proof::Stamp;
use crate::collect::store::{Standing, StoreError};
use crate::consent::Deciseconds;
use askama::Template;
use http::{Response, StatusCode};

#[derive(Template)]
#[template(path = "health.html")]
struct HealthPage<'p> {
    frame: Frame<'p>,
    is_well: bool,
    checks: Vec<Check>,
    chains: Vec<Chain>,
    store: String,
    version: &'static str,
}

/// One thing that is well or not.
struct Check {
    is_well: bool,
    name: &'static str,
    text: String,
}

struct Chain {
    id: String,
    records: u64,
    cut: u64,
    hash: String,
}

/// A store that cannot be read is what this page is for: it says so, and what else it knows.
pub(super) async fn page(admin: &Admin, session: &Session) -> Result<Response<Vec<u8>>, StoreError> {
    let mut checks = vec![rules(admin), standing(admin), effects(admin)];
    checks.extend(signed(admin).await);
    checks.extend(statistics(admin).await);
    let chains = chains(admin).await;
    let chains = chains.unwrap_or_else(|error| {
        checks.push(Check { is_well: false, name: "Chains", text: error.to_string() });
        Vec::new()
    });
    let page = HealthPage {
        frame: Frame { title: "Health", path: "/health", session },
        is_well: checks.iter().all(|check| check.is_well),
        checks,
        chains,
        store: admin.shared.collect.store.name(),
        version: env!("CARGO_PKG_VERSION"),
    };
    Ok(answer(&page, StatusCode::OK))
}

fn rules(admin: &Admin) -> Check {
    let (rules, status) = (admin.shared.rules.snapshot(), admin.shared.rules.status());
    let text = match &status.last_error {
        None => format!("version {} is in force since {}", rules.version(), Stamp(status.loaded)),
        Some((at, _)) => {
            format!("the files were refused at {}; version {} stays in force", Stamp(*at), rules.version())
        }
    };
    Check { is_well: status.last_error.is_none(), name: "Rules", text }
}

fn standing(admin: &Admin) -> Check {
    let Standing { waiting, in_spool, is_away, .. } = admin.shared.collect.store.standing();
    let text = match in_spool {
        Some(records) if is_away => format!("the database is away: {records} answers wait in the spool"),
        _ => format!("{waiting} answers wait for the writer"),
    };
    Check { is_well: !is_away, name: "Proof store", text }
}

fn effects(admin: &Admin) -> Check {
    let name = "What the rewriting did";
    let Some(keeper) = &admin.shared.effects else {
        return Check { is_well: true, name, text: "not kept, as no proofs are".to_owned() };
    };
    let (waiting, lost) = (keeper.waiting(), keeper.lost());
    let text = format!("{waiting} hourly sums wait for the store, the sums of {lost} pages are lost since the start");
    Check { is_well: waiting == 0 && lost == 0, name, text }
}

async fn signed(admin: &Admin) -> Option<Check> {
    let last = admin.shared.collect.store.checkpoints()?.last_checkpoint().await;
    let (is_well, text) = match last {
        Ok(Some(last)) => {
            let key = hex(&last.key);
            (last.is_signed(), format!("record {} at {}, with the key {key}", last.head.seq, Stamp(last.date)))
        }
        Ok(None) => (true, "none yet".to_owned()),
        Err(error) => (false, error.to_string()),
    };
    Some(Check { is_well, name: "Last checkpoint", text })
}

async fn statistics(admin: &Admin) -> Option<Check> {
    let health = run::Health::of(admin.shared.collect.store.daily()?, Deciseconds::now()).await;
    let day = |day: Option<crate::collect::daily::Day>| day.map_or("none".to_owned(), |day| day.to_string());
    let (is_well, text) = match health {
        Ok(health) => (
            health.is_ok(),
            format!("the last day is {}, and {} is expected", day(health.latest), day(health.expected)),
        ),
        Err(error) => (false, error.to_string()),
    };
    Some(Check { is_well, name: "Daily statistics", text })
}

async fn chains(admin: &Admin) -> Result<Vec<Chain>, StoreError> {
    let Some(reader) = admin.exports.reader().await? else { return Ok(Vec::new()) };
    let chains = reader.chains().await?.into_iter().map(|extent| Chain {
        id: extent.head.chain.to_string(),
        records: extent.head.seq.saturating_sub(extent.cut.seq),
        cut: extent.cut.seq,
        hash: hex(&extent.head.hash),
    });
    Ok(chains.collect())
}
