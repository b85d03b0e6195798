//! The store of one LRS: opens it, and hands every operation to the module that does it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use deadpool_postgres::Object;
use lrs_store::{
    AttachmentUpload, Batch, Document, DocumentFilter, DocumentKey, DocumentPosition, DocumentWrite, DocumentWritten,
    Finding, Identity, JobFiles, ListedDocument, LoggedStatement, Page, Precondition, Query, Recorded, Restoration,
    Restored, Seq, Store, StoreError, StoreStatus, StoredAttachment, StoredStatement, Views,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use xapi::{StatementId, Timestamp};

use crate::append::{self, Appender, Horizon, prepare};
use crate::attachments::LrsAttachments;
use crate::connection::{Pools, read_again};
use crate::error::{Fault, closed, store_error};
use crate::hash::NameHasher;
use crate::writer::{Queue, Writer};
use crate::{Options, Time, attachments, check, cut, definitions, documents, find, identities, restore, schema};

/// Larger batches are hashed and compressed where blocking is allowed.
const PREPARE_INLINE_STATEMENTS_MAX: usize = 16;

/// How often the end of the log is looked at while somebody follows it.
const WATCH_INTERVAL: std::time::Duration = std::time::Duration::from_millis(250);

/// The database's clock in microseconds, or the clock of tests. It names no table, so that on Citus the coordinator answers: a clock of
/// the node that has the table would not agree with the one that [`append::consistent_through`] reads.
pub(crate) const SELECT_PRESENT: &str =
    "SELECT coalesce($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)";

/// How many there are: counted up to ten thousand, and above that as PostgreSQL estimates, since a scrape must not read a big table.
const SELECT_DOCUMENTS: &str = "
    SELECT CASE WHEN counted < 10000 THEN counted ELSE greatest(counted, (
        SELECT reltuples::bigint FROM pg_class WHERE oid = '$s.document'::regclass)) END
    FROM (SELECT count(*) AS counted FROM (SELECT 1 FROM $s.document LIMIT 10000) AS counted_rows) AS sample";
/// The sum of up to ten thousand, and above that their mean times the estimated number.
const SELECT_ATTACHMENT_BYTES: &str = "
    SELECT (CASE WHEN counted < 10000 THEN bytes ELSE greatest(bytes, bytes / counted * (
        SELECT reltuples::bigint FROM pg_class WHERE oid = '$s.attachment'::regclass)) END)::bigint
    FROM (SELECT count(*) AS counted, coalesce(sum(size_bytes), 0) AS bytes
        FROM (SELECT size_bytes FROM $s.attachment LIMIT 10000) AS counted_rows) AS sample";

/// The store of one LRS in one schema, with its attachments.
pub struct PostgresStore {
    pub(crate) shared: Arc<Shared>,
    writer: Writer,
    watcher: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer and the readers share.
pub(crate) struct Shared {
    pub(crate) lrs: String,
    pub(crate) number: i32,
    pub(crate) schema: String,
    pub(crate) hasher: NameHasher,
    pub(crate) pools: Pools,
    pub(crate) options: Options,
    pub(crate) time: Time,
    pub(crate) queue: Arc<Queue>,
    pub(crate) attachments: LrsAttachments,
    /// The end of the log, for those who follow it.
    log_end: watch::Sender<Seq>,
    pub(crate) horizon: Horizon,
    /// Citus has cut the log over its nodes.
    pub(crate) is_cut: bool,
    closed: AtomicBool,
}

impl Shared {
    /// SQL of this LRS: `$s.` stands for its schema.
    pub(crate) fn sql(&self, text: &str) -> String {
        schema::sql(&self.schema, text)
    }

    /// Refuses changes when the process only reads.
    pub(crate) fn check_writable(&self) -> Result<(), StoreError> {
        self.check_open()?;
        self.options.check_writable()
    }

    pub(crate) fn check_open(&self) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Acquire) { Err(closed()) } else { Ok(()) }
    }
}

impl PostgresStore {
    /// Opens the LRS whose schema has this number and is of the present version.
    pub(crate) async fn open(
        lrs: String,
        number: i32,
        pools: Pools,
        options: Options,
        time: Time,
    ) -> Result<Self, StoreError> {
        const OPERATION: &str = "open an LRS";
        let schema = schema::schema_name(number);
        let sql = schema::sql(&schema, "SELECT value FROM $s.meta WHERE name = 'hash_key'");
        let (row, is_cut) = read_again(|| async {
            let failed = |error| Fault::new(OPERATION, error);
            let connection = pools.reader(OPERATION).await?;
            let row = connection.query_one(&sql, &[]).await.map_err(failed)?;
            Ok((row, cut::is_cut(&connection, &schema).await.map_err(failed)?))
        })
        .await?;
        let key: Vec<u8> = row.get(0);
        let attachments = options.attachments.of_lrs(&schema, &key);
        attachments.prepare().await?;
        let key = key.try_into().map_err(|_| crate::error::corrupt("meta.value, hash_key", "it has not 16 bytes"))?;
        let queue = Arc::new(Queue::default());
        let shared = Arc::new(Shared {
            lrs,
            number,
            schema,
            hasher: NameHasher::new(key),
            pools,
            options,
            time,
            queue: Arc::clone(&queue),
            attachments,
            log_end: watch::Sender::new(Seq(0)),
            horizon: Horizon::default(),
            is_cut,
            closed: AtomicBool::new(false),
        });
        let writer = Writer::start(Appender::new(Arc::clone(&shared)), queue);
        let watcher = Mutex::new(Some(tokio::spawn(watch_end(Arc::downgrade(&shared)))));
        Ok(Self { shared, writer, watcher })
    }

