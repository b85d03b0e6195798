//! Which agents are one person. The table is made by the schema's second step.

use lrs_store::{Identity, StoreError};
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::error::corrupt;
use crate::store::failed;

const READ: &str = "read identities";

fn bytes_of(texts: impl Iterator<Item = String>) -> Vec<Vec<u8>> {
    texts.map(String::into_bytes).collect()
}

/// Reads `agent, person`.
fn read_identity(row: &Row) -> Result<Identity, StoreError> {
    let text = |column| String::from_utf8(row.get(column)).map_err(|error| corrupt("identity", error.to_string()));
    Ok(Identity { agent: text(0)?, person: text(1)? })
}

/// The identities of these agents, those that have one. By the primary key.
pub(crate) async fn find_identities(store: &PostgresStore, agents: &[String]) -> Result<Vec<Identity>, StoreError> {
    let sql = store.shared.sql("SELECT agent, person FROM $s.identity WHERE agent = ANY($1)");
    let agents = bytes_of(agents.iter().cloned());
    store.query(READ, &sql, &[&agents]).await?.iter().map(read_identity).collect()
}

/// Every identity of a person, by agent. By `identity_person`.
pub(crate) async fn find_person(
    store: &PostgresStore,
    person: &str,
    limit: usize,
) -> Result<Vec<Identity>, StoreError> {
    let sql = store.shared.sql("SELECT agent, person FROM $s.identity WHERE person = $1 ORDER BY agent LIMIT $2");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    store.query(READ, &sql, &[&person.as_bytes(), &limit]).await?.iter().map(read_identity).collect()
}

/// All identities behind an agent. By the primary key.
pub(crate) async fn list_identities(
    store: &PostgresStore,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Identity>, StoreError> {
    let sql = store.shared.sql("SELECT agent, person FROM $s.identity WHERE agent > $1 ORDER BY agent LIMIT $2");
    let (after, limit) = (after.unwrap_or_default().as_bytes(), i64::try_from(limit).unwrap_or(i64::MAX));
    store.query(READ, &sql, &[&after, &limit]).await?.iter().map(read_identity).collect()
}

/// Removes and puts identities, all or nothing.
pub(crate) async fn change_identities(
    store: &PostgresStore,
    removed: &[String],
    put: &[Identity],
) -> Result<(), StoreError> {
    const OPERATION: &str = "change identities";
    let shared = &store.shared;
    shared.check_writable()?;
    let mut connection = shared.pools.writer(OPERATION).await?;
    let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
    let removed = bytes_of(removed.iter().cloned());
    let remove = shared.sql("DELETE FROM $s.identity WHERE agent = ANY($1)");
    transaction.execute(&remove, &[&removed]).await.map_err(failed(OPERATION))?;
    let agents = bytes_of(put.iter().map(|identity| identity.agent.clone()));
    let people = bytes_of(put.iter().map(|identity| identity.person.clone()));
    let add = shared.sql(
        "INSERT INTO $s.identity (agent, person) SELECT agent, person FROM unnest($1::bytea[], $2::bytea[])
         AS t(agent, person) ON CONFLICT (agent) DO UPDATE SET person = excluded.person",
    );
    transaction.execute(&add, &[&agents, &people]).await.map_err(failed(OPERATION))?;
    transaction.commit().await.map_err(failed(OPERATION))
}
