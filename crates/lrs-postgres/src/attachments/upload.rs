//! An attachment on its way in: hashed as its bytes pass, and kept in a local file until its batch is recorded.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use lrs_store::backend::hexadecimal;
use lrs_store::{AttachmentUpload, StoreError, UploadedAttachment};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use tempfile::NamedTempFile;

use super::file_error;
use crate::error::unavailable;

const OPERATION: &str = "receive an attachment";
/// Bytes are collected up to this size before they go to a thread that may block.
const BUFFER_BYTES: usize = 256 << 10;

/// Where uploads are collected.
#[derive(Debug, Clone)]
pub(super) enum Spool {
    /// In the folder of an LRS, under a name, so that the file can be linked to its place.
    Named(PathBuf),
    /// In a folder of this process's machine, without a name, so that not even a crash leaves anything.
    Nameless(PathBuf),
}

impl Spool {
    fn folder(&self) -> &Path {
        match self {
            Self::Named(folder) | Self::Nameless(folder) => folder,
        }
    }

    fn create(&self) -> std::io::Result<Hold> {
        Ok(match self {
            Self::Named(folder) => Hold::Named(NamedTempFile::new_in(folder)?),
            Self::Nameless(folder) => Hold::Nameless(Arc::new(tempfile::tempfile_in(folder)?)),
        })
    }
}

/// What an upload leaves behind until its batch is recorded; the file goes with it.
pub(super) enum Hold {
    /// See [`Spool::Named`]; on the disk when the upload has finished.
    Named(NamedTempFile),
    /// See [`Spool::Nameless`].
    Nameless(Arc<File>),
}

impl Hold {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Named(file) => file.write_all(bytes),
            Self::Nameless(file) => (&**file).write_all(bytes),
        }
    }

    /// A file that will be linked to its place must be durable. One that will be copied need not be.
    fn finish(&self) -> std::io::Result<()> {
        match self {
            Self::Named(file) => file.as_file().sync_all(),
            Self::Nameless(_) => Ok(()),
        }
    }
}

/// What has arrived so far.
struct Received {
    hold: Hold,
    sha224: Sha224,
    sha256: Sha256,
    sha384: Sha384,
    sha512: Sha512,
    size_bytes: u64,
}

impl Received {
    fn new(hold: Hold) -> Self {
        Self {
            hold,
            sha224: Sha224::new(),
            sha256: Sha256::new(),
            sha384: Sha384::new(),
            sha512: Sha512::new(),
            size_bytes: 0,
        }
    }

    fn take(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.sha224.update(bytes);
        self.sha256.update(bytes);
        self.sha384.update(bytes);
        self.sha512.update(bytes);
        self.size_bytes += bytes.len() as u64;
        self.hold.write(bytes)
    }
}

/// The receiving end.
pub(super) struct Upload {
    spool: Spool,
    buffer: Vec<u8>,
    received: Progress,
}

enum Progress {
    Nothing,
    Some(Box<Received>),
    /// A write failed, or was cut off: what had arrived is lost.
    Lost,
}

impl Upload {
    pub(super) fn begin(spool: Spool) -> Self {
        Self { spool, buffer: Vec::new(), received: Progress::Nothing }
    }

    /// Hands the buffer to a thread that may block.
    async fn flush(&mut self) -> Result<(), StoreError> {
        let bytes = std::mem::take(&mut self.buffer);
        let (spool, received) = (self.spool.clone(), std::mem::replace(&mut self.received, Progress::Lost));
        let work = move || -> std::io::Result<Box<Received>> {
            let mut received = match received {
                Progress::Some(received) => received,
                Progress::Nothing => Box::new(Received::new(spool.create()?)),
                Progress::Lost => return Err(std::io::Error::other("an earlier part of it was lost")),
            };
            received.take(&bytes)?;
            Ok(received)
        };
        let received = run_blocking(work).await?;
        self.received = Progress::Some(received.map_err(|error| file_error(OPERATION, self.spool.folder(), &error))?);
        Ok(())
    }
}

/// Runs what may wait for a disk.
pub(super) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
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
        let Progress::Some(received) = self.received else { return Err(unavailable("the upload was broken off")) };
        let finished = run_blocking(move || received.hold.finish().map(|()| received)).await?;
        let received = finished.map_err(|error| file_error(OPERATION, self.spool.folder(), &error))?;
        Ok(UploadedAttachment {
            sha256: hexadecimal(&received.sha256.finalize()),
            other_sha2: [
                hexadecimal(&received.sha224.finalize()),
                hexadecimal(&received.sha384.finalize()),
                hexadecimal(&received.sha512.finalize()),
            ],
            size_bytes: received.size_bytes,
            hold: Box::new(received.hold),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_upload_that_failed_once_stays_failed() {
        let parent = tempfile::tempdir().expect("there is room");
        let folder = parent.path().join("later");
        let mut upload = Upload::begin(Spool::Nameless(folder.clone()));
        let piece = vec![7; BUFFER_BYTES];
        upload.write(&piece).await.expect_err("there is no folder");
        std::fs::create_dir(&folder).expect("there is room");
        upload.write(&piece).await.expect_err("the first piece is lost");
        assert!(Box::new(upload).finish().await.is_err(), "what is left must not pass for the whole");
    }
}
