//! Jobs: long work on one LRS that somebody asked for and looks at later, such as the import of a file. They are kept where LRSs and
//! keys are, so that every process tells of them, and another one goes on when the one that did the work died.
//!
//! A job has a file of its own, which [`JobFiles`] keeps beside the attachments of its LRS. The entry is there before the file and until
//! after it: whoever finds an entry with a file it does not need any more removes the file. How far a job is changes only from what it
//! was ([`KeptJobs::advance_job`]), so that a process which lost the job meanwhile changes nothing.

use async_trait::async_trait;
use uuid::Uuid;
use xapi::Timestamp;

use crate::{LrsName, RegistryError, StoreError, StoredAttachment, UploadedAttachment};

/// Jobs of one LRS that are kept; the oldest finished ones are forgotten when another one is added.
pub const JOBS_KEPT_MAX: usize = 100;
/// Jobs of one LRS that are not finished; another one is not taken.
pub const JOBS_UNFINISHED_MAX: usize = 4;

/// Names a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub Uuid);

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A job as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Drawn by whoever adds it.
    pub id: JobId,
    /// Its LRS.
    pub lrs: LrsName,
    /// What is done: `import`.
    pub kind: String,
    /// The name of its file, to be shown.
    pub name: String,
    /// Who asked: the authority (JSON Agent) of statements that bring none.
    pub authority: String,
    /// How long its file is.
    pub total_bytes: u64,
    /// When it was asked for.
    pub created: Timestamp,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Its file is being put in its place.
    Arriving,
    /// It waits for a process, or one works at it.
    Running,
    /// It came to its end.
    Done,
    /// It was given up.
    Failed,
}

impl JobState {
    /// Every state with its name.
    const NAMES: [(Self, &str); 4] =
        [(Self::Arriving, "arriving"), (Self::Running, "running"), (Self::Done, "done"), (Self::Failed, "failed")];

    /// The name that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    /// Parses a name that is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, name)| *name == text).map(|(state, _)| *state)
    }
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobProgress {
    /// Where it stands.
    pub state: JobState,
    /// Bytes of its file that were worked through.
    pub done_bytes: u64,
    /// Lines of its file, or members of its array, that were worked through.
    pub lines: u64,
    /// Statements that were accepted.
    pub accepted: u64,
    /// Lines that were refused.
    pub refused: u64,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Why it failed, or what it waits for, as whoever works at it writes it.
    pub detail: Option<String>,
    /// Whether its file may still be there.
    pub has_file: bool,
}

impl JobProgress {
    /// That of a job that was just added.
    pub const ADDED: Self = Self {
        state: JobState::Arriving,
        done_bytes: 0,
        lines: 0,
        accepted: 0,
        refused: 0,
        finished: None,
        detail: None,
        has_file: true,
    };
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// As it was asked for.
    pub job: NewJob,
    /// How far it is.
    pub progress: JobProgress,
}

/// A line that a job refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// From 1; in a JSON array, the place of the statement.
    pub line: u64,
    /// Why, as whoever works at it writes it.
    pub message: String,
    /// Its text, perhaps cut.
    pub text: String,
}

/// The jobs of a server's LRSs. Deleting an LRS forgets its jobs.
///
/// # Errors
/// Those of every method of [`Registry`](crate::Registry).
#[async_trait]
pub trait KeptJobs: Send + Sync {
    /// Adds a job, at [`JobProgress::ADDED`]. `false`: [`JOBS_UNFINISHED_MAX`] of its LRS are not finished.
    ///
    /// # Errors
    /// `NoSuchLrs`.
    async fn add_job(&self, job: NewJob) -> Result<bool, RegistryError>;

    /// The jobs of an LRS, the newest first; about [`JOBS_KEPT_MAX`] at most.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_jobs(&self, lrs: &LrsName) -> Result<Vec<Job>, StoreError>;

    /// One job of an LRS.
    ///
    /// # Errors
    /// Only those of every method.
    async fn find_job(&self, lrs: &LrsName, id: JobId) -> Result<Option<Job>, StoreError>;

    /// The lines of a job that were told with [`KeptJobs::advance_job`], in their order.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_refused_lines(&self, id: JobId) -> Result<Vec<RefusedLine>, StoreError>;

    /// Jobs of whichever LRS that are not finished, or whose file may still be there; the oldest first, at most `limit`.
    ///
    /// # Errors
    /// Only those of every method.
    async fn list_open_jobs(&self, limit: usize) -> Result<Vec<Job>, StoreError>;

    /// Writes how far a job is, and which further lines were refused, if state, bytes and lines are still those of `from`. `false`: they
    /// are not, or the job is gone.
    ///
    /// # Errors
    /// Only those of every method. It may then have happened.
    async fn advance_job(
        &self,
        id: JobId,
        from: &JobProgress,
        to: JobProgress,
        refused: Vec<RefusedLine>,
    ) -> Result<bool, StoreError>;
}

/// The files of an LRS's jobs: where its attachments are, but none of them, and gone with the LRS.
///
/// # Errors
/// `Unavailable` when the place of attachments is full or away, or this process only reads.
#[async_trait]
pub trait JobFiles: Send + Sync {
    /// Makes an upload the file of a job, durably and for every process.
    ///
    /// # Errors
    /// `Internal` when it was uploaded to another kind of store.
    async fn keep_job_file(&self, job: JobId, file: UploadedAttachment) -> Result<(), StoreError>;

    /// The bytes of a job's file behind the first `from`, which it has. `size_bytes` is that of the whole file. `None`: it is not there.
    ///
    /// # Errors
    /// Only those of every method.
    async fn open_job_file(&self, job: JobId, from: u64) -> Result<Option<StoredAttachment>, StoreError>;

    /// Removes a job's file; fine when there is none.
    ///
    /// # Errors
    /// Only those of every method.
    async fn remove_job_file(&self, job: JobId) -> Result<(), StoreError>;
}
