//! Documents of State, Activity Profile and Agent Profile (Communication 2.2, 2.3, 2.6, 2.7).
//!
//! A change is one transaction under a lock of its owner, so of two writers with `If-None-Match: *` exactly one wins,
//! whatever process they use. Nothing here knows about HTTP headers.

use std::sync::Arc;

use deadpool_postgres::Object;
use lrs_store::backend::{self, NewDocument};
use lrs_store::{
    Document, DocumentFilter, DocumentKey, DocumentOwner, DocumentPosition, DocumentWrite, DocumentWritten, Etag,
    ListedDocument, Precondition, StoreError,
};
use tokio_postgres::Row;
use uuid::Uuid;
use xapi::{ContentType, Timestamp};

use crate::PostgresStore;
use crate::error::{Fault, corrupt};
use crate::hash::NameHasher;
use crate::store::{SELECT_PRESENT, Shared};

const WRITE: &str = "write a document";
/// A change that the server undoes, or whose connection breaks before its commit, is tried so often.
const TRIES_MAX: usize = 5;

/// One document. By the primary key of `document`.
pub(crate) async fn find_document(store: &PostgresStore, key: &DocumentKey) -> Result<Option<Document>, StoreError> {
    let place = Place::of(&store.shared.hasher, &key.owner);
    let document = place.document(&store.shared.hasher, &key.id);
    let rows = store.query("find a document", &store.shared.sql(SELECT_DOCUMENT), &[&document]).await?;
    rows.first().map(read_document).transpose()
}

/// The ids of an owner's documents, sorted and distinct. By `document_owner`.
pub(crate) async fn find_document_ids(
    store: &PostgresStore,
    filter: &DocumentFilter,
) -> Result<Vec<String>, StoreError> {
    let place = Place::of(&store.shared.hasher, &filter.owner);
    let since = filter.since.map_or(i64::MIN, |instant| instant.0);
    let sql = store.shared.sql(
        "SELECT id FROM $s.document
         WHERE owner = $1 AND updated > $2 AND ($3 OR registration IS NOT DISTINCT FROM $4)",
    );
    let arguments: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&place.owner, &since, &place.every_registration, &place.registration];
    let rows = store.query("list documents", &sql, &arguments).await?;
    let ids = rows.iter().map(|row| read_text("document.id", row, 0));
    let mut ids = ids.collect::<Result<Vec<String>, StoreError>>()?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// Changes one document if the precondition holds.
pub(crate) async fn write_document(
    store: &PostgresStore,
    key: &DocumentKey,
    precondition: &Precondition,
    write: &DocumentWrite,
) -> Result<DocumentWritten, StoreError> {
    let shared = &store.shared;
    let place = Place::of(&shared.hasher, &key.owner);
    let change = Change { shared, place: &place, document: place.document(&shared.hasher, &key.id), key };
    let change = &change;
    retry(shared, WRITE, |connection| async move { change.run(&connection, precondition, write).await }).await
}

/// Deletes all documents of an owner. By `document_owner`.
pub(crate) async fn delete_documents(store: &PostgresStore, filter: &DocumentFilter) -> Result<(), StoreError> {
    const OPERATION: &str = "delete documents";
    let shared = &store.shared;
    let place = Place::of(&shared.hasher, &filter.owner);
    let sql = shared.sql("DELETE FROM $s.document WHERE owner = $1 AND ($2 OR registration IS NOT DISTINCT FROM $3)");
    let (place, sql) = (&place, &sql);
    retry(shared, OPERATION, |connection| async move {
        let failed = |error| Fault::new(OPERATION, error);
        let statement = connection.prepare_cached(sql).await.map_err(failed)?;
        let arguments: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&place.owner, &place.every_registration, &place.registration];
        connection.execute(&statement, &arguments).await.map(drop).map_err(failed)
    })
    .await
}

/// All documents behind a position, in the order of their hashes. By the primary key of `document`.
pub(crate) async fn list_documents(
    store: &PostgresStore,
    after: Option<DocumentPosition>,
    limit: usize,
) -> Result<Vec<ListedDocument>, StoreError> {
    let sql = store.shared.sql(
        "SELECT content_type, body, etag, updated, document, kind, activity, agent, registration, id
         FROM $s.document WHERE document > $1 ORDER BY document LIMIT $2",
    );
    let after = Uuid::from_u128(after.map_or(0, |position| position.0));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = store.query("list all documents", &sql, &[&after, &limit]).await?;
    rows.iter().map(read_listed).collect()
}

