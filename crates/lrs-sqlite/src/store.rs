//! The store of one LRS: opens it, and hands every operation to the module that does it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use lrs_store::{
    AttachmentUpload, Batch, Clock, Document, DocumentFilter, DocumentKey, DocumentWrite, DocumentWritten, Finding,
    Page, Precondition, Query, Recorded, Seq, Store, StoreError, StoreStatus, StoredAttachment, StoredStatement,
};
use rusqlite::Connection;
use xapi::{StatementId, Timestamp};

use crate::append::Appender;
use crate::attachments::AttachmentFolder;
use crate::connection::{Readers, open_writer};
use crate::error::store_error;
use crate::writer::{Queue, Writer};
use crate::{Options, attachments, documents, schema};

/// The store of one LRS in one SQLite file with its folder of attachments.
pub struct SqliteStore {
    pub(crate) shared: Arc<Shared>,
    writer: Writer,
}

/// What the writer thread and the readers share.
pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    pub(crate) attachments: Arc<AttachmentFolder>,
    pub(crate) options: Options,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) queue: Arc<Queue>,
}

impl SqliteStore {
    /// Opens the LRS at `path`, and creates it if there is none. What was committed before a crash is found again. Blocks:
    /// call it where blocking is allowed. The caller sees to it that no other process opens it.
    pub fn open(
        path: &Path,
        attachments_dir: &Path,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let failed = |error| store_error("open the database", error);
        let mut connection = open_writer(path).map_err(failed)?;
        schema::migrate(&mut connection).map_err(failed)?;
        let queue = Arc::new(Queue::default());
        let shared = Arc::new(Shared {
            path: path.to_owned(),
            attachments: Arc::new(AttachmentFolder::open(attachments_dir)?),
            readers: Arc::new(Readers::new(path, options.readers)),
            options,
            clock,
            queue: Arc::clone(&queue),
        });
        let writer = Writer::start(Appender::new(connection, Arc::clone(&shared)), queue)?;
        Ok(Self { shared, writer })
    }

    /// Runs a read on a thread that may block, in one read transaction on a connection of its own.
    pub(crate) async fn read<T, F>(&self, operation: &'static str, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.shared.readers.read(operation, job).await
    }

    /// Runs a write inside the next commit of the log's writer, and returns when it is durable. A failed job is undone alone.
    /// The instant given to the job is the commit's own.
    pub(crate) async fn run_in_commit<T, F>(&self, operation: &'static str, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, Timestamp) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.run_in_commit(operation, job).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn record_statements(&self, _batch: Batch) -> Result<Recorded, StoreError> {
        unimplemented!()
    }

    async fn find_statement(&self, _id: StatementId, _voided: bool) -> Result<Option<StoredStatement>, StoreError> {
        unimplemented!()
    }

    async fn find_statements(&self, _query: Query) -> Result<Page, StoreError> {
        unimplemented!()
    }

    async fn consistent_through(&self) -> Result<Timestamp, StoreError> {
        unimplemented!()
    }

    async fn read_log(&self, _after: Seq, _limit: usize) -> Result<Vec<StoredStatement>, StoreError> {
        unimplemented!()
    }

    async fn find_activity_definition(&self, _id: &str) -> Result<Option<String>, StoreError> {
        unimplemented!()
    }

    async fn find_activity_definitions(&self, _ids: &[String]) -> Result<Vec<Option<String>>, StoreError> {
        unimplemented!()
    }

    async fn find_agent_names(&self, _agent: &str) -> Result<Vec<String>, StoreError> {
        unimplemented!()
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

    async fn status(&self) -> Result<StoreStatus, StoreError> {
        unimplemented!()
    }

    async fn check(&self, deep: bool) -> Result<Vec<Finding>, StoreError> {
        crate::check::check(self, deep).await
    }

    async fn close(&self) {
        self.writer.close().await;
        self.shared.readers.close();
    }
}
