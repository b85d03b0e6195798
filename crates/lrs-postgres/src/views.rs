//! What follows the log, in two tables of the LRS's schema. Any process may follow: whoever is not where the view is changes nothing.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use lrs_store::{Entry, Order, Seq, Span, StoreError, View, ViewChange, Views};

use crate::PostgresStore;
use crate::connection::read_again;
use crate::error::Fault;
use crate::find::seq_number;
use crate::store::{Shared, failed};

/// The second step of an LRS's schema.
pub(crate) const SCHEMA: &str = "
-- What follows the log, and what may be lost: sorted keys and values; `view` is lrs_store::View.
CREATE TABLE $s.entry (view smallint NOT NULL, key bytea NOT NULL, value bytea NOT NULL, PRIMARY KEY (view, key));
ALTER TABLE $s.entry SET (autovacuum_vacuum_scale_factor = 0.05);
CREATE TABLE $s.position (view smallint PRIMARY KEY, seq bigint NOT NULL);
-- Which agents are one person: truth. Texts that may hold any character are bytes.
CREATE TABLE $s.identity (agent bytea PRIMARY KEY, person bytea NOT NULL);
CREATE INDEX identity_person ON $s.identity (person, agent);
";

/// Entries that one statement of SQL changes: far from the time that one may take.
const ENTRIES_AT_ONCE_MAX: usize = 4096;
const OPERATION: &str = "use the views of the log";

/// The views as the store hands them out.
pub(crate) struct PostgresViews(pub(crate) Arc<Shared>);

/// A view as a column has it.
fn number(view: View) -> i16 {
    i16::from(view as u8)
}

impl PostgresViews {
    async fn query(
        &self,
        sql: &str,
        arguments: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        self.0.check_open()?;
        let sql = &self.0.sql(sql);
        read_again(|| async {
            let failed = |error| Fault::new(OPERATION, error);
            let connection = self.0.pools.reader(OPERATION).await?;
            let statement = connection.prepare_cached(sql).await.map_err(failed)?;
            connection.query(&statement, arguments).await.map_err(failed)
        })
        .await
    }
}

#[async_trait]
impl Views for PostgresViews {
    async fn position(&self, view: View) -> Result<Seq, StoreError> {
        // By the primary key.
        let rows = self.query("SELECT seq FROM $s.position WHERE view = $1", &[&number(view)]).await?;
        Ok(Seq(rows.first().map_or(0, |row| row.get::<_, i64>(0).unsigned_abs())))
    }

    async fn get(&self, view: View, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        // By the primary key.
        let sql = "SELECT key, value FROM $s.entry WHERE view = $1 AND key = ANY($2)";
        let rows = self.query(sql, &[&number(view), &keys]).await?;
        let found: HashMap<Vec<u8>, Vec<u8>> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }

    async fn scan(&self, view: View, span: Span) -> Result<Vec<Entry>, StoreError> {
        // By the primary key.
        let sql = match span.order {
            Order::Ascending => {
                "SELECT key, value FROM $s.entry WHERE view = $1 AND key >= $2 AND key < $3 ORDER BY key LIMIT $4"
            }
            Order::Descending => {
                "SELECT key, value FROM $s.entry WHERE view = $1 AND key >= $2 AND key < $3 ORDER BY key DESC LIMIT $4"
            }
        };
        let limit = i64::try_from(span.limit).unwrap_or(i64::MAX);
        let rows = self.query(sql, &[&number(view), &span.from, &span.to, &limit]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    async fn change(&self, view: View, change: ViewChange) -> Result<bool, StoreError> {
        self.0.check_open()?;
        let mut connection = self.0.pools.writer(OPERATION).await?;
        let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
        let view = number(view);
        if let Some((from, to)) = change.step {
            // Two processes at the same position: the second one waits for the first, and then finds nothing to change.
            let sql = "INSERT INTO $s.position AS known (view, seq) VALUES ($1, $3)
                ON CONFLICT (view) DO UPDATE SET seq = excluded.seq WHERE known.seq = $2";
            let insert_or_move =
                if from == Seq(0) { sql } else { "UPDATE $s.position SET seq = $3 WHERE view = $1 AND seq = $2" };
            let moved = transaction
                .execute(&self.0.sql(insert_or_move), &[&view, &seq_number(from), &seq_number(to)])
                .await
                .map_err(failed(OPERATION))?;
            if moved == 0 {
                return Ok(false);
            }
        }
        for removes in change.removes.chunks(ENTRIES_AT_ONCE_MAX) {
            let sql = self.0.sql("DELETE FROM $s.entry WHERE view = $1 AND key = ANY($2)");
            transaction.execute(&sql, &[&view, &removes]).await.map_err(failed(OPERATION))?;
        }
        if !change.puts.is_empty() {
            // In the order of the keys, so that two writers never wait for each other in a circle.
            let mut puts = change.puts;
            puts.sort_unstable();
            let sql = self.0.sql(
                "INSERT INTO $s.entry (view, key, value) SELECT $1, key, value FROM unnest($2::bytea[], $3::bytea[])
                 AS t(key, value) ON CONFLICT (view, key) DO UPDATE SET value = excluded.value",
            );
            let mut puts = puts.into_iter().peekable();
            while puts.peek().is_some() {
                let (keys, values): (Vec<Vec<u8>>, Vec<Vec<u8>>) = puts.by_ref().take(ENTRIES_AT_ONCE_MAX).unzip();
                transaction.execute(&sql, &[&view, &keys, &values]).await.map_err(failed(OPERATION))?;
            }
        }
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(true)
    }

    async fn clear(&self, view: View) -> Result<(), StoreError> {
        self.0.check_open()?;
        let mut connection = self.0.pools.writer(OPERATION).await?;
        let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
        for sql in ["DELETE FROM $s.entry WHERE view = $1", "DELETE FROM $s.position WHERE view = $1"] {
            transaction.execute(&self.0.sql(sql), &[&number(view)]).await.map_err(failed(OPERATION))?;
        }
        transaction.commit().await.map_err(failed(OPERATION))
    }
}

impl PostgresStore {
    /// The views of this LRS.
    pub(crate) fn postgres_views(&self) -> PostgresViews {
        PostgresViews(Arc::clone(&self.shared))
    }
}
