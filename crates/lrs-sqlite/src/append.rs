//! Appends to the log: the writer's state, and what it does inside a commit.
//!
//! Whatever a commit adds to memory waits in [`Pending`] until the commit is durable, and is dropped when it is undone.

mod plan;

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use lrs_store::{Obstacle, Recorded, Restored, Seq, StoreError, UploadedAttachment};
use rusqlite::{Connection, params};
use uuid::Uuid;
use xapi::Timestamp;

use self::plan::Plan;
use crate::definitions::{Sayings, merge_definition, merge_names};
use crate::error::{store_error, unavailable};
use crate::merge::Merge;
use crate::metering::CommitMeters;
use crate::options::Access;
use crate::prepare::Prepared;
use crate::references::{Arrival, DEFINES_NOTHING, ReferenceFilter, TIMESTAMP_ADDED, UNWRITTEN, VOIDS, enter};
use crate::restore::Piece;
use crate::store::Shared;
use crate::tail::{Pending, Tail};
use crate::terms::{Terms, key};
use crate::unwritten::Unwritten;
use crate::wal::Wal;
use crate::{Options, attachments, postings};

/// Commits merge a generation in at most so many parts: a page of the index that is read and written for a few dozen statements
/// costs hardly more than for one.
const MERGE_PARTS_MAX: usize = 512;

/// The writer's state.
pub(crate) struct Appender {
    connection: Connection,
    shared: Arc<Shared>,
    terms: Terms,
    sayings: Sayings,
    filter: ReferenceFilter,
    stored: Timestamp,
    pending: Pending,
    /// What follows from the one statement of the commit under way, when that leaves it out.
    left_out: Option<Unwritten>,
    merge: Option<Merge>,
    wal: Wal,
    meters: CommitMeters,
    /// When the last commit of requests ended.
    rested_since: Instant,
    /// Statements that were appended since a part of a generation was merged with them.
    appended_since_merge: usize,
}

