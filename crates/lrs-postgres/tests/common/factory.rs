//! Makes stores for the contract of all backends.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lrs_postgres::{AttachmentPlace, Database, Options, PostgresRegistry, Time};
use lrs_store::contract::{Factory, TestClock};
use lrs_store::{LrsName, Registry, Store};
use tempfile::TempDir;

/// Makes stores in a database of its own.
pub struct PostgresFactory {
    attachments: AttachmentPlace,
    _folder: TempDir,
    database: test_postgres::Database,
    clock: Arc<TestClock>,
    next: AtomicU32,
    made: Mutex<Vec<Made>>,
}

type Made = (LrsName, Arc<PostgresRegistry>, Arc<dyn Store>);

impl PostgresFactory {
    /// Attachments go where `place` says, given a folder that lives as long as the factory.
    pub fn new(place: impl FnOnce(&Path) -> AttachmentPlace) -> Self {
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        Self {
            attachments: place(folder.path()),
            _folder: folder,
            database: test_postgres::Database::new(),
            clock: Arc::default(),
            next: AtomicU32::new(1),
            made: Mutex::default(),
        }
    }

    async fn registry(&self) -> Arc<PostgresRegistry> {
        let database = Database::parse(self.database.url(), None).expect("the URL is good");
        let options = Options {
            attachments: self.attachments.clone(),
            readers_max: 4,
            writers_max: 2,
            ..Options::new(PathBuf::new())
        };
        let time = Time::Clock(Arc::clone(&self.clock) as _);
        PostgresRegistry::open(&database, options, time).await.expect("opening works")
    }

    async fn open(&self, name: LrsName, registry: Arc<PostgresRegistry>) -> Arc<dyn Store> {
        let store = registry.open_lrs(&name).await.expect("opening works");
        let made = (name, registry, Arc::clone(&store));
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(made);
        store
    }
}

#[async_trait]
impl Factory for PostgresFactory {
    async fn fresh(&self) -> Arc<dyn Store> {
        let name = LrsName::parse(&format!("lrs-{}", self.next.fetch_add(1, Ordering::Relaxed))).expect("a good name");
        let registry = self.registry().await;
        registry.create_lrs(&name).await.expect("creating works");
        self.open(name, registry).await
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        let (name, registry) = {
            let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let (name, registry, _) =
                made.iter().find(|(_, _, it)| Arc::ptr_eq(it, &store)).expect("this factory made it");
            (name.clone(), Arc::clone(registry))
        };
        registry.close().await;
        self.open(name, self.registry().await).await
    }

    async fn registries(&self) -> (Arc<dyn Registry>, Arc<dyn Registry>) {
        (self.registry().await, self.registry().await)
    }

    fn clock(&self) -> &TestClock {
        &self.clock
    }

    fn bad_here(&self) -> &'static [&'static str] {
        // The private server of the tests does not wait for the disk.
        &["setting fsync"]
    }
}
