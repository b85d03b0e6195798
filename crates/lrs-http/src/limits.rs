//! What one connection and one request may take: time and bytes, each limit by its name. A client that is slow, silent
//! or endless is told so (408, 413) and loses its connection; it never holds memory or a place for good.
//!
//! Must not know routes or the meaning of a body.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// A body that is still arriving must bring this much in every [`Limits::body_timeout`]: half a kilobyte a second, less
/// than the slowest mobile network, and more than someone who only wants to hold the connection.
const BODY_BYTES_PER_WINDOW_MIN: usize = 16 << 10;

/// Everything that the server bounds before a handler sees a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Open connections; more are answered 503 and closed.
    pub connections_max: usize,
    /// Bytes of a request's head; more are answered 431. At least 8 KiB.
    pub header_bytes_max: usize,
    /// From the first byte of a request's head to its last, and for a TLS handshake.
    pub header_timeout: Duration,
    /// How long a connection may stay open without a request.
    pub idle_timeout: Duration,
    /// Within this time a body must bring its next 16 KiB, or end.
    pub body_timeout: Duration,
    /// Bytes of a whole request body, attachments included; more are answered 413.
    pub body_bytes_max: u64,
    /// How long a handler may work after the last byte of the body.
    pub request_timeout: Duration,
    /// How long a client may take none of an answer's bytes.
    pub write_timeout: Duration,
    /// How long requests in flight may take to finish after the server was told to stop.
    pub shutdown_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 1024,
            header_bytes_max: 64 << 10,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            body_timeout: Duration::from_secs(30),
            body_bytes_max: 1 << 30,
            request_timeout: Duration::from_mins(1),
            write_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

/// Why a request's body was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFailure {
    /// It came too slowly: 408.
    TooSlow,
    /// It is larger than [`Limits::body_bytes_max`]: 413.
    TooLarge,
}

/// How far a request's body has come; shared by the body and the one who waits for the answer.
#[derive(Debug, Default)]
pub(crate) struct BodyProgress {
    bytes: AtomicU64,
    failure: AtomicU8,
}

impl BodyProgress {
    /// Bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Why the body was cut off, if it was.
    pub(crate) fn failure(&self) -> Option<BodyFailure> {
        match self.failure.load(Ordering::Relaxed) {
            1 => Some(BodyFailure::TooSlow),
            2 => Some(BodyFailure::TooLarge),
            _ => None,
        }
    }

    fn fail(&self, failure: BodyFailure) -> io::Error {
        let (code, text) = match failure {
            BodyFailure::TooSlow => (1, "the request's body came too slowly"),
            BodyFailure::TooLarge => (2, "the request's body is too large"),
        };
        self.failure.store(code, Ordering::Relaxed);
        io::Error::other(text)
    }
}

/// A request body with a size limit and a pace.
pub(crate) struct LimitedBody<B> {
    inner: B,
    progress: Arc<BodyProgress>,
    bytes_max: u64,
    window: Duration,
    window_bytes: usize,
    /// Runs while the body makes the server wait.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<B> LimitedBody<B> {
    /// Limits `inner`; what happens to it can be read from `progress`.
    pub(crate) fn new(inner: B, progress: Arc<BodyProgress>, limits: &Limits) -> Self {
        Self {
            inner,
            progress,
            bytes_max: limits.body_bytes_max,
            window: limits.body_timeout,
            window_bytes: 0,
            timer: None,
        }
    }

    fn take_pace(&mut self, frame_bytes: usize) {
        self.window_bytes += frame_bytes;
        if self.window_bytes >= BODY_BYTES_PER_WINDOW_MIN {
            self.timer = None;
            self.window_bytes = 0;
        }
    }
}

