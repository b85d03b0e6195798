//! Documents under the rules of concurrency of each version (1.0.3 Communication 3.1, 2.0 §4.1.4).

use lrs_store::{
    DocumentKey, DocumentOwner, DocumentWrite, DocumentWritten, Etag, EtagMatch, Precondition, Store, StoreError,
};
use xapi::{ContentType, DocumentMerge, Json, Version, Violation};

use crate::offload::{self, OFFLOAD_BYTES_MIN};

/// What a client asked to hold before its change happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// No header.
    None,
    /// `If-Match`
    Match(EtagMatch),
    /// `If-None-Match`
    NoneMatch(EtagMatch),
}

impl From<Condition> for Precondition {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::None => Self::None,
            Condition::Match(etags) => Self::Match(etags),
            Condition::NoneMatch(etags) => Self::NoneMatch(etags),
        }
    }
}

/// Whether a document is State or a profile: the versions treat them differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// State of an agent in an activity.
    State,
    /// Profile of an activity or agent.
    Profile,
}

impl DocumentKind {
    /// The kind of an owner's documents.
    #[must_use]
    pub fn of(owner: &DocumentOwner) -> Self {
        match owner {
            DocumentOwner::State { .. } => Self::State,
            DocumentOwner::ActivityProfile(_) | DocumentOwner::AgentProfile(_) => Self::Profile,
        }
    }
}

/// Why a document was not changed.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// A profile was PUT without `If-Match` or `If-None-Match`, and does not exist (1.0.3).
    #[error("a PUT of a profile needs If-Match or If-None-Match")]
    ConditionMissing,
    /// A document was PUT without `If-Match` or `If-None-Match`, and exists.
    #[error("the document exists; a PUT needs If-Match or If-None-Match")]
    Exists,
    /// What the client asked for does not hold.
    #[error("the precondition does not hold")]
    PreconditionFailed,
    /// What was sent says that it is JSON, and is not.
    #[error("the document is not JSON: {0}")]
    NotJson(Violation),
    /// The sent or the stored document is no JSON object.
    #[error("the documents cannot be merged")]
    CannotMerge(DocumentMerge),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Replaces a document.
///
/// # Errors
/// `PreconditionFailed` when the condition does not hold. Without one, `Exists` when there is a document and the
/// version does not let it be replaced then, and `ConditionMissing` for a new profile of 1.0.3. `Store` when the store
/// fails.
pub async fn put_document(
    store: &dyn Store,
    version: Version,
    key: DocumentKey,
    condition: Condition,
    (content_type, body): (ContentType, Vec<u8>),
) -> Result<Option<Etag>, DocumentError> {
    let kind = DocumentKind::of(&key.owner);
    let precondition = match (condition, version, kind) {
        (Condition::None, Version::V1_0_3, DocumentKind::Profile) => {
            let exists = store.find_document(key).await?.is_some();
            return Err(if exists { DocumentError::Exists } else { DocumentError::ConditionMissing });
        }
        (Condition::None, Version::V1_0_3, DocumentKind::State) => Precondition::None,
        (Condition::None, Version::V2_0_0, _) => Precondition::Absent,
        (condition, _, _) => condition.into(),
    };
    written(store.write_document(key, precondition, DocumentWrite::Replace { content_type, body }).await?)
}

/// Merges a JSON object into a document, or stores the first one.
///
/// # Errors
/// `NotJson` when the body says that it is JSON and is not, `CannotMerge` when it or the stored document is no JSON
/// object, `PreconditionFailed` when the condition does not hold, `Store` when the store fails.
pub async fn post_document(
    store: &dyn Store,
    key: DocumentKey,
    condition: Condition,
    (content_type, mut body): (ContentType, Vec<u8>),
) -> Result<Option<Etag>, DocumentError> {
    if content_type.is_json() {
        let large = body.len() >= OFFLOAD_BYTES_MIN;
        body = offload::run(large, move || check_json(&body).map(|()| body)).await?;
    }
    written(store.write_document(key, condition.into(), DocumentWrite::Merge { content_type, body }).await?)
}

/// Deletes a document; one that is absent is deleted already.
///
/// # Errors
/// `PreconditionFailed` when the condition does not hold, `Store` when the store fails.
pub async fn delete_document(store: &dyn Store, key: DocumentKey, condition: Condition) -> Result<(), DocumentError> {
    written(store.write_document(key, condition.into(), DocumentWrite::Delete).await?).map(drop)
}

/// A first document, which has nothing to merge with, must be JSON too when it says so (Communication 2.2).
fn check_json(body: &[u8]) -> Result<(), DocumentError> {
    match Json::parse(body) {
        Ok(_) => Ok(()),
        Err(error) => {
            let found = error.to_string();
            Err(DocumentError::NotJson(Violation::new(error.pointer, "Communication 2.2", "JSON", found)))
        }
    }
}

fn written(written: DocumentWritten) -> Result<Option<Etag>, DocumentError> {
    match written {
        DocumentWritten::Written(etag) => Ok(etag),
        DocumentWritten::PreconditionFailed => Err(DocumentError::PreconditionFailed),
        DocumentWritten::Exists => Err(DocumentError::Exists),
        DocumentWritten::CannotMerge(why) => Err(DocumentError::CannotMerge(why)),
    }
}
