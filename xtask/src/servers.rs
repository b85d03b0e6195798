//! Servers that a run of the tests needs: the one that a variable names, or a private one that ends with the run.

use std::any::Any;

use test_objects::{AzureServer, ObjectServer};
use test_postgres::Cluster;

use crate::setup;

/// A server, or what to do about its absence.
pub struct TestServer {
    address: Result<String, String>,
    _private: Option<Box<dyn Any>>,
}

impl TestServer {
    /// PostgreSQL, installed first where that may be done. Its address is the URL of a database from which others can be created.
    pub fn postgres() -> Self {
        use test_postgres::{HOW_TO_INSTALL, SERVER_VARIABLE};
        let start = || setup::install_postgres().and_then(|()| Cluster::start(&[]));
        Self::find_or_start(SERVER_VARIABLE, HOW_TO_INSTALL, start, Cluster::url)
    }

    /// An S3-compatible object store, installed first. Its address is its endpoint.
    pub fn objects() -> Self {
        use test_objects::{HOW_TO_INSTALL, SERVER_VARIABLE};
        let start = || setup::install_objects().and_then(|()| ObjectServer::start());
        Self::find_or_start(SERVER_VARIABLE, HOW_TO_INSTALL, start, ObjectServer::endpoint)
    }

    /// Azure's blobs, where `installed` says that the server is there. Its address is the URL of the account.
    pub fn azure(installed: Result<(), String>) -> Self {
        use test_objects::{AZURE_SERVER_VARIABLE, HOW_TO_INSTALL_AZURITE};
        let start = || installed.and_then(|()| AzureServer::start());
        Self::find_or_start(AZURE_SERVER_VARIABLE, HOW_TO_INSTALL_AZURITE, start, AzureServer::endpoint)
    }

    fn find_or_start<T: 'static>(
        variable: &str,
        how_to_install: &str,
        start: impl FnOnce() -> Result<T, String>,
        address_of: impl FnOnce(&T) -> String,
    ) -> Self {
        if let Ok(address) = std::env::var(variable) {
            return Self { address: Ok(address), _private: None };
        }
        match start() {
            Ok(server) => Self { address: Ok(address_of(&server)), _private: Some(Box::new(server)) },
            Err(reason) => Self { address: Err(format!("{reason}. To run them, {how_to_install}")), _private: None },
        }
    }

    /// Where it is.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref().ok()
    }

    /// What to do about a server that is missing.
    pub fn advice(&self) -> Option<&str> {
        self.address.as_ref().err().map(String::as_str)
    }
}
