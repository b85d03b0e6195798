//! Why an administrative act did not happen.

use std::time::Duration;

use lrs_store::{AccountError, RegistryError, StoreError};

use crate::Rule;

/// Why an administrative act did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AdministrationError {
    /// Nobody is signed in, or the session is over, or the token is not valid.
    #[error("nobody is signed in")]
    NotSignedIn,
    /// Address and password do not belong together, or the account is disabled: which of them is not said.
    #[error("the e-mail address or the password is wrong")]
    WrongPassword,
    /// Too many sign-ins failed.
    #[error("too many failed sign-ins")]
    TooManyFailures {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// The caller may not do that; says what they lack.
    #[error("this needs {0}")]
    Forbidden(&'static str),
    /// What is asked for is not there, or is not for the caller to see.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// A member of the request cannot be used.
    #[error("{0}")]
    Invalid(Rule),
    /// The accounts do not allow it.
    #[error(transparent)]
    Accounts(#[from] AccountError),
    /// The registry does not allow it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Rule> for AdministrationError {
    fn from(rule: Rule) -> Self {
        Self::Invalid(rule)
    }
}
