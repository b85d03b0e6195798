//! Changes to accounts, inside the transaction of their caller.

use lrs_store::{
    AccountChange, AccountError, AccountId, AccountUpdate, Invitation, KeyUsage, KeyUse, LearnerGroup, LrsName,
    NewAccount, NewAuditEntry, NewKey, RoleGrant, SecretHash, Session, StoreError, Token, write_texts,
};
use tokio_postgres::Transaction;
use tokio_postgres::error::SqlState;
use xapi::Timestamp;

use super::super::control;
use super::Parameters;
use super::read::read_usage;
use crate::error::store_error;

fn failed(error: tokio_postgres::Error) -> AccountError {
    store_error("change an account", error).into()
}

/// Runs one statement of SQL: how many rows it touched.
async fn run(transaction: &Transaction<'_>, sql: &str, parameters: Parameters<'_>) -> Result<u64, AccountError> {
    transaction.execute(sql, parameters).await.map_err(failed)
}

/// What must be there was there.
fn require(rows: u64, what: AccountError) -> Result<(), AccountError> {
    if rows == 0 { Err(what) } else { Ok(()) }
}

/// Whether every process has to read the keys again.
pub(super) fn is_about_keys(change: &AccountChange) -> bool {
    matches!(
        change,
        AccountChange::CreateKey(..)
            | AccountChange::ChangeKey(..)
            | AccountChange::RotateKey { .. }
            | AccountChange::RevokeKey(..)
    )
}

/// Does all changes and appends the entry, one transaction at a time: so the log has the order of commits, and of two
/// owners who leave at once one stays.
pub(super) async fn change(
    transaction: &Transaction<'_>,
    changes: &[AccountChange],
    entry: Option<&NewAuditEntry>,
) -> Result<(), AccountError> {
    run(transaction, "SELECT 1 FROM lyceum.counter WHERE name = 'audit' FOR UPDATE", &[]).await?;
    let had_owner = has_owner(transaction).await?;
    for change in changes {
        change_one(transaction, change).await?;
    }
    if had_owner && !has_owner(transaction).await? {
        return Err(AccountError::LastOwner);
    }
    match entry {
        Some(entry) => append_entry(transaction, entry).await,
        None => Ok(()),
    }
}

async fn has_owner(transaction: &Transaction<'_>) -> Result<bool, AccountError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM lyceum.account WHERE is_owner AND disabled IS NULL)";
    Ok(transaction.query_one(sql, &[]).await.map_err(failed)?.get(0))
}

