//! Instants, as ISO 8601 text comes in and goes out.

use std::fmt;

/// An instant: microseconds since 1970-01-01T00:00:00Z, in UTC, without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl fmt::Display for Timestamp {
    /// `2026-11-24T16:00:36.123456Z`: always UTC, always six decimals, so that texts sort as instants do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_microsecond(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{instant:.6}")
    }
}
