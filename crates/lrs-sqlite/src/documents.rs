//! Documents of State, Activity Profile and Agent Profile (Communication 2.2, 2.3, 2.6, 2.7).
//!
//! A change is a job in the log's group commit, and checks its precondition in that same transaction, so of two writers
//! with `If-None-Match: *` exactly one wins. Nothing here knows about HTTP headers.

use std::borrow::Cow;

use lrs_store::backend::{self, NewDocument, hash_document};
use lrs_store::{
    Document, DocumentFilter, DocumentKey, DocumentOwner, DocumentPosition, DocumentWrite, DocumentWritten, Etag,
    ListedDocument, Precondition, StoreError,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use xapi::{ContentType, Timestamp};

use crate::SqliteStore;
use crate::error::{corrupt, store_error};

/// The second step of the schema.
pub(crate) const SCHEMA: &str = "
-- `kind`: 0 State, 1 Activity Profile, 2 Agent Profile. `activity`, `agent`: '' where the kind has none. `registration`: 16
-- bytes, or none at all. `updated` never repeats.
CREATE TABLE document(
    document INTEGER PRIMARY KEY, kind INTEGER NOT NULL, activity TEXT NOT NULL, agent TEXT NOT NULL,
    registration BLOB NOT NULL, id TEXT NOT NULL, content_type TEXT NOT NULL, etag TEXT NOT NULL,
    updated INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX document_by_key ON document(kind, activity, agent, registration, id);
-- One row: how many documents there are, and the last `updated` that was given.
CREATE TABLE document_figures(documents INTEGER NOT NULL, last_updated INTEGER NOT NULL) STRICT;
INSERT INTO document_figures(documents, last_updated) VALUES (0, 0);
";

/// Larger bodies are hashed where blocking is allowed.
const HASH_INLINE_BYTES_MAX: usize = 128 << 10;

/// One document.
pub(crate) async fn find_document(store: &SqliteStore, key: DocumentKey) -> Result<Option<Document>, StoreError> {
    const OPERATION: &str = "find a document";
    store
        .read(OPERATION, move |connection| {
            let row = find_row(connection, &key).map_err(|error| store_error(OPERATION, error))?;
            Ok(row.map(|(_, document)| document))
        })
        .await
}

/// The ids of an owner's documents, sorted and distinct.
pub(crate) async fn find_document_ids(store: &SqliteStore, filter: DocumentFilter) -> Result<Vec<String>, StoreError> {
    const OPERATION: &str = "list documents";
    store
        .read(OPERATION, move |connection| list_ids(connection, &filter).map_err(|error| store_error(OPERATION, error)))
        .await
}

/// Changes one document if the precondition holds.
pub(crate) async fn write_document(
    store: &SqliteStore,
    key: DocumentKey,
    precondition: Precondition,
    write: DocumentWrite,
) -> Result<DocumentWritten, StoreError> {
    const OPERATION: &str = "write a document";
    let (write, etag) = hash_sent(write).await?;
    store
        .run_in_commit(move |connection, now| {
            let stored = find_row(connection, &key).map_err(|error| store_error(OPERATION, error))?;
            let (row, document) = stored.map_or((None, None), |(row, document)| (Some(row), Some(document)));
            match backend::plan_change(&precondition, document.as_ref(), &write, etag) {
                Err(unchanged) => Ok(unchanged),
                Ok(document) => change(connection, &key, row, document.as_ref(), now),
            }
        })
        .await
}

/// Deletes all documents of an owner.
pub(crate) async fn delete_documents(store: &SqliteStore, filter: DocumentFilter) -> Result<(), StoreError> {
    const OPERATION: &str = "delete documents";
    store
        .run_in_commit(move |connection, _| {
            delete_rows(connection, &filter.owner).map_err(|error| store_error(OPERATION, error))
        })
        .await
}

/// The documents behind a position, in the order of their rows. By the primary key of `document`.
pub(crate) async fn list_documents(
    store: &SqliteStore,
    after: Option<DocumentPosition>,
    limit: usize,
) -> Result<Vec<ListedDocument>, StoreError> {
    const OPERATION: &str = "list all documents";
    let after = after.map_or(0, |position| i64::try_from(position.0).unwrap_or(i64::MAX));
    store
        .read(OPERATION, move |connection| {
            let sql = "SELECT content_type, body, etag, updated, document, kind, activity, agent, registration, id
                       FROM document WHERE document > ?1 ORDER BY document LIMIT ?2";
            let list = || {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                connection.prepare_cached(sql)?.query_map(params![after, limit], read_listed)?.collect()
            };
            let listed: rusqlite::Result<Vec<ListedDocument>> = list();
            listed.map_err(|error| store_error(OPERATION, error))
        })
        .await
}

fn read_listed(row: &Row<'_>) -> rusqlite::Result<ListedDocument> {
    let (position, kind): (u64, i64) = (row.get(4)?, row.get(5)?);
    let registration: Vec<u8> = row.get(8)?;
    let owner = match kind {
        0 => DocumentOwner::State {
            activity: row.get(6)?,
            agent: row.get(7)?,
            registration: uuid::Uuid::from_slice(&registration).ok(),
        },
        1 => DocumentOwner::ActivityProfile(row.get(6)?),
        _ => DocumentOwner::AgentProfile(row.get(7)?),
    };
    Ok(ListedDocument {
        position: DocumentPosition(position.into()),
        key: DocumentKey { owner, id: row.get(9)? },
        document: read_document(row)?,
    })
}

/// From the columns `content_type, body, etag, updated`.
fn read_document(row: &Row<'_>) -> rusqlite::Result<Document> {
    Ok(Document {
        content_type: ContentType(row.get(0)?),
        body: row.get(1)?,
        etag: Etag(row.get(2)?),
        updated: Timestamp(row.get(3)?),
    })
}

/// Puts a document in its place as it was elsewhere, inside a commit.
pub(crate) fn restore_document(
    connection: &Connection,
    key: &DocumentKey,
    document: &Document,
) -> rusqlite::Result<()> {
    let row = find_row(connection, key)?.map(|(row, _)| row);
    let Document { content_type, body, etag, updated } = document;
    let restored = NewDocument { content_type, body: Cow::Borrowed(body), etag: etag.clone() };
    put_row(connection, key, row, &restored, *updated)?;
    connection
        .prepare_cached("UPDATE document_figures SET last_updated = max(?1, last_updated)")?
        .execute([document.updated.0])
        .map(drop)
}

/// How many documents there are; cheap enough for every scrape.
pub(crate) fn count_documents(connection: &Connection) -> Result<u64, StoreError> {
    connection
        .query_row("SELECT documents FROM document_figures", [], |row| row.get(0))
        .map_err(|error| store_error("count the documents", error))
}

/// The columns that say whose a document is.
struct Owner<'a> {
    kind: i64,
    activity: &'a str,
    agent: &'a str,
    registration: &'a [u8],
}

impl<'a> Owner<'a> {
    fn of(owner: &'a DocumentOwner) -> Self {
        match owner {
            DocumentOwner::State { activity, agent, registration } => {
                let registration = registration.as_ref().map_or(&[][..], |uuid| uuid.as_bytes().as_slice());
                Self { kind: 0, activity, agent, registration }
            }
            DocumentOwner::ActivityProfile(activity) => Self { kind: 1, activity, agent: "", registration: &[] },
            DocumentOwner::AgentProfile(agent) => Self { kind: 2, activity: "", agent, registration: &[] },
        }
    }
}

/// A filter on State without a registration means every registration, and none (Communication 2.3).
fn means_every_registration(owner: &DocumentOwner) -> bool {
    matches!(owner, DocumentOwner::State { registration: None, .. })
}

/// By `document_by_key`.
fn find_row(connection: &Connection, key: &DocumentKey) -> rusqlite::Result<Option<(i64, Document)>> {
    let owner = Owner::of(&key.owner);
    connection
        .prepare_cached(
            "SELECT content_type, body, etag, updated, document FROM document
             WHERE kind = ?1 AND activity = ?2 AND agent = ?3 AND registration = ?4 AND id = ?5",
        )?
        .query_row(params![owner.kind, owner.activity, owner.agent, owner.registration, key.id], |row| {
            Ok((row.get(4)?, read_document(row)?))
        })
        .optional()
}

/// By `document_by_key`: its first three columns, or its first four.
fn list_ids(connection: &Connection, filter: &DocumentFilter) -> rusqlite::Result<Vec<String>> {
    let owner = Owner::of(&filter.owner);
    let since = filter.since.map_or(i64::MIN, |instant| instant.0);
    if means_every_registration(&filter.owner) {
        connection
            .prepare_cached(
                "SELECT DISTINCT id FROM document
                 WHERE kind = ?1 AND activity = ?2 AND agent = ?3 AND updated > ?4 ORDER BY id",
            )?
            .query_map(params![owner.kind, owner.activity, owner.agent, since], |row| row.get(0))?
            .collect()
    } else {
        connection
            .prepare_cached(
                "SELECT id FROM document
                 WHERE kind = ?1 AND activity = ?2 AND agent = ?3 AND registration = ?4 AND updated > ?5 ORDER BY id",
            )?
            .query_map(params![owner.kind, owner.activity, owner.agent, owner.registration, since], |row| row.get(0))?
            .collect()
    }
}

/// By `document_by_key`: its first three columns, or its first four.
fn delete_rows(connection: &Connection, owner: &DocumentOwner) -> rusqlite::Result<()> {
    let columns = Owner::of(owner);
    let deleted = if means_every_registration(owner) {
        connection.execute(
            "DELETE FROM document WHERE kind = ?1 AND activity = ?2 AND agent = ?3",
            params![columns.kind, columns.activity, columns.agent],
        )?
    } else {
        connection.execute(
            "DELETE FROM document WHERE kind = ?1 AND activity = ?2 AND agent = ?3 AND registration = ?4",
            params![columns.kind, columns.activity, columns.agent, columns.registration],
        )?
    };
    if deleted == 0 {
        return Ok(());
    }
    connection.execute("UPDATE document_figures SET documents = documents - ?1", [deleted]).map(drop)
}

/// Puts the document in its row, or in a new one; or deletes it.
fn change(
    connection: &Connection,
    key: &DocumentKey,
    row: Option<i64>,
    document: Option<&NewDocument<'_>>,
    now: Timestamp,
) -> Result<DocumentWritten, StoreError> {
    let failed = |error| store_error("write a document", error);
    if let Some(document) = document {
        let updated = next_updated(connection, now)?;
        put_row(connection, key, row, document, updated).map_err(failed)?;
    } else if let Some(row) = row {
        delete_row(connection, row).map_err(failed)?;
    }
    Ok(DocumentWritten::Written(document.map(|document| document.etag.clone())))
}

/// The commit's instant, moved on so that no two changes share one: `since` then never misses a change.
fn next_updated(connection: &Connection, now: Timestamp) -> Result<Timestamp, StoreError> {
    let updated = connection
        .prepare_cached("UPDATE document_figures SET last_updated = max(?1, last_updated + 1) RETURNING last_updated")
        .and_then(|mut statement| statement.query_row([now.0], |row| row.get(0)).optional())
        .map_err(|error| store_error("write a document", error))?;
    updated.map(Timestamp).ok_or_else(|| corrupt("document_figures", "its only row is missing"))
}

/// By the primary key of `document`, or as a new row.
fn put_row(
    connection: &Connection,
    key: &DocumentKey,
    row: Option<i64>,
    document: &NewDocument<'_>,
    updated: Timestamp,
) -> rusqlite::Result<()> {
    let NewDocument { content_type, body, etag } = document;
    if let Some(row) = row {
        return connection
            .prepare_cached(
                "UPDATE document SET content_type = ?2, body = ?3, etag = ?4, updated = ?5 WHERE document = ?1",
            )?
            .execute(params![row, content_type.0, body, etag.0, updated.0])
            .map(drop);
    }
    let owner = Owner::of(&key.owner);
    connection
        .prepare_cached(
            "INSERT INTO document(kind, activity, agent, registration, id, content_type, body, etag, updated)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            owner.kind,
            owner.activity,
            owner.agent,
            owner.registration,
            key.id,
            content_type.0,
            body,
            etag.0,
            updated.0
        ])?;
    connection.prepare_cached("UPDATE document_figures SET documents = documents + 1")?.execute([]).map(drop)
}

/// By the primary key of `document`.
fn delete_row(connection: &Connection, row: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM document WHERE document = ?1")?.execute([row])?;
    connection.prepare_cached("UPDATE document_figures SET documents = documents - 1")?.execute([]).map(drop)
}

/// Hashes what was sent before the writer's turn, since everybody waits for the writer.
async fn hash_sent(write: DocumentWrite) -> Result<(DocumentWrite, Option<Etag>), StoreError> {
    let hash = |write: DocumentWrite| match &write {
        DocumentWrite::Replace { body, .. } | DocumentWrite::Merge { body, .. } => {
            let etag = hash_document(body);
            (write, Some(etag))
        }
        DocumentWrite::Delete => (write, None),
    };
    match &write {
        DocumentWrite::Replace { body, .. } | DocumentWrite::Merge { body, .. }
            if body.len() > HASH_INLINE_BYTES_MAX =>
        {
            let hashing = tokio::task::spawn_blocking(move || hash(write)).await;
            hashing.map_err(|error| StoreError::Internal { operation: "hash a document", source: Box::new(error) })
        }
        _ => Ok(hash(write)),
    }
}
