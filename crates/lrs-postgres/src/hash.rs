//! Keyed hashes of names: the keys of the index. The hash's key is drawn when an LRS is created, so that nobody can send
//! names that collide; by chance, two of a billion names collide once in 10^20 LRSs.

use std::collections::HashMap;
use std::hash::Hash;

use siphasher::sip128::SipHasher13;
use uuid::Uuid;
use xapi::{Index, Term};

/// Hashes names to 128 bits, kept as `uuid`, PostgreSQL's only type of 16 bytes.
#[derive(Clone, Copy)]
pub(crate) struct NameHasher(SipHasher13);

impl NameHasher {
    /// With the LRS's own key.
    pub(crate) fn new(key: [u8; 16]) -> Self {
        Self(SipHasher13::new_with_key(&key))
    }

    /// Of an index entry.
    pub(crate) fn hash_term(&self, term: &Term) -> Uuid {
        self.hash_name(term.index, &term.text)
    }

    /// Of a text in an index.
    pub(crate) fn hash_name(&self, index: Index, text: &str) -> Uuid {
        self.hash_parts(&[&[index as u8], text.as_bytes()])
    }

    /// Of several texts; each counts with its length, so that no two lists look alike.
    pub(crate) fn hash_parts(&self, parts: &[&[u8]]) -> Uuid {
        let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part);
        }
        Uuid::from_u128(self.0.hash(&bytes).as_u128())
    }
}

/// A map that forgets: it holds at least the `capacity / 2` entries used last, and at most `capacity`.
pub(crate) struct Cache<K, V> {
    half: usize,
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Hash + Eq, V: Copy> Cache<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { half: capacity / 2, young: HashMap::new(), old: HashMap::new() }
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}
