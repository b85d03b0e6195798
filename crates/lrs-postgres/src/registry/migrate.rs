//! Brings the schemas of a database to the present version.

use crate::connection::{OpenError, Pools};
use crate::schema;
use crate::store::failed;

/// Brings all schemas to the present version, in one transaction under the lock of schemas.
pub(super) async fn migrate(pools: &Pools) -> Result<(), OpenError> {
    const OPERATION: &str = "change the schema";
    let mut connection = pools.writer(OPERATION).await?;
    let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
    schema::lock(&transaction).await?;
    let steps = schema::migrate_control(&transaction).await?;
    let rows = transaction.query("SELECT number, schema_version FROM lyceum.lrs", &[]).await;
    for row in rows.map_err(failed(OPERATION))? {
        schema::migrate_lrs(&transaction, row.get(0), row.get(1)).await?;
    }
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
    transaction.commit().await.map_err(failed(OPERATION))?;
    if steps > 0 {
        tracing::info!(steps, "changed the schema of the database");
    }
    Ok(())
}
