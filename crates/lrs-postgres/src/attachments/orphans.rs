//! Attachments that no row names: marked when they are found, and removed a day later, beside servers that write.
//!
//! A commit that failed after its attachments were put, or a server that died in between, leaves them. That no row names one now
//! does not say that none will: a request under way may rely on bytes that it found in their place. So it takes two looks:
//!
//! 1. What is old and has no row gets a mark: a row `orphan/SHA-256` in `meta`.
//! 2. What has had a mark for as long, and still has no row, is removed while its mark is locked.
//!
//! A request that finds bytes in their place takes their mark away, for which it waits until a removal under way is done, and then
//! looks again whether they are there ([`take_back`]). One that looked before there was a mark has ended long before the removal.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use lrs_store::StoreError;
use xapi::Timestamp;

use crate::error::unavailable;
use crate::store::{Shared, failed};

const OPERATION: &str = "remove attachments that no statement names";
/// Marks are read so many at a time.
const PAGE_MARKS: i64 = 1_000;
/// A removal that takes longer is given up: its mark must not lose its lock, which the database ends with an idle transaction.
const REMOVAL_TIME_MAX: Duration = Duration::from_secs(5);

/// Attachments of an LRS that no statement names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Orphans {
    /// Removed now.
    pub removed: u64,
    /// Marked now or before; a later look removes them.
    pub waiting: u64,
}

/// Removes those that were marked at least `age` ago, and marks what is older than that now.
pub(crate) async fn remove_orphans(shared: &Shared, now: Timestamp, age: Duration) -> Result<Orphans, StoreError> {
    shared.check_writable()?;
    if !shared.attachments.are_own().await? {
        return Ok(Orphans::default());
    }
    let age_micros = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
    let before = Timestamp(now.0.saturating_sub(age_micros));
    let removed = remove_marked(shared, before, age_micros).await?;
    let mut listed = shared.attachments.list_older(before);
    while let Some(digests) = listed.try_next().await? {
        mark(shared, &digests).await?;
    }
    // The few rows of `meta` are read whole.
    let sql = shared.sql("SELECT count(*) FROM $s.meta WHERE starts_with(name, 'orphan/')");
    let connection = shared.pools.reader(OPERATION).await?;
    let row = connection.query_one(&sql, &[]).await.map_err(failed(OPERATION))?;
    Ok(Orphans { removed, waiting: row.get::<_, i64>(0).unsigned_abs() })
}

/// Marks those without a row. By the primary keys of `attachment` and `meta`.
async fn mark(shared: &Shared, digests: &[String]) -> Result<(), StoreError> {
    let sql = shared.sql(
        "INSERT INTO $s.meta (name, value)
         SELECT 'orphan/' || sha256, convert_to((extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text, 'UTF8')
         FROM unnest($1::text[]) AS listed(sha256)
         WHERE NOT EXISTS (SELECT 1 FROM $s.attachment AS kept WHERE kept.sha256 = listed.sha256)
         ON CONFLICT (name) DO NOTHING",
    );
    shared.pools.change(OPERATION, &sql, &[&digests]).await.map(drop)
}

async fn remove_marked(shared: &Shared, before: Timestamp, age_micros: i64) -> Result<u64, StoreError> {
    // Other values of `meta` are no text. Its few rows are read whole.
    let sql = shared.sql(
        "SELECT name FROM $s.meta
         WHERE CASE WHEN starts_with(name, 'orphan/') THEN convert_from(value, 'UTF8')::bigint
                <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - $2::bigint END
            AND name COLLATE \"C\" > $1
         ORDER BY name COLLATE \"C\" LIMIT $3",
    );
    let (mut after, mut removed) = (String::new(), 0);
    loop {
        let connection = shared.pools.reader(OPERATION).await?;
        let rows = connection.query(&sql, &[&after, &age_micros, &PAGE_MARKS]).await.map_err(failed(OPERATION))?;
        drop(connection);
        let Some(last) = rows.last() else { return Ok(removed) };
        after = last.get(0);
        for row in &rows {
            removed += u64::from(remove_one(shared, row.get(0), before).await?);
        }
    }
}

/// Removes one if it still has no row, and its mark. Whether it did.
async fn remove_one(shared: &Shared, mark: &str, before: Timestamp) -> Result<bool, StoreError> {
    let sha256 = mark.strip_prefix("orphan/").unwrap_or(mark);
    let mut connection = shared.pools.writer(OPERATION).await?;
    let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
    let lock = shared.sql("SELECT 1 FROM $s.meta WHERE name = $1 FOR UPDATE SKIP LOCKED");
    if transaction.query_opt(&lock, &[&mark]).await.map_err(failed(OPERATION))?.is_none() {
        // A request takes it back at this moment, or somebody else removes it.
        return Ok(false);
    }
    let named = shared.sql("SELECT 1 FROM $s.attachment WHERE sha256 = $1");
    let named = transaction.query_opt(&named, &[&sha256]).await.map_err(failed(OPERATION))?.is_some();
    // Bytes that were put again since may be those of a request under way.
    let is_orphan = !named && shared.attachments.is_older(sha256, before).await?;
    if is_orphan {
        let removing = tokio::time::timeout(REMOVAL_TIME_MAX, shared.attachments.remove_one(sha256)).await;
        removing.map_err(|_| unavailable("the place of attachments is slow: try again later"))??;
        tracing::info!(lrs = shared.lrs, sha256, "removed an attachment that no statement names");
    }
    let unmark = shared.sql("DELETE FROM $s.meta WHERE name = $1");
    transaction.execute(&unmark, &[&mark]).await.map_err(failed(OPERATION))?;
    transaction.commit().await.map_err(failed(OPERATION))?;
    Ok(is_orphan)
}

/// Takes marks away from bytes that a request found in their place. Returns those that no row names, which may have been removed just now.
/// By the primary keys of `meta` and `attachment`.
pub(crate) async fn take_back(shared: &Shared, digests: &[String]) -> Result<Vec<String>, StoreError> {
    const OPERATION: &str = "keep an attachment";
    let sql = shared.sql(
        "WITH unmarked AS (DELETE FROM $s.meta WHERE name IN (SELECT 'orphan/' || it FROM unnest($1::text[]) AS it))
         SELECT sha256 FROM unnest($1::text[]) AS listed(sha256)
         WHERE NOT EXISTS (SELECT 1 FROM $s.attachment AS kept WHERE kept.sha256 = listed.sha256)",
    );
    crate::connection::read_again(|| async {
        let connection = shared.pools.writer(OPERATION).await?;
        let outcome = connection.query(&sql, &[&digests]).await;
        let outcome = outcome.map_err(|error| crate::error::Fault::new(OPERATION, error));
        crate::connection::drop_broken(connection, &outcome);
        outcome.map(|rows| rows.iter().map(|row| row.get(0)).collect())
    })
    .await
}
