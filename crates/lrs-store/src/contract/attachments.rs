//! Attachments: streamed in and out, once by content, found by every SHA-2 (Data 2.4.11).

use tokio::io::AsyncReadExt;

use super::jobs::{ONE, OTHER, keep, read};
use super::shared::{numbers, query, walk};
use super::{Draft, Factory};
use crate::{Batch, Recorded, Store, UploadedAttachment};

const SHA224: &str = "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7";
const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SHA384: &str = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7";
const SHA512: &str = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                      2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

async fn upload(store: &dyn Store, bytes: &[u8], chunk_bytes: usize) -> UploadedAttachment {
    let mut upload = store.begin_attachment().await.expect("uploading works");
    for chunk in bytes.chunks(chunk_bytes) {
        upload.write(chunk).await.expect("uploading works");
    }
    upload.finish().await.expect("uploading works")
}

async fn record(store: &dyn Store, draft: Draft, attachments: Vec<UploadedAttachment>) -> Recorded {
    let batch = Batch { statements: vec![draft.complete()], attachments };
    store.record_statements(batch).await.expect("recording works")
}

async fn bytes_of(store: &dyn Store, sha2: &str) -> Option<Vec<u8>> {
    let mut found = store.find_attachment(sha2).await.expect("finding works")?;
    let mut bytes = Vec::new();
    found.reader.read_to_end(&mut bytes).await.expect("reading works");
    assert_eq!(found.size_bytes, bytes.len() as u64, "as many bytes as announced");
    Some(bytes)
}

/// `abc` by each of its digests (the examples of FIPS 180-4), before and after reopening.
pub async fn found_by_every_sha2(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let uploaded = upload(&*store, b"abc", 2).await;
    assert_eq!((uploaded.sha256.as_str(), uploaded.size_bytes), (SHA256, 3));
    assert_eq!(uploaded.other_sha2, [SHA224, SHA384, SHA512]);
    assert_eq!(bytes_of(&*store, SHA256).await, None, "it is not part of the LRS yet");
    assert!(matches!(record(&*store, Draft::new(1), vec![uploaded]).await, Recorded::Stored { new: 1, .. }));
    check_abc(&*store).await;
    check_abc(&*factory.reopen(store).await).await;
}

async fn check_abc(store: &dyn Store) {
    for sha2 in [SHA224, SHA256, SHA384, SHA512] {
        assert_eq!(bytes_of(store, sha2).await.as_deref(), Some(&b"abc"[..]), "{sha2}");
    }
}

/// What no statement brought is not found, nor is anything that is no digest.
pub async fn unknown_is_not_found(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let uploaded = upload(&*store, b"abc", 3).await;
    record(&*store, Draft::new(1), vec![uploaded]).await;
    let wrong = [&"0".repeat(64), &"0".repeat(56), &SHA256[..63], "", "../../lyceum.db", "ba", &format!("{SHA256}0")];
    for sha2 in wrong {
        assert_eq!(bytes_of(&*store, sha2).await, None, "{sha2:?}");
    }
}

/// Sizes around every buffer, in chunks of every size.
pub async fn streams_all_sizes(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let cases =
        [(0, 1), (1, 1), (5_000, 7), (65_536, 65_536), (262_144, 4_096), (262_145, 262_144), (2_000_003, 100_000)];
    for (n, (size, chunk)) in (1..).zip(cases) {
        let bytes: Vec<u8> = (0..size).map(|at: u32| u8::try_from(at % 249).expect("it is below 256")).collect();
        let uploaded = upload(&*store, &bytes, chunk).await;
        let sha256 = uploaded.sha256.clone();
        assert_eq!(uploaded.size_bytes, u64::from(size));
        record(&*store, Draft::new(n), vec![uploaded]).await;
        assert!(bytes_of(&*store, &sha256).await == Some(bytes), "{size} bytes in chunks of {chunk}");
    }
    let sum = cases.iter().map(|(size, _)| u64::from(*size)).sum::<u64>();
    assert_eq!(store.status().await.expect("figures work").attachment_bytes, sum);
}

/// The same bytes are kept once, whether they come in one batch or in several, or from many at once.
pub async fn kept_once(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let (one, two) = (upload(&*store, b"abc", 1).await, upload(&*store, b"abc", 3).await);
    record(&*store, Draft::new(1), vec![one, two]).await;
    let again = upload(&*store, b"abc", 3).await;
    record(&*store, Draft::new(2), vec![again]).await;
    let senders: Vec<_> = (10..20)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let uploaded = upload(&*store, b"at once", 3).await;
                record(&*store, Draft::new(n), vec![uploaded]).await
            })
        })
        .collect();
    for sender in senders {
        assert!(matches!(sender.await.expect("no sender panics"), Recorded::Stored { new: 1, .. }));
    }
    assert_eq!(bytes_of(&*store, SHA256).await.as_deref(), Some(&b"abc"[..]));
    assert_eq!(store.status().await.expect("figures work").attachment_bytes, 3 + 7);
}

