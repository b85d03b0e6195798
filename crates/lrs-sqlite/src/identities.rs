//! Which agents are one person, in the LRS's own file.

use lrs_store::{Identity, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

use crate::SqliteStore;
use crate::error::store_error;

/// The fourth step of the schema.
pub(crate) const SCHEMA: &str = "
CREATE TABLE identity(agent TEXT PRIMARY KEY, person TEXT NOT NULL) WITHOUT ROWID, STRICT;
CREATE INDEX identity_person ON identity(person, agent);
";

const READ: &str = "read identities";

/// The identities of these agents, those that have one.
pub(crate) async fn find_identities(store: &SqliteStore, agents: &[String]) -> Result<Vec<Identity>, StoreError> {
    let agents = agents.to_vec();
    let select = move |connection: &Connection| -> rusqlite::Result<Vec<Identity>> {
        // Served by the primary key.
        let mut select = connection.prepare_cached("SELECT person FROM identity WHERE agent = ?1")?;
        let mut found = Vec::new();
        for agent in agents {
            if let Some(person) = select.query_row([&agent], |row| row.get(0)).optional()? {
                found.push(Identity { agent, person });
            }
        }
        Ok(found)
    };
    store.read(READ, move |connection| select(connection).map_err(|error| store_error(READ, error))).await
}

/// Every identity of a person, by agent.
pub(crate) async fn find_person(store: &SqliteStore, person: &str, limit: usize) -> Result<Vec<Identity>, StoreError> {
    let person = person.to_owned();
    let select = move |connection: &Connection| -> rusqlite::Result<Vec<Identity>> {
        // Served by `identity_person`.
        let mut select =
            connection.prepare_cached("SELECT agent FROM identity WHERE person = ?1 ORDER BY agent LIMIT ?2")?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = select
            .query_map(params![person, limit], |row| Ok(Identity { agent: row.get(0)?, person: person.clone() }))?;
        rows.collect()
    };
    store.read(READ, move |connection| select(connection).map_err(|error| store_error(READ, error))).await
}

/// All identities behind an agent.
pub(crate) async fn list_identities(
    store: &SqliteStore,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Identity>, StoreError> {
    let after = after.unwrap_or_default().to_owned();
    let select = move |connection: &Connection| -> rusqlite::Result<Vec<Identity>> {
        // Served by the primary key.
        let mut select =
            connection.prepare_cached("SELECT agent, person FROM identity WHERE agent > ?1 ORDER BY agent LIMIT ?2")?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows =
            select.query_map(params![after, limit], |row| Ok(Identity { agent: row.get(0)?, person: row.get(1)? }))?;
        rows.collect()
    };
    store.read(READ, move |connection| select(connection).map_err(|error| store_error(READ, error))).await
}

/// Removes and puts identities, all or nothing.
pub(crate) async fn change_identities(
    store: &SqliteStore,
    removed: &[String],
    put: &[Identity],
) -> Result<(), StoreError> {
    const OPERATION: &str = "change identities";
    let (removed, put) = (removed.to_vec(), put.to_vec());
    let change = move |connection: &Connection| -> rusqlite::Result<()> {
        for agent in removed {
            connection.prepare_cached("DELETE FROM identity WHERE agent = ?1")?.execute([agent])?;
        }
        for identity in put {
            connection
                .prepare_cached("INSERT OR REPLACE INTO identity(agent, person) VALUES (?1, ?2)")?
                .execute([identity.agent, identity.person])?;
        }
        Ok(())
    };
    let job = move |connection: &Connection, _| change(connection).map_err(|error| store_error(OPERATION, error));
    store.run_in_commit(job).await
}
