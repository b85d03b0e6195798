//! The store of one LRS: opens it, and hands every operation to the module that does it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use async_trait::async_trait;
use lrs_store::{
    AttachmentUpload, Batch, Clock, Document, DocumentFilter, DocumentKey, DocumentPosition, DocumentWrite,
    DocumentWritten, Finding, Identity, JobFiles, ListedDocument, LoggedStatement, Obstacle, Page, Precondition, Query,
    Recorded, Restoration, Restored, Seq, Store, StoreError, StoreStatus, StoredAttachment, StoredStatement, Views,
};
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};
use xapi::{StatementId, Timestamp};

use crate::append::Appender;
use crate::attachments::AttachmentFolder;
use crate::bodies::Bodies;
use crate::connection::{Readers, open_reader, open_writer};
use crate::dictionary::Training;
use crate::error::{store_error, unavailable};
use crate::hash::NameHasher;
use crate::horizon::Horizon;
use crate::prepare::prepare;
use crate::references::ReferenceFilter;
use crate::tail::Tail;
use crate::unwritten::Unwritten;
use crate::views::{SqliteViews, ViewsFile};
use crate::writer::{Command, Queue, Record, Writer};
use crate::{
    Access, Options, attachments, definitions, documents, find, identities, recovery, restore, schema, status,
};

/// A batch of more bytes than this is prepared on a thread that may block: it takes more than half a millisecond.
const PREPARE_INLINE_BYTES_MAX: usize = 64 << 10;

/// The store of one LRS in one SQLite file with its folder of attachments.
pub struct SqliteStore {
    pub(crate) shared: Arc<Shared>,
    writer: Writer,
    training: Training,
}

/// What the writer thread and the readers share.
pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    pub(crate) attachments: Arc<AttachmentFolder>,
    pub(crate) options: Options,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) hasher: NameHasher,
    pub(crate) tail: RwLock<Tail>,
    pub(crate) unwritten: RwLock<Unwritten>,
    pub(crate) horizon: Horizon,
    pub(crate) bodies: Bodies,
    /// The end of the log, for those who follow it.
    pub(crate) log_end: watch::Sender<Seq>,
    views: Arc<ViewsFile>,
}

impl SqliteStore {
    /// Opens the LRS at `path`, and creates it if there is none. What was committed before a crash is found again. Blocks:
    /// call it where blocking is allowed. Unless it is opened beside another process, the caller sees to it that none has it.
    ///
    /// # Errors
    /// `Unavailable` when the files cannot be opened, or have the schema of another release; `Corrupt` when they are
    /// damaged; `Internal` when the writer's thread cannot be started, or for a defect.
    pub fn open(
        path: &Path,
        attachments_dir: &Path,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let appender = open_appender(path, attachments_dir, options, clock)?;
        let shared = Arc::clone(appender.shared());
        let writer = Writer::start(appender, Arc::clone(&shared.queue))?;
        let training = Training::new(&shared);
        Ok(Self { shared, writer, training })
    }

    /// Creates the file or brings it to the present schema: the connection that writes.
    pub(crate) fn prepare(path: &Path) -> Result<Connection, StoreError> {
        let failed = |error| store_error("open the database", error);
        let mut connection = open_writer(path).map_err(failed)?;
        schema::refuse_newer(&connection)?;
        schema::migrate(&mut connection).map_err(failed)?;
        Ok(connection)
    }

    /// Queues a command that holds so many bytes.
    pub(crate) fn submit(&self, command: Command, bytes: usize) -> Result<(), StoreError> {
        self.writer.submit(command, bytes)
    }

    /// Runs a read on a thread that may block, in one read transaction on a connection of its own.
    pub(crate) async fn read<T, F>(&self, operation: &'static str, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.shared.readers.read(operation, job).await
    }

    /// Runs a read on a thread that may block, without a transaction around it.
    async fn lend<T, F>(&self, operation: &'static str, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.shared.readers.lend(operation, job).await
    }

    /// Runs a write inside the next commit of the log's writer, and returns when it is durable. A failed job is undone alone.
    /// The instant given to the job is the commit's own.
    pub(crate) async fn run_in_commit<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, Timestamp) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.run_in_commit(job).await
    }
}

/// Opens the database for the one that appends; see [`SqliteStore::open`].
pub(crate) fn open_appender(
    path: &Path,
    attachments_dir: &Path,
    options: Options,
    clock: Arc<dyn Clock>,
) -> Result<Appender, StoreError> {
    let failed = |error| store_error("open the database", error);
    let connection = if options.access == Access::Beside {
        let connection = open_reader(path).map_err(failed)?;
        schema::refuse_other(&connection)?;
        connection
    } else {
        SqliteStore::prepare(path)?
    };
    let attachments = Arc::new(AttachmentFolder::open(attachments_dir, options.access)?);
    // One instant for everything: beside another process, that one may write meanwhile.
    let snapshot = connection.unchecked_transaction().map_err(failed)?;
    let hasher = recovery::read_hasher(&snapshot)?;
    let filter = ReferenceFilter::open(&snapshot, hasher)?;
    let bodies = Bodies::open(&snapshot)?;
    let (tail, unwritten) = recovery::read_tail(&snapshot, &options, &hasher, &bodies, &filter)?;
    let last_stored = recovery::read_last_stored(&snapshot)?;
    drop(snapshot);
    let log_end = watch::Sender::new(Seq(tail.through()));
    let shared = Shared {
        path: path.to_owned(),
        attachments,
        readers: Arc::new(Readers::new(path, options.readers)),
        options,
        clock,
        queue: Arc::default(),
        hasher,
        tail: RwLock::new(tail),
        unwritten: RwLock::new(unwritten),
        horizon: Horizon::new(last_stored),
        bodies,
        log_end,
        views: Arc::new(ViewsFile::new(path)),
    };
    Ok(Appender::new(connection, Arc::new(shared), filter))
}

