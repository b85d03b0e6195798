//! The log against itself, and the index tables against the log.
//!
//! Recomputes, from the rows of `statement` alone, everything that the merged generations should hold: which statements each
//! key finds (its own, and over references what it refers to), the id of each statement, the hash of each term, and which
//! statements are voided. What is merged later is not looked at: the server reads that again from the log anyway. Only a
//! reference to a statement that is not merged yet may be indexed early, when both came in one commit, and need not be.

use std::collections::{BTreeMap, HashMap, HashSet};

use lrs_store::{Advice, Finding, REFERENCE_STEPS_MAX, Seen, StoreError, Subject};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::Faults;
use crate::bodies::Bodies;
use crate::error::store_error;
use crate::hash::{Name, short_hash};
use crate::merge::select_posting;
use crate::postings::decode;
use crate::recovery::read_hasher;
use crate::references::read_header;
use crate::terms::is_inherited;

fn failed(error: rusqlite::Error) -> StoreError {
    store_error("check the index", error)
}

/// The log: no gaps, growing instants, bodies that are JSON. By the primary key of `statement`.
pub(super) fn check_log(connection: &Connection, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    let bodies = Bodies::open(connection)?;
    let mut faults = Faults::default();
    let mut select =
        connection.prepare("SELECT seq, stored, dictionary, body FROM statement ORDER BY seq").map_err(failed)?;
    let mut rows = select.query([]).map_err(failed)?;
    let (mut last, mut last_stored) = (0, i64::MIN);
    while let Some(row) = rows.next().map_err(failed)? {
        let (seq, stored): (u64, i64) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        if seq != last + 1 {
            faults.add(format!("between seq {last} and {seq} statements are missing"));
        }
        if stored < last_stored {
            faults.add(format!("statement.stored, seq {seq}, is before the one in front of it"));
        }
        let dictionary: u32 = row.get(2).map_err(failed)?;
        let body = row.get_ref(3).map_err(failed)?.as_blob().unwrap_or_default();
        match bodies.restore(seq, dictionary, body) {
            Err(error) => faults.add(error.to_string()),
            Ok(body) => {
                if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&body) {
                    faults.add(format!("statement.body, seq {seq}, is not JSON: {error}"));
                }
            }
        }
        (last, last_stored) = (seq, stored);
    }
    let fine = Seen::in_words(format!("{last} statements can be read"));
    findings.push(faults.into_finding(Subject::Log, fine, Advice::Restore));
    Ok(())
}

/// The index tables.
pub(super) fn check_index(connection: &Connection, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    let mut faults = Faults::default();
    let generations = read_generations(connection).map_err(failed)?;
    let through = generations.last().map_or(0, |generation| generation.last);
    let ids = Ids { connection, through, unmerged: read_unmerged(connection, through).map_err(failed)? };
    let rows = count_postings(connection).map_err(failed)?;
    for generation in &generations {
        let expected = expect_generation(&ids, generation, &mut faults)?;
        check_generation(connection, generation, &expected, &mut faults)?;
        let found = rows.get(&generation.number).copied().unwrap_or(0);
        if found > expected.len() as u64 {
            faults.add(format!("generation {} has {found} rows of posting, not {}", generation.number, expected.len()));
        }
    }
    check_terms(connection, generations.last().map_or(0, |generation| generation.last_term), &mut faults)?;
    let fine = Seen::in_words(format!("it agrees with the log up to {through}"));
    findings.push(faults.into_finding(Subject::Index, fine, Advice::Repair));
    let mut faults = Faults::default();
    check_voided(&ids, &mut faults)?;
    let fine = Seen::in_words("they agree with the log");
    findings.push(faults.into_finding(Subject::VoidedStatements, fine, Advice::Repair));
    Ok(())
}

/// From ids to statements.
struct Ids<'a> {
    connection: &'a Connection,
    /// The last merged statement.
    through: u64,
    /// Statements behind it.
    unmerged: HashMap<Uuid, u64>,
}

