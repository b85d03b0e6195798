//! One workload while it runs: which request comes next, when it is due, and what it is made of.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rand::Rng as _;
use rand::rngs::SmallRng;
use tokio::sync::Semaphore;

use super::connection::Call;
use super::floor::{FloorMeter, Pause};
use super::load::{Amount, Plan};
use super::operations::{Expected, Kind, Material, Walk, Workload};
use super::windows::Windows;

/// What the workers of all workloads share.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The number of the next statement.
    pub statements_next: AtomicU64,
    /// The number of the next document.
    pub documents_next: AtomicU64,
    /// Statements that were not acknowledged.
    pub statements_failed: Mutex<Vec<Range<u64>>>,
    /// Documents that were not acknowledged.
    pub documents_failed: Mutex<Vec<Range<u64>>>,
}

/// One workload while it runs.
pub struct Round {
    /// Which.
    pub workload: Workload,
    /// From what its requests are made.
    pub material: Arc<Material>,
    /// What is written.
    pub ledger: Arc<Ledger>,
    /// Statements in a batch.
    pub batch: u64,
    /// When it began.
    pub begin: Instant,
    /// How long it lasts, if it lasts for a time.
    pub lasts: Option<Duration>,
    /// Requests to send, in total.
    pub requests_max: u64,
    /// Statements to write, in total, when the workload only writes.
    pub statements_max: u64,
    /// The number of the next request.
    pub requests_next: AtomicU64,
    /// Set when no worker is left.
    pub is_over: AtomicBool,
    /// Every statement and document below these was decided before the workload began.
    pub settled: (u64, u64),
    /// First and last `stored`, in microseconds.
    pub stored_between: (i64, i64),
    /// Open loop: requests a second, and a permit for each that is due.
    pub pace: Option<(f64, Semaphore)>,
    /// Its progress.
    pub windows: Mutex<Windows>,
    /// Measures the disk, when asked for.
    pub floor: Mutex<Option<FloorMeter>>,
    /// All pauses in which the disk was measured, together.
    pub paused: Mutex<Pause>,
}

/// A request that is ready to be sent.
pub struct Request {
    /// It is so many requests after the first.
    pub number: u64,
    /// Of this kind.
    pub kind: Kind,
    /// What to send.
    pub call: Call,
    /// What the answer must be.
    pub expected: Expected,
    /// What is not there when it fails.
    pub taken: Taken,
}

/// What a request took from the ledger.
#[derive(Debug, Clone)]
pub enum Taken {
    /// It only reads.
    Nothing,
    /// Numbers of statements.
    Statements(Range<u64>),
    /// The number of a document.
    Document(u64),
}

impl Ledger {
    /// What was taken was not acknowledged: nobody knows whether it is there.
    pub fn forget(&self, taken: Taken) {
        match taken {
            Taken::Nothing => {}
            Taken::Statements(range) => lock(&self.statements_failed).push(range),
            Taken::Document(n) => lock(&self.documents_failed).push(n..n + 1),
        }
    }
}

impl Round {
    /// Begins now.
    pub fn new(
        plan: &Plan,
        workload: Workload,
        material: &Arc<Material>,
        ledger: &Arc<Ledger>,
        stored_between: (i64, i64),
        floor: Option<FloorMeter>,
    ) -> Self {
        let amount = if workload.writes_statements() { plan.writes } else { plan.requests };
        let per_request = if workload == Workload::Batches { plan.batch } else { 1 };
        let (statements_max, mut requests_max, lasts) = match amount {
            Amount::Count(count) => (count, count.div_ceil(per_request), None),
            Amount::Duration(duration) => (u64::MAX, u64::MAX, Some(duration)),
        };
        if let (Some(rate), Amount::Duration(duration)) = (plan.rate, amount) {
            requests_max = whole(rate * duration.as_secs_f64());
        }
        Self {
            workload,
            material: Arc::clone(material),
            ledger: Arc::clone(ledger),
            batch: plan.batch,
            begin: Instant::now(),
            lasts: if plan.rate.is_some() { None } else { lasts },
            requests_max,
            statements_max,
            requests_next: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            settled: (ledger.statements_next.load(Ordering::Relaxed), ledger.documents_next.load(Ordering::Relaxed)),
            stored_between,
            pace: plan.rate.map(|rate| (rate, Semaphore::new(0))),
            windows: Mutex::new(Windows::new(plan.window, plan.server)),
            floor: Mutex::new(floor),
            paused: Mutex::default(),
        }
    }

    /// How long the load has gone on, without its pauses.
    pub fn elapsed(&self) -> Duration {
        self.begin.elapsed().saturating_sub(lock(&self.paused).time)
    }

    /// Measures the disk when it is time for that, while no request is under way.
    pub fn pause_if_due(&self) {
        if let Some(pause) = lock(&self.floor).as_mut().and_then(FloorMeter::measure_between) {
            let mut paused = lock(&self.paused);
            *paused = Pause { time: paused.time + pause.time, cpu: paused.cpu + pause.cpu };
            lock(&self.windows).leave_out(pause.time);
        }
    }

