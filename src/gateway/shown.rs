//! How often forms of the widget were shown: counted by `collect::shown`, written each minute and at the end, off the request threads.

use super::Shared;
use async_trait::async_trait;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;
use std::sync::Arc;
use std::time::Duration;

/// Between two times. Less than the two minutes after which a day is counted.
const EVERY: Duration = Duration::from_secs(60);

/// How long the last time may take.
const LAST_PATIENCE: Duration = Duration::from_secs(4);

/// Writes what was counted, then sleeps. What comes after the end was told is for [`finish`].
pub(super) struct Showings(pub(super) Arc<Shared>);

#[async_trait]
impl BackgroundService for Showings {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        let Some(store) = self.0.collect.store.daily() else { return };
        let mut is_failing = false;
        while tokio::time::timeout(EVERY, shutdown.changed()).await.is_err() {
            let done = self.0.collect.shown.keep(store).await;
            match &done {
                Err(error) if !is_failing => {
                    log::error!(
                        "how often the widget was shown is not written, and is tried again each minute: {error}"
                    );
                }
                Ok(()) if is_failing => log::info!("how often the widget was shown is written again"),
                _ => {}
            }
            is_failing = done.is_err();
        }
    }
}

/// Writes the last of it, when nothing is being answered any more.
pub(super) async fn finish(shared: &Shared) {
    let Some(store) = shared.collect.store.daily() else { return };
    match tokio::time::timeout(LAST_PATIENCE, shared.collect.shown.keep(store)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::error!("the last of how often the widget was shown is lost: {error}"),
        Err(_) => log::error!("the last of how often the widget was shown is lost: the store does not answer"),
    }
}
