//! The index against the log: whatever is recorded, in whatever order, and however often the process dies or the index is
//! damaged and repaired in between, every query answers what a naive scan of the log answers. Generations are tiny here, so
//! that merging happens all the time.

mod scan;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use lrs_sqlite::repair::repair_folder;
use lrs_sqlite::{Mode, Options, SqliteRegistry, SqliteStore};
use lrs_store::{Batch, Clock, Filter, LrsName, Order, Query, Recorded, Registry, Seq, Store};
use proptest::prelude::*;
use tempfile::TempDir;
use xapi::{StatementId, Timestamp};

use self::scan::{Logged, Model, Sample, agent, id, registration, samples};

/// A clock that a test moves.
#[derive(Debug, Default)]
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Debug, Clone)]
enum Step {
    Record(Vec<Sample>),
    /// The process dies and another one opens what it left behind.
    Die,
    /// An orderly end, and a start.
    Close,
    /// An orderly end, a damage of this kind, a repair and a start.
    Repair(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => prop::collection::vec(samples(), 1..4).prop_map(Step::Record),
        1 => Just(Step::Die),
        1 => Just(Step::Close),
        1 => (0..DAMAGES.len()).prop_map(Step::Repair),
    ];
    prop::collection::vec(step, 1..60)
}

fn filters() -> Vec<Vec<Filter>> {
    let mut single = Vec::new();
    for number in 0..7 {
        for related in [false, true] {
            single.push(Filter::Agent { key: agent(number), related });
            single.push(Filter::Activity { id: format!("activity:{number}"), related });
        }
        single.push(Filter::Verb(format!("verb:{number}")));
        single.push(Filter::Registration(registration(number)));
        single.push(Filter::Authority(agent(number)));
    }
    let mut filters: Vec<Vec<Filter>> = vec![Vec::new()];
    for (place, filter) in single.iter().enumerate() {
        filters.push(vec![filter.clone()]);
        filters.push(vec![filter.clone(), single[(place * 5 + 3) % single.len()].clone()]);
    }
    filters
}

/// What is done to a database, so that a repair has something to do.
const DAMAGES: [&str; 8] = [
    "DELETE FROM posting",
    "UPDATE posting SET seqs = x'80'",
    "DELETE FROM statement_id; DELETE FROM generation",
    "UPDATE statement_id SET seq = 1",
    "DELETE FROM term; DELETE FROM term_hash",
    "DELETE FROM reference; DELETE FROM voided",
    "INSERT OR IGNORE INTO voided(seq) SELECT seq FROM statement",
    "DELETE FROM activity; UPDATE agent_name SET name = 'x' || position",
];

/// Small enough that a few statements fill a generation, by number or by index entries.
fn options() -> Options {
    Options {
        generation_statements_max: 6,
        generation_postings_max: 60,
        dictionary_after_statements: 0,
        merge_when_idle: false,
        readers: 1,
        ..Options::default()
    }
}

/// A data folder with the LRS `a`.
async fn make_folder(clock: &Arc<TestClock>) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let registry =
        SqliteRegistry::open(folder.path(), Mode::Offline, options(), Arc::clone(clock) as _).expect("opened");
    registry.create_lrs(&lrs()).await.expect("created");
    registry.close().await;
    folder
}

fn lrs() -> LrsName {
    LrsName::parse("a").expect("a name")
}

/// What a process that dies now leaves behind: the database and its write-ahead log, as they are.
fn copy_remains(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let name = format!("lrs/a.db{suffix}");
        if from.join(&name).exists() {
            std::fs::copy(from.join(&name), to.join(&name)).expect("copied");
        }
    }
}

/// Damages what follows from the log, and makes it again.
fn repair(folder: &Path, clock: &Arc<TestClock>, damage: &str) {
    let database = folder.join("lrs/a.db");
    let connection = rusqlite::Connection::open(&database).expect("opened");
    connection.execute_batch(damage).expect("damaged");
    drop(connection);
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let repaired = repair_folder(folder, Some(&lrs()), &options(), &clock, &|_, _| {}).expect("repaired");
    assert_eq!(repaired.len(), 1);
    std::fs::remove_file(&repaired[0].kept).expect("the damaged one is kept");
}

/// What is known about activities and agents.
async fn read_definitions(store: &SqliteStore) -> (Vec<Option<String>>, Vec<Vec<String>>) {
    let activities: Vec<String> = (0..4).map(|number| format!("activity:{number}")).collect();
    let definitions = store.find_activity_definitions(&activities).await.expect("found");
    let mut names = Vec::new();
    for number in 0..4 {
        names.push(store.find_agent_names(&agent(number)).await.expect("found"));
    }
    (definitions, names)
}

