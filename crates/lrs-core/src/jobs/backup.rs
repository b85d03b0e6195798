//! Backups of the whole server by one of its processes, in threads of their own.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lrs_store::{Backups, Clock};

use super::JobReport;
use crate::{IdSource, Problem, Said};

/// Backups that are remembered.
const REMEMBERED_MAX: usize = 10;

/// The backups that this process makes, or made.
#[derive(Default)]
pub struct BackupJobs(Mutex<VecDeque<Arc<Mutex<JobReport>>>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl BackupJobs {
    /// Begins to back up the whole server. `None`: one is being made already.
    #[must_use]
    pub fn begin(&self, backups: Arc<dyn Backups>, clock: Arc<dyn Clock>, ids: &dyn IdSource) -> Option<JobReport> {
        let report = JobReport {
            id: ids.uuid().to_string(),
            kind: "backup".to_owned(),
            state: "running",
            name: String::new(),
            created: clock.now().to_string(),
            finished: None,
            done: 0,
            total: 0,
            accepted: 0,
            refused: 0,
            problem: None,
        };
        let job = self.add(report.clone())?;
        // A thread that the end of the process cuts off: a server that stops waits for no backup, and the next one removes what is left.
        std::thread::spawn(move || {
            let made = backups.make(&|done, total| {
                let mut report = lock(&job);
                (report.done, report.total) = (done, total);
            });
            if let Err(error) = &made {
                tracing::error!("a backup failed: {error}");
            }
            let mut report = lock(&job);
            report.finished = Some(clock.now().to_string());
            report.state = if made.is_ok() { "done" } else { "failed" };
            report.problem = made.err().map(|error| Said::of(&Problem::BackupFailed { error: error.to_string() }));
        });
        Some(report)
    }

    /// The newest one.
    #[must_use]
    pub fn newest(&self) -> Option<JobReport> {
        lock(&self.0).back().map(|job| lock(job).clone())
    }

    fn add(&self, report: JobReport) -> Option<Arc<Mutex<JobReport>>> {
        let mut jobs = lock(&self.0);
        if jobs.iter().any(|job| lock(job).finished.is_none()) {
            return None;
        }
        if jobs.len() >= REMEMBERED_MAX {
            jobs.pop_front();
        }
        let job = Arc::new(Mutex::new(report));
        jobs.push_back(Arc::clone(&job));
        Some(job)
    }
}
