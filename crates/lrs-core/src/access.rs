//! Who may do what: a key and its secret become a [`Grant`] (Communication 4).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lrs_store::{Clock, Key, KeyId, LrsName, NewKey, Registry, RegistryError, Scope, Store};
use subtle::ConstantTimeEq;
use xapi::{Json, authority_key};

use crate::keys::hash_secret;
use crate::rate::{Rate, RateLimiter};
use crate::{KeyUses, MissingScope, Operation, UseOfKey};

/// Addresses whose failures are remembered, some 100 bytes each.
const ADDRESSES_MAX: usize = 10_000;

/// Keys whose use is counted and whose authority is kept parsed; more than a server has.
const KEYS_MAX: usize = 10_000;

/// Whom an LRS names as the source of a statement (Data 2.4.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The agent or group as JSON.
    pub json: String,
    /// [`authority_key`]
    pub key: String,
}

impl Authority {
    /// Takes the JSON of an agent or group; one that cannot be read has no identity to search by.
    #[must_use]
    pub fn from_json(json: String) -> Self {
        let key = Json::parse(json.as_bytes()).ok().and_then(|parsed| authority_key(&parsed)).unwrap_or_default();
        Self { json, key }
    }
}

/// What an authenticated request may do, and where.
#[derive(Clone)]
pub struct Grant {
    /// The key that was shown.
    pub key: KeyId,
    /// The LRS that it opens.
    pub lrs: LrsName,
    /// The store of that LRS.
    pub store: Arc<dyn Store>,
    /// The authority of what is written with the key.
    pub authority: Arc<Authority>,
    /// Where its use is counted.
    pub use_of_key: Arc<UseOfKey>,
    scopes: Vec<Scope>,
}

impl Grant {
    /// Whether an operation is permitted.
    ///
    /// # Errors
    /// When no scope of the key permits it.
    pub fn permit(&self, operation: Operation) -> Result<(), MissingScope> {
        let permitted = operation.scopes().iter().any(|scope| self.scopes.contains(scope));
        permitted.then_some(()).ok_or(MissingScope { operation })
    }

    /// Whether statements of this key define activities and name agents (scope `define`).
    #[must_use]
    pub fn may_define(&self) -> bool {
        self.scopes.iter().any(|scope| matches!(scope, Scope::Define | Scope::All))
    }

    /// Whether it reads only what it wrote itself (scope `statements/read/mine` and no wider one).
    #[must_use]
    pub fn reads_only_mine(&self) -> bool {
        !self.scopes.iter().any(|scope| matches!(scope, Scope::StatementsRead | Scope::AllRead | Scope::All))
    }
}

/// Why credentials open nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such key, or its secret is another.
    Unknown,
    /// The key was revoked.
    Revoked,
    /// The key has expired.
    Expired,
}

