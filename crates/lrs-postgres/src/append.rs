//! Appends to the log: one transaction for all batches that wait, under the lock that all processes share.
//!
//! Round trips, whatever the size: one that takes the lock and reads what the batches meet, one more if statements refer to
//! others, one that writes and commits. Each is a pipeline of several statements of SQL.

mod plan;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use deadpool_postgres::Object;
use futures_util::future::{join_all, try_join_all};
use lrs_store::{Recorded, StoreError};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;
use xapi::{CompletedStatement, Index, Timestamp};

use self::plan::{Met, Plan};
use crate::attachments;
use crate::bodies;
use crate::definitions::{Said, Sayings};
use crate::error::{Fault, store_error, unavailable};
use crate::hash::NameHasher;
use crate::references::References;
use crate::schema::LOCK_CLASS;
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
        for record in group {
            attachments::install(&self.shared, &record.attachments).await?;
        }
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
        Err(unavailable("other transactions are in the way of this LRS's log: check for long ones"))
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
            return Ok(attempt.recorded);
        }
        let plan = Plan::new(group, met);
        let recorded = plan.recorded.clone();
        if plan.is_empty() {
            connection.batch_execute("ROLLBACK").await.map_err(|error| Fault::new(OPERATION, error))?;
            return Ok(recorded);
        }
        if let Some(id) = plan.ids.first() {
            *attempt = Some(Attempt { id: *id, stored: plan.stored, recorded: recorded.clone() });
        }
        self.write(connection, group, &plan).await?;
        self.sayings.learn(&plan.said, now);
        Ok(recorded)
    }

    /// One round trip: all rows, and the commit.
    async fn write(&self, connection: &Object, group: &[Record], plan: &Plan<'_>) -> Result<(), Fault> {
        let shared = &self.shared;
        let (digests, sizes, others) = attachments::rows(group, &plan.recorded);
        let (posted, referred, said) = (&plan.postings, &plan.references, &plan.said);
        let count = plan.ids.len();
        let stored = vec![plan.stored; count];
        let insert_statements = shared.sql(
            "INSERT INTO $s.statement (seq, stored, id, target, voids, voided, timestamp_added, dictionary, terms, body)
             SELECT seq, stored, id, target, voids, voided, timestamp_added, 0, terms, body
             FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::uuid[], $5::boolean[], $6::boolean[],
                 $7::boolean[], $8::bytea[], $9::bytea[])
                 AS t(seq, stored, id, target, voids, voided, timestamp_added, terms, body)",
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
                    &stored,
                    &plan.ids,
                    &plan.targets,
                    &plan.voids,
                    &plan.voided,
                    &plan.timestamp_added,
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

/// The first half of a commit: takes the lock and reads what the batches meet.
struct Reading<'a> {
    shared: &'a Shared,
    sayings: &'a Sayings,
    connection: &'a Object,
    now: Instant,
}

