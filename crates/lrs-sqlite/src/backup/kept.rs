//! The backups that a server keeps in its data folder, and their form as one file (tar), to be taken elsewhere.
//!
//! ```text
//! DATA/backups/NAME/            one backup; it is whole and was read back, else it would not have this name
//! DATA/backups/NAME.partial/    one that is being made, or what a crash left of it
//! ```
//! Attachments are links within the disk, so a kept backup costs the size of the databases.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lrs_store::{BackupName, Backups, Clock, KeptBackup};

use super::{BackupError, MANIFEST_FILE, Manifest, is_inside, make_backup, read_manifest, verify_backup};
use crate::registry::folder::{make_folder, sync_folder};

/// The folder in the data folder.
const BACKUPS_FOLDER: &str = "backups";
/// What a backup that does not count yet has behind its name; no name holds a dot.
const PARTIAL: &str = "partial";

/// The backups that a server keeps of its data folder.
pub struct FolderBackups {
    data: PathBuf,
    kept_max: usize,
    clock: Arc<dyn Clock>,
    /// Held while one is made.
    making: Mutex<()>,
}

impl FolderBackups {
    /// Those of a data folder, of which `kept_max` are kept, at least one.
    #[must_use]
    pub fn new(data: PathBuf, kept_max: usize, clock: Arc<dyn Clock>) -> Self {
        Self { data, kept_max: kept_max.max(1), clock, making: Mutex::new(()) }
    }

    fn folder(&self) -> PathBuf {
        self.data.join(BACKUPS_FOLDER)
    }