impl<B> Body for LimitedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let size = frame.data_ref().map_or(0, Buf::remaining);
                this.take_pace(size);
                let total = this.progress.bytes.fetch_add(size as u64, Ordering::Relaxed) + size as u64;
                if total > this.bytes_max {
                    return Poll::Ready(Some(Err(this.progress.fail(BodyFailure::TooLarge))));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(io::Error::other(error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let window = this.window;
                let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(window)));
                ready!(timer.as_mut().poll(cx));
                Poll::Ready(Some(Err(this.progress.fail(BodyFailure::TooSlow))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// What a connection is doing, and since when; shared by its stream, its requests and the one who watches its time.
#[derive(Debug)]
pub(crate) struct Activity(Mutex<ActivityState>);

#[derive(Debug)]
struct ActivityState {
    requests: usize,
    head_begun: bool,
    since: Instant,
    write_blocked_since: Option<Instant>,
    http2: bool,
    expired: bool,
}

/// What should happen to a connection now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Look again at this instant.
    Wait(Instant),
    /// It brought no request for too long: say good-bye.
    Idle,
    /// A request's head does not end: 408.
    HeadTooSlow,
    /// The client takes no bytes of an answer: drop it.
    WriteStalled,
}

impl Activity {
    /// A connection that was accepted now.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(ActivityState {
            requests: 0,
            head_begun: false,
            since: Instant::now(),
            write_blocked_since: None,
            http2: false,
            expired: false,
        })))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, ActivityState> {
        // Every change is a plain assignment, so a state behind a panic is as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request begins; it ends when the result is dropped.
    pub(crate) fn begin_request(self: &Arc<Self>) -> RequestGuard {
        let mut state = self.state();
        state.requests += 1;
        state.head_begun = false;
        RequestGuard(Arc::clone(self))
    }

    /// The next read sends a 408 and ends the connection.
    pub(crate) fn expire_head(&self) {
        self.state().expired = true;
    }

    /// Compares with the limits.
    pub(crate) fn judge(&self, limits: &Limits, now: Instant) -> Verdict {
        let state = self.state();
        let write_stalled = state.write_blocked_since.map(|since| since + limits.write_timeout);
        if write_stalled.is_some_and(|end| now >= end) {
            return Verdict::WriteStalled;
        }
        // A head may begin, or the client may take no more, at any time from now on: look at least that often.
        let look = now + limits.header_timeout.min(limits.write_timeout);
        let look = write_stalled.map_or(look, |end| end.min(look));
        let (verdict, end) = match (state.requests, state.head_begun) {
            (0, true) => (Verdict::HeadTooSlow, state.since + limits.header_timeout),
            (0, false) => (Verdict::Idle, state.since + limits.idle_timeout),
            _ => return Verdict::Wait(look),
        };
        if now >= end { verdict } else { Verdict::Wait(end.min(look)) }
    }

    fn note_read(&self, bytes: &[u8]) {
        let mut state = self.state();
        if state.requests > 0 || state.head_begun || state.http2 {
            return;
        }
        // The preface of HTTP/2 begins so, and no method of HTTP/1 does (RFC 9113, 3.4). Its frames are not heads.
        if bytes.starts_with(b"PRI") {
            state.http2 = true;
        } else {
            state.head_begun = true;
            state.since = Instant::now();
        }
    }
}

/// A request in flight on a connection.
#[derive(Debug)]
pub(crate) struct RequestGuard(Arc<Activity>);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests -= 1;
        state.head_begun = false;
        state.since = Instant::now();
    }
}

/// The answer to a head that does not end, as bytes: no handler is reached.
const HEAD_TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nConnection: close\r\n\
Content-Length: 107\r\n\r\n\
{\"error\":{\"status\":408,\"code\":\"request_too_slow\",\"message\":\"The request's head did not arrive in time.\"}}\r\n";

/// A connection's stream, telling [`Activity`] what passes.
pub(crate) struct WatchedStream<S> {
    inner: S,
    activity: Arc<Activity>,
    write_blocked: bool,
}

impl<S> WatchedStream<S> {
    /// Watches `inner`.
    pub(crate) fn new(inner: S, activity: Arc<Activity>) -> Self {
        Self { inner, activity, write_blocked: false }
    }

    fn note_write<T>(&mut self, poll: Poll<T>) -> Poll<T> {
        if poll.is_pending() != self.write_blocked {
            self.write_blocked = poll.is_pending();
            self.activity.state().write_blocked_since = self.write_blocked.then(Instant::now);
        }
        poll
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.activity.state().expired {
            // Best effort: whoever does not listen loses the answer. Then the end of the stream, which ends the connection.
            let _unheard = Pin::new(&mut this.inner).poll_write(cx, HEAD_TOO_SLOW);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            this.activity.note_read(&buf.filled()[before..]);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.note_write(poll)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.inner).poll_write_vectored(cx, parts);
        this.note_write(poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.inner).poll_flush(cx);
        this.note_write(poll)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.inner).poll_shutdown(cx);
        this.note_write(poll)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// Looks as the server does until a connection's time is over: when that is, after how long.
    async fn watch(activity: &Activity, limits: &Limits) -> (Verdict, Duration) {
        let began = Instant::now();
        loop {
            match activity.judge(limits, Instant::now()) {
                Verdict::Wait(until) => tokio::time::sleep_until(until).await,
                verdict => return (verdict, began.elapsed()),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_noticed_when_its_time_is_over() {
        let seconds = Duration::from_secs;
        for (header, write, blocked_after) in [(10, 30, 1), (10, 30, 9), (10, 12, 5), (10, 3, 2), (10, 3, 0)] {
            let limits = Limits { header_timeout: seconds(header), write_timeout: seconds(write), ..Limits::default() };
            let activity = Activity::new();
            let _request = activity.begin_request();
            let (stream, _client) = tokio::io::duplex(8);
            let mut stream = WatchedStream::new(stream, Arc::clone(&activity));
            let writing = async {
                tokio::time::sleep(seconds(blocked_after)).await;
                stream.write_all(&[0; 9]).await
            };
            let (verdict, after) = tokio::select! {
                watched = watch(&activity, &limits) => watched,
                written = writing => panic!("nobody reads: {written:?}"),
            };
            let expected = seconds(blocked_after + write);
            assert_eq!(verdict, Verdict::WriteStalled);
            // Timers have a resolution of a millisecond.
            let late = after.checked_sub(expected).expect("not too soon");
            assert!(late <= Duration::from_millis(2), "{write} s, blocked after {blocked_after} s: {late:?} late");
        }
    }
}
