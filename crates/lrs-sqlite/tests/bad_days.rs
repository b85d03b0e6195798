//! Bad days of the embedded backend: a full disk, a read-only disk, damage to pages, index and files. Real disks where the
//! tests may mount them; where they may not, that is said.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use lrs_sqlite::{Mode, OpenError, Options, SqliteRegistry, SqliteStore};
use lrs_store::contract::{Draft, TestClock, agent_key, statement_id};
use lrs_store::{
    Advice, Batch, DocumentKey, DocumentOwner, DocumentWrite, Finding, LrsName, Precondition, Recorded, Registry, Seen,
    Seq, Severity, Store, StoreError,
};
use tempfile::TempDir;

/// Small generations, so that nearly everything is in the tables.
fn options() -> Options {
    Options { generation_statements_max: 32, ..Options::default() }
}

fn lrs() -> LrsName {
    LrsName::parse("school").expect("the name is good")
}

fn open(folder: &Path) -> Result<Arc<SqliteRegistry>, OpenError> {
    SqliteRegistry::open(folder, Mode::Server, options(), Arc::new(TestClock::default()))
}

fn open_store(folder: &Path) -> Result<SqliteStore, StoreError> {
    let clock = Arc::new(TestClock::default());
    SqliteStore::open(&folder.join("school.db"), &folder.join("school.attachments"), options(), clock)
}

/// A disk of its own, as large as said. `None`, and a word about it, where mounting is not permitted.
struct Disk {
    folder: TempDir,
}

impl Disk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("there is room");
        let arguments = ["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "tmpfs"];
        let mounted = Command::new("mount").args(arguments).arg(folder.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder });
        }
        eprintln!("SKIPPED: no disk may be mounted here, so full and read-only disks are not tested");
        None
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn make_read_only(&self) {
        let done = Command::new("mount").args(["-o", "remount,ro"]).arg(self.path()).status();
        assert!(done.is_ok_and(|status| status.success()), "the disk becomes read-only");
    }

    /// Fills the disk to the last byte; removing the file makes room again.
    fn fill(&self) -> PathBuf {
        use std::io::Write;
        let path = self.path().join("filler");
        let mut file = std::fs::File::create(&path).expect("it is made");
        for block in [1 << 16, 1 << 10, 1] {
            while file.write_all(&vec![1; block]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a failed test may have files open.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

async fn record(store: &dyn Store, first: u64, count: u64) -> Result<Recorded, StoreError> {
    let statements =
        (first..first + count).map(|n| Draft::new(n).note(&format!("{n} ").repeat(200)).complete()).collect();
    store.record_statements(Batch { statements, attachments: Vec::new() }).await
}

async fn put(store: &dyn Store, id: &str, size_bytes: usize) -> Result<(), StoreError> {
    let key = DocumentKey { owner: DocumentOwner::AgentProfile(agent_key("ana")), id: id.to_owned() };
    // Without pattern, so that it does not shrink anywhere.
    let write =
        DocumentWrite::Replace { content_type: xapi::ContentType("text/plain".to_owned()), body: vec![7; size_bytes] };
    store.write_document(key, Precondition::None, write).await.map(drop)
}

async fn attach(store: &dyn Store, number: u64, bytes: &[u8]) -> Result<String, StoreError> {
    let mut upload = store.begin_attachment().await?;
    upload.write(bytes).await?;
    let uploaded = upload.finish().await?;
    let sha256 = uploaded.sha256.clone();
    let batch = Batch { statements: vec![Draft::new(number).complete()], attachments: vec![uploaded] };
    store.record_statements(batch).await.map(|_| sha256)
}

fn errors(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.severity == Severity::Error).collect()
}

fn check_disk_full(operation: &str, error: &StoreError) {
    assert!(matches!(error, StoreError::Unavailable { .. }), "{operation}: {error:?}");
    assert!(error.to_string().contains("disk"), "{operation}: {error}");
}

/// Writes are unavailable while the disk is full, reads go on, and with room again everything works; what was
/// acknowledged is there, what was refused is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk() {
    let Some(disk) = Disk::mount("8m") else { return };
    let data = disk.path().join("data");
    let registry = open(&data).expect("opening works");
    registry.create_lrs(&lrs()).await.expect("creating works");
    let store = registry.open_lrs(&lrs()).await.expect("opening works");
    let mut acknowledged = Vec::new();
    let mut first = 0;
    for round in 0..3 {
        for _ in 0..5 {
            record(&*store, first, 10).await.expect("there is room");
            acknowledged.push(first);
            first += 10;
        }
        let filler = disk.fill();
        let mut refused = Vec::new();
        for _ in 0..2_000 {
            match record(&*store, first, 10).await {
                // The log of the database may have room left inside.
                Ok(_) => acknowledged.push(first),
                Err(error) => {
                    check_disk_full("record_statements", &error);
                    refused.push(first);
                }
            }
            first += 10;
            if refused.len() == 3 {
                break;
            }
        }
        assert_eq!(refused.len(), 3, "round {round}: the disk is full");
        check_disk_full("write_document", &put(&*store, "large", 500_000).await.expect_err("there is no room"));
        check_disk_full(
            "attachment",
            &attach(&*store, 900_000, &vec![5; 300_000]).await.expect_err("there is no room"),
        );
        check_content(&*store, &acknowledged, &refused).await;
        std::fs::remove_file(filler).expect("it is there");
        record(&*store, first, 10).await.expect("there is room again");
        acknowledged.push(first);
        first += 10;
        put(&*store, "large", 1_000).await.expect("there is room again");
        attach(&*store, 1_000_000 + round, &[5; 1_000]).await.expect("there is room again");
        check_content(&*store, &acknowledged, &refused).await;
    }
    registry.close().await;
    let registry = open(&data).expect("opening works");
    let store = registry.open_lrs(&lrs()).await.expect("opening works");
    check_content(&*store, &acknowledged, &[]).await;
    let findings = store.check(true).await.expect("checking works");
    let damage: Vec<_> = errors(&findings).into_iter().filter(|finding| finding.subject != "disk space").collect();
    assert!(damage.is_empty(), "{damage:#?}");
    registry.close().await;
}

async fn check_content(store: &dyn Store, acknowledged: &[u64], refused: &[u64]) {
    for (batches, expected) in [(acknowledged, true), (refused, false)] {
        for n in batches.iter().flat_map(|first| *first..first + 10) {
            let found = store.find_statement(statement_id(n), false).await.expect("reads go on");
            assert_eq!(found.is_some(), expected, "statement {n}");
        }
    }
    let whole = store.read_log(Seq(0), 1_000_000).await.expect("reads go on");
    assert!(whole.len() >= acknowledged.len() * 10);
}

/// A disk that is mounted read-only is refused with words that say so.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_disk() {
    let Some(disk) = Disk::mount("8m") else { return };
    let data = disk.path().join("data");
    let registry = open(&data).expect("opening works");
    registry.create_lrs(&lrs()).await.expect("creating works");
    registry.close().await;
    disk.make_read_only();
    let Err(error) = open(&data) else { panic!("a server cannot work on a read-only disk") };
    assert!(matches!(error, OpenError::Permission { .. }), "{error:?}");
    assert!(error.to_string().contains("read-only"), "{error}");
    let parts = lrs_sqlite::check::check_folder(&data, false, &TestClock::default(), &|_| {});
    let found: Vec<_> = parts.iter().flat_map(|part| errors(&part.findings)).collect();
    assert!(found.iter().any(|finding| finding.advice.contains("read-only")), "{parts:#?}");
}