impl Appender {
    pub(crate) fn new(connection: Connection, shared: Arc<Shared>, filter: ReferenceFilter) -> Self {
        let wal = Wal::of(&connection, &shared.path);
        let meters = CommitMeters::new(&shared.options.lrs);
        Self {
            connection,
            shared,
            terms: Terms::new(),
            sayings: Sayings::new(),
            filter,
            stored: Timestamp(0),
            pending: Pending::default(),
            left_out: None,
            merge: None,
            wal,
            meters,
            rested_since: Instant::now(),
            appended_since_merge: 0,
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn options(&self) -> &Options {
        &self.shared.options
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The instant of the commit.
    pub(crate) fn stored(&self) -> Timestamp {
        self.stored
    }

    /// Begins a commit. Of one statement alone, it leaves out what follows from it; any other begins with what was left out before.
    pub(crate) fn begin(&mut self, is_of_one_statement: bool) -> Result<(), StoreError> {
        self.stored = self.shared.horizon.begin(self.shared.clock.now());
        self.pending = Pending { first: self.shared.tail().through() + 1, ..Pending::default() };
        self.execute("BEGIN IMMEDIATE").map_err(|error| store_error("begin a commit", error))?;
        let shared = Arc::clone(&self.shared);
        let unwritten = shared.unwritten();
        // The terms of a generation are in their table before their hashes are in theirs.
        let begins_to_merge = self.merge.is_none() && self.has_merging_to_do();
        let leaves_out = is_of_one_statement && !begins_to_merge && unwritten.has_room(self.pending.first);
        self.left_out = leaves_out.then(Unwritten::default);
        if leaves_out || unwritten.is_empty() {
            return Ok(());
        }
        unwritten.write(&self.connection, self.pending.first - 1)
    }

    /// Executes a statement that is prepared once.
    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Appends a batch. The outer error fails the whole commit, the inner one this batch alone.
    pub(crate) fn record(
        &mut self,
        statements: &[Prepared],
        attachments: &[UploadedAttachment],
    ) -> Result<Result<Recorded, StoreError>, StoreError> {
        let shared = Arc::clone(&self.shared);
        let tail = shared.tail();
        let new = match self.plan(&tail, statements) {
            Ok(Plan::Append { new }) => new,
            Ok(Plan::Refuse(recorded)) => return Ok(Ok(recorded)),
            Err(error) => return Ok(Err(error)),
        };
        attachments::record_attachments(&self.connection, attachments, self.stored)?;
        for (statement, _) in statements.iter().zip(&new).filter(|(_, new)| **new) {
            self.append(&tail, statement, self.stored)?;
        }
        Ok(Ok(Recorded::Stored { stored: self.stored, new: new.iter().filter(|new| **new).count() }))
    }

    /// Appends, in a commit of its own, what another log holds, with the instants that it was stored at, and merges all of the
    /// oldest sealed generation: nobody waits.
    pub(crate) fn replay(&mut self, statements: &[(Timestamp, Prepared)]) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        self.begin(false)?;
        for (stored, statement) in statements {
            self.stored = *stored;
            self.append(&shared.tail(), statement, self.stored)?;
        }
        self.merge_part(|total| total)?;
        self.commit()?;
        self.keep_up();
        Ok(())
    }

    /// Appends a piece of another LRS, after everything about it was checked. An error fails the whole commit.
    pub(crate) fn restore(&mut self, piece: &Piece) -> Result<Restored, StoreError> {
        let shared = Arc::clone(&self.shared);
        let tail = shared.tail();
        let new = match piece.find_new(&self.connection, &tail, &self.pending)? {
            Ok(new) => new,
            Err(seq) => return Ok(Restored::Differs(seq)),
        };
        for (statement, stored) in new {
            self.append(&tail, statement, *stored)?;
            // What this commit stores besides comes later in the log.
            self.stored = self.shared.horizon.pass(*stored);
        }
        piece.write_rest(&self.connection)?;
        self.sayings.clear();
        Ok(Restored::Done)
    }

    fn append(&mut self, tail: &Tail, statement: &Prepared, stored: Timestamp) -> Result<(), StoreError> {
        let seq = self.pending.next_seq();
        let mut keys = Vec::with_capacity(statement.terms.len());
        for (hash, term) in &statement.terms {
            let left_out = self.left_out.as_mut();
            let resolved = self.terms.resolve(&self.connection, tail, &mut self.pending, left_out, (*hash, term))?;
            keys.push(key(resolved, term.index));
        }
        keys.sort_unstable();
        keys.dedup();
        self.note_sayings(statement)?;
        self.insert(seq, &keys, statement, stored).map_err(|error| store_error("append a statement", error))?;
        if let Some(target) = statement.target {
            self.filter.insert(target);
        }
        let voided_before = self.pending.voided.len();
        let arrival = Arrival { id: statement.id, keys, target: statement.target, voids: statement.voids };
        enter(&self.connection, tail, &mut self.pending, &self.filter, arrival)?;
        for voided in &self.pending.voided[voided_before..] {
            self.connection
                .prepare_cached("INSERT OR IGNORE INTO voided(seq) VALUES (?1)")
                .and_then(|mut insert| insert.execute([voided]))
                .map_err(|error| store_error("void a statement", error))?;
        }
        Ok(())
    }

    fn note_sayings(&mut self, statement: &Prepared) -> Result<(), StoreError> {
        for said in &statement.definitions {
            if self.sayings.is_new_definition(said) {
                match &mut self.left_out {
                    Some(left_out) => left_out.define(&said.about, &said.text),
                    None => merge_definition(&self.connection, &said.about, &[&said.text])
                        .map_err(|error| store_error("merge a definition", error))?,
                }
            }
        }
        for said in &statement.names {
            if self.sayings.is_new_name(said) {
                match &mut self.left_out {
                    Some(left_out) => left_out.name(&said.about, &said.text),
                    None => merge_names(&self.connection, &said.about, &[&said.text])
                        .map_err(|error| store_error("note an agent's name", error))?,
                }
            }
        }
        Ok(())
    }

    fn insert(&self, seq: u64, keys: &[u64], statement: &Prepared, stored: Timestamp) -> rusqlite::Result<()> {
        let flags = [
            (statement.voids, VOIDS),
            (statement.timestamp_added, TIMESTAMP_ADDED),
            (!statement.defines, DEFINES_NOTHING),
            (self.left_out.as_ref().is_some_and(|left_out| !left_out.is_empty()), UNWRITTEN),
        ];
        let flags: u64 = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum();
        let terms = postings::encode(0, keys.iter().copied());
        self.connection
            .prepare_cached(
                "INSERT INTO statement(seq, stored, id, flags, target, terms, dictionary, body) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                seq,
                stored.0,
                statement.id.as_bytes(),
                flags,
                statement.target.as_ref().map(Uuid::as_bytes),
                terms,
                statement.dictionary,
                statement.body
            ])?;
        if let Some(target) = &statement.target {
            self.connection
                .prepare_cached("INSERT INTO reference(target, seq) VALUES (?1, ?2)")?
                .execute(params![target.as_bytes(), seq])?;
        }
        Ok(())
    }

    /// Merges a part of the oldest sealed generation, in proportion to what was appended since the last part: a generation is
    /// merged before the open one is half full. If two wait all the same, the oldest is finished here, and writers wait for it.
    pub(crate) fn merge_some(&mut self) -> Result<(), StoreError> {
        let per_generation = self.options().generation_statements_max as usize;
        self.appended_since_merge += self.pending.entries.len();
        // Half a generation of appended statements merges a whole one.
        if self.pending.entries.is_empty() || 2 * self.appended_since_merge * MERGE_PARTS_MAX < per_generation {
            return Ok(());
        }
        let appended = std::mem::take(&mut self.appended_since_merge);
        self.merge_part(|total| total.saturating_mul(2 * appended) / per_generation.max(1) + appended)
    }

    fn merge_part(&mut self, items_max: impl Fn(usize) -> usize) -> Result<(), StoreError> {
        let behind = {
            let tail = self.shared.tail();
            let Some((oldest, waiting)) = tail.oldest_sealed() else { return Ok(()) };
            if self.merge.is_none() {
                self.merge = Some(Merge::new(Arc::clone(oldest), Arc::clone(tail.ranges())));
            }
            waiting > 1
        };
        let Some(merge) = &mut self.merge else { return Ok(()) };
        let items_max = if behind { usize::MAX } else { items_max(merge.total()) };
        merge.advance(&self.connection, items_max)
    }

    /// Whether a sealed generation waits to be merged.
    pub(crate) fn has_merging_to_do(&self) -> bool {
        self.shared.tail().oldest_sealed().is_some()
    }

    /// Whether what follows from statements waits to be written.
    pub(crate) fn has_unwritten(&self) -> bool {
        !self.shared.unwritten().is_empty()
    }

    /// A commit that only merges, and writes what waits, so little that a request which arrives meanwhile hardly waits.
    pub(crate) fn merge_alone(&mut self) -> Result<(), StoreError> {
        const PARTS: usize = 400;
        let merged =
            self.begin(false).and_then(|()| self.merge_part(|total| total / PARTS + 1)).and_then(|()| self.commit());
        if merged.is_err() {
            self.roll_back();
        }
        self.keep_up();
        merged
    }

    /// Ends the commit: what it wrote is durable and visible.
    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        if self.connection.is_autocommit() {
            return Err(unavailable(Obstacle::CommitUndone));
        }
        self.execute("COMMIT").map_err(|error| store_error("commit", error))?;
        self.wal.note_commit();
        let pending = std::mem::take(&mut self.pending);
        // Before the statement can be found.
        self.publish_unwritten(pending.first);
        let mut tail = self.shared.tail.write().unwrap_or_else(PoisonError::into_inner);
        tail.publish(pending);
        let through = Seq(tail.through());
        if let Some(merge) = self.merge.take() {
            if merge.is_finished() {
                tail.forget_oldest();
            } else {
                self.merge = Some(merge.committed());
            }
        }
        drop(tail);
        self.shared.horizon.end(true);
        self.shared.log_end.send_if_modified(|end| std::mem::replace(end, through) != through);
        Ok(())
    }

