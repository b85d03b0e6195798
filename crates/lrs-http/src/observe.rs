//! What an operator sees of each request: a name (`X-Request-Id`), counts and latencies by route, one access line, a
//! span for traces. Never an actor, a query string or a header's value.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body::{Frame, SizeHint};
use lrs_core::IdSource;
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use tracing::{Instrument as _, Span};

use crate::RouteName;
use crate::limits::RequestGuard;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A client's request id is taken over up to this length.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// The route of answers that no route gave.
const NO_ROUTE: RouteName = RouteName("none");

/// Methods that are counted by name; the rest is `other`, so that clients cannot make up labels.
const METHODS: [Method; 6] = [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::HEAD, Method::OPTIONS];

/// Upper bounds, in seconds, of the latency histograms: from a cached read to a client that should give up.
pub const LATENCY_BUCKETS_S: [f64; 14] =
    [0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Who collects traces. A trait, because what a trace is made of is not for this crate to know.
pub trait Tracer: Send + Sync {
    /// A request begins: `span`, not yet entered, continues the trace that the request's headers name, if they do.
    fn begin(&self, span: &Span, headers: &HeaderMap);

    /// What the request turned out to be, such as `GET /xapi/statements`.
    fn name(&self, span: &Span, name: String);
}

/// Counts and logs the requests and connections of one server.
pub struct Observer {
    ids: Arc<dyn IdSource>,
    tracer: Option<Arc<dyn Tracer>>,
    in_flight: Gauge,
    connections: Gauge,
    connections_refused: Counter,
    by_route: RwLock<HashMap<&'static str, Arc<RouteMetrics>>>,
}

/// The figures of one route, each made when it is first needed.
#[derive(Default)]
struct RouteMetrics([[OnceLock<(Counter, Histogram)>; 5]; METHODS.len() + 1]);

impl Observer {
    /// An observer on the process's metrics recorder; install that first. With a `tracer`, spans tell more than the
    /// request's id.
    #[must_use]
    pub fn new(ids: Arc<dyn IdSource>, tracer: Option<Arc<dyn Tracer>>) -> Arc<Self> {
        let in_flight = gauge!("lyceum_http_requests_in_flight");
        let connections = gauge!("lyceum_http_connections");
        in_flight.set(0.0);
        connections.set(0.0);
        let connections_refused = counter!("lyceum_http_connections_refused_total");
        Arc::new(Self { ids, tracer, in_flight, connections, connections_refused, by_route: RwLock::default() })
    }

    /// A connection is open until the result is dropped.
    #[must_use]
    pub(crate) fn open_connection(&self) -> Counted {
        Counted::new(&self.connections)
    }

    pub(crate) fn count_refused_connection(&self) {
        self.connections_refused.increment(1);
    }

    /// A request begins.
    pub(crate) fn begin<B>(self: &Arc<Self>, request: &Request<B>) -> Observation {
        let request_id = request
            .headers()
            .get(REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(|text| is_sane_request_id(text))
            .map_or_else(|| self.ids.uuid().to_string(), str::to_owned);
        let method = METHODS.iter().position(|method| method == request.method()).unwrap_or(METHODS.len());
        let span = tracing::info_span!(
            target: "lyceum::request",
            "request",
            id = %request_id,
            otel.kind = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
            http.request.method = tracing::field::Empty,
            http.route = tracing::field::Empty,
            http.response.status_code = tracing::field::Empty,
        );
        if let Some(tracer) = &self.tracer {
            tracer.begin(&span, request.headers());
            // The names of OpenTelemetry's conventions.
            span.record("otel.kind", "server");
            span.record("http.request.method", method_name(method));
        }
        Observation {
            observer: Arc::clone(self),
            begun: Instant::now(),
            request_id,
            method,
            span,
            counted: Some(Counted::new(&self.in_flight)),
        }
    }

    fn route(&self, route: RouteName) -> Arc<RouteMetrics> {
        if let Some(known) = self.by_route.read().unwrap_or_else(PoisonError::into_inner).get(route.0) {
            return Arc::clone(known);
        }
        Arc::clone(self.by_route.write().unwrap_or_else(PoisonError::into_inner).entry(route.0).or_default())
    }

    fn record(&self, route: RouteName, method: usize, status: u16, latency: Duration) {
        let route_metrics = self.route(route);
        let class = usize::from((status / 100).clamp(1, 5)) - 1;
        let (count, latencies) = route_metrics.0[method][class].get_or_init(|| {
            let labels = [
                ("route", route.0.to_owned()),
                ("method", method_name(method).to_owned()),
                ("status", format!("{}xx", class + 1)),
            ];
            let latency = "lyceum_http_request_duration_seconds";
            (counter!("lyceum_http_requests_total", &labels), histogram!(latency, &labels))
        });
        count.increment(1);
        latencies.record(latency);
    }
}

fn method_name(method: usize) -> &'static str {
    ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"].get(method).copied().unwrap_or("other")
}

/// Letters, digits and a few marks: nothing that could break a log line or a header.
fn is_sane_request_id(text: &str) -> bool {
    (1..=REQUEST_ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte))
}

/// One request being observed.
pub(crate) struct Observation {
    observer: Arc<Observer>,
    begun: Instant,
    request_id: String,
    method: usize,
    span: Span,
    counted: Option<Counted>,
}

impl Observation {
    /// The request's name in logs and answers.
    pub(crate) fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Runs `work` so that its log lines carry the request's id.
    pub(crate) fn within_span<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        work.instrument(self.span.clone())
    }

    /// The answer's head is known: counts it, logs it, and lets the rest of it out.
    pub(crate) fn finish(&mut self, response: Response<Body>, in_flight: RequestGuard) -> Response<ObservedBody> {
        let latency = self.begun.elapsed();
        let status = response.status().as_u16();
        let route = response.extensions().get::<RouteName>().copied().unwrap_or(NO_ROUTE);
        self.observer.record(route, self.method, status, latency);
        let method = method_name(self.method);
        if let Some(tracer) = &self.observer.tracer {
            let name = if route == NO_ROUTE { method.to_owned() } else { format!("{method} {}", route.0) };
            tracer.name(&self.span, name);
            if route != NO_ROUTE {
                self.span.record("http.route", route.0);
            }
            self.span.record("http.response.status_code", status);
            if status >= 500 {
                self.span.record("otel.status_code", "ERROR");
            }
        }
        let latency_us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(
            target: "lyceum::access",
            id = %self.request_id, method, route = route.0, status, latency_us,
            "answered"
        );
        let counted = self.counted.take();
        let mut response = response.map(|body| ObservedBody { inner: body, _counted: counted, _in_flight: in_flight });
        if let Ok(value) = HeaderValue::from_str(&self.request_id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response
    }
}

/// Raises a gauge by one until it is dropped.
pub(crate) struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// The body of an answer; the request is in flight until it is gone.
pub(crate) struct ObservedBody {
    inner: Body,
    _counted: Option<Counted>,
    _in_flight: RequestGuard,
}

impl http_body::Body for ObservedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
