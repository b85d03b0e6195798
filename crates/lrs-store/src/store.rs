//! The operations on one LRS.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::io::AsyncRead;
use tokio::sync::watch;
use xapi::{StatementId, Timestamp};

use crate::{
    Batch, Document, DocumentFilter, DocumentKey, DocumentPosition, DocumentWrite, DocumentWritten, Finding, Identity,
    JobFiles, ListedDocument, LoggedStatement, Page, Precondition, Query, Recorded, Restoration, Restored, Seq,
    StoreError, StoredStatement, Views,
};

/// Where instants come from; the only place that reads the system's clock is [`SystemClock`].
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the system's clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_microsecond())
    }
}

/// One LRS. Every method is one whole operation: it happens entirely, durably and visibly before it returns `Ok`, or not at all.
///
/// # Errors
/// Every method may answer these; each says for itself only what comes on top of them.
/// - [`StoreError::Unavailable`]: the store was closed, or its disk or database is away, full or busy. Where something
///   is written also: this process only reads, or too much waits to be written.
/// - [`StoreError::Corrupt`]: the database itself is damaged, or a row that is read.
/// - [`StoreError::Internal`]: a defect.
#[async_trait]
pub trait Store: Send + Sync {
    /// Appends a batch to the log.
    ///
    /// # Errors
    /// `Corrupt` also when an id is taken by a statement whose body cannot be read for the comparison. `Internal` also
    /// when an attachment was uploaded to another kind of store.
    async fn record_statements(&self, batch: Batch) -> Result<Recorded, StoreError>;

    /// The statement with this id if it is not voided (`voided: false`), or if it is (`voided: true`).
    ///
    /// # Errors
    /// `Corrupt` when its body is damaged, or the index names it and it is missing.
    async fn find_statement(&self, id: StatementId, voided: bool) -> Result<Option<StoredStatement>, StoreError>;

    /// A page of statements.
    ///
    /// # Errors
    /// `Corrupt` when the index or a body of the page is damaged.
    async fn find_statements(&self, query: Query) -> Result<Page, StoreError>;

    /// Every statement stored up to this instant is visible to a query that starts now.
    ///
    /// # Errors
    /// Only those of every method; a store that is one process's own knows it without asking, and does not fail.
    async fn consistent_through(&self) -> Result<Timestamp, StoreError>;

    /// The log behind `after`, in order, voided statements included; at most `limit` entries, fewer when their bodies reach
    /// [`AnswerSize::BYTES_MAX`](crate::AnswerSize). Empty at its end.
    ///
    /// # Errors
    /// `Corrupt` when one of the bodies is damaged.
    async fn read_log(&self, after: Seq, limit: usize) -> Result<Vec<StoredStatement>, StoreError>;

    /// The end of the log, as it moves: changes soon after each commit, of this process or another. Several commits may show as one
    /// change. The first value may be older than the log.
    fn watch_log(&self) -> watch::Receiver<Seq>;

    /// What follows the log.
    fn views(&self) -> Arc<dyn Views>;

    /// The identities of these agents, those that have one.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_identities(&self, agents: &[String]) -> Result<Vec<Identity>, StoreError>;

    /// Every identity of a person, by agent; at most `limit`.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_person(&self, person: &str, limit: usize) -> Result<Vec<Identity>, StoreError>;

    /// All identities whose agent comes after this one, by the bytes of the agent; at most `limit`.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_identities(&self, after: Option<&str>, limit: usize) -> Result<Vec<Identity>, StoreError>;

    /// Removes the identities of `removed` agents, then adds or replaces those in `put`, all or nothing.
    ///
    /// # Errors
    /// Only those of every method.
    async fn change_identities(&self, removed: &[String], put: &[Identity]) -> Result<(), StoreError>;

    /// Like [`Store::read_log`], with what a copy needs besides.
    ///
    /// # Errors
    /// `Corrupt` when one of the bodies is damaged.
    async fn read_entries(&self, after: Seq, limit: usize) -> Result<Vec<LoggedStatement>, StoreError>;