/// Why a request was not let in.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The credentials open nothing.
    #[error("the credentials were refused: {0:?}")]
    Refused(Refusal),
    /// The credentials open nothing, and too many like them came from the same address.
    #[error("too many failed authentications from this address")]
    TooManyFailures {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// The key is used more often than it may be.
    #[error("more requests than this key's {requests_per_second_max} in a second")]
    TooManyRequests {
        /// The key's rate.
        requests_per_second_max: u32,
        /// When there will be room.
        retry_after: Duration,
    },
    /// The registry or the LRS cannot be opened.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// Lets requests in.
pub struct Access {
    registry: Arc<dyn Registry>,
    clock: Arc<dyn Clock>,
    failure_rate: Rate,
    failures: RateLimiter<IpAddr>,
    requests: RateLimiter<KeyId>,
    uses: Arc<KeyUses>,
    authorities: Mutex<HashMap<KeyId, Arc<Authority>>>,
}

impl Access {
    /// `failures_per_minute_max` bounds, for each address, how many wrong credentials are answered as such. The use of keys is
    /// counted in `uses`.
    #[must_use]
    pub fn new(
        registry: Arc<dyn Registry>,
        clock: Arc<dyn Clock>,
        uses: Arc<KeyUses>,
        failures_per_minute_max: u32,
    ) -> Self {
        let burst = f64::from(failures_per_minute_max.max(1));
        Self {
            registry,
            clock,
            failure_rate: Rate { per_second: burst / 60.0, burst },
            failures: RateLimiter::new(ADDRESSES_MAX),
            requests: RateLimiter::new(KEYS_MAX),
            uses,
            authorities: Mutex::new(HashMap::new()),
        }
    }

    /// Turns a key and its secret into what they permit.
    ///
    /// Right credentials are let in even when their address has failed too often: a school sits behind one address, and
    /// 256 random bits are not guessed through the remaining door.
    ///
    /// # Errors
    /// - `Refused`: there is no such key, its secret is another, or it was revoked or has expired.
    /// - `TooManyFailures`: the same, when too many requests like it came from `peer`'s network.
    /// - `TooManyRequests`: the key was used more often than it may be.
    /// - `Registry`: the keys cannot be read, or the LRS cannot be opened.
    pub async fn authenticate(&self, key: &KeyId, secret: &[u8], peer: IpAddr) -> Result<Grant, AccessError> {
        let mut judged = self.judge(self.registry.find_key(key).await?, secret);
        if judged.is_err() {
            // Perhaps it was made, rotated or prolonged a moment ago by another process, and is used at once.
            judged = self.judge(self.registry.find_key_now(key).await?, secret);
        }
        let found = judged.map_err(|refusal| self.refuse(refusal, peer))?;
        if let Some(max) = found.key.requests_per_second_max {
            let rate = Rate { per_second: f64::from(max.max(1)), burst: f64::from(max.max(1)) };
            self.requests
                .take(key, rate, self.clock.now())
                .map_err(|retry_after| AccessError::TooManyRequests { requests_per_second_max: max, retry_after })?;
        }
        let store = match self.registry.open_lrs(&found.key.lrs).await {
            // The LRS went away between the two calls, and its keys with it.
            Err(RegistryError::NoSuchLrs(_)) => return Err(self.refuse(Refusal::Unknown, peer)),
            opened => opened?,
        };
        Ok(self.grant(found, store))
    }

    fn grant(&self, key: Key, store: Arc<dyn Store>) -> Grant {
        let NewKey { id, lrs, scopes, authority, .. } = key.key;
        let authority = self.authority_of(&id, authority);
        let use_of_key = self.uses.of(&id);
        Grant { key: id, lrs, store, authority, use_of_key, scopes }
    }

    /// What a key permits, for work that an account does in its name; `None` when it opens nothing now.
    ///
    /// # Errors
    /// When the registry fails.
    pub async fn find_grant(&self, key: &KeyId) -> Result<Option<Grant>, RegistryError> {
        let found = self.registry.find_key(key).await?;
        let is_open =
            |key: &Key| key.revoked.is_none() && key.key.expires.is_none_or(|expires| expires > self.clock.now());
        let Some(found) = found.filter(is_open) else { return Ok(None) };
        let store = self.registry.open_lrs(&found.key.lrs).await?;
        Ok(Some(self.grant(found, store)))
    }

    /// Counts a request without usable credentials against its address.
    #[must_use]
    pub fn refuse(&self, refusal: Refusal, peer: IpAddr) -> AccessError {
        match self.failures.take(&network_of(peer), self.failure_rate, self.clock.now()) {
            Ok(()) => AccessError::Refused(refusal),
            Err(retry_after) => AccessError::TooManyFailures { retry_after },
        }
    }

    fn judge(&self, found: Option<Key>, secret: &[u8]) -> Result<Key, Refusal> {
        // An unknown key costs the same comparison, so that time does not tell which keys exist.
        let expected = found.as_ref().map_or([0; 32], |key| key.key.secret.0);
        let hash = hash_secret(secret).0;
        let now = self.clock.now();
        let old = found.as_ref().and_then(|key| key.old_secret).filter(|old| old.until > now);
        let equal = hash.ct_eq(&expected) | hash.ct_eq(&old.map_or(expected, |old| old.secret.0));
        let Some(key) = found.filter(|_| bool::from(equal)) else { return Err(Refusal::Unknown) };
        if key.revoked.is_some() {
            return Err(Refusal::Revoked);
        }
        if key.key.expires.is_some_and(|expires| expires <= now) {
            return Err(Refusal::Expired);
        }
        Ok(key)
    }

    fn authority_of(&self, key: &KeyId, json: String) -> Arc<Authority> {
        let mut authorities = self.authorities.lock().expect("nothing panics while it holds this lock");
        if let Some(known) = authorities.get(key).filter(|known| known.json == json) {
            return Arc::clone(known);
        }
        if authorities.len() >= KEYS_MAX {
            authorities.clear();
        }
        let authority = Arc::new(Authority::from_json(json));
        authorities.insert(key.clone(), Arc::clone(&authority));
        authority
    }
}

/// What counts as one address: whoever has one IPv6 address usually has 2^64 of them.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}
