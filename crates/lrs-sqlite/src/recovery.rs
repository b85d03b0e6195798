//! Opening: what the tables have not indexed yet is read again from the log into the tail.
//!
//! Reads rows of `statement`, at most three generations, and hardly any of their bodies: well under a second.

use std::collections::VecDeque;

use lrs_store::StoreError;
use roaring::RoaringTreemap;
use rusqlite::{Connection, params};
use xapi::Timestamp;

use crate::Options;
use crate::bodies::Bodies;
use crate::error::store_error;
use crate::hash::{Name, NameHasher};
use crate::references::{Arrival, ReferenceFilter, enter, read_header};
use crate::tail::{Limits, Pending, Range, Tail};
use crate::unwritten::Unwritten;

/// Statements that enter the tail at once.
const CHUNK: usize = 1_000;

/// The key of the LRS's hashes.
pub(crate) fn read_hasher(connection: &Connection) -> Result<NameHasher, StoreError> {
    let key = connection.query_row("SELECT value FROM meta WHERE name = 'hash_key'", [], |row| row.get(0));
    key.map(NameHasher::new).map_err(|error| store_error("read the key of the hashes", error))
}

/// When the last statement of the log was stored.
pub(crate) fn read_last_stored(connection: &Connection) -> Result<Timestamp, StoreError> {
    // Served by the primary key.
    let last = connection.query_row("SELECT stored FROM statement ORDER BY seq DESC LIMIT 1", [], |row| row.get(0));
    match last {
        Ok(stored) => Ok(Timestamp(stored)),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(Timestamp(i64::MIN)),
        Err(error) => Err(store_error("read the end of the log", error)),
    }
}

/// Builds the tail, and finds what follows from the newest statements and is not in its tables yet.
pub(crate) fn read_tail(
    connection: &Connection,
    options: &Options,
    hasher: &NameHasher,
    bodies: &Bodies,
    filter: &ReferenceFilter,
) -> Result<(Tail, Unwritten), StoreError> {
    let failed = |error| store_error("read the tail of the log", error);
    let limits = Limits { statements: options.generation_statements_max, postings: options.generation_postings_max };
    let Marks { merged, planned, last_term } = read_marks(connection).map_err(failed)?;
    let voided = read_voided(connection).map_err(failed)?;
    let first = merged.last().map_or(1, |range| range.last + 1);
    let mut tail = Tail::new(limits, merged, planned, last_term, voided);
    let mut pending = Pending { first, ..Pending::default() };
    read_terms(connection, hasher, last_term, &mut pending).map_err(failed)?;
    let unwritten = Unwritten::read(connection, bodies, hasher, last_term, &mut pending)?;
    // Served by the primary key.
    let mut select = connection
        .prepare("SELECT seq, id, flags, target, terms FROM statement WHERE seq >= ?1 ORDER BY seq")
        .map_err(failed)?;
    let mut rows = select.query([first]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let seq = row.get(0).map_err(failed)?;
        if seq != pending.next_seq() {
            return Err(crate::error::corrupt(format!("statement, seq {}", pending.next_seq()), "it is missing"));
        }
        let header = read_header(seq, row, 1)?;
        let arrival = Arrival { id: header.id, keys: header.keys, target: header.target, voids: header.voids };
        enter(connection, &tail, &mut pending, filter, arrival)?;
        if pending.entries.len() == CHUNK {
            let next = pending.next_seq();
            tail.publish(std::mem::replace(&mut pending, Pending { first: next, ..Pending::default() }));
        }
    }
    tail.publish(pending);
    Ok((tail, unwritten))
}

/// What the tables say about themselves.
struct Marks {
    /// Generations that are merged, from the first on.
    merged: Vec<Range>,
    /// Ends of those that were sealed behind them.
    planned: VecDeque<u64>,
    /// The last term that `term_hash` holds.
    last_term: u64,
}

fn read_marks(connection: &Connection) -> rusqlite::Result<Marks> {
    let mut marks = Marks { merged: Vec::new(), planned: VecDeque::new(), last_term: 0 };
    let mut select =
        connection.prepare("SELECT first_seq, last_seq, last_term, merged FROM generation ORDER BY generation")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let range = Range { first: row.get(0)?, last: row.get(1)? };
        if row.get(3)? {
            marks.merged.push(range);
            marks.last_term = row.get(2)?;
        } else {
            marks.planned.push_back(range.last);
        }
    }
    Ok(marks)
}

fn read_voided(connection: &Connection) -> rusqlite::Result<RoaringTreemap> {
    let mut select = connection.prepare("SELECT seq FROM voided ORDER BY seq")?;
    select.query_map([], |row| row.get::<_, u64>(0))?.collect()
}

/// Terms that `term_hash` does not hold yet.
fn read_terms(
    connection: &Connection,
    hasher: &NameHasher,
    last_term: u64,
    pending: &mut Pending,
) -> rusqlite::Result<()> {
    // Served by the primary key.
    let mut select = connection.prepare("SELECT term, name FROM term WHERE term > ?1")?;
    let mut rows = select.query(params![last_term])?;
    while let Some(row) = rows.next()? {
        let hash = match row.get_ref(1)? {
            rusqlite::types::ValueRef::Blob(_) => hasher.hash_uuid(uuid::Uuid::from_bytes(row.get(1)?)),
            name => hasher.hash_name(&Name::Text(name.as_str()?)),
        };
        pending.terms.insert(hash, row.get(0)?);
    }
    Ok(())
}
