//! The server: accepts connections, speaks HTTP/1.1 and HTTP/2 on them (with TLS when asked), holds every connection
//! and request to [`Limits`], answers panics with 500, and stops without losing a request in flight.
//!
//! Knows no resource of xAPI: it serves any [`Router`].

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::FutureExt as _;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use lrs_core::Problem;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::http_problem::HttpProblem;
use crate::limits::{Activity, BodyFailure, BodyProgress, LimitedBody, Limits, Verdict, WatchedStream};
use crate::mapping::retry_later;
use crate::observe::{ObservedBody, Observer};
use crate::poll_again::PollAgain;
use crate::state::Stopping;
use crate::{ApiError, Peer, RequestId};

/// Connections that wait in the kernel to be accepted.
const BACKLOG: u32 = 1024;

/// Connections over the limit that are being told so at one time; further ones are just closed.
const REFUSALS_MAX: usize = 64;

/// How long a connection over the limit may take to hear that.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// When a client whose request took too long may try again.
const RETRY_AFTER_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait when the system has no more descriptors.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// How long a connection whose time is over may take to say good-bye.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);

/// Streams at one time on one HTTP/2 connection, and bytes of their buffers: bounds what one client can hold.
const HTTP2_STREAMS_MAX: u32 = 100;
const HTTP2_BUFFER_BYTES_MAX: usize = 64 << 10;

/// The answer to a connection over the limit: no handler is reached.
const TOO_MANY_CONNECTIONS: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n\
Retry-After: 1\r\nConnection: close\r\nContent-Length: 112\r\n\r\n\
{\"error\":{\"status\":503,\"code\":\"too_many_connections\",\"message\":\"The server has no free connection. Try again.\"}}";

/// What a server needs.
pub struct Server {
    /// What answers.
    pub router: Router,
    /// Bounds.
    pub limits: Limits,
    /// Speak TLS.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Who counts and logs.
    pub observer: Arc<Observer>,
}

/// How a server stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every request in flight was answered.
    Finished,
    /// So many connections were cut off when [`Limits::shutdown_timeout`] was over.
    CutOff(usize),
}

/// Binds an address (with `SO_REUSEADDR`, so that a restart need not wait for old connections).
///
/// # Errors
/// What the operating system says, such as that the port is in use.
pub fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Server {
    /// Serves until `stop`, then finishes the requests in flight.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) -> Stopped {
        let places = Arc::new(Semaphore::new(self.limits.connections_max));
        let refusals = Arc::new(Semaphore::new(REFUSALS_MAX));
        let shutdown_timeout = self.limits.shutdown_timeout;
        let shared = Arc::new(Shared::new(self, stop.clone()));
        let connections = TaskTracker::new();
        while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    pause_after_accept_error(&error).await;
                    continue;
                }
            };
            if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                connections.spawn(PollAgain::new(Arc::clone(&shared).serve_connection(stream, peer, place)));
                continue;
            }
            shared.observer.count_refused_connection();
            if let Ok(place) = Arc::clone(&refusals).try_acquire_owned() {
                connections.spawn(refuse(stream, shared.tls.is_some(), place));
            }
        }
        drop(listener);
        connections.close();
        if timeout(shutdown_timeout, connections.wait()).await.is_ok() {
            return Stopped::Finished;
        }
        let left = connections.len();
        shared.cut_off.cancel();
        connections.wait().await;
        Stopped::CutOff(left)
    }
}

async fn pause_after_accept_error(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset};
    // A client that left while it waited is its own affair; anything else is a shortage on this side.
    if !matches!(error.kind(), ConnectionAborted | ConnectionReset) {
        tracing::error!("cannot accept connections: {error}; is the limit of open files too low?");
        sleep(ACCEPT_RETRY_DELAY).await;
    }
}

