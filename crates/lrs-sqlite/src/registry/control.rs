//! The control database: which LRSs and keys there are. The SQL of accounts is in `accounts`, that of jobs in `jobs`.
//!
//! Small, read whole into a [`Snapshot`], and changed by several processes, so every change is one immediate
//! transaction. Secrets are here as their SHA-256 only.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use lrs_store::{Key, KeyId, LrsName, NewKey, OldSecret, Scope, SecretHash};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use xapi::Timestamp;

use super::folder::OpenError;

/// The schema that this release writes.
#[expect(clippy::cast_possible_wrap, reason = "there are few steps")]
pub(crate) const SCHEMA_VERSION: i64 = STEPS.len() as i64;
/// `LYCM`: tells Lyceum's control database from any other `SQLite` file.
pub(crate) const APPLICATION_ID: i64 = 0x4C59_434D;

/// Changes are short; one that waits longer meets a stuck process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Each step leads to the next version.
const STEPS: [&str; 3] = [FIRST_STEP, super::accounts::SCHEMA, super::jobs::SCHEMA];

const FIRST_STEP: &str = "
CREATE TABLE lrs (
    name TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL,
    -- Set while its files wait to be removed by the process that may have them open; then the row goes too.
    deleted INTEGER
) STRICT;
CREATE TABLE key (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    secret_sha256 BLOB NOT NULL,
    lrs TEXT NOT NULL,
    scopes TEXT NOT NULL,
    label TEXT NOT NULL,
    authority TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    requests_per_second_max INTEGER,
    revoked INTEGER
) STRICT;
CREATE INDEX key_by_lrs ON key (lrs);
";

/// Everything in the control database at one instant.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// LRSs that are not deleted, with the instant of their creation.
    pub(crate) lrss: BTreeMap<LrsName, Timestamp>,
    /// LRSs whose files wait to be removed.
    pub(crate) deleted: Vec<LrsName>,
    /// Keys in the order of their creation.
    pub(crate) keys: Vec<Key>,
    by_id: HashMap<KeyId, usize>,
}

impl Snapshot {
    /// The key with this public half.
    pub(crate) fn key(&self, id: &KeyId) -> Option<&Key> {
        self.by_id.get(id).map(|&at| &self.keys[at])
    }
}

/// Opens the control database, and sets it up when it is new.
pub(crate) fn open(path: &Path) -> Result<Connection, OpenError> {
    let failed = |error| OpenError::from_sqlite(path, error);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    let version = pragma(&connection, "user_version").map_err(failed)?;
    let application = pragma(&connection, "application_id").map_err(failed)?;
    if application != APPLICATION_ID && (application != 0 || version != 0 || has_tables(&connection).map_err(failed)?) {
        return Err(OpenError::NotADataFolder {
            folder: path.parent().unwrap_or(path).to_owned(),
            reason: "its lyceum.db belongs to another program".to_owned(),
        });
    }
    if version > SCHEMA_VERSION {
        return Err(OpenError::Newer { path: path.to_owned(), found: version, known: SCHEMA_VERSION });
    }
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    if version < SCHEMA_VERSION {
        migrate(&mut connection).map_err(failed)?;
    }
    Ok(connection)
}

fn has_tables(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let done = usize::try_from(pragma(&transaction, "user_version")?).unwrap_or_default();
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()
}

/// The value of a pragma that is a number, such as `data_version`, which another connection's commit changes.
pub(crate) fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// Reads everything.
pub(crate) fn read_snapshot(connection: &mut Connection) -> rusqlite::Result<Snapshot> {
    let transaction = connection.transaction()?;
    let mut snapshot = Snapshot::default();
    {
        // Both tables whole: there are as many rows as LRSs and keys, hundreds at most.
        let mut statement = transaction.prepare_cached("SELECT name, created, deleted IS NOT NULL FROM lrs")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let name = read_name(row, 0)?;
            if row.get(2)? {
                snapshot.deleted.push(name);
            } else {
                snapshot.lrss.insert(name, Timestamp(row.get(1)?));
            }
        }
        let mut statement = transaction.prepare_cached(
            "SELECT id, secret_sha256, lrs, scopes, label, authority, created, expires, requests_per_second_max, revoked,
                 old_secret_sha256, old_secret_until
             FROM key ORDER BY seq",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key = read_key(row)?;
            snapshot.by_id.insert(key.key.id.clone(), snapshot.keys.len());
            snapshot.keys.push(key);
        }
    }
    transaction.commit()?;
    Ok(snapshot)
}