async fn fill_store(folder: &Path) {
    let store = open_store(folder).expect("opening works");
    for first in (0..600).step_by(20) {
        record(&store, first, 20).await.expect("recording works");
    }
    let references = (0..40).map(|n| Draft::new(700 + n).refers_to(n * 3).complete()).collect();
    store.record_statements(Batch { statements: references, attachments: Vec::new() }).await.expect("recording works");
    let voiding = (0..5).map(|n| Draft::new(800 + n).voids(n * 7).complete()).collect();
    store.record_statements(Batch { statements: voiding, attachments: Vec::new() }).await.expect("recording works");
    attach(&store, 900, b"abc").await.expect("recording works");
    record(&store, 1_000, 40).await.expect("recording works");
    put(&store, "a", 100).await.expect("writing works");
    store.close().await;
}

/// A page of the database is overwritten, one after the other: what is read is what was stored, or an error that says
/// that it is damaged; never something else, nothing, or a panic.
#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_page() {
    const PAGES_TRIED: u64 = 24;
    let folder = tempfile::tempdir().expect("there is room");
    fill_store(folder.path()).await;
    let path = folder.path().join("school.db");
    let sound = std::fs::read(&path).expect("it is there");
    let store = open_store(folder.path()).expect("opening works");
    let page_bytes = 4_096;
    let original = store.read_log(Seq(0), 1_000_000).await.expect("reading works");
    store.close().await;
    let pages = sound.len() as u64 / page_bytes;
    assert!(pages > PAGES_TRIED, "{pages} pages");
    let (mut damaged, mut found) = (0, 0);
    for number in 0..PAGES_TRIED {
        // Not the first page: without it there is no database.
        let page = 1 + number * (pages - 1) / PAGES_TRIED;
        let mut bytes = sound.clone();
        let start = usize::try_from(page * page_bytes).expect("it is small");
        bytes[start..start + 4_096].fill(0xA5);
        for suffix in ["db-wal", "db-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("school.{suffix}")));
        }
        std::fs::write(&path, bytes).expect("it is written");
        damaged += 1;
        let store = match open_store(folder.path()) {
            Ok(store) => store,
            Err(error) => {
                assert!(matches!(error, StoreError::Corrupt { .. }), "page {page}: {error:?}");
                found += 1;
                continue;
            }
        };
        for statement in &original {
            match store.find_statement(statement.id, false).await {
                Ok(Some(read)) => assert_eq!(read, *statement, "page {page}"),
                // Voided ones are not found this way.
                Ok(None) => assert!(is_voided(&store, statement.id).await, "page {page}: {} is gone", statement.id),
                Err(error) => assert!(matches!(error, StoreError::Corrupt { .. }), "page {page}: {error:?}"),
            }
        }
        let findings = store.check(true).await.expect("checking works");
        found += u64::from(!errors(&findings).is_empty());
        store.close().await;
    }
    // A page that held nothing may be overwritten unnoticed.
    assert!(found + 2 >= damaged, "{found} of {damaged} damaged pages were noticed");
}

