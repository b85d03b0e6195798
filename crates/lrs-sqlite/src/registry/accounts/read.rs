//! Questions about accounts. Every list is bounded by its caller or by what an administrator makes by hand.

use lrs_store::{
    Account, AccountId, AccountKey, AuditEntry, AuditQuery, Email, Invitation, KeyId, KeyUsage, LearnerGroup, LrsName,
    NewAccount, NewAuditEntry, PasswordHash, RoleGrant, SecretHash, Session, Token, read_texts, write_texts,
};
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use xapi::Timestamp;

use super::super::control::unreadable;

/// The columns of [`read_account`]; roles by the primary key of `role_grant`.
const ACCOUNT: &str = "SELECT a.id, a.email, a.name, a.password, a.is_owner, a.created, a.disabled, a.last_sign_in,
    (SELECT json_group_array(json_object('lrs', lrs, 'role', role, 'groups', json(groups)))
     FROM (SELECT lrs, role, groups FROM role_grant WHERE account = a.id ORDER BY lrs)) AS roles
    FROM account AS a";

fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp)
}

fn maybe_instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}

/// A column whose text must be one of a kind.
fn parsed<T>(row: &Row<'_>, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| unreadable(column, format!("{text:?} is not what is kept here")))
}

fn read_account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        account: NewAccount {
            id: AccountId(row.get(0)?),
            email: parsed(row, 1, Email::parse)?,
            name: row.get(2)?,
            password: row.get::<_, Option<String>>(3)?.map(PasswordHash),
            is_owner: row.get(4)?,
            created: instant(row, 5)?,
        },
        disabled: maybe_instant(row, 6)?,
        last_sign_in: maybe_instant(row, 7)?,
        roles: parsed(row, 8, RoleGrant::read_list)?,
    })
}

/// All rows of a list.
fn list<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(parameters, read)?.collect()
}

/// One row, or none.
fn find<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    connection.prepare_cached(sql)?.query_row(parameters, read).optional()
}

/// A value that is always there.
fn value<T: FromSql>(connection: &Connection, sql: &str) -> rusqlite::Result<T> {
    connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

pub(super) fn count_accounts(connection: &Connection) -> rusqlite::Result<u64> {
    value(connection, "SELECT count(*) FROM account")
}

/// By the primary key of `account`, the unique index on `email`, or the primary key of `identity`.
pub(super) fn find_account(connection: &Connection, key: &AccountKey) -> rusqlite::Result<Option<Account>> {
    match key {
        AccountKey::Id(id) => find(connection, &format!("{ACCOUNT} WHERE a.id = ?1"), [&id.0], read_account),
        AccountKey::Email(email) => {
            find(connection, &format!("{ACCOUNT} WHERE a.email = ?1"), [email.as_str()], read_account)
        }
        AccountKey::Identity(issuer, subject) => {
            let sql =
                format!("{ACCOUNT} WHERE a.id = (SELECT account FROM identity WHERE issuer = ?1 AND subject = ?2)");
            find(connection, &sql, [issuer, subject], read_account)
        }
    }
}

/// Along the unique index on `email`; roles by `role_grant_by_lrs`.
pub(super) fn list_accounts(
    connection: &Connection,
    within: Option<&[LrsName]>,
    after: Option<&Email>,
    limit: usize,
) -> rusqlite::Result<Vec<Account>> {
    let sql = format!(
        "{ACCOUNT} WHERE a.email > ?1 AND (?2 IS NULL OR a.id IN
             (SELECT account FROM role_grant WHERE lrs IN (SELECT value FROM json_each(?2))))
         ORDER BY a.email LIMIT ?3"
    );
    let within = within.map(|lrss| write_texts(&lrss.iter().map(ToString::to_string).collect::<Vec<_>>()));
    list(connection, &sql, params![after.map_or("", Email::as_str), within, limit], read_account)
}

