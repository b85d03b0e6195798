//! The tables of one LRS and of the server, and the steps that lead to them. Steps only go forward, work while the previous release runs,
//! and never rewrite or lock a big table. Nothing here that Citus cannot run; every unique key of a statement table has its id.

use std::time::Duration;

use lrs_store::StoreError;
use tokio_postgres::{GenericClient, Transaction};

use crate::OpenError;
use crate::error::store_error;

/// The first half of every advisory lock of Lyceum ("LYC"), so that another program's locks in the same database do not meet them.
pub(crate) const LOCK_CLASS: i32 = 0x4c_5943;
/// The second half, while the schema changes. LRSs have their positive number.
const LOCK_MIGRATION: i32 = 0;
/// A step that cannot have its lock soon gives up, rather than hold up everybody who queues behind it.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// The schema `lyceum`: LRSs and keys of the server. `change` counts, so that processes notice what others did.
const CONTROL_STEPS: [&str; 3] = [FIRST_CONTROL_STEP, crate::registry::accounts::SCHEMA, crate::registry::jobs::SCHEMA];

const FIRST_CONTROL_STEP: &str = "
CREATE TABLE lyceum.lrs (
    number integer PRIMARY KEY, name text NOT NULL UNIQUE, created bigint NOT NULL, schema_version integer NOT NULL
);
CREATE TABLE lyceum.key (
    id bytea PRIMARY KEY, position bigint NOT NULL, secret_sha256 bytea NOT NULL, lrs integer NOT NULL,
    scopes text NOT NULL, label bytea NOT NULL, authority text NOT NULL, created bigint NOT NULL, expires bigint,
    requests_per_second_max bigint, revoked bigint
);
CREATE INDEX key_lrs ON lyceum.key (lrs);
CREATE TABLE lyceum.counter (name text PRIMARY KEY, value bigint NOT NULL);
INSERT INTO lyceum.counter (name, value) VALUES ('change', 0), ('lrs', 0), ('key', 0);
CREATE TABLE lyceum.lease (name text PRIMARY KEY, holder uuid NOT NULL, expires bigint NOT NULL);
";

/// The schema of one LRS, `$s`.
const LRS_STEPS: [&str; 3] = [STATEMENTS, crate::views::SCHEMA, DEFINES];

/// The oldest version of an LRS's schema whose release can work on the present one: the servers of that release go on until they are
/// replaced. It rises when a step is added that an older release cannot live with.
const LRS_WORKS_SINCE: i32 = 2;
/// The row of `lyceum.counter` that tells older releases.
const LRS_WORKS_SINCE_NAME: &str = "lrs_schema_works_since";

const STATEMENTS: &str = "
-- The log: append-only, in commit order. `stored`: microseconds; one instant for each commit. `target`: the statement that it refers to.
-- `terms`: its own keys in the index that others inherit, 16 bytes each. `body`: JSON without `stored`, a zstd frame. The only
-- column that ever changes is `voided`.
CREATE TABLE $s.statement (
    seq bigint NOT NULL, stored bigint NOT NULL, id uuid PRIMARY KEY, target uuid, voids boolean NOT NULL,
    voided boolean NOT NULL, timestamp_added boolean NOT NULL, dictionary integer NOT NULL, terms bytea NOT NULL, body bytea NOT NULL
);
ALTER TABLE $s.statement ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX statement_seq ON $s.statement (seq);
CREATE INDEX statement_stored ON $s.statement (stored);

-- The index. `key`: keyed hash of xapi::Index and text. Entries that a statement has through what it refers to are here too.
CREATE TABLE $s.posting (key uuid NOT NULL, id uuid NOT NULL, seq bigint NOT NULL);
CREATE INDEX posting_key_seq ON $s.posting (key, seq);

-- Who refers to whom, over how many steps, whether the target is here already or not. `voids`: the statement `id` voids.
CREATE TABLE $s.reference (
    id uuid NOT NULL, target uuid NOT NULL, seq bigint NOT NULL, step integer NOT NULL, voids boolean NOT NULL,
    PRIMARY KEY (id, target)
);
CREATE INDEX reference_target ON $s.reference (target);

-- What statements said about activities and agents, by the hash of their id. Texts that may hold any character are bytes.
CREATE TABLE $s.activity (activity uuid PRIMARY KEY, id bytea NOT NULL, definition text NOT NULL);
CREATE TABLE $s.agent_name (
    agent uuid NOT NULL, position integer NOT NULL, name bytea NOT NULL, PRIMARY KEY (agent, position)
);

