//! How an arriving statement enters the index, with what it refers to and what refers to it (Communication 2.1.3), and how
//! it voids (Data 2.3.2).
//!
//! A statement is also found by the terms of the statement it refers to, over several steps, whichever arrived
//! first. All of this is a function of the log, so reading the tail again does the same.

use std::collections::HashSet;

use lrs_store::{REFERENCE_STEPS_MAX, StoreError};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::error::{corrupt, store_error};
use crate::hash::NameHasher;
use crate::postings::decode;
use crate::tail::{Entry, Pending, Tail};
use crate::terms::is_inherited;

/// Bits of the filter; a million references then let a tenth of all other statements look in vain.
const FILTER_BITS: usize = 1 << 23;
/// Beyond so many references the filter is not filled again at the next start: every statement then looks.
const FILTER_REFERENCES_MAX: usize = 2_000_000;

/// Flag of `statement.flags`: it voids its target.
pub(crate) const VOIDS: u64 = 1;
/// Flag of `statement.flags`: it was sent without a timestamp.
pub(crate) const TIMESTAMP_ADDED: u64 = 2;
/// Flag of `statement.flags`: what it says about activities and agents is not remembered.
pub(crate) const DEFINES_NOTHING: u64 = 4;
/// `flags`: when its commit ended, new terms, definitions or names of it were not in their tables ([`crate::unwritten`]).
pub(crate) const UNWRITTEN: u64 = 8;

/// Tells quickly that nothing refers to an id. Never wrong when it says so.
pub(crate) struct ReferenceFilter {
    bits: Vec<u64>,
    hasher: NameHasher,
}

impl ReferenceFilter {
    /// Filled from the database.
    pub(crate) fn open(connection: &Connection, hasher: NameHasher) -> Result<Self, StoreError> {
        let mut filter = Self { bits: vec![0; FILTER_BITS / 64], hasher };
        let read = |filter: &mut Self| -> rusqlite::Result<()> {
            // Reads the table once, at the start only.
            let mut select = connection.prepare("SELECT DISTINCT target FROM reference LIMIT ?1")?;
            let mut rows = select.query([FILTER_REFERENCES_MAX])?;
            let mut count = 0;
            while let Some(row) = rows.next()? {
                filter.insert(Uuid::from_bytes(row.get(0)?));
                count += 1;
            }
            if count == FILTER_REFERENCES_MAX {
                filter.bits.fill(u64::MAX);
            }
            Ok(())
        };
        read(&mut filter).map_err(|error| store_error("read the references", error))?;
        Ok(filter)
    }

    fn place(&self, target: Uuid) -> (usize, u64) {
        let bit = self.hasher.hash_uuid(target) as usize % FILTER_BITS;
        (bit / 64, 1 << (bit % 64))
    }

    /// Something refers to `target` from now on.
    pub(crate) fn insert(&mut self, target: Uuid) {
        let (word, bit) = self.place(target);
        self.bits[word] |= bit;
    }

    fn may_hold(&self, target: Uuid) -> bool {
        let (word, bit) = self.place(target);
        self.bits[word] & bit != 0
    }
}

/// A statement that enters the index; its row, and its row of `reference`, are in the database.
pub(crate) struct Arrival {
    pub(crate) id: Uuid,
    /// Its own keys, ascending.
    pub(crate) keys: Vec<u64>,
    pub(crate) target: Option<Uuid>,
    pub(crate) voids: bool,
}

/// What the index needs of a stored statement.
pub(crate) struct Header {
    pub(crate) id: Uuid,
    pub(crate) voids: bool,
    pub(crate) target: Option<Uuid>,
    pub(crate) keys: Vec<u64>,
}

/// Reads `id, flags, target, terms` from a row, beginning at column `at`.
pub(crate) fn read_header(seq: u64, row: &rusqlite::Row<'_>, at: usize) -> Result<Header, StoreError> {
    let read = || -> rusqlite::Result<_> {
        let mut keys = Vec::new();
        let whole = decode(0, row.get_ref(at + 3)?.as_blob()?, &mut keys);
        let voids = row.get::<_, u64>(at + 1)? & VOIDS != 0;
        let target = row.get::<_, Option<[u8; 16]>>(at + 2)?.map(Uuid::from_bytes);
        Ok((whole, Header { id: Uuid::from_bytes(row.get(at)?), voids, target, keys }))
    };
    let (whole, header) = read().map_err(|error| corrupt(format!("statement, seq {seq}"), error.to_string()))?;
    whole.map_err(|_| corrupt(format!("statement.terms, seq {seq}"), "not a list of keys"))?;
    Ok(header)
}

fn select_header(connection: &Connection, seq: u64) -> Result<Header, StoreError> {
    let failed = |error| store_error("read a statement's terms", error);
    // Served by the primary key.
    let mut select =
        connection.prepare_cached("SELECT id, flags, target, terms FROM statement WHERE seq = ?1").map_err(failed)?;
    let mut rows = select.query([seq]).map_err(failed)?;
    let Some(row) = rows.next().map_err(failed)? else {
        return Err(corrupt(format!("statement, seq {seq}"), "the index names it, but it is missing"));
    };
    read_header(seq, row, 0)
}

