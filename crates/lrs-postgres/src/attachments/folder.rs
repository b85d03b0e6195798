//! Attachments as files in a folder that all processes share.
//!
//! ```text
//! FOLDER/lrs_1/incoming/…               an upload
//! FOLDER/lrs_1/ab/cdef…                 an attachment, by the hexadecimal digits of its SHA-256
//! FOLDER/lrs_1/jobs/ID                  the file of a job
//! ```

use std::io::{ErrorKind, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use futures_util::stream::{self, BoxStream, StreamExt as _};
use lrs_store::{JobId, StoreError, StoredAttachment};
use tokio::io::AsyncSeekExt as _;
use xapi::Timestamp;

use super::job_files::JOBS;
use super::upload::{Hold, run_blocking};
use super::{file_error, foreign, lost};

const INCOMING: &str = "incoming";
/// An upload that nothing was added to for so long is that of a server that died: no request waits for its next bytes so long.
const UPLOAD_AGE_MAX: Duration = Duration::from_hours(24);
/// An attachment's folder and name, together.
const DIGITS: usize = 64;

/// Makes the folder of an LRS's attachments when it is missing, and removes the uploads that servers which died left behind.
pub(super) async fn prepare(folder: &Path) -> Result<(), StoreError> {
    let incoming = incoming(folder);
    let made = tokio::fs::create_dir_all(&incoming).await;
    made.map_err(|error| file_error("prepare the folder of attachments", &incoming, &error))?;
    let stale = incoming.clone();
    if let Err(error) = run_blocking(move || remove_stale(&stale)).await? {
        tracing::warn!(folder = %incoming.display(), %error, "uploads that broke off long ago stay");
    }
    Ok(())
}

/// Ages are told by the clock of whoever keeps the folder, which may be another machine.
fn remove_stale(incoming: &Path) -> std::io::Result<()> {
    let uploads = std::fs::read_dir(incoming)?.collect::<std::io::Result<Vec<_>>>()?;
    if uploads.is_empty() {
        return Ok(());
    }
    let now = tempfile::tempfile_in(incoming)?.metadata()?.modified()?;
    for upload in uploads {
        let changed = match upload.metadata() {
            // It ended meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            outcome => outcome?.modified()?,
        };
        if now.duration_since(changed).is_ok_and(|age| age > UPLOAD_AGE_MAX) {
            tracing::info!(file = %upload.path().display(), "removing an upload that broke off long ago");
            ignore_missing(std::fs::remove_file(upload.path()))?;
        }
    }
    Ok(())
}

fn ignore_missing(outcome: std::io::Result<()>) -> std::io::Result<()> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

/// Where uploads are collected.
pub(super) fn incoming(root: &Path) -> PathBuf {
    root.join(INCOMING)
}

/// Puts a file in its place, durably. The upload keeps its own name until it is dropped. Whether one was there.
pub(super) async fn install(root: &Path, sha256: &str, hold: &Hold) -> Result<bool, StoreError> {
    let Hold::Named(file) = hold else { return Err(foreign()) };
    let (from, to) = (file.path().to_owned(), path(root, sha256));
    let (root, place) = (root.to_owned(), to.clone());
    let installed = run_blocking(move || put_in_place(&root, &from, &to)).await?;
    installed.map_err(|error| file_error("keep an attachment", &place, &error))
}

/// Opens an attachment.
pub(super) async fn open(root: &Path, sha256: &str, size_bytes: u64) -> Result<StoredAttachment, StoreError> {
    const OPERATION: &str = "find an attachment";
    let path = path(root, sha256);
    let file = match tokio::fs::File::open(&path).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(lost(sha256, None, size_bytes)),
        outcome => outcome.map_err(|error| file_error(OPERATION, &path, &error))?,
    };
    let length = file.metadata().await.map_err(|error| file_error(OPERATION, &path, &error))?.len();
    if length != size_bytes {
        return Err(lost(sha256, Some(length), size_bytes));
    }
    Ok(StoredAttachment { size_bytes, reader: Box::pin(file) })
}

/// Removes all attachments of an LRS.
pub(super) async fn remove(folder: &Path) -> Result<(), StoreError> {
    match tokio::fs::remove_dir_all(folder).await {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(file_error("remove the attachments of the deleted LRS", folder, &error))
        }
        _ => Ok(()),
    }
}

