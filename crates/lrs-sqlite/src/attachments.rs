//! Attachments: once by SHA-256, as files beside the database (Data 2.4.11).
//!
//! ```text
//! NAME.attachments/incoming/7           an upload
//! NAME.attachments/ab/cdef…             an attachment, by the hexadecimal digits of its SHA-256
//! NAME.attachments/jobs/ID              the file of a job; see `job_files`
//! ```
//! Files are put in place by the writer thread, durably and before the commit that names them: a row without its file
//! cannot be. A file without a row can (the commit failed, or the process died in between); only the writer thread
//! removes such orphans, so that it cannot take a file away from a commit that is under way.

mod job_files;
mod upload;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lrs_store::{AttachmentUpload, Obstacle, StoreError, StoredAttachment, UploadedAttachment};
use rusqlite::{Connection, OptionalExtension, params};
use xapi::Timestamp;

use self::upload::{Hold, Upload};
use crate::error::{corrupt, reads_only, store_error, unavailable};
use crate::registry::folder::{make_folder, sync_folder};
use crate::{Access, SqliteStore};

/// The third step of the schema.
pub(crate) const SCHEMA: &str = "
CREATE TABLE attachment(sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, stored INTEGER NOT NULL) WITHOUT ROWID, STRICT;
-- Its SHA-224, SHA-384 and SHA-512.
CREATE TABLE attachment_alias(sha2 TEXT PRIMARY KEY, sha256 TEXT NOT NULL) WITHOUT ROWID, STRICT;
-- One row: the sum of all sizes.
CREATE TABLE attachment_figures(bytes INTEGER NOT NULL) STRICT;
INSERT INTO attachment_figures(bytes) VALUES (0);
";

/// The folder of uploads.
pub(crate) const INCOMING: &str = "incoming";
/// Attachments lie in so many folders, by the first byte of their SHA-256.
const SHARDS: usize = 256;

/// The folder of an LRS's attachments.
#[derive(Debug)]
pub(crate) struct AttachmentFolder {
    root: PathBuf,
    access: Access,
    next_upload: AtomicU64,
    /// Which shards have no orphans. A shard is swept when the first attachment since the opening is put into it.
    swept: Mutex<[bool; SHARDS]>,
}

impl AttachmentFolder {
    /// Opens the folder, makes it when it is missing, and forgets the uploads that an earlier process left behind.
    pub(crate) fn open(root: &Path, access: Access) -> Result<Self, StoreError> {
        let folder =
            Self { root: root.to_owned(), access, next_upload: AtomicU64::new(1), swept: Mutex::new([false; SHARDS]) };
        if access == Access::Beside {
            return Ok(folder);
        }
        let incoming = folder.incoming();
        match folder.clear_incoming(&incoming) {
            // A disk that has become read-only is still read from.
            Err(error) if error.kind() == std::io::ErrorKind::ReadOnlyFilesystem => {
                tracing::warn!(folder = %root.display(), "the disk is read-only: attachments can be read only");
            }
            outcome => outcome.map_err(|error| file_error("prepare the folder of attachments", &incoming, error))?,
        }
        Ok(folder)
    }

