//! What follows from statements that came one by one is written later: nobody sees a difference, whenever the process dies.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lrs_sqlite::{Access, Options, SqliteStore};
use lrs_store::contract::{Draft, TestClock, activity_id, agent_key, verb_id};
use lrs_store::{Batch, Filter, Order, Query, Store, StoreError};
use serde_json::{Value, json};
use tempfile::TempDir;
use xapi::CompletedStatement;

/// A lone client's commits write for earlier ones a few times among so many.
const STATEMENTS: u64 = 700;

fn open(folder: &Path, options: Options) -> Result<SqliteStore, StoreError> {
    let clock = Arc::new(TestClock::default());
    SqliteStore::open(&folder.join("school.db"), &folder.join("school.attachments"), options, clock)
}

/// Nothing is written but with what is recorded.
fn busy() -> Options {
    Options { merge_when_idle: false, ..Options::default() }
}

/// Everything about it is new in every third; the others say something newer about what is known.
fn statement(number: u64) -> CompletedStatement {
    let known = number / 3;
    Draft::new(number)
        .actor(&format!("learner-{known}"))
        .actor_name(&format!("Learner {}", number / 2))
        .verb(&format!("verb-{}", number % 50))
        .activity(&format!("activity-{known}"))
        .definition(
            json!({"name": {"en": format!("Activity {number}")}, "extensions": {format!("urn:{number}"): number}}),
        )
        .complete()
}

async fn record(store: &SqliteStore, statements: Vec<CompletedStatement>) {
    store.record_statements(Batch { statements, attachments: Vec::new() }).await.expect("it is stored");
}

/// What a process that dies now leaves behind.
fn copy_remains(folder: &Path) -> TempDir {
    let left = tempfile::tempdir().expect("there is room");
    for file in ["school.db", "school.db-wal"] {
        if folder.join(file).exists() {
            std::fs::copy(folder.join(file), left.path().join(file)).expect("it is copied");
        }
    }
    left
}

/// All that the first `count` statements can be found by, and all that they say.
async fn read(store: &SqliteStore, count: u64) -> (Vec<usize>, Vec<Option<String>>, Vec<Vec<String>>) {
    let (mut found, mut names) = (Vec::new(), Vec::new());
    let query = |filter| Query {
        filters: vec![filter],
        since: None,
        until: None,
        order: Order::Ascending,
        limit: 1_000,
        after: None,
    };
    for number in 0..=count / 3 {
        let learner = agent_key(&format!("learner-{number}"));
        let activity = activity_id(&format!("activity-{number}"));
        let verb = verb_id(&format!("verb-{number}"));
        for filter in [
            Filter::Agent { key: learner.clone(), related: false },
            Filter::Activity { id: activity, related: true },
            Filter::Verb(verb),
        ] {
            found.push(store.find_statements(query(filter)).await.expect("found").statements.len());
        }
        names.push(store.find_agent_names(&learner).await.expect("found"));
    }
    let activities: Vec<String> = (0..=count / 3).map(|number| activity_id(&format!("activity-{number}"))).collect();
    (found, store.find_activity_definitions(&activities).await.expect("found"), names)
}

