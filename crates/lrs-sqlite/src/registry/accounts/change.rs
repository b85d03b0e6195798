//! Changes to accounts, inside the transaction of their caller.

use lrs_store::{
    AccountChange, AccountError, AccountId, AccountUpdate, Email, Invitation, KeyUsage, KeyUse, LearnerGroup, LrsName,
    NewAccount, NewAuditEntry, NewKey, RoleGrant, SecretHash, Session, Token, write_texts,
};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Params, TransactionBehavior, params};
use xapi::Timestamp;

use super::super::control;
use super::read::read_usage;
use crate::error::store_error;

fn failed(error: rusqlite::Error) -> AccountError {
    store_error("change an account", error).into()
}

/// Runs one statement of SQL: how many rows it touched.
fn run(connection: &Connection, sql: &str, parameters: impl Params) -> Result<usize, AccountError> {
    connection.prepare_cached(sql).and_then(|mut statement| statement.execute(parameters)).map_err(failed)
}

/// What must be there was there.
fn require(rows: usize, what: AccountError) -> Result<(), AccountError> {
    if rows == 0 { Err(what) } else { Ok(()) }
}

/// Does all changes and appends the entry.
pub(in super::super) fn change(
    connection: &Connection,
    changes: &[AccountChange],
    entry: Option<&NewAuditEntry>,
) -> Result<(), AccountError> {
    let had_owner = has_owner(connection)?;
    for change in changes {
        change_one(connection, change)?;
    }
    if had_owner && !has_owner(connection)? {
        return Err(AccountError::LastOwner);
    }
    entry.map_or(Ok(()), |entry| append_entry(connection, entry))
}

fn has_owner(connection: &Connection) -> Result<bool, AccountError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM account WHERE is_owner AND disabled IS NULL)";
    connection.prepare_cached(sql).and_then(|mut it| it.query_row([], |row| row.get(0))).map_err(failed)
}

fn change_one(connection: &Connection, change: &AccountChange) -> Result<(), AccountError> {
    match change {
        AccountChange::OfferSetup(secret) => offer_setup(connection, secret),
        AccountChange::UseSetup(secret) => use_setup(connection, secret),
        AccountChange::CreateAccount(account) => create_account(connection, account),
        AccountChange::UpdateAccount(id, update) => update_account(connection, id, update),
        AccountChange::SetRoles(id, roles) => set_roles(connection, id, roles),
        AccountChange::DeleteAccount(id) => delete_account(connection, id),
        AccountChange::LinkIdentity { issuer, subject, account } => {
            let sql = "INSERT OR REPLACE INTO identity (issuer, subject, account) VALUES (?1, ?2, ?3)";
            run(connection, sql, [issuer, subject, &account.0]).map(drop)
        }
        AccountChange::UnlinkIdentity { issuer, subject, account } => {
            let sql = "DELETE FROM identity WHERE issuer = ?1 AND subject = ?2 AND account = ?3";
            run(connection, sql, [issuer, subject, &account.0]).map(drop)
        }
        AccountChange::CreateSession(session) => create_session(connection, session),
        AccountChange::TouchSession { secret, last_used, expires } => {
            let sql = "UPDATE session SET last_used = ?2, expires = ?3 WHERE secret_sha256 = ?1";
            run(connection, sql, params![secret.0, last_used.0, expires.0]).map(drop)
        }
        AccountChange::UseSession(secret, now) => {
            let sql = "DELETE FROM session WHERE secret_sha256 = ?1 AND expires > ?2";
            require(run(connection, sql, params![secret.0, now.0])?, AccountError::StaleLink)
        }
        AccountChange::EndSession(secret) => {
            run(connection, "DELETE FROM session WHERE secret_sha256 = ?1", [secret.0]).map(drop)
        }
        AccountChange::EndSessions(id) => run(connection, "DELETE FROM session WHERE account = ?1", [&id.0]).map(drop),
        AccountChange::CreateInvitation(invitation) => create_invitation(connection, invitation),
        AccountChange::UseInvitation(secret, now) => {
            let sql = "DELETE FROM invitation WHERE secret_sha256 = ?1 AND expires > ?2";
            require(run(connection, sql, params![secret.0, now.0])?, AccountError::StaleLink)
        }
        AccountChange::DeleteInvitation(id) => {
            let rows = run(connection, "DELETE FROM invitation WHERE id = ?1", [id])?;
            require(rows, AccountError::Missing("invitation"))
        }
        AccountChange::CreateToken(token) => create_token(connection, token),
        AccountChange::TouchToken(id, now) => {
            run(connection, "UPDATE token SET last_used = ?2 WHERE id = ?1", params![id, now.0]).map(drop)
        }
        AccountChange::DeleteToken(account, id) => {
            let rows = run(connection, "DELETE FROM token WHERE id = ?1 AND account = ?2", [id, &account.0])?;
            require(rows, AccountError::Missing("token"))
        }
        AccountChange::PutGroup(group) => put_group(connection, group),
        AccountChange::DeleteGroup(lrs, id) => {
            let rows = run(connection, "DELETE FROM learner_group WHERE lrs = ?1 AND id = ?2", [lrs.as_str(), id])?;
            require(rows, AccountError::Missing("group"))
        }
        AccountChange::CreateKey(key, now) => create_key(connection, key, *now),
        AccountChange::ChangeKey(id, change) => {
            require(control::update_key(connection, id, change).map_err(failed)?, AccountError::Missing("key"))
        }
        AccountChange::RotateKey { key, secret, old_until } => {
            let rows = control::rotate_key(connection, key, secret, *old_until).map_err(failed)?;
            require(rows, AccountError::Missing("key"))
        }
        AccountChange::RevokeKey(id, now) => {
            require(control::revoke_key(connection, id, *now).map_err(failed)?, AccountError::Missing("key"))
        }
    }
}

