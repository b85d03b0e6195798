//! Attachments as files: nothing is left behind by what did not happen, and what is there is never taken away. Only this
//! backend keeps files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lrs_sqlite::{Options, SqliteStore};
use lrs_store::contract::{Draft, TestClock};
use lrs_store::{Batch, Recorded, Store, UploadedAttachment};

/// SHA-256 of `abc` (FIPS 180-4), in two parts: its folder and its file.
const ABC: (&str, &str) = ("ba", "7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

fn open(folder: &Path) -> SqliteStore {
    let clock = Arc::new(TestClock::default());
    SqliteStore::open(&folder.join("lrs.db"), &folder.join("lrs.attachments"), Options::default(), clock)
        .expect("opening works")
}

async fn upload(store: &dyn Store, bytes: &[u8]) -> UploadedAttachment {
    let mut upload = store.begin_attachment().await.expect("uploading works");
    upload.write(bytes).await.expect("uploading works");
    upload.finish().await.expect("uploading works")
}

async fn record(store: &dyn Store, draft: Draft, attachments: Vec<UploadedAttachment>) -> Recorded {
    let batch = Batch { statements: vec![draft.complete()], attachments };
    store.record_statements(batch).await.expect("recording works")
}

/// Every file below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("it is there") {
            let path = entry.expect("it is there").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// One file for one content; uploads that are dropped, refused or repeated leave none.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_kept_is_a_file() {
    let folder = tempfile::tempdir().expect("there is room");
    let attachments = folder.path().join("lrs.attachments");
    let place = attachments.join(ABC.0).join(ABC.1);
    let store = open(folder.path());
    let mut begun = store.begin_attachment().await.expect("uploading works");
    begun.write(&vec![1; 1_000_000]).await.expect("uploading works");
    assert_eq!(files(&attachments).len(), 1, "bytes go to the disk as they come");
    drop(begun);
    drop(upload(&store, b"abc").await);
    assert_eq!(files(&attachments), Vec::<PathBuf>::new());
    for n in 1..=3 {
        let uploaded = vec![upload(&store, b"abc").await, upload(&store, b"abc").await];
        assert!(matches!(record(&store, Draft::new(n), uploaded).await, Recorded::Stored { new: 1, .. }));
        assert_eq!(files(&attachments), std::slice::from_ref(&place));
    }
    let uploaded = vec![upload(&store, b"other").await];
    assert!(matches!(record(&store, Draft::new(1).note("other"), uploaded).await, Recorded::Conflict(_)));
    assert!(files(&attachments).contains(&place), "what is kept stays");
    store.close().await;
}

/// What a crash leaves: uploads go at the next start, files without a row when something comes to their folder. Files with
/// a row stay.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_leaves_is_removed() {
    let folder = tempfile::tempdir().expect("there is room");
    let attachments = folder.path().join("lrs.attachments");
    let store = open(folder.path());
    let uploaded = upload(&store, b"abc").await;
    record(&store, Draft::new(1), vec![uploaded]).await;
    store.close().await;
    let orphan = attachments.join(ABC.0).join("0".repeat(62));
    std::fs::write(&orphan, "its commit never came").expect("it is written");
    std::fs::write(attachments.join("incoming/17"), "half").expect("it is written");
    let store = open(folder.path());
    assert_eq!(files(&attachments.join("incoming")), Vec::<PathBuf>::new());
    let neighbour = find_neighbour(&store).await;
    record(&store, Draft::new(2), vec![neighbour]).await;
    assert!(!orphan.exists(), "the folder is tidy again");
    assert_eq!(files(&attachments.join(ABC.0)).len(), 2);
    assert!(store.find_attachment(&format!("{}{}", ABC.0, ABC.1)).await.expect("finding works").is_some());
    store.close().await;
}

/// Some other content that lies in the same folder: one of 256 does.
async fn find_neighbour(store: &dyn Store) -> UploadedAttachment {
    for n in 0_u32..10_000 {
        let uploaded = upload(store, &n.to_le_bytes()).await;
        if uploaded.sha256.starts_with(ABC.0) {
            return uploaded;
        }
    }
    panic!("10,000 contents, and none of them in one of 256 folders")
}

/// A file that was lost is brought back by whoever sends the same content again.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_file_comes_back() {
    let folder = tempfile::tempdir().expect("there is room");
    let store = open(folder.path());
    let uploaded = upload(&store, b"abc").await;
    record(&store, Draft::new(1), vec![uploaded]).await;
    let place = folder.path().join("lrs.attachments").join(ABC.0).join(ABC.1);
    std::fs::remove_file(&place).expect("it is there");
    let sha256 = format!("{}{}", ABC.0, ABC.1);
    match store.find_attachment(&sha256).await {
        Err(error) => assert!(error.to_string().contains("backup"), "{error}"),
        Ok(_) => panic!("a lost file is no absence"),
    }
    let uploaded = upload(&store, b"abc").await;
    record(&store, Draft::new(2), vec![uploaded]).await;
    assert!(store.find_attachment(&sha256).await.expect("finding works").is_some());
    store.close().await;
}
