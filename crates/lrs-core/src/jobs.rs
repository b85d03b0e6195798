//! Jobs: long work that somebody asked for and looks at later. They belong to the process, and are forgotten when it ends; what an
//! import recorded stays, and importing the same file again records nothing twice when its statements have ids.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use lrs_store::{Backups, Clock, LrsName, Store};
use serde::Serialize;
use serde_json::value::RawValue;
use xapi::{Json, Version};

use crate::{Authority, IdSource, RecordError, Recording, Submission, SubmissionLimits, record_statements};

/// Jobs of one server that are remembered; the oldest finished ones are forgotten.
const JOBS_MAX: usize = 100;
/// Jobs of one server that run at a time.
const RUNNING_MAX: usize = 4;
/// Refused lines of one job that are kept; more are counted.
const REFUSED_KEPT_MAX: usize = 1_000;
/// Characters of a refused line that are kept.
const REFUSED_TEXT_CHARS_MAX: usize = 2_000;
/// Statements that are recorded together.
const BATCH_MAX: usize = 200;
/// Bytes of one line, and of a file that is one JSON array.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// How a job is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct JobReport {
    /// Its id.
    pub id: String,
    /// `import` or `backup`
    pub kind: &'static str,
    /// `running`, `done` or `failed`.
    pub state: &'static str,
    /// What was sent: the file's name.
    pub name: String,
    /// When it began.
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
    /// Why it failed.
    pub detail: Option<String>,
}

/// A line that an import refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RefusedLine {
    /// From 1; in a JSON array, the place of the statement.
    pub line: u64,
    /// Why.
    pub message: String,
    /// Its text, perhaps cut.
    pub text: String,
}

struct Job {
    /// `None`: it is about the whole server.
    lrs: Option<LrsName>,
    report: Mutex<JobReport>,
    refused: Mutex<Vec<RefusedLine>>,
}

impl JobReport {
    fn begun(kind: &'static str, ids: &dyn IdSource, clock: &dyn Clock) -> Self {
        Self {
            id: ids.uuid().to_string(),
            kind,
            state: "running",
            name: String::new(),
            created: clock.now().to_string(),
            finished: None,
            done: 0,
            total: 0,
            accepted: 0,
            refused: 0,
            detail: None,
        }
    }
}

impl Job {
    fn finish(&self, outcome: Result<(), String>, clock: &dyn Clock) {
        let mut report = self.report();
        report.finished = Some(clock.now().to_string());
        report.state = if outcome.is_ok() { "done" } else { "failed" };
        report.detail = outcome.err();
    }

    fn report(&self) -> MutexGuard<'_, JobReport> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, line: u64, message: String, text: &str) {
        self.report().refused += 1;
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() < REFUSED_KEPT_MAX {
            refused.push(RefusedLine { line, message, text: text.chars().take(REFUSED_TEXT_CHARS_MAX).collect() });
        }
    }
}

/// What an import needs.
#[derive(Clone)]
pub struct Import {
    /// The LRS.
    pub lrs: LrsName,
    /// Its store.
    pub store: Arc<dyn Store>,
    /// The authority of statements that bring none.
    pub authority: Authority,
    /// The file's name, to be shown.
    pub name: String,
    /// As for every batch.
    pub limits: SubmissionLimits,
    /// Where instants come from.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
}

/// The jobs of a server.
#[derive(Default)]
pub struct Jobs(Mutex<VecDeque<Arc<Job>>>);

impl Jobs {
    fn list(&self) -> MutexGuard<'_, VecDeque<Arc<Job>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The jobs of an LRS, the newest first.
    #[must_use]
    pub fn of(&self, lrs: &LrsName) -> Vec<JobReport> {
        self.list().iter().rev().filter(|job| job.lrs.as_ref() == Some(lrs)).map(|job| job.report().clone()).collect()
    }

