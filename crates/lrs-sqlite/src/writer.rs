//! The thread that writes: it commits together what all waiting requests have queued, and answers after the commit.
//!
//! The queue is bounded in requests and in bytes; a request that finds it full is refused as unavailable. The batch of a lone
//! client is committed by the thread that brings it ([`Writer::record_at_once`]).

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lrs_store::{Obstacle, Recorded, Restored, StoreError, UploadedAttachment};
use rusqlite::Connection;
use tokio::sync::oneshot;
use xapi::Timestamp;

use crate::append::Appender;
use crate::attachments;
use crate::awake;
use crate::error::{closed, reads_only, repeat, store_error, unavailable};
use crate::options::Access;
use crate::prepare::Prepared;
use crate::restore::Piece;

/// When nothing was asked for so long, the writer merges: a client that sends one statement after another is faster than
/// this, and need not wait for a commit that only merges.
const IDLE: Duration = Duration::from_millis(2);
/// When nothing was asked for so long, it writes what follows from the newest statements, if that is not in its tables yet. Readers
/// know it already.
const IDLE_WRITE: Duration = Duration::from_secs(1);
/// While there is merging to do but it failed, the idle writer tries again this much later.
const IDLE_RETRY: Duration = Duration::from_secs(1);

/// Whether a thread of this process commits at once, for any LRS.
static IS_TURN_TAKEN: AtomicBool = AtomicBool::new(false);

/// The right to commit at once, in a thread that serves. There is one, and none where only one thread serves: a disk that stalls
/// may hold one thread, never all.
struct TurnAtOnce;

impl TurnAtOnce {
    fn take() -> Option<Self> {
        let serving = tokio::runtime::Handle::current().metrics().num_workers();
        (serving > 1 && !IS_TURN_TAKEN.swap(true, Ordering::Acquire)).then_some(Self)
    }
}

impl Drop for TurnAtOnce {
    fn drop(&mut self) {
        IS_TURN_TAKEN.store(false, Ordering::Release);
    }
}

/// Brings the outcome of a commit to whoever waits for a job.
pub(crate) type Deliver = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Work inside a commit, under a savepoint of its own: what it wrote stays if it returns `true`. It gets an error instead of
/// a connection when the commit has failed already.
pub(crate) type Job = Box<dyn FnOnce(Result<(&Connection, Timestamp), StoreError>) -> (bool, Deliver) + Send>;

/// A batch on its way into the log.
pub(crate) struct Record {
    pub(crate) statements: Vec<Prepared>,
    pub(crate) attachments: Vec<UploadedAttachment>,
    pub(crate) reply: oneshot::Sender<Result<Recorded, StoreError>>,
}

/// What the writer is asked to do.
pub(crate) enum Command {
    /// Append a batch.
    Record(Record),
    /// Write a piece of another LRS.
    Restore(Box<Piece>, oneshot::Sender<Result<Restored, StoreError>>),
    /// Run a job.
    Job(Job),
    /// Do what is due after commits that were made at once.
    KeepUp,
    /// Finish.
    Close(oneshot::Sender<()>),
}

/// How much waits for the writer.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    requests: AtomicU64,
    bytes: AtomicUsize,
    /// Whether the last commit held the work of several requests: then more are to be expected.
    is_shared: AtomicBool,
}