fn read_name(row: &Row<'_>, column: usize) -> rusqlite::Result<LrsName> {
    let text: String = row.get(column)?;
    LrsName::parse(&text).ok_or_else(|| unreadable(column, format!("{text:?} is not the name of an LRS")))
}

fn read_key(row: &Row<'_>) -> rusqlite::Result<Key> {
    let scopes: String = row.get(3)?;
    let parse = |text| Scope::parse(text).ok_or_else(|| unreadable(3, format!("{text:?} is not a scope")));
    let secret: [u8; 32] = row.get(1)?;
    let old_secret = match (row.get::<_, Option<[u8; 32]>>(10)?, row.get::<_, Option<i64>>(11)?) {
        (Some(secret), Some(until)) => Some(OldSecret { secret: SecretHash(secret), until: Timestamp(until) }),
        _ => None,
    };
    Ok(Key {
        key: NewKey {
            id: KeyId(row.get(0)?),
            secret: SecretHash(secret),
            lrs: read_name(row, 2)?,
            scopes: scopes.split_whitespace().map(parse).collect::<rusqlite::Result<_>>()?,
            label: row.get(4)?,
            authority: row.get(5)?,
            expires: row.get::<_, Option<i64>>(7)?.map(Timestamp),
            requests_per_second_max: row.get(8)?,
        },
        created: Timestamp(row.get(6)?),
        revoked: row.get::<_, Option<i64>>(9)?.map(Timestamp),
        old_secret,
    })
}

pub(super) fn unreadable(column: usize, reason: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, reason.into())
}

fn scope_text(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// Where an LRS's name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameUse {
    /// No LRS has it.
    Free,
    /// An LRS has it.
    Taken,
    /// A deleted LRS's files still have it.
    Leaving,
}

/// Looks a name up; by the primary key of `lrs`.
pub(crate) fn find_name(connection: &Connection, name: &LrsName) -> rusqlite::Result<NameUse> {
    let deleted = connection
        .query_row("SELECT deleted IS NOT NULL FROM lrs WHERE name = ?1", [name.as_str()], |row| row.get(0))
        .optional()?;
    Ok(match deleted {
        None => NameUse::Free,
        Some(false) => NameUse::Taken,
        Some(true) => NameUse::Leaving,
    })
}

/// Inserts an LRS whose name is free. It has no jobs: a backup of single LRSs may bring those of others.
pub(crate) fn insert_lrs(connection: &Connection, name: &LrsName, created: Timestamp) -> rusqlite::Result<()> {
    super::jobs::forget_lrs(connection, name.as_str())?;
    connection.execute("INSERT INTO lrs (name, created) VALUES (?1, ?2)", params![name.as_str(), created.0]).map(drop)
}

/// Marks an LRS as deleted and removes its keys; by the primary key of `lrs` and by `key_by_lrs`. `false`: there is none.
pub(crate) fn mark_deleted(connection: &mut Connection, name: &LrsName, now: Timestamp) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let marked = transaction
        .execute("UPDATE lrs SET deleted = ?2 WHERE name = ?1 AND deleted IS NULL", params![name.as_str(), now.0])?;
    transaction.execute("DELETE FROM key_usage WHERE key IN (SELECT id FROM key WHERE lrs = ?1)", [name.as_str()])?;
    transaction.execute("DELETE FROM key WHERE lrs = ?1", [name.as_str()])?;
    super::accounts::forget_lrs(&transaction, name)?;
    super::jobs::forget_lrs(&transaction, name.as_str())?;
    transaction.commit()?;
    Ok(marked > 0)
}

/// Forgets a deleted LRS, whose files are gone; by the primary key of `lrs`.
pub(crate) fn forget_deleted(connection: &Connection, name: &LrsName) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM lrs WHERE name = ?1 AND deleted IS NOT NULL", [name.as_str()]).map(drop)
}