/// An upload that is dropped, finished or not, or whose batch is refused, leaves nothing; the same bytes can come again.
pub async fn dropped_leaves_nothing(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let mut begun = store.begin_attachment().await.expect("uploading works");
    begun.write(&vec![1; 1_000_000]).await.expect("uploading works");
    drop(begun);
    drop(upload(&*store, b"abc", 3).await);
    record(&*store, Draft::new(1), Vec::new()).await;
    let uploaded = upload(&*store, b"abc", 3).await;
    let refused = record(&*store, Draft::new(1).note("other"), vec![uploaded]).await;
    assert!(matches!(refused, Recorded::Conflict(_)), "{refused:?}");
    assert_eq!(bytes_of(&*store, SHA256).await, None);
    assert_eq!(store.status().await.expect("figures work").attachment_bytes, 0);
    let store = factory.reopen(store).await;
    let uploaded = upload(&*store, b"abc", 3).await;
    record(&*store, Draft::new(2), vec![uploaded]).await;
    assert_eq!(bytes_of(&*store, SHA256).await.as_deref(), Some(&b"abc"[..]));
    assert_eq!(numbers(&walk(&*store, &query(), 10).await), [2, 1]);
}

/// Attachments of a statement that is stored already are kept.
pub async fn kept_for_a_repeated_statement(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record(&*store, Draft::new(1), Vec::new()).await;
    let uploaded = upload(&*store, b"abc", 3).await;
    assert!(matches!(record(&*store, Draft::new(1), vec![uploaded]).await, Recorded::Stored { new: 0, .. }));
    assert_eq!(bytes_of(&*store, SHA256).await.as_deref(), Some(&b"abc"[..]));
}

/// Many read one attachment at once, each at its own place.
pub async fn read_by_many(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let bytes: Vec<u8> = (0..500_000_u32).map(|at| u8::try_from(at % 241).expect("it is below 256")).collect();
    let uploaded = upload(&*store, &bytes, 9_999).await;
    let sha256 = uploaded.sha256.clone();
    record(&*store, Draft::new(1), vec![uploaded]).await;
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let (store, sha256) = (store.clone(), sha256.clone());
            tokio::spawn(async move { bytes_of(&*store, &sha256).await })
        })
        .collect();
    for reader in readers {
        assert!(reader.await.expect("no reader panics").as_ref() == Some(&bytes));
    }
}

/// Two LRSs do not see each other's attachments.
pub async fn two_lrss_are_apart(factory: &dyn Factory) {
    let (one, other) = (factory.fresh().await, factory.fresh().await);
    let uploaded = upload(&*one, b"abc", 3).await;
    record(&*one, Draft::new(1), vec![uploaded]).await;
    for sha2 in [SHA256, SHA512] {
        assert_eq!(bytes_of(&*other, sha2).await, None);
    }
}

/// A file is read from any of its bytes on, also after reopening, until it is removed. It is no attachment.
pub async fn files_of_jobs_are_apart(factory: &dyn Factory) {
    let store = factory.fresh().await;
    keep(&*store, ONE, b"abcdef").await;
    keep(&*store, OTHER, b"abcdef").await;
    let uploaded = upload(&*store, b"attached", 3).await;
    let sha256 = uploaded.sha256.clone();
    assert!(matches!(record(&*store, Draft::new(1), vec![uploaded]).await, Recorded::Stored { new: 1, .. }));
    let store = factory.reopen(store).await;
    for (from, rest) in [(0, &b"abcdef"[..]), (4, b"ef"), (6, b"")] {
        assert_eq!(read(&*store, ONE, from).await, Some((6, rest.to_vec())), "from {from}");
    }
    // The SHA-256 of `abcdef`.
    let digest = "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721";
    assert_eq!(bytes_of(&*store, digest).await, None);
    let files = store.job_files();
    for _ in 0..2 {
        files.remove_job_file(ONE).await.expect("removing works");
        assert_eq!(read(&*store, ONE, 0).await, None);
    }
    assert_eq!(read(&*store, OTHER, 0).await, Some((6, b"abcdef".to_vec())), "the same bytes of another job");
    assert_eq!(bytes_of(&*store, &sha256).await.as_deref(), Some(&b"attached"[..]));
}