impl Ids<'_> {
    /// The merged statement with an id; by the primary key of `statement_id`.
    fn find_merged(&self, id: Uuid) -> Result<Option<u64>, StoreError> {
        let select = || {
            self.connection
                .prepare_cached("SELECT seq FROM statement_id WHERE id = ?1 AND seq <= ?2")?
                .query_row(rusqlite::params![id.as_bytes(), self.through], |row| row.get(0))
                .optional()
        };
        select().map_err(failed)
    }

    fn find(&self, id: Uuid) -> Result<Option<u64>, StoreError> {
        self.unmerged.get(&id).map_or_else(|| self.find_merged(id), |seq| Ok(Some(*seq)))
    }
}

/// By the primary key of `statement`.
fn read_unmerged(connection: &Connection, through: u64) -> rusqlite::Result<HashMap<Uuid, u64>> {
    let mut select = connection.prepare("SELECT id, seq FROM statement WHERE seq > ?1")?;
    select.query_map([through], |row| Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?)))?.collect()
}

struct Merged {
    number: u64,
    first: u64,
    last: u64,
    last_term: u64,
}

/// The generations that are merged, which are the first ones.
fn read_generations(connection: &Connection) -> rusqlite::Result<Vec<Merged>> {
    let mut select = connection.prepare(
        "SELECT generation, first_seq, last_seq, last_term FROM generation WHERE merged = 1 ORDER BY generation",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Merged { number: row.get(0)?, first: row.get(1)?, last: row.get(2)?, last_term: row.get(3)? })
    };
    select.query_map([], read)?.collect()
}

