//! The first half of a commit: takes the lock and reads what the batches meet.

use std::collections::HashMap;
use std::time::Instant;

use deadpool_postgres::Object;
use futures_util::future::try_join_all;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

use super::plan::Met;
use super::{Attempt, OPERATION, Present, read_terms};
use crate::bodies;
use crate::definitions::{Said, Sayings};
use crate::error::{Fault, unavailable};
use crate::references::References;
use crate::schema::LOCK_CLASS;
use crate::store::{SELECT_PRESENT, Shared};
use crate::writer::Record;

/// The first half of a commit: takes the lock and reads what the batches meet.
pub(super) struct Reading<'a> {
    pub(super) shared: &'a Shared,
    pub(super) sayings: &'a Sayings,
    pub(super) connection: &'a Object,
    pub(super) now: Instant,
}

impl Reading<'_> {
    async fn prepared(&self, sql: &str) -> Result<Statement, Fault> {
        self.connection.prepare_cached(&self.shared.sql(sql)).await.map_err(|error| Fault::new(OPERATION, error))
    }

    /// One round trip, and one more if statements refer to others.
    pub(super) async fn read<'g>(&self, group: &'g [Record], attempt: Option<&Attempt>) -> Result<Met<'g>, Fault> {
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
            // By `statement_seq`. After the lock, so that nothing is between this and the commit; so is the present.
            (true, "SELECT seq, stored FROM $s.statement ORDER BY seq DESC LIMIT 1", &[]),
            (true, SELECT_PRESENT, &[&micros]),
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
        let (head, instant) = (next(1), next(2));
        let (present, references) = (next(3), next(4));
        let (stored_definitions, stored_names) = (next(5), next(6));
        let attempt_happened = !next(7).is_empty();

        let mut met = Met {
            attempt_happened,
            definitions,
            names: called,
            stored_definitions: stored_definitions.iter().map(|row| (row.get(0), row.get(1))).collect(),
            ..Met::default()
        };
        let (last_seq, last_stored) = head.first().map_or((0, i64::MIN), |row| (row.get(0), row.get(1)));
        let now: i64 = instant.first().ok_or_else(|| unavailable("the database's clock cannot be read"))?.get(0);
        met.last_seq = last_seq;
        // Later than the commit before, even when the clock is not.
        met.stored = now.max(last_stored.saturating_add(1));
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

const SELECT_REFERENCES: &str = "
    SELECT id, target, seq, voids FROM $s.reference
    WHERE id = ANY(ARRAY(SELECT id FROM $s.reference WHERE target = ANY($1)) || $2::uuid[]) ORDER BY id, step";
/// By the primary key of `activity`.
const SELECT_DEFINITIONS: &str = "SELECT activity, definition FROM $s.activity WHERE activity = ANY($1)";
/// By the primary key of `agent_name`.
const SELECT_NAMES: &str = "SELECT agent, name FROM $s.agent_name WHERE agent = ANY($1) ORDER BY agent, position";

fn read_present(row: &Row) -> Result<(Uuid, Present), Fault> {
    let (seq, dictionary, stored): (i64, i32, &[u8]) = (row.get(1), row.get(3), row.get(5));
    let body = bodies::restore(seq, dictionary, stored)?;
    Ok((row.get(0), Present { voids: row.get(2), timestamp_added: row.get(6), terms: read_terms(row.get(4)), body }))
}
