//! Attachments as files in a folder that all processes share.
//!
//! ```text
//! FOLDER/lrs_1/incoming/…               an upload
//! FOLDER/lrs_1/ab/cdef…                 an attachment, by the hexadecimal digits of its SHA-256
//! ```

use std::path::{Path, PathBuf};

use lrs_store::{StoreError, StoredAttachment};

use super::upload::{Hold, run_blocking};
use super::{file_error, foreign, lost};

const INCOMING: &str = "incoming";

/// Makes the folder of an LRS's attachments when it is missing.
pub(super) async fn prepare(folder: &Path) -> Result<(), StoreError> {
    let incoming = incoming(folder);
    let made = tokio::fs::create_dir_all(&incoming).await;
    made.map_err(|error| file_error("prepare the folder of attachments", &incoming, &error))
}

/// Where uploads are collected.
pub(super) fn incoming(root: &Path) -> PathBuf {
    root.join(INCOMING)
}

/// Puts a file in its place, durably. The upload keeps its own name until it is dropped.
pub(super) async fn install(root: &Path, sha256: &str, hold: &Hold) -> Result<(), StoreError> {
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
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(lost(sha256, None, size_bytes)),
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
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(file_error("remove the attachments of the deleted LRS", folder, &error))
        }
        _ => Ok(()),
    }
}

fn path(root: &Path, sha256: &str) -> PathBuf {
    let (shard, rest) = sha256.split_at_checked(2).unwrap_or(("", sha256));
    root.join(shard).join(rest)
}

fn put_in_place(root: &Path, from: &Path, to: &Path) -> std::io::Result<()> {
    let shard = to.parent().unwrap_or(root);
    std::fs::create_dir_all(shard)?;
    match std::fs::hard_link(from, to) {
        // The same bytes are there already; whoever put them there may not have come to the next lines yet.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        outcome => outcome?,
    }
    std::fs::File::open(shard)?.sync_all()?;
    std::fs::File::open(root)?.sync_all()
}
