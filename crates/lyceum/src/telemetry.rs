//! Logs and traces of the process: structured lines on standard error, and OpenTelemetry traces when a collector is set.

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::Context as _;
use lrs_http::Tracer;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use reqwest::header::HeaderMap;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::configuration::LogFormat;

/// The path of traces under a collector's base address (OTLP 1.0, "OTLP/HTTP Request").
const TRACES_PATH: &str = "/v1/traces";

/// What must be finished before the process ends.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Starts logging to standard error with a filter (as `info` or `info,lyceum::access=debug`), and sending traces.
    ///
    /// # Errors
    /// The filter or the collector's address is wrong.
    pub fn start(filter: &str, format: LogFormat, otlp_endpoint: Option<&str>) -> anyhow::Result<Self> {
        let filter = EnvFilter::builder().parse(filter).with_context(|| {
            format!("`log` is {filter:?}; write a level such as info, or parts such as info,lyceum::access=debug")
        })?;
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = match format {
            LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
            LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
        };
        let traces = otlp_endpoint.map(start_traces).transpose()?;
        let spans = traces.as_ref().map(|provider| {
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("lyceum"))
                .with_filter(Targets::new().with_target("lyceum::request", tracing::Level::INFO))
        });
        tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).init();
        std::panic::set_hook(Box::new(log_panic));
        Ok(Self { traces })
    }

    /// Who traces requests, when someone collects traces.
    #[must_use]
    pub fn tracer(&self) -> Option<Arc<dyn Tracer>> {
        self.traces.is_some().then(|| Arc::new(W3cTracer::default()) as Arc<dyn Tracer>)
    }

    /// Sends what has not been sent. Blocks.
    pub fn finish(self) {
        if let Some(traces) = self.traces
            && let Err(error) = traces.shutdown()
        {
            tracing::warn!("the last traces could not be sent: {error}");
        }
    }
}

/// Traces that continue those of callers, by the headers `traceparent` and `tracestate` (W3C Trace Context).
#[derive(Default)]
struct W3cTracer(TraceContextPropagator);

impl Tracer for W3cTracer {
    fn begin(&self, span: &Span, headers: &HeaderMap) {
        let caller = self.0.extract(&HeaderExtractor(headers));
        if caller.span().span_context().is_valid()
            && let Err(error) = span.set_parent(caller)
        {
            tracing::debug!("a span cannot continue its caller's trace: {error}");
        }
    }

    fn name(&self, span: &Span, name: String) {
        span.context().span().update_name(name);
    }
}

fn start_traces(endpoint: &str) -> anyhow::Result<SdkTracerProvider> {
    let base = endpoint.trim_end_matches('/');
    let address = if base.ends_with(TRACES_PATH) { base.to_owned() } else { format!("{base}{TRACES_PATH}") };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address)
        .build()
        .with_context(|| format!("`otlp_endpoint` is {endpoint:?}; write a URL such as http://localhost:4318"))?;
    let resource = Resource::builder().with_service_name("lyceum").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// Logs where a panic happened. Its text is logged only when it is a literal: others may quote what a client sent.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let text =
        panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(its text may hold data and is not shown)");
    tracing::error!(place, text, "a defect of this program: a panic");
}
