//! The one task of a process that writes an LRS's log: it commits together what all waiting requests have queued, and answers
//! after the commit.
//!
//! The queue is bounded in requests and in bytes; a request that finds it full is refused as unavailable.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lrs_store::{Obstacle, Recorded, StoreError, UploadedAttachment};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::append::{Appender, Prepared};
use crate::attachments;
use crate::error::{closed, repeat, unavailable};

/// A batch on its way into the log.
pub(crate) struct Record {
    pub(crate) statements: Vec<Prepared>,
    pub(crate) attachments: Vec<UploadedAttachment>,
    reply: oneshot::Sender<Result<Recorded, StoreError>>,
}

impl Record {
    /// Statements for whose commit nobody waits.
    pub(crate) fn unasked(statements: Vec<Prepared>) -> Self {
        let (reply, _) = oneshot::channel();
        Self { statements, attachments: Vec::new(), reply }
    }
}

/// What the writer is asked to do.
enum Command {
    /// Append a batch.
    Record(Record),
    /// Finish.
    Close(oneshot::Sender<()>),
}

/// How much waits for the writer.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    requests: AtomicU64,
    bytes: AtomicUsize,
}

impl Queue {
    /// Requests that wait.
    pub(crate) fn depth(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

/// The way to the writer.
pub(crate) struct Writer {
    sender: mpsc::Sender<(Command, usize)>,
    queue: Arc<Queue>,
    bytes_max: usize,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the task.
    pub(crate) fn start(appender: Appender, queue: Arc<Queue>) -> Self {
        let options = &appender.shared().options;
        let (sender, receiver) = mpsc::channel(options.queue_requests_max);
        let bytes_max = options.queue_bytes_max;
        let task = tokio::spawn(run(appender, receiver, Arc::clone(&queue)));
        Self { sender, queue, bytes_max, task: Mutex::new(Some(task)) }
    }

    /// Queues a batch that holds so many bytes, and waits for its commit.
    pub(crate) async fn record(
        &self,
        statements: Vec<Prepared>,
        attachments: Vec<UploadedAttachment>,
        bytes: usize,
    ) -> Result<Recorded, StoreError> {
        let (reply, answer) = oneshot::channel();
        let waiting = self.queue.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.queue.requests.fetch_add(1, Ordering::Relaxed);
        let command = Command::Record(Record { statements, attachments, reply });
        let refused = if waiting > 0 && waiting + bytes > self.bytes_max {
            Some(unavailable(Obstacle::QueueFull))
        } else {
            self.sender.try_send((command, bytes)).err().map(|error| match error {
                mpsc::error::TrySendError::Full(_) => unavailable(Obstacle::QueueFull),
                mpsc::error::TrySendError::Closed(_) => closed(),
            })
        };
        if let Some(error) = refused {
            self.queue.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.queue.requests.fetch_sub(1, Ordering::Relaxed);
            return Err(error);
        }
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Finishes what is queued and ends the task.
    pub(crate) async fn close(&self) {
        let (reply, done) = oneshot::channel();
        // Errors mean that the task has ended already.
        let _ = self.sender.send((Command::Close(reply), 0)).await;
        let _ = done.await;
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = match task {
            Some(task) => Some(task.await),
            None => None,
        } {
            tracing::error!(%error, "the writer ended badly");
        }
    }
}

async fn run(mut appender: Appender, mut receiver: mpsc::Receiver<(Command, usize)>, queue: Arc<Queue>) {
    while let Some(first) = receiver.recv().await {
        let mut group: Vec<Record> = Vec::new();
        let mut statements = 0;
        let mut close = None;
        let mut next = Some(first);
        while let Some((command, bytes)) = next.take() {
            match command {
                Command::Close(reply) => close = Some(reply),
                Command::Record(record) => {
                    queue.bytes.fetch_sub(bytes, Ordering::Relaxed);
                    queue.requests.fetch_sub(1, Ordering::Relaxed);
                    statements += record.statements.len();
                    group.push(record);
                }
            }
            if close.is_none() && statements < appender.shared().options.commit_statements_max {
                next = receiver.try_recv().ok();
            }
        }
        commit(&mut appender, group).await;
        if let Some(reply) = close {
            // Nobody may be waiting any more.
            let _ = reply.send(());
            return;
        }
    }
}

/// One commit: everything in `group`. If the database refuses it for what is in it, each batch is tried alone.
async fn commit(appender: &mut Appender, group: Vec<Record>) {
    if group.is_empty() {
        return;
    }
    let began = Instant::now();
    let outcome = appender.record(&group).await;
    report(appender, &group, began);
    match outcome {
        Ok(recorded) => {
            for (record, recorded) in group.into_iter().zip(recorded) {
                answer(record, Ok(recorded));
            }
        }
        Err(error @ StoreError::Internal { .. }) if group.len() > 1 => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a commit failed; trying each batch alone");
            for record in group {
                let outcome = appender.record(std::slice::from_ref(&record)).await;
                answer(record, outcome.map(|mut recorded| recorded.remove(0)));
            }
        }
        Err(error) => {
            for record in group {
                answer(record, Err(repeat(&error)));
            }
        }
    }
}

fn report(appender: &Appender, group: &[Record], began: Instant) {
    let lrs = appender.shared().lrs.clone();
    let statements: usize = group.iter().map(|record| record.statements.len()).sum();
    #[expect(clippy::cast_precision_loss, reason = "a commit has few statements")]
    metrics::histogram!("lyceum_store_commit_size", "lrs" => lrs.clone()).record(statements as f64);
    metrics::histogram!("lyceum_store_commit_seconds", "lrs" => lrs).record(began.elapsed().as_secs_f64());
}

fn answer(record: Record, outcome: Result<Recorded, StoreError>) {
    if matches!(outcome, Ok(Recorded::Stored { .. })) {
        attachments::keep_attachments(record.attachments);
    }
    // Whoever asked may have gone away; the statements are stored all the same.
    let _ = record.reply.send(outcome);
}
