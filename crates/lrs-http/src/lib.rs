//! The HTTP interface of Lyceum: one table of routes, a handler for each xAPI resource, one error envelope.
//!
//! [`router`] gives the whole interface as an [`axum::Router`]; it needs no socket, so tests call it directly.

mod about;
mod error;
mod router;
mod state;

pub use error::{ApiError, ErrorBody, ErrorEnvelope};
pub use router::{RouteName, router};
pub use state::{AppState, Peer, RequestId, Settings};
