//! Time in the log: when a commit's statements were stored, and up to when readers have seen everything.
//!
//! `stored` grows from commit to commit even when the clock does not, and no commit gets an instant at or before one that
//! a reader was told to be complete.

use std::sync::{Mutex, PoisonError};

use xapi::Timestamp;

/// The instants that matter, in microseconds.
#[derive(Debug)]
pub(crate) struct Horizon(Mutex<Instants>);

#[derive(Debug)]
struct Instants {
    last: i64,
    promised: i64,
    in_flight: Option<i64>,
}

impl Horizon {
    /// After a log whose last statement was stored at `last`.
    pub(crate) fn new(last: Timestamp) -> Self {
        Self(Mutex::new(Instants { last: last.0, promised: i64::MIN, in_flight: None }))
    }

    /// A commit begins: its instant.
    pub(crate) fn begin(&self, now: Timestamp) -> Timestamp {
        let mut instants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = now.0.max(instants.last.saturating_add(1)).max(instants.promised.saturating_add(1));
        instants.in_flight = Some(stored);
        Timestamp(stored)
    }

    /// The commit that is under way stores something at this instant: the commit's own is later, from now on.
    pub(crate) fn pass(&self, stored: Timestamp) -> Timestamp {
        let mut instants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = instants.in_flight.map_or(stored.0 + 1, |own| own.max(stored.0.saturating_add(1)));
        instants.in_flight = Some(own);
        Timestamp(own)
    }

    /// The commit is over: durable and visible, or undone.
    pub(crate) fn end(&self, durable: bool) {
        let mut instants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stored) = instants.in_flight.take().filter(|_| durable) {
            instants.last = stored;
        }
    }

    /// Everything stored at or before this instant is visible, and nothing will be stored at or before it.
    pub(crate) fn consistent_through(&self, now: Timestamp) -> Timestamp {
        let mut instants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The clock may have gone back behind what was acknowledged.
        let visible = now.0.max(instants.last);
        let through = instants.in_flight.map_or(visible, |stored| visible.min(stored - 1));
        instants.promised = instants.promised.max(through);
        Timestamp(through)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_never_share_an_instant_nor_fall_behind_a_promise() {
        let horizon = Horizon::new(Timestamp(10));
        for (now, expected) in [(5, 11), (5, 12), (100, 100), (100, 101), (99, 102)] {
            assert_eq!(horizon.begin(Timestamp(now)), Timestamp(expected));
            assert!(horizon.consistent_through(Timestamp(now)) < Timestamp(expected), "in flight");
            horizon.end(true);
            let through = horizon.consistent_through(Timestamp(now));
            assert_eq!(through, Timestamp(now.max(expected)), "durable, though the clock may be behind");
        }
        assert_eq!(horizon.consistent_through(Timestamp(200)), Timestamp(200));
        assert_eq!(horizon.begin(Timestamp(200)), Timestamp(201), "later than what was promised");
        horizon.end(false);
        assert_eq!(horizon.begin(Timestamp(200)), Timestamp(201), "an undone commit leaves no trace");
    }
}
