//! Accounts in the schema `lyceum`: the tables, and the trait [`Accounts`] over them. Changes are in `change`, questions in `read`.

mod change;
mod read;

use async_trait::async_trait;
use lrs_store::{
    Account, AccountChange, AccountError, AccountId, AccountKey, Accounts, AuditEntry, AuditQuery, Email, Invitation,
    KeyId, KeyUsage, KeyUse, LearnerGroup, LrsName, NewAuditEntry, SecretHash, Session, StoreError, Token,
};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::{PostgresRegistry, drop_broken};
use crate::error::Fault;
use crate::store::failed;

/// The step of the schema `lyceum` that brings accounts.
pub(crate) const SCHEMA: &str = "
ALTER TABLE lyceum.key ADD COLUMN old_secret_sha256 bytea, ADD COLUMN old_secret_until bigint;
-- One row at most: the link for the first account.
CREATE TABLE lyceum.setup_link (secret_sha256 bytea NOT NULL);
CREATE TABLE lyceum.account (
    id text PRIMARY KEY, email text COLLATE \"C\" NOT NULL UNIQUE, name text NOT NULL, password text,
    is_owner boolean NOT NULL, created bigint NOT NULL, disabled bigint, last_sign_in bigint
);
CREATE TABLE lyceum.role_grant (
    account text NOT NULL, lrs integer NOT NULL, role text NOT NULL, groups text NOT NULL, PRIMARY KEY (account, lrs)
);
CREATE INDEX role_grant_lrs ON lyceum.role_grant (lrs);
CREATE TABLE lyceum.identity (
    issuer text NOT NULL, subject text NOT NULL, account text NOT NULL, PRIMARY KEY (issuer, subject)
);
CREATE INDEX identity_account ON lyceum.identity (account);
CREATE TABLE lyceum.session (
    secret_sha256 bytea PRIMARY KEY, account text NOT NULL, created bigint NOT NULL, expires bigint NOT NULL,
    last_used bigint NOT NULL
);
CREATE INDEX session_account ON lyceum.session (account);
CREATE INDEX session_expires ON lyceum.session (expires);
CREATE TABLE lyceum.invitation (
    id text PRIMARY KEY, secret_sha256 bytea NOT NULL UNIQUE, email text COLLATE \"C\" NOT NULL UNIQUE,
    roles text NOT NULL, is_owner boolean NOT NULL, invited_by text NOT NULL, created bigint NOT NULL,
    expires bigint NOT NULL
);
CREATE TABLE lyceum.token (
    id text PRIMARY KEY, secret_sha256 bytea NOT NULL UNIQUE, account text NOT NULL, name text NOT NULL,
    created bigint NOT NULL, expires bigint, last_used bigint
);
CREATE INDEX token_account ON lyceum.token (account, created, id);
CREATE TABLE lyceum.learner_group (
    lrs integer NOT NULL, id text NOT NULL, name text COLLATE \"C\" NOT NULL, members text NOT NULL, PRIMARY KEY (lrs, id)
);
CREATE TABLE lyceum.key_usage (
    key bytea PRIMARY KEY, last_used bigint NOT NULL, last_client text NOT NULL, statements bigint NOT NULL,
    refused bigint NOT NULL, days_used bigint NOT NULL, usual_pause_s bigint NOT NULL
);
CREATE TABLE lyceum.audit (
    seq bigint PRIMARY KEY, at bigint NOT NULL, account text NOT NULL, who text NOT NULL, source text NOT NULL,
    act text NOT NULL, lrs text, target text NOT NULL, before text, after text
);
INSERT INTO lyceum.counter (name, value) VALUES ('audit', 0);
CREATE FUNCTION lyceum.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lyceum.audit
    FOR EACH STATEMENT EXECUTE FUNCTION lyceum.refuse_change();
";

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

impl PostgresRegistry {
    /// The rows of a question, asked again on another connection when one breaks.
    async fn ask(
        &self,
        operation: &'static str,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        crate::connection::read_again(|| async {
            let connection = self.state.pools.reader(operation).await?;
            let fault = |error| Fault::new(operation, error);
            let asked = match connection.prepare_cached(sql).await {
                Ok(statement) => connection.query(&statement, parameters).await.map_err(fault),
                Err(error) => Err(fault(error)),
            };
            drop_broken(connection, &asked);
            asked
        })
        .await
    }

    /// The rows, read; all of them or none.
    pub(super) async fn list<T>(
        &self,
        operation: &'static str,
        sql: &str,
        parameters: Parameters<'_>,
        read: fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.ask(operation, sql, parameters).await?.iter().map(read).collect()
    }

    pub(super) async fn find<T>(
        &self,
        operation: &'static str,
        sql: &str,
        parameters: Parameters<'_>,
        read: fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.ask(operation, sql, parameters).await?.first().map(read).transpose()
    }
}

