//! The schema `lyceum`: which LRSs and keys there are. The SQL of accounts is in `accounts`, that of jobs in `jobs`.
//!
//! Small, read whole into a [`Snapshot`]. Every change is one statement of SQL that also counts `change` up. Secrets are
//! here as their SHA-256 only.

use std::collections::{BTreeMap, HashMap};

use deadpool_postgres::Object;
use lrs_store::{Key, KeyChange, KeyId, LrsName, NewKey, OldSecret, Scope, SecretHash, StoreError};
use tokio_postgres::{Error, GenericClient, Row, Transaction};
use xapi::Timestamp;

use crate::error::{Fault, corrupt};

/// An LRS in the list.
#[derive(Debug)]
pub(crate) struct ListedLrs {
    pub(crate) number: i32,
    pub(crate) created: Timestamp,
    pub(crate) schema_version: i32,
}

/// Everything in the schema `lyceum` at one instant.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// How many changes there were before.
    pub(crate) change: i64,
    pub(crate) lrss: BTreeMap<LrsName, ListedLrs>,
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

const SELECT_CHANGE: &str = "SELECT value FROM lyceum.counter WHERE name = 'change'";

/// How many changes there were. By the primary key of `counter`.
pub(crate) async fn read_change(connection: &Object) -> Result<i64, Fault> {
    let failed = |error| Fault::new("read the keys", error);
    let statement = connection.prepare_cached(SELECT_CHANGE).await.map_err(failed)?;
    Ok(connection.query_one(&statement, &[]).await.map_err(failed)?.get(0))
}

/// Reads everything: there are as many rows as LRSs and keys, hundreds at most. First the counter: a change in between is
/// read now, and once more the next time.
pub(crate) async fn read_snapshot(connection: &Object) -> Result<Snapshot, Fault> {
    let failed = |error| Fault::new("read the LRSs and keys", error);
    let change = read_change(connection).await?;
    let mut snapshot = Snapshot { change, ..Snapshot::default() };
    let lrss = connection.query("SELECT name, number, created, schema_version FROM lyceum.lrs", &[]).await;
    for row in lrss.map_err(failed)? {
        let lrs = ListedLrs { number: row.get(1), created: Timestamp(row.get(2)), schema_version: row.get(3) };
        snapshot.lrss.insert(read_name(&row, 0)?, lrs);
    }
    let keys = "SELECT k.id, k.secret_sha256, l.name, k.scopes, k.label, k.authority, k.created, k.expires,
            k.requests_per_second_max, k.revoked, k.old_secret_sha256, k.old_secret_until
        FROM lyceum.key AS k JOIN lyceum.lrs AS l ON l.number = k.lrs ORDER BY k.position";
    for row in connection.query(keys, &[]).await.map_err(failed)? {
        let key = read_key(&row)?;
        snapshot.by_id.insert(key.key.id.clone(), snapshot.keys.len());
        snapshot.keys.push(key);
    }
    Ok(snapshot)
}

pub(super) fn read_name(row: &Row, column: usize) -> Result<LrsName, StoreError> {
    let text: String = row.get(column);
    LrsName::parse(&text).ok_or_else(|| corrupt("lyceum.lrs.name", format!("{text:?} is not the name of an LRS")))
}

pub(super) fn read_text(place: &str, row: &Row, column: usize) -> Result<String, StoreError> {
    String::from_utf8(row.get(column)).map_err(|error| corrupt(place, error.to_string()))
}

fn read_key(row: &Row) -> Result<Key, StoreError> {
    let scopes: String = row.get(3);
    let parse =
        |text: &str| Scope::parse(text).ok_or_else(|| corrupt("lyceum.key.scopes", format!("{text:?} is not a scope")));
    let secret: Vec<u8> = row.get(1);
    let secret = secret.try_into().map_err(|_| corrupt("lyceum.key.secret_sha256", "it has not 32 bytes"))?;
    let old_secret = match (row.get::<_, Option<Vec<u8>>>(10), row.get::<_, Option<i64>>(11)) {
        (Some(secret), Some(until)) => {
            let secret =
                secret.try_into().map_err(|_| corrupt("lyceum.key.old_secret_sha256", "it has not 32 bytes"))?;
            Some(OldSecret { secret: SecretHash(secret), until: Timestamp(until) })
        }
        _ => None,
    };
    let rate: Option<i64> = row.get(8);
    Ok(Key {
        key: NewKey {
            id: KeyId(read_text("lyceum.key.id", row, 0)?),
            secret: SecretHash(secret),
            lrs: read_name(row, 2)?,
            scopes: scopes.split_whitespace().map(parse).collect::<Result<_, _>>()?,
            label: read_text("lyceum.key.label", row, 4)?,
            authority: row.get(5),
            expires: row.get::<_, Option<i64>>(7).map(Timestamp),
            requests_per_second_max: rate.and_then(|rate| u32::try_from(rate).ok()),
        },
        created: Timestamp(row.get(6)),
        revoked: row.get::<_, Option<i64>>(9).map(Timestamp),
        old_secret,
    })
}