-- Documents. `owner`: hash of kind, activity and agent; `document`: hash of owner, registration and id.
CREATE TABLE $s.document (
    document uuid PRIMARY KEY, owner uuid NOT NULL, registration uuid, id bytea NOT NULL, kind smallint NOT NULL,
    activity bytea, agent bytea, content_type bytea NOT NULL, etag text NOT NULL, updated bigint NOT NULL,
    body bytea NOT NULL
);
CREATE INDEX document_owner ON $s.document (owner);

-- Attachments; their bytes are files. The other digests are for statements that name it by one of them.
CREATE TABLE $s.attachment (sha256 text PRIMARY KEY, size_bytes bigint NOT NULL);
CREATE TABLE $s.attachment_digest (sha2 text PRIMARY KEY, sha256 text NOT NULL);

-- The key of the hashes, and marks.
CREATE TABLE $s.meta (name text PRIMARY KEY, value bytea NOT NULL);
";

/// Whether the sender of a statement may define, so that what it says about activities and agents is remembered. What an older
/// release stored, or stores, counts as if.
const DEFINES: &str = "
ALTER TABLE $s.statement ADD COLUMN defines boolean NOT NULL DEFAULT true;
";

/// For this transaction, Citus does not put a new schema on one node. Without Citus nobody reads the setting.
const NOT_ON_ONE_NODE: &str = "SET LOCAL citus.enable_schema_based_sharding = off";

/// The name of an LRS's schema. Names of LRSs may be as long as PostgreSQL's longest name, so it is their number.
pub(crate) fn schema_name(number: i32) -> String {
    format!("lrs_{number}")
}

/// The names of all indexes that an LRS has, as its steps make them; those of primary keys are PostgreSQL's own.
pub(crate) fn lrs_indexes() -> Vec<String> {
    let steps = LRS_STEPS.iter().flat_map(|step| step.split(';'));
    let statements = steps.map(|it| it.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<String>());
    let name = |statement: String| {
        let made = statement.trim_start().strip_prefix("CREATE ")?;
        let made = made.strip_prefix("UNIQUE ").unwrap_or(made);
        if let Some(rest) = made.strip_prefix("INDEX ") {
            return rest.split_ascii_whitespace().next().map(str::to_owned);
        }
        let table = made.strip_prefix("TABLE $s.")?.split([' ', '(']).next()?;
        made.contains("PRIMARY KEY").then(|| format!("{table}_pkey"))
    };
    statements.filter_map(name).collect()
}

/// Puts the name of an LRS's schema into SQL.
pub(crate) fn sql(schema: &str, text: &str) -> String {
    text.replace("$s.", &format!("{schema}."))
}

/// Waits for the lock under which schemas change: of several processes, one runs the steps and the others find them done.
pub(crate) async fn lock(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let failed = |error| store_error("wait for the schema's lock", error);
    transaction
        .query_one("SELECT pg_advisory_xact_lock($1, $2)", &[&LOCK_CLASS, &LOCK_MIGRATION])
        .await
        .map_err(failed)?;
    let timeout = format!("SET LOCAL lock_timeout = {}", LOCK_TIMEOUT.as_millis());
    transaction.batch_execute(&timeout).await.map_err(failed)
}

/// Makes the schema of an LRS with its tables, which are empty. Where Citus is told to put each new schema on one node, it is made here first and
/// then handed over as a whole, since Citus refuses some of the steps on tables that it has.
pub(crate) async fn create_lrs(transaction: &Transaction<'_>, number: i32) -> Result<(), OpenError> {
    let failed = |error| store_error("create the schema of an LRS", error);
    let asked = "SELECT coalesce(current_setting('citus.enable_schema_based_sharding', true), '') = 'on'";
    let goes_to_one_node: bool = transaction.query_one(asked, &[]).await.map_err(failed)?.get(0);
    transaction.batch_execute(NOT_ON_ONE_NODE).await.map_err(failed)?;
    let schema = schema_name(number);
    transaction.batch_execute(&format!("CREATE SCHEMA {schema}")).await.map_err(failed)?;
    migrate_lrs(transaction, number, 0).await?;
    if goes_to_one_node {
        let distribute = format!("SELECT citus_schema_distribute('{schema}')");
        transaction.batch_execute(&distribute).await.map_err(failed)?;
    }
    Ok(())
}

