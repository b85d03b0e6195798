//! The LRSs of a server and the keys that open them. Changes by another process take effect without a restart.

use std::sync::Arc;

use async_trait::async_trait;
use xapi::Timestamp;

use crate::{Accounts, KeptJobs, LeaseAnswer, LeaseHolder, Store, StoreError};

/// The name of an LRS: 1 to 63 of `a–z 0–9 - _`, beginning with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LrsName(String);

impl LrsName {
    /// Parses a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = (1..=63).contains(&text.len())
            && text.bytes().all(|b| plain(b) || b == b'-' || b == b'_')
            && text.bytes().next().is_some_and(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for LrsName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key may do (Communication 4.2, OAuth scopes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// `statements/write`
    StatementsWrite,
    /// `statements/read/mine`: only statements that this key wrote.
    StatementsReadMine,
    /// `statements/read`
    StatementsRead,
    /// `state`: read and write State.
    State,
    /// `define`: statements of this key define activities and agents.
    Define,
    /// `profile`: read and write Activity and Agent Profiles.
    Profile,
    /// `all/read`: read everything.
    AllRead,
    /// `all`
    All,
}

impl Scope {
    /// Every scope with its name.
    pub const NAMES: [(Self, &'static str); 8] = [
        (Self::StatementsWrite, "statements/write"),
        (Self::StatementsReadMine, "statements/read/mine"),
        (Self::StatementsRead, "statements/read"),
        (Self::State, "state"),
        (Self::Define, "define"),
        (Self::Profile, "profile"),
        (Self::AllRead, "all/read"),
        (Self::All, "all"),
    ];

    /// Parses a scope's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, name)| *name == text).map(|(scope, _)| *scope)
    }

    /// Its name in the specification.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(scope, _)| *scope == self).map_or("", |(_, name)| name)
    }
}

/// The public half of a key: what a client sends as user name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub String);

/// SHA-256 of a secret of 256 random bits; the secret itself is never stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretHash(pub [u8; 32]);

impl std::fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

/// An LRS of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lrs {
    /// Its name.
    pub name: LrsName,
    /// When it was created.
    pub created: Timestamp,
}

/// A key to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Its public half.
    pub id: KeyId,
    /// The hash of its secret.
    pub secret: SecretHash,
    /// The LRS that it opens.
    pub lrs: LrsName,
    /// What it may do; not empty.
    pub scopes: Vec<Scope>,
    /// A name for people; may be empty.
    pub label: String,
    /// The authority (JSON Agent) of statements written with it; differs for each key.
    pub authority: String,
    /// After this instant it opens nothing.
    pub expires: Option<Timestamp>,
    /// At most so many requests in a second.
    pub requests_per_second_max: Option<u32>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// As it was created or last changed.
    pub key: NewKey,
    /// When it was created.
    pub created: Timestamp,
    /// When it was revoked, if it was.
    pub revoked: Option<Timestamp>,
    /// The secret before the present one.
    pub old_secret: Option<OldSecret>,
}

/// A secret that was replaced, and still opens its key for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OldSecret {
    /// Its hash.
    pub secret: SecretHash,
    /// Until when it is valid.
    pub until: Timestamp,
}

/// A change to a key's limits or name; `None` leaves as is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyChange {
    /// Another name for people.
    pub label: Option<String>,
    /// New scopes.
    pub scopes: Option<Vec<Scope>>,
    /// New expiry, or none.
    pub expires: Option<Option<Timestamp>>,
    /// New rate, or none.
    pub requests_per_second_max: Option<Option<u32>>,
}

/// Why a registry operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The name is taken.
    #[error("the LRS {0} exists already")]
    LrsExists(LrsName),
    /// No such LRS.
    #[error("there is no LRS {0}")]
    NoSuchLrs(LrsName),
    /// The public half of a key is taken.
    #[error("the key {} exists already", .0.0)]
    KeyExists(KeyId),
    /// No such key.
    #[error("there is no key {}", .0.0)]
    NoSuchKey(KeyId),
    /// The backend failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The LRSs and keys of one server, its accounts, and the jobs of its LRSs.
