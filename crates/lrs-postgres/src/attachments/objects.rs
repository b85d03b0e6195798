//! Attachments as objects of an object store: S3, Google Cloud Storage, Azure.
//!
//! ```text
//! PREFIX/lrs_1/owner                    whose attachments these are, so that two databases cannot share a prefix by mistake
//! PREFIX/lrs_1/ab/cdef…                 an attachment, by the hexadecimal digits of its SHA-256
//! PREFIX/lrs_1/jobs/ID                  the file of a job
//! ```
//! An object is complete when it is there: one request puts a small one, a multipart upload that is completed at its end a large
//! one. The requests go through [`object_store`], which signs them and tries again what fails, for at most
//! [`RETRY_TIME_MAX`](super::address::RETRY_TIME_MAX).

use std::fmt;
use std::fs::File;
use std::io::SeekFrom;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use lrs_store::{Advice, JobId, Obstacle, Seen, StoreError, StoredAttachment};
use object_store::buffered::BufReader;
use object_store::path::Path;
use object_store::{Error, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload};
use tokio::io::AsyncSeekExt as _;
use tokio::sync::{OnceCell, Semaphore};
use xapi::Timestamp;

use super::job_files::JOBS;
use super::upload::{Hold, run_blocking};
use super::{file_error, foreign, lost};
use crate::error::unavailable;

/// Larger attachments are sent in parts of this size, or larger ones where there would be too many.
const PART_BYTES: u64 = 8 << 20;
/// Object stores take at most so many parts.
const PARTS_MAX: u64 = 10_000;
/// Parts that are in memory at one time, on their way out, in the whole process.
const PARTS_AT_ONCE_MAX: usize = 8;
/// An attachment is read in pieces of this size, one after the other, so that a slow client keeps no request waiting.
const READ_BYTES: usize = 2 << 20;
/// The name of the object that says whose the attachments of an LRS are.
const OWNER: &str = "owner";
/// Objects are listed in portions of so many.
const LISTED_AT_ONCE: usize = 1_000;
/// The last two parts of an attachment's name, together.
const DIGITS: usize = 64;
/// An error is told in at most so many characters.
const CAUSE_CHARACTERS_MAX: usize = 300;

/// A bucket or container, and the names of its objects that are ours.
#[derive(Clone)]
pub struct ObjectPlace {
    store: Arc<dyn ObjectStore>,
    shown: String,
    prefix: Path,
    spool: PathBuf,
    parts: Arc<Semaphore>,
}

impl fmt::Debug for ObjectPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectPlace").field("url", &self.shown).finish_non_exhaustive()
    }
}

impl ObjectPlace {
    /// Objects of `store` below `prefix`; `shown` is their address, as people see it. Uploads are collected in the local folder `spool`
    /// before they are sent.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>, shown: String, prefix: Path, spool: PathBuf) -> Self {
        Self { store, shown, prefix, spool, parts: Arc::new(Semaphore::new(PARTS_AT_ONCE_MAX)) }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shown
    }

    pub(super) fn spool(&self) -> &std::path::Path {
        &self.spool
    }

    /// The attachments of one LRS, whose owner is told apart by `owner`.
    pub(super) fn of_lrs(&self, schema: &str, owner: String) -> LrsObjects {
        LrsObjects { place: self.clone(), folder: self.below(schema), owner, claimed: OnceCell::new() }
    }

    fn below(&self, name: &str) -> Path {
        Path::from(format!("{}/{name}", self.prefix))
    }

    /// Writes, reads, lists and removes a small object; which of these failed, and what to do.
    pub(super) async fn probe(&self, name: &str) -> Result<(), (Seen, Advice)> {
        self.try_probe(name)
            .await
            .map_err(|(failed, error)| (failed(self.url().to_owned(), cause(&error)), advice(&error)))
    }

    async fn try_probe(&self, name: &str) -> Result<(), (Failed, Error)> {
        const BYTES: &[u8] = b"Lyceum looks whether it may write here; this can be removed.";
        let (store, path) = (&self.store, self.below(name));
        store.put(&path, PutPayload::from_static(BYTES)).await.map_err(|error| (UNWRITABLE, error))?;
        let read = async { store.get(&path).await?.bytes().await };
        let read = read.await.map_err(|error| (UNREADABLE, error));
        let listed = store.list(Some(&self.prefix)).take(1).try_collect::<Vec<_>>().await;
        let removed = store.delete(&path).await.map_err(|error| (UNREMOVABLE, error));
        let read = read?;
        listed.map_err(|error| (UNLISTABLE, error))?;
        removed?;
        if read != BYTES {
            let source = "what was read is not what was written".into();
            return Err((UNREADABLE, Error::Generic { store: "attachments", source }));
        }
        Ok(())
    }
}

