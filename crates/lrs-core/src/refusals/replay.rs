//! Sending a refused request again, perhaps corrected: by the way that every statement goes, with the authority of its key.

use std::sync::Arc;

use bytes::Bytes;
use lrs_store::{Clock, KeyId, LrsName, RegistryError, Store, StoreError};
use xapi::{StatementId, Version};

use super::kept::mark_replayed;
use super::{RefusalId, RefusalPage};
use crate::{
    Access, IdSource, MissingScope, Operation, RecordError, Recording, Submission, SubmissionLimits, record_statements,
};

/// What a replay needs besides the refusal.
#[derive(Clone)]
pub struct Replayed<'a> {
    /// Lets the key in.
    pub access: &'a Access,
    /// The LRS of the refusal.
    pub lrs: &'a LrsName,
    /// Its store.
    pub store: &'a Arc<dyn Store>,
    /// As for every request.
    pub limits: SubmissionLimits,
    /// Gives statements without a timestamp theirs.
    pub clock: &'a Arc<dyn Clock>,
    /// Gives statements without an id theirs.
    pub ids: &'a Arc<dyn IdSource>,
}

/// Why a refused request was not sent again, or was refused again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It is not a request that writes statements as JSON.
    #[error("only requests that write statements as JSON can be sent again")]
    NotStatements,
    /// Its key opens this LRS no longer.
    #[error("the key of this request opens this LRS no longer")]
    KeyIsGone,
    /// Its key may not write statements.
    #[error(transparent)]
    Scope(#[from] MissingScope),
    /// It was refused again.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The registry failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl From<StoreError> for ReplayError {
    fn from(error: StoreError) -> Self {
        RecordError::from(error).into()
    }
}

/// Sends a refused request again with this body, and notes it when it is accepted. Gives the statements' ids.
///
/// # Errors
/// When it cannot be sent again, or is refused again.
pub async fn replay_refusal(
    with: Replayed<'_>,
    id: &RefusalId,
    refusal: &RefusalPage,
    body: Bytes,
) -> Result<Vec<StatementId>, ReplayError> {
    let statement_id = statement_id_of(refusal)?;
    let version = Version::parse_header(&refusal.item.version).ok_or(ReplayError::NotStatements)?;
    let grant = with.access.find_grant(&KeyId(refusal.item.key.clone())).await?;
    let grant = grant.filter(|grant| grant.lrs == *with.lrs).ok_or(ReplayError::KeyIsGone)?;
    grant.permit(Operation::WriteStatements)?;
    let submission = Submission::from_json(body, version, with.limits).await?;
    let recording = Recording::with_key(&grant, version, statement_id, (with.clock, with.ids));
    let ids = record_statements(&**with.store, submission, recording).await?;
    mark_replayed(&**with.store, id, with.clock.now()).await?;
    Ok(ids)
}

/// For PUT of a statement as JSON, the id in its query; for POST none; other requests cannot be sent again.
fn statement_id_of(refusal: &RefusalPage) -> Result<Option<StatementId>, ReplayError> {
    let item = &refusal.item;
    let (path, query) = item.path.split_once('?').unwrap_or((&item.path, ""));
    let is_json = xapi::ContentType(item.content_type.clone()).is_json();
    let is_statements = path.trim_end_matches('/').rsplit('/').next() == Some("statements");
    match item.method.as_str() {
        "POST" if is_json && is_statements => Ok(None),
        "PUT" if is_json && is_statements => {
            let parameters = xapi::Parameters::parse(query).ok();
            let id = parameters.and_then(|parameters| parameters.get("statementId").and_then(StatementId::parse));
            id.map(Some).ok_or(ReplayError::NotStatements)
        }
        _ => Err(ReplayError::NotStatements),
    }
}
