//! Why something was refused or failed, as a code with its values and as the English sentence that follows from them.
//!
//! The answers of the admin API, the flight recorder and jobs give both, so that a program can say it in another language.

mod broken;
mod rule;
mod said;

use std::fmt::{self, Display, Formatter};

use lrs_store::{Obstacle, StoreError};
use serde::Serialize;
use utoipa::ToSchema;
use xapi::StatementId;

pub use self::broken::{Broken, BrokenRule};
pub use self::rule::Rule;
pub use self::said::Said;
use crate::{RecordError, Refusal};

/// Why something was refused or failed: a code with its values. [`Display`] is the sentence in English, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "code", content = "values", rename_all = "snake_case")]
pub enum Problem {
    /// The statement is voided.
    AlreadyVoided,
    /// A file that is one JSON array has to be read whole.
    ArrayTooLarge {
        /// How long it may be.
        max_bytes: u64,
    },
    /// Everything is in a database.
    BackedUpByDatabase,
    /// A backup was begun, and did not come to its end.
    BackupFailed {
        /// What the system says.
        error: String,
    },
    /// What the system says of the folder of backups.
    BackupsUnusable {
        /// In its words.
        error: String,
    },
    /// A document that is no JSON object, or is not sent as one.
    CannotMerge,
    /// The stored document is no JSON object.
    CannotMergeStored,
    /// What was refused was no request that writes statements as JSON.
    CannotReplay,
    /// What is stored is damaged.
    CorruptData,
    /// A document that shall be new.
    DocumentExists,
    /// An account has this address.
    EmailTaken,
    /// A job without its file.
    FileGone,
    /// The file of a job that could not be put in its place.
    FileNotKept {
        /// Why.
        error: String,
    },
    /// The process that received a file is no more.
    FileNotReceived,
    /// The caller may not do that.
    Forbidden {
        /// What they lack.
        needed: String,
    },
    /// A defect of the server or of its surroundings.
    InternalError,
    /// A document that breaks rules.
    InvalidDocument(Broken),
    /// A member or a parameter that breaks a rule.
    InvalidRequest {
        /// Which.
        rule: Rule,
    },
    /// Statements that break rules.
    InvalidStatement(Broken),
    /// Drawn twice.
    KeyExists,
    /// The key of a refused request was deleted or opens another LRS.
    KeyGone,
    /// Nobody would own the server.
    LastOwner,
    /// A job that failed because of damaged data or a defect.
    JobBroken {
        /// Its id, which the log has too.
        id: String,
    },
    /// A job that goes on when the store can do it.
    JobWaits {
        /// What is in the way.
        obstacle: Obstacle,
    },
    /// A line of a file that is no JSON.
    LineNotJson {
        /// From 1, in the text of a statement that has several.
        line: usize,
        /// From 1, in bytes.
        column: usize,
        /// What stands there, in the reader's words.
        reason: String,
    },
    /// An LRS has this name.
    LrsExists {
        /// The name.
        name: String,
    },
    /// A profile that is replaced needs to be known.
    MissingPrecondition,
    /// A key without a scope.
    MissingScope {
        /// One of these would do.
        scopes: String,
    },
    /// A file that begins like a JSON array, and is none.
    NotAnArray {
        /// Where it ends to be one.
        error: String,
    },
    /// What somebody asked for could not be entered in the audit log.
    NotAudited,
    /// Nothing is there, or it is not the caller's to see.
    NotFound {
        /// What.
        what: String,
    },
    /// Nobody is signed in.
    NotSignedIn,
    /// An identifier that is not one of several of a person.
    NotTheirIdentifier,
    /// The document is not as it was known.
    PreconditionFailed,
    /// Two are one person already.
    SamePerson,
    /// A link that was used or withdrawn, or has expired.
    StaleLink,
    /// Other statements have these ids.
    StatementConflict {
        /// Some of them.
        ids: String,
    },
    /// The store cannot do it now.
    StoreUnavailable {
        /// What is in the way.
        obstacle: Obstacle,
    },
    /// More than the operator permits.
    TooLarge {
        /// Of what.
        limit: Limit,
        /// How many.
        max: u64,
    },
    /// Too many failed to sign in from an address, or with an account.
    TooManyFailures,
    /// More identifiers than a person has.
    TooManyIdentifiers {
        /// How many.
        max: usize,
    },
    /// What is being done has to end first.
    TooManyJobs,
    /// More requests than a key may send.
    TooManyRequests {
        /// So many.
        requests_per_second_max: u32,
    },
    /// A voiding statement cannot be voided.
    VoidsVoidingStatement {
        /// Some of those that would do so.
        ids: String,
    },
    /// A key that is not let in.
    WrongCredentials {
        /// Why.
        why: Refusal,
    },
    /// The old password, on the way to a new one.
    WrongOldPassword,
    /// Address and password do not belong together, or the account is disabled.
    WrongPassword,
}

