//! Jobs: long work that somebody asked for and looks at later.
//!
//! Imports are kept with LRSs and keys ([`lrs_store::KeptJobs`]), so that every process of a server tells of them. One process at a time
//! works at one, under a lease ([`runner`]); when it dies, another goes on behind the last batch whose outcome was written down
//! ([`import`]). A batch may be recorded twice that way, which changes nothing: a statement that came without an id has one that follows
//! from its job and its line.
//!
//! Backups concern one machine: they belong to the process, and are forgotten when it ends ([`backup`]).

mod backup;
mod import;
mod lines;
mod runner;

use std::sync::Arc;

use lrs_store::{
    Clock, Job, JobId, JobProgress, JobState, LeaseHolder, LrsName, NewJob, Registry, RegistryError, Store, StoreError,
    UploadedAttachment,
};
use serde::Serialize;
use tokio::sync::Notify;
use uuid::Uuid;

pub use self::backup::BackupJobs;
use crate::{Authority, IdSource, Problem, Said, SubmissionLimits};

/// How a job is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct JobReport {
    /// Its id.
    pub id: String,
    /// `import` or `backup`
    pub kind: String,
    /// `running`, `done` or `failed`.
    pub state: &'static str,
    /// What was sent: the file's name.
    pub name: String,
    /// When it was asked for.
    pub created: String,
    /// When it ended.
    pub finished: Option<String>,
    /// Bytes that were worked through.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
    /// Statements that were accepted; those that were here already count too.
    pub accepted: u64,
    /// Lines that were refused.
    pub refused: u64,
    /// Why it failed, or what it waits for.
    pub problem: Option<Said>,
}

impl From<Job> for JobReport {
    fn from(Job { job, progress }: Job) -> Self {
        Self {
            id: job.id.to_string(),
            kind: job.kind,
            state: match progress.state {
                JobState::Arriving | JobState::Running => "running",
                JobState::Done => "done",
                JobState::Failed => "failed",
            },
            name: job.name,
            created: job.created.to_string(),
            finished: progress.finished.map(|instant| instant.to_string()),
            done: progress.done_bytes,
            total: job.total_bytes,
            accepted: progress.accepted,
            refused: progress.refused,
            problem: progress.detail.map(Said::read),
        }
    }
}

/// A line that an import refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RefusedLine {
    /// From 1; in a JSON array, the place of the statement.
    pub line: u64,
    /// Why.
    #[serde(flatten)]
    pub said: Said,
    /// Its text, perhaps cut.
    pub text: String,
}

impl From<lrs_store::RefusedLine> for RefusedLine {
    fn from(lrs_store::RefusedLine { line, message, text }: lrs_store::RefusedLine) -> Self {
        Self { line, said: Said::read(message), text }
    }
}

/// An import that somebody asks for.
#[derive(Clone)]
pub struct NewImport {
    /// The LRS.
    pub lrs: LrsName,
    /// Its store.
    pub store: Arc<dyn Store>,
    /// The authority of statements that bring none.
    pub authority: Authority,
    /// The file's name, to be shown.
    pub name: String,
}

/// The jobs of a server's LRSs: asking for them and looking at them from any process, and this process's share of the work.
pub struct Jobs {
    registry: Arc<dyn Registry>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    limits: SubmissionLimits,
    holder: LeaseHolder,
    /// Something may be there to work at.
    wake: Notify,
}

impl Jobs {
    /// Jobs that are kept in `registry`; batches of imports have these limits. Nothing is worked at before [`Jobs::run`].
    #[must_use]
    pub fn new(
        registry: Arc<dyn Registry>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        limits: SubmissionLimits,
    ) -> Arc<Self> {
        let holder = LeaseHolder(ids.uuid());
        Arc::new(Self { registry, clock, ids, limits, holder, wake: Notify::new() })
    }

    /// The jobs of an LRS, the newest first.
    ///
    /// # Errors
    /// When the registry fails.
    pub async fn list(&self, lrs: &LrsName) -> Result<Vec<JobReport>, StoreError> {
        Ok(self.registry.list_jobs(lrs).await?.into_iter().map(JobReport::from).collect())
    }

    /// One job of an LRS.
    ///
    /// # Errors
    /// When the registry fails.
    pub async fn find(&self, lrs: &LrsName, id: &str) -> Result<Option<JobReport>, StoreError> {
        let Some(id) = parse_id(id) else { return Ok(None) };
        Ok(self.registry.find_job(lrs, id).await?.map(JobReport::from))
    }

    /// The lines that a job refused, as far as they are kept.
    ///
    /// # Errors
    /// When the registry fails.
    pub async fn refused_lines(&self, lrs: &LrsName, id: &str) -> Result<Option<Vec<RefusedLine>>, StoreError> {
        let Some(id) = parse_id(id) else { return Ok(None) };
        if self.registry.find_job(lrs, id).await?.is_none() {
            return Ok(None);
        }
        let lines = self.registry.list_refused_lines(id).await?;
        Ok(Some(lines.into_iter().map(RefusedLine::from).collect()))
    }

    /// Keeps a file of statements (one on a line, or one JSON array) to be imported, once it is told to [start](Jobs::start). `None`: too
    /// many jobs of the LRS are not finished.
    ///
    /// # Errors
    /// `NoSuchLrs`, and when the registry or the place of files fails.
    pub async fn add_import(&self, import: NewImport, file: UploadedAttachment) -> Result<Option<Job>, RegistryError> {
        let NewImport { lrs, store, authority, name } = import;
        let job = NewJob {
            id: JobId(self.ids.uuid()),
            lrs,
            kind: "import".to_owned(),
            name,
            authority: authority.json,
            total_bytes: file.size_bytes,
            created: self.clock.now(),
        };
        // First the entry, so that no file is without one.
        if !self.registry.add_job(job.clone()).await? {
            return Ok(None);
        }
        let job = Job { job, progress: JobProgress::ADDED };
        if let Err(error) = store.job_files().keep_job_file(job.job.id, file).await {
            self.give_up(&job, &Problem::FileNotKept { error: error.to_string() }).await;
            return Err(error.into());
        }
        Ok(Some(job))
    }

    /// Lets a job begin whose file is in its place.
    ///
    /// # Errors
    /// When the registry fails.
    pub async fn start(&self, job: Job) -> Result<JobReport, StoreError> {
        let progress = JobProgress { state: JobState::Running, ..job.progress.clone() };
        let begun = self.registry.advance_job(job.job.id, &job.progress, progress.clone(), Vec::new()).await?;
        if !begun && let Some(ended) = self.registry.find_job(&job.job.lrs, job.job.id).await? {
            // Its file took so long that it was given up.
            return Ok(JobReport::from(ended));
        }
        self.wake.notify_one();
        Ok(JobReport::from(Job { progress, ..job }))
    }

    /// Ends a job that shall not begin. When even that fails, it ends by itself after a while.
    pub async fn give_up(&self, job: &Job, problem: &Problem) {
        let progress = self.ended(&job.progress, JobState::Failed, Some(problem));
        if let Err(error) = self.registry.advance_job(job.job.id, &job.progress, progress, Vec::new()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, job = %job.job.id, "cannot give up a job");
        }
        self.wake.notify_one();
    }

    fn ended(&self, progress: &JobProgress, state: JobState, problem: Option<&Problem>) -> JobProgress {
        let detail = problem.map(|problem| Said::of(problem).write());
        JobProgress { state, finished: Some(self.clock.now()), detail, ..progress.clone() }
    }
}

fn parse_id(text: &str) -> Option<JobId> {
    Uuid::parse_str(text).ok().map(JobId)
}