/// What was tried in vain, by the URL and the reason.
type Failed = fn(String, String) -> Seen;
const UNWRITABLE: Failed = |url, reason| Seen::ObjectsUnwritable { url, reason };
const UNREADABLE: Failed = |url, reason| Seen::ObjectsUnreadable { url, reason };
const UNLISTABLE: Failed = |url, reason| Seen::ObjectsUnlistable { url, reason };
const UNREMOVABLE: Failed = |url, reason| Seen::ObjectsUnremovable { url, reason };

/// The attachments of one LRS.
pub(super) struct LrsObjects {
    place: ObjectPlace,
    folder: Path,
    owner: String,
    /// Set when the object [`OWNER`] names this LRS.
    claimed: OnceCell<()>,
}

impl LrsObjects {
    pub(super) fn spool(&self) -> &std::path::Path {
        self.place.spool()
    }

    /// Puts a file under its digest unless it is there already. When this returns, the object is complete and durable. Whether one was there.
    pub(super) async fn install(&self, sha256: &str, size_bytes: u64, hold: &Hold) -> Result<bool, StoreError> {
        let Hold::Nameless(file) = hold else { return Err(foreign()) };
        self.claimed.get_or_try_init(|| self.claim()).await?;
        let path = self.path(sha256);
        let found = self.find(&path).await?;
        if found.as_ref().is_some_and(|found| found.size == size_bytes) {
            return Ok(true);
        }
        self.put(&path, file, size_bytes).await?;
        Ok(found.is_some())
    }

    async fn put(&self, path: &Path, file: &Arc<File>, size_bytes: u64) -> Result<(), StoreError> {
        if size_bytes > PART_BYTES {
            return self.put_in_parts(path, file, size_bytes).await;
        }
        let _permit = self.permit().await?;
        let bytes = self.read_part(file, 0, size_bytes).await?;
        self.place.store.put(path, bytes.into()).await.map(drop).map_err(|error| object_error("take it", &error))
    }

    /// Puts a file as that of a job.
    pub(super) async fn keep_job_file(&self, job: JobId, size_bytes: u64, hold: &Hold) -> Result<(), StoreError> {
        let Hold::Nameless(file) = hold else { return Err(foreign()) };
        self.claimed.get_or_try_init(|| self.claim()).await?;
        self.put(&self.job_path(job), file, size_bytes).await
    }

    /// Opens a job's file behind its first `from` bytes.
    pub(super) async fn open_job_file(&self, job: JobId, from: u64) -> Result<Option<StoredAttachment>, StoreError> {
        let Some(found) = self.find(&self.job_path(job)).await? else { return Ok(None) };
        let mut reader = BufReader::with_capacity(Arc::clone(&self.place.store), &found, READ_BYTES);
        let sought = reader.seek(SeekFrom::Start(from)).await;
        sought.map_err(|error| unavailable(Obstacle::JobFileUnreadable { error: error.to_string() }))?;
        Ok(Some(StoredAttachment { size_bytes: found.size, reader: Box::pin(reader) }))
    }