/// Inserts a key unless its LRS is missing; by the primary key of `lrs`. `false`: it is missing.
pub(crate) fn insert_key(connection: &Connection, key: &NewKey, created: Timestamp) -> rusqlite::Result<bool> {
    let inserted = connection.execute(
        "INSERT INTO key (id, secret_sha256, lrs, scopes, label, authority, created, expires, requests_per_second_max)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
         WHERE EXISTS (SELECT 1 FROM lrs WHERE name = ?3 AND deleted IS NULL)",
        params![
            key.id.0,
            key.secret.0,
            key.lrs.as_str(),
            scope_text(&key.scopes),
            key.label,
            key.authority,
            created.0,
            key.expires.map(|instant| instant.0),
            key.requests_per_second_max,
        ],
    )?;
    Ok(inserted > 0)
}

/// Writes a key as it is elsewhere, over one of the same LRS; by the primary key of `lrs` and the unique index on `id`.
/// `false`: the LRS is missing, or the key is another LRS's.
pub(crate) fn restore_key(connection: &Connection, key: &Key) -> rusqlite::Result<bool> {
    let Key { key: NewKey { id, secret, lrs, scopes, label, authority, expires, requests_per_second_max }, .. } = key;
    let written = connection.execute(
        "INSERT INTO key
             (id, secret_sha256, lrs, scopes, label, authority, created, expires, requests_per_second_max, revoked,
              old_secret_sha256, old_secret_until)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12
         WHERE EXISTS (SELECT 1 FROM lrs WHERE name = ?3 AND deleted IS NULL)
         ON CONFLICT (id) DO UPDATE SET secret_sha256 = excluded.secret_sha256, scopes = excluded.scopes,
             label = excluded.label, authority = excluded.authority, created = excluded.created,
             expires = excluded.expires, requests_per_second_max = excluded.requests_per_second_max,
             revoked = excluded.revoked, old_secret_sha256 = excluded.old_secret_sha256,
             old_secret_until = excluded.old_secret_until
         WHERE lrs = excluded.lrs",
        params![
            id.0,
            secret.0,
            lrs.as_str(),
            scope_text(scopes),
            label,
            authority,
            key.created.0,
            expires.map(|instant| instant.0),
            requests_per_second_max,
            key.revoked.map(|instant| instant.0),
            key.old_secret.map(|old| old.secret.0),
            key.old_secret.map(|old| old.until.0),
        ],
    )?;
    Ok(written > 0)
}

/// Writes a key's limits and name; by the unique index on `id`. How many keys there were.
pub(crate) fn update_key(
    connection: &Connection,
    id: &KeyId,
    change: &lrs_store::KeyChange,
) -> rusqlite::Result<usize> {
    // One statement, so that two changes at once both happen whole.
    connection.execute(
        "UPDATE key SET
            scopes = coalesce(?2, scopes),
            expires = CASE WHEN ?3 THEN ?4 ELSE expires END,
            requests_per_second_max = CASE WHEN ?5 THEN ?6 ELSE requests_per_second_max END,
            label = coalesce(?7, label)
         WHERE id = ?1",
        params![
            id.0,
            change.scopes.as_deref().map(scope_text),
            change.expires.is_some(),
            change.expires.flatten().map(|instant| instant.0),
            change.requests_per_second_max.is_some(),
            change.requests_per_second_max.flatten(),
            change.label,
        ],
    )
}

/// Gives a key another secret; by the unique index on `id`. How many keys there were.
pub(crate) fn rotate_key(
    connection: &Connection,
    id: &KeyId,
    secret: &SecretHash,
    old_until: Timestamp,
) -> rusqlite::Result<usize> {
    connection.execute(
        "UPDATE key SET old_secret_sha256 = secret_sha256, old_secret_until = ?3, secret_sha256 = ?2 WHERE id = ?1",
        params![id.0, secret.0, old_until.0],
    )
}

/// Revokes a key; by the unique index on `id`. The first instant stays. How many keys there were.
pub(crate) fn revoke_key(connection: &Connection, id: &KeyId, now: Timestamp) -> rusqlite::Result<usize> {
    connection.execute("UPDATE key SET revoked = coalesce(revoked, ?2) WHERE id = ?1", params![id.0, now.0])
}
