//! Backups: a data folder, or one LRS of it, copied while the server writes; checked; brought back.
//!
//! ```text
//! BACKUP/manifest.json                  what is in it; written last, so without it a backup is not complete
//! BACKUP/lyceum.db                      LRSs and keys; only of a whole data folder
//! BACKUP/lrs/NAME.db                    one LRS, as it was at one instant
//! BACKUP/lrs/NAME.attachments/ab/cdef…  every attachment that NAME.db names
//! ```
//! Everything here blocks, works on paths alone, and may run in another process than the server. A backup never changes
//! what it copies.

mod copy;
mod kept;
mod restore;
mod verify;

use std::path::{Path, PathBuf};

use lrs_store::{Clock, LrsName};
use serde::{Deserialize, Serialize};

pub(crate) use copy::{has_tables, hash_file, link_or_copy, open_source};
pub use kept::{FolderBackups, unpack_archive, write_archive};
pub use restore::{restore_folder, restore_lrs};
pub use verify::verify_backup;

use crate::registry::OpenError;
use crate::registry::folder::{DataFolder, make_folder, sync_folder};

/// The manifest's name in the backup.
pub(crate) const MANIFEST_FILE: &str = "manifest.json";
/// The layout that this release writes.
const FORMAT: u32 = 1;

/// Told as work goes on: bytes done, bytes in all (which may still grow).
pub type Progress<'a> = &'a dyn Fn(u64, u64);

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of the backup.
    pub format: u32,
    /// When the backup began, in UTC.
    pub created: String,
    /// The release that made it.
    pub lyceum: String,
    /// LRSs and keys; `None` in the backup of one LRS.
    pub control: Option<BackupFile>,
    /// The LRSs.
    pub lrss: Vec<BackupLrs>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFile {
    /// Relative to the backup.
    pub path: String,
    /// How many bytes.
    pub size_bytes: u64,
    /// Lower-case hexadecimal digits.
    pub sha256: String,
}

/// An LRS in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupLrs {
    /// Its name.
    pub name: String,
    /// Its database.
    pub database: BackupFile,
    /// How many statements, voided ones included.
    pub statements: u64,
    /// How many documents.
    pub documents: u64,
    /// How many attachments; each is a file whose name is its SHA-256.
    pub attachments: u64,
    /// How many bytes all attachments have.
    pub attachment_bytes: u64,
}

