//! Brings the schemas of a database to the present version.

use std::time::Duration;

use lrs_store::StoreError;

use crate::connection::{OpenError, Pools};
use crate::schema::{self, SchemaAge};
use crate::store::failed;

const OPERATION: &str = "change the schema";
/// A step that does not get its lock soon lets those through who wait behind it, and tries again.
const TRIES_MAX: usize = 10;
const TRY_INTERVAL: Duration = Duration::from_millis(500);

/// Brings all schemas to the present version, each in a transaction of its own under the lock of schemas: no LRS waits for another one.
pub(super) async fn migrate(pools: &Pools) -> Result<(), OpenError> {
    let mut connection = pools.writer(OPERATION).await?;
    let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
    schema::lock(&transaction).await?;
    let steps = schema::migrate_control(&transaction).await?;
    // What a deletion left behind that was cut short. New LRSs never have the number of an old one.
    let orphans = transaction
        .query(
            "SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^lrs_[0-9]+$'
             AND nspname::text NOT IN (SELECT 'lrs_' || number FROM lyceum.lrs)
             AND EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = pg_namespace.oid AND relname = 'posting')
             AND substring(nspname::text FROM 5)::numeric <= (SELECT value FROM lyceum.counter WHERE name = 'lrs')",
            &[],
        )
        .await
        .map_err(failed(OPERATION))?;
    for orphan in orphans {
        let drop = format!("DROP SCHEMA {} CASCADE", orphan.get::<_, String>(0));
        transaction.batch_execute(&drop).await.map_err(failed(OPERATION))?;
    }
    let rows = transaction.query("SELECT number FROM lyceum.lrs ORDER BY number", &[]).await;
    let numbers: Vec<i32> = rows.map_err(failed(OPERATION))?.iter().map(|row| row.get(0)).collect();
    transaction.commit().await.map_err(failed(OPERATION))?;
    drop(connection);
    if steps > 0 {
        tracing::info!(steps, "changed the schema of the database");
    }
    for number in numbers {
        migrate_patiently(pools, number).await?;
    }
    Ok(())
}

async fn migrate_patiently(pools: &Pools, number: i32) -> Result<(), OpenError> {
    for _ in 1..TRIES_MAX {
        match migrate_lrs(pools, number).await {
            Err(OpenError::Store(StoreError::Unavailable { obstacle, .. })) => {
                tracing::debug!(number, %obstacle, "the schema of an LRS will be changed in a moment");
            }
            outcome => return outcome,
        }
        tokio::time::sleep(TRY_INTERVAL).await;
    }
    migrate_lrs(pools, number).await
}

/// Brings the schema of one LRS to the present version; a single try, since a request may wait for it.
pub(super) async fn migrate_lrs(pools: &Pools, number: i32) -> Result<(), OpenError> {
    const VERSION: &str = "SELECT name, schema_version FROM lyceum.lrs WHERE number = $1";
    let mut connection = pools.writer(OPERATION).await?;
    // Without the lock first: most of the time there is nothing to do.
    let row = connection.query_opt(VERSION, &[&number]).await.map_err(failed(OPERATION))?;
    let version = row.map(|row| row.get(1));
    let Some(version) = version else { return Ok(()) };
    if schema::age_of(&**connection, version).await? == SchemaAge::Usable {
        return Ok(());
    }
    let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
    schema::lock(&transaction).await?;
    // Another process may have been faster.
    let Some(row) = transaction.query_opt(VERSION, &[&number]).await.map_err(failed(OPERATION))? else { return Ok(()) };
    let (name, version): (String, i32) = (row.get(0), row.get(1));
    let steps = schema::migrate_lrs(&transaction, number, version).await?;
    transaction.commit().await.map_err(failed(OPERATION))?;
    if steps > 0 {
        tracing::info!(lrs = name, from = version, steps, "changed the schema of an LRS");
    }
    Ok(())
}
