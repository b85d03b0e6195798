//! Groups of learners, to which instructors are bound.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::{Method, StatusCode};
use lrs_core::Permission;
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::{GroupView, Listed};
use super::{ApiRoute, InLrs, Needs, Sent, route};
use crate::error::ApiError;
use crate::state::Shared;

const NEEDS: Needs = Needs::Lrs(Permission::ManageGroups);

pub(super) fn routes() -> Vec<ApiRoute> {
    vec![
        route(Method::GET, "/api/v1/lrss/{lrs}/groups", NEEDS, get_groups),
        route(Method::POST, "/api/v1/lrss/{lrs}/groups", NEEDS, post_group),
        route(Method::PATCH, "/api/v1/lrss/{lrs}/groups/{id}", NEEDS, patch_group),
        route(Method::DELETE, "/api/v1/lrss/{lrs}/groups/{id}", NEEDS, delete_group),
    ]
}

/// A group to create.
#[derive(Deserialize, ToSchema)]
pub(crate) struct GroupRequest {
    name: String,
    /// The learners, each as `mailto:ana@example.org`, `homePage|name`, …
    #[serde(default)]
    members: Vec<String>,
}

/// A change to a group; members that are missing stay.
#[derive(Deserialize, ToSchema)]
pub(crate) struct GroupPatch {
    name: Option<String>,
    members: Option<Vec<String>>,
}

/// The groups of an LRS, by name.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/groups", tag = "Groups",
    params(("lrs" = String, Path, description = "The LRS")),
    responses((status = 200, description = "All", body = Listed<GroupView>)))]
pub(crate) async fn get_groups(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
) -> Result<Json<Listed<GroupView>>, ApiError> {
    let groups = shared.administration.list_groups(&access).await?;
    Ok(Json(Listed::whole(groups.iter().map(GroupView::from).collect())))
}

/// Makes a group.
#[utoipa::path(post, path = "/api/v1/lrss/{lrs}/groups", tag = "Groups", request_body = GroupRequest,
    params(("lrs" = String, Path, description = "The LRS")),
    responses((status = 200, description = "Made", body = GroupView)))]
pub(crate) async fn post_group(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    Sent(GroupRequest { name, members }): Sent<GroupRequest>,
) -> Result<Json<GroupView>, ApiError> {
    let group = shared.administration.put_group(&access, None, Some(&name), Some(members)).await?;
    Ok(Json((&group).into()))
}

/// Changes a group.
#[utoipa::path(patch, path = "/api/v1/lrss/{lrs}/groups/{id}", tag = "Groups", request_body = GroupPatch,
    params(("lrs" = String, Path, description = "The LRS"), ("id" = String, Path, description = "The group")),
    responses((status = 200, description = "As it is now", body = GroupView)))]
pub(crate) async fn patch_group(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    path: Path<(String, String)>,
    Sent(GroupPatch { name, members }): Sent<GroupPatch>,
) -> Result<Json<GroupView>, ApiError> {
    let Path((_, id)) = path;
    let group = shared.administration.put_group(&access, Some(&id), name.as_deref(), members).await?;
    Ok(Json((&group).into()))
}

/// Deletes a group; its instructors read less from then on.
#[utoipa::path(delete, path = "/api/v1/lrss/{lrs}/groups/{id}", tag = "Groups",
    params(("lrs" = String, Path, description = "The LRS"), ("id" = String, Path, description = "The group")),
    responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete_group(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    path: Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let Path((_, id)) = path;
    shared.administration.delete_group(&access, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
