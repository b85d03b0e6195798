//! The routes for those who run the server: is it alive, is it ready, what are its figures.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Extension, State};
use axum::response::IntoResponse as _;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use lrs_store::{LrsName, Registry, StoreStatus};
use metrics::gauge;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use serde_json::json;
use tokio::sync::Mutex;

use crate::http_problem::HttpProblem;
use crate::observe::LATENCY_BUCKETS_S;
use crate::{ApiError, Peer, RequestId, RouteName};

/// For how long one look at the disk is good: monitoring from many sides then costs one write a second.
const PROBE_LIFETIME: Duration = Duration::from_secs(1);

/// A disk that takes longer for a few bytes is not ready.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Upper bounds of the histogram of statements in one commit.
const COMMIT_BUCKETS: [f64; 11] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 5000.0];

/// Who may read `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsAccess {
    /// Programs on this machine that ask directly, not through a proxy.
    Local,
    /// Everyone.
    Everyone,
    /// Nobody.
    Nobody,
}

/// Tries whether data can be written; blocks. The error says why not.
pub type Probe = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What the routes need.
pub struct Operations {
    /// Whose figures are shown.
    pub registry: Arc<dyn Registry>,
    /// The process's figures.
    pub prometheus: PrometheusHandle,
    /// Who may see them.
    pub metrics_access: MetricsAccess,
    /// Whether the disk takes data.
    pub probe: Probe,
}

pub(crate) struct Shared {
    operations: Operations,
    probed: Mutex<Option<(Instant, Result<(), String>)>>,
}

/// Makes the process's metrics recorder and starts to keep it small.
///
/// # Errors
/// When the process has one already.
///
/// # Panics
/// Never: the lists of buckets are not empty.
pub fn install_metrics() -> Result<PrometheusHandle, metrics::SetRecorderError<PrometheusRecorder>> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &LATENCY_BUCKETS_S)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_statements".to_owned()), &COMMIT_BUCKETS))
        .expect("the lists of buckets are not empty")
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder)?;
    Ok(handle)
}

/// `/health/live`, `/health/ready` and `/metrics`.
pub fn operations_router(operations: Operations) -> Router {
    let shared = Arc::new(Shared { operations, probed: Mutex::new(None) });
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(figures))
        .with_state(shared)
}

fn named(route: &'static str, mut response: axum::response::Response) -> axum::response::Response {
    response.extensions_mut().insert(RouteName(route));
    response
}

/// The process runs and answers.
#[utoipa::path(
    get, path = "/health/live", tag = "Health", security(()),
    responses((status = 200, description = "It does", body = Object)),
)]
pub(crate) async fn live() -> axum::response::Response {
    named("/health/live", axum::Json(json!({"status": "live"})).into_response())
}

/// The server can store a statement: its stores are open and the disk takes data.
#[utoipa::path(
    get, path = "/health/ready", tag = "Health", security(()),
    responses(
        (status = 200, description = "It can", body = Object),
        (status = 503, description = "It cannot; the reason is in the answer", body = Object),
    ),
)]
pub(crate) async fn ready(State(shared): State<Arc<Shared>>) -> axum::response::Response {
    let verdict = match shared.probe().await {
        Ok(()) => shared.stores_answer().await,
        Err(reason) => Err(reason),
    };
    let (status, body) = match verdict {
        Ok(()) => (StatusCode::OK, json!({"status": "ready"})),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, json!({"status": "not ready", "reason": reason})),
    };
    named("/health/ready", (status, axum::Json(body)).into_response())
}

async fn figures(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
) -> axum::response::Response {
    let direct = peer.0.is_loopback() && !headers.contains_key("forwarded") && !headers.contains_key("x-forwarded-for");
    let allowed = match shared.operations.metrics_access {
        MetricsAccess::Local => direct,
        MetricsAccess::Everyone => true,
        MetricsAccess::Nobody => false,
    };
    if !allowed {
        let error = ApiError::new(StatusCode::FORBIDDEN, HttpProblem::MetricsHidden);
        return named("/metrics", error.into_response(&request_id.0));
    }
    for (name, store) in shared.operations.registry.open_lrss().await {
        match store.status().await {
            Ok(status) => set_store_figures(&name, &status),
            Err(error) => tracing::warn!(lrs = %name, "cannot read the figures of a store: {error}"),
        }
    }
    set_process_figures();
    let text = shared.operations.prometheus.render() + &cpu_seconds().unwrap_or_default();
    named("/metrics", ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

impl Shared {
    async fn probe(self: &Arc<Self>) -> Result<(), String> {
        let mut probed = self.probed.lock().await;
        if let Some((when, outcome)) = &*probed
            && when.elapsed() < PROBE_LIFETIME
        {
            return outcome.clone();
        }
        let shared = Arc::clone(self);
        let probing = tokio::task::spawn_blocking(move || (shared.operations.probe)());
        let outcome = match tokio::time::timeout(PROBE_TIMEOUT, probing).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panic)) => Err("the disk could not be tried".to_owned()),
            Err(_) => Err(format!("the disk took more than {} s for a few bytes", PROBE_TIMEOUT.as_secs())),
        };
        *probed = Some((Instant::now(), outcome.clone()));
        outcome
    }

    async fn stores_answer(&self) -> Result<(), String> {
        let lrss = self.operations.registry.list_lrss().await.map_err(|error| error.to_string())?;
        for lrs in lrss {
            let store = self.operations.registry.open_lrs(&lrs.name).await;
            let answer = match store {
                Ok(store) => store.status().await.map(drop).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            answer.map_err(|reason| format!("LRS {}: {reason}", lrs.name))?;
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "the figures of an exposition are floating point; 2^53 is enough")]
fn set_store_figures(name: &LrsName, status: &StoreStatus) {
    let figures = [
        ("lyceum_store_statements", status.statements),
        ("lyceum_store_log_position", status.log_position),
        ("lyceum_store_indexed_through", status.indexed_through),
        ("lyceum_store_tail_statements", status.tail_statements),
        ("lyceum_store_queue_depth", status.queue_depth),
        ("lyceum_store_size_bytes", status.size_bytes),
        ("lyceum_store_attachment_bytes", status.attachment_bytes),
        ("lyceum_store_documents", status.documents),
    ];
    for (figure, value) in figures {
        gauge!(figure, "lrs" => name.to_string()).set(value as f64);
    }
}

/// Memory and open files as Linux tells them; elsewhere these figures are missing.
#[expect(clippy::cast_precision_loss, reason = "as above")]
fn set_process_figures() {
    if let Some(bytes) = read_resident_bytes() {
        gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(open.count() as f64);
    }
}

/// The process's CPU time, to the hundredth. Counters of the recorder are whole numbers, so this one is written by hand.
fn cpu_seconds() -> Option<String> {
    /// `USER_HZ`, which Linux fixes at 100 for programs on every architecture that this one is built for.
    const TICKS_PER_SECOND: u64 = 100;
    let ticks = read_cpu_ticks()?;
    let (seconds, hundredths) = (ticks / TICKS_PER_SECOND, ticks % TICKS_PER_SECOND);
    let name = "process_cpu_seconds_total";
    Some(format!("# TYPE {name} counter\n{name} {seconds}.{hundredths:02}\n"))
}

fn read_cpu_ticks() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses and may hold blanks; utime and stime are fields 14 and 15.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn read_resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