///
/// # Errors
/// Every method may answer [`RegistryError::Store`] (or that [`StoreError`]): `Unavailable` when the registry was
/// closed, or its database is away, full or busy, or this process only reads and LRSs or keys are to change; `Corrupt`
/// when the database or a row is damaged; `Internal` for a defect.
#[async_trait]
pub trait Registry: Accounts + KeptJobs {
    /// Creates an empty LRS.
    ///
    /// # Errors
    /// `LrsExists`. `Unavailable` also when its files cannot be made, or a deleted LRS of this name is still being
    /// closed.
    async fn create_lrs(&self, name: &LrsName) -> Result<Lrs, RegistryError>;

    /// All LRSs by name.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_lrss(&self) -> Result<Vec<Lrs>, RegistryError>;

    /// Deletes an LRS with its statements, documents, attachments, keys and jobs, for good.
    ///
    /// # Errors
    /// `NoSuchLrs`. `Unavailable` also when it is gone from the list, but not all of its tables or files could be
    /// removed.
    async fn delete_lrs(&self, name: &LrsName) -> Result<(), RegistryError>;

    /// The store of an LRS, opened at the first call. A deleted LRS is closed, and is `NoSuchLrs` from then on.
    ///
    /// # Errors
    /// `NoSuchLrs`. `Unavailable` also when its schema is of another release, `Corrupt` also when its file is missing.
    async fn open_lrs(&self, name: &LrsName) -> Result<Arc<dyn Store>, RegistryError>;

    /// Stores of this process that are open now.
    async fn open_lrss(&self) -> Vec<(LrsName, Arc<dyn Store>)>;

    /// Creates a key; its LRS must exist.
    ///
    /// # Errors
    /// `NoSuchLrs`; `KeyExists` when a key, of whichever LRS, has this public half.
    async fn create_key(&self, key: NewKey) -> Result<Key, RegistryError>;

    /// Creates an LRS as it is elsewhere, with the instant of its creation; one of this name that is there stays as it is.
    ///
    /// # Errors
    /// Those of [`Registry::create_lrs`] but `LrsExists`.
    async fn restore_lrs(&self, lrs: &Lrs) -> Result<(), RegistryError>;

    /// Writes a key as it is elsewhere: its secret's hash, when it was created and revoked. Takes the place of the key
    /// of this public half if there is one of the same LRS.
    ///
    /// # Errors
    /// `NoSuchLrs`; `KeyExists` when a key of another LRS has this public half.
    async fn restore_key(&self, key: &Key) -> Result<(), RegistryError>;

    /// Keys of one LRS, or of all, by creation; revoked ones included.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_keys(&self, lrs: Option<&LrsName>) -> Result<Vec<Key>, RegistryError>;

    /// A key by its public half; on every request, so answered from memory, at most 250 ms older than the truth.
    ///
    /// # Errors
    /// Only those of every method, when what is in memory is too old and cannot be read again.
    async fn find_key(&self, id: &KeyId) -> Result<Option<Key>, RegistryError>;

    /// The same key as it is at this moment, whatever other processes did: for what would be refused by memory alone.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_key_now(&self, id: &KeyId) -> Result<Option<Key>, RegistryError>;

    /// Changes a key's limits.
    ///
    /// # Errors
    /// `NoSuchKey`.
    async fn change_key(&self, id: &KeyId, change: KeyChange) -> Result<Key, RegistryError>;

    /// Revokes a key, for good. Revoking twice keeps the first instant.
    ///
    /// # Errors
    /// `NoSuchKey`.
    async fn revoke_key(&self, id: &KeyId) -> Result<Key, RegistryError>;

    /// Takes the lease of this name, such as `search/default`, or renews it for the one who has it. It expires by the backend's
    /// clock, which all processes share, so that of all of them at most one has it. Who gets it sees what the one before did here.
    ///
    /// # Errors
    /// Only those of every method. `holder` may then have it all the same, until it expires.
    async fn take_lease(&self, name: &str, holder: LeaseHolder) -> Result<LeaseAnswer, StoreError>;

    /// Gives a lease back, so that the next one need not wait until it expires. Does nothing when `holder` has it no longer.
    ///
    /// # Errors
    /// Only those of every method. The lease then ends when it expires.
    async fn release_lease(&self, name: &str, holder: LeaseHolder) -> Result<(), StoreError>;

    /// Closes all open stores.
    async fn close(&self);
}
