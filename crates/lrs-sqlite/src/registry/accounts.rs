//! Accounts in the control database: the tables, and the trait [`Accounts`] over them. Changes are in `change`, questions in `read`.

mod change;
mod read;

use async_trait::async_trait;
use lrs_store::{
    Account, AccountChange, AccountError, AccountId, AccountKey, Accounts, AuditEntry, AuditQuery, Email, Invitation,
    KeyId, KeyUsage, KeyUse, LearnerGroup, LrsName, NewAuditEntry, SecretHash, Session, StoreError, Token,
};
use rusqlite::Connection;

pub(super) use self::change::{change, forget_lrs};
use super::SqliteRegistry;
use super::state::State;

/// The step of the control database that brings accounts.
pub(super) const SCHEMA: &str = "
ALTER TABLE key ADD COLUMN old_secret_sha256 BLOB;
ALTER TABLE key ADD COLUMN old_secret_until INTEGER;
-- One row at most: the link for the first account.
CREATE TABLE setup_link (secret_sha256 BLOB NOT NULL) STRICT;
CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password TEXT,
    is_owner INTEGER NOT NULL,
    created INTEGER NOT NULL,
    disabled INTEGER,
    last_sign_in INTEGER
) STRICT;
CREATE TABLE role_grant (
    account TEXT NOT NULL,
    lrs TEXT NOT NULL,
    role TEXT NOT NULL,
    groups TEXT NOT NULL,
    PRIMARY KEY (account, lrs)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_grant_by_lrs ON role_grant (lrs);
CREATE TABLE identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_by_account ON identity (account);
CREATE TABLE session (
    secret_sha256 BLOB NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    last_used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_account ON session (account);
CREATE INDEX session_by_expires ON session (expires);
CREATE TABLE invitation (
    id TEXT NOT NULL PRIMARY KEY,
    secret_sha256 BLOB NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE,
    roles TEXT NOT NULL,
    is_owner INTEGER NOT NULL,
    invited_by TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE TABLE token (
    id TEXT NOT NULL PRIMARY KEY,
    secret_sha256 BLOB NOT NULL UNIQUE,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    last_used INTEGER
) STRICT;
CREATE INDEX token_by_account ON token (account, created, id);
CREATE TABLE learner_group (
    lrs TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    members TEXT NOT NULL,
    PRIMARY KEY (lrs, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE key_usage (
    key TEXT NOT NULL PRIMARY KEY,
    last_used INTEGER NOT NULL,
    last_client TEXT NOT NULL,
    statements INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    days_used INTEGER NOT NULL,
    usual_pause_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    account TEXT NOT NULL,
    who TEXT NOT NULL,
    source TEXT NOT NULL,
    act TEXT NOT NULL,
    lrs TEXT,
    target TEXT NOT NULL,
    before TEXT,
    after TEXT
) STRICT;
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit BEGIN
    SELECT raise(ABORT, 'the audit log is append-only');
END;
";

impl SqliteRegistry {
    /// Runs a question on a thread that may block.
    pub(super) async fn ask<T, F>(&self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.run_blocking(operation, move |state| state.with_connection(operation, work)).await?
    }

    pub(super) async fn run_blocking<T, F>(&self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&State) -> T + Send + 'static,
    {
        let state = std::sync::Arc::clone(&self.state);
        tokio::task::spawn_blocking(move || work(&state))
            .await
            .map_err(|error| StoreError::Internal { operation, source: Box::new(error) })
    }
}

#[async_trait]
impl Accounts for SqliteRegistry {
    async fn change_accounts(
        &self,
        changes: Vec<AccountChange>,
        entry: Option<NewAuditEntry>,
    ) -> Result<(), AccountError> {
        let work = move |state: &State| state.change_accounts(&changes, entry.as_ref());
        self.run_blocking("change an account", work).await?
    }

    async fn count_accounts(&self) -> Result<u64, StoreError> {
        self.ask("count the accounts", |connection| read::count_accounts(connection)).await
    }

    async fn find_account(&self, key: AccountKey) -> Result<Option<Account>, StoreError> {
        self.ask("find an account", move |connection| read::find_account(connection, &key)).await
    }

    async fn list_accounts(
        &self,
        within: Option<&[LrsName]>,
        after: Option<&Email>,
        limit: usize,
    ) -> Result<Vec<Account>, StoreError> {
        let (within, after) = (within.map(<[_]>::to_vec), after.cloned());
        let list = move |connection: &mut _| read::list_accounts(connection, within.as_deref(), after.as_ref(), limit);
        self.ask("list the accounts", list).await
    }

    async fn list_linked_identities(&self, account: &AccountId) -> Result<Vec<(String, String)>, StoreError> {
        let account = account.clone();
        let list = move |connection: &mut _| read::list_linked_identities(connection, &account);
        self.ask("list the linked identities", list).await
    }

    async fn find_session(&self, secret: &SecretHash) -> Result<Option<Session>, StoreError> {
        let secret = *secret;
        self.ask("find a session", move |connection| read::find_session(connection, &secret)).await
    }

    async fn find_invitation(&self, secret: &SecretHash) -> Result<Option<Invitation>, StoreError> {
        let secret = *secret;
        self.ask("find an invitation", move |connection| read::find_invitation(connection, &secret)).await
    }

    async fn list_invitations(&self) -> Result<Vec<Invitation>, StoreError> {
        self.ask("list the invitations", |connection| read::list_invitations(connection)).await
    }

    async fn find_token(&self, secret: &SecretHash) -> Result<Option<Token>, StoreError> {
        let secret = *secret;
        self.ask("find a token", move |connection| read::find_token(connection, &secret)).await
    }

    async fn list_tokens(&self, account: &AccountId) -> Result<Vec<Token>, StoreError> {
        let account = account.clone();
        self.ask("list the tokens", move |connection| read::list_tokens(connection, &account)).await
    }

    async fn list_groups(&self, lrs: &LrsName) -> Result<Vec<LearnerGroup>, StoreError> {
        let lrs = lrs.clone();
        self.ask("list the groups", move |connection| read::list_groups(connection, &lrs)).await
    }

    async fn add_key_uses(&self, uses: Vec<KeyUse>) -> Result<(), StoreError> {
        self.ask("count the use of keys", move |connection| change::add_key_uses(connection, uses)).await
    }

    async fn list_key_usages(&self, lrs: &LrsName) -> Result<Vec<(KeyId, KeyUsage)>, StoreError> {
        let lrs = lrs.clone();
        self.ask("read the use of keys", move |connection| read::list_key_usages(connection, &lrs)).await
    }

    async fn find_audit_entries(&self, query: AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        self.ask("read the audit log", move |connection| read::find_audit_entries(connection, &query)).await
    }
}
