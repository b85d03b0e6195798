//! What follows from a lone client's newest statements and is not in its tables yet: new terms, definitions, and names of agents.
//!
//! Each of the three has a table of its own, and a commit writes whole pages: for one statement up to three more than for the statement
//! itself. So a commit of one statement only marks it ([`UNWRITTEN`]) and keeps the rest here, where readers find it. A later commit begins by
//! writing it all: the first that holds more than one statement, begins to merge or has nothing else to do, at the latest the
//! [`STATEMENTS_MAX`]th. A start reads it from the marked statements again.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use lrs_store::StoreError;
use rusqlite::{Connection, params};
use xapi::{CompletedStatement, Term};

use crate::bodies::Bodies;
use crate::definitions::{merge_definition, merge_names};
use crate::error::{corrupt, store_error};
use crate::hash::{Name, NameHasher};
use crate::prepare::hash_terms;
use crate::references::{DEFINES_NOTHING, TIMESTAMP_ADDED, UNWRITTEN, read_header};
use crate::tail::Pending;
use crate::terms::{insert_term, key, select_term};

/// What follows from so many statements is written at the latest; a start reads the bodies of as many.
pub(crate) const STATEMENTS_MAX: u64 = 256;
/// When it is so long, the next commit writes it: statements may be long.
const BYTES_MAX: usize = 1 << 20;

/// What is known of an activity or agent, oldest first.
type Sayings = HashMap<String, Vec<String>>;

/// What is not in its tables yet.
#[derive(Debug, Default)]
pub(crate) struct Unwritten {
    /// Ascending.
    terms: Vec<(u64, Term)>,
    definitions: Sayings,
    names: Sayings,
    /// The first statement from which something of this follows.
    first: Option<u64>,
    /// Of all names and texts, roughly.
    size_bytes: usize,
    /// How often what was here went into the tables.
    writes: u64,
}

impl Unwritten {
    /// Whether the tables hold everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.definitions.is_empty() && self.names.is_empty()
    }

    /// Whether the statement `next` may be marked, or what is here must be written first.
    pub(crate) fn has_room(&self, next: u64) -> bool {
        self.size_bytes < BYTES_MAX && self.first.is_none_or(|first| next - first < STATEMENTS_MAX)
    }

    /// A term that is new.
    pub(crate) fn add_term(&mut self, term: u64, name: Term) {
        self.size_bytes += size_of::<(u64, Term)>() + name.text.len();
        self.terms.push((term, name));
    }

    /// A definition of an activity that was stated.
    pub(crate) fn define(&mut self, activity: &str, definition: &str) {
        self.size_bytes += activity.len() + definition.len();
        add(&mut self.definitions, activity, definition);
    }

    /// A name of an agent that was stated.
    pub(crate) fn name(&mut self, agent: &str, name: &str) {
        self.size_bytes += agent.len() + name.len();
        add(&mut self.names, agent, name);
    }

    /// Adds what follows from the statement `seq`, which is durable.
    pub(crate) fn append(&mut self, seq: u64, newer: Self) {
        if newer.is_empty() {
            return;
        }
        self.first.get_or_insert(seq);
        self.size_bytes += newer.size_bytes;
        self.terms.extend(newer.terms);
        for (mine, theirs) in [(&mut self.definitions, newer.definitions), (&mut self.names, newer.names)] {
            for (about, texts) in theirs {
                mine.entry(about).or_default().extend(texts);
            }
        }
    }

    /// Writes everything into its tables, in a commit that begins behind the statement `through`.
    pub(crate) fn write(&self, connection: &Connection, through: u64) -> Result<(), StoreError> {
        let failed = |error| store_error("write what follows from statements", error);
        for (term, name) in &self.terms {
            insert_term(connection, *term, &Name::of(name)).map_err(failed)?;
        }
        for (activity, definitions) in in_order(&self.definitions) {
            merge_definition(connection, activity, definitions).map_err(failed)?;
        }
        for (agent, names) in in_order(&self.names) {
            merge_names(connection, agent, names).map_err(failed)?;
        }
        connection
            .prepare_cached("UPDATE meta SET value = ?1 WHERE name = 'written_through'")
            .and_then(|mut insert| insert.execute([through]))
            .map(drop)
            .map_err(failed)
    }

    /// The commit that wrote everything is durable.
    pub(crate) fn forget(&mut self) {
        *self = Self { writes: self.writes + 1, ..Self::default() };
    }

    /// The definitions of an activity that were stated.
    pub(crate) fn definitions_of(&self, activity: &str) -> Vec<String> {
        self.definitions.get(activity).cloned().unwrap_or_default()
    }

    /// The names of an agent that were stated.
    pub(crate) fn names_of(&self, agent: &str) -> Vec<String> {
        self.names.get(agent).cloned().unwrap_or_default()
    }

    /// Reads it from the marked statements, at a start. `pending` has the terms behind `last_term` that are in their table, and gets
    /// those that are not.
    pub(crate) fn read(
        connection: &Connection,
        bodies: &Bodies,
        hasher: &NameHasher,
        last_term: u64,
        pending: &mut Pending,
    ) -> Result<Self, StoreError> {
        let failed = |error| store_error("read what follows from the newest statements", error);
        let mut unwritten = Self::default();
        // Both by the primary key.
        let through = connection
            .query_row("SELECT value FROM meta WHERE name = 'written_through'", [], |row| row.get::<_, u64>(0))
            .map_err(failed)?;
        let mut select = connection
            .prepare(
                "SELECT seq, id, flags, target, terms, dictionary, body FROM statement \
                 WHERE seq > max(?1, (SELECT coalesce(max(seq), 0) FROM statement) - ?2) AND flags & ?3 ORDER BY seq",
            )
            .map_err(failed)?;
        let mut rows = select.query(params![through, STATEMENTS_MAX, UNWRITTEN]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let seq: u64 = row.get(0).map_err(failed)?;
            let flags: u64 = row.get(2).map_err(failed)?;
            let keys = read_header(seq, row, 1)?.keys;
            let compressed = row.get_ref(6).map_err(failed)?.as_blob().unwrap_or_default();
            let body = bodies.restore(seq, row.get(5).map_err(failed)?, compressed)?;
            let statement = CompletedStatement::read(body, flags & TIMESTAMP_ADDED != 0, flags & DEFINES_NOTHING == 0)
                .ok_or_else(|| corrupt(format!("statement.body, seq {seq}"), "it is no statement"))?;
            let mut newer = Self::default();
            let mut found = Vec::new();
            for (hash, name) in hash_terms(hasher, statement.terms) {
                let known = match pending.terms.get(&hash) {
                    Some(term) => Some(*term),
                    None => select_term(connection, hash, &Name::of(&name)).map_err(failed)?,
                };
                let term = known.unwrap_or_else(|| last_term + pending.terms.len() as u64 + 1);
                found.push(key(term, name.index));
                if known.is_none() {
                    pending.terms.insert(hash, term);
                    newer.add_term(term, name);
                }
            }
            found.sort_unstable();
            found.dedup();
            if found != keys {
                return Err(corrupt(format!("statement.terms, seq {seq}"), "they are not those of its body"));
            }
            statement.definitions.iter().for_each(|(activity, definition)| newer.define(activity, definition));
            statement.names.iter().for_each(|(agent, name)| newer.name(agent, name));
            unwritten.append(seq, newer);
        }
        Ok(unwritten)
    }
}