/// The value of a row of `meta`.
fn written_through(folder: &Path) -> u64 {
    let database = rusqlite::Connection::open(folder.join("school.db")).expect("opened");
    let sql = "SELECT value FROM meta WHERE name = 'written_through'";
    database.query_row(sql, [], |row| row.get(0)).expect("it is there")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_by_one_is_the_same_as_all_at_once_at_every_moment_and_after_every_death() {
    let (alone, together) = (tempfile::tempdir().expect("there is room"), tempfile::tempdir().expect("there is room"));
    let store = open(alone.path(), busy()).expect("it opens");
    let expected = open(together.path(), busy()).expect("it opens");
    let mut deaths = 0;
    for number in 0..STATEMENTS {
        record(&store, vec![statement(number)]).await;
        if [1, 2, 100, 255, 256, 257, 258, 300, 513, 514, STATEMENTS].contains(&(number + 1)) {
            record(&expected, (0..=number).map(statement).collect()).await;
            let all = read(&expected, number + 1).await;
            assert!(all.0.iter().sum::<usize>() > usize::try_from(number).expect("small"));
            assert_eq!(read(&store, number + 1).await, all, "after {number}");
            let left = copy_remains(alone.path());
            for access in [Access::Beside, Access::Write] {
                let opened = open(left.path(), Options { access, ..busy() }).expect("it opens");
                assert_eq!(read(&opened, number + 1).await, all, "after {number} and a death, {access:?}");
                if access == Access::Write {
                    // What comes next gets numbers of its own.
                    record(&opened, vec![statement(number + 1)]).await;
                    record(&expected, vec![statement(number + 1)]).await;
                    assert_eq!(read(&opened, number + 2).await, read(&expected, number + 2).await, "and one more");
                }
                opened.close().await;
            }
            deaths += 1;
        }
    }
    assert_eq!(deaths, 11);
    assert!(written_through(alone.path()) > STATEMENTS / 2, "most of it is in the tables");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terms_are_in_their_table_before_their_generation_is_merged() {
    let folder = tempfile::tempdir().expect("there is room");
    let options = Options { generation_statements_max: 6, ..busy() };
    let store = open(folder.path(), options.clone()).expect("it opens");
    let mut merged = 0;
    for number in 0..60 {
        record(&store, vec![statement(number)]).await;
        merged = store.status().await.expect("reading works").indexed_through;
        let left = copy_remains(folder.path());
        let opened = open(left.path(), options.clone()).expect("it opens");
        assert_eq!(read(&opened, number + 1).await, read(&store, number + 1).await, "after {number} and a death");
        opened.close().await;
    }
    assert!(merged >= 48, "generations are merged by such commits, too: {merged}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_batch_says_comes_after_what_was_said_before_it() {
    let folder = tempfile::tempdir().expect("there is room");
    let store = open(folder.path(), busy()).expect("it opens");
    let named = |number: u64, name: &str| {
        let definition = json!({"name": {"en": name}});
        Draft::new(number).actor_name(name).definition(definition).complete()
    };
    record(&store, vec![named(1, "old")]).await;
    record(&store, vec![named(2, "newer"), named(3, "newest")]).await;
    for death in 0..2 {
        let left = copy_remains(folder.path());
        let opened = open(left.path(), busy()).expect("it opens");
        for store in [&store, &opened] {
            let definition = store.find_activity_definition(&activity_id("course")).await.expect("found");
            let definition: Value = serde_json::from_str(&definition.expect("defined")).expect("JSON");
            assert_eq!(definition["name"]["en"], ["newest", "last"][death]);
            let known = store.find_agent_names(&agent_key("ana")).await.expect("found");
            assert_eq!(known, &["old", "newer", "newest", "last"][..3 + death]);
        }
        if death == 0 {
            record(&store, vec![named(4, "last")]).await;
        }
        opened.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_rests_and_an_orderly_end_leave_nothing_unwritten() {
    let folder = tempfile::tempdir().expect("there is room");
    let store = open(folder.path(), Options::default()).expect("it opens");
    record(&store, vec![statement(1)]).await;
    let began = Instant::now();
    while written_through(folder.path()) < 1 {
        assert!(began.elapsed() < Duration::from_secs(20), "an idle writer writes");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    store.close().await;

    let store = open(folder.path(), busy()).expect("it opens");
    record(&store, vec![statement(2)]).await;
    assert_eq!(written_through(folder.path()), 1);
    store.close().await;
    assert_eq!(written_through(folder.path()), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_marked_statement_whose_body_is_not_its_own_is_told() {
    let folder = tempfile::tempdir().expect("there is room");
    let store = open(folder.path(), busy()).expect("it opens");
    record(&store, vec![statement(1)]).await;
    record(&store, vec![statement(2)]).await;
    let left = copy_remains(folder.path());
    let database = rusqlite::Connection::open(left.path().join("school.db")).expect("opened");
    let sql = "UPDATE statement SET body = (SELECT body FROM statement WHERE seq = 1) WHERE seq = 2";
    assert_eq!(database.execute(sql, []).expect("damaged"), 1);
    drop(database);
    let refused = open(left.path(), busy()).err().expect("it does not open");
    assert!(matches!(&refused, StoreError::Corrupt { place, .. } if place == "statement.terms, seq 2"), "{refused:?}");
}