/// By `identity_by_account`, which ends with the primary key.
pub(super) fn list_linked_identities(
    connection: &Connection,
    account: &AccountId,
) -> rusqlite::Result<Vec<(String, String)>> {
    let sql = "SELECT issuer, subject FROM identity WHERE account = ?1 ORDER BY issuer, subject";
    list(connection, sql, [&account.0], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// By the primary key of `session`.
pub(super) fn find_session(connection: &Connection, secret: &SecretHash) -> rusqlite::Result<Option<Session>> {
    let sql = "SELECT secret_sha256, account, created, expires, last_used FROM session WHERE secret_sha256 = ?1";
    find(connection, sql, [secret.0], |row| {
        Ok(Session {
            secret: SecretHash(row.get(0)?),
            account: AccountId(row.get(1)?),
            created: instant(row, 2)?,
            expires: instant(row, 3)?,
            last_used: instant(row, 4)?,
        })
    })
}

const INVITATION: &str =
    "SELECT id, secret_sha256, email, roles, is_owner, invited_by, created, expires FROM invitation";

fn read_invitation(row: &Row<'_>) -> rusqlite::Result<Invitation> {
    Ok(Invitation {
        id: row.get(0)?,
        secret: SecretHash(row.get(1)?),
        email: parsed(row, 2, Email::parse)?,
        roles: parsed(row, 3, RoleGrant::read_list)?,
        is_owner: row.get(4)?,
        invited_by: row.get(5)?,
        created: instant(row, 6)?,
        expires: instant(row, 7)?,
    })
}

/// By the unique index on `secret_sha256`.
pub(super) fn find_invitation(connection: &Connection, secret: &SecretHash) -> rusqlite::Result<Option<Invitation>> {
    find(connection, &format!("{INVITATION} WHERE secret_sha256 = ?1"), [secret.0], read_invitation)
}

/// Along the unique index on `email`.
pub(super) fn list_invitations(connection: &Connection) -> rusqlite::Result<Vec<Invitation>> {
    list(connection, &format!("{INVITATION} ORDER BY email"), [], read_invitation)
}

const TOKEN: &str = "SELECT id, secret_sha256, account, name, created, expires, last_used FROM token";

fn read_token(row: &Row<'_>) -> rusqlite::Result<Token> {
    Ok(Token {
        id: row.get(0)?,
        secret: SecretHash(row.get(1)?),
        account: AccountId(row.get(2)?),
        name: row.get(3)?,
        created: instant(row, 4)?,
        expires: maybe_instant(row, 5)?,
        last_used: maybe_instant(row, 6)?,
    })
}

/// By the unique index on `secret_sha256`.
pub(super) fn find_token(connection: &Connection, secret: &SecretHash) -> rusqlite::Result<Option<Token>> {
    find(connection, &format!("{TOKEN} WHERE secret_sha256 = ?1"), [secret.0], read_token)
}

/// Along `token_by_account`.
pub(super) fn list_tokens(connection: &Connection, account: &AccountId) -> rusqlite::Result<Vec<Token>> {
    list(connection, &format!("{TOKEN} WHERE account = ?1 ORDER BY created, id"), [&account.0], read_token)
}

/// By the primary key of `learner_group`.
pub(super) fn list_groups(connection: &Connection, lrs: &LrsName) -> rusqlite::Result<Vec<LearnerGroup>> {
    let sql = "SELECT lrs, id, name, members FROM learner_group WHERE lrs = ?1 ORDER BY name, id";
    list(connection, sql, [lrs.as_str()], |row| {
        Ok(LearnerGroup {
            lrs: parsed(row, 0, LrsName::parse)?,
            id: row.get(1)?,
            name: row.get(2)?,
            members: parsed(row, 3, read_texts)?,
        })
    })
}

/// By `key_by_lrs` and the primary key of `key_usage`.
pub(super) fn list_key_usages(connection: &Connection, lrs: &LrsName) -> rusqlite::Result<Vec<(KeyId, KeyUsage)>> {
    let sql = "SELECT u.key, u.last_used, u.last_client, u.statements, u.refused, u.days_used, u.usual_pause_s
        FROM key AS k JOIN key_usage AS u ON u.key = k.id WHERE k.lrs = ?1";
    list(connection, sql, [lrs.as_str()], |row| Ok((KeyId(row.get(0)?), read_usage(row)?)))
}

/// The columns behind the key.
pub(super) fn read_usage(row: &Row<'_>) -> rusqlite::Result<KeyUsage> {
    Ok(KeyUsage {
        last_used: instant(row, 1)?,
        last_client: row.get(2)?,
        statements: row.get(3)?,
        refused: row.get(4)?,
        days_used: row.get(5)?,
        usual_pause_s: row.get(6)?,
    })
}

/// Backwards along the primary key of `audit`: a rare text reads the whole log, which people make by hand.
pub(super) fn find_audit_entries(connection: &Connection, query: &AuditQuery) -> rusqlite::Result<Vec<AuditEntry>> {
    let sql = "SELECT seq, at, account, who, source, act, lrs, target, before, after FROM audit
        WHERE seq < coalesce(?1, 9223372036854775807)
            AND (?2 IS NULL OR account = ?2) AND (?3 IS NULL OR act = ?3 OR substr(act, 1, length(?3) + 1) = ?3 || '.')
            AND (?4 IS NULL OR lrs = ?4) AND (?5 IS NULL OR at >= ?5) AND (?6 IS NULL OR at < ?6)
            AND (?7 IS NULL OR instr(lower(who || char(10) || target || char(10) || coalesce(before, '') || char(10)
                || coalesce(after, '')), lower(?7)) > 0)
        ORDER BY seq DESC LIMIT ?8";
    let parameters = params![
        query.before_seq,
        query.account,
        query.act,
        query.lrs.as_ref().map(LrsName::as_str),
        query.since.map(|it| it.0),
        query.until.map(|it| it.0),
        query.text,
        query.limit,
    ];
    list(connection, sql, parameters, |row| {
        let lrs = row.get::<_, Option<String>>(6)?;
        Ok(AuditEntry {
            seq: row.get(0)?,
            entry: NewAuditEntry {
                when: instant(row, 1)?,
                account: row.get(2)?,
                who: row.get(3)?,
                from: row.get(4)?,
                act: row.get(5)?,
                lrs: lrs.as_deref().and_then(LrsName::parse),
                target: row.get(7)?,
                before: row.get(8)?,
                after: row.get(9)?,
            },
        })
    })
}
