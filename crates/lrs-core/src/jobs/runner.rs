//! A process's share of the work: it takes up jobs that nobody works at, under a lease for each of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use lrs_store::{
    Job, JobId, JobProgress, JobState, LEASE_RENEWAL_INTERVAL, LeaseAnswer, LrsName, Obstacle, RegistryError,
    StoreError,
};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use xapi::Timestamp;

use super::Jobs;
use super::import::{Import, Turn};
use crate::alone::work_while_held;
use crate::{Problem, Said};

/// Jobs that one process works at at a time; more wait.
const RUNNING_MAX: usize = 4;
/// Jobs that are looked at to find some to take up.
const OPEN_JOBS_MAX: usize = 1_000;
/// A file that has not arrived so long after it was all received never will: whoever received it died.
const ARRIVAL_TIME_MAX: Duration = Duration::from_hours(1);
/// After a failure, the next try, by this process or another.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// The jobs that this process works at.
#[derive(Default)]
struct Workers {
    tasks: JoinSet<()>,
    jobs: HashMap<Id, JobId>,
}

impl Workers {
    fn works_at(&self, id: JobId) -> bool {
        self.jobs.values().any(|job| *job == id)
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "a job ended badly");
                error.id()
            }
        };
        self.jobs.remove(&id);
    }
}

impl Jobs {
    /// Works at jobs of whichever LRS until `stop`; those that are under way then go on in another process, or after a start.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut workers = Workers::default();
        while !stop.is_cancelled() {
            if let Err(error) = self.take_up(&mut workers, &stop).await {
                tracing::debug!(%error, "cannot look for jobs");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LEASE_RENEWAL_INTERVAL) => {}
                Some(ended) = workers.tasks.join_next_with_id() => workers.forget(ended),
            }
        }
        while let Some(ended) = workers.tasks.join_next_with_id().await {
            workers.forget(ended);
        }
    }

    async fn take_up(self: &Arc<Self>, workers: &mut Workers, stop: &CancellationToken) -> Result<(), StoreError> {
        for Job { job, progress } in self.registry.list_open_jobs(OPEN_JOBS_MAX).await? {
            if workers.tasks.len() >= RUNNING_MAX {
                break;
            }
            if workers.works_at(job.id) || self.is_awaited(job.created, &progress) {
                continue;
            }
            let lease = format!("job/{}", job.id);
            let asked = Instant::now();
            if self.registry.take_lease(&lease, self.holder).await? == LeaseAnswer::HeldElsewhere {
                continue;
            }
            let (jobs, stop) = (Arc::clone(self), stop.clone());
            let task = workers.tasks.spawn(async move { jobs.work(&lease, asked, &job.lrs, job.id, &stop).await });
            workers.jobs.insert(task.id(), job.id);
        }
        Ok(())
    }

    /// Whether a job's file is still on its way to its place.
    fn is_awaited(&self, created: Timestamp, progress: &JobProgress) -> bool {
        let age_max = i64::try_from(ARRIVAL_TIME_MAX.as_micros()).expect("it is an hour");
        progress.state == JobState::Arriving && self.clock.now().0 - created.0 < age_max
    }

    async fn work(&self, lease: &str, asked: Instant, lrs: &LrsName, id: JobId, stop: &CancellationToken) {
        let going_on = self.go_on(lrs, id, stop);
        let done = work_while_held(&*self.registry, lease, self.holder, asked, going_on).await;
        if let Some(Err(error)) = done {
            tracing::debug!(error = &error as &dyn std::error::Error, %id, "a job waits");
            stop.run_until_cancelled(tokio::time::sleep(RETRY_INTERVAL)).await;
        }
    }

    /// Goes on with a job as it is by now.
    async fn go_on(&self, lrs: &LrsName, id: JobId, stop: &CancellationToken) -> Result<(), StoreError> {
        let Some(Job { job, mut progress }) = self.registry.find_job(lrs, id).await? else { return Ok(()) };
        let store = match self.registry.open_lrs(lrs).await {
            Ok(store) => store,
            Err(RegistryError::Store(error)) => return Err(error),
            // It was deleted, and its jobs with it.
            Err(_) => return Ok(()),
        };
        if self.is_awaited(job.created, &progress) {
            return Ok(());
        }
        match progress.state {
            JobState::Arriving => {
                self.end_badly(id, &mut progress, &Problem::FileNotReceived).await?;
            }
            JobState::Running => {
                let mut import = Import { jobs: self, store: &*store, job: &job, progress: &mut progress };
                match import.run(stop).await {
                    Ok(Turn::Ended) => {}
                    Ok(Turn::LeftOff) => return Ok(()),
                    Err(StoreError::Unavailable { obstacle, retry_after }) => {
                        self.tell_why_it_waits(id, &progress, &obstacle).await;
                        return Err(StoreError::Unavailable { obstacle, retry_after });
                    }
                    Err(error) => {
                        tracing::error!(error = &error as &dyn std::error::Error, %id, "a job cannot go on");
                        self.end_badly(id, &mut progress, &Problem::JobBroken { id: id.to_string() }).await?;
                    }
                }
            }
            JobState::Done | JobState::Failed => {}
        }
        if progress.finished.is_some() {
            store.job_files().remove_job_file(id).await?;
            let without = JobProgress { has_file: false, ..progress.clone() };
            self.registry.advance_job(id, &progress, without, Vec::new()).await?;
        }
        Ok(())
    }

    async fn end_badly(&self, id: JobId, progress: &mut JobProgress, problem: &Problem) -> Result<(), StoreError> {
        let failed = self.ended(progress, JobState::Failed, Some(problem));
        if self.registry.advance_job(id, progress, failed.clone(), Vec::new()).await? {
            tracing::warn!(%id, %problem, "a job failed");
            *progress = failed;
        }
        Ok(())
    }

    /// Shows those who look why a job does not move, and logs it once.
    async fn tell_why_it_waits(&self, id: JobId, progress: &JobProgress, obstacle: &Obstacle) {
        let detail = Some(Said::of(&Problem::JobWaits { obstacle: obstacle.clone() }).write());
        if progress.detail == detail {
            return;
        }
        tracing::warn!(%obstacle, %id, "a job waits");
        let waiting = JobProgress { detail, ..progress.clone() };
        if let Err(error) = self.registry.advance_job(id, progress, waiting, Vec::new()).await {
            tracing::debug!(error = &error as &dyn std::error::Error, %id, "cannot tell that a job waits");
        }
    }
}