#[async_trait]
impl Store for SqliteStore {
    async fn record_statements(&self, batch: Batch) -> Result<Recorded, StoreError> {
        let Batch { statements, attachments } = batch;
        let size_bytes: usize = statements.iter().map(|statement| statement.body.len()).sum();
        let shared = Arc::clone(&self.shared);
        let preparing = move || prepare(&shared.bodies, &shared.hasher, statements);
        let statements = if size_bytes > PREPARE_INLINE_BYTES_MAX {
            let operation = "prepare a batch";
            let prepared = tokio::task::spawn_blocking(preparing).await;
            prepared.map_err(|error| StoreError::Internal { operation, source: Box::new(error) })??
        } else {
            preparing()?
        };
        let (reply, answer) = oneshot::channel();
        let record = Record { statements, attachments, reply };
        let left =
            if size_bytes > PREPARE_INLINE_BYTES_MAX { Some(record) } else { self.writer.record_at_once(record).err() };
        if let Some(record) = left {
            self.writer.submit(Command::Record(record), size_bytes)?;
        }
        let recorded = answer.await.unwrap_or_else(|_| Err(unavailable(Obstacle::WriterStopped)))?;
        self.training.begin_if_due(&self.shared, &self.writer);
        Ok(recorded)
    }

    async fn find_statement(&self, id: StatementId, voided: bool) -> Result<Option<StoredStatement>, StoreError> {
        let shared = Arc::clone(&self.shared);
        self.lend("find a statement", move |connection| find::find_statement(&shared, connection, id, voided)).await
    }

    async fn find_statements(&self, query: Query) -> Result<Page, StoreError> {
        let shared = Arc::clone(&self.shared);
        self.lend("find statements", move |connection| find::find_statements(&shared, connection, &query)).await
    }

    async fn consistent_through(&self) -> Result<Timestamp, StoreError> {
        Ok(self.shared.horizon.consistent_through(self.shared.clock.now()))
    }

    async fn read_log(&self, after: Seq, limit: usize) -> Result<Vec<StoredStatement>, StoreError> {
        let shared = Arc::clone(&self.shared);
        self.lend("read the log", move |connection| find::find_log(&shared, connection, after, limit)).await
    }

    fn watch_log(&self) -> watch::Receiver<Seq> {
        self.shared.log_end.subscribe()
    }

    fn views(&self) -> Arc<dyn Views> {
        Arc::new(SqliteViews(Arc::clone(&self.shared.views)))
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
        let shared = Arc::clone(&self.shared);
        self.lend("read the log", move |connection| find::find_entries(&shared, connection, after, limit)).await
    }

    async fn list_documents(
        &self,
        after: Option<DocumentPosition>,
        limit: usize,
    ) -> Result<Vec<ListedDocument>, StoreError> {
        documents::list_documents(self, after, limit).await
    }

    async fn restore(&self, piece: Restoration) -> Result<Restored, StoreError> {
        let restored = restore::restore(self, piece).await?;
        self.training.begin_if_due(&self.shared, &self.writer);
        Ok(restored)
    }

    async fn find_activity_definition(&self, id: &str) -> Result<Option<String>, StoreError> {
        Ok(self.find_activity_definitions(&[id.to_owned()]).await?.pop().flatten())
    }

    async fn find_activity_definitions(&self, ids: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        let (ids, shared) = (ids.to_vec(), Arc::clone(&self.shared));
        let read =
            move |connection: &Connection| definitions::find_activity_definitions(connection, &shared.unwritten, &ids);
        self.lend("read activity definitions", read).await
    }

    async fn find_agent_names(&self, agent: &str) -> Result<Vec<String>, StoreError> {
        let (agent, shared) = (agent.to_owned(), Arc::clone(&self.shared));
        let read = move |connection: &Connection| definitions::find_agent_names(connection, &shared.unwritten, &agent);
        self.lend("read an agent's names", read).await
    }

    async fn find_document(&self, key: DocumentKey) -> Result<Option<Document>, StoreError> {
        documents::find_document(self, key).await
    }

    async fn find_document_ids(&self, filter: DocumentFilter) -> Result<Vec<String>, StoreError> {
        documents::find_document_ids(self, filter).await
    }

    async fn write_document(
        &self,
        key: DocumentKey,
        precondition: Precondition,
        write: DocumentWrite,
    ) -> Result<DocumentWritten, StoreError> {
        documents::write_document(self, key, precondition, write).await
    }

    async fn delete_documents(&self, filter: DocumentFilter) -> Result<(), StoreError> {
        documents::delete_documents(self, filter).await
    }

    async fn begin_attachment(&self) -> Result<Box<dyn AttachmentUpload>, StoreError> {
        attachments::begin_attachment(self).await
    }

    async fn find_attachment(&self, sha2: &str) -> Result<Option<StoredAttachment>, StoreError> {
        attachments::find_attachment(self, sha2).await
    }

    fn job_files(&self) -> &dyn JobFiles {
        self
    }

    async fn status(&self) -> Result<StoreStatus, StoreError> {
        let shared = Arc::clone(&self.shared);
        self.lend("read the status", move |connection| status::read_status(&shared, connection)).await
    }

    async fn check(&self, deep: bool) -> Result<Vec<Finding>, StoreError> {
        crate::check::check(self, deep).await
    }

    async fn close(&self) {
        self.training.stop();
        self.writer.close().await;
        self.shared.readers.close();
        self.shared.views.close();
    }
}