    /// The documents behind `after` in an order of the store's own; at most `limit`. Empty at its end.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_documents(
        &self,
        after: Option<DocumentPosition>,
        limit: usize,
    ) -> Result<Vec<ListedDocument>, StoreError>;

    /// Writes a piece of another LRS as it was there. The same again changes nothing.
    ///
    /// # Errors
    /// Only those of every method. A piece that does not fit is no error, but [`Restored::Differs`].
    async fn restore(&self, piece: Restoration) -> Result<Restored, StoreError>;

    /// The merged definition (JSON) of an activity, if any statement brought one.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_activity_definition(&self, id: &str) -> Result<Option<String>, StoreError>;

    /// The merged definitions of these activities, in their order.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_activity_definitions(&self, ids: &[String]) -> Result<Vec<Option<String>>, StoreError>;

    /// Names that statements gave to an agent ([`xapi::Agent::key`]), oldest first; bounded.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_agent_names(&self, agent: &str) -> Result<Vec<String>, StoreError>;

    /// One document.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_document(&self, key: DocumentKey) -> Result<Option<Document>, StoreError>;

    /// The ids of an owner's documents, sorted and distinct.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_document_ids(&self, filter: DocumentFilter) -> Result<Vec<String>, StoreError>;

    /// Changes one document if the precondition holds.
    ///
    /// # Errors
    /// Only those of every method. A precondition that does not hold is no error, but
    /// [`DocumentWritten::PreconditionFailed`].
    async fn write_document(
        &self,
        key: DocumentKey,
        precondition: Precondition,
        write: DocumentWrite,
    ) -> Result<DocumentWritten, StoreError>;

    /// Deletes all documents of an owner; `since` is ignored.
    ///
    /// # Errors
    /// Only those of every method.
    async fn delete_documents(&self, filter: DocumentFilter) -> Result<(), StoreError>;

    /// Begins to receive an attachment's bytes. Dropping the upload forgets them.
    ///
    /// # Errors
    /// `Unavailable` when this process only reads.
    async fn begin_attachment(&self) -> Result<Box<dyn AttachmentUpload>, StoreError>;

    /// The bytes of an attachment by any SHA-2 (lower-case hexadecimal digits: 224, 256, 384 or 512 bits) that a stored statement names.
    ///
    /// # Errors
    /// `Corrupt` when its file is missing or has another length than it had, `Unavailable` when it cannot be opened.
    async fn find_attachment(&self, sha2: &str) -> Result<Option<StoredAttachment>, StoreError>;

    /// The files of the LRS's jobs.
    fn job_files(&self) -> &dyn JobFiles;

    /// Figures about the store; cheap enough for every scrape.
    ///
    /// # Errors
    /// Only those of every method.
    async fn status(&self) -> Result<StoreStatus, StoreError>;

    /// Looks for damage and for what endangers the data. `deep` reads everything: the log against the index, every
    /// attachment against its digest.
    ///
    /// # Errors
    /// Only those of every method, when it cannot look at all: damage that it sees is a finding.
    async fn check(&self, deep: bool) -> Result<Vec<Finding>, StoreError>;

    /// Finishes queued writes and closes. Later operations are unavailable.
    async fn close(&self);
}

/// The receiving end of an attachment: bytes go straight to where they will stay.
#[async_trait]
pub trait AttachmentUpload: Send {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// `Unavailable` when the bytes cannot be written, such as on a full disk. The upload is of no use afterwards.
    async fn write(&mut self, chunk: &[u8]) -> Result<(), StoreError>;

    /// The bytes are complete and durable, though not yet part of the LRS: put the result into a [`Batch`].
    ///
    /// # Errors
    /// `Unavailable` when the last bytes cannot be written, or not be made durable.
    async fn finish(self: Box<Self>) -> Result<UploadedAttachment, StoreError>;
}

/// An attachment whose bytes arrived. Dropping it forgets them.
pub struct UploadedAttachment {
    /// Lower-case hexadecimal digits.
    pub sha256: String,
    /// Lower-case hexadecimal digits of SHA-224, SHA-384 and SHA-512, for statements that name it by one of these.
    pub other_sha2: [String; 3],
    /// How many bytes.
    pub size_bytes: u64,
    /// The backend's own hold on the bytes; removes them when dropped before a batch took them over.
    pub hold: Box<dyn std::any::Any + Send + Sync>,
}

impl std::fmt::Debug for UploadedAttachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UploadedAttachment")
            .field("sha256", &self.sha256)
            .field("size_bytes", &self.size_bytes)
            .finish_non_exhaustive()
    }
}

/// An attachment on its way out.
pub struct StoredAttachment {
    /// How many bytes will come.
    pub size_bytes: u64,
    /// The bytes.
    pub reader: Pin<Box<dyn AsyncRead + Send>>,
}

/// Figures about a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct StoreStatus {
    /// How many statements, voided ones included.
    pub statements: u64,
    /// The last position of the log.
    pub log_position: u64,
    /// Up to where the durable index reaches.
    pub indexed_through: u64,
    /// Statements that are indexed in memory only.
    pub tail_statements: u64,
    /// Requests waiting for the writer.
    pub queue_depth: u64,
    /// Bytes of the database on disk, without attachments.
    pub size_bytes: u64,
    /// Bytes of attachments.
    pub attachment_bytes: u64,
    /// Documents.
    pub documents: u64,
}
