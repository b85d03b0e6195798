//! Attachments: once by SHA-256, as files beside the database.

use lrs_store::{AttachmentUpload, StoreError, StoredAttachment, UploadedAttachment};
use rusqlite::Connection;
use xapi::Timestamp;

use crate::SqliteStore;

/// The third step of the schema.
pub(crate) const SCHEMA: &str = "";

/// Notes attachments that came with a batch, inside the batch's commit.
pub(crate) fn record_attachments(
    _connection: &Connection,
    _attachments: &[UploadedAttachment],
    _stored: Timestamp,
) -> Result<(), StoreError> {
    Ok(())
}

/// The commit that recorded them is durable: their files stay.
pub(crate) fn keep_attachments(_attachments: Vec<UploadedAttachment>) {}

pub(crate) async fn begin_attachment(_store: &SqliteStore) -> Result<Box<dyn AttachmentUpload>, StoreError> {
    unimplemented!()
}

pub(crate) async fn find_attachment(_store: &SqliteStore, _sha2: &str) -> Result<Option<StoredAttachment>, StoreError> {
    unimplemented!()
}

/// Bytes of all attachments; cheap enough for every scrape.
pub(crate) fn sum_attachment_bytes(_connection: &Connection) -> Result<u64, StoreError> {
    Ok(0)
}
