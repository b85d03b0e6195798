//! The object store goes away and comes back.

use lrs_store::contract::Draft;
use lrs_store::{Batch, Order, Query, Recorded, Registry as _};
use test_objects::{AzureServer, ObjectServer};

use super::places::{Opened, Service, bytes, check_unavailable, read, record, school};

/// While it is down, what needs it is refused and all else goes on; when it is back, so does the rest, and nothing acknowledged is lost.
#[tokio::test(flavor = "multi_thread")]
async fn only_attachments_wait_for_the_object_store() {
    let mut server = ObjectServer::start().expect("it starts");
    let opened = Opened::new(|spool| Service::S3(&server.endpoint()).place(spool).0).await;
    let store = &*opened.store;
    let (small, large) = (bytes(70_000, 1), bytes(20_000_000, 2));
    let kept = record(store, 1, &small).await.expect("recording works");
    let in_parts = record(store, 2, &large).await.expect("recording in parts works");

    server.stop();
    check_refused(&opened, &kept).await;
    let without = Batch { statements: vec![Draft::new(5).complete()], attachments: Vec::new() };
    let recorded = store.record_statements(without).await;
    assert!(matches!(recorded, Ok(Recorded::Stored { new: 1, .. })), "{recorded:?}");
    let query =
        Query { filters: Vec::new(), since: None, until: None, order: Order::Ascending, limit: 10, after: None };
    let found = store.find_statements(query).await.expect("finding works").statements;
    assert_eq!(found.len(), 3, "what was refused is not there, and the rest is");

    server.start_again();
    assert_eq!(read(store, &kept).await.expect("reading works"), Some(small));
    assert!(read(store, &in_parts).await.expect("reading works") == Some(large));
    let again = record(store, 3, b"refused").await.expect("the same statement is recorded now");
    assert_eq!(read(store, &again).await.expect("reading works").as_deref(), Some(&b"refused"[..]));
}

/// What needs the object store, which is down.
async fn check_refused(opened: &Opened, kept: &str) {
    let store = &*opened.store;
    check_unavailable(record(store, 3, b"refused").await);
    check_unavailable(record(store, 4, &bytes(9_000_000, 3)).await);
    check_unavailable(read(store, kept).await);
    check_unavailable(opened.registry.delete_lrs(&school()).await.map_err(|error| match error {
        lrs_store::RegistryError::Store(error) => error,
        other => panic!("expected unavailable, found {other:?}"),
    }));
}

/// Azure's errors are told apart in the same way. (Azurite writes its list of objects down every few seconds only, so that nobody can ask it for what
/// it took before it was killed.)
pub async fn azure_refuses_alike() {
    let mut server = AzureServer::start().expect("it starts");
    let opened = Opened::new(|spool| Service::Azure(&server.endpoint()).place(spool).0).await;
    let store = &*opened.store;
    let large = bytes(20_000_000, 2);
    let kept = record(store, 1, b"kept").await.expect("recording works");
    let in_parts = record(store, 2, &large).await.expect("recording in parts works");
    assert!(read(store, &in_parts).await.expect("reading works") == Some(large));
    server.stop();
    check_refused(&opened, &kept).await;
    server.start_again();
    let again = record(store, 3, b"refused").await.expect("the same statement is recorded now");
    assert_eq!(read(store, &again).await.expect("reading works").as_deref(), Some(&b"refused"[..]));
}

/// It dies in the middle of an upload of many parts: nothing is acknowledged, nothing of it can be seen, and it can come again.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_is_refused_whole() {
    let mut server = ObjectServer::start().expect("it starts");
    let mut prefix = None;
    let opened = Opened::new(|spool| {
        let (place, chosen) = Service::S3(&server.endpoint()).place(spool);
        prefix = Some(chosen);
        place
    })
    .await;
    let prefix = prefix.expect("it was chosen");
    record(&*opened.store, 1, b"first").await.expect("recording works");
    let large = bytes(40_000_000, 4);
    let store = std::sync::Arc::clone(&opened.store);
    let sending = large.clone();
    let sender = tokio::spawn(async move { record(&*store, 2, &sending).await });
    // The first of its parts has arrived.
    while server.count_parts() == 0 {
        assert!(!sender.is_finished(), "it was too fast to be broken off");
        tokio::task::yield_now().await;
    }
    server.stop();
    check_unavailable(sender.await.expect("no panic"));
    server.start_again();
    assert_eq!(
        Service::S3(&server.endpoint()).objects(&prefix).await.len(),
        2,
        "the first attachment, and whose they are"
    );
    let sha256 = record(&*opened.store, 2, &large).await.expect("recording works");
    assert!(read(&*opened.store, &sha256).await.expect("reading works") == Some(large));
}
