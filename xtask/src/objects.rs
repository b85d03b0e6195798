//! The S3-compatible object store of a run of the tests: the one that is named, or a private one that ends with the run.

use test_objects::{HOW_TO_INSTALL, ObjectServer, SERVER_VARIABLE};

use crate::setup;

/// Where the tests that need an object store find it.
pub enum Objects {
    /// The variable names it.
    Named(String),
    /// Started for this run.
    Private(ObjectServer),
    /// There is none; the reason in words.
    Missing(String),
}

impl Objects {
    /// Takes what the variable names, or else starts one, installing it first.
    pub fn find_or_start() -> Self {
        if let Ok(endpoint) = std::env::var(SERVER_VARIABLE) {
            return Self::Named(endpoint);
        }
        setup::install_objects().and_then(|()| ObjectServer::start()).map_or_else(Self::Missing, Self::Private)
    }

    /// Its endpoint.
    pub fn endpoint(&self) -> Option<String> {
        match self {
            Self::Named(endpoint) => Some(endpoint.clone()),
            Self::Private(server) => Some(server.endpoint()),
            Self::Missing(_) => None,
        }
    }

    /// What to do about a server that is missing.
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Missing(reason) => Some(format!("{reason}. To run them, {HOW_TO_INSTALL}")),
            Self::Named(_) | Self::Private(_) => None,
        }
    }
}