impl Reading<'_> {
    async fn prepared(&self, sql: &str) -> Result<Statement, Fault> {
        self.connection.prepare_cached(&self.shared.sql(sql)).await.map_err(|error| Fault::new(OPERATION, error))
    }

    /// One round trip, and one more if statements refer to others.
    async fn read<'g>(&self, group: &'g [Record], attempt: Option<&Attempt>) -> Result<Met<'g>, Fault> {
        let statements = || group.iter().flat_map(|record| &record.statements);
        let ids: Vec<Uuid> = statements().map(|it| it.id).collect();
        let targets: Vec<Uuid> = statements().filter_map(|it| it.target).collect();
        let named: Vec<Uuid> = ids.iter().chain(&targets).copied().collect();
        let definitions: Vec<&Said> = statements()
            .flat_map(|it| &it.definitions)
            .filter(|said| self.sayings.is_new_definition(said, self.now))
            .collect();
        let called: Vec<&Said> =
            statements().flat_map(|it| &it.names).filter(|said| self.sayings.is_new_name(said)).collect();
        let about = |said: &[&Said]| said.iter().map(|it| it.about_hash).collect::<Vec<Uuid>>();
        let (activities, agents) = (about(&definitions), about(&called));
        let micros = self.shared.time.micros();
        let (attempt_id, attempt_stored) = attempt.map_or((Uuid::nil(), 0), |it| (it.id, it.stored));

        let number = self.shared.number;
        let wanted: [(bool, &str, &[&(dyn ToSql + Sync)]); 8] = [
            (true, "SELECT pg_advisory_xact_lock($1, $2)", &[&LOCK_CLASS, &number]),
            // By `statement_seq`. After the lock, so that nothing is between this and the commit.
            (true, SELECT_HEAD, &[&micros]),
            // By the primary key of `statement`.
            (
                true,
                "SELECT id, seq, voids, dictionary, terms, body, timestamp_added FROM $s.statement WHERE id = ANY($1)",
                &[&named],
            ),
            // By `reference_target` and the primary key of `reference`.
            (true, SELECT_REFERENCES, &[&ids, &targets]),
            (!activities.is_empty(), SELECT_DEFINITIONS, &[&activities]),
            (!agents.is_empty(), SELECT_NAMES, &[&agents]),
            // By the primary key of `statement`.
            (
                attempt.is_some(),
                "SELECT 1 FROM $s.statement WHERE id = $1 AND stored = $2",
                &[&attempt_id, &attempt_stored],
            ),
            (false, "", &[]),
        ];
        let mut prepared = Vec::with_capacity(wanted.len());
        for (_, sql, _) in wanted.iter().filter(|(wanted, _, _)| *wanted) {
            prepared.push(self.prepared(sql).await?);
        }
        let failed = |error| Fault::new(OPERATION, error);
        let arguments = wanted.iter().filter(|(wanted, _, _)| *wanted).map(|(_, _, arguments)| *arguments);
        let reads =
            prepared.iter().zip(arguments).map(|(statement, arguments)| self.connection.query(statement, arguments));
        let begin = self.connection.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED");
        let (started, read) = futures_util::join!(begin, try_join_all(reads));
        started.map_err(failed)?;
        let mut answers = read.map_err(failed)?.into_iter();
        let mut next = |index: usize| if wanted[index].0 { answers.next().unwrap_or_default() } else { Vec::new() };
        let _locked = next(0);
        let (head, present, references) = (next(1), next(2), next(3));
        let (stored_definitions, stored_names) = (next(4), next(5));
        let attempt_happened = !next(6).is_empty();

        let mut met = Met {
            attempt_happened,
            definitions,
            names: called,
            stored_definitions: stored_definitions.iter().map(|row| (row.get(0), row.get(1))).collect(),
            ..Met::default()
        };
        let head = head.first().ok_or_else(|| unavailable("the log's head cannot be read"))?;
        met.last_seq = head.get::<_, Option<i64>>(0).unwrap_or(0);
        met.stored = head.get(1);
        for row in &stored_names {
            met.stored_names.entry(row.get(0)).or_default().push(row.get(1));
        }
        for row in &references {
            met.references.learn(row.get(0), row.get(1), row.get(2), row.get(3));
        }
        met.present = present.iter().map(read_present).collect::<Result<HashMap<_, _>, _>>()?;
        for (id, present) in &met.present {
            met.references.learn_terms(*id, present.terms.clone());
        }
        self.read_terms(&mut met.references).await?;
        Ok(met)
    }

    /// The terms of statements that others lead to. By the primary key of `statement`.
    async fn read_terms(&self, references: &mut References) -> Result<(), Fault> {
        let unknown = references.unknown();
        if unknown.is_empty() {
            return Ok(());
        }
        let select = self.prepared("SELECT id, terms FROM $s.statement WHERE id = ANY($1)").await?;
        let rows = self.connection.query(&select, &[&unknown]).await;
        for row in rows.map_err(|error| Fault::new(OPERATION, error))? {
            references.learn_terms(row.get(0), read_terms(row.get(1)));
        }
        Ok(())
    }
}

