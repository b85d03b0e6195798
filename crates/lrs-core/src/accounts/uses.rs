//! How keys are used: counted in memory while requests are answered, and written down in the background.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lrs_store::{KeyId, KeyUse, Registry, StoreError};
use xapi::Timestamp;

/// Bytes kept of what a client calls itself.
const CLIENT_BYTES_MAX: usize = 200;

/// The use of one key since it was last written down. A request costs a few additions.
#[derive(Debug, Default)]
pub struct UseOfKey {
    /// Microseconds; 0 when there was none.
    last_used: AtomicI64,
    statements: AtomicU64,
    refused: AtomicU64,
    client: Mutex<String>,
}

impl UseOfKey {
    /// A request came with the key.
    pub fn note_request(&self, now: Timestamp, client: &str) {
        self.last_used.fetch_max(now.0, Ordering::Relaxed);
        let end = client.floor_char_boundary(CLIENT_BYTES_MAX);
        let mut known = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != client[..end] {
            client[..end].clone_into(&mut known);
        }
    }

    /// Statements were stored.
    pub fn note_statements(&self, count: usize) {
        self.statements.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// A request was refused.
    pub fn note_refusal(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// What there is to write down.
    fn take(&self, key: &KeyId) -> Option<KeyUse> {
        let last_used = self.last_used.swap(0, Ordering::Relaxed);
        (last_used > 0).then(|| KeyUse {
            key: key.clone(),
            last_used: Timestamp(last_used),
            client: self.client.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            statements: self.statements.swap(0, Ordering::Relaxed),
            refused: self.refused.swap(0, Ordering::Relaxed),
        })
    }

    /// What could not be written down.
    fn put_back(&self, key_use: &KeyUse) {
        self.last_used.fetch_max(key_use.last_used.0, Ordering::Relaxed);
        self.statements.fetch_add(key_use.statements, Ordering::Relaxed);
        self.refused.fetch_add(key_use.refused, Ordering::Relaxed);
    }
}

/// The uses of all keys of this process. As many as keys that exist.
#[derive(Debug, Default)]
pub struct KeyUses(Mutex<HashMap<KeyId, Arc<UseOfKey>>>);

impl KeyUses {
    /// Where the use of a key is counted; the key must exist.
    #[must_use]
    pub fn of(&self, key: &KeyId) -> Arc<UseOfKey> {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match uses.get(key) {
            Some(known) => Arc::clone(known),
            None => Arc::clone(uses.entry(key.clone()).or_default()),
        }
    }

    /// Writes down what was counted. What cannot be written is kept for the next time.
    ///
    /// # Errors
    /// When the registry cannot write it down.
    pub async fn flush(&self, registry: &dyn Registry) -> Result<(), StoreError> {
        let taken: Vec<(Arc<UseOfKey>, KeyUse)> = {
            let uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            uses.iter().filter_map(|(key, counted)| Some((Arc::clone(counted), counted.take(key)?))).collect()
        };
        if taken.is_empty() {
            return Ok(());
        }
        let written = registry.add_key_uses(taken.iter().map(|(_, key_use)| key_use.clone()).collect()).await;
        if written.is_err() {
            for (counted, key_use) in &taken {
                counted.put_back(key_use);
            }
        }
        written
    }
}
