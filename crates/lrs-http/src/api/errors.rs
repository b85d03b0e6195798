//! Which status, code and words the refusals of administrative acts become.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use lrs_core::AdministrationError;
use lrs_store::{AccountError, RegistryError};

use super::read::bad_request;
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
            AdministrationError::NotSignedIn => {
                Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", "Sign in, or send a personal access token.")
            }
            AdministrationError::WrongPassword => {
                let message = "The e-mail address or the password is wrong, or the account is disabled.";
                Self::new(StatusCode::UNAUTHORIZED, "wrong_password", message)
            }
            AdministrationError::TooManyFailures { retry_after } => {
                let message = "Too many sign-ins failed. Wait, then try again.";
                retry_later(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", message, retry_after)
            }
            AdministrationError::Forbidden(needed) => {
                Self::new(StatusCode::FORBIDDEN, "forbidden", format!("You may not do this: it needs {needed}."))
            }
            AdministrationError::Missing(what) => missing(what),
            AdministrationError::Invalid { member, expected } => bad_request(format!("{member}: {expected}.")),
            AdministrationError::Accounts(error) => error.into(),
            AdministrationError::Registry(error) => error.into(),
            AdministrationError::Store(error) => error.into(),
        }
    }
}

/// 404 for what is not there, or not for the caller to see.
pub(crate) fn missing(what: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what}, or it is not yours to see."))
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::EmailTaken => {
                Self::new(StatusCode::CONFLICT, "email_taken", "An account with this e-mail address exists already.")
            }
            AccountError::StaleLink => {
                let message = "The link was used, withdrawn or has expired. Ask for a new one.";
                Self::new(StatusCode::GONE, "stale_link", message)
            }
            AccountError::LastOwner => {
                let message = "Nobody would be left who owns the server. Make another owner first.";
                Self::new(StatusCode::CONFLICT, "last_owner", message)
            }
            AccountError::Missing(what) => missing(what),
            AccountError::KeyExists => Self::new(StatusCode::CONFLICT, "key_exists", "The key exists. Try again."),
            AccountError::Store(error) => error.into(),
        }
    }
}

impl From<RegistryError> for ApiError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::LrsExists(name) => {
                Self::new(StatusCode::CONFLICT, "lrs_exists", format!("The LRS {name} exists already."))
            }
            RegistryError::KeyExists(_) => AccountError::KeyExists.into(),
            RegistryError::NoSuchLrs(_) => missing("LRS"),
            RegistryError::NoSuchKey(_) => missing("key"),
            RegistryError::Store(error) => error.into(),
        }
    }
}