/// What there may be only so much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Limit {
    /// Bytes of one attachment.
    BytesOfAttachment,
    /// Bytes of a document.
    BytesOfDocument,
    /// Bytes of a form.
    BytesOfForm,
    /// Bytes of a request to the admin API.
    BytesOfRequest,
    /// Bytes of a signature.
    BytesOfSignature,
    /// Bytes of statements.
    BytesOfStatements,
    /// Statements in a batch.
    Statements,
}

impl Display for Limit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BytesOfAttachment => "bytes of an attachment",
            Self::BytesOfDocument => "bytes of a document",
            Self::BytesOfForm => "bytes of a form",
            Self::BytesOfRequest => "bytes of a request",
            Self::BytesOfSignature => "bytes of a signature",
            Self::BytesOfStatements => "bytes of statements",
            Self::Statements => "statements in a batch",
        })
    }
}

impl From<Rule> for Problem {
    fn from(rule: Rule) -> Self {
        Self::InvalidRequest { rule }
    }
}

impl From<&RecordError> for Problem {
    fn from(error: &RecordError) -> Self {
        match error {
            RecordError::Invalid(violations) => Self::InvalidStatement(violations.into()),
            RecordError::TooLarge { limit, max } => Self::TooLarge { limit: *limit, max: *max },
            RecordError::Conflict(ids) => Self::StatementConflict { ids: list(ids) },
            RecordError::VoidsVoiding(ids) => Self::VoidsVoidingStatement { ids: list(ids) },
            RecordError::Store(error) => error.into(),
        }
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Unavailable { obstacle, .. } => Self::StoreUnavailable { obstacle: obstacle.clone() },
            StoreError::Corrupt { .. } => Self::CorruptData,
            StoreError::Internal { .. } => Self::InternalError,
        }
    }
}

/// At most this many ids are named.
const IDS_NAMED_MAX: usize = 20;

fn list(ids: &[StatementId]) -> String {
    let named: Vec<String> = ids.iter().take(IDS_NAMED_MAX).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(IDS_NAMED_MAX);
    if more == 0 { named.join(", ") } else { format!("{}, … (+{more})", named.join(", ")) }
}

