//! Threads for work that follows the log: it takes what readers and writers leave over, and they never wait for a processor because of
//! it. `docs/adr/0005-directory.md` has the measurements.

use tokio::runtime::{Builder, Handle, Runtime};

/// Threads for steps that block, besides the one that leads them. Work for more waits for its turn.
const BLOCKING_THREADS_MAX: usize = 2;

/// A runtime whose threads, those that block included, yield to the other threads of the program.
pub(crate) struct LowPriority(Option<Runtime>);

impl LowPriority {
    /// Starts it.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start() -> std::io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).max_blocking_threads(BLOCKING_THREADS_MAX).enable_all();
        builder.thread_name("follower").on_thread_start(yield_to_all).build().map(|runtime| Self(Some(runtime)))
    }

    /// Where to spawn such work.
    pub(crate) fn handle(&self) -> &Handle {
        self.0.as_ref().expect("only dropping takes it away").handle()
    }
}

impl Drop for LowPriority {
    /// Does not wait, so that it may be dropped among tasks: what still runs may be cut off anywhere.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lets other threads run before this one: Linux allows a thread to lower itself to `SCHED_IDLE`. Whoever wakes then has its processor
/// at once; of a thread that is only nicer than others, Linux lets a time slice of some milliseconds end first.
#[cfg(target_os = "linux")]
fn yield_to_all() {
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

/// Other systems have no such thing for threads.
#[cfg(not(target_os = "linux"))]
fn yield_to_all() {}
