//! The `Store` trait of Lyceum: whole operations on one LRS, and the `Registry` of LRSs, keys and accounts of one server.
//!
//! A backend implements both. Every transaction stays inside an operation, so that `SQLite` can group commits and
//! `PostgreSQL` can batch. Used as `Arc<dyn Store>`. No JSON wire types, no HTTP. With the feature `contract`: the suite
//! that every backend passes.

mod accounts;
pub mod backend;
mod backups;
#[cfg(feature = "contract")]
pub mod contract;
mod document;
mod error;
mod finding;
mod identity;
mod job;
mod lease;
mod obstacle;
mod registry;
mod restoration;
mod statement;
mod store;
mod views;

pub use accounts::{
    Account, AccountChange, AccountError, AccountId, AccountKey, AccountUpdate, Accounts, AuditEntry, AuditQuery,
    Email, Invitation, KeyUsage, KeyUse, LearnerGroup, NewAccount, NewAuditEntry, PasswordHash, Role, RoleGrant,
    Session, Token, read_texts, write_texts,
};
pub use backups::{BackupName, Backups, KeptBackup};
pub use document::{
    Document, DocumentFilter, DocumentKey, DocumentOwner, DocumentWrite, DocumentWritten, Etag, EtagMatch, Precondition,
};
pub use error::StoreError;
pub use finding::{Advice, CheckedPart, Finding, Seen, Severity, Subject};
pub use identity::Identity;
pub use job::{
    JOBS_KEPT_MAX, JOBS_UNFINISHED_MAX, Job, JobFiles, JobId, JobProgress, JobState, KeptJobs, NewJob, RefusedLine,
};
pub use lease::{LEASE_DURATION, LEASE_RENEWAL_INTERVAL, LeaseAnswer, LeaseHolder};
pub use obstacle::Obstacle;
pub use registry::{
    Key, KeyChange, KeyId, Lrs, LrsName, NewKey, OldSecret, Registry, RegistryError, Scope, SecretHash,
};
pub use restoration::{DocumentPosition, ListedDocument, Restoration, Restored, RestoredStatement};
pub use statement::{
    AnswerSize, Batch, Filter, LoggedStatement, Order, Page, Query, REFERENCE_STEPS_MAX, Recorded, Seq, StoredStatement,
};
pub use store::{AttachmentUpload, Clock, Store, StoreStatus, StoredAttachment, SystemClock, UploadedAttachment};
pub use views::{Entry, Span, View, ViewChange, Views};
