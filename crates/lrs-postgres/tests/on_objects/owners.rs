//! Whose attachments are in the object store, when they go, and what `lyceum doctor` says of them.

use std::sync::Arc;

use lrs_postgres::{CheckLimits, Database, Options, check_database};
use lrs_store::{Finding, LrsName, Registry as _, Severity, StoreError, SystemClock};
use object_store::ObjectStoreExt as _;

use super::places::{Access, Opened, Service, prefix, read, record, school};

async fn check(opened: &Opened, options: &Options, deep: bool) -> Vec<Finding> {
    let address = Database::parse(opened.database.url(), None).expect("the URL is good");
    let clock = Arc::new(SystemClock) as _;
    let parts = check_database(&address, &[], options, &CheckLimits::default(), &clock, deep).await;
    let findings = parts.expect("it can look").into_iter().flat_map(|part| part.findings);
    findings.filter(|finding| finding.subject == "attachments").collect()
}

/// With an LRS go all its objects, those that no statement names too, and no other's.
pub async fn objects_go_with_their_lrs(service: Service<'_>) {
    let prefix = prefix();
    let opened = Opened::new(|spool| service.place_at(Access::Full, &prefix, spool)).await;
    let other = LrsName::parse("other").expect("the name is good");
    opened.registry.create_lrs(&other).await.expect("creating works");
    let other = opened.registry.open_lrs(&other).await.expect("opening works");
    let sha256 = record(&*opened.store, 1, b"one").await.expect("recording works");
    record(&*opened.store, 2, b"one").await.expect("recording works");
    record(&*other, 1, b"one").await.expect("recording works");
    let (shard, rest) = sha256.split_at(2);
    let of = |lrs: &str| vec![format!("{lrs}/{shard}/{rest}"), format!("{lrs}/owner")];
    assert_eq!(service.objects(&prefix).await, [of("lrs_1"), of("lrs_2")].concat(), "once for each LRS");

    opened.registry.delete_lrs(&school()).await.expect("deleting works");
    assert_eq!(service.objects(&prefix).await, of("lrs_2"));
    assert_eq!(read(&*other, &sha256).await.expect("reading works").as_deref(), Some(&b"one"[..]));
}

/// Two databases that share a prefix by mistake: the second one is refused, and cannot remove what belongs to the first.
pub async fn a_prefix_belongs_to_one_database(service: Service<'_>) {
    let prefix = prefix();
    let first = Opened::new(|spool| service.place_at(Access::Full, &prefix, spool)).await;
    let second = Opened::new(|spool| service.place_at(Access::Full, &prefix, spool)).await;
    let sha256 = record(&*first.store, 1, b"one").await.expect("recording works");
    for refused in [
        record(&*second.store, 1, b"one").await.map(drop).map_err(|error| error.to_string()),
        second.registry.delete_lrs(&school()).await.map_err(|error| error.to_string()),
    ] {
        let error = refused.expect_err("it is refused");
        assert!(error.contains("another database"), "{error}");
    }
    assert_eq!(read(&*first.store, &sha256).await.expect("reading works").as_deref(), Some(&b"one"[..]));
}

/// Bytes that were changed or lost are found by reading everything, and named; so is a bucket that cannot be written.
pub async fn damage_is_found(service: Service<'_>) {
    let prefix = prefix();
    let opened = Opened::new(|spool| service.place_at(Access::Full, &prefix, spool)).await;
    let mut digests = Vec::new();
    for (number, text) in (1..).zip(["whole", "changed", "longer", "gone"]) {
        digests.push(record(&*opened.store, number, text.as_bytes()).await.expect("recording works"));
    }
    let good = check(&opened, &opened.options, true).await;
    assert_eq!(good.iter().map(|it| it.severity).collect::<Vec<_>>(), [Severity::Good; 2], "{good:?}");
    assert_eq!(good[1].message, "all 4 are as their digests say");

    let bucket = service.bucket(Access::Full);
    let path = |sha256: &str| {
        let (shard, rest) = sha256.split_at(2);
        prefix.clone().join("lrs_1").join(shard).join(rest)
    };
    bucket.put(&path(&digests[1]), "CHANGED".into()).await.expect("it is written");
    bucket.put(&path(&digests[2]), "longer than before".into()).await.expect("it is written");
    bucket.delete(&path(&digests[3])).await.expect("it is removed");
    let bad = check(&opened, &opened.options, true).await;
    assert_eq!(bad[1].severity, Severity::Error, "{bad:?}");
    assert!(bad[1].message.starts_with("3 of 4 are damaged"), "{bad:?}");
    for (sha256, is_named) in digests.iter().zip([false, true, true, true]) {
        assert_eq!(bad[1].message.contains(sha256.as_str()), is_named, "{sha256}: {bad:?}");
    }
    let missing = opened.store.find_attachment(&digests[3]).await;
    assert!(matches!(missing, Err(StoreError::Corrupt { .. })), "{:?}", missing.err());

    let attachments = service.place_at(Access::ReadOnly, &prefix, opened.spool.path());
    let reader = Options { attachments, ..opened.options.clone() };
    let denied = check(&opened, &reader, false).await;
    assert_eq!(denied.len(), 1, "{denied:?}");
    assert_eq!(denied[0].severity, Severity::Error);
    assert!(denied[0].message.contains("cannot be written"), "{denied:?}");
    assert!(denied[0].advice.contains("policy of the bucket"), "{denied:?}");
    let probes = bucket.list_with_delimiter(Some(&prefix)).await.expect("listing works");
    assert!(probes.objects.is_empty(), "the check leaves nothing: {:?}", probes.objects);
}