async fn change_one(transaction: &Transaction<'_>, change: &AccountChange) -> Result<(), AccountError> {
    match change {
        AccountChange::OfferSetup(secret) => offer_setup(transaction, secret).await,
        AccountChange::UseSetup(secret) => use_setup(transaction, secret).await,
        AccountChange::CreateAccount(account) => create_account(transaction, account).await,
        AccountChange::UpdateAccount(id, update) => update_account(transaction, id, update).await,
        AccountChange::SetRoles(id, roles) => set_roles(transaction, id, roles).await,
        AccountChange::DeleteAccount(id) => delete_account(transaction, id).await,
        AccountChange::LinkIdentity { issuer, subject, account } => {
            let sql = "INSERT INTO lyceum.identity (issuer, subject, account) VALUES ($1, $2, $3)
                ON CONFLICT (issuer, subject) DO UPDATE SET account = excluded.account";
            run(transaction, sql, &[issuer, subject, &account.0]).await.map(drop)
        }
        AccountChange::UnlinkIdentity { issuer, subject, account } => {
            let sql = "DELETE FROM lyceum.identity WHERE issuer = $1 AND subject = $2 AND account = $3";
            run(transaction, sql, &[issuer, subject, &account.0]).await.map(drop)
        }
        AccountChange::CreateSession(session) => create_session(transaction, session).await,
        AccountChange::TouchSession { secret, last_used, expires } => {
            let sql = "UPDATE lyceum.session SET last_used = $2, expires = $3 WHERE secret_sha256 = $1";
            run(transaction, sql, &[&secret.0.as_slice(), &last_used.0, &expires.0]).await.map(drop)
        }
        AccountChange::UseSession(secret, now) => {
            let sql = "DELETE FROM lyceum.session WHERE secret_sha256 = $1 AND expires > $2";
            require(run(transaction, sql, &[&secret.0.as_slice(), &now.0]).await?, AccountError::StaleLink)
        }
        AccountChange::EndSession(secret) => {
            let sql = "DELETE FROM lyceum.session WHERE secret_sha256 = $1";
            run(transaction, sql, &[&secret.0.as_slice()]).await.map(drop)
        }
        AccountChange::EndSessions(id) => {
            run(transaction, "DELETE FROM lyceum.session WHERE account = $1", &[&id.0]).await.map(drop)
        }
        AccountChange::CreateInvitation(invitation) => create_invitation(transaction, invitation).await,
        AccountChange::UseInvitation(secret, now) => {
            let sql = "DELETE FROM lyceum.invitation WHERE secret_sha256 = $1 AND expires > $2";
            require(run(transaction, sql, &[&secret.0.as_slice(), &now.0]).await?, AccountError::StaleLink)
        }
        AccountChange::DeleteInvitation(id) => {
            let rows = run(transaction, "DELETE FROM lyceum.invitation WHERE id = $1", &[id]).await?;
            require(rows, AccountError::Missing("invitation"))
        }
        AccountChange::CreateToken(token) => create_token(transaction, token).await,
        AccountChange::TouchToken(id, now) => {
            let sql = "UPDATE lyceum.token SET last_used = $2 WHERE id = $1";
            run(transaction, sql, &[id, &now.0]).await.map(drop)
        }
        AccountChange::DeleteToken(account, id) => {
            let sql = "DELETE FROM lyceum.token WHERE id = $1 AND account = $2";
            require(run(transaction, sql, &[id, &account.0]).await?, AccountError::Missing("token"))
        }
        AccountChange::PutGroup(group) => put_group(transaction, group).await,
        AccountChange::DeleteGroup(lrs, id) => {
            let sql = "DELETE FROM lyceum.learner_group
                WHERE lrs = (SELECT number FROM lyceum.lrs WHERE name = $1) AND id = $2";
            require(run(transaction, sql, &[&lrs.as_str(), id]).await?, AccountError::Missing("group"))
        }
        AccountChange::CreateKey(key, now) => create_key(transaction, key, *now).await,
        AccountChange::ChangeKey(id, change) => {
            let rows = control::update_key(transaction, id, change).await.map_err(failed)?;
            require(rows, AccountError::Missing("key"))
        }
        AccountChange::RotateKey { key, secret, old_until } => {
            let rows = control::rotate_key(transaction, key, secret, *old_until).await.map_err(failed)?;
            require(rows, AccountError::Missing("key"))
        }
        AccountChange::RevokeKey(id, now) => {
            let rows = control::revoke_key(transaction, id, Some(now.0)).await.map_err(failed)?;
            require(rows, AccountError::Missing("key"))
        }
    }
}

async fn offer_setup(transaction: &Transaction<'_>, secret: &SecretHash) -> Result<(), AccountError> {
    run(transaction, "DELETE FROM lyceum.setup_link", &[]).await?;
    let sql = "INSERT INTO lyceum.setup_link (secret_sha256) VALUES ($1)";
    run(transaction, sql, &[&secret.0.as_slice()]).await.map(drop)
}

async fn use_setup(transaction: &Transaction<'_>, secret: &SecretHash) -> Result<(), AccountError> {
    let sql = "DELETE FROM lyceum.setup_link
        WHERE secret_sha256 = $1 AND NOT EXISTS (SELECT 1 FROM lyceum.account)";
    require(run(transaction, sql, &[&secret.0.as_slice()]).await?, AccountError::StaleLink)
}

/// `outcome`, with a violated uniqueness as `taken`.
fn or_taken<T>(outcome: Result<T, tokio_postgres::Error>, taken: AccountError) -> Result<T, AccountError> {
    outcome.map_err(|error| match error.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => taken,
        _ => failed(error),
    })
}

async fn create_account(transaction: &Transaction<'_>, account: &NewAccount) -> Result<(), AccountError> {
    let sql = "INSERT INTO lyceum.account (id, email, name, password, is_owner, created)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let NewAccount { id, email, name, password, is_owner, created } = account;
    let password = password.as_ref().map(|it| &it.0);
    let inserted = transaction.execute(sql, &[&id.0, &email.as_str(), name, &password, is_owner, &created.0]).await;
    or_taken(inserted, AccountError::EmailTaken).map(drop)
}

