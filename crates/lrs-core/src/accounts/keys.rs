//! Keys, as those who look after an LRS see them.

use std::collections::HashMap;

use lrs_store::{AccountChange, AccountError, Key, KeyChange, KeyId, KeyUsage, Registry, Scope};
use xapi::Timestamp;

use super::acts::{Detail as _, describe_key};
use super::error::AdministrationError;
use super::{Actor, Administration, LrsAccess};
use crate::keys::{new_key, new_secret};
use crate::{CreatedKey, KeyRequest, Rule, Secret, hash_secret};

/// Keys of one LRS: all of them are held in memory.
const KEYS_MAX: usize = 1_000;

/// A replaced secret stays valid for at most 90 days.
const GRACE_DAYS_MAX: u32 = 90;

const LABEL_CHARACTERS_MAX: usize = 200;

/// A key with its use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReport {
    /// The key.
    pub key: Key,
    /// Its use, if it was ever used.
    pub usage: Option<KeyUsage>,
    /// Whether it used to send, and has stopped.
    pub silent: bool,
}

/// A change to a key, as asked for.
pub type KeyUpdate = KeyChange;

fn check(label: Option<&str>, scopes: Option<&[Scope]>, rate: Option<u32>) -> Result<(), AdministrationError> {
    if label.is_some_and(|it| it.chars().count() > LABEL_CHARACTERS_MAX || it.contains(char::is_control)) {
        return Err(Rule::Label { max: LABEL_CHARACTERS_MAX }.into());
    }
    if scopes.is_some_and(<[Scope]>::is_empty) {
        return Err(Rule::scopes().into());
    }
    if rate == Some(0) {
        return Err(Rule::RequestRate.into());
    }
    Ok(())
}

/// Makes a key, and records who did.
///
/// # Errors
/// `Missing` when there is no such LRS, `KeyExists` when the id that was drawn is taken, `Store` when the registry
/// fails.
pub async fn create_recorded_key(
    registry: &dyn Registry,
    ids: &dyn crate::IdSource,
    (now, actor): (Timestamp, &Actor),
    request: KeyRequest,
) -> Result<CreatedKey, AccountError> {
    let (key, secret) = new_key(ids, request);
    let created = Key { key, created: now, revoked: None, old_secret: None };
    let entry = actor.entry(now, "key.create", created.key.id.0.as_str());
    let entry = entry.in_lrs(&created.key.lrs).to(describe_key(&created));
    registry.change_accounts(vec![AccountChange::CreateKey(created.key.clone(), now)], Some(entry)).await?;
    Ok(CreatedKey { key: created, secret })
}

/// What is done to a key that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyAct {
    /// Other limits.
    Change(KeyChange),
    /// Another secret; the old one is valid until an instant.
    Rotate(lrs_store::SecretHash, Timestamp),
    /// The end.
    Revoke,
}

/// Does something to a key, and records who did.
///
/// # Errors
/// `Missing` when the key is gone, `Store` when the registry fails.
pub async fn act_on_key(
    registry: &dyn Registry,
    (now, actor): (Timestamp, &Actor),
    before: &Key,
    act: KeyAct,
) -> Result<Key, AccountError> {
    let id = before.key.id.clone();
    let mut after = before.clone();
    let (name, change) = match act {
        KeyAct::Change(change) => {
            after.key.label = change.label.clone().unwrap_or(after.key.label);
            after.key.scopes = change.scopes.clone().unwrap_or(after.key.scopes);
            after.key.expires = change.expires.unwrap_or(after.key.expires);
            after.key.requests_per_second_max =
                change.requests_per_second_max.unwrap_or(after.key.requests_per_second_max);
            ("key.change", AccountChange::ChangeKey(id.clone(), change))
        }
        KeyAct::Rotate(secret, old_until) => {
            ("key.rotate", AccountChange::RotateKey { key: id.clone(), secret, old_until })
        }
        KeyAct::Revoke => {
            after.revoked = after.revoked.or(Some(now));
            ("key.revoke", AccountChange::RevokeKey(id.clone(), now))
        }
    };
    let entry = actor.entry(now, name, id.0.as_str()).in_lrs(&before.key.lrs);
    let mut entry = entry.from(describe_key(before)).to(describe_key(&after));
    if let AccountChange::RotateKey { old_until, .. } = change {
        entry = entry.to(serde_json::json!({"old_secret_until": old_until.to_string()}));
        entry.before = None;
    }
    registry.change_accounts(vec![change], Some(entry)).await?;
    Ok(after)
}

impl Administration {
    /// The keys of an LRS with their use up to now.
    ///
    /// # Errors
    /// `Registry` or `Store` when keys or uses cannot be read, or the latest uses cannot be written down.
    pub async fn list_keys(&self, access: &LrsAccess) -> Result<Vec<KeyReport>, AdministrationError> {
        self.uses.flush(self.registry.as_ref()).await?;
        let usages: HashMap<KeyId, KeyUsage> = self.registry.list_key_usages(&access.lrs).await?.into_iter().collect();
        let keys = self.registry.list_keys(Some(&access.lrs)).await?;
        let now = self.clock.now();
        Ok(keys.into_iter().map(|key| report(key, &usages, now)).collect())
    }

