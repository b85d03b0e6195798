//! Objects that no statement names.

use std::sync::Arc;

use object_store::ObjectStoreExt as _;

use super::orphans_anywhere::{Look, Place};
use super::places::{Access, Opened, Service, prefix};

/// They are marked, and removed a day later.
pub async fn objects_that_no_statement_names_are_removed_after_two_looks(service: Service<'_>) {
    let prefix = prefix();
    let opened = Opened::new(|spool| service.place_at(Access::Full, &prefix, spool)).await;
    let bucket = service.bucket(Access::Full);
    let look = async |sha256: &str, look: Look| {
        let (shard, rest) = sha256.split_at(2);
        let path = prefix.clone().join("lrs_1").join(shard).join(rest);
        let is_there = bucket.head(&path).await.is_ok();
        if is_there && look == Look::AndRemove {
            bucket.delete(&path).await.expect("it can be removed");
        }
        is_there
    };
    let Opened { registry, store, database, .. } = &opened;
    Place { registry, store: Arc::clone(store), database: Arc::clone(database), look }.check().await;
}

/// Two databases that share a prefix by mistake: what is the other one's is no orphan.
pub async fn objects_of_another_database_are_not_removed(service: Service<'_>) {
    let prefix = prefix();
    let first = Opened::new(|spool| service.place_at(Access::Full, &prefix, spool)).await;
    let second = Opened::new(|spool| service.place_at(Access::Full, &prefix, spool)).await;
    super::places::record(&*first.store, 1, b"one").await.expect("recording works");
    let now = lrs_store::Clock::now(&lrs_store::SystemClock);
    let refused = second.registry.remove_orphans(now, std::time::Duration::ZERO).await;
    let error = refused.expect_err("it is refused").to_string();
    assert!(error.contains("another database"), "{error}");
}
