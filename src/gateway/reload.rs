//! Rule files that change while the gateway runs: watched, parsed and compiled off the request threads, put in force as
//! a whole or not at all (pitfall 103).
//!
//! The directory is looked at, not each file: an edit in place, a rename and a symlink swap (`..data` of a mounted
//! configuration) all change what a walk through it finds. A change is loaded once two looks in a row found the same.

use super::Shared;
use crate::policy::{RuleError, RuleErrors, RuleSet};
use async_trait::async_trait;
use pingora::server::ShutdownWatch;
use pingora::services::background::BackgroundService;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often the directory is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Where rules come from and where they go.
#[derive(Debug)]
pub struct Reloader {
    shared: Arc<Shared>,
    /// One load at a time: a slow one must not put an older set in force after a newer.
    loading: Mutex<()>,
}

impl Reloader {
    /// Without a rules directory these are the embedded rules, which never change.
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, loading: Mutex::new(()) }
    }

    /// Loads now, on this thread, for somebody, whose name goes to the audit log. `Ok` says which version is in force; `Err` why
    /// the old one stays.
    ///
    /// # Errors
    /// Every problem found, with file, line and key.
    pub fn reload(&self, who: &str) -> Result<String, String> {
        let done = self.load_now();
        let (Ok(detail) | Err(detail)) = &done;
        self.shared.audit.note(who, "load the rules", done.is_ok(), detail);
        done
    }

    fn load_now(&self) -> Result<String, String> {
        let Shared { rules: store, metrics, .. } = &*self.shared;
        let Some(directory) = &self.shared.config.rules else {
            return Ok(store.snapshot().version().to_owned());
        };
        let _one_at_a_time = self.loading.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let done = store.reload(self.load(directory));
        metrics.reloaded(done.is_ok());
        match done {
            Ok(version) => {
                log::info!("rules: version {version} of {} is in force", directory.display());
                Ok(version)
            }
            Err(errors) => {
                log::error!(
                    "rules: version {} stays in force; {} cannot be used:\n{errors}",
                    store.snapshot().version(),
                    directory.display()
                );
                Err(errors.to_string())
            }
        }
    }

    /// A set whose sites have no origin here would answer 502 to everybody: it is as bad as one that cannot be read.
    fn load(&self, directory: &Path) -> Result<RuleSet, RuleErrors> {
        let rules = RuleSet::load(directory)?;
        let file = directory.to_string_lossy().into_owned();
        match self.shared.origins.serve_all(&rules) {
            Ok(()) => Ok(rules),
            Err(problem) => Err(RuleErrors(vec![RuleError { file, problem, ..RuleError::default() }])),
        }
    }
}

/// Watches the directory and listens to SIGHUP.
#[derive(Debug)]
pub(super) struct Watch {
    /// Loads what changed.
    pub(super) reloader: Arc<Reloader>,
    /// What the directory held before the first set was read from it: what changed since is loaded.
    pub(super) before: Fingerprint,
}

#[async_trait]
impl BackgroundService for Watch {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => Some(hangup),
            Err(error) => {
                log::error!("SIGHUP will not reload the rules: {error}");
                None
            }
        };
        let mut in_force = self.before.clone();
        let mut before = in_force.clone();
        loop {
            let asked = tokio::select! {
                _ = shutdown.changed() => return,
                () = received(&mut hangup) => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let now = self.look().await;
            if asked || (now != in_force && now == before) {
                in_force.clone_from(&now);
                let reloader = Arc::clone(&self.reloader);
                let who = if asked { "SIGHUP" } else { "a change of the files" };
                // What went wrong is logged and kept for the admin listener.
                let _ = tokio::task::spawn_blocking(move || reloader.reload(who)).await;
            }
            before = now;
        }
    }
}

impl Watch {
    async fn look(&self) -> Fingerprint {
        let Some(directory) = self.reloader.shared.config.rules.clone() else {
            return Fingerprint::default();
        };
        tokio::task::spawn_blocking(move || fingerprint(&directory)).await.unwrap_or_default()
    }
}

/// SIGHUP ends a process that has no handler for it, and [`Watch`] has one only once the services run. The one that this
/// leaves stays for good, whatever becomes of the runtime it needs to be made.
pub(super) fn survive_hangup() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let installed = runtime.and_then(|runtime| runtime.block_on(async { signal(SignalKind::hangup()).map(drop) }));
    if let Err(error) = installed {
        log::error!("SIGHUP will end this process: {error}");
    }
}

async fn received(hangup: &mut Option<Signal>) {
    let told = match hangup {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if told.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Every file below a directory, with what changes when its content may have.
pub(super) type Fingerprint = BTreeMap<PathBuf, (PathBuf, u64, Option<SystemTime>)>;

pub(super) fn fingerprint(directory: &Path) -> Fingerprint {
    let mut found = Fingerprint::new();
    walk(directory, 0, &mut found);
    found
}

/// Follows symlinks, as the loader does; a depth bound ends a loop of them.
fn walk(directory: &Path, depth: usize, found: &mut Fingerprint) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let Ok(data) = std::fs::metadata(&path) else { continue };
        if data.is_dir() && depth < 4 {
            walk(&path, depth + 1, found);
        } else if data.is_file() {
            let real = std::fs::canonicalize(&path).unwrap_or_default();
            found.insert(path, (real, data.len(), data.modified().ok()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn p103_edits_renames_and_symlink_swaps_change_the_fingerprint() {
        let root = tempfile::tempdir().unwrap();
        let (one, two, rules) = (root.path().join("1"), root.path().join("2"), root.path().join("rules"));
        for dir in [&one, &two] {
            fs::create_dir(dir).unwrap();
            fs::write(dir.join("site.toml"), "format = 1").unwrap();
        }
        symlink(&one, &rules).unwrap();
        let first = fingerprint(&rules);
        assert_eq!(first.len(), 1);
        fs::remove_file(&rules).unwrap();
        symlink(&two, &rules).unwrap();
        let swapped = fingerprint(&rules);
        assert_ne!(first, swapped);
        fs::write(two.join("site.toml"), "format = 1 ").unwrap();
        let edited = fingerprint(&rules);
        assert_ne!(swapped, edited);
        fs::rename(two.join("site.toml"), two.join("shop.toml")).unwrap();
        assert_ne!(edited, fingerprint(&rules));
    }
}
