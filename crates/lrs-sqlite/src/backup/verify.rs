//! Reads a backup back: every file is there, has its digest, and the databases are sound and hold what the manifest counts.

use std::path::Path;

use super::copy::{Counts, Meter, count_content, for_each_attachment, hash_file, open_copy};
use super::{BackupError, BackupFile, BackupLrs, Manifest, Progress, read_manifest};
use crate::attachments::attachment_path;
use crate::registry::folder::LRS_FOLDER;

/// Checks a whole backup, and returns its manifest when all is well. Changes nothing.
///
/// # Errors
/// Those of [`read_manifest`]; `Damaged` for the first file that is missing, or is not what the manifest says; `File`
/// or `Database` when one cannot be read.
pub fn verify_backup(backup: &Path, progress: Progress<'_>) -> Result<Manifest, BackupError> {
    let manifest = read_manifest(backup)?;
    let total = manifest.control.iter().map(|file| file.size_bytes).sum::<u64>()
        + manifest.lrss.iter().map(|lrs| lrs.database.size_bytes + lrs.attachment_bytes).sum::<u64>();
    let mut meter = Meter::new(progress, total);
    if let Some(control) = &manifest.control {
        verify_database(backup, control, &mut meter)?;
    }
    for lrs in &manifest.lrss {
        verify_lrs(backup, lrs, &mut meter)?;
    }
    meter.finish();
    Ok(manifest)
}

fn damaged(path: &Path, reason: String) -> BackupError {
    BackupError::Damaged { path: path.to_owned(), reason }
}

fn verify_file(path: &Path, size_bytes: u64, sha256: &str, meter: &mut Meter<'_>) -> Result<(), BackupError> {
    let hashed = hash_file(path, |bytes| meter.add(bytes));
    let (found_bytes, found) = hashed.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => damaged(path, "the file is missing".to_owned()),
        _ => BackupError::file("read", path)(error),
    })?;
    if found_bytes != size_bytes {
        return Err(damaged(path, format!("it has {found_bytes} bytes instead of {size_bytes}")));
    }
    if found != sha256 {
        return Err(damaged(path, format!("its SHA-256 is {found} instead of {sha256}")));
    }
    Ok(())
}

fn verify_database(backup: &Path, file: &BackupFile, meter: &mut Meter<'_>) -> Result<(), BackupError> {
    let path = backup.join(&file.path);
    verify_file(&path, file.size_bytes, &file.sha256, meter)?;
    // The copy may be a true one of a damaged original.
    let check = || open_copy(&path)?.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match check() {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(verdict) => Err(damaged(&path, verdict)),
        Err(error) => Err(damaged(&path, error.to_string())),
    }
}

fn verify_lrs(backup: &Path, lrs: &BackupLrs, meter: &mut Meter<'_>) -> Result<(), BackupError> {
    verify_database(backup, &lrs.database, meter)?;
    let database = backup.join(&lrs.database.path);
    let found = count_content(&database).map_err(BackupError::database("read", &database))?;
    let expected = Counts {
        statements: lrs.statements,
        documents: lrs.documents,
        attachments: lrs.attachments,
        attachment_bytes: lrs.attachment_bytes,
    };
    if found != expected {
        return Err(damaged(&database, format!("it holds {found:?}, the manifest says {expected:?}")));
    }
    let attachments = backup.join(LRS_FOLDER).join(format!("{}.attachments", lrs.name));
    for_each_attachment(&database, |sha256, size_bytes| {
        verify_file(&attachment_path(&attachments, sha256), size_bytes, sha256, meter)
    })
}
