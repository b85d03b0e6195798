//! Attachments: once by SHA-256, as files in a folder that all processes share, never in the database (Data 2.4.11).
//!
//! ```text
//! FOLDER/lrs_1/incoming/…               an upload
//! FOLDER/lrs_1/ab/cdef…                 an attachment, by the hexadecimal digits of its SHA-256
//! ```
//! Files are put in place, durably, before the commit that names them: a row without its file cannot be. A file without a
//! row can (the commit failed, or the process died in between); it does no harm, and the same bytes may take its place.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use lrs_store::backend::hexadecimal;
use lrs_store::{AttachmentUpload, Recorded, StoreError, StoredAttachment, UploadedAttachment};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use tempfile::NamedTempFile;

use crate::PostgresStore;
use crate::error::{corrupt, unavailable};
use crate::store::Shared;
use crate::writer::Record;

const OPERATION: &str = "receive an attachment";
const INCOMING: &str = "incoming";
/// Bytes are collected up to this size before they go to a thread that may block.
const BUFFER_BYTES: usize = 256 << 10;

/// Makes the folder of an LRS's attachments when it is missing.
pub(crate) async fn prepare_folder(folder: &Path) -> Result<PathBuf, StoreError> {
    let incoming = folder.join(INCOMING);
    let made = tokio::fs::create_dir_all(&incoming).await;
    made.map_err(|error| file_error("prepare the folder of attachments", &incoming, &error))?;
    Ok(folder.to_owned())
}

/// Where an attachment lies.
pub(crate) fn attachment_path(root: &Path, sha256: &str) -> PathBuf {
    let (shard, rest) = sha256.split_at_checked(2).unwrap_or(("", sha256));
    root.join(shard).join(rest)
}

/// What an upload leaves behind until its batch is recorded; the temporary file goes with it.
struct Hold(NamedTempFile);

/// What has arrived so far.
struct Received {
    file: NamedTempFile,
    sha224: Sha224,
    sha256: Sha256,
    sha384: Sha384,
    sha512: Sha512,
    size_bytes: u64,
}

impl Received {
    fn take(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.sha224.update(bytes);
        self.sha256.update(bytes);
        self.sha384.update(bytes);
        self.sha512.update(bytes);
        self.size_bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }
}

/// The receiving end.
struct Upload {
    shared: Arc<Shared>,
    buffer: Vec<u8>,
    /// Taken out while a thread works on it; lost when that failed.
    received: Option<Received>,
}

impl Upload {
    /// Hands the buffer to a thread that may block.
    async fn flush(&mut self) -> Result<(), StoreError> {
        let bytes = std::mem::take(&mut self.buffer);
        let incoming = self.shared.attachments_dir.join(INCOMING);
        let place = incoming.clone();
        let received = self.received.take();
        let work = move || -> std::io::Result<Received> {
            let mut received = match received {
                Some(received) => received,
                None => Received {
                    file: NamedTempFile::new_in(&incoming)?,
                    sha224: Sha224::new(),
                    sha256: Sha256::new(),
                    sha384: Sha384::new(),
                    sha512: Sha512::new(),
                    size_bytes: 0,
                },
            };
            received.take(&bytes)?;
            Ok(received)
        };
        let received = run_blocking(work).await?.map_err(|error| file_error(OPERATION, &place, &error))?;
        self.received = Some(received);
        Ok(())
    }
}

async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::Internal { operation: OPERATION, source: Box::new(error) })
}

#[async_trait]
impl AttachmentUpload for Upload {
    async fn write(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.buffer.extend_from_slice(chunk);
        if self.buffer.len() >= BUFFER_BYTES { self.flush().await } else { Ok(()) }
    }

    async fn finish(mut self: Box<Self>) -> Result<UploadedAttachment, StoreError> {
        self.flush().await?;
        let received = self.received.take().ok_or_else(|| unavailable("the upload was broken off"))?;
        let place = received.file.path().to_owned();
        let synced = run_blocking(move || received.file.as_file().sync_all().map(|()| received)).await?;
        let received = synced.map_err(|error| file_error(OPERATION, &place, &error))?;
        Ok(UploadedAttachment {
            sha256: hexadecimal(&received.sha256.finalize()),
            other_sha2: [
                hexadecimal(&received.sha224.finalize()),
                hexadecimal(&received.sha384.finalize()),
                hexadecimal(&received.sha512.finalize()),
            ],
            size_bytes: received.size_bytes,
            hold: Box::new(Hold(received.file)),
        })
    }
}

