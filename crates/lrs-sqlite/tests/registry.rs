//! The data folder of the embedded backend: who may open it, what is refused and why, what the files look like.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lrs_sqlite::{Mode, OpenError, Options, SqliteRegistry};
use lrs_store::contract::{Draft, TestClock};
use lrs_store::{
    Accounts as _, AuditQuery, Batch, KeyId, LrsName, NewAuditEntry, NewKey, Registry, RegistryError, Scope,
    SecretHash, StoreError, View, ViewChange,
};
use xapi::Timestamp;

/// What does not happen in this time never will, however busy the machine is.
const WAIT_MAX: Duration = Duration::from_mins(1);

fn lrs(name: &str) -> LrsName {
    LrsName::parse(name).expect("the name is good")
}

fn open(folder: &Path, mode: Mode) -> Result<Arc<SqliteRegistry>, OpenError> {
    SqliteRegistry::open(folder, mode, Options::default(), Arc::new(TestClock::default()))
}

fn key(id: &str, name: &str, secret: [u8; 32]) -> NewKey {
    NewKey {
        id: KeyId(id.to_owned()),
        secret: SecretHash(secret),
        lrs: lrs(name),
        scopes: vec![Scope::All],
        label: String::new(),
        authority: "{}".to_owned(),
        expires: None,
        requests_per_second_max: None,
    }
}

