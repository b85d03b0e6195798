//! The embedded backend passes the contract of all backends: with the settings of production, and with tiny generations of
//! the index, so that every case crosses their borders.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use lrs_sqlite::{Mode, Options, SqliteRegistry, SqliteStore};
use lrs_store::contract::{Factory, TestClock};
use lrs_store::{Registry, Store, contract_tests};
use tempfile::TempDir;

/// Makes stores in a folder of its own, which goes with it.
struct SqliteFactory {
    folder: TempDir,
    options: Options,
    clock: Arc<TestClock>,
    next: AtomicU32,
    made: Mutex<Vec<(PathBuf, Arc<dyn Store>)>>,
}

impl SqliteFactory {
    fn new(options: Options) -> Self {
        Self {
            folder: tempfile::tempdir().expect("there is a folder for temporary files"),
            options,
            clock: Arc::default(),
            next: AtomicU32::new(1),
            made: Mutex::default(),
        }
    }

    async fn open(&self, path: PathBuf) -> Arc<dyn Store> {
        let (database, attachments) = (path.with_extension("db"), path.with_extension("attachments"));
        let (options, clock) = (self.options.clone(), Arc::clone(&self.clock));
        let opening = move || SqliteStore::open(&database, &attachments, options, clock);
        let opened = tokio::task::spawn_blocking(opening).await.expect("opening does not panic");
        let store: Arc<dyn Store> = Arc::new(opened.expect("opening works"));
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push((path, Arc::clone(&store)));
        store
    }
}

#[async_trait]
impl Factory for SqliteFactory {
    async fn fresh(&self) -> Arc<dyn Store> {
        self.open(self.folder.path().join(format!("lrs-{}", self.next.fetch_add(1, Ordering::Relaxed)))).await
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        let path = {
            let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.iter().find(|(_, it)| Arc::ptr_eq(it, &store)).expect("this factory made it").0.clone()
        };
        store.close().await;
        self.open(path).await
    }

    async fn registries(&self) -> (Arc<dyn Registry>, Arc<dyn Registry>) {
        let folder = self.folder.path().join("data");
        let open = |mode| {
            SqliteRegistry::open(&folder, mode, self.options.clone(), Arc::clone(&self.clock) as _)
                .expect("opening works")
        };
        (open(Mode::Server), open(Mode::Tool))
    }

    fn clock(&self) -> &TestClock {
        &self.clock
    }
}

mod production {
    use super::*;

    contract_tests!(SqliteFactory::new(Options::default()));
}

mod tiny_generations {
    use super::*;

    contract_tests!(SqliteFactory::new(Options {
        generation_statements_max: 8,
        commit_statements_max: 16,
        readers: 2,
        dictionary_after_statements: 50,
        ..Options::default()
    }));
}
