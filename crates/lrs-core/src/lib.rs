//! The use cases of Lyceum, each callable without HTTP: record and find statements, documents, activities, agents, access.
//!
//! Depends on the xAPI model and on the `Store` and `Registry` traits, never on a backend and never on HTTP.
//!
//! - [`record_statements`] is the only way into a log, whatever the source. [`Submission`] and [`MultipartSubmission`] turn
//!   what a client sent into something that can be recorded.
//! - [`StatementReader`] finds statements within what a key may see, and renders them.
//! - [`Access`] turns a key and its secret into a [`Grant`], and [`create_key`] makes keys.
//! - [`run_alone`] does work that only one process may do at a time, such as following a log.
//! - [`put_document`], [`post_document`] and [`delete_document`] apply each version's rules of concurrency.

mod access;
mod alone;
mod documents;
mod ids;
mod keys;
mod multipart;
mod offload;
mod operation;
mod people;
mod rate;
mod reading;
mod recording;
mod submission;

pub use access::{Access, AccessError, Authority, Grant, Refusal};
pub use alone::run_alone;
pub use documents::{Condition, DocumentError, DocumentKind, delete_document, post_document, put_document};
pub use ids::{IdSource, SystemIds};
pub use keys::{CreatedKey, KeyRequest, Secret, create_key, hash_secret};
pub use multipart::MultipartSubmission;
pub use operation::{MissingScope, Operation};
pub use people::{find_activity, find_person};
pub use reading::{AttachmentToSend, StatementReader, attachments_of};
pub use recording::{RecordError, Recording, record_statements};
pub use submission::{ReceivedAttachment, Submission, SubmissionLimits};