    fn clear_incoming(&self, incoming: &Path) -> std::io::Result<()> {
        if !incoming.is_dir() {
            make_folder(incoming)?;
            return sync_folder(&self.root);
        }
        for upload in std::fs::read_dir(incoming)? {
            std::fs::remove_file(upload?.path())?;
        }
        Ok(())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn incoming(&self) -> PathBuf {
        self.root.join(INCOMING)
    }

    fn next_incoming(&self) -> PathBuf {
        self.incoming().join(self.next_upload.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// Puts an upload in its place, durably. Writer thread only.
    fn install(&self, connection: &Connection, sha256: &str, hold: &Hold) -> Result<(), StoreError> {
        let path = attachment_path(&self.root, sha256);
        let shard = path.parent().unwrap_or(&self.root);
        let failed = |error| file_error("keep an attachment", &path, error);
        if !shard.is_dir() {
            make_folder(shard).and_then(|()| sync_folder(&self.root)).map_err(failed)?;
        }
        self.sweep(connection, sha256)?;
        hold.move_to(&path).and_then(|()| sync_folder(shard)).map_err(failed)
    }

    /// Removes the files of a shard that have no row. Writer thread only, inside its transaction.
    fn sweep(&self, connection: &Connection, sha256: &str) -> Result<(), StoreError> {
        let shard = shard_of(sha256);
        if std::mem::replace(&mut self.swept.lock().unwrap_or_else(PoisonError::into_inner)[shard], true) {
            return Ok(());
        }
        let prefix = sha256.get(..2).unwrap_or_default();
        let folder = self.root.join(prefix);
        let failed = |error| file_error("look for attachments without a statement", &folder, error);
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let digits = format!("{prefix}{}", entry.file_name().display());
            if find_size(connection, &digits)?.is_none() {
                tracing::info!(file = %entry.path().display(), "removing an attachment whose statement was never stored");
                std::fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// A file was put in place, but its commit did not happen.
    fn suspect(&self, sha256: &str) {
        self.swept.lock().unwrap_or_else(PoisonError::into_inner)[shard_of(sha256)] = false;
    }
}

/// Where an attachment lies.
pub(crate) fn attachment_path(root: &Path, sha256: &str) -> PathBuf {
    let (shard, rest) = sha256.split_at_checked(2).unwrap_or(("", sha256));
    root.join(shard).join(rest)
}

fn shard_of(sha256: &str) -> usize {
    sha256.get(..2).and_then(|digits| usize::from_str_radix(digits, 16).ok()).unwrap_or(0) % SHARDS
}

/// Notes attachments that came with a batch, inside the batch's commit, after putting their files in place.
pub(crate) fn record_attachments(
    connection: &Connection,
    attachments: &[UploadedAttachment],
    stored: Timestamp,
) -> Result<(), StoreError> {
    for attachment in attachments {
        let hold = attachment.hold.downcast_ref::<Hold>().ok_or_else(|| foreign("keep an attachment"))?;
        let known = find_size(connection, &attachment.sha256)?.is_some();
        // A file that was lost since is replaced by what arrived now.
        if !known || !attachment_path(&hold.folder().root, &attachment.sha256).exists() {
            hold.folder().install(connection, &attachment.sha256, hold)?;
        }
        if !known {
            insert_rows(connection, attachment, stored).map_err(|error| store_error("keep an attachment", error))?;
        }
    }
    Ok(())
}

/// By the primary key of `attachment`.
fn find_size(connection: &Connection, sha256: &str) -> Result<Option<u64>, StoreError> {
    connection
        .prepare_cached("SELECT size FROM attachment WHERE sha256 = ?1")
        .and_then(|mut statement| statement.query_row([sha256], |row| row.get(0)).optional())
        .map_err(|error| store_error("find an attachment", error))
}

fn insert_rows(connection: &Connection, attachment: &UploadedAttachment, stored: Timestamp) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT INTO attachment(sha256, size, stored) VALUES (?1, ?2, ?3)")?.execute(params![
        attachment.sha256,
        attachment.size_bytes,
        stored.0
    ])?;
    let mut alias = connection.prepare_cached("INSERT INTO attachment_alias(sha2, sha256) VALUES (?1, ?2)")?;
    for sha2 in &attachment.other_sha2 {
        alias.execute(params![sha2, attachment.sha256])?;
    }
    connection
        .prepare_cached("UPDATE attachment_figures SET bytes = bytes + ?1")?
        .execute([attachment.size_bytes])
        .map(drop)
}

/// The commit that recorded them is durable: their files stay.
pub(crate) fn keep_attachments(attachments: Vec<UploadedAttachment>) {
    for attachment in attachments {
        if let Some(hold) = attachment.hold.downcast_ref::<Hold>() {
            hold.keep();
        }
    }
}

/// Begins an upload.
#[expect(clippy::unused_async, reason = "the operation of the trait is asynchronous")]
pub(crate) async fn begin_attachment(store: &SqliteStore) -> Result<Box<dyn AttachmentUpload>, StoreError> {
    let folder = &store.shared.attachments;
    if folder.access != Access::Write {
        return Err(reads_only());
    }
    Ok(Box::new(Upload::begin(Arc::clone(folder))))
}

/// Opens an attachment by any of its digests.
pub(crate) async fn find_attachment(store: &SqliteStore, sha2: &str) -> Result<Option<StoredAttachment>, StoreError> {
    const OPERATION: &str = "find an attachment";
    let sha2 = sha2.to_owned();
    let found = store
        .read(OPERATION, move |connection| {
            let Some(sha256) = find_sha256(connection, &sha2)? else { return Ok(None) };
            Ok(find_size(connection, &sha256)?.map(|size| (sha256, size)))
        })
        .await?;
    let Some((sha256, size_bytes)) = found else { return Ok(None) };
    let path = attachment_path(&store.shared.attachments.root, &sha256);
    let lost = |reason: String| corrupt(format!("attachment {sha256}"), reason);
    let file = match tokio::fs::File::open(&path).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(lost("its file is missing: restore it from a backup".to_owned()));
        }
        outcome => outcome.map_err(|error| file_error(OPERATION, &path, error))?,
    };
    let length = file.metadata().await.map_err(|error| file_error(OPERATION, &path, error))?.len();
    if length != size_bytes {
        return Err(lost(format!("its file has {length} bytes instead of {size_bytes}: restore it from a backup")));
    }
    Ok(Some(StoredAttachment { size_bytes, reader: Box::pin(file) }))
}

/// By the primary key of `attachment_alias`, unless it is a SHA-256 itself.
fn find_sha256(connection: &Connection, sha2: &str) -> Result<Option<String>, StoreError> {
    const SHA256_DIGITS: usize = 64;
    if sha2.len() == SHA256_DIGITS {
        return Ok(Some(sha2.to_owned()));
    }
    connection
        .prepare_cached("SELECT sha256 FROM attachment_alias WHERE sha2 = ?1")
        .and_then(|mut statement| statement.query_row([sha2], |row| row.get(0)).optional())
        .map_err(|error| store_error("find an attachment", error))
}

/// Bytes of all attachments; cheap enough for every scrape.
pub(crate) fn sum_attachment_bytes(connection: &Connection) -> Result<u64, StoreError> {
    connection
        .query_row("SELECT bytes FROM attachment_figures", [], |row| row.get(0))
        .map_err(|error| store_error("sum the attachments", error))
}

fn foreign(operation: &'static str) -> StoreError {
    StoreError::Internal { operation, source: "it was uploaded to another kind of store".into() }
}

/// What an error with a file means: nearly all of them can be mended by an operator.
pub(crate) fn file_error(operation: &'static str, path: &Path, error: std::io::Error) -> StoreError {
    use std::io::ErrorKind as Kind;
    let path = path.display().to_string();
    unavailable(match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => Obstacle::DiskFull { path },
        Kind::ReadOnlyFilesystem => Obstacle::DiskReadOnly { path },
        Kind::PermissionDenied => Obstacle::NoPermission { path },
        Kind::InvalidInput => return StoreError::Internal { operation, source: Box::new(error) },
        _ => Obstacle::FileUnusable { path, error: format!("could not {operation}: {error}") },
    })
}
