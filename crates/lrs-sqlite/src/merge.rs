//! Merging: a sealed generation is written into the index tables in the order of their keys, a part in each commit.
//!
//! A generation's range is stored with its first part and marked as merged with its last one. Until then readers find it in
//! memory, and a restart reads it again from the log and merges it from the beginning: every step may be repeated.

use std::sync::Arc;

use lrs_store::StoreError;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::error::{corrupt, store_error};
use crate::hash::short_hash;
use crate::postings::{decode, encode, unite};
use crate::tail::{Generation, Range};

/// The merging of one generation.
pub(crate) struct Merge {
    generation: Arc<Generation>,
    ranges: Arc<Vec<Range>>,
    steps: Vec<Step>,
    /// Steps that are in the database for good.
    done: usize,
    /// Steps that the commit under way has reached.
    reached: usize,
}

/// One row to write; in the order of the tables' keys.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Begin,
    Posting { key: u64 },
    Late { key: u64, generation: u64 },
    Id { id: Uuid, seq: u64 },
    Term { hash: i64, term: u64 },
    End,
}

impl Merge {
    /// Sorts a generation. `ranges` are those of all sealed generations.
    pub(crate) fn new(generation: Arc<Generation>, ranges: Arc<Vec<Range>>) -> Self {
        let mut steps: Vec<Step> = generation.postings.keys().map(|key| Step::Posting { key: *key }).collect();
        for (key, seqs) in &generation.late {
            let generations = seqs.iter().map(|seq| ranges.partition_point(|range| range.last < *seq) as u64);
            steps.extend(generations.map(|generation| Step::Late { key: *key, generation }));
        }
        steps.extend(generation.ids.iter().map(|(id, seq)| Step::Id { id: *id, seq: *seq }));
        let terms = generation.terms.iter();
        steps.extend(terms.map(|(hash, term)| Step::Term { hash: short_hash(*hash), term: *term }));
        steps.extend([Step::Begin, Step::End]);
        steps.sort_unstable();
        steps.dedup();
        Self { generation, ranges, steps, done: 0, reached: 0 }
    }

    /// How many rows the generation has.
    pub(crate) fn total(&self) -> usize {
        self.steps.len()
    }

    /// Whether the commit that ended wrote the last row.
    pub(crate) fn is_finished(&self) -> bool {
        self.reached == self.steps.len()
    }

    /// The commit that reached this far is durable.
    pub(crate) fn committed(self) -> Self {
        Self { done: self.reached, ..self }
    }

    /// The commit that reached this far was undone.
    pub(crate) fn rolled_back(self) -> Self {
        Self { reached: self.done, ..self }
    }

    /// Writes at most so many more rows.
    pub(crate) fn advance(&mut self, connection: &Connection, rows_max: usize) -> Result<(), StoreError> {
        let end = self.reached.saturating_add(rows_max).min(self.steps.len());
        for step in &self.steps[self.reached..end] {
            self.write(connection, step)?;
        }
        self.reached = end;
        Ok(())
    }

    fn write(&self, connection: &Connection, step: &Step) -> Result<(), StoreError> {
        let generation = &self.generation;
        let written = match step {
            Step::Begin => connection.execute(
                "INSERT OR REPLACE INTO generation(generation, first_seq, last_seq, last_term, merged) \
                 VALUES (?1, ?2, ?3, ?4, 0)",
                params![generation.number, generation.first, generation.last, generation.last_term],
            ),
            Step::Posting { key } => {
                let offsets = generation.postings[key].iter().map(|offset| u64::from(*offset));
                write_posting(connection, *key, generation.number, &encode(0, offsets))
            }
            Step::Late { key, generation: older } => return self.write_late(connection, *key, *older),
            Step::Id { id, seq } => connection
                .prepare_cached("INSERT OR REPLACE INTO statement_id(id, seq) VALUES (?1, ?2)")
                .and_then(|mut insert| insert.execute(params![id.as_bytes(), seq])),
            Step::Term { hash, term } => connection
                .prepare_cached("INSERT OR REPLACE INTO term_hash(hash, term) VALUES (?1, ?2)")
                .and_then(|mut insert| insert.execute([*hash, term.cast_signed()])),
            Step::End => connection.execute(
                "UPDATE generation SET merged = 1, last_term = ?2 WHERE generation = ?1",
                [generation.number, generation.last_term],
            ),
        };
        written.map(|_| ()).map_err(|error| store_error("merge the index", error))
    }

    /// Adds late statements to a row of an older generation, which is merged already.
    fn write_late(&self, connection: &Connection, key: u64, generation: u64) -> Result<(), StoreError> {
        let failed = |error| store_error("merge the index", error);
        let range = usize::try_from(generation).ok().and_then(|number| self.ranges.get(number));
        let Range { first, last } =
            range.copied().ok_or_else(|| crate::tail::out_of_step("a generation has no range"))?;
        let mut seqs = Vec::new();
        if let Some(row) = select_posting(connection, key, generation).map_err(failed)? {
            decode(first, &row, &mut seqs).map_err(|_| malformed_posting(key, generation))?;
        }
        let late: Vec<u64> =
            self.generation.late[&key].iter().copied().filter(|seq| (first..=last).contains(seq)).collect();
        unite(&mut seqs, &late);
        write_posting(connection, key, generation, &encode(first, seqs.into_iter())).map(|_| ()).map_err(failed)
    }
}

fn write_posting(connection: &Connection, key: u64, generation: u64, seqs: &[u8]) -> rusqlite::Result<usize> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO posting(key, generation, seqs) VALUES (?1, ?2, ?3)")?
        .execute(params![key, generation, seqs])
}

/// Served by the primary key.
pub(crate) const SELECT_POSTING: &str = "SELECT seqs FROM posting WHERE key = ?1 AND generation = ?2";

/// The statements of a generation under a key, as distances from the generation's first.
pub(crate) fn select_posting(connection: &Connection, key: u64, generation: u64) -> rusqlite::Result<Option<Vec<u8>>> {
    connection.prepare_cached(SELECT_POSTING)?.query_row([key, generation], |row| row.get(0)).optional()
}

/// A row of `posting` that is not a list of distances.
pub(crate) fn malformed_posting(key: u64, generation: u64) -> StoreError {
    corrupt(format!("posting.seqs, key {key}, generation {generation}"), "not a list of distances")
}
