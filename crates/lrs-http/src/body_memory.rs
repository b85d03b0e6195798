//! The memory that the bodies of all requests hold at one time: bounded, and given out in the order of asking. A request
//! that finds no room waits a little, then is answered 503; it never grows the process.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use metrics::{Counter, Gauge, counter, gauge};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::ApiError;
use crate::http_problem::HttpProblem;
use crate::mapping::retry_later;

/// Memory is counted in steps of so many bytes, so that the number of any body fits a permit of the semaphore.
const STEP_BYTES: usize = 1 << 10;

/// When a client that found no room may try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Whose word about the length of a body is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A client that showed a key: memory is taken at once, so that of many bodies some are finished rather than all begun.
    Key,
    /// Anybody, who could take everything by announcing much: memory is taken as the bytes arrive.
    Nobody,
}

/// What all bodies may hold.
pub(crate) struct BodyMemory {
    steps: Arc<Semaphore>,
    wait_max: Duration,
    held: Gauge,
    refused: Counter,
}

impl BodyMemory {
    /// Room for `bytes_max`, for which a request waits at most `wait_max`.
    pub(crate) fn new(bytes_max: usize, wait_max: Duration) -> Arc<Self> {
        let steps = (bytes_max / STEP_BYTES).min(Semaphore::MAX_PERMITS);
        let held = gauge!("lyceum_http_body_bytes_in_flight");
        held.set(0.0);
        let refused = counter!("lyceum_http_bodies_refused_total");
        Arc::new(Self { steps: Arc::new(Semaphore::new(steps)), wait_max, held, refused })
    }

    /// A request that holds nothing yet.
    pub(crate) fn hold(self: &Arc<Self>, trust: Trust) -> HeldMemory {
        let nothing = Arc::clone(&self.steps).try_acquire_many_owned(0);
        HeldMemory {
            permit: nothing.expect("nothing is always to be had, and the semaphore is never closed"),
            memory: Arc::clone(self),
            trust,
        }
    }
}

/// What one request holds; given back when dropped.
pub(crate) struct HeldMemory {
    permit: OwnedSemaphorePermit,
    memory: Arc<BodyMemory>,
    trust: Trust,
}

impl HeldMemory {
    /// Prepares for a body of this length, as far as the client's word is believed.
    ///
    /// # Errors
    /// As [`HeldMemory::grow_to`].
    pub(crate) async fn expect(&mut self, announced_bytes: usize) -> Result<(), ApiError> {
        match self.trust {
            Trust::Key => self.grow_to(announced_bytes).await,
            Trust::Nobody => Ok(()),
        }
    }

    /// Holds room for `bytes` from now on, unless it holds more already; waits while others leave no room.
    ///
    /// # Errors
    /// 503 when there was none for too long.
    pub(crate) async fn grow_to(&mut self, bytes: usize) -> Result<(), ApiError> {
        let more = bytes.div_ceil(STEP_BYTES).saturating_sub(self.permit.num_permits());
        if more == 0 {
            return Ok(());
        }
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        let room = timeout(self.memory.wait_max, Arc::clone(&self.memory.steps).acquire_many_owned(more)).await;
        let Ok(Ok(permit)) = room else {
            self.memory.refused.increment(1);
            return Err(no_room());
        };
        self.permit.merge(permit);
        self.memory.held.increment(gauge_bytes(more));
        Ok(())
    }

    /// Gives back what is not needed for `bytes`.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        let less = self.permit.num_permits().saturating_sub(bytes.div_ceil(STEP_BYTES));
        if let Some(released) = self.permit.split(less) {
            self.memory.held.decrement(gauge_bytes(released.num_permits()));
        }
    }
}

impl Drop for HeldMemory {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

fn gauge_bytes(steps: impl TryInto<u32>) -> f64 {
    f64::from(steps.try_into().unwrap_or(u32::MAX)) * 1024.0
}

fn no_room() -> ApiError {
    retry_later(StatusCode::SERVICE_UNAVAILABLE, HttpProblem::TooManyBodies, RETRY_AFTER)
}
