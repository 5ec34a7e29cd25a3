//! Signs the chain of proofs every so many records or minutes, off the request threads.

use super::{Shared, post};
use crate::collect::checkpoint::{Checkpoint, Signer};
use crate::collect::store::{CheckpointStore, ProofStore, StoreError};
use crate::config::Checkpoints as Rules;
use crate::consent::Deciseconds;
use async_trait::async_trait;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use url::Url;

/// How often is looked whether a checkpoint is due.
const LOOK: Duration = Duration::from_secs(1);

/// How long the end waits for the last one to be taken.
const LAST: Duration = Duration::from_secs(5);

/// Makes them until the end, and one at the end.
pub(super) struct Checkpoints(pub(super) Arc<Shared>);

#[async_trait]
impl BackgroundService for Checkpoints {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        let shared = &*self.0;
        let (Some(store), Some(signer)) = (shared.collect.store.checkpoints(), &shared.signer) else { return };
        log::info!("checkpoints of the proofs are signed with the key {}", signer.public());
        let rules = &shared.config.checkpoints;
        let post = rules.url.clone().map(Post::begin);
        // The one before the start may not have been taken; twice the same does no harm.
        if let (Some(post), Ok(Some(last))) = (&post, store.last_checkpoint().await) {
            post.send(&last);
        }
        let mut is_failing = false;
        loop {
            let is_ending = tokio::time::timeout(LOOK, shutdown.changed()).await.is_ok();
            let done = look(store, &*shared.collect.store, signer, rules, Deciseconds::now(), is_ending).await;
            match (&done, &post) {
                (Err(error), _) if !is_failing => {
                    log::error!("no checkpoint can be made, and it is tried again every second: {error}");
                }
                (Ok(Some(made)), Some(post)) => post.send(made),
                _ => {}
            }
            is_failing = done.is_err();
            if is_ending {
                if let Some(post) = post {
                    post.end().await;
                }
                return;
            }
        }
    }
}

/// The task that sends checkpoints to somebody's address.
struct Post {
    lines: mpsc::Sender<String>,
    task: JoinHandle<()>,
}

impl Post {
    fn begin(url: Url) -> Self {
        let (lines, queue) = mpsc::channel(post::QUEUE);
        Self { lines, task: tokio::spawn(post::run(url, queue)) }
    }

    fn send(&self, checkpoint: &Checkpoint) {
        if self.lines.try_send(checkpoint.line()).is_err() {
            log::warn!("a checkpoint is not sent: too many wait for whoever keeps them");
        }
    }

    /// The last one gets a moment.
    async fn end(self) {
        drop(self.lines);
        let _ = tokio::time::timeout(LAST, self.task).await;
    }
}

#[derive(Debug, thiserror::Error)]
enum CheckpointError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{}: {error}", path.display())]
    File { path: std::path::PathBuf, error: std::io::Error },
}

/// Makes one where it is due, and gives it. The file comes first: one that could not be written is due again the next time.
async fn look(
    store: &dyn CheckpointStore,
    proofs: &dyn ProofStore,
    signer: &Signer,
    rules: &Rules,
    now: Deciseconds,
    is_ending: bool,
) -> Result<Option<Checkpoint>, CheckpointError> {
    let Some(head) = proofs.health().await?.head else { return Ok(None) };
    let last = store.last_checkpoint().await?;
    let (seq, date) = last.as_ref().map_or((0, Deciseconds(0)), |last| (last.head.seq, last.date));
    if !is_due(head.seq.saturating_sub(seq), now.0.saturating_sub(date.0), rules, is_ending) {
        return Ok(None);
    }
    let checkpoint = signer.sign(head, now);
    if let Some(path) = &rules.file {
        append(path, &checkpoint).map_err(|error| CheckpointError::File { path: path.clone(), error })?;
    }
    store.keep_checkpoint(checkpoint.clone()).await?;
    Ok(Some(checkpoint))
}

/// `age` is in tenths of seconds.
fn is_due(records: u64, age: u64, rules: &Rules, is_ending: bool) -> bool {
    let enough = rules.every_records > 0 && records >= rules.every_records;
    let old = rules.every_minutes > 0 && age >= rules.every_minutes.saturating_mul(600);
    records > 0 && (enough || old || (is_ending && (rules.every_records > 0 || rules.every_minutes > 0)))
}

fn append(path: &std::path::Path, checkpoint: &Checkpoint) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(format!("{}\n", checkpoint.line()).as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_due_after_records_or_minutes_or_at_the_end_and_never_without_news() {
        let rules = Rules { every_records: 100, every_minutes: 2, ..Rules::default() };
        for (records, age, is_ending, expected) in [
            (0, 1_000_000, true, false),
            (1, 0, false, false),
            (99, 1_199, false, false),
            (100, 0, false, true),
            (1, 1_200, false, true),
            (1, 0, true, true),
        ] {
            assert_eq!(is_due(records, age, &rules, is_ending), expected, "{records} {age} {is_ending}");
        }
        let never = Rules { every_records: 0, every_minutes: 0, ..Rules::default() };
        assert!(!is_due(1_000_000, u64::MAX, &never, true));
    }
}
