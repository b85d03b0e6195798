//! The HTTP interface of Lyceum: one table of routes, a handler for each xAPI resource, one error envelope.
//!
//! [`router`] gives the whole interface as an [`axum::Router`]; it needs no socket, so tests call it directly.

mod about;
mod alternate;
mod answer;
mod api;
mod authorization;
mod body;
mod body_memory;
mod compression;
mod cors;
mod documents;
mod error;
mod http_date;
mod http_problem;
mod limits;
mod mapping;
mod more;
mod observe;
mod openapi;
mod openid;
mod operations;
mod people;
mod poll_again;
mod refused;
mod router;
mod server;
mod state;
mod statements_read;
mod statements_write;
mod tls;
mod web_app;

pub use api::{Needs, api_routes};
pub use error::{ApiError, ErrorBody, ErrorEnvelope};
pub use limits::Limits;
pub use observe::{LATENCY_BUCKETS_S, Observer, Tracer};
pub use openid::OpenIdProvider;
pub use operations::{MetricsAccess, Operations, Probe, install_metrics, operations_router};
pub use router::{RouteName, router};
pub use server::{Server, Stopped, bind};
pub use state::{AppState, Peer, RequestId, Settings};
pub use tls::{Certificates, TlsError};
pub use web_app::{WebApp, WebFile, web_app_router};
