//! Attachments: once by SHA-256 and LRS, in a folder or in an object store that all processes share, never in the database
//! (Data 2.4.11).
//!
//! Bytes are in their place, durably, before the commit that names them: a row without its bytes cannot be. Bytes without a
//! row can (the commit failed, or the process died in between). They do no harm: nobody finds them, the same bytes may take their
//! place, and they go with their LRS, or before when somebody asks for that ([`orphans`]).

mod address;
mod folder;
mod job_files;
mod objects;
pub(crate) mod orphans;
mod upload;

use std::path::{Path, PathBuf};

use futures_util::stream::BoxStream;
use lrs_store::backend::hexadecimal;
use lrs_store::{
    Advice, AttachmentUpload, Finding, Obstacle, Recorded, Seen, Severity, StoreError, StoredAttachment, Subject,
    UploadedAttachment,
};
use sha2::{Digest as _, Sha256};
use xapi::Timestamp;

pub use self::address::{AddressError, ObjectSettings};
use self::objects::LrsObjects;
pub use self::objects::ObjectPlace;
pub use self::orphans::Orphans;
use self::upload::{Hold, Spool, Upload};
use crate::PostgresStore;
use crate::error::{corrupt, unavailable};
use crate::store::Shared;
use crate::writer::Record;

/// Where the bytes of all attachments are.
#[derive(Debug, Clone)]
pub enum AttachmentPlace {
    /// In this folder, which every process must see.
    Folder(PathBuf),
    /// In an object store.
    Objects(ObjectPlace),
}

impl AttachmentPlace {
    /// Makes the folder that this process writes to; which one, if it cannot.
    pub(crate) async fn prepare(&self) -> Result<(), (PathBuf, std::io::Error)> {
        let folder = match self {
            Self::Folder(folder) => folder,
            Self::Objects(objects) => objects.spool(),
        };
        tokio::fs::create_dir_all(folder).await.map_err(|error| (folder.to_owned(), error))
    }

    /// The attachments of one LRS: that of this schema, in which names are hashed by this key.
    pub(crate) fn of_lrs(&self, schema: &str, hash_key: &[u8]) -> LrsAttachments {
        LrsAttachments(match self {
            Self::Folder(folder) => Kind::Folder(folder.join(schema)),
            Self::Objects(objects) => {
                let digest = Sha256::new().chain_update(b"lyceum attachments ").chain_update(hash_key).finalize();
                Kind::Objects(Box::new(objects.of_lrs(schema, hexadecimal(&digest))))
            }
        })
    }

    /// Whether it can be written, read and removed from.
    pub(crate) async fn check(&self) -> Finding {
        const SUBJECT: Subject = Subject::Attachments;
        let name = format!("lyceum-probe-{}", std::process::id());
        match self {
            Self::Folder(folder) if !folder.is_dir() => {
                let seen = Seen::FolderMissing { path: folder.display().to_string() };
                Finding::new(Severity::Warning, SUBJECT, seen, Advice::NameAttachments)
            }
            Self::Folder(folder) => {
                let path = folder.display().to_string();
                let probe = folder.join(name);
                let written = tokio::fs::write(&probe, b"lyceum").await;
                match written.and(tokio::fs::remove_file(&probe).await) {
                    Ok(()) => Finding::good(SUBJECT, Seen::FolderWritable { path }),
                    Err(error) => {
                        let seen = Seen::FolderUnwritable { path, reason: error.to_string() };
                        Finding::new(Severity::Error, SUBJECT, seen, Advice::CheckDiskAndOwner)
                    }
                }
            }
            Self::Objects(objects) => match objects.probe(&name).await {
                Ok(()) => Finding::good(SUBJECT, Seen::ObjectsUsable { url: objects.url().to_owned() }),
                Err((seen, advice)) => Finding::new(Severity::Error, SUBJECT, seen, advice),
            },
        }
    }
}

/// The attachments of one LRS.
pub(crate) struct LrsAttachments(Kind);

enum Kind {
    Folder(PathBuf),
    Objects(Box<LrsObjects>),
}

