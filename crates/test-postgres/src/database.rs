//! A database of one test.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::programs::{find_programs, run};
use crate::shared::server_url;

/// A database, empty at first; gone when this is dropped.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
    url: String,
}

/// Names a program that changes each new database of the tests' server before its test sees it; its argument is the URL. `citus.sh` is one.
const PREPARE_VARIABLE: &str = "LYCEUM_TEST_POSTGRES_PREPARE";

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Default for Database {
    fn default() -> Self {
        Self::new()
    }
}

impl Database {
    /// A new one on the tests' server.
    #[must_use]
    pub fn new() -> Self {
        let database = Self::on(server_url());
        if let Some(program) = std::env::var_os(PREPARE_VARIABLE) {
            run(Command::new(program).arg(&database.url).stdin(Stdio::null()))
                .unwrap_or_else(|error| panic!("{PREPARE_VARIABLE}: {error}"));
        }
        database
    }

    /// A new one on the server of this URL.
    #[must_use]
    pub fn on(server: &str) -> Self {
        let name = format!("lyceum_test_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        let (base, query) = server.split_once('?').map_or((server, None), |(base, query)| (base, Some(query)));
        let (host, _) = base.rsplit_once('/').expect("the URL of a server names a database");
        let query = query.map_or(String::new(), |query| format!("?{query}"));
        let url = format!("{host}/{name}{query}");
        run_sql(server, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"));
        Self { server: server.to_owned(), name, url }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs SQL in it: the columns of the rows with `|` between them, one row on a line.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "most SQL is run for what it does")]
    pub fn run(&self, sql: &str) -> String {
        run_sql(&self.url, sql)
    }

    /// Runs SQL in the database from which it was created, such as to end its connections.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "most SQL is run for what it does")]
    pub fn run_outside(&self, sql: &str) -> String {
        run_sql(&self.server, sql)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // On a server that a test has ended it is gone already, and a run that was cut short leaves it to whoever owns the server.
        drop(psql(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)));
    }
}

#[track_caller]
fn run_sql(url: &str, sql: &str) -> String {
    psql(url, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn psql(url: &str, sql: &str) -> Result<String, String> {
    let program = find_programs().map(|folder| folder.join("psql")).ok().filter(|program| program.is_file());
    let mut command = Command::new(program.unwrap_or_else(|| PathBuf::from("psql")));
    command.args(["--no-psqlrc", "--no-align", "--tuples-only", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", url]);
    run(command.args(["--command", sql]).stdin(Stdio::null())).map(|printed| printed.trim_end().to_owned())
}