impl Queue {
    /// Requests that wait.
    pub(crate) fn depth(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

/// The way to the writer thread.
#[derive(Clone)]
pub(crate) struct Writer {
    sender: SyncSender<(Command, usize)>,
    queue: Arc<Queue>,
    bytes_max: usize,
    access: Access,
    appender: Slot,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// The appender, for whoever commits; empty when the store is closed.
type Slot = Arc<Mutex<Option<Appender>>>;

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(appender: Appender, queue: Arc<Queue>) -> Result<Self, StoreError> {
        let options = appender.options().clone();
        let (sender, receiver) = sync_channel(options.queue_requests_max);
        let waiting = Arc::clone(&queue);
        let slot: Slot = Arc::new(Mutex::new(Some(appender)));
        let appender = Arc::clone(&slot);
        let thread = std::thread::Builder::new()
            .name(format!("writer-{}", options.lrs))
            .spawn(move || run(&slot, &receiver, &waiting))
            .map_err(|error| StoreError::Internal { operation: "start the writer", source: Box::new(error) })?;
        let thread = Arc::new(Mutex::new(Some(thread)));
        Ok(Self { sender, queue, bytes_max: options.queue_bytes_max, access: options.access, appender, thread })
    }

    /// Queues a command that holds so many bytes.
    pub(crate) fn submit(&self, command: Command, bytes: usize) -> Result<(), StoreError> {
        if self.access != Access::Write {
            return Err(reads_only());
        }
        let waiting = self.queue.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.queue.requests.fetch_add(1, Ordering::Relaxed);
        let refused = if waiting > 0 && waiting + bytes > self.bytes_max {
            Some(unavailable(Obstacle::QueueFull))
        } else {
            self.sender.try_send((command, bytes)).err().map(|error| match error {
                TrySendError::Full(_) => unavailable(Obstacle::QueueFull),
                TrySendError::Disconnected(_) => closed(),
            })
        };
        refused.map_or(Ok(()), |error| {
            self.queue.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.queue.requests.fetch_sub(1, Ordering::Relaxed);
            Err(error)
        })
    }

    /// Commits a batch in this thread when nobody else writes and other threads are left to serve, which spares a lone client
    /// two changes of threads; else gives the batch back. Takes as long as a commit.
    pub(crate) fn record_at_once(&self, record: Record) -> Result<(), Record> {
        let is_lone =
            self.access == Access::Write && self.queue.depth() == 0 && !self.queue.is_shared.load(Ordering::Relaxed);
        let Some(_turn) = is_lone.then(TurnAtOnce::take).flatten() else { return Err(record) };
        let Ok(mut slot) = self.appender.try_lock() else { return Err(record) };
        let Some(appender) = slot.as_mut() else { return Err(record) };
        if appender.options().stay_awake {
            awake::note_lone_commit();
        }
        let was_idle = time_until_idle_work(appender).is_none();
        commit(appender, &mut vec![Command::Record(record)], &self.queue);
        if appender.is_upkeep_due() || (was_idle && time_until_idle_work(appender).is_some()) {
            // Where the queue is full, the commits of those who wait keep up.
            let _ = self.sender.try_send((Command::KeepUp, 0));
        }
        Ok(())
    }

    /// Runs `job` inside the next commit and returns what it returned once that commit is durable. Its writes are undone
    /// when it fails, without harm to the rest of the commit. The instant is the commit's `stored`.
    pub(crate) async fn run_in_commit<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, Timestamp) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |commit| {
            let outcome = commit.and_then(|(connection, stored)| job(connection, stored));
            let good = outcome.is_ok();
            let deliver: Deliver = Box::new(move |committed| {
                // Whoever asked may have gone away; the work is done all the same.
                let _ = reply.send(committed.and(outcome));
            });
            (good, deliver)
        });
        self.submit(Command::Job(job), 0)?;
        answer.await.unwrap_or_else(|_| Err(unavailable(Obstacle::WriterStopped)))
    }

    /// Finishes what is queued and ends the thread.
    pub(crate) async fn close(&self) {
        let (reply, done) = oneshot::channel();
        let sender = self.sender.clone();
        // Errors mean that the thread has ended already.
        let _ = tokio::task::spawn_blocking(move || sender.send((Command::Close(reply), 0))).await;
        let _ = done.await;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// An answer that waits for the end of the commit.
enum Answer {
    Recorded(oneshot::Sender<Result<Recorded, StoreError>>, Result<Recorded, StoreError>, Vec<UploadedAttachment>),
    Restored(oneshot::Sender<Result<Restored, StoreError>>, Result<Restored, StoreError>),
    Job(Deliver),
}

impl Answer {
    fn send(self, committed: Result<(), StoreError>) {
        match self {
            Self::Job(deliver) => deliver(committed),
            // Whoever asked may have gone away; the piece is stored all the same.
            Self::Restored(reply, outcome) => drop(reply.send(committed.and(outcome))),
            Self::Recorded(reply, outcome, attachments) => {
                let outcome = committed.and(outcome);
                if matches!(outcome, Ok(Recorded::Stored { .. })) {
                    attachments::keep_attachments(attachments);
                }
                // Whoever asked may have gone away; the statements are stored all the same.
                let _ = reply.send(outcome);
            }
        }
    }
}

fn run(slot: &Mutex<Option<Appender>>, receiver: &Receiver<(Command, usize)>, queue: &Queue) {
    let mut group = Vec::new();
    while let Some(first) = next_command(slot, receiver) {
        // First the lock: what arrives while another thread commits belongs to this commit.
        let mut locked = lock(slot);
        let Some(appender) = locked.as_mut() else { return };
        let mut statements = 0;
        let mut close = None;
        let mut next = Some(first);
        while let Some((command, bytes)) = next.take() {
            match command {
                Command::Close(reply) => close = Some(reply),
                Command::KeepUp => {}
                command => {
                    queue.bytes.fetch_sub(bytes, Ordering::Relaxed);
                    queue.requests.fetch_sub(1, Ordering::Relaxed);
                    if let Command::Record(record) = &command {
                        statements += record.statements.len();
                    }
                    group.push(command);
                }
            }
            if close.is_none() && statements < appender.options().commit_statements_max {
                next = receiver.try_recv().ok();
            }
        }
        commit(appender, &mut group, queue);
        appender.keep_up();
        if let Some(reply) = close {
            appender.close();
            *locked = None;
            let _ = reply.send(());
            return;
        }
    }
}

/// A panic in a commit is a defect: whoever comes next finds the writer closed.
fn lock(slot: &Mutex<Option<Appender>>) -> MutexGuard<'_, Option<Appender>> {
    slot.lock().unwrap_or_else(|poisoned| {
        let mut slot = poisoned.into_inner();
        *slot = None;
        slot
    })
}

