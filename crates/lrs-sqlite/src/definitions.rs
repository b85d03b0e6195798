//! What statements said about activities and agents: merged definitions (Communication 2.5) and names (Communication 2.4).

use std::sync::RwLock;

use lrs_store::StoreError;
use lrs_store::backend::{self, AGENT_NAMES_MAX};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::store_error;
use crate::hash::{Cache, NameHasher};
use crate::unwritten::{Unwritten, read_both};

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

    /// Whether this definition of an activity was not the last that was stated.
    pub(crate) fn is_new_definition(&mut self, said: &Said) -> bool {
        if self.definitions.get(said.about_hash) == Some(said.text_hash) {
            return false;
        }
        self.definitions.insert(said.about_hash, said.text_hash);
        true
    }

    /// Whether this name of an agent was not stated lately.
    pub(crate) fn is_new_name(&mut self, said: &Said) -> bool {
        let key = said.about_hash ^ said.text_hash.rotate_left(1);
        if self.names.get(key).is_some() {
            return false;
        }
        self.names.insert(key, ());
        true
    }
}

/// Merges definitions, oldest first, into the activity's.
pub(crate) fn merge_definition(
    connection: &Connection,
    activity: &str,
    stated: &[impl AsRef<str>],
) -> rusqlite::Result<()> {
    let older = select_definition(connection, activity)?;
    let merged = merge_all(older.clone(), stated);
    match merged {
        Some(merged) if older.as_ref() != Some(&merged) => restore_definition(connection, activity, &merged),
        _ => Ok(()),
    }
}

fn merge_all(older: Option<String>, stated: &[impl AsRef<str>]) -> Option<String> {
    stated.iter().fold(older, |older, stated| Some(backend::merge_definition(older.as_deref(), stated.as_ref())))
}

/// Notes names of an agent.
pub(crate) fn merge_names(connection: &Connection, agent: &str, stated: &[impl AsRef<str>]) -> rusqlite::Result<()> {
    let older = select_names(connection, agent)?;
    let count = older.len();
    for (position, name) in add_all(older, stated).iter().enumerate().skip(count) {
        connection
            .prepare_cached("INSERT INTO agent_name(agent, position, name) VALUES (?1, ?2, ?3)")?
            .execute(params![agent, position, name])?;
    }
    Ok(())
}

fn add_all(mut names: Vec<String>, stated: &[impl AsRef<str>]) -> Vec<String> {
    for name in stated.iter().map(AsRef::as_ref) {
        if names.len() < AGENT_NAMES_MAX && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
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
    unwritten: &RwLock<Unwritten>,
    ids: &[String],
) -> Result<Vec<Option<String>>, StoreError> {
    let find_new = |unwritten: &Unwritten| ids.iter().map(|id| unwritten.definitions_of(id)).collect::<Vec<_>>();
    let read = |connection: &Connection| ids.iter().map(|id| select_definition(connection, id)).collect();
    let (newer, older): (_, Vec<_>) = read_both(unwritten, connection, find_new, read)
        .map_err(|error| store_error("read activity definitions", error))?;
    Ok(older.into_iter().zip(newer).map(|(older, newer)| merge_all(older, &newer)).collect())
}

/// The names of an agent, oldest first.
pub(crate) fn find_agent_names(
    connection: &Connection,
    unwritten: &RwLock<Unwritten>,
    agent: &str,
) -> Result<Vec<String>, StoreError> {
    let find_new = |unwritten: &Unwritten| unwritten.names_of(agent);
    let (newer, older) = read_both(unwritten, connection, find_new, |connection| select_names(connection, agent))
        .map_err(|error| store_error("read an agent's names", error))?;
    Ok(add_all(older, &newer))
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
