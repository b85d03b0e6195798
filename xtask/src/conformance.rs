//! Runs the official conformance suite, which the user has installed, against a fresh release server.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use serde_json::Value;

use test_postgres::Database;

use crate::process::build_release;
use crate::servers::TestServer;

/// Where the server stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum StoreKind {
    /// In a data folder.
    #[default]
    Embedded,
    /// In a new database of the tests' PostgreSQL.
    Postgres,
}

/// A started server; killed when dropped.
struct Server {
    process: Child,
    data: PathBuf,
    endpoint: String,
    key: String,
    secret: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait().map(drop)) {
            eprintln!("could not stop the server: {error}");
        }
        if let Err(error) = std::fs::remove_dir_all(&self.data) {
            eprintln!("could not remove {}: {error}", self.data.display());
        }
    }
}

/// Starts a server, runs the suite, prints `passed of total`; an error when they differ.
pub fn run(suite: &Path, version: &str, store: StoreKind) -> anyhow::Result<()> {
    let runner = suite.join("bin/console_runner.js");
    if !runner.is_file() || !suite.join("node_modules").is_dir() {
        bail!("{} holds no installed copy of the suite: clone it there and run npm install in it", suite.display());
    }
    let binary = build_release()?;
    // In this order, so that the server goes before its database, and that before PostgreSQL.
    let postgres = (store == StoreKind::Postgres).then(TestServer::postgres);
    let database = match &postgres {
        Some(postgres) => {
            let url = postgres.address().ok_or_else(|| anyhow!("{}", postgres.advice().unwrap_or_default()))?;
            Some(Database::on(url))
        }
        None => None,
    };
    let server = start(&binary, version, database.as_ref())?;
    let logs = suite.join("logs");
    let before = log_files(&logs);
    let started = Instant::now();
    let status = Command::new("node")
        .arg("bin/console_runner.js")
        .args(["-e", &server.endpoint, "-a", "-u", &server.key, "-p", &server.secret, "-x", version])
        .current_dir(suite)
        .status()
        .context("could not start node")?;
    let seconds = started.elapsed().as_secs();
    let log = log_files(&logs)
        .difference(&before)
        .last()
        .cloned()
        .with_context(|| format!("the suite wrote no log and ended with {status}"))?;
    let summary: Value = serde_json::from_slice(&std::fs::read(&log)?)?;
    let count =
        |name: &str| summary["summary"][name].as_u64().with_context(|| format!("{} has no {name}", log.display()));
    let (passed, total) = (count("passed")?, count("total")?);
    println!("xAPI {version}, {store:?} store: {passed} of {total} in {seconds} s ({})", log.display());
    if passed != total || total == 0 {
        bail!("{} requirements are not met", total - passed);
    }
    Ok(())
}

fn log_files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "log"))
        .collect()
}

/// Starts the server on a free port and reads its endpoint and first key from what it prints. What is answered to a request without a
/// version differs between the suites, so the version is also the server's default.
fn start(binary: &Path, version: &str, database: Option<&Database>) -> anyhow::Result<Server> {
    let data = std::env::temp_dir().join(format!("lyceum-conformance-{}", std::process::id()));
    std::fs::create_dir_all(&data)?;
    let mut process = Command::new(binary)
        .args(["serve", "--listen", "127.0.0.1:0", "--default-version", version, "--data"])
        .arg(&data)
        .args(database.iter().flat_map(|database| ["--store", database.url()]))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("could not start the server")?;
    let output = process.stdout.take().expect("stdout is piped");
    let mut server = Server { process, data, endpoint: String::new(), key: String::new(), secret: String::new() };
    for line in BufReader::new(output).lines() {
        let line = line?;
        let value = |name: &str| line.trim().strip_prefix(name).map(|rest| rest.trim().to_owned());
        if let Some(key) = value("Key ") {
            server.key = key;
        } else if let Some(secret) = value("Secret ") {
            server.secret = secret;
        } else if let Some((_, endpoint)) = line.split_once("Endpoint: ") {
            // The last line of the announcement.
            endpoint.trim().clone_into(&mut server.endpoint);
            return Ok(server);
        }
    }
    bail!("the server ended before it printed its endpoint")
}