async fn update_account(
    transaction: &Transaction<'_>,
    id: &AccountId,
    update: &AccountUpdate,
) -> Result<(), AccountError> {
    let sql = "UPDATE lyceum.account SET
            name = coalesce($2, name),
            password = coalesce($3, password),
            is_owner = coalesce($4, is_owner),
            disabled = CASE WHEN $5 THEN $6 ELSE disabled END,
            last_sign_in = coalesce($7, last_sign_in)
        WHERE id = $1";
    let rows = run(
        transaction,
        sql,
        &[
            &id.0,
            &update.name,
            &update.password.as_ref().map(|it| &it.0),
            &update.is_owner,
            &update.disabled.is_some(),
            &update.disabled.flatten().map(|it| it.0),
            &update.last_sign_in.map(|it| it.0),
        ],
    )
    .await?;
    require(rows, AccountError::Missing("account"))
}

async fn set_roles(transaction: &Transaction<'_>, id: &AccountId, roles: &[RoleGrant]) -> Result<(), AccountError> {
    let found = transaction.query_opt("SELECT 1 FROM lyceum.account WHERE id = $1", &[&id.0]).await;
    found.map_err(failed)?.ok_or(AccountError::Missing("account"))?;
    run(transaction, "DELETE FROM lyceum.role_grant WHERE account = $1", &[&id.0]).await?;
    for RoleGrant { lrs, role, groups } in roles {
        let sql = "INSERT INTO lyceum.role_grant (account, lrs, role, groups)
            SELECT $1, number, $3, $4 FROM lyceum.lrs WHERE name = $2
            ON CONFLICT (account, lrs) DO UPDATE SET role = excluded.role, groups = excluded.groups";
        let rows = run(transaction, sql, &[&id.0, &lrs.as_str(), &role.as_str(), &write_texts(groups)]).await?;
        require(rows, AccountError::Missing("LRS"))?;
    }
    Ok(())
}

async fn delete_account(transaction: &Transaction<'_>, id: &AccountId) -> Result<(), AccountError> {
    for sql in [
        "DELETE FROM lyceum.role_grant WHERE account = $1",
        "DELETE FROM lyceum.identity WHERE account = $1",
        "DELETE FROM lyceum.session WHERE account = $1",
        "DELETE FROM lyceum.token WHERE account = $1",
    ] {
        run(transaction, sql, &[&id.0]).await?;
    }
    let rows = run(transaction, "DELETE FROM lyceum.account WHERE id = $1", &[&id.0]).await?;
    require(rows, AccountError::Missing("account"))
}

async fn create_session(transaction: &Transaction<'_>, session: &Session) -> Result<(), AccountError> {
    run(transaction, "DELETE FROM lyceum.session WHERE expires <= $1", &[&session.last_used.0]).await?;
    let sql = "INSERT INTO lyceum.session (secret_sha256, account, created, expires, last_used)
        VALUES ($1, $2, $3, $4, $5)";
    let Session { secret, account, created, expires, last_used } = session;
    run(transaction, sql, &[&secret.0.as_slice(), &account.0, &created.0, &expires.0, &last_used.0]).await.map(drop)
}

async fn create_invitation(transaction: &Transaction<'_>, invitation: &Invitation) -> Result<(), AccountError> {
    let Invitation { id, secret, email, roles, is_owner, invited_by, created, expires } = invitation;
    let found = transaction.query_opt("SELECT 1 FROM lyceum.account WHERE email = $1", &[&email.as_str()]).await;
    if found.map_err(failed)?.is_some() {
        return Err(AccountError::EmailTaken);
    }
    run(transaction, "DELETE FROM lyceum.invitation WHERE email = $1", &[&email.as_str()]).await?;
    let sql = "INSERT INTO lyceum.invitation (id, secret_sha256, email, roles, is_owner, invited_by, created, expires)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (secret, roles, email) = (secret.0.as_slice(), RoleGrant::write_list(roles), email.as_str());
    run(transaction, sql, &[id, &secret, &email, &roles, is_owner, invited_by, &created.0, &expires.0]).await.map(drop)
}