fn scope_text(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// Inserts an LRS if its name is free, under the lock of schemas: its number, and when. By the primary key of `counter`.
pub(crate) async fn insert_lrs(
    transaction: &Transaction<'_>,
    name: &LrsName,
    micros: Option<i64>,
) -> Result<Option<(i32, Timestamp)>, Error> {
    let taken = transaction.query_opt("SELECT 1 FROM lyceum.lrs WHERE name = $1", &[&name.as_str()]).await?;
    if taken.is_some() {
        return Ok(None);
    }
    let counted = "UPDATE lyceum.counter SET value = value + 1 WHERE name IN ('lrs', 'change')";
    transaction.execute(counted, &[]).await?;
    let sql = "INSERT INTO lyceum.lrs (number, name, created, schema_version)
        SELECT value, $1, coalesce($2::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint), 0
        FROM lyceum.counter WHERE name = 'lrs' RETURNING number, created";
    let row = transaction.query_one(sql, &[&name.as_str(), &micros]).await?;
    Ok(Some((row.get(0), Timestamp(row.get(1)))))
}

/// Removes an LRS, its keys and whatever gives access to it: its number. By `lrs_name_key`, `key_lrs`, `role_grant_lrs`, `job_lrs`.
pub(crate) async fn delete_lrs(connection: &Object, name: &LrsName) -> Result<Option<i32>, Error> {
    let sql = "WITH gone AS (DELETE FROM lyceum.lrs WHERE name = $1 RETURNING number),
        keys AS (DELETE FROM lyceum.key WHERE lrs IN (SELECT number FROM gone) RETURNING id),
        usages AS (DELETE FROM lyceum.key_usage WHERE key IN (SELECT id FROM keys)),
        grants AS (DELETE FROM lyceum.role_grant WHERE lrs IN (SELECT number FROM gone)),
        groups AS (DELETE FROM lyceum.learner_group WHERE lrs IN (SELECT number FROM gone)),
        invitations AS (DELETE FROM lyceum.invitation WHERE position('\"lrs\":\"' || $1 || '\"' IN roles) > 0),
        jobs AS (DELETE FROM lyceum.job WHERE lrs IN (SELECT number FROM gone) RETURNING id),
        lines AS (DELETE FROM lyceum.job_refused WHERE job IN (SELECT id FROM jobs)),
        counted AS (UPDATE lyceum.counter SET value = value + 1 WHERE name = 'change')
        SELECT number FROM gone";
    Ok(connection.query_opt(sql, &[&name.as_str()]).await?.map(|row| row.get(0)))
}

/// Inserts a key unless its LRS is missing. `false`: it is missing.
pub(crate) async fn insert_key(
    connection: &impl GenericClient,
    key: &NewKey,
    micros: Option<i64>,
) -> Result<bool, Error> {
    let sql = "WITH counted AS (
            UPDATE lyceum.counter SET value = value + 1 WHERE name IN ('change', 'key') RETURNING name, value)
        INSERT INTO lyceum.key (id, position, secret_sha256, lrs, scopes, label, authority, created, expires,
            requests_per_second_max)
        SELECT $1, (SELECT value FROM counted WHERE name = 'key'), $2, number, $4, $5, $6,
            coalesce($7::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint), $8, $9
        FROM lyceum.lrs WHERE name = $3";
    let inserted = connection
        .execute(
            sql,
            &[
                &key.id.0.as_bytes(),
                &key.secret.0.as_slice(),
                &key.lrs.as_str(),
                &scope_text(&key.scopes),
                &key.label.as_bytes(),
                &key.authority,
                &micros,
                &key.expires.map(|instant| instant.0),
                &key.requests_per_second_max.map(i64::from),
            ],
        )
        .await?;
    Ok(inserted > 0)
}