/// Brings the schema `lyceum` to the present version, inside a transaction that has the lock. The number of steps that were run.
pub(crate) async fn migrate_control(transaction: &Transaction<'_>) -> Result<usize, OpenError> {
    let failed = |error| store_error("change the schema lyceum", error);
    let present = transaction
        .query_one("SELECT to_regclass('lyceum.migration') IS NOT NULL", &[])
        .await
        .map_err(failed)?
        .try_get::<_, bool>(0)
        .map_err(failed)?;
    if !present {
        let sql = "CREATE SCHEMA IF NOT EXISTS lyceum;
            CREATE TABLE lyceum.migration (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());";
        // On Citus it stays on the coordinator.
        transaction.batch_execute(NOT_ON_ONE_NODE).await.map_err(failed)?;
        transaction.batch_execute(sql).await.map_err(failed)?;
    }
    let row = transaction.query_one("SELECT coalesce(max(version), 0) FROM lyceum.migration", &[]).await;
    let done: i32 = row.map_err(failed)?.try_get(0).map_err(failed)?;
    let steps = pending(done, &CONTROL_STEPS)?;
    for (version, step) in steps {
        transaction.batch_execute(step).await.map_err(failed)?;
        transaction.execute("INSERT INTO lyceum.migration (version) VALUES ($1)", &[&version]).await.map_err(failed)?;
    }
    let tell = "INSERT INTO lyceum.counter (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = greatest(lyceum.counter.value, excluded.value)";
    transaction.execute(tell, &[&LRS_WORKS_SINCE_NAME, &i64::from(LRS_WORKS_SINCE)]).await.map_err(failed)?;
    Ok(steps_run(done, &CONTROL_STEPS))
}

/// Brings an LRS's schema from version `done` to the present one, inside a transaction that has the lock. A later one stays.
/// The number of steps that were run.
pub(crate) async fn migrate_lrs(transaction: &Transaction<'_>, number: i32, done: i32) -> Result<usize, OpenError> {
    let failed = |error| store_error("change the schema of an LRS", error);
    match age_of(transaction, done).await? {
        SchemaAge::Usable => return Ok(0),
        SchemaAge::Newer => return Err(OpenError::Newer { found: done, known: known_version(&LRS_STEPS) }),
        SchemaAge::Older => {}
    }
    for (version, step) in pending(done, &LRS_STEPS)? {
        transaction.batch_execute(&sql(&schema_name(number), step)).await.map_err(failed)?;
        transaction
            .execute("UPDATE lyceum.lrs SET schema_version = $2 WHERE number = $1", &[&number, &version])
            .await
            .map_err(failed)?;
    }
    Ok(steps_run(done, &LRS_STEPS))
}

/// How the schema of an LRS stands to this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaAge {
    /// Steps are missing.
    Older,
    /// It has what this release needs; a later one may have added to it.
    Usable,
    /// A later release has changed what this one needs.
    Newer,
}

/// How an LRS's schema of this version stands to this release.
pub(crate) async fn age_of(client: &impl GenericClient, version: i32) -> Result<SchemaAge, StoreError> {
    let known = known_version(&LRS_STEPS);
    if version <= known {
        return Ok(if version < known { SchemaAge::Older } else { SchemaAge::Usable });
    }
    let sql = "SELECT value FROM lyceum.counter WHERE name = $1";
    let row = client.query_opt(sql, &[&LRS_WORKS_SINCE_NAME]).await;
    let since: i64 = match row.map_err(|error| store_error("read which releases the schema works with", error))? {
        Some(row) => row.get(0),
        None => i64::from(version),
    };
    Ok(if since <= i64::from(known) { SchemaAge::Usable } else { SchemaAge::Newer })
}

type Steps = Vec<(i32, &'static str)>;

fn pending(done: i32, steps: &'static [&'static str]) -> Result<Steps, OpenError> {
    let known = known_version(steps);
    if done > known {
        return Err(OpenError::Newer { found: done, known });
    }
    Ok((1..=known).zip(steps.iter().copied()).filter(|(version, _)| *version > done).collect())
}

fn known_version(steps: &[&str]) -> i32 {
    i32::try_from(steps.len()).expect("there are few steps")
}

fn steps_run(done: i32, steps: &[&str]) -> usize {
    steps.len() - usize::try_from(done).unwrap_or(0).min(steps.len())
}
