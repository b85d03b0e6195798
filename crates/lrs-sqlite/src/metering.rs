//! What the store tells of its commits.

use std::time::Duration;

use metrics::{Gauge, Histogram, gauge, histogram};

/// Figures of one LRS, looked up once: a commit only sets them.
pub(crate) struct CommitMeters {
    size: Histogram,
    seconds: Histogram,
    queue_depth: Gauge,
    tail_statements: Gauge,
    log_position: Gauge,
    indexed_through: Gauge,
}

impl CommitMeters {
    /// Of the LRS of this name.
    pub(crate) fn new(lrs: &str) -> Self {
        let lrs = || lrs.to_owned();
        Self {
            size: histogram!("lyceum_store_commit_size", "lrs" => lrs()),
            seconds: histogram!("lyceum_store_commit_seconds", "lrs" => lrs()),
            queue_depth: gauge!("lyceum_store_queue_depth", "lrs" => lrs()),
            tail_statements: gauge!("lyceum_store_tail_statements", "lrs" => lrs()),
            log_position: gauge!("lyceum_store_log_position", "lrs" => lrs()),
            indexed_through: gauge!("lyceum_store_indexed_through", "lrs" => lrs()),
        }
    }

    /// A commit of so many statements ends: the log ends at `through`, its tables have indexed it up to `indexed_through`.
    #[expect(clippy::cast_precision_loss, reason = "metrics are floating-point numbers")]
    pub(crate) fn report(
        &self,
        statements: usize,
        took: Duration,
        queue_depth: u64,
        through: u64,
        indexed_through: u64,
    ) {
        self.size.record(statements as f64);
        self.seconds.record(took);
        self.queue_depth.set(queue_depth as f64);
        self.tail_statements.set((through - indexed_through) as f64);
        self.log_position.set(through as f64);
        self.indexed_through.set(indexed_through as f64);
    }
}
