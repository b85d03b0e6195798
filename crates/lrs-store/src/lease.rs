//! Leases: work that exactly one process does at a time, such as a follower of the log, and that moves when that process dies.
//!
//! See [`Registry::take_lease`](crate::Registry::take_lease). Whoever works renews every [`LEASE_RENEWAL_INTERVAL`], and stops before
//! [`LEASE_DURATION`] is over when it cannot; `lrs_core::run_alone` does that.

use std::time::Duration;

use uuid::Uuid;

/// How long a lease holds unless it is renewed. With the interval below, work moves at most eight seconds after its process died.
pub const LEASE_DURATION: Duration = Duration::from_secs(6);

/// How often a holder renews, and how often others ask whether it is free.
pub const LEASE_RENEWAL_INTERVAL: Duration = Duration::from_secs(2);

// Work that lost its process is taken up within ten seconds: when the lease has expired, and then somebody asks for it.
const _: () = assert!(LEASE_DURATION.as_secs() + LEASE_RENEWAL_INTERVAL.as_secs() < 10);

/// Who holds a lease: a number that a process draws at its start, another one for each of its workers that share a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseHolder(pub Uuid);

/// What came of asking for a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseAnswer {
    /// It is yours for [`LEASE_DURATION`] from the moment before you asked.
    Held,
    /// Another one has it.
    HeldElsewhere,
}