    /// The folder of a backup that counts.
    fn find(&self, name: &BackupName) -> io::Result<PathBuf> {
        let folder = self.folder().join(name.as_str());
        if folder.join(MANIFEST_FILE).is_file() { Ok(folder) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// The subfolders, in no order.
    fn subfolders(&self) -> io::Result<Vec<PathBuf>> {
        match std::fs::read_dir(self.folder()) {
            Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn make_partial(&self, partial: &Path, progress: &dyn Fn(u64, u64)) -> Result<Manifest, BackupError> {
        make_backup(&self.data, None, partial, self.clock.as_ref(), &|done, total| progress(done, total * 2))?;
        verify_backup(partial, &|done, total| progress(total + done, total * 2))
    }
}

impl Backups for FolderBackups {
    fn make(&self, progress: &dyn Fn(u64, u64)) -> io::Result<KeptBackup> {
        let _alone = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        make_folder(&self.folder())?;
        for left_over in self.subfolders()?.iter().filter(|path| path.extension().is_some_and(|it| it == PARTIAL)) {
            std::fs::remove_dir_all(left_over)?;
        }
        // An instant without what no name may hold; the clock gives no instant twice.
        let now = self.clock.now().to_string();
        let name: String = now.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let name = BackupName::parse(&name).ok_or_else(|| io::Error::other("the clock gives no name"))?;
        let folder = self.folder().join(name.as_str());
        let partial = folder.with_extension(PARTIAL);
        let manifest = match self.make_partial(&partial, progress) {
            Ok(manifest) => manifest,
            Err(error) => {
                // The first error says more than that its rest could not be removed; the next backup tries again.
                let _removed = std::fs::remove_dir_all(&partial);
                return Err(io::Error::other(error));
            }
        };
        std::fs::rename(&partial, &folder)?;
        sync_folder(&self.folder())?;
        for old in self.list()?.into_iter().skip(self.kept_max) {
            self.delete(&old.name)?;
        }
        Ok(describe(name, &manifest))
    }

    fn list(&self) -> io::Result<Vec<KeptBackup>> {
        let mut kept = Vec::new();
        for folder in self.subfolders()? {
            let name = folder.file_name().and_then(|name| name.to_str()).and_then(BackupName::parse);
            let Some(name) = name else { continue };
            match read_manifest(&folder) {
                Ok(manifest) => kept.push(describe(name, &manifest)),
                // One that is being deleted has no manifest any more.
                Err(_) if !folder.join(MANIFEST_FILE).exists() => {}
                Err(error) => tracing::warn!(%error, "a backup cannot be used"),
            }
        }
        kept.sort_by(|one, other| (&other.created, &other.name).cmp(&(&one.created, &one.name)));
        Ok(kept)
    }

    fn kept_max(&self) -> usize {
        self.kept_max
    }

    fn write_archive(&self, name: &BackupName, to: &mut dyn Write) -> io::Result<()> {
        write_archive(&self.find(name)?, to)
    }

    fn delete(&self, name: &BackupName) -> io::Result<()> {
        let folder = self.find(name)?;
        // Without its manifest it does not count: a crash from here on leaves nothing that looks like a backup.
        std::fs::remove_file(folder.join(MANIFEST_FILE))?;
        let partial = folder.with_extension(PARTIAL);
        std::fs::rename(&folder, &partial)?;
        std::fs::remove_dir_all(partial)
    }
}

fn describe(name: BackupName, manifest: &Manifest) -> KeptBackup {
    let control = manifest.control.as_ref().map_or(0, |file| file.size_bytes);
    let sizes = manifest.lrss.iter().map(|lrs| lrs.database.size_bytes + lrs.attachment_bytes);
    KeptBackup {
        name,
        created: manifest.created.clone(),
        size_bytes: control + sizes.sum::<u64>(),
        lrss: manifest.lrss.len() as u64,
        statements: manifest.lrss.iter().map(|lrs| lrs.statements).sum(),
    }
}

/// Writes the files of a backup as a tar archive. The manifest comes last: an archive that was cut off has none.
///
/// # Errors
/// Those of reading the files, and of `to`.
pub fn write_archive(backup: &Path, to: &mut dyn Write) -> io::Result<()> {
    let mut archive = tar::Builder::new(to);
    archive.mode(tar::HeaderMode::Deterministic);
    archive.follow_symlinks(false);
    append_files(&mut archive, backup, Path::new(""))?;
    archive.append_path_with_name(backup.join(MANIFEST_FILE), MANIFEST_FILE)?;
    archive.finish()
}

/// Appends all files but the manifest. A backup is three folders deep.
fn append_files(archive: &mut tar::Builder<&mut dyn Write>, root: &Path, inside: &Path) -> io::Result<()> {
    let mut names = std::fs::read_dir(root.join(inside))?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    for name in names {
        let path = inside.join(name);
        let full = root.join(&path);
        if full.is_dir() {
            append_files(archive, root, &path)?;
        } else if path != Path::new(MANIFEST_FILE) {
            archive.append_path_with_name(full, path)?;
        }
    }
    Ok(())
}

/// Unpacks such an archive into a folder that exists, to be restored from there. Only plain files with plain paths are taken.
///
/// # Errors
/// `NotABackup` when it is no such archive, was cut off, or holds anything else; `File` when a file cannot be written.
pub fn unpack_archive(archive: &Path, folder: &Path) -> Result<(), BackupError> {
    let refused = |reason: String| BackupError::NotABackup { folder: archive.to_owned(), reason };
    let not_tar = |error: io::Error| refused(format!("it cannot be read as a tar archive: {error}"));
    let file = File::open(archive).map_err(BackupError::file("read", archive))?;
    let mut reader = tar::Archive::new(io::BufReader::new(file));
    for entry in reader.entries().map_err(not_tar)? {
        let mut entry = entry.map_err(not_tar)?;
        let path = entry.path().map_err(not_tar)?.into_owned();
        if !entry.header().entry_type().is_file() || !is_inside(&path) {
            return Err(refused(format!("it holds {}, which belongs to no backup", path.display())));
        }
        unpack_file(&mut entry, &folder.join(&path))?;
    }
    Ok(())
}

fn unpack_file(entry: &mut impl Read, path: &Path) -> Result<(), BackupError> {
    if let Some(parent) = path.parent() {
        make_folder(parent).map_err(BackupError::file("make", parent))?;
    }
    let mut file = super::copy::create_file(path)?;
    io::copy(entry, &mut file).map_err(BackupError::file("write", path))?;
    Ok(())
}
