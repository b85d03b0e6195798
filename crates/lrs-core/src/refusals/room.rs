//! The room that refusals take: so many days and bytes. The sum of the bytes is kept beside them, and changes together with them.
//!
//! Several processes may write at the same time. The view's position counts its changes, so that of two that read the same sum one begins
//! anew.

use std::time::Duration;

use lrs_store::{Entry, Obstacle, Order, Seq, Span, Store, StoreError, View, ViewChange, Views};
use serde::Deserialize;
use xapi::Timestamp;

use super::{RecorderOptions, RefusalId};
use crate::directory::after_prefix;

const DAY_MICROS: i64 = 24 * 3_600_000_000;
/// The sum of all keys and values.
const SUM: &[u8] = b"R";
/// Refusals that are looked at at once when some have to go.
const PRUNED_AT_ONCE: usize = 64;
/// Refusals that one change removes; the next one goes on.
const PRUNED_MAX: usize = 4_096;
/// Changes that are tried while other processes make theirs.
const TRIES_MAX: usize = 16;

/// What has to be known of a refusal to remove it.
#[derive(Deserialize)]
pub(super) struct Age {
    when: i64,
    /// Of its body.
    pub(super) bytes: usize,
    #[serde(default)]
    method: String,
}

impl Age {
    /// That of a refusal as it is kept. One that nobody can read is of no use.
    pub(super) fn read(kept: &[u8]) -> Self {
        serde_json::from_slice(kept).unwrap_or(Self { when: i64::MIN, bytes: 0, method: String::new() })
    }

    /// Whether it is one request. An hour of failed authentications, which stands at its beginning and grows, is none.
    pub(super) fn is_request(&self) -> bool {
        !self.method.is_empty()
    }
}

/// Which of the oldest refusals have to go.
#[derive(Clone, Copy)]
enum Bounds<'a> {
    /// Those that are too old at this instant, or too much.
    Room(&'a RecorderOptions, Timestamp),
    /// Those behind this one.
    Oldest(&'a RefusalId),
}

impl Bounds<'_> {
    /// Whether the oldest refusal goes while all of them take so many bytes.
    fn exclude(self, key: &[u8], age: &Age, sum: u64) -> bool {
        match self {
            Self::Room(options, now) => {
                sum > options.bytes_max || age.when <= now.0 - i64::from(options.days) * DAY_MICROS
            }
            Self::Oldest(oldest) => *key > *oldest.key(b'r'),
        }
    }
}

/// Puts entries, and removes the oldest refusals while they take too many bytes, and those that are too old. The newest one always stays.
pub(super) async fn put(
    views: &dyn Views,
    options: &RecorderOptions,
    puts: Vec<Entry>,
    now: Timestamp,
) -> Result<(), StoreError> {
    change(views, puts, Some(Bounds::Room(options, now))).await.map(drop)
}

/// Puts entries in place of others, and removes nothing.
pub(super) async fn replace(views: &dyn Views, puts: Vec<Entry>) -> Result<(), StoreError> {
    change(views, puts, None).await.map(drop)
}

/// Removes the refusals of an LRS that are too old, or too much.
///
/// # Errors
/// When the store fails.
pub async fn prune_refusals(store: &dyn Store, options: &RecorderOptions, now: Timestamp) -> Result<(), StoreError> {
    prune(&*store.views(), Bounds::Room(options, now)).await
}

/// Removes the refusals that are older than this one.
pub(super) async fn remove_older(views: &dyn Views, oldest: &RefusalId) -> Result<(), StoreError> {
    prune(views, Bounds::Oldest(oldest)).await
}

async fn prune(views: &dyn Views, bounds: Bounds<'_>) -> Result<(), StoreError> {
    while change(views, Vec::new(), Some(bounds)).await? == PRUNED_MAX {}
    Ok(())
}

/// One change: how many refusals were removed.
async fn change(views: &dyn Views, puts: Vec<Entry>, bounds: Option<Bounds<'_>>) -> Result<usize, StoreError> {
    for _ in 0..TRIES_MAX {
        let position = views.position(View::Recorder).await?;
        let keys: Vec<Vec<u8>> = puts.iter().map(|(key, _)| key.clone()).chain([SUM.to_vec()]).collect();
        let mut known = views.get(View::Recorder, keys).await?;
        let sum = known.pop().flatten().and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
        let replaced = puts.iter().zip(&known).filter_map(|((key, _), old)| Some(key.len() + old.as_ref()?.len()));
        let added: usize = puts.iter().map(|(key, value)| key.len() + value.len()).sum();
        let sum = (sum + added as u64).saturating_sub(replaced.sum::<usize>() as u64);
        let (superfluous, left) = match bounds {
            Some(bounds) => find_superfluous(views, bounds, &puts, sum).await?,
            None => (Vec::new(), sum),
        };
        if puts.is_empty() && superfluous.is_empty() {
            return Ok(0);
        }
        let removed = superfluous.len() / 2;
        let mut puts = puts.clone();
        puts.push((SUM.to_vec(), left.to_be_bytes().to_vec()));
        let step = Some((position, Seq(position.0 + 1)));
        if views.change(View::Recorder, ViewChange { step, puts, removes: superfluous }).await? {
            return Ok(removed);
        }
    }
    Err(StoreError::Unavailable { obstacle: Obstacle::Contended, retry_after: Duration::from_secs(1) })
}

/// The keys of refusals that have to go, each with that of its body, and the bytes of what stays.
async fn find_superfluous(
    views: &dyn Views,
    bounds: Bounds<'_>,
    puts: &[Entry],
    mut sum: u64,
) -> Result<(Vec<Vec<u8>>, u64), StoreError> {
    let mut removes = Vec::new();
    let mut to = after_prefix(b"r");
    while removes.len() / 2 < PRUNED_MAX {
        let oldest = Span { from: b"r".to_vec(), to: to.clone(), order: Order::Descending, limit: PRUNED_AT_ONCE };
        let found = views.scan(View::Recorder, oldest).await?;
        let Some((last, _)) = found.last() else { break };
        to.clone_from(last);
        for (key, value) in found {
            let age = Age::read(&value);
            if !bounds.exclude(&key, &age, sum) {
                return Ok((removes, sum));
            }
            if puts.iter().any(|(put, _)| *put == key) {
                continue;
            }
            let body = [b"b".as_slice(), &key[1..]].concat();
            let body_bytes = if age.bytes > 0 { body.len() + age.bytes } else { 0 };
            sum = sum.saturating_sub((key.len() + value.len() + body_bytes) as u64);
            removes.extend([key, body]);
        }
    }
    Ok((removes, sum))
}
