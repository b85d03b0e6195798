//! An LRS in a database, opened as a server process does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lrs_postgres::{Database, Options, PostgresRegistry, Time};
use lrs_store::contract::Draft;
use lrs_store::{Batch, LrsName, Order, Page, Query, Recorded, Registry, Store};
use tempfile::TempDir;
use xapi::Timestamp;

/// Longer than anything takes on a machine that is far too busy.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// One process with the LRS `school` open.
pub struct Opened {
    pub registry: Arc<PostgresRegistry>,
    pub store: Arc<dyn Store>,
    _folder: TempDir,
}

impl Opened {
    /// Opens the database, and makes the LRS unless it is there.
    pub async fn at(url: &str) -> Self {
        Self::with(url, &[], |_| {}).await
    }

    /// The same, with these replicas and other options.
    pub async fn with(url: &str, replicas: &[String], change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        let mut options = Options::new(folder.path().to_owned());
        change(&mut options);
        let database = parse(url);
        let replicas: Vec<Database> = replicas.iter().map(|url| parse(url)).collect();
        let opening = PostgresRegistry::open_with_replicas(&database, &replicas, options, Time::Database);
        let registry = opening.await.expect("opening works");
        let lrs = LrsName::parse("school").expect("the name is good");
        if registry.list_lrss().await.expect("listing works").is_empty() {
            registry.create_lrs(&lrs).await.expect("creating works");
        }
        let store = registry.open_lrs(&lrs).await.expect("opening works");
        Self { registry, store, _folder: folder }
    }

    /// Records one statement: its instant.
    pub async fn record(&self, number: u64) -> Timestamp {
        let batch = Batch { statements: vec![Draft::new(number).complete()], attachments: Vec::new() };
        match self.store.record_statements(batch).await {
            Ok(Recorded::Stored { stored, .. }) => stored,
            outcome => panic!("{outcome:?}"),
        }
    }

    /// What a client is answered: complete through, and the newest statements.
    pub async fn ask(&self) -> (Timestamp, Page) {
        let through = self.store.consistent_through().await.expect("it works");
        (through, self.store.find_statements(everything()).await.expect("finding works"))
    }
}

pub fn parse(url: &str) -> Database {
    Database::parse(url, None).expect("the URL is good")
}

/// All statements, newest first.
pub fn everything() -> Query {
    Query { filters: Vec::new(), since: None, until: None, order: Order::Descending, limit: 50, after: None }
}

/// Waits until something holds.
#[track_caller]
pub fn deadline(began: Instant, what: &str) {
    assert!(began.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
}
