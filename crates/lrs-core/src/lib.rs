//! The use cases of Lyceum, each callable without HTTP: record and find statements, documents, activities, agents, access.
//!
//! Depends on the xAPI model and on the `Store` and `Registry` traits, never on a backend and never on HTTP.
//!
//! - [`record_statements`] is the only way into a log, whatever the source. [`Submission`] and [`MultipartSubmission`] turn
//!   what a client sent into something that can be recorded.
//! - [`StatementReader`] finds statements within what a key may see, and renders them.
//! - [`Access`] turns a key and its secret into a [`Grant`], and [`create_key`] makes keys.
//! - [`run_alone`] does work that only one process may do at a time, such as following a log.
//! - [`Jobs`] does long work that somebody asked for and looks at later, on whichever process.
//! - [`Administration`] lets people in, and does for them what their role allows, with a record of every act.
//! - [`copy_lrs`] and [`verify_copy`] move an LRS from one store into another.
//! - [`put_document`], [`post_document`] and [`delete_document`] apply each version's rules of concurrency.

mod access;
mod accounts;
mod activities_page;
mod alone;
mod copying;
mod directory;
mod documents;
mod explorer;
mod identities;
mod ids;
mod jobs;
mod keys;
mod learner_activities;
mod multipart;
mod offload;
mod operation;
mod operations_page;
mod paging;
mod people;
mod people_page;
mod problem;
mod rate;
mod reading;
mod recording;
mod refusals;
mod submission;
mod text;

pub use access::{Access, AccessError, Authority, Grant, Refusal};
pub use accounts::{
    AccountRequest, Actor, Administration, AdministrationError, AdmissionError, AdmissionRefusal, AdmissionRules,
    AuditRequest, Caller, CreatedInvitation, CreatedToken, Given, KeyAct, KeyReport, KeyUpdate, KeyUses, LrsAccess,
    LrsReport, Permission, ProvenIdentity, SessionLimits, SignedIn, UseOfKey, Via, act_on_key, create_recorded_key,
    offer_password_reset, offer_setup, permissions_of, rotation,
};
pub use activities_page::{
    ActivityItem, ActivityName, ActivityPage, find_activity_page, find_child_activities, search_activities,
};
pub use alone::run_alone;
pub use copying::{
    CopyError, CopyProgress, CopyStep, Verification, Verified, copy_accounts, copy_key_usages, copy_lrs, verify_copy,
};
pub use directory::{FollowerThreads, StudyState, directory_position, follow_all_logs, follow_log, follow_to_end};
pub use documents::{Condition, DocumentError, DocumentKind, delete_document, post_document, put_document};
pub use explorer::{
    ActorItem, AttachmentItem, AuthorityItem, CSV_HEADER, Explorer, ExplorerFilter, ExplorerPage, ObjectItem,
    ObjectKind, REASON_CHARS_MAX, REASON_EXTENSION, Readable, ResultItem, StatementItem, VerbItem, VoidError, Voiding,
    voided_by, write_csv_line,
};
pub use identities::{IDENTIFIERS_MAX, IdentityError, PersonId, find_identifiers, merge_people, split_person};
pub use ids::{IdSource, SystemIds};
pub use jobs::{BackupJobs, JobReport, Jobs, NewImport, RefusedLine};
pub use keys::{CreatedKey, KeyRequest, Secret, create_key, hash_secret};
pub use multipart::MultipartSubmission;
pub use operation::{MissingScope, Operation};
pub use operations_page::{CheckFigures, FollowerFigures, GrowthDay, OperationsFigures, StoreFigures, read_operations};
pub use people::{find_activity, find_person};
pub use people_page::{
    PersonActivity, PersonDocument, PersonIdentifier, PersonItem, PersonPage, find_people, find_person_agent,
    find_person_page,
};
pub use problem::{Broken, BrokenRule, Limit, Problem, Rule, Said};
pub use reading::{AttachmentToSend, StatementReader, attachments_of};
pub use recording::{RecordError, Recording, record_statements};
pub use refusals::{
    FlightRecorder, RecorderOptions, RecorderTask, RefusalFilter, RefusalId, RefusalItem, RefusalPage, Refused,
    ReplayError, Replayed, find_refusal, list_refusals, prune_refusals, replay_refusal,
};
pub use submission::{ReceivedAttachment, Submission, SubmissionLimits};