/// Rows of each generation; reads the whole table once.
fn count_postings(connection: &Connection) -> rusqlite::Result<HashMap<u64, u64>> {
    let mut select = connection.prepare("SELECT generation, count(*) FROM posting GROUP BY generation")?;
    select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// What a key should find in a generation.
#[derive(Default)]
struct Expected {
    /// Ascending.
    must: Vec<u64>,
    /// Ascending; indexed early, or not.
    may: Vec<u64>,
}

/// What a generation should hold. Looks each id up on the way. By the primary key of `statement`.
fn expect_generation(
    ids: &Ids<'_>,
    generation: &Merged,
    faults: &mut Faults,
) -> Result<BTreeMap<u64, Expected>, StoreError> {
    let mut expected: BTreeMap<u64, Expected> = BTreeMap::new();
    let mut select = ids
        .connection
        .prepare("SELECT seq, id, flags, target, terms FROM statement WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq")
        .map_err(failed)?;
    let mut rows = select.query([generation.first, generation.last]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let seq: u64 = row.get(0).map_err(failed)?;
        let header = read_header(seq, row, 1)?;
        if ids.find_merged(header.id)? != Some(seq) {
            faults.add(format!("statement_id does not lead to seq {seq}"));
        }
        let mut must: HashSet<u64> = header.keys.iter().copied().collect();
        let mut may = HashSet::new();
        inherit(ids, (seq, header.target), &mut must, &mut may)?;
        for key in may.difference(&must) {
            expected.entry(*key).or_default().may.push(seq);
        }
        for key in must {
            expected.entry(key).or_default().must.push(seq);
        }
    }
    Ok(expected)
}

/// Adds what a statement is found by because of what it refers to: as far as all of the way is merged it must be, beyond it
/// may be.
fn inherit(
    ids: &Ids<'_>,
    (seq, target): (u64, Option<Uuid>),
    must: &mut HashSet<u64>,
    may: &mut HashSet<u64>,
) -> Result<(), StoreError> {
    let mut visited = HashSet::from([seq]);
    let mut merged = true;
    let mut next = target;
    while let Some(id) = next.filter(|_| visited.len() <= REFERENCE_STEPS_MAX) {
        let Some(seq) = ids.find(id)? else { break };
        if !visited.insert(seq) {
            break;
        }
        merged = merged && seq <= ids.through;
        // By the primary key of `statement`.
        let mut select = ids
            .connection
            .prepare_cached("SELECT id, flags, target, terms FROM statement WHERE seq = ?1")
            .map_err(failed)?;
        let mut rows = select.query([seq]).map_err(failed)?;
        let Some(row) = rows.next().map_err(failed)? else { break };
        let header = read_header(seq, row, 0)?;
        let keys = if merged { &mut *must } else { &mut *may };
        keys.extend(header.keys.into_iter().filter(|key| is_inherited(*key)));
        next = header.target;
    }
    Ok(())
}

/// Compares a generation's rows with what they should be.
fn check_generation(
    connection: &Connection,
    generation: &Merged,
    expected: &BTreeMap<u64, Expected>,
    faults: &mut Faults,
) -> Result<(), StoreError> {
    for (key, Expected { must, may }) in expected {
        let place = || format!("posting.seqs, key {key}, generation {}", generation.number);
        let Some(row) = select_posting(connection, *key, generation.number).map_err(failed)? else {
            if !must.is_empty() {
                faults.add(format!("{}, is missing", place()));
            }
            continue;
        };
        let mut found = Vec::with_capacity(must.len());
        if decode(generation.first, &row, &mut found).is_err() {
            faults.add(format!("{}, is not a list", place()));
            continue;
        }
        let missing = must.iter().filter(|seq| found.binary_search(seq).is_err()).count();
        let is_foreign = |seq: &&u64| must.binary_search(seq).is_err() && may.binary_search(seq).is_err();
        let foreign = found.iter().filter(is_foreign).count();
        if missing + foreign > 0 {
            faults.add(format!("{}, lacks {missing} statements and has {foreign} that do not belong", place()));
        }
    }
    Ok(())
}

/// Each merged term is found by its hash. By the primary keys of `term` and `term_hash`.
fn check_terms(connection: &Connection, last_term: u64, faults: &mut Faults) -> Result<(), StoreError> {
    let hasher = read_hasher(connection)?;
    let mut select =
        connection.prepare("SELECT term, name FROM term WHERE term <= ?1 ORDER BY term").map_err(failed)?;
    let mut find =
        connection.prepare("SELECT EXISTS (SELECT 1 FROM term_hash WHERE hash = ?1 AND term = ?2)").map_err(failed)?;
    let mut rows = select.query([last_term]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let term: u64 = row.get(0).map_err(failed)?;
        let hash = match row.get_ref(1).map_err(failed)? {
            ValueRef::Blob(_) => hasher.hash_uuid(Uuid::from_bytes(row.get(1).map_err(failed)?)),
            name => hasher.hash_name(&Name::Text(name.as_str().unwrap_or_default())),
        };
        let found: bool =
            find.query_row(rusqlite::params![short_hash(hash), term], |row| row.get(0)).map_err(failed)?;
        if !found {
            faults.add(format!("term_hash does not lead to term {term}"));
        }
    }
    Ok(())
}

/// `voided` holds exactly what voiding statements name, unless that voids itself. By the primary key of `statement`.
fn check_voided(ids: &Ids<'_>, faults: &mut Faults) -> Result<(), StoreError> {
    let mut named: Vec<Uuid> = Vec::new();
    let mut voiding: HashSet<u64> = HashSet::new();
    let mut select =
        ids.connection.prepare("SELECT seq, id, flags, target, terms FROM statement ORDER BY seq").map_err(failed)?;
    let mut rows = select.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let seq: u64 = row.get(0).map_err(failed)?;
        let header = read_header(seq, row, 1)?;
        if header.voids {
            voiding.insert(seq);
            named.extend(header.target);
        }
    }
    let mut expected = HashSet::new();
    for id in named {
        expected.extend(ids.find(id)?.filter(|seq| !voiding.contains(seq)));
    }
    let mut select = ids.connection.prepare("SELECT seq FROM voided").map_err(failed)?;
    let found = select.query_map([], |row| row.get(0)).and_then(Iterator::collect::<rusqlite::Result<HashSet<u64>>>);
    for seq in found.map_err(failed)?.symmetric_difference(&expected) {
        let state = if expected.contains(seq) { "is not voided, but should be" } else { "is voided by no statement" };
        faults.add(format!("seq {seq} {state}"));
    }
    Ok(())
}