/// What `find_here` finds and `read` finds in the tables, as they were together.
pub(crate) fn read_both<N, O>(
    unwritten: &RwLock<Unwritten>,
    connection: &Connection,
    find_here: impl Fn(&Unwritten) -> N,
    read: impl Fn(&Connection) -> rusqlite::Result<O>,
) -> rusqlite::Result<(N, O)> {
    let lock = || unwritten.read().unwrap_or_else(PoisonError::into_inner);
    loop {
        // Memory first: what leaves it in between is in the tables by then, and perhaps newer things as well.
        let (writes, newer) = {
            let unwritten = lock();
            (unwritten.writes, find_here(&unwritten))
        };
        let transaction = connection.unchecked_transaction()?;
        let older = read(&transaction)?;
        drop(transaction);
        if lock().writes == writes {
            return Ok((newer, older));
        }
    }
}

fn add(sayings: &mut Sayings, about: &str, text: &str) {
    sayings.entry(about.to_owned()).or_default().push(text.to_owned());
}

/// In the order of the tables' keys.
fn in_order(sayings: &Sayings) -> Vec<(&String, &Vec<String>)> {
    let mut sayings: Vec<_> = sayings.iter().collect();
    sayings.sort_unstable();
    sayings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_written_sooner() {
        let mut unwritten = Unwritten::default();
        assert!(unwritten.is_empty() && unwritten.has_room(1));
        let mut newer = Unwritten::default();
        newer.define("activity:1", &"x".repeat(BYTES_MAX / 2));
        unwritten.append(1, newer);
        assert!(unwritten.has_room(STATEMENTS_MAX) && !unwritten.has_room(STATEMENTS_MAX + 1));
        let mut newer = Unwritten::default();
        newer.define("activity:1", &"x".repeat(BYTES_MAX / 2));
        unwritten.append(2, newer);
        assert!(!unwritten.has_room(3));
        unwritten.forget();
        assert!(unwritten.is_empty() && unwritten.has_room(3));
    }
}