/// Puts the files of a batch in their place, durably, before its commit. The uploads keep theirs until they are dropped.
pub(crate) async fn install(shared: &Shared, attachments: &[UploadedAttachment]) -> Result<(), StoreError> {
    for attachment in attachments {
        let Some(Hold(file)) = attachment.hold.downcast_ref::<Hold>() else {
            let source = "it was uploaded to another kind of store".into();
            return Err(StoreError::Internal { operation: "keep an attachment", source });
        };
        let (from, to) = (file.path().to_owned(), attachment_path(&shared.attachments_dir, &attachment.sha256));
        let root = shared.attachments_dir.clone();
        let place = to.clone();
        let installed = run_blocking(move || put_in_place(&root, &from, &to)).await?;
        installed.map_err(|error| file_error("keep an attachment", &place, &error))?;
    }
    Ok(())
}

fn put_in_place(root: &Path, from: &Path, to: &Path) -> std::io::Result<()> {
    let shard = to.parent().unwrap_or(root);
    if !shard.is_dir() {
        std::fs::create_dir_all(shard)?;
        std::fs::File::open(root)?.sync_all()?;
    }
    match std::fs::hard_link(from, to) {
        // The same bytes are there already.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        outcome => outcome?,
    }
    std::fs::File::open(shard)?.sync_all()
}

/// Columns: SHA-256, size; another SHA-2, the SHA-256 that belongs to it.
pub(crate) type AttachmentRows = (Vec<String>, Vec<i64>, (Vec<String>, Vec<String>));

/// The rows of the attachments of batches that were recorded: digests, sizes, and other digests with theirs.
pub(crate) fn rows(group: &[Record], recorded: &[Recorded]) -> AttachmentRows {
    let (mut digests, mut sizes, mut others) = (Vec::new(), Vec::new(), (Vec::new(), Vec::new()));
    for (record, recorded) in group.iter().zip(recorded) {
        let Recorded::Stored { .. } = recorded else { continue };
        for attachment in &record.attachments {
            digests.push(attachment.sha256.clone());
            sizes.push(i64::try_from(attachment.size_bytes).unwrap_or(i64::MAX));
            for other in &attachment.other_sha2 {
                others.0.push(other.clone());
                others.1.push(attachment.sha256.clone());
            }
        }
    }
    (digests, sizes, others)
}

/// The commit that recorded them is durable: their files stay, and only the uploads' own names go.
pub(crate) fn keep_attachments(attachments: Vec<UploadedAttachment>) {
    drop(attachments);
}

/// Begins an upload.
pub(crate) fn begin_attachment(store: &PostgresStore) -> Result<Box<dyn AttachmentUpload>, StoreError> {
    store.shared.check_writable()?;
    Ok(Box::new(Upload { shared: Arc::clone(&store.shared), buffer: Vec::new(), received: None }))
}

/// Opens an attachment by any of its digests. By the primary keys of `attachment` and `attachment_digest`.
pub(crate) async fn find_attachment(store: &PostgresStore, sha2: &str) -> Result<Option<StoredAttachment>, StoreError> {
    const OPERATION: &str = "find an attachment";
    let sql = store.shared.sql(
        "SELECT sha256, size_bytes FROM $s.attachment
         WHERE sha256 = coalesce((SELECT sha256 FROM $s.attachment_digest WHERE sha2 = $1), $1)",
    );
    if !sha2.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        store.shared.check_open()?;
        return Ok(None);
    }
    let rows = store.query(OPERATION, &sql, &[&sha2]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (sha256, size): (String, i64) = (row.get(0), row.get(1));
    let size_bytes = size.unsigned_abs();
    let path = attachment_path(&store.shared.attachments_dir, &sha256);
    let lost = |reason: String| corrupt(format!("attachment {sha256}"), reason);
    let file = match tokio::fs::File::open(&path).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(lost("its file is missing: restore it from a backup".to_owned()));
        }
        outcome => outcome.map_err(|error| file_error(OPERATION, &path, &error))?,
    };
    let length = file.metadata().await.map_err(|error| file_error(OPERATION, &path, &error))?.len();
    if length != size_bytes {
        return Err(lost(format!("its file has {length} bytes instead of {size_bytes}: restore it from a backup")));
    }
    Ok(Some(StoredAttachment { size_bytes, reader: Box::pin(file) }))
}

/// What an error with a file means: nearly all of them can be mended by an operator.
fn file_error(operation: &'static str, path: &Path, error: &std::io::Error) -> StoreError {
    unavailable(&format!("could not {operation}: {error} ({}): check the disk and who owns it", path.display()))
}
