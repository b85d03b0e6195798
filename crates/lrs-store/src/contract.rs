//! The suite that every backend passes: named cases over `Arc<dyn Store>` and `Arc<dyn Registry>`.
//!
//! A backend's test implements [`Factory`] and calls [`contract_tests!`](crate::contract_tests), which makes one test of each case.
//! Cases go through the traits only; what is special to one backend is tested beside that backend. Built with the feature
//! `contract`, which no product enables.
#![expect(
    clippy::missing_panics_doc,
    reason = "every case is a test: a panic is how it says that the backend is wrong"
)]

pub mod accounts;
pub mod attachments;
mod cases;
pub mod documents;
mod draft;
pub mod find;
pub mod jobs;
pub mod leases;
pub mod log;
pub mod model;
pub mod record;
pub mod references;
pub mod registry;
pub mod restoration;
mod shared;
pub mod views;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use xapi::Timestamp;

use crate::{Clock, Registry, Store};

pub use draft::{Draft, activity_id, agent_key, statement_id, verb_id};

/// Makes stores for the cases. What it makes lives at least as long as the factory.
#[async_trait]
pub trait Factory: Send + Sync {
    /// An empty LRS, whose clock is [`Factory::clock`].
    async fn fresh(&self) -> Arc<dyn Store>;

    /// Closes an LRS that this factory made, and opens it again.
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store>;

    /// The registry of an empty server, and a second one on the same data, as another process has it for key and LRS commands.
    async fn registries(&self) -> (Arc<dyn Registry>, Arc<dyn Registry>);

    /// The clock of everything that this factory makes.
    fn clock(&self) -> &TestClock;

    /// Subjects of findings that are rightly bad where the tests run.
    fn bad_here(&self) -> &'static [&'static str] {
        &[]
    }
}

/// A clock that tests set. Unless frozen it moves on by a millisecond whenever it is read.
#[derive(Debug)]
pub struct TestClock {
    now: AtomicI64,
    step: AtomicI64,
}

impl Default for TestClock {
    fn default() -> Self {
        // 2026-11-24T12:00:00Z
        Self { now: AtomicI64::new(1_795_521_600_000_000), step: AtomicI64::new(1_000) }
    }
}

impl TestClock {
    /// Stands still from now on.
    pub fn freeze(&self) {
        self.step.store(0, Ordering::SeqCst);
    }

    /// Sets the present instant.
    pub fn set(&self, now: Timestamp) {
        self.now.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.fetch_add(self.step.load(Ordering::SeqCst), Ordering::SeqCst))
    }
}
