//! The data folder: where everything lies, who may read it, and why it cannot be opened.
//!
//! ```text
//! DIR/lyceum.db                 LRSs and keys
//! DIR/lyceum.lock               who has the folder; see `lock.rs`
//! DIR/backups/NAME/             a backup that the server made; see `backup/kept.rs`
//! DIR/lrs/NAME.db               one LRS
//! DIR/lrs/NAME.attachments/     its attachments
//! DIR/lrs/NAME.views.db         what follows its log; can be made again
//! ```
//! Folders and files are made for their owner alone.

use std::fs::{DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use lrs_store::LrsName;

use crate::lock::{Holder, LOCK_FILE, LockError};

/// The control database's name in the data folder.
pub(crate) const CONTROL_FILE: &str = "lyceum.db";
/// The folder of the LRSs in the data folder.
pub(crate) const LRS_FOLDER: &str = "lrs";

/// Why a data folder could not be opened. Every text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "the data folder {} is in use by {holder}: stop that process first, or choose another folder (--data)",
        folder.display()
    )]
    Locked {
        /// Which folder.
        folder: PathBuf,
        /// By whom.
        holder: Holder,
    },
    /// This user may not read or write there, or nobody may (read-only file system).
    #[error(
        "no permission for {}: run as the user who owns the data folder, or give it to this user (chown), and check that \
         the disk is not mounted read-only",
        path.display()
    )]
    Permission {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A later release changed the files.
    #[error(
        "{} was made by a newer Lyceum (its schema is {found}, this one knows up to {known}): upgrade Lyceum, or restore a \
         backup of the older release",
        path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest that this release knows.
        known: i64,
    },
    /// There are files, but not Lyceum's.
    #[error(
        "{} is not a Lyceum data folder: {reason}; choose an empty or new folder (--data)",
        folder.display()
    )]
    NotADataFolder {
        /// Which folder.
        folder: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The control database is damaged.
    #[error("{} is damaged ({reason}): restore it from a backup (lyceum restore)", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What `SQLite` said.
        reason: String,
    },
    /// Anything else.
    #[error("could not open {}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    /// What an error of the file system at `path` means.
    pub(crate) fn from_io(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Self::Permission { path, source: Box::new(source) }
            }
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
                Self::NotADataFolder { folder: path, reason: "it is a file, not a folder".to_owned() }
            }
            _ => Self::Io { path, source: Box::new(source) },
        }
    }

    /// What an error of `SQLite` at `path` means.
    pub(crate) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let owned = path.to_owned();
        match source.sqlite_error_code() {
            Some(Code::NotADatabase) => Self::NotADataFolder {
                folder: path.parent().unwrap_or(path).to_owned(),
                reason: format!("its {CONTROL_FILE} is not a database"),
            },
            Some(Code::DatabaseCorrupt) => Self::Damaged { path: owned, reason: source.to_string() },
            Some(Code::ReadOnly | Code::PermissionDenied | Code::CannotOpen) => {
                Self::Permission { path: owned, source: Box::new(source) }
            }
            _ => Self::Io { path: owned, source: Box::new(source) },
        }
    }

    /// What a lock that was not had means.
    pub(crate) fn from_lock(folder: &Path, error: LockError) -> Self {
        match error {
            LockError::Held(holder) => Self::Locked { folder: folder.to_owned(), holder },
            LockError::Io(path, source) => Self::from_io(&path, source),
        }
    }
}

/// The paths of a data folder.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder {
    root: PathBuf,
}

impl DataFolder {
    /// Opens a folder, making it when it is missing. Refuses a folder with other things in it.
    pub(crate) fn prepare(root: &Path) -> Result<Self, OpenError> {
        let folder = Self { root: root.to_owned() };
        make_folder(root).map_err(|error| OpenError::from_io(root, error))?;
        if !folder.control().exists() {
            refuse_foreign(root)?;
        }
        let lrss = folder.lrs_folder();
        make_folder(&lrss).map_err(|error| OpenError::from_io(&lrss, error))?;
        make_file(&folder.control()).map_err(|error| OpenError::from_io(&folder.control(), error))?;
        Ok(folder)
    }

    /// The folder as it is, without touching it.
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn control(&self) -> PathBuf {
        self.root.join(CONTROL_FILE)
    }

    pub(crate) fn lrs_folder(&self) -> PathBuf {
        self.root.join(LRS_FOLDER)
    }

    /// The database of an LRS.
    pub(crate) fn database(&self, name: &LrsName) -> PathBuf {
        self.lrs_folder().join(format!("{name}.db"))
    }

    /// The attachments of an LRS.
    pub(crate) fn attachments(&self, name: &LrsName) -> PathBuf {
        self.lrs_folder().join(format!("{name}.attachments"))
    }

    /// Removes every file of an LRS; fine when there is none. The database goes last, so that a half removal is found again.
    pub(crate) fn remove_lrs(&self, name: &LrsName) -> std::io::Result<()> {
        let absent = |error: std::io::Error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) };
        std::fs::remove_dir_all(self.attachments(name)).or_else(absent)?;
        crate::views::remove(&crate::views::views_path(&self.database(name)))?;
        for suffix in ["db-wal", "db-shm", "db"] {
            std::fs::remove_file(self.lrs_folder().join(format!("{name}.{suffix}"))).or_else(absent)?;
        }
        sync_folder(&self.lrs_folder())
    }
}

/// Makes a folder, and those above it, for its owner alone; fine when it exists.
pub(crate) fn make_folder(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes an empty file for its owner alone; fine when it exists.
pub(crate) fn make_file(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path).map(drop)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}

fn refuse_foreign(root: &Path) -> Result<(), OpenError> {
    let entries = std::fs::read_dir(root).map_err(|error| OpenError::from_io(root, error))?;
    for entry in entries {
        let name = entry.map_err(|error| OpenError::from_io(root, error))?.file_name();
        // A fresh disk has `lost+found`; our own first steps may have been cut short.
        if ![LRS_FOLDER, LOCK_FILE, "lost+found"].iter().any(|own| name == *own) {
            let reason = format!("it has no {CONTROL_FILE}, but other files such as {}", name.display());
            return Err(OpenError::NotADataFolder { folder: root.to_owned(), reason });
        }
    }
    Ok(())
}
