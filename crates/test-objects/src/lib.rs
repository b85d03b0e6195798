//! Object stores for tests: `SeaweedFS`, which is S3-compatible, and Microsoft's `azurite`. `cargo xtask setup` installs them from `PyPI` and npm.
//!
//! [`shared_endpoint`] is the S3 server that `LYCEUM_TEST_OBJECTS` names, or one of this process; [`shared_azure`] the same of Azure. A test that stops
//! it starts its own with [`ObjectServer::start`] or [`AzureServer::start`]. Requests are signed and checked as everywhere; [`KEY`] may do in [`BUCKET`] what docs/postgres.md asks for, and
//! nothing else. Not part of the product, and without dependencies.
#![expect(clippy::missing_panics_doc, reason = "it is used by tests: a panic is how it says that one cannot go on")]

mod azure;
mod http;
mod kept;
mod server;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use azure::{
    AZURE_READER, AZURE_SECRET, AZURE_SERVER_VARIABLE, AzureServer, HOW_TO_INSTALL_AZURITE, azurite_folder,
    find_azurite, shared_azure,
};
pub use server::ObjectServer;

/// Names the shared server: the URL of its S3 interface.
pub const SERVER_VARIABLE: &str = "LYCEUM_TEST_OBJECTS";
/// The bucket, or Azure's container, that is there.
pub const BUCKET: &str = "attachments";
/// Who may read, write, list and remove there; Azure's account.
pub const KEY: &str = "lyceum";
/// Its secret.
pub const SECRET: &str = "a-secret-that-no-log-may-show";
/// Who may only read and list there.
pub const READER_KEY: &str = "reader";
/// What to tell somebody whose machine has none.
pub const HOW_TO_INSTALL: &str =
    "install it with\n    cargo xtask setup\nor put SeaweedFS's program `weed` on the PATH";

/// Ports that were free a moment ago may be taken: a server is started so often.
const STARTS_MAX: usize = 3;

/// The endpoint of the tests' S3-compatible server.
pub fn shared_endpoint() -> &'static str {
    static SERVER: OnceLock<(String, Option<ObjectServer>)> = OnceLock::new();
    let (endpoint, _) = SERVER.get_or_init(|| {
        if let Ok(endpoint) = std::env::var(SERVER_VARIABLE) {
            return (endpoint, None);
        }
        let server = ObjectServer::start().unwrap_or_else(|reason| panic!("{reason}: {HOW_TO_INSTALL}"));
        (server.endpoint(), Some(server))
    });
    endpoint
}

/// Where `cargo xtask setup` puts the server's program: a virtual environment in the user's cache folder.
#[must_use]
pub fn environment() -> PathBuf {
    cache().join("objects-venv")
}

/// This project's part of the user's cache folder.
fn cache() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    cache.unwrap_or_else(|| home().join(".cache")).join("lyceum")
}

/// The server's program. An error in words when there is none.
///
/// # Errors
/// What is missing, in words.
pub fn find_program() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::iter::once(environment().join("bin")).chain(std::env::split_paths(&path));
    let program = places.map(|folder| folder.join("weed")).find(|program| Path::is_file(program));
    program.ok_or_else(|| "the object store of the tests (SeaweedFS) is not installed here".to_owned())
}