/// Tells a client that there is no place, when that can be said in plain text.
async fn refuse(mut stream: TcpStream, tls: bool, _place: OwnedSemaphorePermit) {
    if tls {
        return;
    }
    let farewell = async {
        stream.write_all(TOO_MANY_CONNECTIONS).await?;
        stream.shutdown().await?;
        // Closing with unread bytes would reset the connection before the client has read the answer.
        let mut unread = [0; 4096];
        while stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    if let Ok(Err(error)) = timeout(REFUSAL_TIMEOUT, farewell).await {
        tracing::debug!("a refused client left early: {error}");
    }
}

/// What all connections share.
struct Shared {
    router: Router,
    limits: Limits,
    tls: Option<TlsAcceptor>,
    observer: Arc<Observer>,
    protocol: auto::Builder<TokioExecutor>,
    stop: CancellationToken,
    cut_off: CancellationToken,
}

impl Shared {
    fn new(server: Server, stop: CancellationToken) -> Self {
        let protocol = protocol(&server.limits);
        let tls = server.tls.map(TlsAcceptor::from);
        let Server { router, limits, observer, .. } = server;
        Self { router, limits, tls, observer, protocol, stop, cut_off: CancellationToken::new() }
    }

    async fn serve_connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, _place: OwnedSemaphorePermit) {
        let _open = self.observer.open_connection();
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("cannot switch off the delay of small packets: {error}");
        }
        let Some(tls) = &self.tls else { return self.speak(stream, peer).await };
        match timeout(self.limits.header_timeout, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.speak(stream, peer).await,
            Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    /// Speaks HTTP on a stream until one of the two sides ends it.
    async fn speak<S>(self: &Arc<Self>, stream: S, peer: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Activity::new();
        let stream = TokioIo::new(WatchedStream::new(stream, Arc::clone(&activity)));
        let service = hyper::service::service_fn(|request| {
            let shared = Arc::clone(self);
            let activity = Arc::clone(&activity);
            async move { Ok::<_, Infallible>(shared.answer(request, peer, &activity).await) }
        });
        let mut connection = pin!(self.protocol.serve_connection(stream, service));
        let mut timer = pin!(sleep_until(Instant::now()));
        let mut leaving = false;
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!("a connection ended badly: {error}");
                    }
                    return;
                }
                () = self.stop.cancelled(), if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = self.cut_off.cancelled() => return,
                () = timer.as_mut() => match activity.judge(&self.limits, Instant::now()) {
                    Verdict::Wait(until) => timer.as_mut().reset(until),
                    Verdict::WriteStalled => return,
                    verdict => {
                        if verdict == Verdict::HeadTooSlow {
                            activity.expire_head();
                        } else {
                            connection.as_mut().graceful_shutdown();
                        }
                        let _gone_or_not = timeout(FAREWELL_TIMEOUT, connection.as_mut()).await;
                        return;
                    }
                },
            }
        }
    }

    /// Answers one request: names it, limits it, has the router answer it, and observes the outcome.
    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        activity: &Arc<Activity>,
    ) -> Response<ObservedBody> {
        let in_flight = activity.begin_request();
        let progress = Arc::new(BodyProgress::default());
        let mut observation = self.observer.begin(&request);
        let http1 = request.version() < Version::HTTP_2;
        let mut request = request.map(|body| Body::new(LimitedBody::new(body, Arc::clone(&progress), &self.limits)));
        request.extensions_mut().insert(Peer(peer.ip().to_canonical()));
        request.extensions_mut().insert(Stopping(self.stop.clone()));
        request.extensions_mut().insert(RequestId(observation.request_id().to_owned()));

        let handler = AssertUnwindSafe(self.router.clone().oneshot(request)).catch_unwind();
        let answered = observation.within_span(self.wait_for(handler, &progress)).await;
        let (mut response, broken) = match (progress.failure(), answered) {
            (Some(failure), _) => (body_failed(failure, &self.limits), true),
            (None, Some(Ok(Ok(response)))) => return observation.finish(response, in_flight),
            (None, Some(Ok(Err(never)))) => match never {},
            (None, Some(Err(_panic))) => (panicked(), false),
            (None, None) => (request_timed_out(&self.limits), true),
        };
        if broken && http1 {
            response.headers.push((CONNECTION, HeaderValue::from_static("close")));
        }
        let response = response.into_response(observation.request_id());
        observation.finish(response, in_flight)
    }

    /// Waits for a handler as long as it may work; the time runs from the last byte of the body.
    async fn wait_for<F: Future>(&self, handler: F, progress: &BodyProgress) -> Option<F::Output> {
        let mut handler = pin!(handler);
        let mut bytes_before = 0;
        let mut timer = pin!(sleep(self.limits.request_timeout));
        loop {
            tokio::select! {
                biased;
                output = handler.as_mut() => return Some(output),
                () = timer.as_mut() => {
                    let bytes = progress.bytes();
                    if bytes == bytes_before {
                        return None;
                    }
                    bytes_before = bytes;
                    timer.as_mut().reset(Instant::now() + self.limits.request_timeout);
                }
            }
        }
    }
}

/// Both protocols with their limits. The time of a head is watched by [`Activity`], so hyper's own watch is off.
fn protocol(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(limits.header_bytes_max);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .max_send_buf_size(HTTP2_BUFFER_BYTES_MAX)
        .max_header_list_size(u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX))
        .keep_alive_interval(limits.idle_timeout)
        .keep_alive_timeout(limits.header_timeout);
    builder
}

fn body_failed(failure: BodyFailure, limits: &Limits) -> ApiError {
    match failure {
        BodyFailure::TooSlow => {
            let seconds = limits.body_timeout.as_secs_f32();
            ApiError::new(StatusCode::REQUEST_TIMEOUT, HttpProblem::RequestTooSlow { seconds })
        }
        BodyFailure::TooLarge => {
            let max_bytes = limits.body_bytes_max;
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, HttpProblem::RequestTooLarge { max_bytes })
        }
    }
}

fn panicked() -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, Problem::InternalError)
}

fn request_timed_out(limits: &Limits) -> ApiError {
    let seconds = limits.request_timeout.as_secs_f32();
    let problem = HttpProblem::RequestTimedOut { seconds };
    retry_later(StatusCode::SERVICE_UNAVAILABLE, problem, RETRY_AFTER_TIMEOUT)
}