    /// Removes a job's file.
    pub(super) async fn remove_job_file(&self, job: JobId) -> Result<(), StoreError> {
        match self.place.store.delete(&self.job_path(job)).await {
            Err(Error::NotFound { .. }) => Ok(()),
            outcome => outcome.map_err(|error| object_error("remove the file of a job", &error)),
        }
    }

    /// Opens an attachment. That it cannot be reached is noticed here, and what breaks later while it is read.
    pub(super) async fn open(&self, sha256: &str, size_bytes: u64) -> Result<StoredAttachment, StoreError> {
        let path = self.path(sha256);
        let store = &self.place.store;
        let found = match store.head(&path).await {
            Err(Error::NotFound { .. }) => return Err(lost(sha256, None, size_bytes)),
            outcome => outcome.map_err(|error| object_error("be read", &error))?,
        };
        if found.size != size_bytes {
            return Err(lost(sha256, Some(found.size), size_bytes));
        }
        let reader = BufReader::with_capacity(Arc::clone(store), &found, READ_BYTES);
        Ok(StoredAttachment { size_bytes, reader: Box::pin(reader) })
    }

    /// Refuses when another database's attachments are here, or nobody can tell.
    pub(super) async fn check_owner(&self) -> Result<(), StoreError> {
        match self.read_owner().await? {
            Some(owner) if owner != self.owner => Err(unavailable(format!(
                "{} holds the attachments of another database: give each database a prefix of its own",
                self.place.shown
            ))),
            _ => Ok(()),
        }
    }

    /// Removes all objects of the LRS.
    pub(super) async fn remove(&self) -> Result<(), StoreError> {
        let store = &self.place.store;
        let listed = store.list(Some(&self.folder)).map_ok(|object| object.location).boxed();
        let removed = store.delete_stream(listed).filter(|outcome| {
            let gone = matches!(outcome, Err(Error::NotFound { .. }));
            std::future::ready(!gone)
        });
        let removed = removed.try_for_each(|_| std::future::ready(Ok(()))).await;
        removed.map_err(|error| object_error("remove those of the deleted LRS", &error))
    }

    /// Whether this LRS has claimed them. Refuses when another database has.
    pub(super) async fn are_own(&self) -> Result<bool, StoreError> {
        self.check_owner().await?;
        Ok(self.read_owner().await?.is_some())
    }

