//! Material shared between projects (D20): where it is present a missing file fails, where it is absent a test says so.

use std::path::{Path, PathBuf};

/// The file or directory `name` of the shared material; `None`, with a line on standard error, when there is no shared
/// material at all.
pub fn shared(name: &str) -> Option<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    // As `make` writes it, which sets the variable whether or not anything is there.
    let usual = package.parent().unwrap_or(package).join("shared");
    let root = std::env::var_os("CONSENTRY_SHARED").map_or_else(|| usual.clone(), PathBuf::from);
    if !root.is_dir() {
        assert!(root == usual, "CONSENTRY_SHARED is {}, where nothing is", root.display());
        eprintln!("SKIPPED (no shared material): {name}");
        return None;
    }
    let path = root.join(name);
    assert!(path.exists(), "the shared material lacks {name}");
    Some(path)
}