/// Served by the primary key.
pub(crate) const SELECT_SEQ: &str = "SELECT seq FROM statement_id WHERE id = ?1";

/// The statement with this id, in the commit under way, the tail or the tables.
pub(crate) fn find_seq(
    connection: &Connection,
    tail: &Tail,
    pending: &Pending,
    id: Uuid,
) -> Result<Option<u64>, StoreError> {
    if let Some(seq) = pending.ids.get(&id).copied().or_else(|| tail.find_id(&id)) {
        return Ok(Some(seq));
    }
    let select = || connection.prepare_cached(SELECT_SEQ)?.query_row([id.as_bytes()], |row| row.get(0)).optional();
    select().map_err(|error| store_error("find a statement", error))
}

/// Whether the statement with this id voids another; `false` when there is none.
pub(crate) fn is_voiding(
    connection: &Connection,
    tail: &Tail,
    pending: &Pending,
    id: Uuid,
) -> Result<bool, StoreError> {
    let Some(seq) = find_seq(connection, tail, pending, id)? else { return Ok(false) };
    Ok(select_header(connection, seq)?.voids)
}

/// Enters a statement into `pending`, and lets it and others be found by what they refer to.
pub(crate) fn enter(
    connection: &Connection,
    tail: &Tail,
    pending: &mut Pending,
    filter: &ReferenceFilter,
    arrival: Arrival,
) -> Result<(), StoreError> {
    let seq = pending.next_seq();
    let Arrival { id, keys, target, voids } = arrival;
    let referred = filter.may_hold(id);
    pending.ids.insert(id, seq);
    if target.is_none() && !referred {
        pending.entries.push(Entry { id, keys });
        return Ok(());
    }
    let mut steps = vec![keys.iter().copied().filter(|key| is_inherited(*key)).collect::<Vec<u64>>()];
    pending.entries.push(Entry { id, keys });
    if let Some(target) = target {
        let void = follow(connection, tail, pending, (seq, target), &mut steps)?.filter(|_| voids);
        pending.voided.extend(void);
        for inherited in &steps[1..] {
            pending.add_keys(seq, inherited);
        }
    }
    if referred {
        lend(connection, pending, filter, (seq, id, voids), &steps)?;
    }
    Ok(())
}

/// Follows the references from a statement on, and adds what each step lends to `steps`. Returns the statement it refers to
/// directly, if it is there and can be voided.
fn follow(
    connection: &Connection,
    tail: &Tail,
    pending: &Pending,
    (seq, target): (u64, Uuid),
    steps: &mut Vec<Vec<u64>>,
) -> Result<Option<u64>, StoreError> {
    let mut visited = HashSet::from([seq]);
    let mut next = Some(target);
    let mut void = None;
    while let Some(id) = next.filter(|_| steps.len() <= REFERENCE_STEPS_MAX) {
        let Some(seq) = find_seq(connection, tail, pending, id)? else { break };
        if !visited.insert(seq) {
            break;
        }
        let header = select_header(connection, seq)?;
        if steps.len() == 1 && !header.voids {
            void = Some(seq);
        }
        steps.push(header.keys.into_iter().filter(|key| is_inherited(*key)).collect());
        next = header.target;
    }
    Ok(void)
}

/// Lends the terms of a statement, and of those it refers to (`steps`), to older statements that refer to it.
fn lend(
    connection: &Connection,
    pending: &mut Pending,
    filter: &ReferenceFilter,
    (arrived, id, voids): (u64, Uuid, bool),
    steps: &[Vec<u64>],
) -> Result<(), StoreError> {
    let mut visited = HashSet::from([arrived]);
    let mut targets = vec![id];
    for distance in 1..=REFERENCE_STEPS_MAX {
        let mut referring = Vec::new();
        for target in targets {
            for seq in select_referring(connection, target, arrived)? {
                if visited.insert(seq) {
                    referring.push((seq, select_header(connection, seq)?));
                }
            }
        }
        for (seq, header) in &referring {
            for lent in steps.iter().take(REFERENCE_STEPS_MAX + 1 - distance) {
                pending.add_keys(*seq, lent);
            }
            if distance == 1 && header.voids && !voids {
                pending.voided.push(arrived);
            }
        }
        targets = referring.iter().map(|(_, header)| header.id).filter(|id| filter.may_hold(*id)).collect();
        if targets.is_empty() {
            break;
        }
    }
    Ok(())
}

/// Served by the primary key.
pub(crate) const SELECT_REFERRING: &str = "SELECT seq FROM reference WHERE target = ?1 AND seq < ?2";

/// Statements before `before` that refer to `target`.
fn select_referring(connection: &Connection, target: Uuid, before: u64) -> Result<Vec<u64>, StoreError> {
    let select = || -> rusqlite::Result<Vec<u64>> {
        connection
            .prepare_cached(SELECT_REFERRING)?
            .query_map(rusqlite::params![target.as_bytes(), before], |row| row.get(0))?
            .collect()
    };
    select().map_err(|error| store_error("find references", error))
}
