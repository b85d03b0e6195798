//! Statements of a file: one on a line, or one JSON array. Read a batch at a time, from any position on that was read up to before.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use lrs_store::{JobFiles, JobProgress, NewJob, Obstacle, StoreError};
use serde_json::value::RawValue;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

use crate::{Problem, offload};

/// Statements that are recorded together.
const BATCH_MAX: usize = 200;
/// Bytes after which a batch ends.
const BATCH_BYTES_MAX: u64 = 2 << 20;
/// Bytes of one line, and of a file that is one JSON array.
const LINE_BYTES_MAX: u64 = 64 << 20;
/// Bytes that are read at once.
const READ_BYTES: usize = 256 << 10;
/// A file that cannot be read is tried again so much later.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// A statement of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1; in a JSON array, the place of the statement.
    pub(super) number: u64,
    /// JSON, if it is as it should be.
    pub(super) text: String,
}

/// Why a file cannot be read.
#[derive(Debug)]
pub(super) enum LinesError {
    /// Not now.
    Store(StoreError),
    /// It never can.
    Never(Problem),
}

impl From<StoreError> for LinesError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<std::io::Error> for LinesError {
    fn from(error: std::io::Error) -> Self {
        let obstacle = Obstacle::JobFileUnreadable { error: error.to_string() };
        Self::Store(StoreError::Unavailable { obstacle, retry_after: RETRY_AFTER })
    }
}

/// A file, and how far it was read.
pub(super) struct Lines {
    source: Source,
    /// Lines, or members of the array, that were read.
    pub(super) count: u64,
    /// Bytes that were read. Of an array it is less than all of them, even at its end.
    pub(super) done_bytes: u64,
}

type Reader = BufReader<Pin<Box<dyn AsyncRead + Send>>>;

enum Source {
    Text(Reader),
    Array(VecDeque<Box<RawValue>>),
}

impl Lines {
    /// Opens the file of a job behind what was worked through.
    pub(super) async fn open(files: &dyn JobFiles, job: &NewJob, progress: &JobProgress) -> Result<Self, LinesError> {
        let mut reader = open_file(files, job, 0).await?;
        let start = reader.fill_buf().await?;
        let is_array = start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        let source = if is_array {
            Source::Array(read_array(reader, progress.lines).await?)
        } else if progress.done_bytes == 0 {
            Source::Text(reader)
        } else {
            Source::Text(open_file(files, job, progress.done_bytes).await?)
        };
        Ok(Self { source, count: progress.lines, done_bytes: progress.done_bytes })
    }

    /// The next statements; blank lines are left out. `None`: the end of the file.
    pub(super) async fn next_batch(&mut self) -> Result<Option<Vec<Line>>, LinesError> {
        let begun = (self.count, self.done_bytes);
        let mut batch = Vec::new();
        while batch.len() < BATCH_MAX && self.done_bytes - begun.1 < BATCH_BYTES_MAX {
            let read = match &mut self.source {
                Source::Array(rest) => rest.pop_front().map(|it| (it.get().to_owned(), it.get().len() as u64 + 1)),
                Source::Text(reader) => read_line(reader).await?,
            };
            let Some((text, bytes)) = read else { break };
            self.count += 1;
            self.done_bytes += bytes;
            if !text.trim().is_empty() {
                batch.push(Line { number: self.count, text });
            }
        }
        Ok((self.count > begun.0).then_some(batch))
    }
}

async fn open_file(files: &dyn JobFiles, job: &NewJob, from: u64) -> Result<Reader, LinesError> {
    let found = files.open_job_file(job.id, from).await?;
    let found = found.filter(|found| found.size_bytes == job.total_bytes);
    let found = found.ok_or_else(|| {
        // Backups are without it.
        LinesError::Never(Problem::FileGone)
    })?;
    Ok(BufReader::with_capacity(READ_BYTES, found.reader))
}

/// The members behind the first `skipped`.
async fn read_array(reader: Reader, skipped: u64) -> Result<VecDeque<Box<RawValue>>, LinesError> {
    let mut text = Vec::new();
    reader.take(LINE_BYTES_MAX + 1).read_to_end(&mut text).await?;
    if text.len() as u64 > LINE_BYTES_MAX {
        return Err(LinesError::Never(Problem::ArrayTooLarge { max_bytes: LINE_BYTES_MAX }));
    }
    let parse = move || serde_json::from_slice::<VecDeque<Box<RawValue>>>(&text);
    let parsed = offload::run(true, parse).await;
    let mut members = parsed.map_err(|error| LinesError::Never(Problem::NotAnArray { error: error.to_string() }))?;
    members.drain(..usize::try_from(skipped).unwrap_or(usize::MAX).min(members.len()));
    Ok(members)
}

/// A line without its end, and how many bytes it has with it.
async fn read_line(reader: &mut Reader) -> std::io::Result<Option<(String, u64)>> {
    let mut line = Vec::new();
    let read = reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
    // What is no UTF-8 is refused with its line, as no JSON.
    Ok((read > 0).then(|| (String::from_utf8_lossy(&line).trim_end().to_owned(), read as u64)))
}
