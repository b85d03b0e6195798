//! An attachment on its way in: hashed and written as its bytes pass, off the async threads.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lrs_store::backend::hexadecimal;
use lrs_store::{AttachmentUpload, StoreError, UploadedAttachment};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::{AttachmentFolder, file_error};

const OPERATION: &str = "receive an attachment";

/// Bytes are collected up to this size before they go to a thread that may block.
const BUFFER_BYTES: usize = 256 << 10;

/// The receiving end.
pub(super) struct Upload {
    folder: Arc<AttachmentFolder>,
    buffer: Vec<u8>,
    /// Taken out while a thread works on it; lost when that failed.
    received: Option<Box<Received>>,
}

/// What has arrived so far.
struct Received {
    file: Option<File>,
    temporary: TemporaryFile,
    sha224: Sha224,
    sha256: Sha256,
    sha384: Sha384,
    sha512: Sha512,
    size_bytes: u64,
}

/// A file that is removed with its owner.
struct TemporaryFile {
    path: PathBuf,
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.path) {
            // It was moved to its place, or never begun.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(file = %self.path.display(), %error, "an abandoned upload stays until the next start");
            }
            Ok(()) => {}
        }
    }
}

impl Upload {
    pub(super) fn begin(folder: Arc<AttachmentFolder>) -> Self {
        let received = Received {
            file: None,
            temporary: TemporaryFile { path: folder.next_incoming() },
            sha224: Sha224::new(),
            sha256: Sha256::new(),
            sha384: Sha384::new(),
            sha512: Sha512::new(),
            size_bytes: 0,
        };
        Self { folder, buffer: Vec::new(), received: Some(Box::new(received)) }
    }

    /// Runs a step on a thread that may block. If the caller goes away meanwhile, the step ends and its file goes.
    async fn step<T: Send + 'static>(
        &mut self,
        step: impl FnOnce(&mut Received) -> std::io::Result<T> + Send + 'static,
    ) -> Result<(T, Box<Received>), StoreError> {
        let mut received = self.received.take().ok_or_else(|| StoreError::Internal {
            operation: OPERATION,
            source: "an earlier part of it had failed".into(),
        })?;
        let work = move || {
            let done = step(&mut received).map_err(|error| file_error(OPERATION, &received.temporary.path, error))?;
            Ok((done, received))
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| StoreError::Internal { operation: OPERATION, source: Box::new(error) })?
    }
}

impl Received {
    fn take(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let file = if let Some(file) = &mut self.file {
            file
        } else {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            self.file.insert(options.open(&self.temporary.path)?)
        };
        file.write_all(bytes)?;
        self.sha224.update(bytes);
        self.sha256.update(bytes);
        self.sha384.update(bytes);
        self.sha512.update(bytes);
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }
}

#[async_trait]
impl AttachmentUpload for Upload {
    async fn write(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.buffer.extend_from_slice(chunk);
        if self.buffer.len() < BUFFER_BYTES {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.buffer);
        let (mut emptied, received) = self
            .step(move |received| {
                received.take(&bytes)?;
                Ok(bytes)
            })
            .await?;
        emptied.clear();
        self.buffer = emptied;
        self.received = Some(received);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<UploadedAttachment, StoreError> {
        let bytes = std::mem::take(&mut self.buffer);
        let (digests, received) = self
            .step(move |received| {
                received.take(&bytes)?;
                received.file.as_ref().map_or(Ok(()), File::sync_all)?;
                received.file = None;
                let sha256 = hexadecimal(&received.sha256.finalize_reset());
                let sha224 = hexadecimal(&received.sha224.finalize_reset());
                let sha384 = hexadecimal(&received.sha384.finalize_reset());
                let sha512 = hexadecimal(&received.sha512.finalize_reset());
                Ok((sha256, [sha224, sha384, sha512]))
            })
            .await?;
        let (sha256, other_sha2) = digests;
        let size_bytes = received.size_bytes;
        let hold = Hold {
            folder: Arc::clone(&self.folder),
            sha256: sha256.clone(),
            temporary: Mutex::new(Some(received.temporary)),
            place: AtomicU8::new(INCOMING),
        };
        Ok(UploadedAttachment { sha256, other_sha2, size_bytes, hold: Box::new(hold) })
    }
}

/// Still among the uploads.
const INCOMING: u8 = 0;
/// Put in its place, but its commit is not durable yet.
const PLACED: u8 = 1;
/// Its commit is durable.
const KEPT: u8 = 2;

/// The hold on an upload's file.
pub(super) struct Hold {
    folder: Arc<AttachmentFolder>,
    sha256: String,
    temporary: Mutex<Option<TemporaryFile>>,
    place: AtomicU8,
}

impl Hold {
    pub(super) fn folder(&self) -> &AttachmentFolder {
        &self.folder
    }

    /// Moves the file to its place; over an orphan of the same content, if there is one.
    pub(super) fn move_to(&self, path: &Path) -> std::io::Result<()> {
        let temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(temporary) = temporary else {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "the upload was used already"));
        };
        std::fs::rename(&temporary.path, path)?;
        self.place.store(PLACED, Ordering::Relaxed);
        Ok(())
    }

    /// The file belongs to the LRS now.
    pub(super) fn keep(&self) {
        self.place.store(KEPT, Ordering::Relaxed);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.place.load(Ordering::Relaxed) == PLACED {
            self.folder.suspect(&self.sha256);
        }
    }
}
