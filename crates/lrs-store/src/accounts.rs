//! The people of a server: accounts, what they may do in which LRS, how they are signed in, and the record of what they did.
//!
//! Instants are arguments here: whoever decides that a session is over also says when. Secrets come as their SHA-256 only.

mod account;
mod audit;
mod usage;

use async_trait::async_trait;
use xapi::Timestamp;

pub use account::{
    Account, AccountId, AccountUpdate, Email, Invitation, LearnerGroup, NewAccount, PasswordHash, Role, RoleGrant,
    Session, Token, read_texts, write_texts,
};
pub use audit::{AuditEntry, AuditQuery, NewAuditEntry};
pub use usage::{KeyUsage, KeyUse};

use crate::{KeyChange, KeyId, LrsName, NewKey, SecretHash, StoreError};

/// One step of a change to accounts, keys or groups. A list of them happens whole, together with its audit entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// Offers a one-time link for the first account; an earlier offer ends.
    OfferSetup(SecretHash),
    /// Uses that link up. [`AccountError::StaleLink`] when it is another, was used, or an account exists.
    UseSetup(SecretHash),
    /// Creates an account without roles.
    CreateAccount(NewAccount),
    /// Changes an account.
    UpdateAccount(AccountId, AccountUpdate),
    /// Replaces what an account may do; each LRS at most once.
    SetRoles(AccountId, Vec<RoleGrant>),
    /// Deletes an account with its sessions and tokens.
    DeleteAccount(AccountId),
    /// Lets whom an OpenID provider calls so sign in to an account.
    LinkIdentity {
        /// The provider.
        issuer: String,
        /// Its name for the person.
        subject: String,
        /// The account.
        account: AccountId,
    },
    /// Lets whom an OpenID provider calls so not sign in to an account any more; fine when they could not.
    UnlinkIdentity {
        /// The provider.
        issuer: String,
        /// Its name for the person.
        subject: String,
        /// The account; a link to another one stays.
        account: AccountId,
    },
    /// Signs an account in; sessions that ended before `Session::last_used` are forgotten.
    CreateSession(Session),
    /// A session was used, and ends at an instant, which may be another one than before.
    TouchSession {
        /// The hash of its secret.
        secret: SecretHash,
        /// When it was used.
        last_used: Timestamp,
        /// When it ends at the latest.
        expires: Timestamp,
    },
    /// Uses a session up at an instant, as a link that works once. [`AccountError::StaleLink`] when there is none, or it has expired.
    UseSession(SecretHash, Timestamp),
    /// Ends a session; fine when it has ended.
    EndSession(SecretHash),
    /// Ends all sessions of an account.
    EndSessions(AccountId),
    /// Invites someone; an earlier invitation of the same address ends.
    CreateInvitation(Invitation),
    /// Uses an invitation up at an instant. [`AccountError::StaleLink`] when there is none, or it has expired.
    UseInvitation(SecretHash, Timestamp),
    /// Withdraws an invitation.
    DeleteInvitation(String),
    /// Creates a personal access token.
    CreateToken(Token),
    /// A token was used.
    TouchToken(String, Timestamp),
    /// Deletes a token of an account.
    DeleteToken(AccountId, String),
    /// Creates a group of learners, or replaces it.
    PutGroup(LearnerGroup),
    /// Deletes a group of learners.
    DeleteGroup(LrsName, String),
    /// Creates a key; see [`Registry::create_key`](crate::Registry::create_key).
    CreateKey(NewKey, Timestamp),
    /// Changes a key's limits or name.
    ChangeKey(KeyId, KeyChange),
    /// Gives a key another secret; the old one opens it until an instant.
    RotateKey {
        /// The key.
        key: KeyId,
        /// The hash of the new secret.
        secret: SecretHash,
        /// Until when the old secret is valid too.
        old_until: Timestamp,
    },
    /// Revokes a key at an instant; the first instant stays.
    RevokeKey(KeyId, Timestamp),
}

impl AccountChange {
    /// Whether it is only about who is signed in, which a server does that otherwise only reads.
    #[must_use]
    pub fn is_about_sessions(&self) -> bool {
        match self {
            Self::CreateSession(_)
            | Self::TouchSession { .. }
            | Self::EndSession(_)
            | Self::EndSessions(_)
            | Self::TouchToken(..) => true,
            Self::UpdateAccount(_, update) => {
                *update == AccountUpdate { last_sign_in: update.last_sign_in, ..AccountUpdate::default() }
            }
            _ => false,
        }
    }
}

