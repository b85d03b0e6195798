//! Appends to the log: one transaction for all batches that wait, under the lock that all processes share.
//!
//! Round trips, whatever the size: one that takes the lock and reads what the batches meet, one more if statements refer to
//! others, one that writes and commits. Each is a pipeline of several statements of SQL.

mod horizon;
mod plan;
mod read;

use std::sync::Arc;
use std::time::Instant;

use deadpool_postgres::Object;
use futures_util::future::join_all;
use lrs_store::{Obstacle, Recorded, StoreError};
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;
use uuid::Uuid;
use xapi::{CompletedStatement, Index};

pub(crate) use self::horizon::{Horizon, consistent_through, last_seq};
pub(crate) use self::plan::{Met, Plan};
use self::read::Reading;
use crate::attachments;
use crate::bodies;
use crate::definitions::{Said, Sayings};
use crate::error::{Fault, unavailable};
use crate::hash::NameHasher;
use crate::replicas::Floor;
use crate::store::Shared;
use crate::writer::Record;

const OPERATION: &str = "record statements";
/// A transaction that the server undoes, or whose connection breaks, is tried so often in all.
const TRIES_MAX: usize = 5;
/// Of these, with connections that turned out to be broken; after a restart of the database all in the pool are.
const LOST_MAX: usize = 4;

/// A statement, hashed and compressed by whoever sends it.
pub(crate) struct Prepared {
    pub(crate) id: Uuid,
    pub(crate) target: Option<Uuid>,
    pub(crate) voids: bool,
    /// See [`CompletedStatement::timestamp_added`].
    pub(crate) timestamp_added: bool,
    /// See [`CompletedStatement::defines`].
    pub(crate) defines: bool,
    /// Its keys that statements which refer to it inherit.
    pub(crate) terms: Vec<Uuid>,
    /// Its other keys: the authority.
    pub(crate) own_terms: Vec<Uuid>,
    pub(crate) definitions: Vec<Said>,
    pub(crate) names: Vec<Said>,
    pub(crate) body: Vec<u8>,
    pub(crate) compressed: Vec<u8>,
}

/// Prepares a batch.
pub(crate) fn prepare(hasher: &NameHasher, statements: Vec<CompletedStatement>) -> Result<Vec<Prepared>, StoreError> {
    let prepare = |statement: CompletedStatement| {
        let (own, terms): (Vec<_>, Vec<_>) = statement.terms.iter().partition(|term| term.index == Index::Authority);
        Ok(Prepared {
            id: statement.id.0,
            target: statement.target.map(|id| id.0),
            voids: statement.voids,
            timestamp_added: statement.timestamp_added,
            defines: statement.defines,
            terms: terms.into_iter().map(|term| hasher.hash_term(term)).collect(),
            own_terms: own.into_iter().map(|term| hasher.hash_term(term)).collect(),
            definitions: statement.definitions.into_iter().map(|it| Said::new(hasher, it)).collect(),
            names: statement.names.into_iter().map(|it| Said::new(hasher, it)).collect(),
            compressed: bodies::compress(&statement.body)?,
            body: statement.body,
        })
    };
    statements.into_iter().map(prepare).collect()
}

/// A commit whose answer was lost: what would have been answered, and how to see whether it happened.
struct Attempt {
    id: Uuid,
    stored: i64,
    recorded: Vec<Recorded>,
}

/// The writer's state.
pub(crate) struct Appender {
    shared: Arc<Shared>,
    sayings: Sayings,
}