fn read_listed(row: &Row) -> Result<ListedDocument, StoreError> {
    let position: Uuid = row.get(4);
    let text = |place, column| match row.get::<_, Option<Vec<u8>>>(column) {
        Some(bytes) => String::from_utf8(bytes).map_err(|error| corrupt(place, error.to_string())),
        None => Ok(String::new()),
    };
    let (activity, agent) = (text("document.activity", 6)?, text("document.agent", 7)?);
    let owner = match row.get::<_, i16>(5) {
        0 => DocumentOwner::State { activity, agent, registration: row.get(8) },
        1 => DocumentOwner::ActivityProfile(activity),
        _ => DocumentOwner::AgentProfile(agent),
    };
    let key = DocumentKey { owner, id: read_text("document.id", row, 9)? };
    Ok(ListedDocument { position: DocumentPosition(position.as_u128()), key, document: read_document(row)? })
}

/// Puts a document in its place as it was elsewhere, inside a transaction. By the primary key of `document`.
pub(crate) async fn restore_document(
    shared: &Shared,
    connection: &Object,
    key: &DocumentKey,
    document: &Document,
) -> Result<(), tokio_postgres::Error> {
    let sql = shared.sql(
        "INSERT INTO $s.document
             (document, owner, registration, id, kind, activity, agent, content_type, etag, updated, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (document) DO UPDATE SET content_type = excluded.content_type, etag = excluded.etag,
             updated = excluded.updated, body = excluded.body",
    );
    let statement = connection.prepare_cached(&sql).await?;
    let place = Place::of(&shared.hasher, &key.owner);
    let row = place.document(&shared.hasher, &key.id);
    let Place { kind, activity, agent, registration, owner, .. } = &place;
    let (id, media_type) = (key.id.as_bytes(), document.content_type.0.as_bytes());
    let arguments: [&(dyn tokio_postgres::types::ToSql + Sync); 11] = [
        &row,
        owner,
        registration,
        &id,
        kind,
        activity,
        agent,
        &media_type,
        &document.etag.0,
        &document.updated.0,
        &document.body,
    ];
    connection.execute(&statement, &arguments).await.map(drop)
}

/// Runs a transaction until it is neither undone by the server nor met by a dead connection from the pool.
pub(crate) async fn retry<T, F>(
    shared: &Shared,
    operation: &'static str,
    job: impl Fn(Arc<Object>) -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Fault>>,
{
    shared.check_writable()?;
    let mut tries = 1;
    loop {
        let connection = Arc::new(shared.pools.writer(operation).await?);
        match job(Arc::clone(&connection)).await {
            Ok(done) => return Ok(done),
            Err(fault) => {
                Arc::into_inner(connection).map(Object::take);
                if matches!(fault, Fault::Failed(_)) || tries == TRIES_MAX {
                    return Err(fault.into());
                }
                tries += 1;
            }
        }
    }
}

/// The columns that say whose a document is.
struct Place {
    kind: i16,
    activity: Option<Vec<u8>>,
    agent: Option<Vec<u8>>,
    registration: Option<Uuid>,
    /// A filter on State without a registration means every registration, and none (Communication 2.3).
    every_registration: bool,
    owner: Uuid,
}

impl Place {
    fn of(hasher: &NameHasher, owner: &DocumentOwner) -> Self {
        let (kind, activity, agent, registration) = match owner {
            DocumentOwner::State { activity, agent, registration } => {
                (0, activity.as_str(), agent.as_str(), *registration)
            }
            DocumentOwner::ActivityProfile(activity) => (1, activity.as_str(), "", None),
            DocumentOwner::AgentProfile(agent) => (2, "", agent.as_str(), None),
        };
        let bytes = |text: &str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
        let owner = hasher.hash_parts(&[b"owner", &[kind], activity.as_bytes(), agent.as_bytes()]);
        Self {
            kind: i16::from(kind),
            activity: bytes(activity),
            agent: bytes(agent),
            registration,
            every_registration: kind == 0 && registration.is_none(),
            owner,
        }
    }

    fn document(&self, hasher: &NameHasher, id: &str) -> Uuid {
        let registration = self.registration.as_ref().map_or(&[][..], |uuid| uuid.as_bytes().as_slice());
        hasher.hash_parts(&[b"document", self.owner.as_bytes(), registration, id.as_bytes()])
    }
}

const SELECT_DOCUMENT: &str = "SELECT content_type, body, etag, updated FROM $s.document WHERE document = $1";
/// By `document_owner`. A query of its own: Citus refuses an INSERT with a subquery.
const SELECT_LAST_UPDATED: &str = "SELECT max(updated) FROM $s.document WHERE owner = $1";

fn read_text(place: &'static str, row: &Row, column: usize) -> Result<String, StoreError> {
    String::from_utf8(row.get(column)).map_err(|error| corrupt(place, error.to_string()))
}

fn read_document(row: &Row) -> Result<Document, StoreError> {
    Ok(Document {
        content_type: ContentType(read_text("document.content_type", row, 0)?),
        body: row.get(1),
        etag: Etag(row.get(2)),
        updated: Timestamp(row.get(3)),
    })
}

/// A change to one document.
struct Change<'a> {
    shared: &'a Shared,
    place: &'a Place,
    document: Uuid,
    key: &'a DocumentKey,
}

impl Change<'_> {
    /// Two round trips: one that locks and reads, one that writes and commits.
    async fn run(
        &self,
        connection: &Object,
        precondition: &Precondition,
        write: &DocumentWrite,
    ) -> Result<DocumentWritten, Fault> {
        let failed = |error| Fault::new(WRITE, error);
        // Locks of documents and of logs are apart: those have two halves, these have one.
        let lock = connection.prepare_cached("SELECT pg_advisory_xact_lock($1::bigint)").await.map_err(failed)?;
        let select = connection.prepare_cached(&self.shared.sql(SELECT_DOCUMENT)).await.map_err(failed)?;
        let last = connection.prepare_cached(&self.shared.sql(SELECT_LAST_UPDATED)).await.map_err(failed)?;
        let present = connection.prepare_cached(SELECT_PRESENT).await.map_err(failed)?;
        let lock_number =
            (self.place.owner.as_u64_pair().0 ^ u64::from(self.shared.number.unsigned_abs())).cast_signed();
        let micros = self.shared.time.micros();
        let document: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&self.document];
        let owner: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&self.place.owner];
        let clock: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&micros];
        let (begun, locked, found, last, present) = futures_util::join!(
            connection.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED"),
            connection.execute_raw(&lock, [lock_number]),
            connection.query_opt(&select, &document),
            connection.query_one(&last, &owner),
            connection.query_one(&present, &clock),
        );
        begun.map_err(failed)?;
        locked.map_err(failed)?;
        let (last, present): (Option<i64>, i64) = (last.map_err(failed)?.get(0), present.map_err(failed)?.get(0));
        let updated = last.map_or(present, |last| present.max(last.saturating_add(1)));
        let stored = found.map_err(failed)?.as_ref().map(read_document).transpose()?;
        let outcome = match backend::plan_change(precondition, stored.as_ref(), write, None) {
            Err(unchanged) => Ok(unchanged),
            Ok(None) => self.delete(connection).await,
            Ok(Some(document)) => self.put(connection, document, updated).await,
        };
        connection.batch_execute("COMMIT").await.map_err(failed)?;
        outcome
    }

    async fn delete(&self, connection: &Object) -> Result<DocumentWritten, Fault> {
        let delete = self.shared.sql("DELETE FROM $s.document WHERE document = $1");
        let deleted = connection.execute(&delete, &[&self.document]).await;
        deleted.map(|_| DocumentWritten::Written(None)).map_err(|error| Fault::new(WRITE, error))
    }

    /// `updated` is later than that of any document of the owner, even when the clock is not: `since` then never misses a change.
    async fn put(
        &self,
        connection: &Object,
        document: NewDocument<'_>,
        updated: i64,
    ) -> Result<DocumentWritten, Fault> {
        let NewDocument { content_type, body, etag } = document;
        let failed = |error| Fault::new(WRITE, error);
        let sql = self.shared.sql(
            "INSERT INTO $s.document
                 (document, owner, registration, id, kind, activity, agent, content_type, etag, updated, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (document) DO UPDATE SET content_type = excluded.content_type, etag = excluded.etag,
                 updated = excluded.updated, body = excluded.body",
        );
        let statement = connection.prepare_cached(&sql).await.map_err(failed)?;
        let Place { kind, activity, agent, registration, owner, .. } = self.place;
        let (id, media_type) = (self.key.id.as_bytes(), content_type.0.as_bytes());
        let arguments: [&(dyn tokio_postgres::types::ToSql + Sync); 11] =
            [&self.document, owner, registration, &id, kind, activity, agent, &media_type, &etag.0, &updated, &body];
        connection.execute(&statement, &arguments).await.map_err(failed)?;
        Ok(DocumentWritten::Written(Some(etag)))
    }
}