    fn find(&self, lrs: &LrsName, id: &str) -> Option<Arc<Job>> {
        self.list().iter().find(|job| job.lrs.as_ref() == Some(lrs) && job.report().id == id).cloned()
    }

    /// One job of an LRS.
    #[must_use]
    pub fn report(&self, lrs: &LrsName, id: &str) -> Option<JobReport> {
        self.find(lrs, id).map(|job| job.report().clone())
    }

    /// The lines that a job refused, as far as they are kept.
    #[must_use]
    pub fn refused(&self, lrs: &LrsName, id: &str) -> Option<Vec<RefusedLine>> {
        let job = self.find(lrs, id)?;
        Some(job.refused.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Begins to import a file of statements: one on a line, or one JSON array. `None`: too many jobs run already.
    #[must_use]
    pub fn begin_import(&self, import: Import, file: std::fs::File, total: u64) -> Option<JobReport> {
        let mut report = JobReport::begun("import", import.ids.as_ref(), import.clock.as_ref());
        report.name.clone_from(&import.name);
        report.total = total;
        let job = self.add(Some(import.lrs.clone()), report.clone())?;
        tokio::spawn(async move {
            let outcome = import_file(&import, &job, file).await;
            job.finish(outcome, import.clock.as_ref());
        });
        Some(report)
    }

    /// Begins to back up the whole server. `None`: one is being made already, or too many jobs run.
    #[must_use]
    pub fn begin_backup(
        &self,
        backups: Arc<dyn Backups>,
        clock: Arc<dyn Clock>,
        ids: &dyn IdSource,
    ) -> Option<JobReport> {
        let report = JobReport::begun("backup", ids, clock.as_ref());
        let job = self.add(None, report.clone())?;
        // A thread that the end of the process cuts off: a server that stops waits for no backup, and the next one removes what is left.
        std::thread::spawn(move || {
            let made = backups.make(&|done, total| {
                let mut report = job.report();
                (report.done, report.total) = (done, total);
            });
            if let Err(error) = &made {
                tracing::error!("a backup failed: {error}");
            }
            job.finish(made.map(drop).map_err(|error| error.to_string()), clock.as_ref());
        });
        Some(report)
    }

    /// The newest job that makes, or made, a backup.
    #[must_use]
    pub fn newest_backup(&self) -> Option<JobReport> {
        self.list().iter().rev().find(|job| job.lrs.is_none()).map(|job| job.report().clone())
    }

    /// Adds a job, unless too many run, or one about the whole server runs and this is another.
    fn add(&self, lrs: Option<LrsName>, report: JobReport) -> Option<Arc<Job>> {
        let mut jobs = self.list();
        let running = || jobs.iter().filter(|job| job.report().finished.is_none());
        if running().count() >= RUNNING_MAX || (lrs.is_none() && running().any(|job| job.lrs.is_none())) {
            return None;
        }
        if jobs.len() >= JOBS_MAX {
            jobs.pop_front();
        }
        let job = Arc::new(Job { lrs, report: Mutex::new(report), refused: Mutex::default() });
        jobs.push_back(Arc::clone(&job));
        Some(job)
    }
}

/// A statement of a file: its line, its text.
type Line = (u64, String);

async fn import_file(import: &Import, job: &Arc<Job>, file: std::fs::File) -> Result<(), String> {
    let mut lines =
        tokio::task::spawn_blocking(move || Lines::open(file)).await.map_err(|error| error.to_string())??;
    loop {
        let read = tokio::task::spawn_blocking(move || {
            let batch = lines.next_batch();
            (lines, batch)
        });
        let (rest, batch) = read.await.map_err(|error| error.to_string())?;
        lines = rest;
        let batch = batch?;
        if batch.is_empty() {
            let mut report = job.report();
            report.done = report.total;
            return Ok(());
        }
        let mut rest = batch.as_slice();
        while let Some(((_, first), _)) = rest.split_first() {
            let version = version_of(first);
            let same = rest.iter().take_while(|(_, text)| version_of(text) == version).count();
            let (group, later) = rest.split_at(same);
            rest = later;
            record_group(import, job, version, group).await?;
        }
        job.report().done = lines.done;
    }
}

fn version_of(text: &str) -> Version {
    let parsed = Json::parse(text.as_bytes());
    let version = parsed.as_ref().ok().and_then(|json| json.get("version")).and_then(Json::as_str);
    if version.is_some_and(|version| version.starts_with("2.")) { Version::V2_0_0 } else { Version::V1_0_3 }
}

/// Records statements together, or, when one of them is refused, one by one.
async fn record_group(import: &Import, job: &Job, version: Version, group: &[Line]) -> Result<(), String> {
    match record(import, version, group).await {
        Ok(()) => job.report().accepted += group.len() as u64,
        Err(RecordError::Store(error)) => return Err(error.to_string()),
        Err(error) if group.len() == 1 => job.refuse(group[0].0, error.to_string(), &group[0].1),
        Err(_) => {
            for line in group {
                match record(import, version, std::slice::from_ref(line)).await {
                    Ok(()) => job.report().accepted += 1,
                    Err(RecordError::Store(error)) => return Err(error.to_string()),
                    Err(error) => job.refuse(line.0, error.to_string(), &line.1),
                }
            }
        }
    }
    Ok(())
}

async fn record(import: &Import, version: Version, group: &[Line]) -> Result<(), RecordError> {
    let texts: Vec<&str> = group.iter().map(|(_, text)| text.as_str()).collect();
    let body = Bytes::from(format!("[{}]", texts.join(",")));
    let submission = Submission::from_json(body, version, import.limits).await?;
    let recording = Recording {
        authority: Arc::new(import.authority.clone()),
        may_define: true,
        trust_authority: true,
        version,
        statement_id: None,
        clock: Arc::clone(&import.clock),
        ids: Arc::clone(&import.ids),
    };
    record_statements(&*import.store, submission, recording).await.map(drop)
}

/// Reads statements from a file, a batch at a time.
struct Lines {
    reader: BufReader<std::fs::File>,
    /// The statements of a JSON array that were not given yet.
    array: Option<VecDeque<Box<RawValue>>>,
    line: u64,
    done: u64,
}

impl Lines {
    fn open(mut file: std::fs::File) -> Result<Self, String> {
        file.seek(SeekFrom::Start(0)).map_err(|error| error.to_string())?;
        let mut reader = BufReader::new(file);
        let start = reader.fill_buf().map_err(|error| error.to_string())?;
        let array = if start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
            let mut text = Vec::new();
            reader.by_ref().take(LINE_BYTES_MAX + 1).read_to_end(&mut text).map_err(|error| error.to_string())?;
            if text.len() as u64 > LINE_BYTES_MAX {
                return Err(format!("a JSON array of more than {LINE_BYTES_MAX} bytes: send one statement on a line"));
            }
            Some(serde_json::from_slice(&text).map_err(|error| format!("not a JSON array: {error}"))?)
        } else {
            None
        };
        Ok(Self { reader, array, line: 0, done: 0 })
    }

    /// Empty at the end.
    fn next_batch(&mut self) -> Result<Vec<Line>, String> {
        let mut batch = Vec::new();
        while batch.len() < BATCH_MAX {
            let text = match &mut self.array {
                Some(array) => array.pop_front().map(|statement| statement.get().to_owned()),
                None => self.next_line()?,
            };
            let Some(text) = text else { break };
            self.line += 1;
            self.done += text.len() as u64 + 1;
            if !text.trim().is_empty() {
                batch.push((self.line, text));
            }
        }
        Ok(batch)
    }

    fn next_line(&mut self) -> Result<Option<String>, String> {
        let mut line = Vec::new();
        let read = self.reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        if read.map_err(|error| error.to_string())? == 0 {
            return Ok(None);
        }
        // What is no UTF-8 is refused with its line, as no JSON.
        Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
    }
}