fn open(folder: &Path, clock: &Arc<TestClock>) -> SqliteStore {
    SqliteStore::open(
        &folder.join("lrs/a.db"),
        &folder.join("lrs/a.attachments"),
        options(),
        Arc::clone(clock) as Arc<dyn Clock>,
    )
    .expect("opened")
}

async fn record(store: &SqliteStore, model: &mut Model, clock: &TestClock, batch: Vec<Sample>) {
    clock.0.fetch_add(i64::from(batch[0].verb), Ordering::SeqCst);
    let statements = batch.iter().map(Sample::complete).collect();
    let recorded = store.record_statements(Batch { statements, attachments: Vec::new() }).await.expect("recorded");
    let expected = model.record(&batch);
    match (recorded, expected) {
        (Recorded::Stored { stored, new }, Recorded::Stored { new: expected, .. }) => {
            assert_eq!(new, expected, "{batch:?}");
            for sample in batch {
                if model.find(sample.id).is_none() {
                    let terms = sample.complete().terms;
                    model.log.push(Logged { sample, terms, stored });
                }
            }
        }
        (recorded, expected) => assert_eq!(recorded, expected, "{batch:?}"),
    }
}

/// Pages through a query and compares it with the model.
async fn check_query(store: &SqliteStore, model: &Model, query: Query) {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.find_statements(Query { after, ..query.clone() }).await.expect("found");
        assert!(page.statements.len() <= query.limit);
        found.extend(page.statements.iter().map(|statement| statement.seq.0));
        after = page.more;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, model.query(&query), "{query:?}");
}

async fn check_all(store: &SqliteStore, model: &Model) {
    let log = store.read_log(Seq(0), 1_000).await.expect("read");
    let expected: Vec<StatementId> = model.log.iter().map(|logged| id(logged.sample.id)).collect();
    assert_eq!(log.iter().map(|statement| statement.id).collect::<Vec<_>>(), expected);
    for (place, (statement, Logged { sample, stored, .. })) in log.iter().zip(&model.log).enumerate() {
        assert_eq!(statement.seq, Seq(place as u64 + 1));
        assert_eq!(statement.stored, *stored);
        assert_eq!(statement.body, xapi::with_stored(&sample.body(), *stored));
        for voided in [false, true] {
            let found = store.find_statement(id(sample.id), voided).await.expect("found");
            assert_eq!(found.is_some(), model.is_voided(place) == voided, "{sample:?}");
        }
    }
    let middle = model.log.get(model.log.len() / 2).map(|logged| logged.stored);
    let third = model.log.get(model.log.len() / 3).map(|logged| logged.stored);
    for (place, filters) in filters().into_iter().enumerate() {
        let order = if place % 2 == 0 { Order::Descending } else { Order::Ascending };
        let bounds = [(None, None), (third, None), (None, middle), (third, middle)];
        let (since, until) = bounds[place % 4];
        let query = Query { filters, since, until, order, limit: 1 + place % 7, after: None };
        check_query(store, model, query.clone()).await;
        check_query(store, model, Query { since: None, until: None, limit: 100, ..query }).await;
    }
}

async fn run(steps: Vec<Step>) {
    let clock = Arc::new(TestClock::default());
    let mut model = Model::default();
    let mut folder = make_folder(&clock).await;
    let mut store = open(folder.path(), &clock);
    for step in steps {
        match step {
            Step::Record(batch) => record(&store, &mut model, &clock, batch).await,
            Step::Die => {
                let next = make_folder(&clock).await;
                copy_remains(folder.path(), next.path());
                store.close().await;
                store = open(next.path(), &clock);
                folder = next;
                check_all(&store, &model).await;
            }
            Step::Close => {
                store.close().await;
                store = open(folder.path(), &clock);
            }
            Step::Repair(damage) => {
                let known = read_definitions(&store).await;
                store.close().await;
                repair(folder.path(), &clock, DAMAGES[damage]);
                store = open(folder.path(), &clock);
                check_all(&store, &model).await;
                assert_eq!(read_definitions(&store).await, known);
            }
        }
    }
    check_all(&store, &model).await;
    store.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_query_answers_what_a_scan_of_the_log_answers(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
        runtime.block_on(run(steps));
    }
}
