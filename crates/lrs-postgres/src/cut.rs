//! Logs that Citus has cut over its nodes by the statement's id. Citus shows a commit there one node after the other, so whoever must not
//! pass a statement reads while no commit is under way: under the log's lock, which a commit holds until every node has it.

use deadpool_postgres::Object;
use lrs_store::StoreError;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use crate::PostgresStore;
use crate::answer::{Answer, Entry, read_answer};
use crate::error::Fault;
use crate::schema::{self, LOCK_CLASS};
use crate::store::Shared;

/// Whether Citus has cut the log in this schema. It is asked when an LRS is opened.
pub(crate) async fn is_cut(connection: &Object, schema: &str) -> Result<bool, tokio_postgres::Error> {
    let has_citus = connection.query_one("SELECT to_regclass('pg_dist_partition') IS NOT NULL", &[]).await?;
    if !has_citus.try_get::<_, bool>(0)? {
        return Ok(false);
    }
    // `h`: by the hash of a column. By the primary key of `pg_dist_partition`.
    let cut = "SELECT EXISTS (SELECT FROM pg_dist_partition
        WHERE logicalrelid = '$s.statement'::regclass AND partmethod = 'h')";
    connection.query_one(&schema::sql(schema, cut), &[]).await?.try_get(0)
}

impl PostgresStore {
    /// Reads the log as far as an answer goes, with one statement of SQL: on the primary, and of whole commits where Citus shows their
    /// parts.
    pub(crate) async fn read_log_entries<T: Entry + Send>(
        &self,
        operation: &'static str,
        sql: &str,
        arguments: &[&(dyn ToSql + Sync)],
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        let Shared { number, is_cut, .. } = *self.shared;
        let answer: Answer<T> = self
            .read(operation, |connection| async move {
                let select = connection.prepare_cached(sql).await.map_err(|error| Fault::new(operation, error))?;
                let select = (&select, arguments, limit);
                if is_cut {
                    return read_whole_commits(operation, &connection, number, select).await;
                }
                read_answer(operation, &connection, select.0, select.1, select.2).await
            })
            .await?;
        Ok(answer.entries)
    }
}

/// The answer of one statement of SQL about the log of this LRS, while no commit is under way. One round trip.
async fn read_whole_commits<T: Entry>(
    operation: &'static str,
    connection: &Object,
    number: i32,
    (select, arguments, limit): (&Statement, &[&(dyn ToSql + Sync)], usize),
) -> Result<Answer<T>, Fault> {
    let failed = |error| Fault::new(operation, error);
    let lock = connection.prepare_cached("SELECT pg_advisory_xact_lock_shared($1, $2)").await.map_err(failed)?;
    let numbers: [&(dyn ToSql + Sync); 2] = [&LOCK_CLASS, &number];
    // The end is sent with the rest, so that nobody who stops waiting leaves the lock behind.
    let (begun, locked, answer, ended) = futures_util::join!(
        connection.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED"),
        connection.query(&lock, &numbers),
        read_answer(operation, connection, select, arguments, limit),
        connection.batch_execute("COMMIT"),
    );
    begun.map_err(failed)?;
    locked.map_err(failed)?;
    let answer = answer?;
    ended.map_err(failed)?;
    Ok(answer)
}
