//! What servers that died leave in the folder of attachments.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lrs_postgres::{AttachmentPlace, Options, PostgresRegistry, Time};
use lrs_store::{LrsName, Registry as _};
use test_postgres::Database;

use crate::opened::{Opened, parse};
use crate::orphans_anywhere::{Look, Place};

#[tokio::test(flavor = "multi_thread")]
async fn files_that_no_statement_names_are_removed_after_two_looks() {
    let database = Arc::new(Database::new());
    let folder = tempfile::tempdir().expect("there is room");
    let opened = Opened::with(database.url(), &[], |options| {
        options.attachments = AttachmentPlace::Folder(folder.path().to_owned());
    })
    .await;
    let look = async |sha256: &str, look: Look| {
        let (shard, rest) = sha256.split_at(2);
        let path = folder.path().join("lrs_1").join(shard).join(rest);
        let is_there = path.exists();
        if is_there && look == Look::AndRemove {
            std::fs::remove_file(path).expect("it can be removed");
        }
        is_there
    };
    let store = Arc::clone(&opened.store);
    Place { registry: &opened.registry, store, database: Arc::clone(&database), look }.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_broke_off_long_ago_are_removed_at_the_next_start() {
    let database = Database::new();
    let folder = tempfile::tempdir().expect("there is room");
    let options = Options::new(folder.path().to_owned());
    let open = async || PostgresRegistry::open(&parse(database.url()), options.clone(), Time::Database).await;
    let school = LrsName::parse("school").expect("the name is good");
    let registry = open().await.expect("opening works");
    registry.create_lrs(&school).await.expect("creating works");
    registry.open_lrs(&school).await.expect("opening works");
    registry.close().await;

    let incoming = folder.path().join("lrs_1/incoming");
    for (name, hours) in [("stale", 25), ("late", 23), ("young", 0)] {
        let file = std::fs::File::create(incoming.join(name)).expect("there is room");
        let changed = std::fs::metadata(&incoming).and_then(|it| it.modified()).expect("a time");
        let changed: SystemTime = changed - Duration::from_hours(hours);
        file.set_modified(changed).expect("it is ours");
    }
    let registry = open().await.expect("opening works");
    registry.open_lrs(&school).await.expect("opening works");
    let left = |name: &str| incoming.join(name).exists();
    assert_eq!(
        ["stale", "late", "young"].map(left),
        [false, true, true],
        "another server may still write to young ones"
    );
    assert_eq!(std::fs::read_dir(&incoming).expect("it is there").count(), 2, "nothing else is left there");
    registry.close().await;
}