impl Appender {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, sayings: Sayings::new() }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Records these batches in one commit, each whole or not at all. What the server undoes is tried again; when the
    /// connection breaks in the commit, a new one finds out whether it happened.
    pub(crate) async fn record(&mut self, group: &[Record]) -> Result<Vec<Recorded>, StoreError> {
        let mut attempt = None;
        let mut lost = 0;
        for _ in 0..TRIES_MAX {
            let connection = match self.shared.pools.writer(OPERATION).await {
                Ok(connection) => connection,
                Err(error) if lost < LOST_MAX && lost > 0 => {
                    lost += 1;
                    tracing::debug!(%error, "no connection yet");
                    continue;
                }
                Err(error) => return Err(error),
            };
            match self.try_record(&connection, group, &mut attempt).await {
                Ok(recorded) => return Ok(recorded),
                Err(fault) => {
                    // A connection in an unknown state is not used again; the server undoes what it had begun.
                    drop(Object::take(connection));
                    match fault {
                        Fault::Lost(error) if lost >= LOST_MAX => return Err(error),
                        Fault::Lost(_) => lost += 1,
                        Fault::Conflicted(error) => tracing::debug!(%error, "trying a commit again"),
                        Fault::Failed(error) => return Err(error),
                    }
                }
            }
        }
        Err(unavailable(Obstacle::Transactions))
    }

    /// Takes the lock and reads what these statements meet, so that [`Appender::write`] can follow.
    pub(crate) async fn meet<'g>(&self, connection: &Object, group: &'g [Record]) -> Result<Met<'g>, Fault> {
        let now = Instant::now();
        Reading { shared: &self.shared, sayings: &self.sayings, connection, now }.read(group, None).await
    }

    async fn try_record(
        &mut self,
        connection: &Object,
        group: &[Record],
        attempt: &mut Option<Attempt>,
    ) -> Result<Vec<Recorded>, Fault> {
        let now = Instant::now();
        let met = Reading { shared: &self.shared, sayings: &self.sayings, connection, now }
            .read(group, attempt.as_ref())
            .await?;
        if met.attempt_happened
            && let Some(attempt) = attempt.take()
        {
            connection.batch_execute("ROLLBACK").await.map_err(|error| Fault::new(OPERATION, error))?;
            self.shared.horizon.raise(Floor { seq: met.last_seq, ..Floor::default() });
            return Ok(attempt.recorded);
        }
        let last_seq = met.last_seq;
        let plan = Plan::new(group, met);
        let acknowledged = Floor { seq: plan.seqs.last().copied().unwrap_or(last_seq), ..Floor::default() };
        let recorded = plan.recorded.clone();
        if plan.is_empty() {
            connection.batch_execute("ROLLBACK").await.map_err(|error| Fault::new(OPERATION, error))?;
            self.shared.horizon.raise(acknowledged);
            return Ok(recorded);
        }
        if let Some(id) = plan.ids.first() {
            *attempt = Some(Attempt { id: *id, stored: plan.stored, recorded: recorded.clone() });
        }
        self.write(connection, group, &plan).await?;
        self.sayings.learn(&plan.said, now);
        self.shared.horizon.raise(acknowledged);
        Ok(recorded)
    }

    /// One round trip: all rows, and the commit.
    pub(crate) async fn write(&self, connection: &Object, group: &[Record], plan: &Plan<'_>) -> Result<(), Fault> {
        let shared = &self.shared;
        let (digests, sizes, others) = attachments::rows(group, &plan.recorded);
        let (posted, referred, said) = (&plan.postings, &plan.references, &plan.said);
        let count = plan.ids.len();
        let insert_statements = shared.sql(
            "INSERT INTO $s.statement (seq, stored, id, target, voids, voided, timestamp_added, defines, dictionary, terms, body)
             SELECT seq, stored, id, target, voids, voided, timestamp_added, defines, 0, terms, body
             FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::uuid[], $5::boolean[], $6::boolean[],
                 $7::boolean[], $8::boolean[], $9::bytea[], $10::bytea[])
                 AS t(seq, stored, id, target, voids, voided, timestamp_added, defines, terms, body)",
        );
        let insert_postings = shared.sql(
            "INSERT INTO $s.posting (key, id, seq)
             SELECT key, id, seq FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS t(key, id, seq)",
        );
        let insert_references = shared.sql(
            "INSERT INTO $s.reference (id, target, seq, step, voids)
             SELECT id, target, seq, step, voids
             FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::integer[], $5::boolean[])
                 AS t(id, target, seq, step, voids)",
        );
        // By the primary key of `statement`.
        let void = shared.sql("UPDATE $s.statement SET voided = true WHERE id = ANY($1)");
        let define = shared.sql(
            "INSERT INTO $s.activity (activity, id, definition)
             SELECT activity, id, definition FROM unnest($1::uuid[], $2::bytea[], $3::text[])
                 AS t(activity, id, definition)
             ON CONFLICT (activity) DO UPDATE SET definition = excluded.definition",
        );
        let name = shared.sql(
            "INSERT INTO $s.agent_name (agent, position, name)
             SELECT agent, position, name FROM unnest($1::uuid[], $2::integer[], $3::bytea[])
                 AS t(agent, position, name)",
        );
        let keep = shared.sql(
            "INSERT INTO $s.attachment (sha256, size_bytes)
             SELECT sha256, size_bytes FROM unnest($1::text[], $2::bigint[]) AS t(sha256, size_bytes)
             ON CONFLICT (sha256) DO NOTHING",
        );
        let keep_digests = shared.sql(
            "INSERT INTO $s.attachment_digest (sha2, sha256)
             SELECT sha2, sha256 FROM unnest($1::text[], $2::text[]) AS t(sha2, sha256)
             ON CONFLICT (sha2) DO NOTHING",
        );
        let writes: [Write<'_>; 8] = [
            (
                count,
                &insert_statements,
                &[
                    &plan.seqs,
                    &plan.stored_at,
                    &plan.ids,
                    &plan.targets,
                    &plan.voids,
                    &plan.voided,
                    &plan.timestamp_added,
                    &plan.defines,
                    &plan.terms,
                    &plan.bodies,
                ],
            ),
            (posted.keys.len(), &insert_postings, &[&posted.keys, &posted.ids, &posted.seqs]),
            (
                referred.ids.len(),
                &insert_references,
                &[&referred.ids, &referred.targets, &referred.seqs, &referred.steps, &referred.voids],
            ),
            (plan.void.len(), &void, &[&plan.void]),
            (said.activities.len(), &define, &[&said.activities, &said.activity_ids, &said.definitions]),
            (said.agents.len(), &name, &[&said.agents, &said.positions, &said.names]),
            (digests.len(), &keep, &[&digests, &sizes]),
            (others.0.len(), &keep_digests, &[&others.0, &others.1]),
        ];
        write_and_commit(connection, &writes).await
    }
}

