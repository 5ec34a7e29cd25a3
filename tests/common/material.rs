//! Material shared between projects (D20): where it is present a missing file fails, where it is absent a test says so.

use std::path::PathBuf;

/// The file or directory `name` of the shared material; `None`, with a line on standard error, when there is no shared
/// material at all.
pub fn shared(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os("CONSENTRY_SHARED").map(PathBuf::from);
    let root = named.clone().unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    if named.is_none() && !root.is_dir() {
        eprintln!("SKIPPED (no shared material): {name}");
        return None;
    }
    if !root.is_dir() {
        // The variable is set by `make` whether or not the directory is there.
        eprintln!("SKIPPED (no shared material): {name}");
        return None;
    }
    let path = root.join(name);
    assert!(path.exists(), "the shared material lacks {name}");
    Some(path)
}