async fn is_voided(store: &dyn Store, id: xapi::StatementId) -> bool {
    !matches!(store.find_statement(id, true).await, Ok(None))
}

/// What a deep check finds, each by a damage of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_finds_damage() {
    let folder = tempfile::tempdir().expect("there is room");
    fill_store(folder.path()).await;
    let sound = std::fs::read(folder.path().join("school.db")).expect("it is there");
    // The damage, the subject of the finding, how bad it is.
    let cases = [
        ("DELETE FROM posting WHERE rowid_of_first", "index"),
        ("DELETE FROM statement_id WHERE seq = 17", "index"),
        ("UPDATE statement_id SET seq = 18 WHERE seq = 17", "index"),
        ("DELETE FROM term_hash WHERE term = 1", "index"),
        ("INSERT INTO posting(key, generation, seqs) VALUES (8000, 1, x'01')", "index"),
        ("UPDATE posting SET seqs = x'80' WHERE generation = 2", "index"),
        ("DELETE FROM voided WHERE seq = (SELECT min(seq) FROM voided)", "voided statements"),
        ("INSERT INTO voided(seq) VALUES (50)", "voided statements"),
        ("DELETE FROM statement WHERE seq = 30", "log"),
        ("UPDATE statement SET body = x'05FFFF' WHERE seq = 31", "log"),
        ("UPDATE statement SET dictionary = 77 WHERE seq = 31", "log"),
        ("UPDATE statement SET stored = 5 WHERE seq = 60", "log"),
        ("UPDATE document SET body = x'00'", "documents"),
        ("UPDATE document_figures SET documents = 9", "documents"),
        ("UPDATE attachment SET size = 4", "attachments"),
        ("PRAGMA user_version = 99", "schema"),
    ];
    for (damage, subject) in cases {
        let damage = damage.replace(
            "rowid_of_first",
            "key = (SELECT min(key) FROM posting) AND generation = (SELECT min(generation) FROM posting)",
        );
        let findings = check_after(folder.path(), &sound, |connection| {
            connection.execute_batch(&damage).expect("the damage is done");
        });
        let found = errors(&findings);
        assert!(found.iter().any(|finding| finding.subject == subject), "{damage}: {findings:#?}");
        assert!(found.iter().all(|finding| !finding.advice.is_empty()), "{damage}: {found:#?}");
    }
    let future = "UPDATE statement SET stored = stored + 86400000000 WHERE seq = (SELECT max(seq) FROM statement)";
    let findings = check_after(folder.path(), &sound, |connection| {
        connection.execute_batch(future).expect("the damage is done");
    });
    let clock = findings.iter().find(|finding| finding.subject == "clock");
    assert!(clock.is_some_and(|finding| finding.severity == Severity::Warning), "{findings:#?}");
    let shard = folder.path().join("school.attachments/ba");
    let attachment =
        std::fs::read_dir(&shard).expect("it is there").next().expect("there is one").expect("it is there");
    for (bytes, deep_only) in [(Some(&b"abd"[..]), true), (Some(b"abcd"), false), (None, false)] {
        match bytes {
            Some(bytes) => std::fs::write(attachment.path(), bytes).expect("it is written"),
            None => std::fs::remove_file(attachment.path()).expect("it is there"),
        }
        for deep in [false, true] {
            let findings = check(folder.path(), deep);
            let found = errors(&findings).into_iter().find(|finding| finding.subject == "attachments");
            assert_eq!(found.is_some(), deep || !deep_only, "{bytes:?}, deep: {deep}: {findings:#?}");
            let Some(found) = found else { continue };
            let Seen::Faults { count: 1, first } = &found.seen else { panic!("{found:#?}") };
            let copied = folder.path().join("data/lrs/school.attachments/ba");
            let path = copied.join(attachment.file_name()).display().to_string();
            let damage = match bytes {
                None => Seen::FileUnreadable { path, reason: "No such file or directory (os error 2)".to_owned() },
                Some(b"abd") => Seen::AttachmentChanged { path },
                Some(_) => Seen::AttachmentResized { path, found_bytes: 4, expected_bytes: 3 },
            };
            assert_eq!((&**first, &found.advised), (&[damage][..], &Some(Advice::BringAttachmentsBack)));
        }
    }
}

