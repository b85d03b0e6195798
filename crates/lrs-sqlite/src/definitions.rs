//! What statements said about activities and agents: merged definitions (Communication 2.5) and names (Communication 2.4).

use lrs_store::StoreError;
use lrs_store::backend::{self, AGENT_NAMES_MAX};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::store_error;
use crate::hash::{Cache, NameHasher};

/// Recently seen definitions and names; those that are not in the cache cost a look into the database.
const CACHE_MAX: usize = 131_072;

/// What a statement says about one activity or agent, hashed by whoever sends it.
pub(crate) struct Said {
    /// Activity id, or the agent's key.
    pub(crate) about: String,
    /// Its definition, or a name.
    pub(crate) text: String,
    about_hash: u128,
    text_hash: u128,
}

impl Said {
    pub(crate) fn new(hasher: &NameHasher, (about, text): (String, String)) -> Self {
        Self { about_hash: hasher.hash_text(&about), text_hash: hasher.hash_text(&text), about, text }
    }
}

/// Remembers what was said lately, so that the same again costs nothing.
pub(crate) struct Sayings {
    definitions: Cache<u128>,
    names: Cache<()>,
}

impl Sayings {
    pub(crate) fn new() -> Self {
        Self { definitions: Cache::new(CACHE_MAX), names: Cache::new(CACHE_MAX) }
    }

    /// After a commit that was undone.
    pub(crate) fn clear(&mut self) {
        self.definitions.clear();
        self.names.clear();
    }

    /// Merges a definition into the activity's.
    pub(crate) fn define(&mut self, connection: &Connection, said: &Said) -> Result<(), StoreError> {
        if self.definitions.get(said.about_hash) == Some(said.text_hash) {
            return Ok(());
        }
        merge_definition(connection, said).map_err(|error| store_error("merge a definition", error))?;
        self.definitions.insert(said.about_hash, said.text_hash);
        Ok(())
    }

    /// Notes a name of an agent.
    pub(crate) fn name(&mut self, connection: &Connection, said: &Said) -> Result<(), StoreError> {
        let key = said.about_hash ^ said.text_hash.rotate_left(1);
        if self.names.get(key).is_some() {
            return Ok(());
        }
        add_name(connection, said).map_err(|error| store_error("note an agent's name", error))?;
        self.names.insert(key, ());
        Ok(())
    }
}

fn merge_definition(connection: &Connection, said: &Said) -> rusqlite::Result<()> {
    let older = select_definition(connection, &said.about)?;
    let merged = backend::merge_definition(older.as_deref(), &said.text);
    if older.as_deref() != Some(&merged) {
        restore_definition(connection, &said.about, &merged)?;
    }
    Ok(())
}

fn add_name(connection: &Connection, said: &Said) -> rusqlite::Result<()> {
    let names = select_names(connection, &said.about)?;
    if names.len() < AGENT_NAMES_MAX && !names.contains(&said.text) {
        connection
            .prepare_cached("INSERT INTO agent_name(agent, position, name) VALUES (?1, ?2, ?3)")?
            .execute(params![said.about, names.len(), said.text])?;
    }
    Ok(())
}

/// Served by the primary key.
fn select_definition(connection: &Connection, id: &str) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT definition FROM activity WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()
}

/// Served by the primary key.
fn select_names(connection: &Connection, agent: &str) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached("SELECT name FROM agent_name WHERE agent = ?1 ORDER BY position")?
        .query_map([agent], |row| row.get(0))?
        .collect()
}

/// The merged definitions of these activities, in their order.
pub(crate) fn find_activity_definitions(
    connection: &Connection,
    ids: &[String],
) -> Result<Vec<Option<String>>, StoreError> {
    let definitions: rusqlite::Result<_> = ids.iter().map(|id| select_definition(connection, id)).collect();
    definitions.map_err(|error| store_error("read activity definitions", error))
}

/// The names of an agent, oldest first.
pub(crate) fn find_agent_names(connection: &Connection, agent: &str) -> Result<Vec<String>, StoreError> {
    select_names(connection, agent).map_err(|error| store_error("read an agent's names", error))
}

/// Puts a definition in the place of the one that is there, inside a commit.
pub(crate) fn restore_definition(connection: &Connection, id: &str, definition: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO activity(id, definition) VALUES (?1, ?2)")?
        .execute(params![id, definition])
        .map(drop)
}

/// Puts an agent's names in the place of those that are there, inside a commit.
pub(crate) fn restore_names(connection: &Connection, agent: &str, names: &[String]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM agent_name WHERE agent = ?1")?.execute([agent])?;
    let mut insert = connection.prepare_cached("INSERT INTO agent_name(agent, position, name) VALUES (?1, ?2, ?3)")?;
    for (position, name) in names.iter().enumerate() {
        insert.execute(params![agent, position, name])?;
    }
    Ok(())
}
