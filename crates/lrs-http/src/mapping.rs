//! Which status each error of the layers below becomes, and with which headers.

use std::time::Duration;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use lrs_core::{AccessError, DocumentError, Limit, MissingScope, Problem, RecordError, Rule};
use lrs_store::{RegistryError, StoreError};
use xapi::{DocumentMerge, Violation, Violations};

use crate::error::{AnyProblem, ApiError};

impl From<Violations> for ApiError {
    /// For parameters and headers; statements have their own words.
    fn from(violations: Violations) -> Self {
        let rule = Rule::Broken((&violations).into());
        Self { violations: violations.0, ..Self::new(StatusCode::BAD_REQUEST, Problem::from(rule)) }
    }
}

impl From<Violation> for ApiError {
    fn from(violation: Violation) -> Self {
        Violations(vec![violation]).into()
    }
}

impl From<RecordError> for ApiError {
    fn from(error: RecordError) -> Self {
        let problem = Problem::from(&error);
        match error {
            RecordError::Invalid(Violations(violations)) => {
                Self { violations, ..Self::new(StatusCode::BAD_REQUEST, problem) }
            }
            RecordError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, problem),
            RecordError::Conflict(_) => Self::new(StatusCode::CONFLICT, problem),
            RecordError::VoidsVoiding(_) => Self::new(StatusCode::BAD_REQUEST, problem),
            RecordError::Store(error) => error.into(),
        }
    }
}

/// 413: what there was too much of.
pub(crate) fn too_large(limit: Limit, max: u64) -> ApiError {
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, Problem::TooLarge { limit, max })
}

impl From<DocumentError> for ApiError {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::ConditionMissing => Self::new(StatusCode::BAD_REQUEST, Problem::MissingPrecondition),
            DocumentError::Exists => Self::new(StatusCode::CONFLICT, Problem::DocumentExists),
            DocumentError::PreconditionFailed => {
                Self::new(StatusCode::PRECONDITION_FAILED, Problem::PreconditionFailed)
            }
            DocumentError::NotJson(violation) => {
                let violations = Violations(vec![violation]);
                let problem = Problem::InvalidDocument((&violations).into());
                Self { violations: violations.0, ..Self::new(StatusCode::BAD_REQUEST, problem) }
            }
            DocumentError::CannotMerge(DocumentMerge::StoredIsNotJsonObject) => {
                Self::new(StatusCode::BAD_REQUEST, Problem::CannotMergeStored)
            }
            DocumentError::CannotMerge(_) => Self::new(StatusCode::BAD_REQUEST, Problem::CannotMerge),
            DocumentError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    /// Logs what an operator has to see.
    fn from(error: StoreError) -> Self {
        let problem = Problem::from(&error);
        match error {
            StoreError::Unavailable { obstacle, retry_after } => {
                tracing::warn!("the store is unavailable: {obstacle}");
                retry_later(StatusCode::SERVICE_UNAVAILABLE, problem, retry_after)
            }
            StoreError::Corrupt { place, reason } => {
                tracing::error!("corrupt data in {place}: {reason}; run `lyceum doctor`");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, problem)
            }
            StoreError::Internal { operation, source } => {
                tracing::error!("the store failed to {operation}: {source}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, problem)
            }
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Refused(why) => {
                challenge(Self::new(StatusCode::UNAUTHORIZED, Problem::WrongCredentials { why }))
            }
            AccessError::TooManyFailures { retry_after } => {
                retry_later(StatusCode::TOO_MANY_REQUESTS, Problem::TooManyFailures, retry_after)
            }
            AccessError::TooManyRequests { requests_per_second_max, retry_after } => {
                let problem = Problem::TooManyRequests { requests_per_second_max };
                retry_later(StatusCode::TOO_MANY_REQUESTS, problem, retry_after)
            }
            AccessError::Registry(RegistryError::Store(error)) => error.into(),
            AccessError::Registry(error) => {
                tracing::error!("cannot open what a key belongs to: {error}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, Problem::InternalError)
            }
        }
    }
}

impl From<MissingScope> for ApiError {
    fn from(missing: MissingScope) -> Self {
        Self::new(StatusCode::FORBIDDEN, Problem::MissingScope { scopes: missing.scopes() })
    }
}

/// Adds the challenge that belongs to a 401 (RFC 9110, 11.6.1).
pub(crate) fn challenge(mut error: ApiError) -> ApiError {
    let value = HeaderValue::from_static("Basic realm=\"xAPI\", charset=\"UTF-8\"");
    error.headers.push((WWW_AUTHENTICATE, value));
    error
}

/// Adds when to try again.
pub(crate) fn retry_later(status: StatusCode, problem: impl Into<AnyProblem>, after: Duration) -> ApiError {
    let mut error = ApiError::new(status, problem);
    // Whole seconds, rounded up, so that whoever obeys is not too early.
    let seconds = after.as_millis().div_ceil(1000).max(1);
    error.headers.extend(HeaderValue::try_from(seconds.to_string()).map(|value| (RETRY_AFTER, value)).ok());
    error
}
