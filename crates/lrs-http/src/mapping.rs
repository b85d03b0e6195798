//! Which status, code and words each error of the layers below becomes.

use std::time::Duration;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use lrs_core::{AccessError, DocumentError, MissingScope, RecordError, Refusal};
use lrs_store::{RegistryError, StoreError};
use xapi::{DocumentMerge, Violation, Violations};

use crate::error::ApiError;

impl From<Violations> for ApiError {
    /// For parameters and headers; statements have their own words.
    fn from(Violations(violations): Violations) -> Self {
        invalid("invalid_request", "The request", violations)
    }
}

impl From<Violation> for ApiError {
    fn from(violation: Violation) -> Self {
        Violations(vec![violation]).into()
    }
}

fn invalid(code: &'static str, subject: &str, violations: Vec<Violation>) -> ApiError {
    let message = match violations.as_slice() {
        [only] => format!("{subject} breaks a rule: {only}"),
        _ => format!("{subject} breaks {} rules; see violations.", violations.len()),
    };
    ApiError { violations, ..ApiError::new(StatusCode::BAD_REQUEST, code, message) }
}

impl From<RecordError> for ApiError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Invalid(Violations(violations)) => {
                invalid("invalid_statement", "Nothing was stored: what was sent", violations)
            }
            RecordError::TooLarge { limit, max } => too_large(limit, max),
            RecordError::Conflict(ids) => {
                let message = format!(
                    "Nothing was stored: other statements have these ids already: {}. Statements never change; send new ids.",
                    list(&ids)
                );
                Self::new(StatusCode::CONFLICT, "statement_conflict", message)
            }
            RecordError::VoidsVoiding(ids) => {
                let message = format!(
                    "Nothing was stored: a voiding statement cannot be voided (Data 2.3.2), and these would do so: {}.",
                    list(&ids)
                );
                Self::new(StatusCode::BAD_REQUEST, "voids_voiding_statement", message)
            }
            RecordError::Store(error) => error.into(),
        }
    }
}

/// At most this many ids are named in a message.
const IDS_NAMED_MAX: usize = 20;

fn list(ids: &[xapi::StatementId]) -> String {
    let named: Vec<String> = ids.iter().take(IDS_NAMED_MAX).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(IDS_NAMED_MAX);
    if more == 0 { named.join(", ") } else { format!("{} and {more} more", named.join(", ")) }
}

/// 413: `limit` is what there was too much of, such as `bytes of a document`.
pub(crate) fn too_large(limit: &str, max: u64) -> ApiError {
    let message = format!("Nothing was stored: there may be at most {max} {limit}. Send less at a time.");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
}

impl From<DocumentError> for ApiError {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::ConditionMissing => Self::new(
                StatusCode::BAD_REQUEST,
                "missing_precondition",
                "A PUT of a profile needs If-None-Match: * (to create it) or If-Match with the ETag that you read.",
            ),
            DocumentError::Exists => Self::new(
                StatusCode::CONFLICT,
                "document_exists",
                "The document exists and was not changed. Read it, then send If-Match with its ETag; or use If-None-Match: * \
                 to create only.",
            ),
            DocumentError::PreconditionFailed => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "precondition_failed",
                "The document is not as If-Match or If-None-Match asks, and was not changed. Read it again, then decide.",
            ),
            DocumentError::NotJson(violation) => {
                invalid("invalid_document", "Nothing was changed: the document", vec![violation])
            }
            DocumentError::CannotMerge(DocumentMerge::StoredIsNotJsonObject) => Self::new(
                StatusCode::BAD_REQUEST,
                "cannot_merge",
                "The stored document is not a JSON object, so nothing can be merged into it. Use PUT to replace it.",
            ),
            DocumentError::CannotMerge(_) => Self::new(
                StatusCode::BAD_REQUEST,
                "cannot_merge",
                "Only a JSON object, sent as application/json, can be merged into a JSON document. Use PUT to replace it.",
            ),
            DocumentError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    /// Logs what an operator has to see.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { reason, retry_after } => {
                tracing::warn!("the store is unavailable: {reason}");
                let message = format!("The store cannot do this now: {reason}. Nothing was changed; try again later.");
                retry_later(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", message, retry_after)
            }
            StoreError::Corrupt { place, reason } => {
                tracing::error!("corrupt data in {place}: {reason}; run `lyceum doctor`");
                let message =
                    "The stored data is damaged where this answer needs it. Tell the operator the request id.";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "corrupt_data", message)
            }
            StoreError::Internal { operation, source } => {
                tracing::error!("the store failed to {operation}: {source}");
                let message = "The server failed because of a defect of its own. Tell the operator the request id.";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message)
            }
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Refused(refusal) => {
                let message = match refusal {
                    Refusal::Unknown => {
                        "The key is unknown or the secret is wrong. Send both by HTTP Basic authentication."
                    }
                    Refusal::Revoked => "The key was revoked. Ask the operator for another.",
                    Refusal::Expired => "The key has expired. Ask the operator to extend it or for another.",
                };
                challenge(Self::new(StatusCode::UNAUTHORIZED, "wrong_credentials", message))
            }
            AccessError::TooManyFailures { retry_after } => {
                let message = "Too many failed authentications came from your address. Correct the key, then wait.";
                retry_later(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", message, retry_after)
            }
            AccessError::TooManyRequests { requests_per_second_max, retry_after } => {
                let message = format!("This key may send at most {requests_per_second_max} requests in a second.");
                retry_later(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message, retry_after)
            }
            AccessError::Registry(RegistryError::Store(error)) => error.into(),
            AccessError::Registry(error) => {
                tracing::error!("cannot open what a key belongs to: {error}");
                let message = "The server cannot open the LRS of this key. Tell the operator the request id.";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message)
            }
        }
    }
}

impl From<MissingScope> for ApiError {
    fn from(missing: MissingScope) -> Self {
        let message = format!("This is not permitted: {missing}. Ask the operator for a key that has it.");
        Self::new(StatusCode::FORBIDDEN, "missing_scope", message)
    }
}

/// Adds the challenge that belongs to a 401 (RFC 9110, 11.6.1).
pub(crate) fn challenge(mut error: ApiError) -> ApiError {
    let value = HeaderValue::from_static("Basic realm=\"xAPI\", charset=\"UTF-8\"");
    error.headers.push((WWW_AUTHENTICATE, value));
    error
}

/// Adds when to try again.
pub(crate) fn retry_later(
    status: StatusCode,
    code: &'static str,
    message: impl Into<String>,
    after: Duration,
) -> ApiError {
    let mut error = ApiError::new(status, code, message);
    // Whole seconds, rounded up, so that whoever obeys is not too early.
    let seconds = after.as_millis().div_ceil(1000).max(1);
    error.headers.extend(HeaderValue::try_from(seconds.to_string()).map(|value| (RETRY_AFTER, value)).ok());
    error
}
