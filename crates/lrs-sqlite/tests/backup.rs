//! Backups are consistent while the server writes, are checked, and come back whole. Only this backend: others have their
//! database's own backups.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lrs_sqlite::backup::{self, BackupError, Manifest};
use lrs_sqlite::{Mode, Options, SqliteRegistry};
use lrs_store::contract::{Draft, TestClock, agent_key, statement_id};
use lrs_store::{
    Batch, DocumentKey, DocumentOwner, DocumentWrite, Filter, KeyId, LrsName, NewKey, Order, Precondition, Query,
    Recorded, Registry, Scope, SecretHash, Seq, Store,
};
use tokio::io::AsyncReadExt;

/// What does not happen in this time never will, however busy the machine is.
const WAIT_MAX: Duration = Duration::from_mins(1);

fn lrs(name: &str) -> LrsName {
    LrsName::parse(name).expect("the name is good")
}

fn open(folder: &Path, mode: Mode) -> Arc<SqliteRegistry> {
    SqliteRegistry::open(folder, mode, Options::default(), Arc::new(TestClock::default())).expect("opening works")
}

fn quiet() -> impl Fn(u64, u64) {
    |done, total| assert!(done <= total, "{done} of {total}")
}

async fn record(store: &dyn Store, numbers: std::ops::Range<u64>) {
    let statements: Vec<_> = numbers.map(|n| Draft::new(n).complete()).collect();
    let count = statements.len();
    let outcome = store.record_statements(Batch { statements, attachments: Vec::new() }).await;
    assert!(matches!(outcome, Ok(Recorded::Stored { new, .. }) if new == count), "{outcome:?}");
}

async fn attach(store: &dyn Store, number: u64, bytes: &[u8]) -> String {
    let mut upload = store.begin_attachment().await.expect("uploading works");
    upload.write(bytes).await.expect("uploading works");
    let uploaded = upload.finish().await.expect("uploading works");
    let sha256 = uploaded.sha256.clone();
    let batch = Batch { statements: vec![Draft::new(number).complete()], attachments: vec![uploaded] };
    store.record_statements(batch).await.expect("recording works");
    sha256
}

async fn put(store: &dyn Store, id: &str) {
    let key = DocumentKey { owner: DocumentOwner::AgentProfile(agent_key("ana")), id: id.to_owned() };
    let write = DocumentWrite::Replace { content_type: xapi::ContentType("text/plain".to_owned()), body: vec![1, 2] };
    store.write_document(key, Precondition::None, write).await.expect("writing works");
}

/// A data folder with two LRSs and a key each; `school` has 120 statements, 2 documents, 2 attachments.
async fn fill(folder: &Path) -> Arc<SqliteRegistry> {
    let registry = open(folder, Mode::Server);
    for name in ["school", "empty"] {
        registry.create_lrs(&lrs(name)).await.expect("creating works");
        let key = NewKey {
            id: KeyId(format!("key-{name}")),
            secret: SecretHash([1; 32]),
            lrs: lrs(name),
            scopes: vec![Scope::All],
            label: String::new(),
            authority: "{}".to_owned(),
            expires: None,
            requests_per_second_max: None,
        };
        registry.create_key(key).await.expect("creating works");
    }
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    record(&*store, 0..118).await;
    attach(&*store, 118, b"abc").await;
    attach(&*store, 119, &vec![7; 400_000]).await;
    put(&*store, "a").await;
    put(&*store, "b").await;
    registry
}

async fn count_statements(store: &dyn Store) -> usize {
    store.read_log(Seq(0), 1_000_000).await.expect("reading works").len()
}

