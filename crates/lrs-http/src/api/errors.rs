//! Which status the refusals of administrative acts become.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use lrs_core::{AdministrationError, Problem, Rule};
use lrs_store::{AccountError, RegistryError};

use crate::error::ApiError;
use crate::mapping::retry_later;

impl IntoResponse for ApiError {
    /// A note that the guard turns into the answer, with the request's id.
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<AdministrationError> for ApiError {
    fn from(error: AdministrationError) -> Self {
        match error {
            AdministrationError::NotSignedIn => Self::new(StatusCode::UNAUTHORIZED, Problem::NotSignedIn),
            AdministrationError::WrongPassword => Self::new(StatusCode::UNAUTHORIZED, Problem::WrongPassword),
            AdministrationError::TooManyFailures { retry_after } => {
                retry_later(StatusCode::TOO_MANY_REQUESTS, Problem::TooManyFailures, retry_after)
            }
            AdministrationError::Forbidden(needed) => {
                Self::new(StatusCode::FORBIDDEN, Problem::Forbidden { needed: needed.to_owned() })
            }
            AdministrationError::Missing(what) => missing(what),
            AdministrationError::Invalid(rule) => rule.into(),
            AdministrationError::Accounts(error) => error.into(),
            AdministrationError::Registry(error) => error.into(),
            AdministrationError::Store(error) => error.into(),
        }
    }
}

impl From<Rule> for ApiError {
    fn from(rule: Rule) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Problem::from(rule))
    }
}

/// 404 for what is not there, or not for the caller to see.
pub(crate) fn missing(what: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, Problem::NotFound { what: what.to_owned() })
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::EmailTaken => Self::new(StatusCode::CONFLICT, Problem::EmailTaken),
            AccountError::StaleLink => Self::new(StatusCode::GONE, Problem::StaleLink),
            AccountError::LastOwner => Self::new(StatusCode::CONFLICT, Problem::LastOwner),
            AccountError::Missing(what) => missing(what),
            AccountError::KeyExists => Self::new(StatusCode::CONFLICT, Problem::KeyExists),
            AccountError::Store(error) => error.into(),
        }
    }
}

impl From<RegistryError> for ApiError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::LrsExists(name) => {
                Self::new(StatusCode::CONFLICT, Problem::LrsExists { name: name.to_string() })
            }
            RegistryError::KeyExists(_) => AccountError::KeyExists.into(),
            RegistryError::NoSuchLrs(_) => missing("LRS"),
            RegistryError::NoSuchKey(_) => missing("key"),
            RegistryError::Store(error) => error.into(),
        }
    }
}
