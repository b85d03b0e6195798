//! Where work goes that would hold up other requests: long parsing, signatures.

use std::panic::resume_unwind;

/// From so many bytes on, parsing takes longer than moving it to a thread of its own costs (about 20 µs against 4 µs/KB).
pub(crate) const OFFLOAD_BYTES_MIN: usize = 64 << 10;

/// Runs `work` here when it is small, else on a thread for blocking work. A panic goes on in the caller.
pub(crate) async fn run<T: Send + 'static>(large: bool, work: impl FnOnce() -> T + Send + 'static) -> T {
    if !large {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(cancelled) => panic!("blocking work is cancelled only when the runtime ends: {cancelled}"),
        },
    }
}
