//! How far the log reaches, and up to which instant it is complete.

use deadpool_postgres::Object;
use tokio_postgres::types::ToSql;
use xapi::Timestamp;

use crate::error::{Fault, store_error};
use crate::schema::LOCK_CLASS;
use crate::store::Shared;

/// The instant of the last commit that is visible, or a later one before which none will come: when nobody holds the log's
/// lock, the present is one. By `statement_seq`.
pub(crate) async fn consistent_through(shared: &Shared, connection: &Object) -> Result<Timestamp, Fault> {
    let failed = |error| Fault::new("read the log's horizon", error);
    let sql = shared.sql(
        "SELECT CASE WHEN pg_try_advisory_xact_lock_shared($1, $2)
             THEN coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) - 1 END",
    );
    let statement = connection.prepare_cached(&sql).await.map_err(failed)?;
    let last = connection
        .prepare_cached(&shared.sql("SELECT stored FROM $s.statement ORDER BY seq DESC LIMIT 1"))
        .await
        .map_err(failed)?;
    let micros = shared.time.micros();
    let number = shared.number;
    let arguments: [&(dyn ToSql + Sync); 3] = [&LOCK_CLASS, &number, &micros];
    // In this order: what the first one promises, the second one's snapshot sees.
    let (quiet, last) =
        futures_util::join!(connection.query_one(&statement, &arguments), connection.query_opt(&last, &[]));
    let quiet: Option<i64> = quiet.map_err(failed)?.get(0);
    let last: Option<i64> = last.map_err(failed)?.map(|row| row.get(0));
    // While the first commit is under way, all that can be promised is that nothing was stored long ago.
    Ok(Timestamp(quiet.max(last).unwrap_or(0)))
}

/// The last position of the log. By `statement_seq`.
pub(crate) async fn last_seq(shared: &Shared, connection: &Object) -> Result<i64, Fault> {
    let sql = shared.sql("SELECT seq FROM $s.statement ORDER BY seq DESC LIMIT 1");
    let row = connection.query_opt(&sql, &[]).await;
    let row = row.map_err(|error| Fault::Failed(store_error("read the log's end", error)))?;
    Ok(row.map_or(0, |row| row.get(0)))
}
