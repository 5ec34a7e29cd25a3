//! Why a store cannot do what was asked, and what the operator can do.

use std::path::PathBuf;

/// Why a store cannot do what was asked, and what the operator can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The queue before the writer is full: more answers come than the disk takes.
    #[error("the proof store is overloaded: too many answers wait for the disk")]
    Overloaded,
    /// The writer has ended: the process is going down.
    #[error("the proof store is closed")]
    Closed,
    /// No space is left.
    #[error(
        "{}: the disk (or the quota) is full, so no proof can be kept and no answer is accepted; free some space, \
         the store goes on by itself", path.display()
    )]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// Another process holds the lock for longer than the busy timeout.
    #[error(
        "{}: the database is locked by another process; end it (a backup, a shell, an editor of databases), or name \
         another file with --store", path.display()
    )]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// The server of a database does not answer, or says that it cannot now.
    #[error("{place}: the database cannot be used now: {detail}")]
    Away {
        /// The database, without its password.
        place: String,
        /// What happened.
        detail: String,
    },
    /// The server of a database refuses for a reason that does not pass.
    #[error(
        "{place}: the database refuses: {detail}; check address, user, password, the database's name, and that the user \
         may make tables there"
    )]
    Refused {
        /// The database, without its password.
        place: String,
        /// What it said.
        detail: String,
    },
    /// The file or its directory cannot be written.
    #[error(
        "{}: the file or its directory cannot be written (the directory must be writable too, for the -wal and -shm \
         files); give the gateway's user write access, name another file with --store, or keep no proofs with --store \
         off", path.display()
    )]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// The file cannot be opened or made.
    #[error(
        "{}: cannot be opened or made ({detail}); check that the directory exists and that the gateway's user may \
         write there, or name another file with --store", path.display()
    )]
    CannotOpen {
        /// The database.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// It is no database, or it is damaged.
    #[error(
        "{}: is damaged or no proof store ({detail}); nothing was changed; move it away and restore a copy, or name \
         another file with --store", path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A newer version of the program made it.
    #[error(
        "{}: was made by a newer version of consentry (its schema has version {version}, which this one does not \
         know); use that version, or name another file with --store", path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The unknown schema version.
        version: i64,
    },
    /// Something else failed.
    #[error("{}: {detail}", path.display())]
    Failed {
        /// The database.
        path: PathBuf,
        /// What the database said.
        detail: String,
    },
}

impl StoreError {
    /// Whether another try in a few seconds can succeed without anybody's doing.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Overloaded | Self::Locked { .. } | Self::Away { .. })
    }
}