/// Why a change did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Another account has this address.
    #[error("an account with this e-mail address exists already")]
    EmailTaken,
    /// The link was used, withdrawn or has expired.
    #[error("the link is not valid any more")]
    StaleLink,
    /// Nobody would be left who owns the server.
    #[error("the last owner of the server must stay")]
    LastOwner,
    /// What is to be changed is not there: `account`, `token`, `key`, `LRS`, …
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// The public half of a key is taken.
    #[error("the key exists already")]
    KeyExists,
    /// The backend failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How an account is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountKey {
    /// By its id.
    Id(AccountId),
    /// By its e-mail address.
    Email(Email),
    /// By what an OpenID provider calls it: issuer and subject.
    Identity(String, String),
}

/// The accounts of one server, and what belongs to them.
///
/// # Errors
/// Every method may answer a [`StoreError`] (or [`AccountError::Store`]): `Unavailable` when the registry was closed,
/// or its database is away, full or busy; `Corrupt` when the database or a row is damaged; `Internal` for a defect.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Does all `changes` and appends `entry` to the audit log, or does nothing at all.
    ///
    /// # Errors
    /// - `Missing`: the account, invitation, token, group, key or LRS that a change is about is not there.
    /// - `EmailTaken`: someone to create or to invite has the address of an account.
    /// - `StaleLink`: a link to use is not the one that was offered, was used, or has expired.
    /// - `KeyExists`: the public half of a key to create is taken.
    /// - `LastOwner`: there was an owner who may sign in, and there would be none.
    /// - `Store` also with `Unavailable` when this process only reads and a change is about more than sessions.
    async fn change_accounts(
        &self,
        changes: Vec<AccountChange>,
        entry: Option<NewAuditEntry>,
    ) -> Result<(), AccountError>;

    /// How many accounts there are.
    ///
    /// # Errors
    /// Only those of every method.
    async fn count_accounts(&self) -> Result<u64, StoreError>;

    /// One account.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_account(&self, key: AccountKey) -> Result<Option<Account>, StoreError>;

    /// Accounts by e-mail address, behind `after`, at most `limit`; `within` leaves out those that have no role in any of these LRSs.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_accounts(
        &self,
        within: Option<&[LrsName]>,
        after: Option<&Email>,
        limit: usize,
    ) -> Result<Vec<Account>, StoreError>;

    /// By what OpenID providers call an account: issuer and subject, in their order.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_linked_identities(&self, account: &AccountId) -> Result<Vec<(String, String)>, StoreError>;

    /// A session by its secret, whether it is over or not.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_session(&self, secret: &SecretHash) -> Result<Option<Session>, StoreError>;

    /// An invitation by its secret, whether it has expired or not.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_invitation(&self, secret: &SecretHash) -> Result<Option<Invitation>, StoreError>;

    /// All invitations, by e-mail address.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_invitations(&self) -> Result<Vec<Invitation>, StoreError>;

    /// A token by its secret, whether it has expired or not.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_token(&self, secret: &SecretHash) -> Result<Option<Token>, StoreError>;

    /// The tokens of an account, by creation.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_tokens(&self, account: &AccountId) -> Result<Vec<Token>, StoreError>;

    /// The groups of learners of an LRS, by name.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_groups(&self, lrs: &LrsName) -> Result<Vec<LearnerGroup>, StoreError>;

    /// Adds to what is known of the use of keys. Uses of unknown keys are left out.
    ///
    /// # Errors
    /// Only those of every method; none of the uses is added then.
    async fn add_key_uses(&self, uses: Vec<KeyUse>) -> Result<(), StoreError>;

    /// What is known of the use of an LRS's keys. Keys that were never used are left out.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_key_usages(&self, lrs: &LrsName) -> Result<Vec<(KeyId, KeyUsage)>, StoreError>;

    /// Entries of the audit log, newest first.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_audit_entries(&self, query: AuditQuery) -> Result<Vec<AuditEntry>, StoreError>;
}