    /// What the commit left out can be found from now on; if it wrote what others had left out, that is in the tables.
    fn publish_unwritten(&mut self, seq: u64) {
        let left_out = self.left_out.take();
        if left_out.as_ref().map_or_else(|| self.shared.unwritten().is_empty(), Unwritten::is_empty) {
            return;
        }
        let mut unwritten = self.shared.unwritten.write().unwrap_or_else(PoisonError::into_inner);
        match left_out {
            Some(left_out) => unwritten.append(seq, left_out),
            None => unwritten.forget(),
        }
    }

    /// Ends a commit that failed: nothing of it remains, in the database or in memory.
    pub(crate) fn roll_back(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(lrs = self.options().lrs, %error, "a failed commit could not be rolled back");
        }
        self.pending = Pending::default();
        self.left_out = None;
        self.terms.clear();
        self.sayings.clear();
        self.merge = self.merge.take().map(Merge::rolled_back);
        self.shared.horizon.end(false);
    }

    /// Whether there is something to do that no answer waits for; see [`Self::keep_up`].
    pub(crate) fn is_upkeep_due(&self) -> bool {
        self.wal.is_upkeep_due()
    }

    /// Keeps the write-ahead log in order; after the answers, so that nobody waits for it.
    pub(crate) fn keep_up(&mut self) {
        self.wal.keep_up(&self.connection, &self.shared.options.lrs);
    }

    /// For how long no request was committed.
    pub(crate) fn rested_for(&self) -> Duration {
        self.rested_since.elapsed()
    }

    /// Publishes figures about a commit of requests that ends now.
    pub(crate) fn report(&mut self, statements: usize, took: Duration, queue_depth: u64) {
        self.rested_since = Instant::now();
        let (through, indexed_through) = {
            let tail = self.shared.tail();
            (tail.through(), tail.indexed_through())
        };
        self.meters.report(statements, took, queue_depth, through, indexed_through);
    }

    /// The last thing the writer does: leaves one file, without a write-ahead log, if no reader is in the way.
    pub(crate) fn close(&mut self) {
        if self.options().access == Access::Beside {
            return;
        }
        if self.has_unwritten() {
            let written = self.begin(false).and_then(|()| self.commit());
            if let Err(error) = written {
                tracing::warn!(lrs = self.options().lrs, %error, "the next start reads the newest statements again");
                self.roll_back();
            }
        }
        let emptied = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = emptied {
            tracing::warn!(lrs = self.options().lrs, %error, "the write-ahead log was not emptied; the next start reads it");
        }
    }
}
