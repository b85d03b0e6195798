//! Keeps the processors of a small machine awake while a lone client writes.
//!
//! Between two commits of a client that sends one statement after the other, a processor has nothing to do for a tenth of a
//! millisecond at a time: it falls asleep, and waking it takes longer than much of the work that it is woken for. While such
//! commits follow each other closely, one thread for each processor keeps it busy with nothing, in the class of threads that run
//! only where nobody else wants to (`SCHED_IDLE`, Linux). `docs/adr/0008-a-lone-client.md` has the measurements.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Commits belong together when they follow each other within this time. A stream of them that is slower gains little.
const PAUSE_MAX: Duration = Duration::from_millis(1);
/// After so many that do, more are to be expected.
const ROW: u32 = 16;
/// A machine with more processors is not for one client.
const PROCESSORS_MAX: usize = 4;

/// Commits of a lone client that follow each other closely.
struct Row {
    last: Option<Instant>,
    commits: u32,
}

static ROW_NOW: Mutex<Row> = Mutex::new(Row { last: None, commits: 0 });

/// A lone client's commit begins.
pub(crate) fn note_lone_commit() {
    let now = Instant::now();
    let mut row = ROW_NOW.lock().unwrap_or_else(PoisonError::into_inner);
    let follows = row.last.is_some_and(|last| now.saturating_duration_since(last) < PAUSE_MAX);
    row.commits = if follows { row.commits.saturating_add(1) } else { 0 };
    row.last = Some(now);
    if row.commits >= ROW {
        wakers::stay_awake_until(now + PAUSE_MAX);
    }
}

#[cfg(target_os = "linux")]
mod wakers {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread::{Builder, Thread, available_parallelism, park, yield_now};
    use std::time::Instant;

    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };

    use super::PROCESSORS_MAX;

    /// The threads' name.
    pub(super) const NAME: &str = "awake";

    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    /// In nanoseconds from the beginning.
    static UNTIL: AtomicU64 = AtomicU64::new(0);
    static THREADS: LazyLock<Vec<Thread>> = LazyLock::new(start);

    pub(super) fn stay_awake_until(instant: Instant) {
        UNTIL.store(nanoseconds(instant), Ordering::Relaxed);
        THREADS.iter().for_each(Thread::unpark);
    }

    fn nanoseconds(instant: Instant) -> u64 {
        u64::try_from(instant.saturating_duration_since(*BEGIN).as_nanos()).unwrap_or(u64::MAX)
    }

    fn start() -> Vec<Thread> {
        let threads = (0..processors_to_keep_awake()).map(|_| Builder::new().name(NAME.to_owned()).spawn(run));
        match threads.collect::<Result<Vec<_>, _>>() {
            Ok(threads) => threads.iter().map(|thread| thread.thread().clone()).collect(),
            Err(error) => {
                tracing::debug!(%error, "the system gives no thread to keep processors awake");
                Vec::new()
            }
        }
    }

    /// None where this process may not use up all the time of the processors that it runs on: it would lack the time for its work.
    pub(super) fn processors_to_keep_awake() -> usize {
        let Ok(processors) = rustix::thread::sched_getaffinity(None) else { return 0 };
        let processors = usize::try_from(processors.count()).unwrap_or(usize::MAX);
        // This heeds the quotas of control groups.
        let granted = available_parallelism().map_or(0, usize::from);
        if processors <= PROCESSORS_MAX && granted == processors { processors } else { 0 }
    }

    fn run() {
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle) {
            tracing::debug!(
                ?error,
                "the system does not let threads run where nobody else wants to; processors may sleep"
            );
            return;
        }
        loop {
            park();
            while nanoseconds(Instant::now()) < UNTIL.load(Ordering::Relaxed) {
                // A kernel that preempts lazily tells a thread of this class that another one waits only when it calls the kernel.
                yield_now();
            }
        }
    }
}

/// Other systems have no such class.
#[cfg(not(target_os = "linux"))]
mod wakers {
    pub(super) fn stay_awake_until(_: std::time::Instant) {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::{read_dir, read_to_string};
    use std::thread::sleep;

    use super::*;

    /// Of each such thread the state, the time that it used in ticks, and the class: the 3rd, 14th and 15th, and 41st field of its
    /// `stat` (`proc_pid_stat(5)`).
    fn threads() -> Vec<(String, u64, u32)> {
        let stats = read_dir("/proc/self/task").expect("threads").filter_map(|thread| {
            let stat = read_to_string(thread.expect("a thread").path().join("stat")).ok()?;
            let (before, after) = stat.rsplit_once(") ")?;
            let fields: Vec<&str> = after.split(' ').collect();
            let number = |field: usize| fields[field - 3].parse::<u64>().expect("a number");
            let policy = u32::try_from(number(41)).expect("a class");
            before.ends_with(wakers::NAME).then(|| (fields[0].to_owned(), number(14) + number(15), policy))
        });
        stats.collect()
    }

    fn used() -> u64 {
        threads().iter().map(|(_, used, _)| used).sum()
    }

    /// One test, because there is one row of commits in a process.
    #[test]
    fn processors_are_kept_awake_while_commits_follow_each_other_closely_and_at_no_other_time() {
        const SCHED_IDLE: u32 = 5;
        for _ in 0..2 * ROW {
            note_lone_commit();
            sleep(2 * PAUSE_MAX);
        }
        assert!(threads().is_empty(), "these commits do not follow each other closely");

        let count = wakers::processors_to_keep_awake();
        let mut rounds = 0;
        while count > 0 && used() == 0 {
            (0..10_000).for_each(|_| note_lone_commit());
            rounds += 1;
            assert!(rounds < 100_000, "the threads do not run: {:?}", threads());
        }
        assert_eq!(threads().len(), count);
        assert!(threads().iter().all(|(_, _, policy)| *policy == SCHED_IDLE), "{:?}", threads());

        while threads().iter().any(|(state, _, _)| state != "S") {
            sleep(PAUSE_MAX);
        }
        let before = used();
        sleep(100 * PAUSE_MAX);
        assert_eq!(used(), before, "nobody commits any more");
    }
}
