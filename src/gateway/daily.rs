//! The built-in schedule of daily statistics: what is missing up to yesterday is computed at start and each day after
//! midnight UTC, off the request threads. No cron is needed; one that calls too changes nothing.

use super::Shared;
use crate::collect::daily::{Day, run};
use crate::collect::store::DailyStore;
use crate::consent::Deciseconds;
use async_trait::async_trait;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;
use std::sync::Arc;
use std::time::Duration;

/// A day is over this much later: an answer given at its end may still wait for the disk. In tenths of seconds.
const SETTLE: u64 = 1_200;

/// The longest sleep: after a failure, or when the machine slept, the next try is not a day away.
const AT_MOST: Duration = Duration::from_secs(3_600);

/// Computes what is missing, then sleeps.
pub(super) struct Daily(pub(super) Arc<Shared>);

#[async_trait]
impl BackgroundService for Daily {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        let Some(store) = self.0.collect.store.daily() else { return };
        loop {
            let now = Deciseconds::now();
            tokio::select! {
                () = compute(store, now) => {}
                _ = shutdown.changed() => return,
            }
            if tokio::time::timeout(until_next(now), shutdown.changed()).await.is_ok() {
                return;
            }
        }
    }
}

async fn compute(store: &dyn DailyStore, now: Deciseconds) {
    let Some(last) = Day::before(Deciseconds(now.0.saturating_sub(SETTLE))) else { return };
    match run::missing(store, last).await {
        Ok(days) if days.is_empty() => {}
        Ok(days) => log::info!("daily statistics: {} days computed, the last is {last}", days.len()),
        Err(error) => log::error!("daily statistics are not computed, and are tried again within the hour: {error}"),
    }
}

/// To the moment when the next day can be computed, and not longer than [`AT_MOST`].
fn until_next(now: Deciseconds) -> Duration {
    let into = now.0.saturating_sub(SETTLE) % Deciseconds::DAY;
    Duration::from_millis((Deciseconds::DAY - into) * 100).min(AT_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_wakes_when_a_day_has_settled_and_at_least_every_hour() {
        let midnight = 20_000 * Deciseconds::DAY;
        assert_eq!(until_next(Deciseconds(midnight)), Duration::from_secs(120));
        assert_eq!(until_next(Deciseconds(midnight + 1_199)), Duration::from_millis(100));
        assert_eq!(until_next(Deciseconds(midnight + 1_200)), AT_MOST);
        assert_eq!(until_next(Deciseconds(midnight - 6_000)), Duration::from_secs(720));
    }
}