/// Writes a key as it is elsewhere, over one of the same LRS. `false`: the LRS is missing, or the key is another LRS's.
pub(crate) async fn restore_key(connection: &Object, key: &Key) -> Result<bool, Error> {
    let Key { key: NewKey { id, secret, lrs, scopes, label, authority, expires, requests_per_second_max }, .. } = key;
    let sql = "WITH counted AS (
            UPDATE lyceum.counter SET value = value + 1 WHERE name IN ('change', 'key') RETURNING name, value)
        INSERT INTO lyceum.key AS old (id, position, secret_sha256, lrs, scopes, label, authority, created, expires,
            requests_per_second_max, revoked, old_secret_sha256, old_secret_until)
        SELECT $1, (SELECT value FROM counted WHERE name = 'key'), $2, number, $4, $5, $6, $7, $8, $9, $10, $11, $12
        FROM lyceum.lrs WHERE name = $3
        ON CONFLICT (id) DO UPDATE SET secret_sha256 = excluded.secret_sha256, scopes = excluded.scopes,
            label = excluded.label, authority = excluded.authority, created = excluded.created,
            expires = excluded.expires, requests_per_second_max = excluded.requests_per_second_max,
            revoked = excluded.revoked, old_secret_sha256 = excluded.old_secret_sha256,
            old_secret_until = excluded.old_secret_until
        WHERE old.lrs = excluded.lrs";
    let written = connection
        .execute(
            sql,
            &[
                &id.0.as_bytes(),
                &secret.0.as_slice(),
                &lrs.as_str(),
                &scope_text(scopes),
                &label.as_bytes(),
                authority,
                &key.created.0,
                &expires.map(|instant| instant.0),
                &requests_per_second_max.map(i64::from),
                &key.revoked.map(|instant| instant.0),
                &key.old_secret.map(|old| old.secret.0.to_vec()),
                &key.old_secret.map(|old| old.until.0),
            ],
        )
        .await?;
    Ok(written > 0)
}

/// Writes a key's limits and name; one statement, so that two changes at once both happen whole. By the primary key of
/// `key`. How many keys there were.
pub(crate) async fn update_key(connection: &impl GenericClient, id: &KeyId, change: &KeyChange) -> Result<u64, Error> {
    let sql = "WITH counted AS (UPDATE lyceum.counter SET value = value + 1 WHERE name = 'change')
        UPDATE lyceum.key SET
            scopes = coalesce($2, scopes),
            expires = CASE WHEN $3 THEN $4 ELSE expires END,
            requests_per_second_max = CASE WHEN $5 THEN $6 ELSE requests_per_second_max END,
            label = coalesce($7, label)
        WHERE id = $1";
    connection
        .execute(
            sql,
            &[
                &id.0.as_bytes(),
                &change.scopes.as_deref().map(scope_text),
                &change.expires.is_some(),
                &change.expires.flatten().map(|instant| instant.0),
                &change.requests_per_second_max.is_some(),
                &change.requests_per_second_max.flatten().map(i64::from),
                &change.label.as_deref().map(str::as_bytes),
            ],
        )
        .await
}

/// Gives a key another secret; by the primary key of `key`. How many keys there were.
pub(crate) async fn rotate_key(
    connection: &impl GenericClient,
    id: &KeyId,
    secret: &SecretHash,
    old_until: Timestamp,
) -> Result<u64, Error> {
    let sql = "WITH counted AS (UPDATE lyceum.counter SET value = value + 1 WHERE name = 'change')
        UPDATE lyceum.key SET old_secret_sha256 = secret_sha256, old_secret_until = $3, secret_sha256 = $2 WHERE id = $1";
    connection.execute(sql, &[&id.0.as_bytes(), &secret.0.as_slice(), &old_until.0]).await
}

/// Revokes a key; the first instant stays. By the primary key of `key`. How many keys there were.
pub(crate) async fn revoke_key(connection: &impl GenericClient, id: &KeyId, micros: Option<i64>) -> Result<u64, Error> {
    let sql = "WITH counted AS (UPDATE lyceum.counter SET value = value + 1 WHERE name = 'change')
        UPDATE lyceum.key SET revoked = coalesce(
            revoked, $2::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
        WHERE id = $1";
    connection.execute(sql, &[&id.0.as_bytes(), &micros]).await
}
