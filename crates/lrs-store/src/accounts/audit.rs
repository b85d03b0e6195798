//! The audit log: who did what, when and from where, with the state before and after. Append-only in every backend.

use xapi::Timestamp;

use crate::LrsName;

/// An administrative act to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// When.
    pub when: Timestamp,
    /// Who: an account's id, or empty for the command line and for somebody who is not signed in.
    pub account: String,
    /// Who, in words, as they were called then.
    pub who: String,
    /// From where: an address, or `command line`.
    pub from: String,
    /// What was done: `key.create`, `session.fail`, …
    pub act: String,
    /// The LRS that it was done in.
    pub lrs: Option<LrsName>,
    /// To what, in words that can be searched: an id, a name, an address.
    pub target: String,
    /// As it was before (JSON); never a secret.
    pub before: Option<String>,
    /// As it is now (JSON); never a secret.
    pub after: Option<String>,
}

/// An act in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the log.
    pub seq: u64,
    /// What happened.
    pub entry: NewAuditEntry,
}

/// Which entries are asked for; `None` asks for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// Acts of this account's id.
    pub account: Option<String>,
    /// This act, or with `key` every `key.…`.
    pub act: Option<String>,
    /// Acts in this LRS.
    pub lrs: Option<LrsName>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Who, target, before or after contain this text, in whatever case of A–Z.
    pub text: Option<String>,
    /// Older than this place.
    pub before_seq: Option<u64>,
    /// At most so many.
    pub limit: usize,
}
