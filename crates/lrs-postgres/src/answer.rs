//! Answers of statements. Bodies may be long and a page may ask for hundreds, so rows are taken from the connection one by one, and none
//! behind the end of the answer is kept: the driver reads no further while nobody takes them, and throws away what is left.

use std::pin::pin;

use deadpool_postgres::Object;
use futures_util::TryStreamExt as _;
use lrs_store::{AnswerSize, LoggedStatement, Seq, StoreError, StoredStatement};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};
use xapi::{StatementId, Timestamp};

use crate::bodies;
use crate::error::Fault;

/// What a row of an answer becomes.
pub(crate) trait Entry: Sized {
    /// Restores its body.
    fn read(row: &Row) -> Result<Self, StoreError>;

    /// The statement in it.
    fn statement(&self) -> &StoredStatement;
}

impl Entry for StoredStatement {
    /// Of `seq, id, stored, dictionary, body`.
    fn read(row: &Row) -> Result<Self, StoreError> {
        let (seq, stored): (i64, i64) = (row.get(0), row.get(2));
        let body = bodies::restore(seq, row.get(3), row.get(4))?;
        let stored = Timestamp(stored);
        Ok(Self {
            seq: Seq(seq.unsigned_abs()),
            id: StatementId(row.get(1)),
            stored,
            body: xapi::with_stored(&body, stored),
        })
    }

    fn statement(&self) -> &StoredStatement {
        self
    }
}

impl Entry for LoggedStatement {
    /// Of the same, and `voided, timestamp_added, defines`.
    fn read(row: &Row) -> Result<Self, StoreError> {
        let statement = StoredStatement::read(row)?;
        Ok(Self { statement, voided: row.get(5), timestamp_added: row.get(6), defines: row.get(7) })
    }

    fn statement(&self) -> &StoredStatement {
        &self.statement
    }
}

/// The first rows of a query.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub(crate) entries: Vec<T>,
    /// Whether there are rows behind them.
    pub(crate) has_more: bool,
}

impl<T> Answer<T> {
    /// Of a query that finds nothing.
    pub(crate) fn empty() -> Self {
        Self { entries: Vec::new(), has_more: false }
    }
}

/// Runs a query and reads its rows: at most `limit`, and until the bodies are as long as those of one answer may be.
pub(crate) async fn read_answer<T: Entry>(
    operation: &'static str,
    connection: &Object,
    select: &Statement,
    arguments: &[&(dyn ToSql + Sync)],
    limit: usize,
) -> Result<Answer<T>, Fault> {
    let failed = |error| Fault::new(operation, error);
    let mut rows = pin!(connection.query_raw(select, arguments.iter().copied()).await.map_err(failed)?);
    let (mut answer, mut size) = (Answer::empty(), AnswerSize::default());
    let mut is_full = limit == 0;
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        if is_full {
            answer.has_more = true;
            break;
        }
        let entry = T::read(&row)?;
        is_full = size.is_reached_with(entry.statement()) || answer.entries.len() + 1 == limit;
        answer.entries.push(entry);
    }
    Ok(answer)
}