impl LrsAttachments {
    /// Makes what must be there before the first attachment.
    pub(crate) async fn prepare(&self) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Folder(folder) => folder::prepare(folder).await,
            Kind::Objects(_) => Ok(()),
        }
    }

    fn spool(&self) -> Spool {
        match &self.0 {
            Kind::Folder(folder) => Spool::Named(folder::incoming(folder)),
            Kind::Objects(objects) => Spool::Nameless(objects.spool().to_owned()),
        }
    }

    /// Puts bytes in their place, durably. Whether some were there already.
    async fn install(&self, attachment: &UploadedAttachment) -> Result<bool, StoreError> {
        let hold = attachment.hold.downcast_ref::<Hold>().ok_or_else(foreign)?;
        match &self.0 {
            Kind::Folder(folder) => folder::install(folder, &attachment.sha256, hold).await,
            Kind::Objects(objects) => objects.install(&attachment.sha256, attachment.size_bytes, hold).await,
        }
    }

    /// Opens the attachment of a row.
    pub(crate) async fn open(&self, sha256: &str, size_bytes: u64) -> Result<StoredAttachment, StoreError> {
        match &self.0 {
            Kind::Folder(folder) => folder::open(folder, sha256, size_bytes).await,
            Kind::Objects(objects) => objects.open(sha256, size_bytes).await,
        }
    }

    /// Refuses when the LRS's attachments could not be removed now, or are not its own.
    pub(crate) async fn check_removable(&self) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Folder(_) => Ok(()),
            Kind::Objects(objects) => objects.check_owner().await,
        }
    }

    /// Removes all attachments of the LRS.
    pub(crate) async fn remove(&self) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Folder(folder) => folder::remove(folder).await,
            Kind::Objects(objects) => objects.remove().await,
        }
    }

    /// Whether attachments are here that are surely this LRS's own.
    async fn are_own(&self) -> Result<bool, StoreError> {
        match &self.0 {
            Kind::Folder(folder) => Ok(folder.is_dir()),
            Kind::Objects(objects) => objects.are_own().await,
        }
    }

    /// The SHA-256 of all that were put before an instant, whether a row names them or not, in portions.
    pub(crate) fn list_older(&self, before: Timestamp) -> BoxStream<'_, Result<Vec<String>, StoreError>> {
        match &self.0 {
            Kind::Folder(folder) => folder::list_older(folder, before),
            Kind::Objects(objects) => objects.list_older(before),
        }
    }

    /// Whether it is there, and was put before an instant.
    async fn is_older(&self, sha256: &str, before: Timestamp) -> Result<bool, StoreError> {
        match &self.0 {
            Kind::Folder(folder) => folder::is_older(folder, sha256, before).await,
            Kind::Objects(objects) => objects.is_older(sha256, before).await,
        }
    }

    async fn remove_one(&self, sha256: &str) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Folder(folder) => folder::remove_one(folder, sha256).await,
            Kind::Objects(objects) => objects.remove_one(sha256).await,
        }
    }
}

/// Puts the bytes of a batch in their place, durably, before its commit.
pub(crate) async fn install(shared: &Shared, attachments: &[UploadedAttachment]) -> Result<(), StoreError> {
    let mut found = Vec::new();
    for attachment in attachments {
        if shared.attachments.install(attachment).await? {
            found.push(attachment.sha256.clone());
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    // What is in its place without a row may be on its way out.
    let unnamed = orphans::take_back(shared, &found).await?;
    for attachment in attachments.iter().filter(|it| unnamed.contains(&it.sha256)) {
        shared.attachments.install(attachment).await?;
    }
    Ok(())
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

/// The commit that recorded them is durable: their bytes stay, and only the uploads' own files go.
pub(crate) fn keep_attachments(attachments: Vec<UploadedAttachment>) {
    drop(attachments);
}

/// Begins an upload.
pub(crate) fn begin_attachment(store: &PostgresStore) -> Result<Box<dyn AttachmentUpload>, StoreError> {
    store.shared.check_writable()?;
    Ok(Box::new(Upload::begin(store.shared.attachments.spool())))
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
    store.shared.attachments.open(&sha256, size.unsigned_abs()).await.map(Some)
}

/// A row's bytes are not there as they should be.
fn lost(sha256: &str, found: Option<u64>, size_bytes: u64) -> StoreError {
    let reason = match found {
        None => "its bytes are missing: restore them from a backup".to_owned(),
        Some(length) => format!("it has {length} bytes instead of {size_bytes}: restore it from a backup"),
    };
    corrupt(format!("attachment {sha256}"), reason)
}

fn foreign() -> StoreError {
    StoreError::Internal { operation: "keep an attachment", source: "it was uploaded to another kind of store".into() }
}

/// What an error with a file means: nearly all of them can be mended by an operator.
fn file_error(operation: &'static str, path: &Path, error: &std::io::Error) -> StoreError {
    let error = format!("could not {operation}: {error}");
    unavailable(Obstacle::FileUnusable { path: path.display().to_string(), error })
}