async fn make(data: &Path, only: Option<&str>, to: &Path) -> Result<Manifest, BackupError> {
    let (data, only, to) = (data.to_owned(), only.map(lrs), to.to_owned());
    let make = move || backup::make_backup(&data, only.as_ref(), &to, &TestClock::default(), &quiet());
    tokio::task::spawn_blocking(make).await.expect("it does not panic")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_data_folder_comes_back() {
    let folder = tempfile::tempdir().expect("there is room");
    let [data, copy, restored] = ["data", "copy", "restored"].map(|name| folder.path().join(name));
    let registry = fill(&data).await;
    let made = make(&data, None, &copy).await.expect("it is made");
    registry.close().await;
    let counts: Vec<_> =
        made.lrss.iter().map(|it| (it.name.as_str(), it.statements, it.documents, it.attachments)).collect();
    assert_eq!(counts, [("empty", 0, 0, 0), ("school", 120, 2, 2)]);
    assert_eq!(backup::verify_backup(&copy, &quiet()).expect("it is good"), made);

    let back = backup::restore_folder(&copy, &restored, &quiet()).expect("it comes back");
    assert_eq!(back, made);
    let registry = open(&restored, Mode::Server);
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    assert_eq!(count_statements(&*store).await, 120);
    let mut attachment = store
        .find_attachment("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        .await
        .expect("finding works")
        .expect("it is stored");
    let mut bytes = Vec::new();
    attachment.reader.read_to_end(&mut bytes).await.expect("reading works");
    assert_eq!(bytes, b"abc");
    assert!(registry.find_key(&KeyId("key-school".to_owned())).await.expect("finding works").is_some());
    record(&*store, 200..210).await;
    registry.close().await;
    // The backup has not changed by being used.
    assert_eq!(backup::verify_backup(&copy, &quiet()).expect("it is good"), made);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_lrs_comes_back_beside_a_running_server() {
    let folder = tempfile::tempdir().expect("there is room");
    let [data, copy] = ["data", "copy"].map(|name| folder.path().join(name));
    let registry = fill(&data).await;
    let made = make(&data, Some("school"), &copy).await.expect("it is made");
    assert_eq!((made.lrss.len(), made.control), (1, None));
    let restore = |name: &'static str, to: &'static str| {
        let (copy, data) = (copy.clone(), data.clone());
        let work = move || backup::restore_lrs(&copy, &lrs(name), &data, &lrs(to), &TestClock::default(), &quiet());
        async { tokio::task::spawn_blocking(work).await.expect("it does not panic") }
    };
    assert!(matches!(restore("school", "school").await, Err(BackupError::LrsExists(_))));
    assert!(matches!(restore("empty", "again").await, Err(BackupError::NoSuchLrs { .. })));
    restore("school", "again").await.expect("it comes back");
    // The server notices within moments.
    let began = Instant::now();
    let store = loop {
        match registry.open_lrs(&lrs("again")).await {
            Ok(store) => break store,
            Err(error) => assert!(began.elapsed() < WAIT_MAX, "{error}"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(count_statements(&*store).await, 120);
    record(&*store, 500..501).await;
    let original = registry.open_lrs(&lrs("school")).await.expect("opening works");
    assert_eq!(count_statements(&*original).await, 120);
    registry.close().await;
    let refused = backup::restore_folder(&copy, &folder.path().join("whole"), &quiet());
    assert!(matches!(refused, Err(BackupError::NotABackup { .. })), "{refused:?}");
}

/// Everything acknowledged before the backup is in it, batches are whole, and the writer is not held up.
#[tokio::test(flavor = "multi_thread")]
async fn consistent_while_the_server_writes() {
    let folder = tempfile::tempdir().expect("there is room");
    let [data, restored] = ["data", "restored"].map(|name| folder.path().join(name));
    let registry = fill(&data).await;
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writer = tokio::spawn({
        let (store, stop, acknowledged) = (Arc::clone(&store), Arc::clone(&stop), Arc::clone(&acknowledged));
        async move {
            for batch in 0..5_000 {
                record(&*store, 1_000 + batch * 5..1_005 + batch * 5).await;
                acknowledged.fetch_add(1, Ordering::SeqCst);
                if stop.load(Ordering::SeqCst) {
                    break;
                }
            }
        }
    });
    for round in 0..3 {
        let before = acknowledged.load(Ordering::SeqCst);
        let copy = folder.path().join(format!("copy-{round}"));
        let made = make(&data, None, &copy).await.expect("it is made");
        let written = made.lrss.iter().find(|it| it.name == "school").expect("it is there").statements - 120;
        assert_eq!(written % 5, 0, "a batch is whole or not there");
        assert!(written >= before * 5, "{written} statements of {before} acknowledged batches");
        backup::verify_backup(&copy, &quiet()).expect("it is good");
    }
    stop.store(true, Ordering::SeqCst);
    writer.await.expect("the writer does not panic");
    registry.close().await;
    backup::restore_folder(&folder.path().join("copy-2"), &restored, &quiet()).expect("it comes back");
    let registry = open(&restored, Mode::Server);
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    let findings = store.check(true).await.expect("checking works");
    assert!(findings.iter().all(|it| it.severity != lrs_store::Severity::Error), "{findings:#?}");
    let query = Query {
        filters: vec![Filter::Agent { key: agent_key("ana"), related: false }],
        since: None,
        until: None,
        order: Order::Ascending,
        limit: 100_000,
        after: None,
    };
    let found = store.find_statements(query).await.expect("finding works").statements.len();
    assert_eq!(found, count_statements(&*store).await, "the index has all that the log has");
    assert!(store.find_statement(statement_id(3), false).await.expect("finding works").is_some());
    registry.close().await;
}

/// What happens to a file.
type Damage = fn(&Path) -> std::io::Result<()>;

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_found() {
    let folder = tempfile::tempdir().expect("there is room");
    let data = folder.path().join("data");
    let registry = fill(&data).await;
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let attachment = format!("lrs/school.attachments/{}/{}", &sha256[..2], &sha256[2..]);
    let flip: Damage = |path| {
        // A new file: the attachment's bytes are shared with the original.
        let mut bytes = std::fs::read(path)?;
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::remove_file(path)?;
        std::fs::write(path, bytes)
    };
    let remove: Damage = |path| std::fs::remove_file(path);
    let cut: Damage = |path| {
        let bytes = std::fs::read(path)?;
        std::fs::remove_file(path)?;
        std::fs::write(path, &bytes[..bytes.len() - 1])
    };
    let cases = [
        ("lyceum.db", flip),
        ("lyceum.db", remove),
        ("lrs/school.db", flip),
        ("lrs/school.db", cut),
        ("lrs/school.db", remove),
        (attachment.as_str(), flip),
        (attachment.as_str(), cut),
        (attachment.as_str(), remove),
    ];
    for (n, (file, damage)) in cases.iter().enumerate() {
        let copy = folder.path().join(format!("copy-{n}"));
        make(&data, None, &copy).await.expect("it is made");
        damage(&copy.join(file)).expect("the damage is done");
        let found = backup::verify_backup(&copy, &quiet());
        let Err(BackupError::Damaged { path, .. }) = found else { panic!("case {n}, {file}: {found:?}") };
        assert_eq!(path, copy.join(file), "case {n}");
        let restored = folder.path().join(format!("restored-{n}"));
        assert!(backup::restore_folder(&copy, &restored, &quiet()).is_err());
        assert!(!restored.join("lyceum.db").exists(), "nothing damaged is restored");
    }
    registry.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_what_to_do() {
    let folder = tempfile::tempdir().expect("there is room");
    let [data, copy, nothing] = ["data", "copy", "nothing"].map(|name| folder.path().join(name));
    let registry = fill(&data).await;
    make(&data, None, &copy).await.expect("it is made");
    assert!(matches!(make(&data, None, &copy).await, Err(BackupError::NotEmpty(path)) if path == copy));
    assert!(matches!(make(&nothing, None, &folder.path().join("x")).await, Err(BackupError::NoDataFolder(_))));
    assert!(matches!(make(&data, Some("nowhere"), &folder.path().join("y")).await, Err(BackupError::NoSuchLrs { .. })));
    let onto = backup::restore_folder(&copy, &data, &quiet());
    assert!(matches!(onto, Err(BackupError::NotEmpty(_))), "{onto:?}");
    assert!(matches!(backup::verify_backup(&nothing, &quiet()), Err(BackupError::NotABackup { .. })));
    let manifest = copy.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).expect("it is there");
    for (from, to) in [("\"format\": 1", "\"format\": 2"), ("lrs/school.db", "../data/lrs/school.db"), ("{", "")] {
        std::fs::write(&manifest, text.replace(from, to)).expect("it is written");
        let refused = backup::verify_backup(&copy, &quiet());
        assert!(matches!(refused, Err(BackupError::NotABackup { .. })), "{to}: {refused:?}");
    }
    registry.close().await;
}
