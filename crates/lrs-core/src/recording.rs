//! The only way into a log: complete what was sent, and append it, all or nothing.

use std::sync::Arc;

use lrs_store::{Batch, Clock, Recorded, Store, StoreError, UploadedAttachment};
use xapi::{Completion, Statement, StatementId, Version, Violation, Violations};

use crate::offload::{self, OFFLOAD_BYTES_MIN};
use crate::submission::Submission;
use crate::{Authority, Grant, IdSource, Limit};

/// Under which circumstances statements are recorded.
#[derive(Clone)]
pub struct Recording {
    /// Written into every statement, unless the source is trusted and the statement brings one.
    pub authority: Arc<Authority>,
    /// Whether definitions and names in the statements are remembered (scope `define`).
    pub may_define: bool,
    /// Keep the authority of statements that have one, and take attachments' bytes as optional: for imports by an operator.
    pub trust_authority: bool,
    /// The version that the statements were sent in.
    pub version: Version,
    /// The only statement must have this id (`PUT`).
    pub statement_id: Option<StatementId>,
    /// Gives statements without a timestamp theirs.
    pub clock: Arc<dyn Clock>,
    /// Gives statements without an id theirs.
    pub ids: Arc<dyn IdSource>,
}

impl Recording {
    /// Of what the holder of a key sends: all of it gets the key's authority.
    #[must_use]
    pub fn with_key(
        grant: &Grant,
        version: Version,
        statement_id: Option<StatementId>,
        (clock, ids): (&Arc<dyn Clock>, &Arc<dyn IdSource>),
    ) -> Self {
        Self {
            authority: Arc::clone(&grant.authority),
            may_define: grant.may_define(),
            trust_authority: false,
            version,
            statement_id,
            clock: Arc::clone(clock),
            ids: Arc::clone(ids),
        }
    }
}

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// What was sent breaks rules: all of them.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// What was sent is larger than the operator permits.
    #[error("more than {max} {limit}")]
    TooLarge {
        /// The limit's name.
        limit: Limit,
        /// Its value.
        max: u64,
    },
    /// These ids are taken by statements with other content.
    #[error("{} id(s) are taken by other statements", .0.len())]
    Conflict(Vec<StatementId>),
    /// These statements want to void statements that are voiding themselves (Data 2.3.2).
    #[error("{} statement(s) would void voiding statements", .0.len())]
    VoidsVoiding(Vec<StatementId>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Violation> for RecordError {
    fn from(violation: Violation) -> Self {
        Self::Invalid(Violations(vec![violation]))
    }
}

/// Records a submission: durable and visible when this returns. Gives the statements' ids in their order.
///
/// # Errors
/// - `Invalid`: there is not the one statement that `recording` asks for, an attachment is missing, or a signature is
///   wrong.
/// - `Conflict`: ids are taken by statements with other content.
/// - `VoidsVoiding`: statements want to void voiding ones.
/// - `Store`: the store fails.
pub async fn record_statements(
    store: &dyn Store,
    submission: Submission,
    recording: Recording,
) -> Result<Vec<StatementId>, RecordError> {
    if submission.statements.is_empty() {
        return Ok(Vec::new());
    }
    let has_signature = submission.received.iter().any(|part| part.signature.is_some());
    let large = has_signature || submission.statements_bytes >= OFFLOAD_BYTES_MIN;
    let (ids, batch) = offload::run(large, move || complete(submission, &recording)).await?;
    match store.record_statements(batch).await? {
        Recorded::Stored { .. } => Ok(ids),
        Recorded::Conflict(ids) => Err(RecordError::Conflict(ids)),
        Recorded::VoidsVoiding(ids) => Err(RecordError::VoidsVoiding(ids)),
    }
}

fn complete(submission: Submission, recording: &Recording) -> Result<(Vec<StatementId>, Batch), RecordError> {
    if let Some(expected) = recording.statement_id {
        check_single(&submission, expected)?;
    }
    submission.check_attachments(recording.trust_authority)?;
    let timestamp = recording.clock.now();
    let Submission { statements, received, .. } = submission;
    let statements: Vec<_> = statements
        .into_iter()
        .map(|statement| {
            let id = match (statement.id, recording.statement_id) {
                (Some(own), _) => own,
                (None, Some(put)) => put,
                (None, None) => recording.ids.statement_id(),
            };
            complete_statement(statement, id, timestamp, recording)
        })
        .collect();
    let ids = statements.iter().map(|statement| statement.id).collect();
    let attachments: Vec<UploadedAttachment> = received.into_iter().map(|part| part.upload).collect();
    Ok((ids, Batch { statements, attachments }))
}

fn complete_statement(
    mut statement: Statement,
    id: StatementId,
    timestamp: xapi::Timestamp,
    recording: &Recording,
) -> xapi::CompletedStatement {
    let own = statement.authority.take().filter(|_| recording.trust_authority);
    let authority = match &own {
        Some((json, key)) => (json.as_str(), key.as_str()),
        None => (recording.authority.json.as_str(), recording.authority.key.as_str()),
    };
    let completed = statement.complete(&Completion { id, timestamp, authority, version: recording.version });
    if recording.may_define { completed } else { completed.without_definitions() }
}

/// `PUT` carries one statement, under its own id (Communication 2.1.1).
fn check_single(submission: &Submission, expected: StatementId) -> Result<(), Violation> {
    let violation = |pointer: &str, wanted: String, found: String| Violation {
        index: None,
        pointer: pointer.to_owned(),
        rule: "Communication 2.1.1".to_owned(),
        expected: wanted,
        found,
    };
    if !submission.single {
        return Err(violation("", "one statement".to_owned(), "an array".to_owned()));
    }
    match submission.statements.first().and_then(|statement| statement.id) {
        Some(id) if id != expected => {
            Err(violation("/id", format!("the statementId of the request, {expected}"), id.to_string()))
        }
        _ => Ok(()),
    }
}
