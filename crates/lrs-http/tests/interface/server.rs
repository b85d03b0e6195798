//! The server on a real socket, before routers made for one bad day each: handlers that panic or never end, clients that
//! read nothing, and stopping in the middle.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::StreamExt as _;
use lrs_core::SystemIds;
use lrs_http::{Limits, Observer, Server, Stopped, bind};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// A limit that a test wants to run into.
const SHORT: Duration = Duration::from_millis(300);

struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    stopped: JoinHandle<Stopped>,
}

fn start(router: Router, limits: Limits) -> Running {
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = Server { router, limits, tls: None, observer: Observer::new(Arc::new(SystemIds), None) };
    let stopped = tokio::spawn(server.run(listener, stop.clone()));
    Running { address, stop, stopped }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn stop(self) -> Stopped {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.stopped).await.unwrap().unwrap()
    }
}

async fn send(stream: &mut TcpStream, request: &str) {
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// Everything until the server hangs up.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the server hangs up").unwrap();
    String::from_utf8(answer).unwrap()
}

/// Status, head and envelope of an answer.
fn parse(answer: &str) -> (u16, &str, Value) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, head, serde_json::from_str(body).expect("an envelope"))
}

#[tokio::test]
async fn a_panic_is_answered_500_and_harms_no_other_request() {
    let panics = async || -> &'static str { panic!("a defect that this test made") };
    let running = start(Router::new().route("/panics", get(panics)).route("/works", get("fine")), Limits::default());
    let mut stream = running.connect().await;
    send(&mut stream, "GET /panics HTTP/1.1\r\nHost: a\r\nX-Request-Id: bad-day-7\r\n\r\n").await;
    // The same connection goes on.
    send(&mut stream, "GET /works HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    let answer = read_to_end(&mut stream).await;
    let (failed, worked) = answer.split_at(answer.rfind("HTTP/1.1").unwrap());
    let (status, head, envelope) = parse(failed);
    assert_eq!((status, &envelope["error"]["code"]), (500, &"internal_error".into()), "{answer}");
    assert_eq!(envelope["error"]["request_id"], "bad-day-7");
    assert!(head.to_ascii_lowercase().contains("x-request-id: bad-day-7"), "{head}");
    assert!(!failed.contains("a defect that this test made"), "the text of a panic is not for clients: {failed}");
    assert!(worked.starts_with("HTTP/1.1 200 ") && worked.ends_with("fine"), "{answer}");
    assert_eq!(running.stop().await, Stopped::Finished);
}

#[tokio::test]
async fn a_handler_that_never_ends_is_answered_503_after_request_timeout() {
    let never = async || std::future::pending::<&'static str>().await;
    let limits = Limits { request_timeout: SHORT, ..Limits::default() };
    let running = start(Router::new().route("/never", get(never)), limits);
    let mut stream = running.connect().await;
    send(&mut stream, "GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let answer = read_to_end(&mut stream).await;
    let (status, head, envelope) = parse(&answer);
    assert_eq!((status, &envelope["error"]["code"]), (503, &"request_timed_out".into()), "{answer}");
    let head = head.to_ascii_lowercase();
    assert!(head.contains("retry-after: ") && head.contains("connection: close"), "{head}");
    assert_eq!(running.stop().await, Stopped::Finished);
}

/// The time of a request runs from the last byte of its body: a large one over a slow line is not cut off.
#[tokio::test]
async fn a_body_that_keeps_arriving_is_not_timed_out() {
    let count = async |body: Bytes| body.len().to_string();
    let limits = Limits { request_timeout: Duration::from_secs(2), ..Limits::default() };
    let running = start(Router::new().route("/count", post(count)), limits);
    let mut stream = running.connect().await;
    send(&mut stream, "POST /count HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 30\r\n\r\n").await;
    // Twenty times more often than it must, and for longer than a request may take.
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..30 {
        ticks.tick().await;
        send(&mut stream, "x").await;
    }
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("30"), "{answer}");
    assert_eq!(running.stop().await, Stopped::Finished);
}

/// Tells when it is dropped.
struct Dropped(Arc<Notify>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_loses_its_connection_after_write_timeout() {
    let dropped = Arc::new(Notify::new());
    let guard = Arc::clone(&dropped);
    let endless = async move || {
        let guard = Dropped(guard);
        Body::from_stream(futures_util::stream::repeat(Bytes::from_static(&[b'x'; 4096])).map(move |part| {
            let _held = &guard;
            Ok::<_, std::convert::Infallible>(part)
        }))
    };
    let limits = Limits { write_timeout: SHORT, ..Limits::default() };
    let running = start(Router::new().route("/endless", get(endless)), limits);
    let mut stream = running.connect().await;
    send(&mut stream, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").await;
    tokio::time::timeout(PATIENCE, dropped.notified()).await.expect("the server gives the answer up");
    let mut received = Vec::new();
    // What was on its way is still there; then the connection ends, with a reset or without.
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut received)).await;
    assert!(ended.is_ok() && !received.is_empty());
    assert_eq!(running.stop().await, Stopped::Finished);
}

#[tokio::test]
async fn stopping_finishes_requests_in_flight_and_cuts_off_those_that_last_too_long() {
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    for (finishes, expected) in [(true, Stopped::Finished), (false, Stopped::CutOff(1))] {
        let (handler_begun, handler_finish) = (Arc::clone(&begun), Arc::clone(&finish));
        let waits = async move || {
            handler_begun.notify_one();
            handler_finish.notified().await;
            "finished"
        };
        let shutdown_timeout = if finishes { PATIENCE } else { SHORT };
        let running =
            start(Router::new().route("/waits", get(waits)), Limits { shutdown_timeout, ..Limits::default() });
        let mut stream = running.connect().await;
        send(&mut stream, "GET /waits HTTP/1.1\r\nHost: a\r\n\r\n").await;
        tokio::time::timeout(PATIENCE, begun.notified()).await.expect("the handler begins");
        running.stop.cancel();
        if finishes {
            finish.notify_one();
        }
        let answer = read_to_end(&mut stream).await;
        assert_eq!(answer.ends_with("finished"), finishes, "{answer}");
        assert_eq!(running.stop().await, expected);
    }
}

#[tokio::test]
async fn live_view_holds_up_no_shutdown() {
    let (server, owner) = crate::admin::start().await;
    let running = start(server.router.clone(), Limits::default());
    let mut stream = running.connect().await;
    let cookie = &owner.cookie;
    send(&mut stream, &format!("GET /api/v1/lrss/school/live HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n")).await;
    let mut head = [0; 12];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut head)).await.expect("it begins").unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    // Cut off would mean that the whole time for requests in flight had passed.
    assert_eq!(running.stop().await, Stopped::Finished);
    let rest = read_to_end(&mut stream).await;
    assert!(rest.ends_with("0\r\n\r\n"), "the stream ends in order: {rest}");
}