/// Whoever holds the lock is named; once it is gone the folder is free.
#[tokio::test(flavor = "multi_thread")]
async fn one_server_at_a_time() {
    let folder = tempfile::tempdir().expect("there is room");
    // Who has the folder, who comes, whether it may.
    let cases = [
        (Mode::Server, Mode::Server, false),
        (Mode::Server, Mode::Offline, false),
        (Mode::Server, Mode::Tool, true),
        (Mode::Offline, Mode::Server, false),
        (Mode::Offline, Mode::Offline, false),
        (Mode::Offline, Mode::Tool, true),
        (Mode::Tool, Mode::Server, true),
        (Mode::Tool, Mode::Tool, true),
    ];
    for (first, second, may) in cases {
        let holder = open(folder.path(), first).unwrap_or_else(|error| panic!("{first:?}: {error}"));
        match open(folder.path(), second) {
            Ok(registry) => {
                assert!(may, "{second:?} must not open beside {first:?}");
                registry.close().await;
            }
            Err(error) => {
                assert!(!may, "{second:?} beside {first:?}: {error}");
                let text = error.to_string();
                let process = format!("process {}", std::process::id());
                let what = if first == Mode::Server { "a running Lyceum server" } else { "another Lyceum command" };
                for part in [process.as_str(), what, "stop that process first", "--data"] {
                    assert!(text.contains(part), "{part:?} is not in: {text}");
                }
            }
        }
        holder.close().await;
    }
    // Without `close`, dropping everything frees the folder, too; the thread that watches it needs a moment.
    drop(open(folder.path(), Mode::Server).expect("the folder is free"));
    let began = Instant::now();
    loop {
        match open(folder.path(), Mode::Server) {
            Ok(registry) => break registry.close().await,
            Err(OpenError::Locked { .. }) if began.elapsed() < WAIT_MAX => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Folders that are not Lyceum's, or of another time, are refused with a reason, and left as they are.
#[tokio::test(flavor = "multi_thread")]
async fn refuses_other_folders() {
    type Prepare = fn(&Path);
    let cases: [(&str, Prepare, &[&str]); 6] = [
        (
            "other files",
            |folder| std::fs::write(folder.join("thesis.doc"), "x").expect("it is written"),
            &["not a Lyceum data folder", "thesis.doc", "--data"],
        ),
        (
            "no database",
            |folder| std::fs::write(folder.join("lyceum.db"), "x".repeat(5_000)).expect("it is written"),
            &["not a Lyceum data folder", "not a database"],
        ),
        (
            "another program's",
            |folder| run_sql(&folder.join("lyceum.db"), "CREATE TABLE song(name)"),
            &["not a Lyceum data folder", "another program"],
        ),
        (
            "another program's, marked",
            |folder| run_sql(&folder.join("lyceum.db"), "PRAGMA application_id = 7; PRAGMA user_version = 3"),
            &["not a Lyceum data folder"],
        ),
        (
            "a newer Lyceum's",
            |folder| run_sql(&folder.join("lyceum.db"), "PRAGMA application_id = 1280918349; PRAGMA user_version = 99"),
            &["newer Lyceum", "99", "upgrade"],
        ),
        (
            "a file",
            |folder| {
                std::fs::remove_dir(folder).expect("it is empty");
                std::fs::write(folder, "x").expect("it is written");
            },
            &["not a Lyceum data folder"],
        ),
    ];
    for (case, prepare, expected) in cases {
        let folder = tempfile::tempdir().expect("there is room");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("it is made");
        prepare(&data);
        for mode in [Mode::Server, Mode::Tool] {
            let Err(error) = open(&data, mode) else { panic!("{case}: opened as {mode:?}") };
            for part in expected {
                assert!(error.to_string().contains(part), "{case}: {part:?} is not in: {error}");
            }
        }
    }
}

fn run_sql(path: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(path).expect("opening works");
    connection.execute_batch(sql).expect("the statement is good");
}

/// A fresh disk has `lost+found`, and an empty or missing folder is fine.
#[tokio::test(flavor = "multi_thread")]
async fn makes_a_folder() {
    let folder = tempfile::tempdir().expect("there is room");
    let deep = folder.path().join("a/b/c");
    let disk = folder.path().join("disk");
    std::fs::create_dir_all(disk.join("lost+found")).expect("it is made");
    for data in [deep, disk] {
        for _ in 0..2 {
            open(&data, Mode::Server).expect("opening works").close().await;
        }
    }
}

/// An LRS that a newer release changed, or whose file is lost, is refused; the others go on.
#[tokio::test(flavor = "multi_thread")]
async fn refuses_single_lrss() {
    let folder = tempfile::tempdir().expect("there is room");
    let registry = open(folder.path(), Mode::Server).expect("opening works");
    for name in ["good", "newer", "lost"] {
        registry.create_lrs(&lrs(name)).await.expect("creating works");
    }
    run_sql(&folder.path().join("lrs/newer.db"), "PRAGMA user_version = 99");
    std::fs::remove_file(folder.path().join("lrs/lost.db")).expect("it is there");
    for (name, expected) in [("newer", "upgrade"), ("lost", "backup")] {
        let Err(RegistryError::Store(error)) = registry.open_lrs(&lrs(name)).await else { panic!("{name} was opened") };
        assert!(error.to_string().contains(expected), "{name}: {error}");
    }
    registry.open_lrs(&lrs("good")).await.expect("opening works");
    // A file that nobody knows is not taken for a new LRS, nor overwritten.
    std::fs::write(folder.path().join("lrs/stranger.db"), "someone's").expect("it is written");
    let refused = registry.create_lrs(&lrs("stranger")).await;
    assert!(matches!(refused, Err(RegistryError::Store(StoreError::Unavailable { .. }))), "{refused:?}");
    assert_eq!(std::fs::read(folder.path().join("lrs/stranger.db")).expect("it is there"), b"someone's");
    registry.close().await;
}

/// A process that works beside a server reads, and leaves writing to the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_tool_reads_and_does_not_write() {
    let folder = tempfile::tempdir().expect("there is room");
    let registry = open(folder.path(), Mode::Tool).expect("opening works");
    registry.create_lrs(&lrs("school")).await.expect("creating works");
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    assert_eq!(store.status().await.expect("reading works").statements, 0);
    let written =
        store.record_statements(Batch { statements: vec![Draft::new(1).complete()], attachments: Vec::new() }).await;
    assert!(matches!(written, Err(StoreError::Unavailable { .. })), "{written:?}");
    registry.close().await;
}

/// Without a server the process that deletes removes the files, too.
#[tokio::test(flavor = "multi_thread")]
async fn files_go_with_their_lrs() {
    let folder = tempfile::tempdir().expect("there is room");
    for mode in [Mode::Server, Mode::Tool] {
        let registry = open(folder.path(), Mode::Server).expect("opening works");
        for name in ["school", "other"] {
            registry.create_lrs(&lrs(name)).await.expect("creating works");
            let store = registry.open_lrs(&lrs(name)).await.expect("opening works");
            let batch = Batch { statements: vec![Draft::new(1).complete()], attachments: Vec::new() };
            store.record_statements(batch).await.expect("recording works");
        }
        let registry = if mode == Mode::Server {
            registry
        } else {
            registry.close().await;
            open(folder.path(), mode).expect("opening works")
        };
        registry.delete_lrs(&lrs("school")).await.expect("deleting works");
        let left: Vec<_> = std::fs::read_dir(folder.path().join("lrs"))
            .expect("it is there")
            .map(|entry| entry.expect("it is there").file_name().into_string().expect("it is text"))
            .filter(|name| name.starts_with("school"))
            .collect();
        assert!(left.is_empty(), "{mode:?}: {left:?}");
        registry.delete_lrs(&lrs("other")).await.expect("deleting works");
        registry.close().await;
    }
}

/// Nobody but the owner reads anything, and no secret is in any file, only its hash.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_their_owners_alone() {
    let folder = tempfile::tempdir().expect("there is room");
    let data = folder.path().join("data");
    let registry = open(&data, Mode::Server).expect("opening works");
    registry.create_lrs(&lrs("school")).await.expect("creating works");
    registry.create_key(key("k", "school", [0xAB; 32])).await.expect("creating works");
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    let mut upload = store.begin_attachment().await.expect("uploading works");
    upload.write(b"abc").await.expect("uploading works");
    let attachments = vec![upload.finish().await.expect("uploading works")];
    let batch = Batch { statements: vec![Draft::new(1).complete()], attachments };
    store.record_statements(batch).await.expect("recording works");
    let mut files = vec![data.clone()];
    let mut count = 0;
    while let Some(path) = files.pop() {
        let mode = path.metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
        count += 1;
        if path.is_dir() {
            files
                .extend(std::fs::read_dir(&path).expect("it is there").map(|entry| entry.expect("it is there").path()));
        }
    }
    // data, lyceum.db, lyceum.lock, lrs, school.db, school.attachments, incoming, ba, 7816…; and SQLite's own.
    assert!(count >= 9, "{count} files");
    registry.close().await;
}

/// Without the right to write, the message names the file and what to do. Only where the tests do not run as root, whom no
/// permission stops.
#[tokio::test(flavor = "multi_thread")]
async fn permissions_are_explained() {
    let folder = tempfile::tempdir().expect("there is room");
    let data = folder.path().join("data");
    open(&data, Mode::Server).expect("opening works").close().await;
    std::fs::set_permissions(&data, Permissions::from_mode(0o500)).expect("they are set");
    std::fs::set_permissions(data.join("lyceum.lock"), Permissions::from_mode(0o400)).expect("they are set");
    let opened = open(&data, Mode::Server);
    std::fs::set_permissions(&data, Permissions::from_mode(0o700)).expect("they are set");
    match opened {
        Ok(registry) => {
            eprintln!("SKIPPED: this user (root?) may write where nobody may; permissions cannot be tested");
            registry.close().await;
        }
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("no permission") && text.contains("lyceum.lock"), "{text}");
        }
    }
}

