//! Threads for work that follows the log: it takes what readers and writers leave over. `docs/adr/0005-directory.md` has the measurements.

use lrs_core::FollowerThreads;
use tokio::runtime::{Builder, Runtime};

/// Threads for steps that block, besides the one that leads them. Work for more waits for its turn.
const BLOCKING_THREADS_MAX: usize = 2;

/// Two runtimes whose threads, those that block included, let the other threads of the program go first: one that gives up a processor
/// at once, and one that gets a share of it even where all processors are always busy.
pub(crate) struct LowPriority {
    yielding: Option<Runtime>,
    insisting: Option<Runtime>,
}

impl LowPriority {
    /// Starts them.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start() -> std::io::Result<Self> {
        let yielding = start("follower", yield_at_once)?;
        let insisting = start("follower-nice", be_nice)?;
        Ok(Self { yielding: Some(yielding), insisting: Some(insisting) })
    }

    /// Where followers take their steps.
    pub(crate) fn for_followers(&self) -> FollowerThreads {
        let handle =
            |runtime: &Option<Runtime>| runtime.as_ref().expect("only dropping takes it away").handle().clone();
        FollowerThreads { yielding: handle(&self.yielding), insisting: handle(&self.insisting) }
    }
}

fn start(name: &str, lower: fn()) -> std::io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).max_blocking_threads(BLOCKING_THREADS_MAX).enable_all();
    builder.thread_name(name).on_thread_start(lower).build()
}

impl Drop for LowPriority {
    /// Does not wait, so that it may be dropped among tasks: what still runs may be cut off anywhere.
    fn drop(&mut self) {
        [self.yielding.take(), self.insisting.take()].into_iter().flatten().for_each(Runtime::shutdown_background);
    }
}

/// Lets other threads have this one's processor at once: Linux allows a thread to lower itself to `SCHED_IDLE`. Of a thread that is only
/// nicer than others, Linux lets a time slice of some milliseconds end first.
#[cfg(target_os = "linux")]
fn yield_at_once() {
    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };

    static SAID: std::sync::Once = std::sync::Once::new();
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    // Where a sandbox forbids it, the work is done at the usual priority.
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle) {
        SAID.call_once(|| tracing::debug!(?error, "the system does not let followers yield"));
    }
}

/// Lets other threads run before this one, but leaves it a tenth of what they have.
#[cfg(target_os = "linux")]
fn be_nice() {
    const NICE: i32 = 10;
    static SAID: std::sync::Once = std::sync::Once::new();
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        SAID.call_once(|| tracing::debug!(%error, "the system does not let followers be nice"));
    }
}

/// Other systems have no such thing for threads.
#[cfg(not(target_os = "linux"))]
fn yield_at_once() {}

/// Other systems have no such thing for threads.
#[cfg(not(target_os = "linux"))]
fn be_nice() {}
