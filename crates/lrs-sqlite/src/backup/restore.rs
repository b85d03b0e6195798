//! Brings a backup back: a whole data folder into a new place, or one LRS into a data folder, beside a running server too.
//!
//! The backup is verified first. What is restored is a copy of its own, and counts only once it is complete and durable.

use std::path::Path;

use lrs_store::{Clock, LrsName};
use rusqlite::TransactionBehavior;

use super::copy::{Meter, copy_file, for_each_attachment, sync_tree};
use super::{BackupError, BackupLrs, Manifest, Progress, verify_backup};
use crate::attachments::attachment_path;
use crate::lock::{DataLock, Purpose};
use crate::registry::OpenError;
use crate::registry::control::{self, NameUse};
use crate::registry::folder::{DataFolder, make_folder, sync_folder};

/// Restores a whole data folder into `data`, a new or empty folder: LRSs, keys, everything.
///
/// # Errors
/// Those of [`verify_backup`]; `NotABackup` also when it holds single LRSs only, `NotEmpty` when `data` holds
/// something, `Open` when another process has it, `File` or `Database` when something cannot be read or written.
pub fn restore_folder(backup: &Path, data: &Path, progress: Progress<'_>) -> Result<Manifest, BackupError> {
    let manifest = verify_backup(backup, &|_, _| {})?;
    let Some(control) = &manifest.control else {
        let reason = "it holds LRSs without the data folder around them: restore one by its name".to_owned();
        return Err(BackupError::NotABackup { folder: backup.to_owned(), reason });
    };
    super::prepare_destination(data)?;
    let _lock = DataLock::take(data, Purpose::Command).map_err(|error| OpenError::from_lock(data, error))?;
    let target = DataFolder::at(data);
    make_folder(&target.lrs_folder()).map_err(BackupError::file("make", &target.lrs_folder()))?;
    let mut meter = Meter::new(progress, manifest.lrss.iter().map(size_of).sum::<u64>() + control.size_bytes);
    for lrs in &manifest.lrss {
        let name = parse_name(backup, lrs)?;
        let database = target.database(&name);
        copy_lrs(backup, lrs, &database, &target.attachments(&name), &mut meter)?;
    }
    sync_tree(data)?;
    // Last: until it is here, nobody takes the folder for a data folder.
    copy_file(&backup.join(&control.path), &target.control())?;
    sync_folder(data).map_err(BackupError::file("write", data))?;
    meter.finish();
    Ok(manifest)
}

/// Restores the LRS `name` of a backup into an existing data folder as `new_name`, which must be free. Keys are not
/// restored with it. A running server serves it at once.
///
/// # Errors
/// Those of [`verify_backup`]; `NoSuchLrs` when the backup has none of this name, `LrsExists` when the new name is
/// taken, `Open` when the data folder cannot be opened, `Damaged` also when an unknown file is in the way, `File` or
/// `Database` when something cannot be read or written.
pub fn restore_lrs(
    backup: &Path,
    name: &LrsName,
    data: &Path,
    new_name: &LrsName,
    clock: &dyn Clock,
    progress: Progress<'_>,
) -> Result<BackupLrs, BackupError> {
    let manifest = verify_backup(backup, &|_, _| {})?;
    let found = manifest.lrss.into_iter().find(|lrs| lrs.name == name.as_str());
    let lrs = found.ok_or_else(|| BackupError::NoSuchLrs { name: name.to_string(), folder: backup.to_owned() })?;
    let target = DataFolder::prepare(data)?;
    let path = target.control();
    let failed = |error| BackupError::database("write", &path)(error);
    let mut connection = control::open(&path)?;
    // Early, for who has mistaken the name; decided below.
    check_free(&connection, new_name).map_err(failed)?.map_or(Ok(()), Err)?;
    // A name that no LRS can have, so that a restore that was cut short is in nobody's way.
    let partial = target.lrs_folder().join(format!("restore-of-{new_name}.partial"));
    let (database, attachments) = (partial.join("db"), partial.join("attachments"));
    remove_partial(&partial)?;
    make_folder(&partial).map_err(BackupError::file("make", &partial))?;
    let mut meter = Meter::new(progress, size_of(&lrs));
    copy_lrs(backup, &lrs, &database, &attachments, &mut meter)?;
    sync_tree(&partial)?;

    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    check_free(&transaction, new_name).map_err(failed)?.map_or(Ok(()), Err)?;
    move_file(&attachments, &target.attachments(new_name))?;
    move_file(&database, &target.database(new_name))?;
    sync_folder(&target.lrs_folder()).map_err(BackupError::file("write", &target.lrs_folder()))?;
    control::insert_lrs(&transaction, new_name, clock.now()).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    remove_partial(&partial)?;
    meter.finish();
    Ok(lrs)
}

/// The refusal if the name is not free.
fn check_free(connection: &rusqlite::Connection, name: &LrsName) -> rusqlite::Result<Option<BackupError>> {
    let found = control::find_name(connection, name)?;
    Ok((found != NameUse::Free).then(|| BackupError::LrsExists(name.clone())))
}

fn move_file(from: &Path, to: &Path) -> Result<(), BackupError> {
    // Nothing that is there is overwritten; the name is free, so it would be nobody's LRS, but somebody's file.
    if to.exists() {
        let reason = "it is in the way, and the server does not know it: move it away".to_owned();
        return Err(BackupError::Damaged { path: to.to_owned(), reason });
    }
    std::fs::rename(from, to).map_err(BackupError::file("move", from))
}

fn remove_partial(partial: &Path) -> Result<(), BackupError> {
    match std::fs::remove_dir_all(partial) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(BackupError::file("remove", partial)(error)),
        _ => Ok(()),
    }
}

fn size_of(lrs: &BackupLrs) -> u64 {
    lrs.database.size_bytes + lrs.attachment_bytes
}

fn parse_name(backup: &Path, lrs: &BackupLrs) -> Result<LrsName, BackupError> {
    LrsName::parse(&lrs.name).ok_or_else(|| BackupError::NotABackup {
        folder: backup.to_owned(),
        reason: format!("{:?} is not the name of an LRS", lrs.name),
    })
}

fn copy_lrs(
    backup: &Path,
    lrs: &BackupLrs,
    database: &Path,
    attachments: &Path,
    meter: &mut Meter<'_>,
) -> Result<(), BackupError> {
    let source = backup.join(&lrs.database.path);
    copy_file(&source, database)?;
    meter.add(lrs.database.size_bytes);
    let name = parse_name(backup, lrs)?;
    let from = DataFolder::at(backup).attachments(&name);
    make_folder(attachments).map_err(BackupError::file("make", attachments))?;
    for_each_attachment(&source, |sha256, size_bytes| {
        let to = attachment_path(attachments, sha256);
        if let Some(shard) = to.parent() {
            make_folder(shard).map_err(BackupError::file("make", shard))?;
        }
        copy_file(&attachment_path(&from, sha256), &to)?;
        meter.add(size_bytes);
        Ok(())
    })
}
