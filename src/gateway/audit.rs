//! Who changed what and when, for the operator: rules loaded and refused, the cache emptied, somebody logged in. Kept in a file of JSON Lines
//! beside the store, which is begun anew when it is long, with the one before as `….1`; the last entries are in memory too.

use crate::collect::proof::Stamp;
use crate::config::{Config, Store};
use crate::consent::Deciseconds;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The most entries in memory.
const RECENT: usize = 200;

/// How long the file may be, in bytes.
const LONG: u64 = 1 << 20;

/// The most of a detail that is kept, in bytes: the errors of a thousand files are in the log.
const DETAIL_MOST: usize = 4 << 10;

/// One thing that was done, or was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When.
    pub at: Stamp,
    /// Who: a role with its address, `SIGHUP`, the watcher of files.
    pub who: String,
    /// What was asked for.
    pub what: String,
    /// Whether it was done.
    pub is_done: bool,
    /// The version in force, or every problem.
    pub detail: String,
}

/// The log.
#[derive(Debug, Default)]
pub struct Audit {
    file: Option<PathBuf>,
    recent: Mutex<VecDeque<Entry>>,
}

impl Audit {
    /// The file that the configuration names, else one beside the store; memory alone where nothing is kept.
    pub fn of(config: &Config) -> Self {
        let beside = match &config.store {
            Store::Sqlite(path) | Store::Postgres { spool: path, .. } => Some(path.with_extension("audit.jsonl")),
            Store::Off => None,
        };
        Self::at(config.admin.audit_file.clone().or(beside))
    }

    /// With what the file holds.
    fn at(file: Option<PathBuf>) -> Self {
        let text = file.as_deref().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
        let lines = text.lines().rev().take(RECENT).filter_map(|line| serde_json::from_str(line).ok());
        let recent: VecDeque<Entry> = lines.collect::<Vec<_>>().into_iter().rev().collect();
        Self { file, recent: Mutex::new(recent) }
    }

    /// Notes what was done. A file that cannot be written is said in the log, and nothing waits for it.
    pub fn note(&self, who: &str, what: &str, is_done: bool, detail: &str) {
        let end = detail.floor_char_boundary(DETAIL_MOST);
        let detail = detail.get(..end).unwrap_or_default().to_owned();
        let at = Stamp(Deciseconds::now());
        let entry = Entry { at, who: who.to_owned(), what: what.to_owned(), is_done, detail };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &self.file
            && let Err(error) = append(file, &entry)
        {
            log::warn!("{}: the audit log cannot be written: {error}", file.display());
        }
        if recent.len() >= RECENT {
            recent.pop_front();
        }
        recent.push_back(entry);
    }

    /// The last entries, the newest first.
    pub fn recent(&self) -> Vec<Entry> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }
}

fn append(path: &Path, entry: &Entry) -> io::Result<()> {
    let mut file = open(path)?;
    if file.metadata()?.len() > LONG {
        let mut before = path.as_os_str().to_owned();
        before.push(".1");
        std::fs::rename(path, before)?;
        file = open(path)?;
    }
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    file.write_all(&line)
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_outlive_a_restart_and_the_file_is_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("consentry.audit.jsonl");
        let audit = Audit::at(Some(file.clone()));
        assert!(audit.recent().is_empty());
        audit.note("operator at 127.0.0.1", "reload", false, "sites/a.toml:3: unknown key\nand more");
        for n in 0..400 {
            audit.note("SIGHUP", "reload", true, &format!("{n} {}", "é".repeat(DETAIL_MOST)));
        }
        let size = |name: &str| std::fs::metadata(directory.path().join(name)).unwrap().len();
        assert!(size("consentry.audit.jsonl") < LONG + 16_384 && size("consentry.audit.jsonl.1") > LONG);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
        let again = Audit::at(Some(file));
        assert_eq!(again.recent().first(), audit.recent().first());
        assert_eq!(audit.recent().len(), RECENT);
    }

    #[test]
    fn without_a_file_or_a_directory_the_entries_are_in_memory() {
        for audit in [Audit::at(None), Audit::at(Some(PathBuf::from("/nowhere/at/all/audit.jsonl")))] {
            audit.note("SIGHUP", "reload", true, "9f");
            assert_eq!(audit.recent().len(), 1);
        }
    }
}
