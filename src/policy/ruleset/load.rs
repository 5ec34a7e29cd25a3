//! Reads the files of a rules directory.

use crate::policy::file::{RuleError, RuleErrors, RuleFile};
use std::io;
use std::path::{Path, PathBuf};

/// Every rule file of the directory, sorted by path, so that the order of a directory means nothing.
pub(super) fn files(directory: &Path) -> Result<Vec<RuleFile>, RuleErrors> {
    let mut errors = RuleErrors::default();
    let mut files = Vec::new();
    if let Err(error) = directory.metadata() {
        errors.0.push(unreadable(directory, &error));
    }
    for (folder, ending) in [("catalogue", "toml"), ("sites", "toml"), ("lists", "txt")] {
        for path in files_of(&directory.join(folder), ending, &mut errors) {
            read(&path, &mut files, &mut errors);
        }
    }
    for name in ["regimes.toml", "numbers.lock"] {
        let file = directory.join(name);
        if file.exists() {
            read(&file, &mut files, &mut errors);
        }
    }
    if errors.0.is_empty() { Ok(files) } else { Err(errors) }
}

/// The files of a folder that end so; none when there is no such folder.
fn files_of(folder: &Path, ending: &str, errors: &mut RuleErrors) -> Vec<PathBuf> {
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                errors.0.push(unreadable(folder, &error));
            }
            return Vec::new();
        }
    };
    let mut paths: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| is_rule(path, ending)).collect();
    paths.sort();
    paths
}

/// Editors' backup and swap files begin with a dot or end otherwise.
fn is_rule(path: &Path, ending: &str) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    !hidden && path.extension().is_some_and(|e| e == ending)
}

fn read(path: &Path, files: &mut Vec<RuleFile>, errors: &mut RuleErrors) {
    match std::fs::read_to_string(path) {
        Ok(text) => files.push(RuleFile::new(path.to_string_lossy(), text)),
        Err(error) => errors.0.push(unreadable(path, &error)),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> RuleError {
    let file = path.to_string_lossy().into_owned();
    RuleError { file, problem: format!("cannot be read: {error}"), ..RuleError::default() }
}
