//! Questions about accounts. Every list is bounded by its caller or by what an administrator makes by hand.

use lrs_store::{
    Account, AccountId, AccountKey, AuditEntry, AuditQuery, Email, Invitation, KeyId, KeyUsage, LearnerGroup, LrsName,
    NewAccount, NewAuditEntry, PasswordHash, RoleGrant, SecretHash, Session, StoreError, Token, read_texts,
};
use tokio_postgres::Row;
use xapi::Timestamp;

use super::PostgresRegistry;
use crate::error::corrupt;

/// The columns of [`read_account`]; roles by the primary keys of `role_grant` and `lrs`.
const ACCOUNT: &str = "SELECT a.id, a.email, a.name, a.password, a.is_owner, a.created, a.disabled, a.last_sign_in,
    (SELECT coalesce(json_agg(json_build_object('lrs', l.name, 'role', g.role, 'groups', g.groups::json)
        ORDER BY l.name COLLATE \"C\"), '[]')::text
     FROM lyceum.role_grant AS g JOIN lyceum.lrs AS l ON l.number = g.lrs WHERE g.account = a.id)
    FROM lyceum.account AS a";

fn instant(row: &Row, column: usize) -> Timestamp {
    Timestamp(row.get(column))
}

fn maybe_instant(row: &Row, column: usize) -> Option<Timestamp> {
    row.get::<_, Option<i64>>(column).map(Timestamp)
}

/// A column whose text must be one of a kind.
fn parsed<T>(row: &Row, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
    let text: &str = row.get(column);
    let place = || format!("lyceum, column {}", row.columns()[column].name());
    parse(text).ok_or_else(|| corrupt(place(), format!("{text:?} is not what is kept here")))
}

fn hash(row: &Row, column: usize) -> Result<SecretHash, StoreError> {
    let bytes: Vec<u8> = row.get(column);
    bytes.try_into().map(SecretHash).map_err(|_| corrupt("lyceum, a secret's hash", "it has not 32 bytes"))
}

fn count(row: &Row, column: usize) -> u64 {
    row.get::<_, i64>(column).unsigned_abs()
}

fn read_account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        account: NewAccount {
            id: AccountId(row.get(0)),
            email: parsed(row, 1, Email::parse)?,
            name: row.get(2),
            password: row.get::<_, Option<String>>(3).map(PasswordHash),
            is_owner: row.get(4),
            created: instant(row, 5),
        },
        disabled: maybe_instant(row, 6),
        last_sign_in: maybe_instant(row, 7),
        roles: parsed(row, 8, RoleGrant::read_list)?,
    })
}

impl PostgresRegistry {
    /// By the primary key of `account`, the unique index on `email`, or the primary key of `identity`.
    pub(super) async fn find_account_by(&self, key: &AccountKey) -> Result<Option<Account>, StoreError> {
        const OPERATION: &str = "find an account";
        match key {
            AccountKey::Id(id) => {
                self.find(OPERATION, &format!("{ACCOUNT} WHERE a.id = $1"), &[&id.0], read_account).await
            }
            AccountKey::Email(email) => {
                self.find(OPERATION, &format!("{ACCOUNT} WHERE a.email = $1"), &[&email.as_str()], read_account).await
            }
            AccountKey::Identity(issuer, subject) => {
                let sql = format!(
                    "{ACCOUNT} WHERE a.id = (SELECT account FROM lyceum.identity WHERE issuer = $1 AND subject = $2)"
                );
                self.find(OPERATION, &sql, &[issuer, subject], read_account).await
            }
        }
    }

