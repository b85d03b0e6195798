//! What several groups of cases need: recording, asking page by page, comparing.

use std::future::Future;
use std::time::{Duration, Instant};

use xapi::{StatementId, Timestamp};

use super::Draft;
use super::draft::number;
use crate::{Batch, Filter, Order, Page, Query, Recorded, Store, StoreError, StoredStatement};

/// A machine under load is slow; a condition that is not met after this long never will be.
const WAIT_MAX: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Records a batch, whatever comes of it.
pub(super) async fn record(store: &dyn Store, drafts: &[Draft]) -> Recorded {
    let statements = drafts.iter().map(Draft::complete).collect();
    store.record_statements(Batch { statements, attachments: Vec::new() }).await.expect("recording works")
}

/// Records a batch that is new as a whole.
pub(super) async fn record_new(store: &dyn Store, drafts: &[Draft]) -> Timestamp {
    match record(store, drafts).await {
        Recorded::Stored { stored, new } if new == drafts.len() => stored,
        other => panic!("{} statements should be new, but: {other:?}", drafts.len()),
    }
}

/// Everything, newest first.
pub(super) fn query() -> Query {
    Query { filters: Vec::new(), since: None, until: None, order: Order::Descending, limit: 1_000, after: None }
}

/// What matches all of these, oldest first.
pub(super) fn matching(filters: &[Filter]) -> Query {
    Query { filters: filters.to_vec(), order: Order::Ascending, ..query() }
}

/// One page.
pub(super) async fn find(store: &dyn Store, query: Query) -> Page {
    let limit = query.limit;
    let page = store.find_statements(query).await.expect("finding works");
    assert!(page.statements.len() <= limit, "a page of {} statements for a limit of {limit}", page.statements.len());
    page
}

/// All pages of a list, `limit` statements at a time.
pub(super) async fn walk(store: &dyn Store, query: &Query, limit: usize) -> Vec<StoredStatement> {
    let mut walked = Vec::new();
    let mut after = query.after;
    loop {
        let page = find(store, Query { limit, after, ..query.clone() }).await;
        let last = page.statements.last().map(|statement| statement.seq);
        walked.extend(page.statements);
        match page.more {
            None => return walked,
            Some(more) => {
                assert_eq!(Some(more), last, "`more` continues behind the last statement of the page");
                after = Some(more);
            }
        }
    }
}

/// The numbers of the statements of a list.
pub(super) fn numbers(statements: &[StoredStatement]) -> Vec<u64> {
    statements.iter().map(|statement| number(statement.id)).collect()
}

/// A list has these statements in this order, on one page as on many.
pub(super) async fn check_list(store: &dyn Store, case: &str, query: &Query, expected: &[u64]) {
    for limit in [1_000, 2, 1] {
        let found = numbers(&walk(store, query, limit).await);
        assert_eq!(found, expected, "{case}, {limit} on a page: {query:?}");
    }
}

/// One statement.
pub(super) async fn find_one(store: &dyn Store, id: StatementId, voided: bool) -> Option<StoredStatement> {
    store.find_statement(id, voided).await.expect("finding one works")
}

/// Polls until a condition holds.
pub(super) async fn wait_until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let began = Instant::now();
    while !condition().await {
        assert!(began.elapsed() < WAIT_MAX, "it never came true that {what}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// An operation on a closed store.
pub(super) fn check_unavailable<T>(operation: &str, outcome: Result<T, StoreError>) {
    match outcome {
        Err(StoreError::Unavailable { .. }) => {}
        Err(error) => panic!("{operation}: expected unavailable, found {error:?}"),
        Ok(_) => panic!("{operation}: expected unavailable, but it worked"),
    }
}
