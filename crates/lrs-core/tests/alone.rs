//! Work under a lease: one at a time, taken up by the next one, dropped when the lease is lost. Time is paused: it moves on
//! when everybody waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use lrs_core::run_alone;
use lrs_sqlite::{Mode, Options, SqliteRegistry};
use lrs_store::{Clock, LEASE_DURATION, LeaseAnswer, LeaseHolder, Registry};
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use xapi::Timestamp;

/// Stands still; a test moves it.
#[derive(Debug)]
struct StoppedClock(AtomicI64);

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Workers that want the same lease, and what they do.
struct Workers {
    registry: Arc<SqliteRegistry>,
    clock: Arc<StoppedClock>,
    stop: CancellationToken,
    /// How many work at this moment.
    working: Arc<AtomicUsize>,
    /// Lets one piece of work end.
    finish: Arc<Notify>,
    _folder: TempDir,
}

/// Counts down however the work ends.
struct Working(Arc<AtomicUsize>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn holder(number: u128) -> LeaseHolder {
    LeaseHolder(Uuid::from_u128(number))
}

impl Workers {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(StoppedClock(AtomicI64::new(1_795_521_600_000_000)));
        let path = folder.path().join("data");
        let registry = SqliteRegistry::open(&path, Mode::Server, Options::default(), clock.clone()).unwrap();
        let (stop, working, finish) = Default::default();
        Self { registry, clock, stop, working, finish, _folder: folder }
    }

    /// A worker that gives its number when its work is done.
    fn start(&self, number: u128) -> JoinHandle<Option<u128>> {
        let (registry, stop) = (Arc::clone(&self.registry), self.stop.clone());
        let (working, finish) = (Arc::clone(&self.working), Arc::clone(&self.finish));
        tokio::spawn(async move {
            let work = || async {
                working.fetch_add(1, Ordering::SeqCst);
                let _working = Working(Arc::clone(&working));
                finish.notified().await;
                number
            };
            run_alone(registry.as_ref(), "follower", holder(number), &stop, work).await
        })
    }

    async fn wait_for_working(&self, count: usize) {
        while self.working.load(Ordering::SeqCst) != count {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Somebody else gets the lease, as after this process was asleep for long.
    async fn take_away(&self) {
        self.clock.0.fetch_add(i64::try_from(LEASE_DURATION.as_micros()).unwrap(), Ordering::SeqCst);
        let taken = self.registry.take_lease("follower", holder(99)).await.unwrap();
        assert_eq!(taken, LeaseAnswer::Held);
    }
}

#[tokio::test(start_paused = true)]
async fn one_works_and_then_the_next() {
    let workers = Workers::new();
    let mut running: Vec<_> = (1..=3).map(|number| workers.start(number)).collect();
    for left in (1..=3).rev() {
        workers.wait_for_working(1).await;
        // Long enough for everybody to ask many times.
        tokio::time::sleep(LEASE_DURATION * 5).await;
        assert_eq!(workers.working.load(Ordering::SeqCst), 1);
        workers.finish.notify_one();
        let (done, _, others) = futures_util::future::select_all(running).await;
        assert!(done.unwrap().is_some(), "{left}");
        running = others;
    }
}

#[tokio::test(start_paused = true)]
async fn work_is_dropped_with_its_lease_and_begun_again() {
    let workers = Workers::new();
    let running = workers.start(1);
    workers.wait_for_working(1).await;
    workers.take_away().await;
    workers.wait_for_working(0).await;
    workers.registry.release_lease("follower", holder(99)).await.unwrap();
    workers.wait_for_working(1).await;
    workers.finish.notify_one();
    assert_eq!(running.await.unwrap(), Some(1));
}

#[tokio::test(start_paused = true)]
async fn who_waits_can_be_stopped() {
    let workers = Workers::new();
    workers.take_away().await;
    let running = workers.start(1);
    tokio::time::sleep(LEASE_DURATION * 5).await;
    workers.stop.cancel();
    assert_eq!(running.await.unwrap(), None);
    assert_eq!(workers.working.load(Ordering::SeqCst), 0);
}
