//! Keeps the processors of a small machine awake while a lone client writes.
//!
//! Between two commits of a client that sends one statement after the other, a processor has nothing to do for a tenth of a
//! millisecond at a time: it falls asleep, and waking it takes longer than much of the work that it is woken for. While such
//! commits follow each other closely, one thread for each processor keeps it busy with nothing, in the class of threads that run
//! only where no other thread of the program wants to (`SCHED_IDLE`, Linux). `docs/adr/0008-a-lone-client.md` has the measurements.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Commits belong together when they follow each other within this time. A stream of them that is slower gains little.
const PAUSE_MAX: Duration = Duration::from_millis(1);
/// After so many that do, more are to be expected.
const ROW: u32 = 16;

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
    use std::time::{Duration, Instant};

    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };

    /// A machine with more processors is not for one client.
    const PROCESSORS_MAX: usize = 4;
    /// How long a thread goes on before it gives way. Doing so at every moment keeps the kernel busy, which has to wake the others.
    const TURN: Duration = Duration::from_micros(20);
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
            tracing::debug!(?error, "the system does not let threads give way to all others; processors may sleep");
            return;
        }
        loop {
            park();
            let mut given_way = Instant::now();
            loop {
                let now = Instant::now();
                if nanoseconds(now) >= UNTIL.load(Ordering::Relaxed) {
                    break;
                }
                // Linux honours the class among threads of one session or control group. What is woken in another one waits for the end
                // of a time slice (4 ms) of a thread that does not give way by itself.
                if now - given_way >= TURN {
                    yield_now();
                    given_way = now;
                }
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

    /// Of each such thread the state, the nanoseconds that it ran, and the class (`proc_pid_stat(5)`, `proc_pid_schedstat(5)`).
    fn threads() -> Vec<(String, u64, u32)> {
        let threads = read_dir("/proc/self/task").expect("threads").filter_map(|thread| {
            let thread = thread.expect("a thread").path();
            let stat = read_to_string(thread.join("stat")).ok()?;
            let (before, after) = stat.rsplit_once(") ")?;
            let fields: Vec<&str> = after.split(' ').collect();
            let policy = fields[41 - 3].parse().expect("the 41st field is the class");
            let ran = read_to_string(thread.join("schedstat")).ok()?;
            let ran = ran.split(' ').next()?.parse().expect("the first field is a time");
            before.ends_with(wakers::NAME).then(|| (fields[0].to_owned(), ran, policy))
        });
        threads.collect()
    }

    fn ran() -> u64 {
        threads().iter().map(|(_, ran, _)| ran).sum()
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
        (0..2 * ROW).for_each(|_| note_lone_commit());
        let started = ran();
        // A thread gives itself its name and its class when it first runs.
        let are_there = || threads().iter().filter(|(_, _, policy)| *policy == SCHED_IDLE).count() == count;
        while count > 0 && (ran() < started + 2_000_000 || !are_there()) {
            (0..10_000).for_each(|_| note_lone_commit());
        }
        assert!(are_there() && threads().len() == count, "{:?}", threads());

        while threads().iter().any(|(state, _, _)| state != "S") {
            sleep(PAUSE_MAX);
        }
        let before = ran();
        sleep(100 * PAUSE_MAX);
        assert_eq!(ran(), before, "nobody commits any more");
    }
}
