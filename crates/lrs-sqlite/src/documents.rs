//! Documents of State and profiles.

use lrs_store::{Document, DocumentFilter, DocumentKey, DocumentWrite, DocumentWritten, Precondition, StoreError};

use crate::SqliteStore;

/// The second step of the schema.
pub(crate) const SCHEMA: &str = "";

pub(crate) async fn find_document(_store: &SqliteStore, _key: DocumentKey) -> Result<Option<Document>, StoreError> {
    unimplemented!()
}

pub(crate) async fn find_document_ids(
    _store: &SqliteStore,
    _filter: DocumentFilter,
) -> Result<Vec<String>, StoreError> {
    unimplemented!()
}

pub(crate) async fn write_document(
    _store: &SqliteStore,
    _key: DocumentKey,
    _precondition: Precondition,
    _write: DocumentWrite,
) -> Result<DocumentWritten, StoreError> {
    unimplemented!()
}

pub(crate) async fn delete_documents(_store: &SqliteStore, _filter: DocumentFilter) -> Result<(), StoreError> {
    unimplemented!()
}

/// How many documents there are; cheap enough for every scrape.
pub(crate) fn count_documents(_connection: &rusqlite::Connection) -> Result<u64, StoreError> {
    Ok(0)
}