    /// Makes up the next request, when there is one more to send; in an open loop, when it is due.
    pub async fn next_request(&self, walk: &mut Walk, rng: &mut SmallRng) -> Option<Request> {
        if let Some((_, due)) = &self.pace {
            due.acquire().await.ok()?.forget();
        }
        if self.lasts.is_some_and(|duration| self.elapsed() >= duration) {
            return None;
        }
        let number = self.requests_next.fetch_add(1, Ordering::Relaxed);
        if number >= self.requests_max {
            return None;
        }
        let kind = self.workload.kind(rng);
        let (call, expected, taken) = self.make(kind, walk, rng);
        Some(Request { number, kind, call, expected, taken })
    }

    /// Whether a request can be made before the one before it was answered: not when it waits until it is due, or follows
    /// from that answer.
    pub fn is_made_ahead(&self) -> bool {
        self.pace.is_none() && self.workload != Workload::More
    }

    /// The instant from which the latency of a request counts.
    pub fn start_of(&self, request: u64) -> Instant {
        match &self.pace {
            Some((rate, _)) => self.begin + due_after(request, *rate),
            None => Instant::now(),
        }
    }

    /// Opens the gate for one request after the other. Runs in a thread of its own, because its sleep is exact to some
    /// 50 µs and that of the runtime to a millisecond only. At the end it lets every worker pass, to see that nothing is left.
    pub fn keep_pace(&self, workers: usize) {
        let Some((rate, due)) = &self.pace else { return };
        for request in 0..self.requests_max {
            if self.is_over.load(Ordering::Relaxed) {
                break;
            }
            let instant = self.begin + due_after(request, *rate);
            std::thread::sleep(instant.saturating_duration_since(Instant::now()));
            due.add_permits(1);
        }
        due.add_permits(workers);
    }

    /// Makes up a request of a kind.
    fn make(&self, kind: Kind, walk: &mut Walk, rng: &mut SmallRng) -> (Call, Expected, Taken) {
        let material = &self.material;
        let (call, expected) = match kind {
            Kind::WriteOne | Kind::WriteBatch => return self.make_write(kind),
            Kind::StatePut => {
                let n = self.ledger.documents_next.fetch_add(1, Ordering::Relaxed);
                let (call, expected) = material.put_document(n);
                return (call, expected, Taken::Document(n));
            }
            Kind::StateGet => material.get_document(pick(self.settled.1, &self.ledger.documents_failed, rng)),
            Kind::ById => material.read(self.pick_statement(rng)),
            Kind::More => material.walk(walk, self.pick_statement(rng)),
            Kind::ByVerb => {
                let since = rng.random_range(self.stored_between.0..=self.stored_between.1);
                material.read_page(kind, self.pick_statement(rng), &xapi::Timestamp(since).to_string())
            }
            Kind::ByAgent | Kind::ByActivity | Kind::ByRelatedActivity | Kind::ByRegistration => {
                material.read_page(kind, self.pick_statement(rng), "")
            }
        };
        (call, expected, Taken::Nothing)
    }

    fn make_write(&self, kind: Kind) -> (Call, Expected, Taken) {
        let size = if kind == Kind::WriteBatch { self.batch } else { 1 };
        // The last batch may be smaller, so that no number stays unused.
        let end = if self.workload.writes_statements() {
            self.settled.0.saturating_add(self.statements_max)
        } else {
            u64::MAX
        };
        let end_of = |first: u64| first + size.min(end.saturating_sub(first)).max(1);
        let take = |first| Some(end_of(first));
        let taken = self.ledger.statements_next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        let first = taken.unwrap_or_else(|first| first);
        let taken = first..end_of(first);
        let (call, expected) = self.material.write(first, taken.end - taken.start);
        (call, expected, Taken::Statements(taken))
    }

    fn pick_statement(&self, rng: &mut SmallRng) -> u64 {
        pick(self.settled.0, &self.ledger.statements_failed, rng)
    }
}

/// A number below `end` that did not fail. When all tries fail, the last is good enough: its answer will be counted as an error.
fn pick(end: u64, failed: &Mutex<Vec<Range<u64>>>, rng: &mut SmallRng) -> u64 {
    const TRIES_MAX: u32 = 20;
    let failed = lock(failed);
    let mut n = 0;
    for _ in 0..TRIES_MAX {
        n = rng.random_range(0..end.max(1));
        if !failed.iter().any(|range| range.contains(&n)) {
            break;
        }
    }
    n
}

#[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 requests are sent")]
fn due_after(request: u64, rate: f64) -> Duration {
    Duration::from_secs_f64(request as f64 / rate)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of requests is positive and small"
)]
fn whole(count: f64) -> u64 {
    count.ceil() as u64
}

/// Counters stay usable when a worker that held them has panicked.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