async fn create_token(transaction: &Transaction<'_>, token: &Token) -> Result<(), AccountError> {
    let Token { id, secret, account, name, created, expires, last_used: _ } = token;
    let sql = "INSERT INTO lyceum.token (id, secret_sha256, account, name, created, expires)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let expires = expires.map(|it| it.0);
    run(transaction, sql, &[id, &secret.0.as_slice(), &account.0, name, &created.0, &expires]).await.map(drop)
}

async fn put_group(transaction: &Transaction<'_>, group: &LearnerGroup) -> Result<(), AccountError> {
    let LearnerGroup { lrs, id, name, members } = group;
    let sql = "INSERT INTO lyceum.learner_group (lrs, id, name, members)
        SELECT number, $2, $3, $4 FROM lyceum.lrs WHERE name = $1
        ON CONFLICT (lrs, id) DO UPDATE SET name = excluded.name, members = excluded.members";
    let rows = run(transaction, sql, &[&lrs.as_str(), id, name, &write_texts(members)]).await?;
    require(rows, AccountError::Missing("LRS"))
}

async fn create_key(transaction: &Transaction<'_>, key: &NewKey, now: Timestamp) -> Result<(), AccountError> {
    let inserted = control::insert_key(transaction, key, Some(now.0)).await;
    if or_taken(inserted, AccountError::KeyExists)? { Ok(()) } else { Err(AccountError::Missing("LRS")) }
}

async fn append_entry(transaction: &Transaction<'_>, entry: &NewAuditEntry) -> Result<(), AccountError> {
    let NewAuditEntry { when, account, who, from, act, lrs, target, before, after } = entry;
    let sql = "WITH counted AS (
            UPDATE lyceum.counter SET value = value + 1 WHERE name = 'audit' RETURNING value)
        INSERT INTO lyceum.audit (seq, at, account, who, source, act, lrs, target, before, after)
        SELECT value, $1, $2, $3, $4, $5, $6, $7, $8, $9 FROM counted";
    let lrs = lrs.as_ref().map(LrsName::as_str);
    run(transaction, sql, &[&when.0, account, who, from, act, &lrs, target, before, after]).await.map(drop)
}

/// By the primary keys of `key` and `key_usage`; in the order of keys, so that two processes do not wait for each other.
pub(super) async fn add_key_uses(transaction: &Transaction<'_>, mut uses: Vec<KeyUse>) -> Result<(), StoreError> {
    let failed = |error| store_error("count the use of keys", error);
    uses.sort_by(|one, other| one.key.cmp(&other.key));
    for key_use in uses {
        let key = key_use.key.0.clone();
        let sql = "SELECT k.id, u.last_used, u.last_client, u.statements, u.refused, u.days_used, u.usual_pause_s
            FROM lyceum.key AS k LEFT JOIN lyceum.key_usage AS u ON u.key = k.id WHERE k.id = $1 FOR UPDATE OF k";
        let Some(row) = transaction.query_opt(sql, &[&key.as_bytes()]).await.map_err(failed)? else { continue };
        let usage = match row.get::<_, Option<i64>>(1) {
            Some(_) => read_usage(&row).and_then_used(key_use),
            None => KeyUsage::first(key_use),
        };
        let sql = "INSERT INTO lyceum.key_usage
                (key, last_used, last_client, statements, refused, days_used, usual_pause_s)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (key) DO UPDATE SET last_used = excluded.last_used, last_client = excluded.last_client,
                statements = excluded.statements, refused = excluded.refused, days_used = excluded.days_used,
                usual_pause_s = excluded.usual_pause_s";
        let KeyUsage { last_used, last_client, statements, refused, days_used, usual_pause_s } = usage;
        let statements = i64::try_from(statements).unwrap_or(i64::MAX);
        let refused = i64::try_from(refused).unwrap_or(i64::MAX);
        let days_used = i64::from(days_used);
        transaction
            .execute(
                sql,
                &[&key.as_bytes(), &last_used.0, &last_client, &statements, &refused, &days_used, &usual_pause_s],
            )
            .await
            .map_err(failed)?;
    }
    Ok(())
}
