//! Repairing: whatever page is damaged, the LRS is made again as it was, or the repair refuses and leaves it alone. That every
//! query then answers what a scan of the log answers, after damage to each table, is tested in `model.rs`.

use std::path::Path;
use std::sync::Arc;

use lrs_sqlite::repair::{RepairError, Repaired, repair_folder};
use lrs_sqlite::{Mode, OpenError, Options, SqliteRegistry};
use lrs_store::contract::{Draft, TestClock, agent_key};
use lrs_store::{
    Batch, Clock, DocumentKey, DocumentOwner, DocumentWrite, Identity, LrsName, Precondition, Registry, Seq, Severity,
    Store, StoredStatement,
};
use tempfile::TempDir;

const PAGE_BYTES: usize = 4_096;
const STATEMENTS: u64 = 600;

fn options() -> Options {
    Options { generation_statements_max: 64, dictionary_after_statements: 100, ..Options::default() }
}

fn lrs() -> LrsName {
    LrsName::parse("school").expect("the name is good")
}

fn clock() -> Arc<TestClock> {
    Arc::default()
}

fn open(folder: &Path, mode: Mode) -> Result<Arc<SqliteRegistry>, OpenError> {
    SqliteRegistry::open(folder, mode, options(), clock())
}

fn repair(folder: &Path, lrs: Option<&LrsName>) -> Result<Vec<Repaired>, RepairError> {
    let clock: Arc<dyn Clock> = clock();
    repair_folder(folder, lrs, &options(), &clock, &|_, _| {})
}

fn document() -> DocumentKey {
    DocumentKey { owner: DocumentOwner::AgentProfile(agent_key("ana")), id: "settings".to_owned() }
}

/// What an LRS holds that can be compared.
#[derive(Debug, PartialEq)]
struct Content {
    log: Vec<StoredStatement>,
    document: Option<Vec<u8>>,
    identities: Vec<Identity>,
    names: Vec<String>,
    attachment_bytes: u64,
}

async fn read(store: &dyn Store) -> Content {
    Content {
        log: store.read_log(Seq(0), 10_000).await.expect("reading works"),
        document: store.find_document(document()).await.expect("reading works").map(|document| document.body),
        identities: store.find_person("p1", 10).await.expect("reading works"),
        names: store.find_agent_names(&agent_key("ana")).await.expect("reading works"),
        attachment_bytes: store.status().await.expect("reading works").attachment_bytes,
    }
}

/// A data folder with an LRS that has something of everything, and what it holds.
async fn fill() -> (TempDir, Content) {
    let folder = tempfile::tempdir().expect("there is room");
    let registry = open(folder.path(), Mode::Server).expect("opening works");
    registry.create_lrs(&lrs()).await.expect("creating works");
    let store = registry.open_lrs(&lrs()).await.expect("opening works");
    let record = async |drafts: Vec<Draft>, attachments| {
        let statements = drafts.iter().map(Draft::complete).collect();
        store.record_statements(Batch { statements, attachments }).await.expect("recording works");
    };
    for first in (0..STATEMENTS).step_by(50) {
        let draft = |n| Draft::new(n).actor_name(&format!("Ana {}", n % 5)).note(&format!("note {n} ").repeat(20));
        record((first..first + 50).map(draft).collect(), Vec::new()).await;
    }
    record((0..9).map(|n| Draft::new(1_000 + n).voids(n * 7)).collect(), Vec::new()).await;
    record((0..9).map(|n| Draft::new(1_100 + n).refers_to(n * 5)).collect(), Vec::new()).await;
    let mut upload = store.begin_attachment().await.expect("there is room");
    upload.write(b"abc").await.expect("there is room");
    record(vec![Draft::new(1_200)], vec![upload.finish().await.expect("there is room")]).await;
    let write =
        DocumentWrite::Replace { content_type: xapi::ContentType("text/plain".to_owned()), body: vec![7; 9_000] };
    store.write_document(document(), Precondition::None, write).await.expect("writing works");
    let identity = Identity { agent: agent_key("ana"), person: "p1".to_owned() };
    store.change_identities(&[], &[identity]).await.expect("writing works");
    let content = read(&*store).await;
    registry.close().await;
    (folder, content)
}

