//! Voiding from the app: a further statement, by the way that every statement goes (Data 2.3.2).
//!
//! Its actor and its authority are the account that asked for it, since nobody else says so; the reason stands in an extension of its
//! context, where any LRS keeps it.

use std::sync::Arc;

use lrs_store::{Clock, LrsName, StoreError};
use serde_json::json;
use xapi::{Json, StatementId, Version};

use super::Explorer;
use crate::{Authority, IdSource, RecordError, Recording, Submission, SubmissionLimits, record_statements};

/// The extension of `context` that says why. `invalid` belongs to nobody (RFC 2606), so it can mean nothing else.
pub const REASON_EXTENSION: &str = "https://lyceum.invalid/extensions/reason";
/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 2_000;

/// Who voids, and why.
#[derive(Debug, Clone)]
pub struct Voiding<'a> {
    /// The account's id.
    pub account: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The LRS, part of the account's home page.
    pub lrs: &'a LrsName,
    /// Why.
    pub reason: &'a str,
    /// Gives the statement its timestamp.
    pub clock: Arc<dyn Clock>,
    /// Gives the statement its id.
    pub ids: Arc<dyn IdSource>,
}

/// Why nothing was voided.
#[derive(Debug, thiserror::Error)]
pub enum VoidError {
    /// There is no such statement that the reader may see.
    #[error("there is no such statement")]
    NoSuchStatement,
    /// It is voided already.
    #[error("this statement is voided already")]
    AlreadyVoided,
    /// There is no reason, or a too long one.
    #[error("a reason of 1 to {REASON_CHARS_MAX} characters is needed")]
    NoReason,
    /// The voiding statement was not recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl From<StoreError> for VoidError {
    fn from(error: StoreError) -> Self {
        RecordError::from(error).into()
    }
}

impl Explorer {
    /// Voids a statement that the reader sees. Gives the id of the voiding statement.
    ///
    /// # Errors
    /// When there is none, it is voided already, is voiding itself, or the store fails.
    pub async fn void_statement(&self, id: StatementId, voiding: Voiding<'_>) -> Result<StatementId, VoidError> {
        let reason = voiding.reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
            return Err(VoidError::NoReason);
        }
        let found = self.find_statement(id).await?;
        let (target, voided) = found.ok_or(VoidError::NoSuchStatement)?;
        if voided {
            return Err(VoidError::AlreadyVoided);
        }
        // Of the target's version, so that clients of that version see both or neither.
        let is_v2 = Json::parse(&target.body)
            .is_ok_and(|json| json.get("version").and_then(Json::as_str).is_some_and(|it| it.starts_with("2.")));
        let version = if is_v2 { Version::V2_0_0 } else { Version::V1_0_3 };
        let actor = json!({
            "objectType": "Agent",
            "name": voiding.name,
            "account": { "homePage": format!("https://lyceum.invalid/accounts/{}", voiding.lrs), "name": voiding.account },
        });
        let statement = json!({
            "actor": actor,
            "verb": { "id": "http://adlnet.gov/expapi/verbs/voided", "display": { "en": "voided", "es": "anuló" } },
            "object": { "objectType": "StatementRef", "id": id.to_string() },
            "context": { "extensions": { REASON_EXTENSION: reason } },
        });
        let text = statement.to_string().into_bytes();
        let limits =
            SubmissionLimits { statements_bytes_max: text.len(), batch_statements_max: 1, attachment_bytes_max: 0 };
        let submission = Submission::from_json(text.into(), version, limits).await?;
        let recording = Recording {
            authority: Arc::new(Authority::from_json(actor.to_string())),
            may_define: false,
            trust_authority: false,
            version,
            statement_id: None,
            clock: voiding.clock,
            ids: voiding.ids,
        };
        let ids = record_statements(&*self.store, submission, recording).await?;
        ids.into_iter().next().ok_or(VoidError::NoSuchStatement)
    }

    /// Who voids a statement, as far as the directory has followed the log.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_voiding(&self, id: StatementId) -> Result<Option<StatementId>, StoreError> {
        crate::directory::find_voiding(&*self.store, id).await
    }
}
