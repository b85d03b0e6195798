//! The PostgreSQL server of a run of the tests: the one that is named, or a private one that ends with the run.

use test_postgres::{Cluster, HOW_TO_INSTALL, SERVER_VARIABLE};

use crate::setup;

/// Where the tests that need PostgreSQL find it.
pub enum Postgres {
    /// The variable names it.
    Named(String),
    /// Started for this run.
    Private(Cluster),
    /// There is none; the reason in words.
    Missing(String),
}

impl Postgres {
    /// Takes what the variable names, or else starts one, installing it first where that may be done.
    pub fn find_or_start() -> Self {
        if let Ok(url) = std::env::var(SERVER_VARIABLE) {
            return Self::Named(url);
        }
        setup::install_postgres().and_then(|()| Cluster::start(&[])).map_or_else(Self::Missing, Self::Private)
    }

    /// The URL of a database from which others can be created.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Named(url) => Some(url.clone()),
            Self::Private(cluster) => Some(cluster.url()),
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