/// The SHA-256 of all that were put before an instant, folder by folder.
pub(super) fn list_older(root: &Path, before: Timestamp) -> BoxStream<'static, Result<Vec<String>, StoreError>> {
    let root = root.to_owned();
    let listed = stream::iter(0..=u8::MAX).then(move |shard| {
        let shard = format!("{shard:02x}");
        let folder = root.join(&shard);
        async move {
            let place = folder.clone();
            let listed = run_blocking(move || list_folder(&folder, &shard, before)).await?;
            listed.map_err(|error| file_error("list the attachments", &place, &error))
        }
    });
    listed.boxed()
}

fn list_folder(folder: &Path, shard: &str, before: Timestamp) -> std::io::Result<Vec<String>> {
    let files = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        outcome => outcome?,
    };
    let mut digests = Vec::new();
    for file in files {
        let file = file?;
        let digest = format!("{shard}{}", file.file_name().display());
        if digest.len() == DIGITS && is_file_older(&file.path(), before)? {
            digests.push(digest);
        }
    }
    Ok(digests)
}

fn is_file_older(path: &Path, before: Timestamp) -> std::io::Result<bool> {
    let changed = match path.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        outcome => outcome?.modified()?,
    };
    let micros = changed.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Ok(i64::try_from(micros).is_ok_and(|micros| micros < before.0))
}

/// Whether it is there, and was put before an instant.
pub(super) async fn is_older(root: &Path, sha256: &str, before: Timestamp) -> Result<bool, StoreError> {
    let path = path(root, sha256);
    let place = path.clone();
    let looked = run_blocking(move || is_file_older(&path, before)).await?;
    looked.map_err(|error| file_error("look at an attachment", &place, &error))
}

/// Removes one.
pub(super) async fn remove_one(root: &Path, sha256: &str) -> Result<(), StoreError> {
    let path = path(root, sha256);
    let removed = ignore_missing(tokio::fs::remove_file(&path).await);
    removed.map_err(|error| file_error("remove an attachment that no statement names", &path, &error))
}

fn job_file(root: &Path, job: JobId) -> PathBuf {
    root.join(JOBS).join(job.to_string())
}

/// Puts a file in its place as that of a job, durably.
pub(super) async fn keep_job_file(root: &Path, job: JobId, hold: &Hold) -> Result<(), StoreError> {
    let Hold::Named(file) = hold else { return Err(foreign()) };
    let (from, to) = (file.path().to_owned(), job_file(root, job));
    let (root, place) = (root.to_owned(), to.clone());
    let kept = run_blocking(move || put_in_place(&root, &from, &to)).await?;
    kept.map(drop).map_err(|error| file_error("keep the file of a job", &place, &error))
}

/// Opens a job's file behind its first `from` bytes.
pub(super) async fn open_job_file(root: &Path, job: JobId, from: u64) -> Result<Option<StoredAttachment>, StoreError> {
    let path = job_file(root, job);
    let failed = |error| file_error("open the file of a job", &path, &error);
    let mut file = match tokio::fs::File::open(&path).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        outcome => outcome.map_err(failed)?,
    };
    let size_bytes = file.metadata().await.map_err(failed)?.len();
    file.seek(SeekFrom::Start(from)).await.map_err(failed)?;
    Ok(Some(StoredAttachment { size_bytes, reader: Box::pin(file) }))
}

/// Removes a job's file.
pub(super) async fn remove_job_file(root: &Path, job: JobId) -> Result<(), StoreError> {
    let path = job_file(root, job);
    let removed = ignore_missing(tokio::fs::remove_file(&path).await);
    removed.map_err(|error| file_error("remove the file of a job", &path, &error))
}

fn path(root: &Path, sha256: &str) -> PathBuf {
    let (shard, rest) = sha256.split_at_checked(2).unwrap_or(("", sha256));
    root.join(shard).join(rest)
}

fn put_in_place(root: &Path, from: &Path, to: &Path) -> std::io::Result<bool> {
    let shard = to.parent().unwrap_or(root);
    std::fs::create_dir_all(shard)?;
    let was_there = match std::fs::hard_link(from, to) {
        // The same bytes are there already; whoever put them there may not have come to the next lines yet.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => true,
        outcome => outcome.map(|()| false)?,
    };
    std::fs::File::open(shard)?.sync_all()?;
    std::fs::File::open(root)?.sync_all()?;
    Ok(was_there)
}