/// Waits for a command; merges meanwhile.
fn next_command(slot: &Mutex<Option<Appender>>, receiver: &Receiver<(Command, usize)>) -> Option<(Command, usize)> {
    loop {
        let wait = merge_if_idle(lock(slot).as_mut()?);
        let outcome = match wait {
            Some(wait) => receiver.recv_timeout(wait),
            None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match outcome {
            Ok(command) => return Some(command),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// How long the writer must have rested before it does what there is to do besides; none when there is nothing.
fn time_until_idle_work(appender: &Appender) -> Option<Duration> {
    let is_wanted = appender.options().merge_when_idle && appender.options().access != Access::Beside;
    match (is_wanted && appender.has_merging_to_do(), is_wanted && appender.has_unwritten()) {
        (true, _) => Some(IDLE),
        (false, true) => Some(IDLE_WRITE),
        (false, false) => None,
    }
}

/// Merges a little if nothing was asked for a while; how long to wait before the next time, if there is one.
fn merge_if_idle(appender: &mut Appender) -> Option<Duration> {
    let rest = time_until_idle_work(appender)?;
    if appender.rested_for() < rest {
        return Some(rest);
    }
    match appender.merge_alone() {
        Ok(()) => Some(IDLE),
        Err(error) => {
            tracing::warn!(lrs = appender.options().lrs, %error, "the index could not be merged; it will be tried again");
            Some(IDLE_RETRY)
        }
    }
}

/// One commit: everything in `group`, and some merging.
fn commit(appender: &mut Appender, group: &mut Vec<Command>, queue: &Queue) {
    if group.is_empty() {
        return;
    }
    let began = Instant::now();
    let mut statements = 0;
    let mut answers = Vec::with_capacity(group.len());
    let is_of_one_statement = matches!(group.as_slice(), [Command::Record(record)] if record.statements.len() == 1);
    let mut outcome = appender.begin(is_of_one_statement);
    for command in group.drain(..) {
        match command {
            Command::Record(Record { statements: batch, attachments, reply }) => {
                statements += batch.len();
                let recorded = match &outcome {
                    Ok(()) => appender.record(&batch, &attachments),
                    Err(error) => Ok(Err(repeat(error))),
                };
                let recorded = recorded.unwrap_or_else(|error| {
                    outcome = Err(repeat(&error));
                    Err(error)
                });
                answers.push(Answer::Recorded(reply, recorded, attachments));
            }
            Command::Restore(piece, reply) => {
                let restored = outcome.as_ref().map_err(repeat).copied().and_then(|()| appender.restore(&piece));
                outcome = outcome.and(restored.as_ref().map(drop).map_err(repeat));
                answers.push(Answer::Restored(reply, restored));
            }
            Command::Job(job) => {
                let commit = outcome.as_ref().map(|()| (appender.connection(), appender.stored())).map_err(repeat);
                let (deliver, ran) = run_job(commit, job);
                outcome = outcome.and(ran);
                answers.push(Answer::Job(deliver));
            }
            Command::Close(_) | Command::KeepUp => {}
        }
    }
    let outcome = outcome.and_then(|()| appender.merge_some()).and_then(|()| appender.commit());
    if let Err(error) = &outcome {
        tracing::error!(lrs = appender.options().lrs, %error, "a commit failed");
        appender.roll_back();
    }
    queue.is_shared.store(answers.len() > 1, Ordering::Relaxed);
    for answer in answers {
        answer.send(outcome.as_ref().copied().map_err(repeat));
    }
    appender.report(statements, began.elapsed(), queue.depth());
}

/// Runs a job under a savepoint; an error means that the whole commit cannot go on.
fn run_job(commit: Result<(&Connection, Timestamp), StoreError>, job: Job) -> (Deliver, Result<(), StoreError>) {
    const OPERATION: &str = "run a job in a commit";
    let commit = commit.and_then(|(connection, stored)| {
        connection.execute_batch("SAVEPOINT job").map_err(|error| store_error(OPERATION, error))?;
        Ok((connection, stored))
    });
    let connection = commit.as_ref().ok().map(|(connection, _)| *connection);
    let (good, deliver) = job(commit);
    let Some(connection) = connection else { return (deliver, Ok(())) };
    let undone = if good { Ok(()) } else { connection.execute_batch("ROLLBACK TO job") };
    let ended = undone.and_then(|()| connection.execute_batch("RELEASE job"));
    (deliver, ended.map_err(|error| store_error(OPERATION, error)))
}