/// Why a backup was not made, is not good, or was not brought back. Every text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The destination holds something.
    #[error("{} is not empty: name a new or empty folder", .0.display())]
    NotEmpty(PathBuf),
    /// There is no such data folder.
    #[error("{} is not a Lyceum data folder (it has no lyceum.db): check --data", .0.display())]
    NoDataFolder(PathBuf),
    /// There is no manifest, or not one that this release understands.
    #[error("{} is not a complete Lyceum backup: {reason}", folder.display())]
    NotABackup {
        /// Which folder.
        folder: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The backup is not what its manifest says, or what it copies is damaged.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no such LRS, or there is no longer one.
    #[error("there is no LRS {name} in {}", folder.display())]
    NoSuchLrs {
        /// Which LRS.
        name: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The name is taken.
    #[error("there is an LRS {0} already: restore under another name, or delete that one first (lyceum lrs delete)")]
    LrsExists(LrsName),
    /// The data folder cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file could not be read or written.
    #[error("could not {operation} {}: check the disk's space and the permissions", path.display())]
    File {
        /// What was being done, as a verb.
        operation: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A database could not be read or written.
    #[error("could not {operation} {}", path.display())]
    Database {
        /// What was being done, as a verb.
        operation: &'static str,
        /// Which database.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rusqlite::Error,
    },
}

impl BackupError {
    pub(crate) fn file(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { operation, path, source }
    }

    fn database(operation: &'static str, path: &Path) -> impl FnOnce(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Database { operation, path, source }
    }
}

/// Copies a whole data folder, or one LRS of it, into `destination`, a new or empty folder. Runs beside a server or without
/// one. Every LRS is copied as it was at one instant; what is acknowledged before the call is in it.
///
/// Read it back with [`verify_backup`] afterwards: a disk that forgets is noticed then.
///
/// # Errors
/// `NoDataFolder`, or `NoSuchLrs` for `only`; `NotEmpty` for a destination that holds something; `Damaged` when what is
/// to be copied is; `File` or `Database` when something cannot be read or written.
pub fn make_backup(
    data: &Path,
    only: Option<&LrsName>,
    destination: &Path,
    clock: &dyn Clock,
    progress: Progress<'_>,
) -> Result<Manifest, BackupError> {
    let folder = DataFolder::at(data);
    if !folder.control().is_file() {
        return Err(BackupError::NoDataFolder(data.to_owned()));
    }
    let copy = DataFolder::at(destination);
    prepare_destination(destination)?;
    make_folder(&copy.lrs_folder()).map_err(BackupError::file("make", &copy.lrs_folder()))?;
    let mut manifest = Manifest {
        format: FORMAT,
        created: clock.now().to_string(),
        lyceum: env!("CARGO_PKG_VERSION").to_owned(),
        control: None,
        lrss: Vec::new(),
    };
    let names = copy::list_lrss(&folder.control())?;
    let wanted: Vec<LrsName> = names.into_iter().filter(|name| only.is_none_or(|only| only == name)).collect();
    if let (Some(only), true) = (only, wanted.is_empty()) {
        return Err(BackupError::NoSuchLrs { name: only.to_string(), folder: data.to_owned() });
    }
    let mut meter = copy::Meter::new(progress, copy::estimate_bytes(&folder, &wanted)?);
    for name in &wanted {
        manifest.lrss.push(copy::copy_lrs(&folder, &copy, name, &mut meter)?);
    }
    if only.is_none() {
        // Last, so that it cannot name an LRS that is not here; one that was created meanwhile is left out of it.
        copy::copy_database(&folder.control(), &copy.control(), &mut meter)?;
        copy::keep_only(&copy.control(), &wanted)?;
        manifest.control = Some(copy::describe_file(destination, &copy.control())?);
    }
    copy::sync_tree(destination)?;
    write_manifest(destination, &manifest)?;
    meter.finish();
    Ok(manifest)
}

/// Makes the folder, or finds it empty.
fn prepare_destination(destination: &Path) -> Result<(), BackupError> {
    make_folder(destination).map_err(BackupError::file("make", destination))?;
    let mut entries = std::fs::read_dir(destination).map_err(BackupError::file("read", destination))?;
    if entries.next().is_some() { Err(BackupError::NotEmpty(destination.to_owned())) } else { Ok(()) }
}

fn write_manifest(destination: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let path = destination.join(MANIFEST_FILE);
    let partial = destination.join("manifest.json.partial");
    let mut text = serde_json::to_vec_pretty(manifest).expect("a manifest has texts and numbers only");
    text.push(b'\n');
    copy::write_file(&partial, &text)?;
    std::fs::rename(&partial, &path).map_err(BackupError::file("write", &path))?;
    sync_folder(destination).map_err(BackupError::file("write", destination))
}

/// Reads the manifest of a backup, without looking at what it describes.
///
/// # Errors
/// `NotABackup` when there is none, it cannot be understood, or it names files outside; `File` when it cannot be read.
pub fn read_manifest(backup: &Path) -> Result<Manifest, BackupError> {
    let refused = |reason: String| BackupError::NotABackup { folder: backup.to_owned(), reason };
    let path = backup.join(MANIFEST_FILE);
    let text = std::fs::read(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => refused(format!("it has no {MANIFEST_FILE}")),
        _ => BackupError::file("read", &path)(error),
    })?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|error| refused(format!("its {MANIFEST_FILE} cannot be read: {error}")))?;
    if manifest.format != FORMAT {
        let reason = format!("its format is {}, this release reads {FORMAT}: use a newer Lyceum", manifest.format);
        return Err(refused(reason));
    }
    let files = manifest.control.iter().chain(manifest.lrss.iter().map(|lrs| &lrs.database));
    if let Some(outside) = files.map(|file| &file.path).find(|path| !is_inside(Path::new(path))) {
        return Err(refused(format!("its {MANIFEST_FILE} names a file outside of it: {outside}")));
    }
    Ok(manifest)
}

/// Whether a path can only lead further into a folder.
fn is_inside(path: &Path) -> bool {
    path.components().all(|component| matches!(component, std::path::Component::Normal(_)))
}