fn offer_setup(connection: &Connection, secret: &SecretHash) -> Result<(), AccountError> {
    run(connection, "DELETE FROM setup_link", [])?;
    run(connection, "INSERT INTO setup_link (secret_sha256) VALUES (?1)", [secret.0]).map(drop)
}

fn use_setup(connection: &Connection, secret: &SecretHash) -> Result<(), AccountError> {
    let sql = "DELETE FROM setup_link WHERE secret_sha256 = ?1 AND NOT EXISTS (SELECT 1 FROM account)";
    require(run(connection, sql, [secret.0])?, AccountError::StaleLink)
}

fn create_account(connection: &Connection, account: &NewAccount) -> Result<(), AccountError> {
    let sql = "INSERT INTO account (id, email, name, password, is_owner, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let NewAccount { id, email, name, password, is_owner, created } = account;
    let parameters = params![id.0, email.as_str(), name, password.as_ref().map(|it| &it.0), is_owner, created.0];
    match connection.execute(sql, parameters) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(AccountError::EmailTaken)
        }
        outcome => outcome.map(drop).map_err(failed),
    }
}

fn update_account(connection: &Connection, id: &AccountId, update: &AccountUpdate) -> Result<(), AccountError> {
    let sql = "UPDATE account SET
            name = coalesce(?2, name),
            password = coalesce(?3, password),
            is_owner = coalesce(?4, is_owner),
            disabled = CASE WHEN ?5 THEN ?6 ELSE disabled END,
            last_sign_in = coalesce(?7, last_sign_in)
        WHERE id = ?1";
    let parameters = params![
        id.0,
        update.name,
        update.password.as_ref().map(|it| &it.0),
        update.is_owner,
        update.disabled.is_some(),
        update.disabled.flatten().map(|it| it.0),
        update.last_sign_in.map(|it| it.0),
    ];
    require(run(connection, sql, parameters)?, AccountError::Missing("account"))
}

fn set_roles(connection: &Connection, id: &AccountId, roles: &[RoleGrant]) -> Result<(), AccountError> {
    let exists = connection.query_row("SELECT 1 FROM account WHERE id = ?1", [&id.0], |_| Ok(())).optional();
    exists.map_err(failed)?.ok_or(AccountError::Missing("account"))?;
    run(connection, "DELETE FROM role_grant WHERE account = ?1", [&id.0])?;
    for RoleGrant { lrs, role, groups } in roles {
        let sql = "INSERT OR REPLACE INTO role_grant (account, lrs, role, groups)
            SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM lrs WHERE name = ?2 AND deleted IS NULL)";
        let rows = run(connection, sql, params![id.0, lrs.as_str(), role.as_str(), write_texts(groups)])?;
        require(rows, AccountError::Missing("LRS"))?;
    }
    Ok(())
}

fn delete_account(connection: &Connection, id: &AccountId) -> Result<(), AccountError> {
    for sql in [
        "DELETE FROM role_grant WHERE account = ?1",
        "DELETE FROM identity WHERE account = ?1",
        "DELETE FROM session WHERE account = ?1",
        "DELETE FROM token WHERE account = ?1",
    ] {
        run(connection, sql, [&id.0])?;
    }
    require(run(connection, "DELETE FROM account WHERE id = ?1", [&id.0])?, AccountError::Missing("account"))
}

