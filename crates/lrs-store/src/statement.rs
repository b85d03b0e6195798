//! Statements in the store: what is written, what is asked, what comes back.

use uuid::Uuid;
use xapi::{CompletedStatement, StatementId, Timestamp};

use crate::UploadedAttachment;

/// A position in the log: 1, 2, 3 … in commit order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Seq(pub u64);

/// Statements that are stored all or not at all, in this order.
#[derive(Debug, Default)]
pub struct Batch {
    /// Valid, complete statements.
    pub statements: Vec<CompletedStatement>,
    /// Attachments that came with them; kept even when a statement turns out to be stored already.
    pub attachments: Vec<UploadedAttachment>,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// All of it is durable and visible. Statements that were stored before with the same content were left as they are.
    Stored {
        /// When; the same for all statements of the batch that were new.
        stored: Timestamp,
        /// How many were new.
        new: usize,
    },
    /// Nothing was stored: these ids are taken by statements with other content ([`xapi::same_statement`]), in the store or
    /// earlier in this batch.
    Conflict(Vec<StatementId>),
    /// Nothing was stored: these statements want to void statements that are themselves voiding (Data 2.3.2).
    VoidsVoiding(Vec<StatementId>),
}

/// References between statements are followed over at most so many steps: real ones take one or two, and each step costs every
/// statement that takes it.
pub const REFERENCE_STEPS_MAX: usize = 64;

/// One condition on statements. A statement also matches by what it refers to (`StatementRef` targeting, over at most
/// [`REFERENCE_STEPS_MAX`] steps; Communication 2.1.3), except for `Authority` and `Among`, which look at the statement alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// [`xapi::Agent::key`]
    Agent {
        /// Whom.
        key: String,
        /// `related_agents`
        related: bool,
    },
    /// Any of these agents: the identifiers of one person, or the members of a group. None of them finds nothing.
    AnyAgent {
        /// Whom, each as [`xapi::Agent::key`]; the caller bounds how many.
        keys: Vec<String>,
        /// `related_agents`
        related: bool,
    },
    /// One of these positions of the log, ascending and distinct: what another index found. Looks at the statement alone.
    Among(Vec<Seq>),
    /// Activity id.
    Activity {
        /// Which.
        id: String,
        /// `related_activities`
        related: bool,
    },
    /// Verb id.
    Verb(String),
    /// Registration.
    Registration(Uuid),
    /// [`xapi::authority_key`] of the authority: only what this key's own sender wrote.
    Authority(String),
}

/// Order of a list, by `stored` and so by `seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    Descending,
    /// Oldest first.
    Ascending,
}

/// A list of statements. Voided statements are never in it; the voiding ones are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// All must hold.
    pub filters: Vec<Filter>,
    /// Stored after this instant.
    pub since: Option<Timestamp>,
    /// Stored at or before this instant.
    pub until: Option<Timestamp>,
    /// Order of the list.
    pub order: Order,
    /// At most so many, from 1; the caller bounds it.
    pub limit: usize,
    /// Continue behind this statement, in `order`: the `more` of an earlier page.
    pub after: Option<Seq>,
}

/// A statement as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredStatement {
    /// Its place in the log.
    pub seq: Seq,
    /// Its id.
    pub id: StatementId,
    /// When it was stored; never decreases with `seq`, and differs between commits.
    pub stored: Timestamp,
    /// The complete statement, `stored` included, as JSON.
    pub body: Vec<u8>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order asked for; fewer than the limit when their bodies are long.
    pub statements: Vec<StoredStatement>,
    /// Where to continue, when there is more.
    pub more: Option<Seq>,
}

/// The length of the bodies of one answer, so that a few readers of a few huge statements do not fill the memory.
#[derive(Debug, Default)]
pub struct AnswerSize(usize);

impl AnswerSize {
    /// An answer ends with the body that reaches so many bytes: more than 500 statements of the usual size have.
    pub const BYTES_MAX: usize = 16 << 20;

    /// Counts a body of the answer; whether it is the last one.
    pub fn is_reached_with(&mut self, statement: &StoredStatement) -> bool {
        self.0 += statement.body.len();
        self.0 >= Self::BYTES_MAX
    }
}

/// An entry of the log with all that a copy of the log needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedStatement {
    /// As it is answered.
    pub statement: StoredStatement,
    /// Whether another statement voids it.
    pub voided: bool,
    /// See [`CompletedStatement::timestamp_added`].
    pub timestamp_added: bool,
    /// See [`CompletedStatement::defines`].
    pub defines: bool,
}