    /// The SHA-256 of all that were put before an instant, in portions.
    pub(super) fn list_older(&self, before: Timestamp) -> BoxStream<'_, Result<Vec<String>, StoreError>> {
        let listed = self.place.store.list(Some(&self.folder)).map_err(|error| object_error("be listed", &error));
        let digests = listed.try_filter_map(move |object| {
            let is_older = object.last_modified.timestamp_micros() < before.0;
            let digest = self.digest_of(&object.location).filter(|_| is_older);
            std::future::ready(Ok(digest))
        });
        digests.try_chunks(LISTED_AT_ONCE).map_err(|error| error.1).boxed()
    }

    fn digest_of(&self, path: &Path) -> Option<String> {
        let digest: String = path.prefix_match(&self.folder)?.map(|part| part.as_ref().to_owned()).collect();
        (digest.len() == DIGITS).then_some(digest)
    }

    /// Whether it is there, and was put before an instant.
    pub(super) async fn is_older(&self, sha256: &str, before: Timestamp) -> Result<bool, StoreError> {
        let found = self.find(&self.path(sha256)).await?;
        Ok(found.is_some_and(|found| found.last_modified.timestamp_micros() < before.0))
    }

    /// Removes one.
    pub(super) async fn remove_one(&self, sha256: &str) -> Result<(), StoreError> {
        match self.place.store.delete(&self.path(sha256)).await {
            Err(Error::NotFound { .. }) => Ok(()),
            outcome => outcome.map_err(|error| object_error("remove what no statement names", &error)),
        }
    }

    fn path(&self, sha256: &str) -> Path {
        let (shard, rest) = sha256.split_at_checked(2).unwrap_or(("", sha256));
        Path::from(format!("{}/{shard}/{rest}", self.folder))
    }

    fn job_path(&self, job: JobId) -> Path {
        Path::from(format!("{}/{JOBS}/{job}", self.folder))
    }

    fn owner_path(&self) -> Path {
        Path::from(format!("{}/{OWNER}", self.folder))
    }

    async fn find(&self, path: &Path) -> Result<Option<ObjectMeta>, StoreError> {
        match self.place.store.head(path).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(object_error("be looked at", &error)),
        }
    }

    /// Before the first attachment of a process.
    async fn claim(&self) -> Result<(), StoreError> {
        if self.read_owner().await?.is_none() {
            let put = self.place.store.put(&self.owner_path(), self.owner.clone().into()).await;
            put.map_err(|error| object_error("take it", &error))?;
        }
        self.check_owner().await
    }

    async fn read_owner(&self) -> Result<Option<String>, StoreError> {
        let read = async { self.place.store.get(&self.owner_path()).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(object_error("be read", &error)),
        }
    }

    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, StoreError> {
        self.place.parts.acquire().await.map_err(|_| crate::error::closed())
    }

    async fn read_part(&self, file: &Arc<File>, offset: u64, length: u64) -> Result<Vec<u8>, StoreError> {
        let file = Arc::clone(file);
        let read = run_blocking(move || {
            let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
            file.read_exact_at(&mut bytes, offset).map(|()| bytes)
        });
        read.await?.map_err(|error| file_error("read what arrived of an attachment", self.place.spool(), &error))
    }

    async fn put_in_parts(&self, path: &Path, file: &Arc<File>, size_bytes: u64) -> Result<(), StoreError> {
        let refused = |error| object_error("take it", &error);
        let mut upload = self.place.store.put_multipart(path).await.map_err(refused)?;
        let put = async {
            self.put_parts(&mut *upload, file, size_bytes).await?;
            upload.complete().await.map_err(refused)
        };
        let outcome = put.await;
        if outcome.is_err()
            && let Err(error) = upload.abort().await
        {
            // What has arrived of it is nowhere to be seen; a rule of the bucket removes it (docs/postgres.md).
            tracing::debug!(error = cause(&error), "an upload that failed could not be given up");
        }
        outcome.map(drop)
    }

    async fn put_parts(
        &self,
        upload: &mut dyn MultipartUpload,
        file: &Arc<File>,
        size_bytes: u64,
    ) -> Result<(), StoreError> {
        let part_bytes = PART_BYTES.max(size_bytes.div_ceil(PARTS_MAX));
        let mut offset = 0;
        while offset < size_bytes {
            let _permit = self.permit().await?;
            let length = part_bytes.min(size_bytes - offset);
            let bytes = self.read_part(file, offset, length).await?;
            upload.put_part(bytes.into()).await.map_err(|error| object_error("take it", &error))?;
            offset += length;
        }
        Ok(())
    }
}

/// What an error of the object store means: nearly all of them can be mended by an operator.
fn object_error(what: &str, error: &Error) -> StoreError {
    let said = format!("could not {what} ({})", cause(error));
    unavailable(Obstacle::ObjectStoreFails { error: said, advice: advice(error) })
}

/// What to do about an error.
fn advice(error: &Error) -> Advice {
    match error {
        Error::Unauthenticated { .. } => Advice::CheckCredentials,
        Error::PermissionDenied { .. } => Advice::CheckPolicy,
        Error::NotFound { .. } => Advice::CheckBucket,
        _ => Advice::CheckObjectStore,
    }
}

/// An error in a few words, without anything that may be secret: parameters of URLs can be signatures.
pub(super) fn cause(error: &Error) -> String {
    let text = error.to_string();
    let words = text.split_whitespace().map(|word| word.split_once('?').map_or(word, |(before, _)| before));
    let mut told = String::new();
    for word in words {
        if told.len() + word.len() > CAUSE_CHARACTERS_MAX {
            told.push_str(" …");
            break;
        }
        let space = if told.is_empty() { "" } else { " " };
        told.push_str(space);
        told.push_str(word);
    }
    told
}