    /// Makes a key.
    ///
    /// # Errors
    /// `Invalid` for a label that is too long or not one line, no scope, a rate of 0, or more keys than an LRS may
    /// have; `Registry` or `Accounts` when the registry fails or the LRS is gone.
    pub async fn create_key(&self, access: &LrsAccess, request: KeyRequest) -> Result<CreatedKey, AdministrationError> {
        check(Some(&request.label), Some(&request.scopes), request.requests_per_second_max)?;
        if self.registry.list_keys(Some(&access.lrs)).await?.len() >= KEYS_MAX {
            return Err(Rule::TooManyKeys { max: KEYS_MAX }.into());
        }
        let when_and_who = (self.clock.now(), &access.caller.actor());
        Ok(create_recorded_key(self.registry.as_ref(), self.ids.as_ref(), when_and_who, request).await?)
    }

    async fn find_key(&self, access: &LrsAccess, id: &KeyId) -> Result<Key, AdministrationError> {
        let key = self.registry.find_key_now(id).await?.filter(|key| key.key.lrs == access.lrs);
        key.ok_or(AdministrationError::Missing("key"))
    }

    async fn act_on_key(&self, access: &LrsAccess, before: &Key, act: KeyAct) -> Result<Key, AdministrationError> {
        let when_and_who = (self.clock.now(), &access.caller.actor());
        Ok(act_on_key(self.registry.as_ref(), when_and_who, before, act).await?)
    }

    /// Changes a key's name and limits.
    ///
    /// # Errors
    /// `Invalid` for a label that is too long or not one line, no scope, or a rate of 0; `Missing` when the LRS has no
    /// such key; `Registry`, `Accounts` or `Store` when the registry fails.
    pub async fn change_key(
        &self,
        access: &LrsAccess,
        id: &KeyId,
        update: KeyUpdate,
    ) -> Result<KeyReport, AdministrationError> {
        check(update.label.as_deref(), update.scopes.as_deref(), update.requests_per_second_max.flatten())?;
        let before = self.find_key(access, id).await?;
        let after = self.act_on_key(access, &before, KeyAct::Change(update)).await?;
        let usages = self.registry.list_key_usages(&access.lrs).await?.into_iter().collect();
        Ok(report(after, &usages, self.clock.now()))
    }

    /// Gives a key a new secret; the old one stays valid for the grace time.
    ///
    /// # Errors
    /// `Missing` when the LRS has no such key; `Invalid` when it was revoked, or the grace time is longer than 90 days;
    /// `Registry` or `Accounts` when the registry fails.
    pub async fn rotate_key(
        &self,
        access: &LrsAccess,
        id: &KeyId,
        grace_seconds: u32,
    ) -> Result<Secret, AdministrationError> {
        let before = self.find_key(access, id).await?;
        if before.revoked.is_some() {
            return Err(Rule::KeyInUse.into());
        }
        let (secret, act) = rotation(self.ids.as_ref(), self.clock.now(), grace_seconds)
            .ok_or(Rule::GraceTime { max_days: GRACE_DAYS_MAX })?;
        self.act_on_key(access, &before, act).await?;
        Ok(secret)
    }

    /// Revokes a key, for good.
    ///
    /// # Errors
    /// `Missing` when the LRS has no such key; `Registry` or `Accounts` when the registry fails.
    pub async fn revoke_key(&self, access: &LrsAccess, id: &KeyId) -> Result<(), AdministrationError> {
        let before = self.find_key(access, id).await?;
        self.act_on_key(access, &before, KeyAct::Revoke).await.map(drop)
    }
}

/// A new secret, and the act that puts it in place; `None` when the grace time is longer than 90 days.
#[must_use]
pub fn rotation(ids: &dyn crate::IdSource, now: Timestamp, grace_seconds: u32) -> Option<(Secret, KeyAct)> {
    if grace_seconds > GRACE_DAYS_MAX * 86_400 {
        return None;
    }
    let secret = new_secret(ids);
    let old_until = Timestamp(now.0 + i64::from(grace_seconds) * 1_000_000);
    let act = KeyAct::Rotate(hash_secret(secret.expose().as_bytes()), old_until);
    Some((secret, act))
}

fn report(key: Key, usages: &HashMap<KeyId, KeyUsage>, now: Timestamp) -> KeyReport {
    let usage = usages.get(&key.key.id).cloned();
    let works = key.revoked.is_none() && key.key.expires.is_none_or(|expires| expires > now);
    let silent = works && usage.as_ref().is_some_and(|usage| usage.is_silent(now));
    KeyReport { key, usage, silent }
}