impl Display for Problem {
    #[expect(clippy::too_many_lines, reason = "one sentence for each problem")]
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyVoided => "This statement is voided already.",
            Self::ArrayTooLarge { max_bytes } => {
                return write!(
                    f,
                    "A JSON array may have at most {max_bytes} bytes. Send a file with one statement on a line."
                );
            }
            Self::BackedUpByDatabase => {
                "This server keeps everything in a PostgreSQL database, whose own backup is to be used (pg_basebackup or \
                 pg_dump, and a copy of the attachments): see docs/postgres.md, Backup."
            }
            Self::BackupFailed { error } => return write!(f, "The backup did not come to its end: {error}."),
            Self::BackupsUnusable { error } => return write!(f, "The folder of backups cannot be used: {error}."),
            Self::CannotMerge => {
                "Only a JSON object, sent as application/json, can be merged into a JSON document. Use PUT to replace it."
            }
            Self::CannotMergeStored => {
                "The stored document is not a JSON object, so nothing can be merged into it. Use PUT to replace it."
            }
            Self::CannotReplay => "Nothing was sent: only requests that write statements as JSON can be sent again.",
            Self::CorruptData => "The stored data is damaged where this needs it. Tell the operator the request id.",
            Self::DocumentExists => {
                "The document exists and was not changed. Read it, then send If-Match with its ETag; or use \
                 If-None-Match: * to create only."
            }
            Self::EmailTaken => "An account with this e-mail address exists already.",
            Self::FileGone => "The file is not here any more. Send it again: what was recorded is not stored twice.",
            Self::FileNotKept { error } => return write!(f, "The file could not be kept: {error}. Send it again."),
            Self::FileNotReceived => {
                "The server that received the file ended before it was kept. Send it again."
            }
            Self::Forbidden { needed } => return write!(f, "You may not do this: it needs {needed}."),
            Self::InternalError => {
                "The server failed because of a defect of its own. Tell the operator the request id."
            }
            Self::InvalidDocument(broken) => return write!(f, "Nothing was changed: the document {broken}"),
            Self::InvalidRequest { rule } => return write!(f, "{rule}"),
            Self::InvalidStatement(broken) => return write!(f, "Nothing was stored: what was sent {broken}"),
            Self::KeyExists => "The key exists. Try again.",
            Self::KeyGone => "Nothing was sent: the key of this request opens this LRS no longer.",
            Self::LastOwner => "Nobody would be left who owns the server. Make another owner first.",
            Self::JobBroken { id } => {
                return write!(f, "The server failed. Its log says why: look for {id}.");
            }
            Self::JobWaits { obstacle } => {
                return write!(f, "It waits, and goes on by itself: {obstacle}.");
            }
            Self::LineNotJson { line, column, reason } => {
                return write!(f, "This is not well-formed JSON: {reason} at line {line} column {column}.");
            }
            Self::LrsExists { name } => return write!(f, "The LRS {name} exists already."),
            Self::MissingPrecondition => {
                "A PUT of a profile needs If-None-Match: * (to create it) or If-Match with the ETag that you read."
            }
            Self::MissingScope { scopes } => {
                return write!(
                    f,
                    "This is not permitted: the key has none of the scopes {scopes}. Ask the operator for one that has."
                );
            }
            Self::NotAnArray { error } => return write!(f, "The file begins as a JSON array and is none: {error}."),
            Self::NotAudited => "It could not be entered in the audit log.",
            Self::NotFound { what } => {
                return write!(f, "There is no such {what}, or it is not yours to see.");
            }
            Self::NotSignedIn => "Sign in, or send a personal access token.",
            Self::NotTheirIdentifier => "Nothing was changed: this person has no such identifier beside others.",
            Self::PreconditionFailed => {
                "The document is not as If-Match or If-None-Match asks, and was not changed. Read it again, then decide."
            }
            Self::SamePerson => "Nothing was changed: these are one person already.",
            Self::StaleLink => "The link was used, withdrawn or has expired. Ask for a new one.",
            Self::StatementConflict { ids } => {
                return write!(
                    f,
                    "Nothing was stored: other statements have these ids already: {ids}. Statements never change; send \
                     new ids."
                );
            }
            Self::StoreUnavailable { obstacle } => {
                return write!(
                    f,
                    "The store cannot do this now: {obstacle}. Nothing was changed; try again later."
                );
            }
            Self::TooLarge { limit, max } => {
                return write!(f, "Nothing was stored: there may be at most {max} {limit}. Send less at a time.");
            }
            Self::TooManyFailures => {
                "Too many attempts to sign in failed. Look for the right key or password, and wait before you try again."
            }
            Self::TooManyIdentifiers { max } => {
                return write!(f, "Nothing was changed: a person has at most {max} identifiers.");
            }
            Self::TooManyJobs => "Too much is being done already. Wait until it is done.",
            Self::TooManyRequests { requests_per_second_max } => {
                return write!(f, "This key may send at most {requests_per_second_max} requests in a second.");
            }
            Self::VoidsVoidingStatement { ids } => {
                return write!(
                    f,
                    "Nothing was stored: a voiding statement cannot be voided (Data 2.3.2), and these would do so: {ids}."
                );
            }
            Self::WrongCredentials { why } => match why {
                Refusal::Unknown => {
                    "The key is unknown or the secret is wrong. Send both by HTTP Basic authentication."
                }
                Refusal::Revoked => "The key was revoked. Ask the operator for another.",
                Refusal::Expired => "The key has expired. Ask the operator to extend it or for another.",
            },
            Self::WrongOldPassword => "The old password is wrong.",
            Self::WrongPassword => "The e-mail address or the password is wrong, or the account is disabled.",
        })
    }
}
