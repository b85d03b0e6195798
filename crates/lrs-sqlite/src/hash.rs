//! Keyed hashes of names. The key is drawn when an LRS is created, so that nobody can send names that collide.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use siphasher::sip128::SipHasher13;
use uuid::Uuid;
use xapi::{Index, Term};

/// Hashes names to 128 bits.
#[derive(Clone, Copy)]
pub(crate) struct NameHasher {
    texts: SipHasher13,
    uuids: SipHasher13,
}

/// What a term is called in the database: a text, or a UUID in its 16 bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    Text(&'a str),
    Uuid(Uuid),
}

impl<'a> Name<'a> {
    /// Of an index entry.
    pub(crate) fn of(term: &'a Term) -> Self {
        Self::new(term.index, &term.text)
    }

    /// Of a text in an index. Registrations that are UUIDs (all that are valid) are kept short.
    pub(crate) fn new(index: Index, text: &'a str) -> Self {
        match (index, Uuid::try_parse(text)) {
            (Index::Registration, Ok(uuid)) => Self::Uuid(uuid),
            _ => Self::Text(text),
        }
    }
}

impl rusqlite::ToSql for Name<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Text(text) => text.to_sql(),
            Self::Uuid(uuid) => Ok(rusqlite::types::ToSqlOutput::from(uuid.as_bytes().as_slice())),
        }
    }
}

impl NameHasher {
    /// With the LRS's own key.
    pub(crate) fn new(key: [u8; 16]) -> Self {
        let mut other = key;
        other[0] ^= 1;
        Self { texts: SipHasher13::new_with_key(&key), uuids: SipHasher13::new_with_key(&other) }
    }

    /// Of a term's name.
    pub(crate) fn hash_name(&self, name: &Name<'_>) -> u128 {
        match name {
            Name::Text(text) => self.texts.hash(text.as_bytes()).as_u128(),
            Name::Uuid(uuid) => self.hash_uuid(*uuid),
        }
    }

    /// Of a UUID.
    pub(crate) fn hash_uuid(&self, uuid: Uuid) -> u128 {
        self.uuids.hash(uuid.as_bytes()).as_u128()
    }

    /// Of any text.
    pub(crate) fn hash_text(&self, text: &str) -> u128 {
        self.texts.hash(text.as_bytes()).as_u128()
    }
}

/// The part of a hash that the database's index holds.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
pub(crate) fn short_hash(hash: u128) -> i64 {
    (hash as u64).cast_signed()
}

/// Spreads integers that nobody outside chooses: keyed hashes and the index's own keys.
#[derive(Default)]
pub(crate) struct Spread(u64);

/// For maps of such integers.
pub(crate) type BuildSpread = BuildHasherDefault<Spread>;

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }

    #[expect(clippy::cast_possible_truncation, reason = "a keyed hash is even in each half")]
    fn write_u128(&mut self, number: u128) {
        self.0 ^= number as u64;
    }
}

/// A map that forgets: it holds at least the `capacity / 2` entries used last, and at most `capacity`.
pub(crate) struct Cache<V> {
    half: usize,
    young: HashMap<u128, V, BuildSpread>,
    old: HashMap<u128, V, BuildSpread>,
}

impl<V: Copy> Cache<V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { half: capacity / 2, young: HashMap::default(), old: HashMap::default() }
    }

    pub(crate) fn get(&mut self, key: u128) -> Option<V> {
        if let Some(value) = self.young.get(&key) {
            return Some(*value);
        }
        let value = *self.old.get(&key)?;
        self.insert(key, value);
        Some(value)
    }

    pub(crate) fn insert(&mut self, key: u128, value: V) {
        if self.young.len() >= self.half {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(key, value);
    }

    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_keeps_what_is_used_and_forgets_the_rest() {
        let mut cache = Cache::new(4);
        for key in 0..100_u128 {
            cache.insert(key, key);
            assert_eq!(cache.get(0), Some(0), "used all the time");
            assert!(cache.young.len() + cache.old.len() <= 4);
        }
        assert_eq!(cache.get(50), None);
    }

    #[test]
    fn a_registration_is_its_bytes_and_any_other_name_its_text() {
        let text = "f3b3ff69-43e2-4fd6-8c7f-5d3f6c1e51aa";
        assert!(matches!(Name::new(Index::Registration, text), Name::Uuid(_)));
        assert_eq!(Name::new(Index::Activity, text), Name::Text(text));
        assert_eq!(Name::new(Index::Registration, "x"), Name::Text("x"));
    }
}
