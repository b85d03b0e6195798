//! Statements: from the text that was sent to a valid [`Statement`], and on to what a store keeps.

use crate::{StatementId, Term, Timestamp, Version, Violations};

/// A valid statement as it was sent, with what was learned while validating it.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Top-level members in the order sent, values as they were spelled; without `stored` and `authority`, which an LRS sets.
    pub(crate) members: Vec<(String, String)>,
    /// The id it was sent with.
    pub id: Option<StatementId>,
    /// The timestamp it was sent with.
    pub timestamp: Option<Timestamp>,
    /// The `version` it was sent with.
    pub version: Option<String>,
    /// The authority it was sent with, as JSON, and its [`Agent::key`](crate::Agent::key) (empty for an anonymous group);
    /// an LRS replaces it unless it trusts the sender.
    pub authority: Option<(String, String)>,
    /// The statement its object refers to (objectType `StatementRef`).
    pub target: Option<StatementId>,
    /// Whether its verb is `http://adlnet.gov/expapi/verbs/voided`: then `target` is what it voids.
    pub voids: bool,
    /// Its attachments and those of its sub-statement.
    pub attachments: Vec<AttachmentRef>,
    /// What it can be found by, except its authority.
    pub terms: Vec<Term>,
    /// Every activity in it that has a definition: id, definition (JSON).
    pub definitions: Vec<(String, String)>,
    /// Every agent and identified group in it that has a name: [`Agent::key`](crate::Agent::key), name.
    pub names: Vec<(String, String)>,
}

/// An attachment as a statement names it (Data 2.4.11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRef {
    /// Lower-case hexadecimal digits of a SHA-224, SHA-256, SHA-384 or SHA-512.
    pub sha2: String,
    /// `usageType`
    pub usage_type: String,
    /// `contentType`
    pub content_type: String,
    /// Whether it has a `fileUrl`, and so may come without bytes.
    pub has_file_url: bool,
    /// Where it stands in the statement, as a JSON pointer.
    pub pointer: String,
}

/// What the LRS adds to a statement.
#[derive(Debug, Clone, Copy)]
pub struct Completion<'a> {
    /// Used when the statement came without an id.
    pub id: StatementId,
    /// Used when the statement came without a timestamp.
    pub timestamp: Timestamp,
    /// The authority as JSON, and its [`Agent::key`](crate::Agent::key).
    pub authority: (&'a str, &'a str),
    /// The version of the request; written when the statement came without one (`1.0.0` for 1.0.3, `2.0.0` for 2.0.0).
    pub version: Version,
}

/// A statement as a store keeps it: complete but for `stored`, which the store decides when it commits.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletedStatement {
    /// Its id.
    pub id: StatementId,
    /// When what it says happened.
    pub timestamp: Timestamp,
    /// A JSON object without `stored`; [`with_stored`] adds it.
    pub body: Vec<u8>,
    /// What it can be found by.
    pub terms: Vec<Term>,
    /// See [`Statement::target`].
    pub target: Option<StatementId>,
    /// See [`Statement::voids`].
    pub voids: bool,
    /// See [`Statement::definitions`]; empty when the sender may not define.
    pub definitions: Vec<(String, String)>,
    /// See [`Statement::names`]; empty when the sender may not define.
    pub names: Vec<(String, String)>,
}

/// Parses a body of `POST /statements` or `PUT /statements`: one statement or an array of them.
/// Reports *every* violation of every statement, and for 2.0 an id that stands twice in the batch.
/// Whether it was an array or a single object is in the second value.
pub fn parse_statements(body: &[u8], version: Version) -> Result<(Vec<Statement>, bool), Violations> {
    let _ = (body, version);
    unimplemented!()
}

impl Statement {
    /// Adds what the LRS sets. A single context activity becomes an array of one (Data 2.4.6.2).
    #[must_use]
    pub fn complete(self, completion: &Completion<'_>) -> CompletedStatement {
        let _ = completion;
        unimplemented!()
    }

    /// The statement as JSON, as sent but for `stored` and `authority`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        unimplemented!()
    }
}

/// Adds `stored` as the last member of a completed statement's body.
#[must_use]
pub fn with_stored(body: &[u8], stored: Timestamp) -> Vec<u8> {
    let mut complete = Vec::with_capacity(body.len() + 40);
    complete.extend_from_slice(body.strip_suffix(b"}").unwrap_or(body));
    complete.extend_from_slice(format!(",\"stored\":\"{stored}\"}}").as_bytes());
    complete
}
