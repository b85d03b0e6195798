//! Starts the program, speaks to it, and always ends it again.

mod client;
mod doctor;
mod process;
mod raw;
mod server;
mod store;
mod tls;

use std::time::{Duration, Instant};

pub use client::{Client, Key, expect_status, statement};
pub use doctor::check_healthy;
pub use process::{lyceum, lyceum_with, start_lyceum};
pub use raw::{RawConnection, answer_status};
pub use server::{Folder, Server, Start};
pub use tls::{start_tls, write_pair};

/// How long anything may take before a test gives up: far more than it needs, because the machine may be busy.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Tries again until `condition` gives something.
///
/// # Panics
/// When [`PATIENCE`] is over.
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