fn create_session(connection: &Connection, session: &Session) -> Result<(), AccountError> {
    run(connection, "DELETE FROM session WHERE expires <= ?1", [session.last_used.0])?;
    let sql = "INSERT INTO session (secret_sha256, account, created, expires, last_used) VALUES (?1, ?2, ?3, ?4, ?5)";
    let Session { secret, account, created, expires, last_used } = session;
    run(connection, sql, params![secret.0, account.0, created.0, expires.0, last_used.0]).map(drop)
}

fn create_invitation(connection: &Connection, invitation: &Invitation) -> Result<(), AccountError> {
    let Invitation { id, secret, email, roles, is_owner, invited_by, created, expires } = invitation;
    let found = connection
        .query_row("SELECT 1 FROM account WHERE email = ?1", [email.as_str()], |_| Ok(()))
        .optional()
        .map_err(failed)?;
    if found.is_some() {
        return Err(AccountError::EmailTaken);
    }
    run(connection, "DELETE FROM invitation WHERE email = ?1", [email.as_str()])?;
    let sql = "INSERT INTO invitation (id, secret_sha256, email, roles, is_owner, invited_by, created, expires)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let roles = RoleGrant::write_list(roles);
    let email = Email::as_str(email);
    run(connection, sql, params![id, secret.0, email, roles, is_owner, invited_by, created.0, expires.0]).map(drop)
}

fn create_token(connection: &Connection, token: &Token) -> Result<(), AccountError> {
    let Token { id, secret, account, name, created, expires, last_used: _ } = token;
    let sql = "INSERT INTO token (id, secret_sha256, account, name, created, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    run(connection, sql, params![id, secret.0, account.0, name, created.0, expires.map(|it| it.0)]).map(drop)
}

fn put_group(connection: &Connection, group: &LearnerGroup) -> Result<(), AccountError> {
    let LearnerGroup { lrs, id, name, members } = group;
    let sql = "INSERT OR REPLACE INTO learner_group (lrs, id, name, members)
        SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM lrs WHERE name = ?1 AND deleted IS NULL)";
    require(run(connection, sql, params![lrs.as_str(), id, name, write_texts(members)])?, AccountError::Missing("LRS"))
}

fn create_key(connection: &Connection, key: &NewKey, now: Timestamp) -> Result<(), AccountError> {
    match control::insert_key(connection, key, now) {
        Ok(true) => Ok(()),
        Ok(false) => Err(AccountError::Missing("LRS")),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => Err(AccountError::KeyExists),
        Err(error) => Err(failed(error)),
    }
}

/// Removes whatever gives access to a deleted LRS, so that a new one of its name begins without.
pub(in super::super) fn forget_lrs(connection: &Connection, lrs: &LrsName) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM role_grant WHERE lrs = ?1",
        "DELETE FROM learner_group WHERE lrs = ?1",
        "DELETE FROM invitation WHERE instr(roles, '\"lrs\":\"' || ?1 || '\"') > 0",
    ] {
        connection.execute(sql, [lrs.as_str()])?;
    }
    Ok(())
}

fn append_entry(connection: &Connection, entry: &NewAuditEntry) -> Result<(), AccountError> {
    let NewAuditEntry { when, account, who, from, act, lrs, target, before, after } = entry;
    let sql = "INSERT INTO audit (at, account, who, source, act, lrs, target, before, after)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let lrs = lrs.as_ref().map(LrsName::as_str);
    run(connection, sql, params![when.0, account, who, from, act, lrs, target, before, after]).map(drop)
}

/// By the unique index on `key.id` and the primary key of `key_usage`.
pub(super) fn add_key_uses(connection: &mut Connection, uses: Vec<KeyUse>) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for key_use in uses {
        let key = key_use.key.0.clone();
        let sql = "SELECT k.id, u.last_used, u.last_client, u.statements, u.refused, u.days_used, u.usual_pause_s
            FROM key AS k LEFT JOIN key_usage AS u ON u.key = k.id WHERE k.id = ?1";
        let known = transaction
            .prepare_cached(sql)?
            .query_row([&key], |row| {
                let last_used: Option<i64> = row.get(1)?;
                last_used.map(|_| read_usage(row)).transpose()
            })
            .optional()?;
        let Some(known) = known else { continue };
        let usage = match known {
            Some(usage) => usage.and_then_used(key_use),
            None => KeyUsage::first(key_use),
        };
        let sql = "INSERT OR REPLACE INTO key_usage
                (key, last_used, last_client, statements, refused, days_used, usual_pause_s)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let KeyUsage { last_used, last_client, statements, refused, days_used, usual_pause_s } = usage;
        transaction.prepare_cached(sql)?.execute(params![
            key,
            last_used.0,
            last_client,
            statements,
            refused,
            days_used,
            usual_pause_s
        ])?;
    }
    transaction.commit()
}