#[async_trait]
impl Accounts for PostgresRegistry {
    async fn change_accounts(
        &self,
        changes: Vec<AccountChange>,
        entry: Option<NewAuditEntry>,
    ) -> Result<(), AccountError> {
        const OPERATION: &str = "change an account";
        if !changes.iter().all(AccountChange::is_about_sessions) {
            self.state.options.check_writable()?;
        }
        let mut connection = self.state.pools.writer(OPERATION).await?;
        let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
        change::change(&transaction, &changes, entry.as_ref()).await?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        drop(connection);
        if changes.iter().any(change::is_about_keys) {
            self.state.read_own_change().await?;
        }
        Ok(())
    }

    async fn count_accounts(&self) -> Result<u64, StoreError> {
        let rows = self.ask("count the accounts", "SELECT count(*) FROM lyceum.account", &[]).await?;
        Ok(rows.first().map_or(0, |row| row.get::<_, i64>(0)).unsigned_abs())
    }

    async fn find_account(&self, key: AccountKey) -> Result<Option<Account>, StoreError> {
        self.find_account_by(&key).await
    }

    async fn list_accounts(
        &self,
        within: Option<&[LrsName]>,
        after: Option<&Email>,
        limit: usize,
    ) -> Result<Vec<Account>, StoreError> {
        self.list_accounts_after(within, after, limit).await
    }

    async fn list_linked_identities(&self, account: &AccountId) -> Result<Vec<(String, String)>, StoreError> {
        self.list("list the linked identities", read::LINKED_IDENTITIES, &[&account.0], read::read_linked_identity)
            .await
    }

    async fn find_session(&self, secret: &SecretHash) -> Result<Option<Session>, StoreError> {
        self.find("find a session", read::SESSION, &[&secret.0.as_slice()], read::read_session).await
    }

    async fn find_invitation(&self, secret: &SecretHash) -> Result<Option<Invitation>, StoreError> {
        let sql = read::INVITATION.to_owned() + " WHERE secret_sha256 = $1";
        self.find("find an invitation", &sql, &[&secret.0.as_slice()], read::read_invitation).await
    }

    async fn list_invitations(&self) -> Result<Vec<Invitation>, StoreError> {
        let sql = read::INVITATION.to_owned() + " ORDER BY email";
        self.list("list the invitations", &sql, &[], read::read_invitation).await
    }

    async fn find_token(&self, secret: &SecretHash) -> Result<Option<Token>, StoreError> {
        let sql = read::TOKEN.to_owned() + " WHERE secret_sha256 = $1";
        self.find("find a token", &sql, &[&secret.0.as_slice()], read::read_token).await
    }

    async fn list_tokens(&self, account: &AccountId) -> Result<Vec<Token>, StoreError> {
        let sql = read::TOKEN.to_owned() + " WHERE account = $1 ORDER BY created, id";
        self.list("list the tokens", &sql, &[&account.0], read::read_token).await
    }

    async fn list_groups(&self, lrs: &LrsName) -> Result<Vec<LearnerGroup>, StoreError> {
        self.list("list the groups", read::GROUPS, &[&lrs.as_str()], read::read_group).await
    }

    async fn add_key_uses(&self, uses: Vec<KeyUse>) -> Result<(), StoreError> {
        const OPERATION: &str = "count the use of keys";
        let mut connection = self.state.pools.writer(OPERATION).await?;
        let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
        change::add_key_uses(&transaction, uses).await?;
        transaction.commit().await.map_err(failed(OPERATION))
    }

    async fn list_key_usages(&self, lrs: &LrsName) -> Result<Vec<(KeyId, KeyUsage)>, StoreError> {
        self.list("read the use of keys", read::USAGES, &[&lrs.as_str()], read::read_key_usage).await
    }

    async fn find_audit_entries(&self, query: AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        self.find_entries(&query).await
    }
}
