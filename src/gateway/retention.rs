//! Proofs that are older than they are kept go, off the request threads: at start, and every hour.

use super::Shared;
use crate::collect::store::{CheckpointStore, EffectStore, StoreError};
use crate::config::Retention as Rules;
use crate::consent::Deciseconds;
use async_trait::async_trait;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(3_600);

/// Between two parts of a long cut: answers come first.
const BREATH: Duration = Duration::from_millis(50);

/// Cuts, then sleeps.
pub(super) struct Retention(pub(super) Arc<Shared>);

#[async_trait]
impl BackgroundService for Retention {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        let rules = &self.0.config.retention;
        let Some(store) = self.0.collect.store.checkpoints().filter(|_| rules.years > 0) else { return };
        if self.0.signer.is_none() {
            log::warn!("proofs are cut by age at checkpoints only, and [checkpoints] makes none: all are kept");
        }
        loop {
            tokio::select! {
                () = cut(store, self.0.collect.store.effects(), rules) => {}
                _ = shutdown.changed() => return,
            }
            if tokio::time::timeout(LOOK, shutdown.changed()).await.is_ok() {
                return;
            }
        }
    }
}

async fn cut(store: &dyn CheckpointStore, effects: Option<&dyn EffectStore>, rules: &Rules) {
    let before = before(rules, Deciseconds::now());
    if let Some(effects) = effects
        && let Err(error) = cut_effects(effects, before).await
    {
        log::error!("old sums of what the rewriting did are not cut, and it is tried again within the hour: {error}");
    }
    match cut_all(store, before).await {
        Ok(0) => {}
        Ok(records) => log::info!("{records} proofs were older than {} years and were cut off the chain", rules.years),
        Err(error) => log::error!("old proofs are not cut, and it is tried again within the hour: {error}"),
    }
}

async fn cut_all(store: &dyn CheckpointStore, before: Deciseconds) -> Result<u64, StoreError> {
    let mut records: u64 = 0;
    loop {
        match store.cut(before).await? {
            0 => return Ok(records),
            some => records = records.saturating_add(some),
        }
        tokio::time::sleep(BREATH).await;
    }
}

async fn cut_effects(store: &dyn EffectStore, before: Deciseconds) -> Result<(), StoreError> {
    while store.cut_effects(before).await? > 0 {
        tokio::time::sleep(BREATH).await;
    }
    Ok(())
}

/// What is older goes.
fn before(rules: &Rules, now: Deciseconds) -> Deciseconds {
    let quarters = u64::from(rules.years).saturating_mul(1_461);
    Deciseconds(now.0.saturating_sub(quarters.saturating_mul(Deciseconds::DAY) / 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_years_are_1826_days_and_a_quarter() {
        let now = Deciseconds(20_000 * Deciseconds::DAY);
        let then = before(&Rules::default(), now);
        assert_eq!(now.0 - then.0, 1_826 * Deciseconds::DAY + Deciseconds::DAY / 4);
        assert_eq!(before(&Rules { years: u32::MAX }, now), Deciseconds(0));
    }
}
