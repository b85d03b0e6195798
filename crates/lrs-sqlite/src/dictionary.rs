//! When a compression dictionary is trained: once the log is long enough, and again each time it has grown a lot.
//!
//! Training reads and computes beside everything else; only the finished dictionary goes through the writer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lrs_store::StoreError;
use tokio::task::JoinHandle;

use crate::bodies::Bodies;
use crate::store::Shared;
use crate::writer::Writer;

/// A dictionary is replaced when the log is so many times longer than when it was trained: what senders say changes.
const GROWTH: u64 = 16;

/// Decides when to train, and owns the task that does.
pub(crate) struct Training {
    /// The length of the log at which the next training is due; `u64::MAX` while one runs.
    due: Arc<AtomicU64>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Training {
    /// For a store that has just been opened.
    pub(crate) fn new(shared: &Shared) -> Self {
        let first = match shared.options.dictionary_after_statements {
            0 => u64::MAX,
            after => after,
        };
        let due = (0..shared.bodies.count_dictionaries()).fold(first, |due, _| due.saturating_mul(GROWTH));
        Self { due: Arc::new(AtomicU64::new(due)), task: Mutex::new(None) }
    }

    /// Begins to train when it is due.
    pub(crate) fn begin_if_due(&self, shared: &Arc<Shared>, writer: &Writer) {
        let due = self.due.load(Ordering::Relaxed);
        let through = if due == u64::MAX { return } else { shared.tail().through() };
        if through < due || self.due.swap(u64::MAX, Ordering::Relaxed) == u64::MAX {
            return;
        }
        let (shared, writer, next) = (Arc::clone(shared), writer.clone(), Arc::clone(&self.due));
        let task = tokio::spawn(async move {
            match train(&shared, &writer, through).await {
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(lrs = shared.options.lrs, %error, "no dictionary was trained; it will be tried again");
                }
            }
            next.store(through.saturating_mul(GROWTH), Ordering::Relaxed);
        });
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// The store closes.
    pub(crate) fn stop(&self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

async fn train(shared: &Arc<Shared>, writer: &Writer, through: u64) -> Result<(), StoreError> {
    let reader = Arc::clone(shared);
    let trained =
        shared.readers.read("train a dictionary", move |connection| reader.bodies.train(connection, through)).await?;
    let Some(bytes) = trained else { return Ok(()) };
    let stored = bytes.clone();
    let insert = move |connection: &rusqlite::Connection, _| Bodies::insert(connection, &stored);
    let number = writer.run_in_commit(insert).await?;
    shared.bodies.adopt(number, bytes);
    Ok(())
}
