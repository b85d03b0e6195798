//! Token buckets with bounded memory: how often something may happen for each address or key.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::time::Duration;

use xapi::Timestamp;

/// How fast a bucket fills, and how much it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// Tokens added in a second; above 0.
    pub(crate) per_second: f64,
    /// Tokens when full; at least 1.
    pub(crate) burst: f64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled: Timestamp,
    full: Timestamp,
}

/// Buckets by address or key.
#[derive(Debug)]
pub(crate) struct RateLimiter<K> {
    buckets: Mutex<Buckets<K>>,
    buckets_max: usize,
}

#[derive(Debug)]
struct Buckets<K> {
    by_key: HashMap<K, Bucket>,
    swept: Timestamp,
}

/// Full buckets are looked for at most so often, so that a flood of addresses does not cost a scan each.
const SWEEP_PAUSE_MICROSECONDS: i64 = 1_000_000;

impl<K: Eq + Hash + Clone> RateLimiter<K> {
    /// Remembers at most `buckets_max` keys; beyond that, some are forgotten, which only ever permits more.
    pub(crate) fn new(buckets_max: usize) -> Self {
        Self { buckets: Mutex::new(Buckets { by_key: HashMap::new(), swept: Timestamp(0) }), buckets_max }
    }

    /// Takes a token, or says after which time there will be one.
    pub(crate) fn take(&self, key: &K, rate: Rate, now: Timestamp) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().expect("nothing panics while it holds this lock");
        if !buckets.by_key.contains_key(key) && buckets.by_key.len() >= self.buckets_max {
            buckets.forget_some(now);
        }
        let bucket = buckets.by_key.entry(key.clone()).or_insert(Bucket { tokens: rate.burst, filled: now, full: now });
        // The clock of a machine may be set back: then nothing is added.
        let elapsed = seconds(now.0.saturating_sub(bucket.filled.0).max(0));
        bucket.tokens = (bucket.tokens + elapsed * rate.per_second).min(rate.burst);
        bucket.filled = now;
        let taken = if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            Ok(())
        } else {
            Err(Duration::from_secs_f64((1.0 - bucket.tokens) / rate.per_second))
        };
        bucket.full = Timestamp(now.0.saturating_add(microseconds((rate.burst - bucket.tokens) / rate.per_second)));
        taken
    }

    /// Gives a token back that was taken for something that turned out well.
    pub(crate) fn give_back(&self, key: &K, rate: Rate) {
        let mut buckets = self.buckets.lock().expect("nothing panics while it holds this lock");
        if let Some(bucket) = buckets.by_key.get_mut(key) {
            bucket.tokens = (bucket.tokens + 1.0).min(rate.burst);
        }
    }
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    fn forget_some(&mut self, now: Timestamp) {
        let before = self.by_key.len();
        if now.0.saturating_sub(self.swept.0) >= SWEEP_PAUSE_MICROSECONDS {
            self.swept = now;
            self.by_key.retain(|_, bucket| bucket.full > now);
        }
        if self.by_key.len() == before
            && let Some(any) = self.by_key.keys().next().cloned()
        {
            self.by_key.remove(&any);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a bucket is full long before 2^53 microseconds have passed")]
fn seconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1e6
}

#[expect(clippy::cast_possible_truncation, reason = "the conversion saturates, and nobody waits for 292,000 years")]
fn microseconds(seconds: f64) -> i64 {
    (seconds * 1e6) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 2.0, burst: 2.0 };

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp(milliseconds * 1000)
    }

    #[test]
    fn takes_a_burst_then_waits_for_the_rate() {
        let limiter = RateLimiter::new(10);
        let take = |ms| limiter.take(&"a", RATE, at(ms));
        assert_eq!(take(0), Ok(()));
        assert_eq!(take(0), Ok(()));
        assert_eq!(take(0), Err(Duration::from_millis(500)));
        assert_eq!(take(250), Err(Duration::from_millis(250)));
        assert_eq!(take(500), Ok(()));
        assert_eq!(take(400), Err(Duration::from_millis(500)), "a clock that was set back adds nothing");
        assert_eq!(limiter.take(&"b", RATE, at(500)), Ok(()), "keys do not share");
    }

    #[test]
    fn memory_is_bounded_whatever_the_number_of_keys() {
        let limiter = RateLimiter::new(100);
        for key in 0..10_000 {
            assert_eq!(limiter.take(&key, RATE, at(i64::from(key) / 7)), Ok(()));
            assert!(limiter.buckets.lock().unwrap().by_key.len() <= 100);
        }
    }
}