/// The last position, and the instant of this commit: later than the one before, even when the clock is not.
const SELECT_HEAD: &str = "
    SELECT seq, greatest(
        stored + 1, coalesce($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint))
    FROM (SELECT 1) AS one LEFT JOIN (SELECT seq, stored FROM $s.statement ORDER BY seq DESC LIMIT 1) AS last ON true";
const SELECT_REFERENCES: &str = "
    SELECT id, target, seq, voids FROM $s.reference
    WHERE id = ANY(ARRAY(SELECT id FROM $s.reference WHERE target = ANY($1)) || $2::uuid[]) ORDER BY id, step";
/// By the primary key of `activity`.
const SELECT_DEFINITIONS: &str = "SELECT activity, definition FROM $s.activity WHERE activity = ANY($1)";
/// By the primary key of `agent_name`.
const SELECT_NAMES: &str = "SELECT agent, name FROM $s.agent_name WHERE agent = ANY($1) ORDER BY agent, position";

/// A statement that a batch meets in the log.
pub(crate) struct Present {
    pub(crate) voids: bool,
    pub(crate) timestamp_added: bool,
    pub(crate) terms: Vec<Uuid>,
    pub(crate) body: Vec<u8>,
}

fn read_present(row: &Row) -> Result<(Uuid, Present), Fault> {
    let (seq, dictionary, stored): (i64, i32, &[u8]) = (row.get(1), row.get(3), row.get(5));
    let body = bodies::restore(seq, dictionary, stored)?;
    Ok((row.get(0), Present { voids: row.get(2), timestamp_added: row.get(6), terms: read_terms(row.get(4)), body }))
}

/// Keys from column `terms`.
pub(crate) fn read_terms(bytes: &[u8]) -> Vec<Uuid> {
    bytes.chunks_exact(16).filter_map(|key| Uuid::from_slice(key).ok()).collect()
}

/// Keys for column `terms`.
fn write_terms(terms: &[Uuid]) -> Vec<u8> {
    terms.iter().flat_map(|key| key.into_bytes()).collect()
}

/// The instant of the last commit that is visible, or a later one before which none will come: when nobody holds the log's
/// lock, the present is one. By `statement_seq`.
pub(crate) async fn consistent_through(shared: &Shared, connection: &Object) -> Result<Timestamp, Fault> {
    let failed = |error| Fault::new("read the log's horizon", error);
    let sql = shared.sql(
        "SELECT CASE WHEN pg_try_advisory_xact_lock_shared($1, $2)
             THEN coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) - 1 END",
    );
    let statement = connection.prepare_cached(&sql).await.map_err(failed)?;
    let last = connection
        .prepare_cached(&shared.sql("SELECT stored FROM $s.statement ORDER BY seq DESC LIMIT 1"))
        .await
        .map_err(failed)?;
    let micros = shared.time.micros();
    let number = shared.number;
    let arguments: [&(dyn ToSql + Sync); 3] = [&LOCK_CLASS, &number, &micros];
    // In this order: what the first one promises, the second one's snapshot sees.
    let (quiet, last) =
        futures_util::join!(connection.query_one(&statement, &arguments), connection.query_opt(&last, &[]));
    let quiet: Option<i64> = quiet.map_err(failed)?.get(0);
    let last: Option<i64> = last.map_err(failed)?.map(|row| row.get(0));
    // While the first commit is under way, all that can be promised is that nothing was stored long ago.
    Ok(Timestamp(quiet.max(last).unwrap_or(0)))
}

/// The last position of the log. By `statement_seq`.
pub(crate) async fn last_seq(shared: &Shared, connection: &Object) -> Result<i64, Fault> {
    let sql = shared.sql("SELECT seq FROM $s.statement ORDER BY seq DESC LIMIT 1");
    let row = connection.query_opt(&sql, &[]).await;
    let row = row.map_err(|error| Fault::Failed(store_error("read the log's end", error)))?;
    Ok(row.map_or(0, |row| row.get(0)))
}
