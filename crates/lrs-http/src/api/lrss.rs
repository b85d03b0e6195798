//! The LRSs of the server.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::{Method, StatusCode};
use lrs_core::Permission;
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::{Listed, LrsView, instant};
use super::{ApiRoute, InLrs, Needs, Sent, Signed, route};
use crate::error::{ApiError, ErrorEnvelope};
use crate::state::Shared;

pub(super) fn routes() -> Vec<ApiRoute> {
    vec![
        route(Method::GET, "/api/v1/lrss", Needs::Account, get_lrss),
        route(Method::POST, "/api/v1/lrss", Needs::Owner, post_lrs),
        route(Method::DELETE, "/api/v1/lrss/{lrs}", Needs::Lrs(Permission::ManageLrs), delete_lrs),
    ]
}

/// An LRS to create.
#[derive(Deserialize, ToSchema)]
pub(crate) struct LrsRequest {
    /// 1 to 63 of a–z, 0–9, - and _, beginning with a letter or digit.
    name: String,
}

/// The LRSs in which one is somebody.
#[utoipa::path(get, path = "/api/v1/lrss", tag = "LRSs",
    responses((status = 200, description = "All", body = Listed<LrsView>)))]
pub(crate) async fn get_lrss(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
) -> Result<Json<Listed<LrsView>>, ApiError> {
    let lrss = shared.administration.list_lrss(&caller).await?;
    Ok(Json(Listed::whole(lrss.iter().map(LrsView::from).collect())))
}

/// Creates an empty LRS.
#[utoipa::path(post, path = "/api/v1/lrss", tag = "LRSs", request_body = LrsRequest,
    responses((status = 200, description = "Created", body = LrsView),
        (status = 409, description = "The name is taken", body = ErrorEnvelope)))]
pub(crate) async fn post_lrs(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    Sent(request): Sent<LrsRequest>,
) -> Result<Json<LrsView>, ApiError> {
    let lrs = shared.administration.create_lrs(&caller, &request.name).await?;
    let created = instant(lrs.created);
    Ok(Json(LrsView { name: lrs.name.to_string(), created, statements: 0, role: "owner" }))
}

/// Deletes an LRS with its statements, documents, attachments and keys, for good.
#[utoipa::path(delete, path = "/api/v1/lrss/{lrs}", tag = "LRSs",
    params(("lrs" = String, Path, description = "The LRS")), responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete_lrs(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
) -> Result<StatusCode, ApiError> {
    shared.administration.delete_lrs(&access).await?;
    Ok(StatusCode::NO_CONTENT)
}
