//! Keys of the control database.

use lrs_store::{Key, KeyChange, KeyId, NewKey, RegistryError, StoreError};
use rusqlite::Connection;

use super::{State, control};
use crate::error::store_error;

impl State {
    pub(crate) fn restore_key(&self, key: &Key) -> Result<(), RegistryError> {
        let written = self.change(|connection| {
            control::restore_key(connection, key).map_err(|error| store_error("restore a key", error).into())
        })?;
        let lrs = &key.key.lrs;
        match written {
            true => Ok(()),
            false if self.snapshot().lrss.contains_key(lrs) => Err(RegistryError::KeyExists(key.key.id.clone())),
            false => Err(RegistryError::NoSuchLrs(lrs.clone())),
        }
    }

    pub(crate) fn create_key(&self, key: &NewKey) -> Result<Key, RegistryError> {
        let created = self.clock.now();
        self.change(|connection| match control::insert_key(connection, key, created) {
            Ok(true) => Ok(()),
            Ok(false) => Err(RegistryError::NoSuchLrs(key.lrs.clone())),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                Err(RegistryError::KeyExists(key.id.clone()))
            }
            Err(error) => Err(store_error("create a key", error).into()),
        })?;
        Ok(Key { key: key.clone(), created, revoked: None, old_secret: None })
    }

    pub(crate) fn change_key(&self, id: &KeyId, change: &KeyChange) -> Result<Key, RegistryError> {
        self.change_then_find(id, |connection| control::update_key(connection, id, change))
    }

    pub(crate) fn revoke_key(&self, id: &KeyId) -> Result<Key, RegistryError> {
        let now = self.clock.now();
        self.change_then_find(id, |connection| control::revoke_key(connection, id, now))
    }

    fn change_then_find(
        &self,
        id: &KeyId,
        work: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<Key, RegistryError> {
        self.change(|connection| {
            work(connection).map_err(|error| StoreError::into(store_error("change a key", error)))
        })?;
        self.snapshot().key(id).cloned().ok_or_else(|| RegistryError::NoSuchKey(id.clone()))
    }
}