async fn check_content(folder: &Path, expected: &Content, case: &str) {
    let registry = open(folder, Mode::Server).expect("opening works");
    let store = registry.open_lrs(&lrs()).await.expect("opening works");
    assert_eq!(read(&*store).await, *expected, "{case}");
    for statement in &expected.log {
        let voided = store.find_statement(statement.id, true).await.expect("reading works");
        let found = store.find_statement(statement.id, false).await.expect("reading works").or(voided);
        assert_eq!(found.as_ref(), Some(statement), "{case}");
    }
    let findings = store.check(true).await.expect("checking works");
    let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{case}: {errors:#?}");
    registry.close().await;
}

/// Pages of every table are overwritten, one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_page_is_mended_or_refused() {
    const PAGES_TRIED: usize = 16;
    let (folder, content) = fill().await;
    let path = folder.path().join("lrs/school.db");
    let sound = std::fs::read(&path).expect("it is there");
    let pages = sound.len() / PAGE_BYTES;
    let (mut mended, mut refused) = (0, 0);
    for number in 0..PAGES_TRIED {
        // Not the first page: without it there is no database.
        let page = 1 + number * (pages - 1) / PAGES_TRIED;
        let mut damaged = sound.clone();
        damaged[page * PAGE_BYTES..(page + 1) * PAGE_BYTES].fill(0xA5);
        std::fs::write(&path, &damaged).expect("it is written");
        match repair(folder.path(), None) {
            // A page that held nothing may be overwritten unnoticed.
            Ok(repaired) if repaired.is_empty() => {}
            Ok(repaired) => {
                assert_eq!(repaired[0].statements, content.log.len() as u64, "page {page}");
                assert_eq!(std::fs::read(&repaired[0].kept).expect("it is kept"), damaged, "page {page}");
                mended += 1;
                check_content(folder.path(), &content, &format!("page {page}")).await;
                std::fs::remove_file(&repaired[0].kept).expect("it is kept");
            }
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("is as it was") && text.contains("lyceum restore"), "page {page}: {text}");
                assert_eq!(std::fs::read(&path).expect("it is there"), damaged, "page {page}");
                assert!(!folder.path().join("lrs/school.db.repair").exists(), "page {page}");
                refused += 1;
            }
        }
    }
    assert!(mended > 2 && refused > 2, "{mended} mended, {refused} refused");
}

/// What a repair that was killed left behind is in nobody's way, and the next one begins again.
#[tokio::test(flavor = "multi_thread")]
async fn a_repair_may_be_cut_short() {
    let (folder, content) = fill().await;
    let lrs_folder = folder.path().join("lrs");
    for name in ["school.db.repair", "school.db.repair-wal", "school.db.repair-shm", "school.db.before-repair-1"] {
        std::fs::write(lrs_folder.join(name), b"half of it").expect("there is room");
    }
    check_content(folder.path(), &content, "before").await;
    let repaired = repair(folder.path(), Some(&lrs())).expect("repairing works");
    assert_eq!(repaired[0].kept, lrs_folder.join("school.db.before-repair-2"), "nothing is overwritten");
    check_content(folder.path(), &content, "after").await;
    assert!(!lrs_folder.join("school.db.repair").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_refuses_what_it_cannot_do() {
    let (folder, content) = fill().await;
    assert_eq!(repair(folder.path(), None).expect("nothing is damaged"), []);
    let other = LrsName::parse("other").expect("the name is good");
    assert!(matches!(repair(folder.path(), Some(&other)), Err(RepairError::NoSuchLrs(name)) if name == other));
    let nowhere = repair(&folder.path().join("nowhere"), None);
    assert!(matches!(nowhere, Err(RepairError::Folder(OpenError::NotADataFolder { .. }))), "{nowhere:?}");

    let registry = open(folder.path(), Mode::Server).expect("opening works");
    registry.create_lrs(&other).await.expect("creating works");
    let beside = repair(folder.path(), None);
    assert!(matches!(beside, Err(RepairError::Folder(OpenError::Locked { .. }))), "{beside:?}");
    registry.close().await;
    assert_eq!(repair(folder.path(), Some(&other)).expect("it was never used"), []);

    // A log with a hole cannot be made whole.
    let connection = rusqlite::Connection::open(folder.path().join("lrs/school.db")).expect("opening works");
    connection.execute_batch("DELETE FROM statement WHERE seq = 30; DELETE FROM posting").expect("the damage is done");
    drop(connection);
    let error = repair(folder.path(), None).expect_err("the log is damaged").to_string();
    assert!(error.contains("statement, seq 30") && error.contains("lyceum restore"), "{error}");
    let registry = open(folder.path(), Mode::Server).expect("opening works");
    let store = registry.open_lrs(&lrs()).await.expect("opening works");
    let log = store.read_log(Seq(30), 10_000).await.expect("reading works");
    assert_eq!(log, content.log[30..]);
    registry.close().await;
}
