//! How an LRS is: version, health, size and growth, followers, checks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::Method;
use lrs_core::{OperationsFigures, Permission, read_operations};
use serde::Serialize;
use utoipa::ToSchema;

use super::views::instant;
use super::{ApiRoute, InLrs, Needs, route};
use crate::error::ApiError;
use crate::state::Shared;

pub(super) fn routes() -> Vec<ApiRoute> {
    let read = Needs::Lrs(Permission::ReadOperations);
    vec![route(Method::GET, "/api/v1/lrss/{lrs}/operations", read, get_operations)]
}

/// How an LRS and its server are.
#[derive(Serialize, ToSchema)]
pub(crate) struct OperationsView {
    /// The server's version.
    version: &'static str,
    /// When this process started.
    started: String,
    /// Whether it can store statements.
    health: HealthView,
    /// Refused requests that could not be kept since the start.
    refusals_dropped: u64,
    #[serde(flatten)]
    figures: OperationsFigures,
}

/// Whether an LRS can store statements and keep them.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthView {
    /// It can.
    ready: bool,
    /// Why not.
    reason: Option<String>,
}

/// How the LRS is.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/operations", tag = "Operations",
    params(("lrs" = String, Path, description = "The LRS")),
    responses((status = 200, description = "Its figures", body = OperationsView)))]
pub(crate) async fn get_operations(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
) -> Result<Json<OperationsView>, ApiError> {
    let figures = read_operations(&*access.store, &*shared.state.clock).await?;
    let wrong =
        figures.checks.iter().find(|check| check.error).map(|check| format!("{}: {}", check.name, check.detail));
    Ok(Json(OperationsView {
        version: env!("CARGO_PKG_VERSION"),
        started: instant(shared.started),
        health: HealthView { ready: wrong.is_none(), reason: wrong },
        refusals_dropped: shared.state.recorder.as_ref().map_or(0, lrs_core::FlightRecorder::dropped),
        figures,
    }))
}