/// How many rows, the SQL, and its arguments.
type Write<'a> = (usize, &'a str, &'a [&'a (dyn ToSql + Sync)]);

/// Sends everything before it waits. After a failed statement the commit undoes the transaction, so the first error counts.
async fn write_and_commit(connection: &Object, writes: &[Write<'_>]) -> Result<(), Fault> {
    let failed = |error| Fault::new(OPERATION, error);
    let mut prepared: Vec<(Statement, &[&(dyn ToSql + Sync)])> = Vec::new();
    for (_, sql, arguments) in writes.iter().filter(|(rows, _, _)| *rows > 0) {
        prepared.push((connection.prepare_cached(sql).await.map_err(failed)?, arguments));
    }
    let writing = join_all(prepared.iter().map(|(statement, arguments)| connection.execute(statement, arguments)));
    let (written, committed) = futures_util::join!(writing, connection.batch_execute("COMMIT"));
    for outcome in written {
        outcome.map_err(failed)?;
    }
    committed.map_err(failed)
}

/// A statement that a batch meets in the log.
pub(crate) struct Present {
    pub(crate) voids: bool,
    pub(crate) timestamp_added: bool,
    pub(crate) terms: Vec<Uuid>,
    pub(crate) body: Vec<u8>,
}

/// Keys from column `terms`.
pub(crate) fn read_terms(bytes: &[u8]) -> Vec<Uuid> {
    bytes.chunks_exact(16).filter_map(|key| Uuid::from_slice(key).ok()).collect()
}

/// Keys for column `terms`.
fn write_terms(terms: &[Uuid]) -> Vec<u8> {
    terms.iter().flat_map(|key| key.into_bytes()).collect()
}
