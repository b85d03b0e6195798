//! A task that wakes itself is polled again at once.
//!
//! hyper hands the body of a request to its handler through a channel whose two ends are polled by one task, so that each request
//! with a body wakes its own task while that runs. The runtime would queue the task once more and wake another of its threads for
//! it, which costs a lone client more than the poll does.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// Polls in a row that a task is given before others have their turn.
const POLLS_MAX: u32 = 4;

/// Nobody polls the task: whoever wakes it tells the runtime.
const RESTING: u8 = 0;
/// It is being polled.
const POLLED: u8 = 1;
/// It was woken since its last poll began, and is polled again.
const WOKEN: u8 = 2;

/// A future that is polled again when it was woken while it was polled.
pub(crate) struct PollAgain<F> {
    inner: Pin<Box<F>>,
    state: Arc<State>,
    waker: Waker,
}

#[derive(Default)]
struct State {
    now: AtomicU8,
    runtime: AtomicWaker,
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Written each time, also where it is so already: the poll that reads it sees what was done before each wake.
        if self.now.swap(WOKEN, Ordering::AcqRel) == RESTING {
            self.runtime.wake();
        }
    }
}

impl<F> PollAgain<F> {
    pub(crate) fn new(inner: F) -> Self {
        let state = Arc::new(State::default());
        let waker = Waker::from(Arc::clone(&state));
        Self { inner: Box::pin(inner), state, waker }
    }
}

impl<F: Future> Future for PollAgain<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        this.state.runtime.register(context.waker());
        for _ in 0..POLLS_MAX {
            this.state.now.swap(POLLED, Ordering::AcqRel);
            if let Poll::Ready(output) = this.inner.as_mut().poll(&mut Context::from_waker(&this.waker)) {
                return Poll::Ready(output);
            }
            if this.state.now.compare_exchange(POLLED, RESTING, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::{Duration, Instant};

    use futures_util::future::poll_fn;
    use tokio::sync::mpsc;

    use super::*;

    const PATIENCE: Duration = Duration::from_mins(1);

    #[derive(Default)]
    struct Runtime {
        woken: AtomicUsize,
    }

    impl Wake for Runtime {
        fn wake(self: Arc<Self>) {
            self.woken.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Pending for so many polls, each of which wakes its task.
    fn restless(mut polls: u32) -> impl Future<Output = ()> {
        poll_fn(move |context| {
            context.waker().wake_by_ref();
            if polls == 0 {
                return Poll::Ready(());
            }
            polls -= 1;
            Poll::Pending
        })
    }

    #[test]
    fn a_task_that_wakes_itself_is_polled_again_and_the_runtime_does_not_hear_of_it() {
        let runtime = Arc::new(Runtime::default());
        let waker = Waker::from(Arc::clone(&runtime));
        let mut task = std::pin::pin!(PollAgain::new(restless(POLLS_MAX - 1)));
        assert!(task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
        assert_eq!(runtime.woken.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_task_that_never_rests_gives_way_to_others() {
        let runtime = Arc::new(Runtime::default());
        let waker = Waker::from(Arc::clone(&runtime));
        let mut task = std::pin::pin!(PollAgain::new(restless(2 * POLLS_MAX - 1)));
        assert!(task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(runtime.woken.load(Ordering::SeqCst), 1, "it asks for its next turn");
        assert!(task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_wake_from_another_thread_is_lost() {
        const ROUNDS: u32 = 20_000;
        let (there, mut at_echo) = mpsc::channel(1);
        let (back, mut at_home) = mpsc::channel(1);
        let echo = tokio::spawn(PollAgain::new(async move {
            while let Some(number) = at_echo.recv().await {
                back.send(number).await.expect("the other end waits");
            }
        }));
        let home = tokio::spawn(PollAgain::new(async move {
            for number in 0..ROUNDS {
                there.send(number).await.expect("the other end waits");
                assert_eq!(at_home.recv().await, Some(number));
            }
        }));
        home.await.expect("all came back");
        echo.await.expect("it ended when its channel did");
    }

    /// What is polled here looks without a lock for what the other thread has written, and wakes itself in every other poll, so that
    /// the other's wakes come at the very moment in which it is polled again.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn no_wake_is_lost_when_the_task_wakes_itself_too() {
        const ROUNDS: usize = 300_000;
        let written = Arc::new(AtomicUsize::new(0));
        let seen = Arc::new(AtomicUsize::new(0));
        let (give, received) = std::sync::mpsc::channel::<Waker>();
        let task = {
            let (written, seen) = (Arc::clone(&written), Arc::clone(&seen));
            let mut polls = 0_u32;
            tokio::spawn(PollAgain::new(poll_fn(move |context| {
                if polls == 0 {
                    give.send(context.waker().clone()).expect("the other thread waits for it");
                }
                polls = polls.wrapping_add(1);
                let number = written.load(Ordering::Relaxed);
                seen.store(number, Ordering::Relaxed);
                if number == ROUNDS {
                    return Poll::Ready(());
                }
                if polls % 2 == 1 {
                    context.waker().wake_by_ref();
                }
                Poll::Pending
            })))
        };
        let other = tokio::task::spawn_blocking(move || {
            let waker = received.recv().expect("the task is polled");
            for number in 1..=ROUNDS {
                written.store(number, Ordering::Relaxed);
                waker.wake_by_ref();
                let since = Instant::now();
                while seen.load(Ordering::Relaxed) < number {
                    assert!(since.elapsed() < PATIENCE, "the task never heard of {number}");
                    std::hint::spin_loop();
                }
            }
        });
        other.await.expect("every wake was heard");
        task.await.expect("it ended");
    }
}
