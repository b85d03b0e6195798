//! Terms: dense integers for agents, verbs, activities and registrations, so that the index is small.
//!
//! A term's row is appended in the commit that needs it first, or a little later ([`Unwritten`]); the hash that leads to it is kept
//! in the tail until it is merged into `term_hash`.

use lrs_store::StoreError;
use rusqlite::{Connection, OptionalExtension, params};
use xapi::{Index, Term};

use crate::error::store_error;
use crate::hash::{Cache, Name, NameHasher, short_hash};
use crate::tail::{Pending, Tail};
use crate::unwritten::Unwritten;

/// Terms that the writer remembers: about 12 MB.
const CACHE_MAX: usize = 262_144;

/// The key of an index entry, as `posting.key` has it.
pub(crate) fn key(term: u64, index: Index) -> u64 {
    term << 3 | index as u64
}

/// Whether a reference to a statement is found by this key of it, too.
pub(crate) fn is_inherited(key: u64) -> bool {
    key & 7 != Index::Authority as u64
}

/// Finds or creates terms for the writer.
pub(crate) struct Terms(Cache<u64>);

impl Terms {
    pub(crate) fn new() -> Self {
        Self(Cache::new(CACHE_MAX))
    }

    /// After a commit that was undone: its terms do not exist.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The term of a name; created when it has none, in `unwritten` or else in its table.
    pub(crate) fn resolve(
        &mut self,
        connection: &Connection,
        tail: &Tail,
        pending: &mut Pending,
        unwritten: Option<&mut Unwritten>,
        (hash, name): (u128, &Term),
    ) -> Result<u64, StoreError> {
        if let Some(term) = self.0.get(hash) {
            return Ok(term);
        }
        let known = pending.terms.get(&hash).copied().or_else(|| tail.find_term(hash));
        let known = known.map_or_else(|| select_term(connection, hash, &Name::of(name)), |term| Ok(Some(term)));
        let known = known.map_err(|error| store_error("find a term", error))?;
        let term = known.map_or_else(
            || {
                let term = tail.last_term() + pending.terms.len() as u64 + 1;
                match unwritten {
                    Some(unwritten) => unwritten.add_term(term, name.clone()),
                    None => insert_term(connection, term, &Name::of(name))
                        .map_err(|error| store_error("add a term", error))?,
                }
                pending.terms.insert(hash, term);
                Ok(term)
            },
            Ok,
        )?;
        self.0.insert(hash, term);
        Ok(term)
    }
}

pub(crate) fn insert_term(connection: &Connection, term: u64, name: &Name<'_>) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT INTO term(term, name) VALUES (?1, ?2)")?.execute(params![term, name])?;
    Ok(())
}

/// Served by the primary keys of `term_hash` and `term`.
pub(crate) const SELECT_TERM: &str = "SELECT term_hash.term FROM term_hash CROSS JOIN term ON term.term = term_hash.term \
     WHERE term_hash.hash = ?1 AND term.name = ?2";

pub(crate) fn select_term(connection: &Connection, hash: u128, name: &Name<'_>) -> rusqlite::Result<Option<u64>> {
    connection.prepare_cached(SELECT_TERM)?.query_row(params![short_hash(hash), name], |row| row.get(0)).optional()
}

/// The term of a name, for a reader that has no snapshot yet. `None`: no statement has it.
pub(crate) fn find_term(
    connection: &Connection,
    tail: &std::sync::RwLock<Tail>,
    hasher: &NameHasher,
    name: &Name<'_>,
) -> Result<Option<u64>, StoreError> {
    let hash = hasher.hash_name(name);
    // Memory first: what leaves it in between is in the tables by then.
    let known = tail.read().unwrap_or_else(std::sync::PoisonError::into_inner).find_term(hash);
    let known = known.map_or_else(|| select_term(connection, hash, name), |term| Ok(Some(term)));
    known.map_err(|error| store_error("find a term", error))
}
