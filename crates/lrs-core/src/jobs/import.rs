//! The import of a file: batch by batch, and after each of them how far it is, what was accepted and what was refused, together.
//!
//! It can be cut off anywhere. A batch that was recorded, but not written down as such, is recorded again: its statements have the same
//! ids then, so that nothing is stored twice, and are counted once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use lrs_store::{JobId, JobProgress, JobState, NewJob, RefusedLine, Store, StoreError};
use sha1::{Digest as _, Sha1};
use tokio_util::sync::CancellationToken;
use xapi::{Json, JsonError, StatementId, Version};

use super::Jobs;
use super::lines::{Line, Lines, LinesError};
use crate::{Authority, IdSource, Problem, RecordError, Recording, Said, Submission, offload, record_statements};

/// Refused lines of one job that are kept; more are counted.
const REFUSED_KEPT_MAX: u64 = 1_000;
/// Characters of a refused line, and of each text that says why it was refused, that are kept.
const REFUSED_TEXT_CHARS_MAX: usize = 2_000;

/// How a turn at an import ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// The import came to its end, or was given up.
    Ended,
    /// This process stops, or another one has the job, or it is gone.
    LeftOff,
}

/// An import under way.
pub(super) struct Import<'a> {
    pub(super) jobs: &'a Jobs,
    pub(super) store: &'a dyn Store,
    pub(super) job: &'a NewJob,
    pub(super) progress: &'a mut JobProgress,
}

/// What came of some lines.
#[derive(Default)]
struct Outcome {
    accepted: u64,
    refused: Vec<RefusedLine>,
}

impl Outcome {
    fn refuse(&mut self, line: &Line, problem: &Problem) {
        let cut = |text: &str| text.chars().take(REFUSED_TEXT_CHARS_MAX).collect();
        let mut said = Said::of(problem);
        said.change_texts(&|text| *text = cut(text));
        self.refused.push(RefusedLine { line: line.number, message: said.write(), text: cut(&line.text) });
    }
}