    /// Reads on a connection of its own, and once more on another one if that one turns out to be broken.
    pub(crate) async fn read<T, F>(
        &self,
        operation: &'static str,
        job: impl Fn(Arc<Object>) -> F + Send + Sync,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Fault>> + Send,
    {
        self.shared.check_open()?;
        read_again(|| async {
            let connection = Arc::new(self.shared.pools.reader(operation).await?);
            let outcome = job(Arc::clone(&connection)).await;
            if matches!(outcome, Err(Fault::Lost(_))) {
                Arc::into_inner(connection).map(Object::take);
            }
            outcome
        })
        .await
    }

    /// Reads statements: on a replica that is as far as this process has promised, if there is one, else as [`Self::read`].
    pub(crate) async fn read_statements<T, F>(
        &self,
        operation: &'static str,
        job: impl Fn(Arc<Object>) -> F + Send + Sync,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Fault>> + Send,
    {
        let shared = &self.shared;
        shared.check_open()?;
        let floor = shared.horizon.floor();
        match shared.pools.replicas.read(&shared.schema, floor, |connection, _| job(connection)).await {
            Some(answer) => Ok(answer),
            None => self.read(operation, job).await,
        }
    }

    /// Reads the rows of one statement of SQL about statements.
    pub(crate) async fn query_statements(
        &self,
        operation: &'static str,
        sql: &str,
        arguments: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        self.read_statements(operation, |connection| run(operation, connection, sql, arguments)).await
    }

    /// Reads the rows of one statement of SQL.
    pub(crate) async fn query(
        &self,
        operation: &'static str,
        sql: &str,
        arguments: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        self.read(operation, |connection| run(operation, connection, sql, arguments)).await
    }

    async fn read_status(&self) -> Result<StoreStatus, StoreError> {
        const OPERATION: &str = "read figures";
        let shared = &self.shared;
        let log_position =
            self.read(OPERATION, |connection| async move { append::last_seq(shared, &connection).await }).await?;
        let sizes = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'";
        let size = self.query(OPERATION, sizes, &[&shared.schema]).await?;
        let attachment_bytes = self.query(OPERATION, &shared.sql(SELECT_ATTACHMENT_BYTES), &[]).await?;
        let documents = self.query(OPERATION, &shared.sql(SELECT_DOCUMENTS), &[]).await?;
        let number = |rows: &[Row]| rows.first().map_or(0, |row| row.get::<_, i64>(0).unsigned_abs());
        Ok(StoreStatus {
            statements: log_position.unsigned_abs(),
            log_position: log_position.unsigned_abs(),
            indexed_through: log_position.unsigned_abs(),
            tail_statements: 0,
            queue_depth: shared.queue.depth(),
            size_bytes: number(&size),
            attachment_bytes: number(&attachment_bytes),
            documents: number(&documents),
        })
    }
}

/// Looks at the end of the log for as long as somebody follows it, since any process may write.
async fn watch_end(shared: Weak<Shared>) {
    let mut interval = tokio::time::interval(WATCH_INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        let Some(shared) = shared.upgrade() else { return };
        if shared.log_end.receiver_count() == 0 {
            continue;
        }
        let read = async {
            let connection = shared.pools.reader("read the end of the log").await?;
            append::last_seq(&shared, &connection).await
        };
        match read.await {
            Ok(seq) => {
                let through = Seq(seq.unsigned_abs());
                shared.log_end.send_if_modified(|end| std::mem::replace(end, through) != through);
            }
            // Whoever follows will meet the same error when it reads, and say it.
            Err(error) => tracing::debug!(error = %StoreError::from(error), "cannot see the end of the log"),
        }
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn record_statements(&self, batch: Batch) -> Result<Recorded, StoreError> {
        self.shared.check_writable()?;
        let Batch { statements, attachments } = batch;
        let hasher = self.shared.hasher;
        let prepared = if statements.len() <= PREPARE_INLINE_STATEMENTS_MAX {
            prepare(&hasher, statements)?
        } else {
            let preparing = tokio::task::spawn_blocking(move || prepare(&hasher, statements)).await;
            preparing
                .map_err(|error| StoreError::Internal { operation: "prepare a batch", source: Box::new(error) })??
        };
        // Here and not by the writer: a slow object store delays nobody else.
        attachments::install(&self.shared, &attachments).await?;
        let bytes = prepared.iter().map(|it| it.body.len() + it.compressed.len()).sum();
        self.writer.record(prepared, attachments, bytes).await
    }

    async fn find_statement(&self, id: StatementId, voided: bool) -> Result<Option<StoredStatement>, StoreError> {
        find::find_statement(self, id, voided).await
    }

    async fn find_statements(&self, query: Query) -> Result<Page, StoreError> {
        find::find_statements(self, &query).await
    }

    async fn consistent_through(&self) -> Result<Timestamp, StoreError> {
        self.shared.check_open()?;
        append::consistent_through(self).await
    }

    async fn read_log(&self, after: Seq, limit: usize) -> Result<Vec<StoredStatement>, StoreError> {
        find::read_log(self, after, limit).await
    }

    fn watch_log(&self) -> watch::Receiver<Seq> {
        self.shared.log_end.subscribe()
    }

    fn views(&self) -> Arc<dyn Views> {
        Arc::new(self.postgres_views())
    }

    async fn find_identities(&self, agents: &[String]) -> Result<Vec<Identity>, StoreError> {
        identities::find_identities(self, agents).await
    }

    async fn find_person(&self, person: &str, limit: usize) -> Result<Vec<Identity>, StoreError> {
        identities::find_person(self, person, limit).await
    }

    async fn list_identities(&self, after: Option<&str>, limit: usize) -> Result<Vec<Identity>, StoreError> {
        identities::list_identities(self, after, limit).await
    }

    async fn change_identities(&self, removed: &[String], put: &[Identity]) -> Result<(), StoreError> {
        identities::change_identities(self, removed, put).await
    }

    async fn read_entries(&self, after: Seq, limit: usize) -> Result<Vec<LoggedStatement>, StoreError> {
        find::read_entries(self, after, limit).await
    }

    async fn list_documents(
        &self,
        after: Option<DocumentPosition>,
        limit: usize,
    ) -> Result<Vec<ListedDocument>, StoreError> {
        documents::list_documents(self, after, limit).await
    }

    async fn restore(&self, piece: Restoration) -> Result<Restored, StoreError> {
        restore::restore(self, piece).await
    }

    async fn find_activity_definition(&self, id: &str) -> Result<Option<String>, StoreError> {
        let found = definitions::find_activity_definitions(self, &[id.to_owned()]).await?;
        Ok(found.into_iter().flatten().next())
    }

    async fn find_activity_definitions(&self, ids: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        definitions::find_activity_definitions(self, ids).await
    }

    async fn find_agent_names(&self, agent: &str) -> Result<Vec<String>, StoreError> {
        definitions::find_agent_names(self, agent).await
    }

    async fn find_document(&self, key: DocumentKey) -> Result<Option<Document>, StoreError> {
        documents::find_document(self, &key).await
    }

    async fn find_document_ids(&self, filter: DocumentFilter) -> Result<Vec<String>, StoreError> {
        documents::find_document_ids(self, &filter).await
    }

    async fn write_document(
        &self,
        key: DocumentKey,
        precondition: Precondition,
        write: DocumentWrite,
    ) -> Result<DocumentWritten, StoreError> {
        documents::write_document(self, &key, &precondition, &write).await
    }

    async fn delete_documents(&self, filter: DocumentFilter) -> Result<(), StoreError> {
        documents::delete_documents(self, &filter).await
    }

    async fn begin_attachment(&self) -> Result<Box<dyn AttachmentUpload>, StoreError> {
        attachments::begin_attachment(self)
    }

    async fn find_attachment(&self, sha2: &str) -> Result<Option<StoredAttachment>, StoreError> {
        attachments::find_attachment(self, sha2).await
    }

    fn job_files(&self) -> &dyn JobFiles {
        self
    }

    async fn status(&self) -> Result<StoreStatus, StoreError> {
        self.read_status().await
    }

    async fn check(&self, deep: bool) -> Result<Vec<Finding>, StoreError> {
        self.shared.check_open()?;
        check::check(&self.shared, deep).await
    }

    async fn close(&self) {
        self.shared.closed.store(true, Ordering::Release);
        let watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        watcher.inspect(JoinHandle::abort);
        self.writer.close().await;
    }
}

async fn run(
    operation: &'static str,
    connection: Arc<Object>,
    sql: &str,
    arguments: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, Fault> {
    let failed = |error| Fault::new(operation, error);
    let statement = connection.prepare_cached(sql).await.map_err(failed)?;
    connection.query(&statement, arguments).await.map_err(failed)
}

/// An error of a step that is not tried again.
pub(crate) fn failed(operation: &'static str) -> impl Fn(tokio_postgres::Error) -> StoreError {
    move |error| store_error(operation, error)
}