    /// Along the unique index on `email`; roles by the primary keys of `role_grant` and `lrs`.
    pub(super) async fn list_accounts_after(
        &self,
        within: Option<&[LrsName]>,
        after: Option<&Email>,
        limit: usize,
    ) -> Result<Vec<Account>, StoreError> {
        let sql = format!(
            "{ACCOUNT} WHERE a.email > $1 AND ($2::text[] IS NULL OR EXISTS (
                 SELECT 1 FROM lyceum.role_grant AS g JOIN lyceum.lrs AS l ON l.number = g.lrs
                 WHERE g.account = a.id AND l.name = ANY($2)))
             ORDER BY a.email LIMIT $3"
        );
        let within: Option<Vec<&str>> = within.map(|lrss| lrss.iter().map(LrsName::as_str).collect());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.list("list the accounts", &sql, &[&after.map_or("", Email::as_str), &within, &limit], read_account).await
    }

    /// Backwards along the primary key of `audit`: a rare text reads the whole log, which people make by hand.
    pub(super) async fn find_entries(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        let sql = "SELECT seq, at, account, who, source, act, lrs, target, before, after FROM lyceum.audit
            WHERE seq < $1
                AND ($2::text IS NULL OR account = $2)
                AND ($3::text IS NULL OR act = $3 OR starts_with(act, $3 || '.'))
                AND ($4::text IS NULL OR lrs = $4)
                AND ($5::bigint IS NULL OR at >= $5) AND ($6::bigint IS NULL OR at < $6)
                AND ($7::text IS NULL OR position(lower($7 COLLATE \"C\") IN lower(concat_ws(chr(10), who, target,
                    before, after) COLLATE \"C\")) > 0)
            ORDER BY seq DESC LIMIT $8";
        let before = query.before_seq.map_or(i64::MAX, |seq| i64::try_from(seq).unwrap_or(i64::MAX));
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
        let since = query.since.map(|it| it.0);
        let until = query.until.map(|it| it.0);
        let lrs = query.lrs.as_ref().map(LrsName::as_str);
        self.list(
            "read the audit log",
            sql,
            &[&before, &query.account, &query.act, &lrs, &since, &until, &query.text, &limit],
            read_entry,
        )
        .await
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every reader of a row has this type")]
fn read_entry(row: &Row) -> Result<AuditEntry, StoreError> {
    let lrs = row.get::<_, Option<&str>>(6).and_then(LrsName::parse);
    Ok(AuditEntry {
        seq: count(row, 0),
        entry: NewAuditEntry {
            when: instant(row, 1),
            account: row.get(2),
            who: row.get(3),
            from: row.get(4),
            act: row.get(5),
            lrs,
            target: row.get(7),
            before: row.get(8),
            after: row.get(9),
        },
    })
}

/// By `identity_account`.
pub(super) const LINKED_IDENTITIES: &str = "SELECT issuer, subject FROM lyceum.identity WHERE account = $1
    ORDER BY issuer COLLATE \"C\", subject COLLATE \"C\"";

#[expect(clippy::unnecessary_wraps, reason = "every reader of a row has this type")]
pub(super) fn read_linked_identity(row: &Row) -> Result<(String, String), StoreError> {
    Ok((row.get(0), row.get(1)))
}

/// By the primary key of `session`.
pub(super) const SESSION: &str =
    "SELECT secret_sha256, account, created, expires, last_used FROM lyceum.session WHERE secret_sha256 = $1";

pub(super) fn read_session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        secret: hash(row, 0)?,
        account: AccountId(row.get(1)),
        created: instant(row, 2),
        expires: instant(row, 3),
        last_used: instant(row, 4),
    })
}

/// By the unique indexes on `secret_sha256` and `email`.
pub(super) const INVITATION: &str =
    "SELECT id, secret_sha256, email, roles, is_owner, invited_by, created, expires FROM lyceum.invitation";

pub(super) fn read_invitation(row: &Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.get(0),
        secret: hash(row, 1)?,
        email: parsed(row, 2, Email::parse)?,
        roles: parsed(row, 3, RoleGrant::read_list)?,
        is_owner: row.get(4),
        invited_by: row.get(5),
        created: instant(row, 6),
        expires: instant(row, 7),
    })
}

/// By the unique index on `secret_sha256`, or along `token_account`.
pub(super) const TOKEN: &str = "SELECT id, secret_sha256, account, name, created, expires, last_used FROM lyceum.token";

pub(super) fn read_token(row: &Row) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.get(0),
        secret: hash(row, 1)?,
        account: AccountId(row.get(2)),
        name: row.get(3),
        created: instant(row, 4),
        expires: maybe_instant(row, 5),
        last_used: maybe_instant(row, 6),
    })
}

/// By the primary key of `learner_group`.
pub(super) const GROUPS: &str = "SELECT l.name, g.id, g.name, g.members
    FROM lyceum.lrs AS l JOIN lyceum.learner_group AS g ON g.lrs = l.number WHERE l.name = $1 ORDER BY g.name, g.id";

pub(super) fn read_group(row: &Row) -> Result<LearnerGroup, StoreError> {
    Ok(LearnerGroup {
        lrs: parsed(row, 0, LrsName::parse)?,
        id: row.get(1),
        name: row.get(2),
        members: parsed(row, 3, read_texts)?,
    })
}

/// By `key_lrs` and the primary key of `key_usage`.
pub(super) const USAGES: &str = "SELECT u.key, u.last_used, u.last_client, u.statements, u.refused, u.days_used,
        u.usual_pause_s
    FROM lyceum.lrs AS l JOIN lyceum.key AS k ON k.lrs = l.number JOIN lyceum.key_usage AS u ON u.key = k.id
    WHERE l.name = $1";

pub(super) fn read_key_usage(row: &Row) -> Result<(KeyId, KeyUsage), StoreError> {
    let key = String::from_utf8(row.get(0)).map_err(|error| corrupt("lyceum.key_usage.key", error.to_string()))?;
    Ok((KeyId(key), read_usage(row)))
}

/// The columns behind the key.
pub(super) fn read_usage(row: &Row) -> KeyUsage {
    KeyUsage {
        last_used: instant(row, 1),
        last_client: row.get(2),
        statements: count(row, 3),
        refused: count(row, 4),
        days_used: u32::try_from(count(row, 5)).unwrap_or(u32::MAX),
        usual_pause_s: row.get(6),
    }
}
