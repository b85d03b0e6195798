//! Threads for work that follows the log: it may take what readers and writers leave over, and never makes them wait for a processor.

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

/// Lets other threads run before this one: Linux allows a thread to lower itself. Not to `SCHED_IDLE`, which gets nothing at all where
/// the processors are always busy.
#[cfg(target_os = "linux")]
fn yield_to_all() {
    const NICE: i32 = 10;
    static SAID: std::sync::Once = std::sync::Once::new();
    // Where a sandbox forbids it, the work is done at the usual priority.
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        SAID.call_once(|| tracing::debug!(%error, "the system does not let followers yield"));
    }
}

/// Other systems have no such thing for threads.
#[cfg(not(target_os = "linux"))]
fn yield_to_all() {}
