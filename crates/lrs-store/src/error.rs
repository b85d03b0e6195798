//! What can go wrong in a store. Absence is not an error; see each operation.

use std::time::Duration;

use crate::Obstacle;

/// Why an operation did not happen. After an error nothing of the operation is visible or will become visible.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store cannot do it now (disk full or read-only, database away, queue full); it may later. HTTP: 503.
    #[error("the store is unavailable: {obstacle}")]
    Unavailable {
        /// What is in the way, and what an operator can do.
        obstacle: Obstacle,
        /// When to try again.
        retry_after: Duration,
    },
    /// What is stored is damaged; names table, column, row. HTTP: 500.
    #[error("corrupt data in {place}: {reason}")]
    Corrupt {
        /// Such as `statement.body, seq 17`.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A defect of the backend or of its surroundings, with its cause. HTTP: 500.
    #[error("the store failed to {operation}")]
    Internal {
        /// What it was doing, as a verb phrase.
        operation: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
