//! A private server of Azure's blobs: Microsoft's `azurite`, whose program `cargo xtask setup` installs from npm.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::http::ask;
use crate::kept::{Kept, free_ports};
use crate::{BUCKET, KEY, STARTS_MAX, cache};

/// Names the shared server: the URL of the account [`KEY`].
pub const AZURE_SERVER_VARIABLE: &str = "LYCEUM_TEST_AZURE";
/// The account's key: [`SECRET`](crate::SECRET) in base64, as Azure's keys are.
pub const AZURE_SECRET: &str = "YS1zZWNyZXQtdGhhdC1uby1sb2ctbWF5LXNob3c=";
/// A shared access signature of the account that may only read and list.
pub const AZURE_READER: &str =
    "sv=2018-11-09&ss=b&srt=co&sp=rl&se=2999-12-31T00%3A00%3A00Z&sig=4rjWGcFR4oewAhPIqQtvLjPwIu1Bvg0333MEyA3BNTI%3D";
/// What to tell somebody whose machine has none.
pub const HOW_TO_INSTALL_AZURITE: &str = "install it with\n    cargo xtask setup";

/// One that may only make containers. Like [`AZURE_READER`], it is the HMAC of what it allows under the account's key.
const MAKER: &str =
    "sv=2018-11-09&ss=b&srt=c&sp=c&se=2999-12-31T00%3A00%3A00Z&sig=Ocy3Mgu2NgXAvhjXWOKlP%2BeVk97YZV%2BAnSvlk9BA1eM%3D";

/// The endpoint of the tests' server: the URL of the account.
pub fn shared_azure() -> &'static str {
    static SERVER: OnceLock<(String, Option<AzureServer>)> = OnceLock::new();
    let (endpoint, _) = SERVER.get_or_init(|| {
        if let Ok(endpoint) = std::env::var(AZURE_SERVER_VARIABLE) {
            return (endpoint, None);
        }
        let server = AzureServer::start().unwrap_or_else(|reason| panic!("{reason}: {HOW_TO_INSTALL_AZURITE}"));
        (server.endpoint(), Some(server))
    });
    endpoint
}

/// Where `cargo xtask setup` puts the server: a folder with its `node_modules`.
#[must_use]
pub fn azurite_folder() -> PathBuf {
    cache().join("azurite")
}

/// The server's program, which `node` runs. An error in words when there is none.
///
/// # Errors
/// What is missing, in words.
pub fn find_azurite() -> Result<PathBuf, String> {
    let program = azurite_folder().join("node_modules/azurite/dist/src/blob/main.js");
    let is_there = Path::is_file(&program);
    is_there.then_some(program).ok_or_else(|| "Azurite, the tests' server of Azure, is not installed here".to_owned())
}

/// A private server; killed, and its folder removed, when this is dropped or its process dies.
#[derive(Debug)]
pub struct AzureServer {
    kept: Kept,
    port: u16,
}

impl AzureServer {
    /// Makes and starts one, with an empty container [`BUCKET`] in the account [`KEY`].
    ///
    /// # Errors
    /// When the program is missing or does not get ready, in words.
    pub fn start() -> Result<Self, String> {
        find_azurite()?;
        let mut said = String::new();
        for _ in 0..STARTS_MAX {
            let [port] = free_ports()?;
            let mut server = Self { kept: Kept::new()?, port };
            match server.run() {
                Ok(()) => return Ok(server),
                Err(reason) => said = reason,
            }
        }
        Err(format!("Azurite does not start: {said}"))
    }

    /// The URL of the account.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/{KEY}", self.port)
    }

    /// Kills the server, as a crash would end it.
    pub fn stop(&mut self) {
        self.kept.stop();
    }

    /// Starts it again after [`AzureServer::stop`], at the same address and with what it had.
    pub fn start_again(&mut self) {
        self.run().unwrap_or_else(|reason| panic!("Azurite does not start again: {reason}"));
    }

    fn run(&mut self) -> Result<(), String> {
        let mut command = Command::new("node");
        command.arg(find_azurite()?).args(["--blobHost", "127.0.0.1", "--blobPort", &self.port.to_string()]);
        command.args(["--disableTelemetry", "--disableProductStyleUrl", "--location"]).arg(self.kept.folder());
        command.env("AZURITE_ACCOUNTS", format!("{KEY}:{AZURE_SECRET}"));
        let port = self.port;
        self.kept.run(&command, "", || is_ready(port))
    }
}

/// Whether it takes the container; 409: it is there from the last time.
fn is_ready(port: u16) -> bool {
    let path = format!("/{KEY}/{BUCKET}?restype=container&{MAKER}");
    matches!(ask(port, "PUT", &path, "", ""), Some(201 | 409))
}
