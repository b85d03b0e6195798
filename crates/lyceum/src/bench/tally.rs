//! Counting: latencies and errors by kind of operation.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// What one worker, or all of them, counted for one kind of operation.
#[derive(Debug)]
pub struct Tally {
    /// Nanoseconds of each request that was answered as it should be.
    latencies: Histogram<u64>,
    /// Requests, right or wrong.
    pub requests: u64,
    /// Statements written, or read.
    pub statements: u64,
    /// Errors by kind.
    pub errors: BTreeMap<String, u64>,
}

/// Latencies in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Latencies {
    /// Median.
    pub p50: f64,
    /// 95 of 100 were faster.
    pub p95: f64,
    /// 99 of 100 were faster.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

impl Tally {
    /// Nothing counted.
    pub fn new() -> Self {
        Self { latencies: new_histogram(), requests: 0, statements: 0, errors: BTreeMap::new() }
    }

    /// Counts a request that was answered as it should be.
    pub fn record(&mut self, latency: Duration, statements: u64) {
        self.requests += 1;
        self.statements += statements;
        self.latencies.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Counts a request that was not.
    pub fn record_error(&mut self, kind: &str) {
        self.requests += 1;
        match self.errors.get_mut(kind) {
            Some(count) => *count += 1,
            None => {
                self.errors.insert(kind.to_owned(), 1);
            }
        }
    }

    /// Adds what another worker counted.
    pub fn add(&mut self, other: &Self) {
        self.latencies.add(&other.latencies).expect("both have the same bounds");
        self.requests += other.requests;
        self.statements += other.statements;
        for (kind, count) in &other.errors {
            *self.errors.entry(kind.clone()).or_default() += count;
        }
    }

    /// Latencies of what was answered as it should be.
    pub fn latencies(&self) -> Latencies {
        let at = |quantile| milliseconds(self.latencies.value_at_quantile(quantile));
        Latencies { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: milliseconds(self.latencies.max()) }
    }
}

/// Nanoseconds up to an hour, in three significant digits; longer ones count as an hour.
pub fn new_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("these bounds are valid")
}

/// Nanoseconds as milliseconds.
#[expect(clippy::cast_precision_loss, reason = "a duration beyond 2^53 ns is 104 days")]
pub fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_those_that_were_recorded_by_all_workers() {
        let (mut one, mut other) = (Tally::new(), Tally::new());
        (1..=50).for_each(|n| one.record(Duration::from_millis(n), 2));
        (51..=100).for_each(|n| other.record(Duration::from_millis(n), 2));
        other.record_error("status 503");
        one.add(&other);
        let Latencies { p50, p95, p99, max } = one.latencies();
        for (found, expected) in [(p50, 50.0), (p95, 95.0), (p99, 99.0), (max, 100.0)] {
            assert!((found - expected).abs() < 0.2, "{found} instead of {expected}");
        }
        assert_eq!((one.requests, one.statements, one.errors["status 503"]), (101, 200, 1));
    }
}