/// Whoever has the file may read the audit log, and not rewrite it.
#[tokio::test(flavor = "multi_thread")]
async fn audit_log_is_append_only() {
    let folder = tempfile::tempdir().expect("there is room");
    let registry = open(folder.path(), Mode::Tool).expect("opening works");
    let entry = NewAuditEntry {
        when: Timestamp(1),
        account: String::new(),
        who: "a test".to_owned(),
        from: "command line".to_owned(),
        act: "key.create".to_owned(),
        lrs: None,
        target: "k".to_owned(),
        before: None,
        after: None,
    };
    registry.change_accounts(Vec::new(), Some(entry)).await.expect("recording works");
    let connection = rusqlite::Connection::open(folder.path().join("lyceum.db")).expect("opening works");
    for sql in ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit", "DELETE FROM audit WHERE seq = 1"] {
        let error = connection.execute(sql, []).expect_err(sql);
        assert!(error.to_string().contains("append-only"), "{sql}: {error}");
    }
    let log = registry.find_audit_entries(AuditQuery { limit: 10, ..AuditQuery::default() }).await;
    assert_eq!(log.expect("reading works").len(), 1);
}

/// A view that is made again, because its format changed, may take less room than before: its file does not stay as large as it was,
/// and another view in it stays.
#[tokio::test]
async fn a_cleared_view_gives_its_room_back() {
    let folder = tempfile::tempdir().expect("there is room");
    let registry = open(folder.path(), Mode::Server).expect("the folder is free");
    registry.create_lrs(&lrs("school")).await.expect("creating works");
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    let views = store.views();
    let put = |count: u16| ViewChange {
        puts: (0..count).map(|n| (n.to_be_bytes().to_vec(), vec![7; 1_000])).collect(),
        ..ViewChange::default()
    };
    views.change(View::Recorder, put(10)).await.expect("it works");
    views.change(View::Directory, put(5_000)).await.expect("it works");
    let size = || {
        let files = ["", "-wal"].map(|end| folder.path().join(format!("lrs/school.views.db{end}")));
        files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|it| it.len()).sum::<u64>()
    };
    assert!(size() > 5_000_000, "{}", size());
    views.clear(View::Directory).await.expect("clearing works");
    assert!(size() < 100_000, "{}", size());
    let kept = views.get(View::Recorder, vec![9_u16.to_be_bytes().to_vec()]).await.expect("reading works");
    assert_eq!(kept, [Some(vec![7; 1_000])]);
}
