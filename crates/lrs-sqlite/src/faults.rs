//! What a store does on bad days: a full disk and damaged rows. The faults are SQLite's own, provoked on the writer's connection.

use std::sync::Arc;

use lrs_store::{Batch, Filter, Obstacle, Order, Query, Recorded, Seq, Store, StoreError, SystemClock};
use tempfile::TempDir;
use uuid::Uuid;
use xapi::{CompletedStatement, Index, StatementId, Term, Timestamp};

use crate::{Options, SqliteStore};

fn open(folder: &TempDir) -> SqliteStore {
    let options = Options {
        generation_statements_max: 64,
        merge_when_idle: false,
        dictionary_after_statements: 0,
        ..Options::default()
    };
    let path = folder.path().join("a.lrs");
    SqliteStore::open(&path, &folder.path().join("attachments"), options, Arc::new(SystemClock)).expect("it opens")
}

fn statement(number: u128) -> CompletedStatement {
    // Compresses badly, so that a full disk is reached soon.
    let noise: String =
        (0..40).map(|part| Uuid::from_u128((number * 41 + part).wrapping_mul(u128::MAX / 7)).to_string()).collect();
    CompletedStatement {
        id: StatementId(Uuid::from_u128(number + 1)),
        timestamp: Timestamp(0),
        timestamp_added: false,
        body: format!(r#"{{"actor":{{"mbox":"mailto:{number}@example.org"}},"noise":"{noise}"}}"#).into_bytes(),
        terms: vec![
            Term { index: Index::Agent, text: format!("mbox:mailto:{number}@example.org") },
            Term { index: Index::Verb, text: "verb:all".to_owned() },
        ],
        target: None,
        voids: false,
        defines: true,
        definitions: Vec::new(),
        names: Vec::new(),
    }
}

async fn record(store: &SqliteStore, numbers: std::ops::Range<u128>) -> Result<Recorded, StoreError> {
    store.record_statements(Batch { statements: numbers.map(statement).collect(), attachments: Vec::new() }).await
}

async fn limit_pages(store: &SqliteStore, pages: u32) {
    let limit = move |connection: &rusqlite::Connection, _| {
        connection
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
            .map_err(|error| crate::error::store_error("limit the pages", error))
    };
    store.run_in_commit(limit).await.expect("limited");
}

/// Every statement recorded is there, in the log and by both of its terms, and nothing else.
async fn check_holds(store: &SqliteStore, count: u128) {
    let count = usize::try_from(count).expect("small");
    let log = store.read_log(Seq(0), 10_000).await.expect("the log is readable");
    assert_eq!(log.len(), count);
    let query = |filter| Query {
        filters: vec![filter],
        since: None,
        until: None,
        order: Order::Ascending,
        limit: 10_000,
        after: None,
    };
    let all = store.find_statements(query(Filter::Verb("verb:all".to_owned()))).await.expect("found");
    assert_eq!(all.statements, log);
    for (number, statement) in log.iter().enumerate() {
        let key = format!("mbox:mailto:{number}@example.org");
        let found = store.find_statements(query(Filter::Agent { key, related: false })).await.expect("found");
        assert_eq!(found.statements.as_slice(), std::slice::from_ref(statement));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_full_disk_refuses_writes_answers_reads_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&folder);
    let mut count = 0;
    for _ in 0..20 {
        record(&store, count..count + 7).await.expect("there is room");
        count += 7;
    }
    for _ in 0..2 {
        limit_pages(&store, 1).await;
        let mut stored = true;
        while stored {
            match record(&store, count..count + 7).await {
                Ok(_) => count += 7,
                Err(StoreError::Unavailable { obstacle, .. }) => {
                    assert!(obstacle == Obstacle::DatabaseDiskFull, "{obstacle}");
                    stored = false;
                }
                Err(error) => panic!("{error}"),
            }
        }
        check_holds(&store, count).await;
        limit_pages(&store, 1_000_000).await;
        let recorded = record(&store, count..count + 7).await.expect("there is room again");
        assert!(matches!(recorded, Recorded::Stored { new: 7, .. }));
        count += 7;
        check_holds(&store, count).await;
    }
    store.close().await;
    let store = open(&folder);
    check_holds(&store, count).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_damaged_row_is_named_and_the_others_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&folder);
    record(&store, 0..5).await.expect("recorded");
    store.close().await;
    let connection = rusqlite::Connection::open(folder.path().join("a.lrs")).expect("opened");
    connection.execute("UPDATE statement SET body = x'05ffffffff' WHERE seq = 3", []).expect("damaged");
    connection.execute("UPDATE statement SET dictionary = 9 WHERE seq = 4", []).expect("damaged");
    drop(connection);
    let store = open(&folder);
    for (number, expected) in
        [(0, None), (2, Some("statement.body, seq 3")), (3, Some("statement.dictionary, seq 4")), (4, None)]
    {
        let found = store.find_statement(StatementId(Uuid::from_u128(number + 1)), false).await;
        match (found, expected) {
            (Ok(Some(_)), None) => {}
            (Err(StoreError::Corrupt { place, .. }), Some(expected)) => assert_eq!(place, expected),
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }
    let recorded = record(&store, 2..3).await;
    assert!(matches!(recorded, Err(StoreError::Corrupt { .. })), "cannot be compared: {recorded:?}");
    record(&store, 5..6).await.expect("others are recorded");
    store.close().await;
    assert!(matches!(record(&store, 6..7).await, Err(StoreError::Unavailable { .. })), "closed");
    assert!(matches!(store.read_log(Seq(0), 1).await, Err(StoreError::Unavailable { .. })), "closed");
}
