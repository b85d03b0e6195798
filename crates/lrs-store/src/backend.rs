//! What every backend does alike: the errors it answers with, and the rules of a change to a document and to a definition.
//! For backends only; nothing here touches a database.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use sha1::{Digest, Sha1};
use xapi::{ContentType, DocumentMerge};

use crate::{Document, DocumentWrite, DocumentWritten, Etag, EtagMatch, Obstacle, Precondition, StoreError};

/// After a failure it is worth trying again this much later.
pub const RETRY_AFTER: Duration = Duration::from_secs(2);
/// Names kept of one agent; more would be a sign of something else than names.
pub const AGENT_NAMES_MAX: usize = 32;
/// A merged definition that would be longer starts again from the newest one.
const DEFINITION_BYTES_MAX: usize = 1 << 20;

/// The store cannot do it now, for a reason that an operator can act on.
#[must_use]
pub fn unavailable(obstacle: impl Into<Obstacle>) -> StoreError {
    StoreError::Unavailable { obstacle: obstacle.into(), retry_after: RETRY_AFTER }
}

/// The store was closed.
#[must_use]
pub fn closed() -> StoreError {
    unavailable(Obstacle::Closed)
}

/// The store was opened for reading.
#[must_use]
pub fn reads_only() -> StoreError {
    unavailable(Obstacle::ReadsOnly)
}

/// The value at a place is not what was written there.
pub fn corrupt(place: impl Into<String>, reason: impl Into<String>) -> StoreError {
    StoreError::Corrupt { place: place.into(), reason: reason.into() }
}

/// The same error once more, for another request of the same commit.
#[must_use]
pub fn repeat(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable { obstacle, retry_after } => {
            StoreError::Unavailable { obstacle: obstacle.clone(), retry_after: *retry_after }
        }
        StoreError::Corrupt { place, reason } => StoreError::Corrupt { place: place.clone(), reason: reason.clone() },
        StoreError::Internal { operation, source } => {
            StoreError::Internal { operation, source: source.to_string().into() }
        }
    }
}

/// A document as a change leaves it.
#[derive(Debug)]
pub struct NewDocument<'a> {
    /// Media type.
    pub content_type: &'a ContentType,
    /// Bytes, as sent or as merged.
    pub body: Cow<'a, [u8]>,
    /// Of `body`.
    pub etag: Etag,
}

/// What a change makes of the document that is stored: another one, or none. `sent_etag` is the hash of the bytes that were
/// sent, if it is known already.
///
/// # Errors
/// The answer when there is nothing to change: the precondition does not hold, the documents cannot be merged, or a
/// document that is not there is to be deleted.
pub fn plan_change<'a>(
    precondition: &Precondition,
    stored: Option<&Document>,
    write: &'a DocumentWrite,
    sent_etag: Option<Etag>,
) -> Result<Option<NewDocument<'a>>, DocumentWritten> {
    check_precondition(precondition, stored)?;
    match (write, stored) {
        (DocumentWrite::Delete, None) => Err(DocumentWritten::Written(None)),
        (DocumentWrite::Delete, Some(_)) => Ok(None),
        (DocumentWrite::Merge { content_type, body }, Some(document)) => {
            let merge = xapi::merge_documents((&document.content_type, &document.body), (content_type, body));
            let DocumentMerge::Merged(merged) = merge else { return Err(DocumentWritten::CannotMerge(merge)) };
            let etag = hash_document(&merged);
            Ok(Some(NewDocument { content_type, body: Cow::Owned(merged), etag }))
        }
        (DocumentWrite::Replace { content_type, body } | DocumentWrite::Merge { content_type, body }, _) => {
            let etag = sent_etag.unwrap_or_else(|| hash_document(body));
            Ok(Some(NewDocument { content_type, body: Cow::Borrowed(body), etag }))
        }
    }
}

fn check_precondition(precondition: &Precondition, stored: Option<&Document>) -> Result<(), DocumentWritten> {
    let matches = |condition: &EtagMatch| match (condition, stored) {
        (_, None) => false,
        (EtagMatch::Any, Some(_)) => true,
        (EtagMatch::OneOf(etags), Some(document)) => etags.contains(&document.etag),
    };
    match precondition {
        Precondition::Match(condition) if !matches(condition) => Err(DocumentWritten::PreconditionFailed),
        Precondition::NoneMatch(condition) if matches(condition) => Err(DocumentWritten::PreconditionFailed),
        Precondition::Absent if stored.is_some() => Err(DocumentWritten::Exists),
        _ => Ok(()),
    }
}

/// The [`Etag`] of a document's bytes.
#[must_use]
pub fn hash_document(body: &[u8]) -> Etag {
    Etag(hexadecimal(&Sha1::digest(body)))
}

/// A digest as lower-case hexadecimal digits.
#[must_use]
pub fn hexadecimal(digest: &[u8]) -> String {
    let mut text = String::with_capacity(digest.len() * 2);
    for byte in digest {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The definition of an activity of which a further one was stated (Communication 2.5).
#[must_use]
pub fn merge_definition(older: Option<&str>, stated: &str) -> String {
    let merged = older.map(|older| xapi::merge_definitions(older, stated));
    merged.filter(|merged| merged.len() <= DEFINITION_BYTES_MAX).unwrap_or_else(|| stated.to_owned())
}
