//! What the rewriting did: counted when a page has left, written to the store each minute and at the end, off the request threads.

use super::Shared;
use super::context::Visit;
use crate::collect::effects::{Done, Hour, Keeper, PageDone};
use crate::consent::Deciseconds;
use crate::policy::{Mode, ServiceId};
use crate::rewrite::{Report, Tally};
use async_trait::async_trait;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;
use std::sync::Arc;
use std::time::Duration;

/// Between two times.
const EVERY: Duration = Duration::from_secs(60);

/// How often the last time is tried, and how long it may take: a full queue passes.
const LAST_TRIES: u32 = 5;
const LAST_PATIENCE: Duration = Duration::from_secs(4);

/// Counts a page. Of a site that only reports nothing was done to it.
pub(super) fn count(keeper: &Keeper, visit: &Visit, report: &Report) {
    let site = &visit.site;
    if site.mode == Mode::Report {
        return;
    }
    let page = PageDone {
        site: &site.name,
        rules: visit.rules.version(),
        variant: &visit.variant.token,
        is_unfinished: !report.failures.is_empty(),
        labelled: done(&report.done.labelled),
        unclassified: report.done.unclassified.into(),
    };
    let services = report.done.services.iter().map(|(id, tally)| (*id, done(tally)));
    let name = |id: ServiceId| site.service_by_id(id).map_or("", |service| service.slug.as_str());
    keeper.counters.page(&page, Hour::of(Deciseconds::now()), services, name);
}

fn done(tally: &Tally) -> Done {
    Done {
        neutralised: tally.neutralised.into(),
        activated: tally.activated.into(),
        guarded: tally.guarded.into(),
        allowed: tally.allowed.into(),
    }
}

/// Writes what was counted, then sleeps. What comes after the end was told is for [`finish`].
pub(super) struct Effects(pub(super) Arc<Shared>);

#[async_trait]
impl BackgroundService for Effects {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        let (Some(keeper), Some(store)) = (&self.0.effects, self.0.collect.store.effects()) else { return };
        let mut is_failing = false;
        while tokio::time::timeout(EVERY, shutdown.changed()).await.is_err() {
            let done = keeper.keep(store, Deciseconds::now()).await;
            match &done {
                Err(error) if !is_failing => {
                    log::error!("what the rewriting did is not written, and is tried again each minute: {error}");
                }
                Ok(()) if is_failing => log::info!("what the rewriting did is written again"),
                _ => {}
            }
            is_failing = done.is_err();
            self.0.metrics.effects(keeper.waiting(), keeper.lost());
        }
    }
}

/// Writes the last of it, when nothing is being answered any more.
pub(super) async fn finish(shared: &Shared) {
    let (Some(keeper), Some(store)) = (&shared.effects, shared.collect.store.effects()) else { return };
    let trying = async {
        for _ in 0..LAST_TRIES {
            match keeper.keep(store, Deciseconds::now()).await {
                Err(error) if error.is_passing() => tokio::time::sleep(LAST_PATIENCE / (2 * LAST_TRIES)).await,
                done => return done,
            }
        }
        keeper.keep(store, Deciseconds::now()).await
    };
    match tokio::time::timeout(LAST_PATIENCE, trying).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error!("the last of what the rewriting did is lost: {error}"),
        Err(_) => log::error!("the last of what the rewriting did is lost: the store does not answer"),
    }
}
