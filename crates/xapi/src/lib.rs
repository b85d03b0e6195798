//! The xAPI data model: parse, validate, format, query parameters, signatures, immutability.
//!
//! Serves xAPI 1.0.3 and 2.0.0 (IEEE 9274.1.1) side by side. No I/O, no clock, no async, no SQL: everything here is a
//! function of its arguments. Statements keep the spelling they were sent with; see [`Statement`].

mod activity;
mod agent;
mod document;
mod duration;
mod equality;
mod format;
mod ids;
mod json;
mod language;
mod multipart;
mod query;
mod signature;
mod statement;
mod terms;
mod timestamp;
mod validate;
mod version;
mod violation;

pub use activity::{empty_activity, merge_definitions};
pub use agent::{Agent, authority_key, person};
pub use document::{ContentType, DocumentMerge, merge_documents};
pub use duration::Duration;
pub use equality::{same_statement, same_statement_but_timestamp};
pub use format::{Format, format_statement};
pub use ids::{ActivityId, Registration, StatementId};
pub use json::{Json, JsonError, JsonValue};
pub use language::LanguagePreferences;
pub use multipart::{MultipartEvent, MultipartReader, MultipartWriter, PartHeaders};
pub use query::{
    ActivityProfileParams, AgentProfileParams, Parameters, StateParams, StatementsParams, StatementsRequest,
};
pub use signature::{SIGNATURE_USAGE_TYPE, verify_signature};
pub use statement::{
    AttachmentRef, CompletedStatement, Completion, Statement, parse_statements, with_stored, without_stored,
};
pub use terms::{Index, Term};
pub use timestamp::Timestamp;
pub use version::Version;
pub use violation::{Violation, Violations};