impl Import<'_> {
    /// Goes on with an import until its end, or until `stop`.
    pub(super) async fn run(&mut self, stop: &CancellationToken) -> Result<Turn, StoreError> {
        let files = self.store.job_files();
        let mut lines = match Lines::open(files, self.job, self.progress).await {
            Err(LinesError::Never(problem)) => return self.end(JobState::Failed, Some(&problem)).await,
            Err(LinesError::Store(error)) => return Err(error),
            Ok(lines) => lines,
        };
        let authority = Arc::new(Authority::from_json(self.job.authority.clone()));
        while !stop.is_cancelled() {
            let batch = match lines.next_batch().await {
                Err(LinesError::Never(problem)) => return self.end(JobState::Failed, Some(&problem)).await,
                Err(LinesError::Store(error)) => return Err(error),
                Ok(Some(batch)) => batch,
                Ok(None) => {
                    self.progress.detail = None;
                    return self.end(JobState::Done, None).await;
                }
            };
            let outcome = self.record_batch(batch, &authority).await?;
            let (done_bytes, line) = (lines.done_bytes, lines.count);
            if !self.advance(outcome, done_bytes, line).await? {
                return Ok(Turn::LeftOff);
            }
        }
        Ok(Turn::LeftOff)
    }

    /// Writes down what came of a batch, and how far the file was read with it. `false`: another process has the job, or it is gone.
    async fn advance(&mut self, outcome: Outcome, done_bytes: u64, lines: u64) -> Result<bool, StoreError> {
        let Outcome { accepted, mut refused } = outcome;
        let from = &*self.progress;
        let to = JobProgress {
            done_bytes,
            lines,
            accepted: from.accepted + accepted,
            refused: from.refused + refused.len() as u64,
            detail: None,
            ..from.clone()
        };
        let kept_max = REFUSED_KEPT_MAX.saturating_sub(from.refused);
        refused.truncate(usize::try_from(kept_max).unwrap_or(usize::MAX));
        let advanced = self.jobs.registry.advance_job(self.job.id, from, to.clone(), refused).await?;
        if advanced {
            *self.progress = to;
        }
        Ok(advanced)
    }

    async fn end(&mut self, state: JobState, problem: Option<&Problem>) -> Result<Turn, StoreError> {
        let mut to = self.jobs.ended(self.progress, state, problem);
        if state == JobState::Done {
            to.done_bytes = self.job.total_bytes;
        }
        if !self.jobs.registry.advance_job(self.job.id, self.progress, to.clone(), Vec::new()).await? {
            return Ok(Turn::LeftOff);
        }
        *self.progress = to;
        Ok(Turn::Ended)
    }

    async fn record_batch(&self, batch: Vec<Line>, authority: &Arc<Authority>) -> Result<Outcome, StoreError> {
        let judged = offload::run(true, move || batch.into_iter().map(judge).collect::<Vec<_>>()).await;
        let mut outcome = Outcome::default();
        let mut group: Vec<Line> = Vec::new();
        let mut group_version = Version::V1_0_3;
        for (line, judgement) in judged {
            match judgement {
                Ok(version) => {
                    if version != group_version {
                        self.record_group(group_version, &std::mem::take(&mut group), authority, &mut outcome).await?;
                        group_version = version;
                    }
                    group.push(line);
                }
                Err(problem) => outcome.refuse(&line, &problem),
            }
        }
        self.record_group(group_version, &group, authority, &mut outcome).await?;
        outcome.refused.sort_by_key(|refused| refused.line);
        Ok(outcome)
    }

    /// Records statements together, or, when one of them is refused, one by one.
    async fn record_group(
        &self,
        version: Version,
        group: &[Line],
        authority: &Arc<Authority>,
        outcome: &mut Outcome,
    ) -> Result<(), StoreError> {
        match self.record(version, group, authority).await {
            Ok(()) => outcome.accepted += group.len() as u64,
            Err(RecordError::Store(error)) => return Err(error),
            Err(error) if group.len() == 1 => outcome.refuse(&group[0], &Problem::from(&error)),
            Err(_) => {
                for line in group {
                    match self.record(version, std::slice::from_ref(line), authority).await {
                        Ok(()) => outcome.accepted += 1,
                        Err(RecordError::Store(error)) => return Err(error),
                        Err(error) => outcome.refuse(line, &Problem::from(&error)),
                    }
                }
            }
        }
        Ok(())
    }

    async fn record(&self, version: Version, group: &[Line], authority: &Arc<Authority>) -> Result<(), RecordError> {
        let texts: Vec<&str> = group.iter().map(|line| line.text.as_str()).collect();
        let body = Bytes::from(format!("[{}]", texts.join(",")));
        let submission = Submission::from_json(body, version, self.jobs.limits).await?;
        let without_id = submission.statements.iter().zip(group).filter(|(statement, _)| statement.id.is_none());
        let ids = without_id.map(|(_, line)| id_of_line(self.job.id, line.number)).collect();
        let recording = Recording {
            authority: Arc::clone(authority),
            may_define: true,
            trust_authority: true,
            version,
            statement_id: None,
            clock: Arc::clone(&self.jobs.clock),
            ids: Arc::new(LineIds { ids: Mutex::new(ids), others: Arc::clone(&self.jobs.ids) }),
        };
        record_statements(self.store, submission, recording).await.map(drop)
    }
}

/// The version of a line that is one JSON value, or why it is none.
fn judge(line: Line) -> (Line, Result<Version, Problem>) {
    let judgement = match Json::parse(line.text.as_bytes()) {
        Ok(json) => {
            let version = json.get("version").and_then(Json::as_str);
            let is_newer = version.is_some_and(|version| version.starts_with("2."));
            Ok(if is_newer { Version::V2_0_0 } else { Version::V1_0_3 })
        }
        Err(JsonError { line, column, reason, .. }) => Err(Problem::LineNotJson { line, column, reason }),
    };
    (line, judgement)
}

/// The id of a statement that came without one: a name-based UUID (RFC 9562, 5.5) of its job and its line, the same whenever the line is
/// recorded.
fn id_of_line(job: JobId, line: u64) -> StatementId {
    let digest = Sha1::new().chain_update(job.0.as_bytes()).chain_update(line.to_string()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    StatementId(uuid::Builder::from_sha1_bytes(bytes).into_uuid())
}

/// Gives the statements of a batch that came without an id theirs, in their order.
#[derive(Debug)]
struct LineIds {
    ids: Mutex<VecDeque<StatementId>>,
    others: Arc<dyn IdSource>,
}

impl IdSource for LineIds {
    fn fill(&self, bytes: &mut [u8]) {
        self.others.fill(bytes);
    }

    fn statement_id(&self) -> StatementId {
        let next = self.ids.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.expect("a recording asks once for each statement without an id")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn ids_follow_from_job_and_line() {
        let job = JobId(Uuid::from_u128(7));
        let id = id_of_line(job, 12).0;
        assert_eq!(id, id_of_line(job, 12).0);
        assert_eq!(id.get_version_num(), 5);
        for (job, line) in [(job, 1), (job, 2), (JobId(Uuid::from_u128(8)), 12)] {
            assert_ne!(id, id_of_line(job, line).0);
        }
    }
}
