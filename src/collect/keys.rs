//! The keys that sign our cookie (D4), as a file: read where the configuration names one, made once beside the store
//! where it names none.
//!
//! One key of 32 bytes a line, hexadecimal; the first signs, all verify. Blank lines and lines from `#` on are skipped.
//! To rotate, put a new key on top and drop the old one after an answer's lifetime.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// One key.
pub type Key = [u8; 32];

/// Why there are no keys, and what the operator can do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file is not there or cannot be read.
    #[error("{}: the keys cannot be read ({error}); the gateway's user must be able to", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file cannot be made.
    #[error(
        "{}: no key file is there and none can be made ({error}); make the directory writable, or name a file under \
         [keys] in consentry.toml", path.display()
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A line is no key. The line itself is not shown: it may be a key with one letter wrong.
    #[error("{}:{line}: no key; each line is 64 hexadecimal digits (openssl rand -hex 32)", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// There is no key in it.
    #[error("{}: holds no key; each line is 64 hexadecimal digits (openssl rand -hex 32)", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The system gave no random bytes.
    #[error("no random bytes for a key: {0}")]
    Random(getrandom::Error),
}

/// Where the keys of a store are kept: `./consentry.sqlite` has `./consentry.keys`.
pub fn beside(store: &Path) -> PathBuf {
    store.with_extension("keys")
}

/// A key for a process that keeps nothing: answers given to it are no answers to the next one.
///
/// # Errors
/// [`KeyError::Random`].
pub fn fresh() -> Result<Key, KeyError> {
    let mut key = Key::default();
    getrandom::fill(&mut key).map_err(KeyError::Random)?;
    Ok(key)
}

/// Where the secret key of a store's checkpoints is kept: `./consentry.sqlite` has `./consentry.checkpoint-key`.
pub fn beside_for_checkpoints(store: &Path) -> PathBuf {
    store.with_extension("checkpoint-key")
}

/// What a made file says of itself.
const COOKIES: &str = "Signs the consent cookies. Without it every visitor is asked again.";
const CHECKPOINTS: &str = "Signs the checkpoints of the proofs. Whoever has it can sign another chain.";

/// Reads a key file.
///
/// # Errors
/// When it cannot be read, has a line that is no key, or holds none.
pub fn load(path: &Path) -> Result<Vec<Key>, KeyError> {
    let text = std::fs::read(path).map_err(|error| KeyError::Unreadable { path: path.to_owned(), error })?;
    warn_if_public(path);
    let mut keys = Vec::new();
    for (line, bytes) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let content = bytes.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii();
        if !content.is_empty() {
            keys.push(parse(content).ok_or_else(|| KeyError::Malformed { path: path.to_owned(), line })?);
        }
    }
    if keys.is_empty() { Err(KeyError::Empty { path: path.to_owned() }) } else { Ok(keys) }
}

/// Reads the key file, or makes one with a fresh key that only this user can read. Of several processes that start at
/// the same moment one makes it and all read the same.
///
/// # Errors
/// As [`load`], and when it cannot be made.
pub fn load_or_create(path: &Path) -> Result<Vec<Key>, KeyError> {
    load_or_make(path, COOKIES)
}

/// The same for the key of checkpoints, of which the first is taken.
///
/// # Errors
/// As [`load_or_create`].
pub fn for_checkpoints(path: &Path) -> Result<Key, KeyError> {
    let keys = load_or_make(path, CHECKPOINTS)?;
    keys.first().copied().ok_or_else(|| KeyError::Empty { path: path.to_owned() })
}

fn load_or_make(path: &Path, about: &str) -> Result<Vec<Key>, KeyError> {
    match load(path) {
        Err(KeyError::Unreadable { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            create(path, &fresh()?, about).map_err(|error| KeyError::Unwritable { path: path.to_owned(), error })?;
            load(path)
        }
        other => other,
    }
}

/// The whole file under its name at once, or nothing: it is written under another name and linked, which fails where
/// another process was faster, and that is as good.
fn create(path: &Path, key: &Key, about: &str) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let draft = PathBuf::from(draft);
    let done = write_private(&draft, key, about).and_then(|()| match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(|()| log::info!("{}: made a new key; keep a copy", path.display())),
    });
    let _ = std::fs::remove_file(&draft);
    done?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

fn write_private(path: &Path, key: &Key, about: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(file, "# {about}\n{digits}")?;
    file.sync_all()
}

fn parse(digits: &[u8]) -> Option<Key> {
    let mut key = Key::default();
    if digits.len() != key.len() * 2 {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(key)
}

/// A file that everybody can read is said, not refused: mounted secrets often are.
fn warn_if_public(path: &Path) {
    #[cfg(unix)]
    if let Ok(meta) = std::fs::metadata(path)
        && std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o007 != 0
    {
        log::warn!("{}: everybody on this machine can read the keys; chmod 600 it", path.display());
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_for_this_user() {
        let directory = tempfile::tempdir().unwrap();
        let path = beside(&directory.path().join("consentry.sqlite"));
        assert!(path.ends_with("consentry.keys"));
        let keys = load_or_create(&path).unwrap();
        assert_eq!(keys.len(), 1);
        assert_ne!(keys[0], Key::default());
        assert_eq!(load_or_create(&path).unwrap(), keys);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn the_first_line_signs_and_comments_are_skipped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        let (a, b) = ("ab".repeat(32), "0F".repeat(32));
        std::fs::write(&path, format!("# new\r\n{a}  # 2026\n\n  {b}\r\n")).unwrap();
        assert_eq!(load(&path).unwrap(), [[0xab; 32], [0x0f; 32]]);
    }

    #[test]
    fn what_is_no_key_is_named_by_its_line_and_not_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        for (text, line) in [("ab", 1), (&*format!("{}\nxyz", "ab".repeat(32)), 2), (&*"+1".repeat(32), 1)] {
            std::fs::write(&path, text).unwrap();
            let error = load(&path).unwrap_err();
            assert!(matches!(&error, KeyError::Malformed { line: l, .. } if *l == line), "{error}");
            assert!(!error.to_string().contains("xyz"));
        }
        std::fs::write(&path, "# nothing\n").unwrap();
        assert!(matches!(load(&path).unwrap_err(), KeyError::Empty { .. }));
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("gone/consentry.keys");
        let error = load_or_create(&path).unwrap_err();
        assert!(matches!(&error, KeyError::Unwritable { .. }) && error.to_string().contains("gone"), "{error}");
    }
}