/// Checks a sound copy of the database after a damage.
fn check_after(folder: &Path, sound: &[u8], damage: impl FnOnce(&rusqlite::Connection)) -> Vec<Finding> {
    let path = folder.join("school.db");
    std::fs::write(&path, sound).expect("it is written");
    let connection = rusqlite::Connection::open(&path).expect("opening works");
    damage(&connection);
    drop(connection);
    let findings = check(folder, true);
    std::fs::write(&path, sound).expect("it is written");
    findings
}

/// Checks as `lyceum doctor` does, in a data folder around the LRS.
fn check(folder: &Path, deep: bool) -> Vec<Finding> {
    let data = folder.join("data");
    let clock = Arc::new(TestClock::default());
    if !data.exists() {
        let runtime = tokio::runtime::Handle::current();
        let registry =
            SqliteRegistry::open(&data, Mode::Tool, options(), Arc::clone(&clock) as _).expect("opening works");
        tokio::task::block_in_place(|| runtime.block_on(registry.create_lrs(&lrs()))).expect("creating works");
    }
    std::fs::copy(folder.join("school.db"), data.join("lrs/school.db")).expect("it is copied");
    let attachments = data.join("lrs/school.attachments");
    let _ = std::fs::remove_dir_all(&attachments);
    std::fs::create_dir_all(attachments.join("ba")).expect("it is made");
    for entry in std::fs::read_dir(folder.join("school.attachments/ba")).expect("it is there") {
        let entry = entry.expect("it is there");
        std::fs::copy(entry.path(), attachments.join("ba").join(entry.file_name())).expect("it is copied");
    }
    let parts = lrs_sqlite::check::check_folder(&data, deep, &*clock, &|_| {});
    parts.into_iter().filter(|part| part.lrs.is_some()).flat_map(|part| part.findings).collect()
}

/// While commits are small, the file of the write-ahead log is longer than the log: what stands in it is found again all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_finds_the_end_of_a_log_with_room_ahead() {
    const LENGTHENED: u64 = 1 << 20;
    let folder = tempfile::tempdir().expect("there is room");
    let store = open_store(folder.path()).expect("it opens");
    let wal = folder.path().join("school.db-wal");
    let mut stored = 0;
    let began = std::time::Instant::now();
    while std::fs::metadata(&wal).map_or(0, |file| file.len()) < LENGTHENED {
        assert!(began.elapsed().as_secs() < 20, "the file is lengthened beside the commits");
        stored += 1;
        record(&store, stored, 1).await.expect("it is stored");
    }
    for crash in 0..3 {
        stored += 1;
        record(&store, stored, 1).await.expect("it is stored");
        // What a killed process leaves on the disk.
        let left = tempfile::tempdir().expect("there is room");
        for file in ["school.db", "school.db-wal"] {
            std::fs::copy(folder.path().join(file), left.path().join(file)).expect("it is copied");
        }
        let opened = open_store(left.path()).expect("it opens");
        let log = opened.read_log(Seq(0), usize::MAX).await.expect("it is read");
        assert_eq!(log.len() as u64, stored, "crash {crash}");
        record(&opened, stored + 1, 1).await.expect("it goes on");
        opened.close().await;
    }
    store.close().await;
    assert!(!wal.exists() || std::fs::metadata(&wal).expect("it is there").len() == 0, "a closed store is one file");
}
