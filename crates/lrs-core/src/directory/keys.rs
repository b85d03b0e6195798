//! The keys of the directory's view: a letter for the kind of entry, then what it is about.

use lrs_store::{Order, Seq, Span};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use xapi::Timestamp;

/// What stands for an id in keys.
pub(crate) type Hash = [u8; 16];

/// Positions of the log that share an entry of a word or a score. With the blocks that [`BLOCK_BYTES`] can tell apart, a log may
/// have 4 * 10^12 statements.
pub(crate) const BLOCK: u64 = 1024;
/// A block in a key.
const BLOCK_BYTES: usize = 4;

/// The parent of activities that have none.
pub(crate) const ROOT: Hash = [0; 16];

/// The release of the view's format, and the statement at its position.
pub(crate) const FORMAT: &[u8] = b"F";

/// The hash of an agent's key or of an activity's id.
pub(crate) fn hash(text: &str) -> Hash {
    let digest = Sha256::digest(text.as_bytes());
    let mut hash = ROOT;
    hash.copy_from_slice(&digest[..16]);
    hash
}

fn join(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![kind];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

/// The block of a position, and the place in it.
pub(crate) fn block_of(seq: Seq) -> (u64, u16) {
    (seq.0 / BLOCK, u16::try_from(seq.0 % BLOCK).expect("a block is shorter than 2^16"))
}

/// Statements of a block that have a word.
pub(crate) fn word(word: &str, block: u64) -> Vec<u8> {
    join(b'w', &[word.as_bytes(), &[0], &block_bytes(block)])
}

/// Statements of a block that have a score, in whole percent.
pub(crate) fn score(block: u64, percent: i8) -> Vec<u8> {
    join(b's', &[&block_bytes(block), &[u8::try_from(i16::from(percent) + 100).unwrap_or(0)]])
}

/// The percent of a key that [`score`] made.
pub(crate) fn percent_of(key: &[u8]) -> Option<i8> {
    key.last().and_then(|byte| i8::try_from(i16::from(*byte) - 100).ok())
}

/// The block of a key that [`word`] or [`score`] made.
pub(crate) fn key_block(key: &[u8], behind: usize) -> Option<u64> {
    let end = key.len().checked_sub(behind)?;
    let bytes = key.get(end.checked_sub(BLOCK_BYTES)?..end)?;
    bytes.try_into().ok().map(u32::from_be_bytes).map(u64::from)
}

/// The word of a key that [`word`] made.
pub(crate) fn word_of(key: &[u8]) -> Option<&[u8]> {
    key.get(1..key.len().checked_sub(BLOCK_BYTES + 1)?)
}

fn block_bytes(block: u64) -> [u8; BLOCK_BYTES] {
    u32::try_from(block).unwrap_or(u32::MAX).to_be_bytes()
}

/// What is known of an agent.
pub(crate) fn agent(agent: &Hash) -> Vec<u8> {
    join(b'a', &[agent])
}

/// Agents by when they were seen last, the newest first.
pub(crate) fn agent_seen(last: Timestamp, agent: &Hash) -> Vec<u8> {
    join(b'l', &[&newest_first(last), agent])
}

/// An agent with a word in a name or identifier.
pub(crate) fn agent_word(word: &str, agent: &Hash) -> Vec<u8> {
    join(b'n', &[word.as_bytes(), &[0], agent])
}

/// An agent with three characters in a row of such a word.
pub(crate) fn agent_gram(gram: &str, agent: &Hash) -> Vec<u8> {
    join(b'g', &[gram.as_bytes(), &[0], agent])
}

/// What is known of an activity.
pub(crate) fn activity(activity: &Hash) -> Vec<u8> {
    join(b'c', &[activity])
}

/// An activity below another one, the one used last first.
pub(crate) fn child(parent: &Hash, last: Timestamp, activity: &Hash) -> Vec<u8> {
    join(b'e', &[parent, &newest_first(last), activity])
}

/// An activity with a word in a name or at the end of its id.
pub(crate) fn activity_word(word: &str, activity: &Hash) -> Vec<u8> {
    join(b'd', &[word.as_bytes(), &[0], activity])
}

/// What an agent did in an activity.
pub(crate) fn study(agent: &Hash, activity: &Hash) -> Vec<u8> {
    join(b'p', &[agent, activity])
}

/// Who voids a statement.
pub(crate) fn voided(id: Uuid) -> Vec<u8> {
    join(b'v', &[id.as_bytes()])
}

/// The last 16 bytes of a key.
pub(crate) fn key_hash(key: &[u8]) -> Option<Hash> {
    key.last_chunk().copied()
}

fn newest_first(instant: Timestamp) -> [u8; 8] {
    // Signed to unsigned in the same order, then turned round.
    (!(instant.0.cast_unsigned() ^ (1 << 63))).to_be_bytes()
}

/// All keys that begin with these bytes, ascending.
pub(crate) fn prefix(prefix: &[u8], limit: usize) -> Span {
    Span { from: prefix.to_vec(), to: after_prefix(prefix), order: Order::Ascending, limit }
}

/// The first key behind all those that begin with these bytes.
pub(crate) fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    vec![u8::MAX; 64]
}
