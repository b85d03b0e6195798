//! What the tests of several files begin with.

use std::sync::Arc;

use lrs_sqlite::{Mode, Options, SqliteRegistry};
use lrs_store::{LrsName, Registry, Store, SystemClock};
use tempfile::TempDir;

/// A server's folder, which goes when it is dropped, its registry, and the store of its LRS `default`.
pub async fn open_lrs() -> (TempDir, Arc<SqliteRegistry>, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let registry = SqliteRegistry::open(&path, Mode::Server, Options::default(), Arc::new(SystemClock)).unwrap();
    let name = LrsName::parse("default").unwrap();
    registry.create_lrs(&name).await.unwrap();
    let store = registry.open_lrs(&name).await.unwrap();
    (folder, registry, store)
}
