//! Keys of an LRS.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::{Method, StatusCode};
use lrs_core::{KeyRequest, KeyUpdate, Permission};
use lrs_store::KeyId;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::views::{KeyView, Listed, read_instant, read_scopes};
use super::{ApiRoute, InLrs, Needs, Sent, route};
use crate::error::ApiError;
use crate::state::Shared;

const NEEDS: Needs = Needs::Lrs(Permission::ManageKeys);

pub(super) fn routes() -> Vec<ApiRoute> {
    vec![
        route(Method::GET, "/api/v1/lrss/{lrs}/keys", NEEDS, get_keys),
        route(Method::POST, "/api/v1/lrss/{lrs}/keys", NEEDS, post_key),
        route(Method::PATCH, "/api/v1/lrss/{lrs}/keys/{key}", NEEDS, patch_key),
        route(Method::DELETE, "/api/v1/lrss/{lrs}/keys/{key}", NEEDS, delete_key),
        route(Method::POST, "/api/v1/lrss/{lrs}/keys/{key}/rotate", NEEDS, rotate_key),
    ]
}

/// A key to create.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewKeyRequest {
    /// A name for people, also the name of the authority of its statements.
    #[serde(default)]
    label: String,
    /// What it may do: `statements/write`, `all`, …
    scopes: Vec<String>,
    /// After this instant it opens nothing.
    expires: Option<String>,
    /// At most so many requests in a second.
    requests_per_second_max: Option<u32>,
}

/// A change to a key; members that are missing stay, null takes a limit away.
#[derive(Deserialize, ToSchema)]
#[expect(clippy::option_option, reason = "a member may be missing, null or given")]
pub(crate) struct KeyPatch {
    label: Option<String>,
    scopes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    expires: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>)]
    requests_per_second_max: Option<Option<u32>>,
}

/// Tells null from a member that is missing.
#[expect(clippy::option_option, reason = "a member may be missing, null or given")]
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// For how long the old secret stays valid.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RotationRequest {
    /// Seconds, at most 7776000 (90 days); 0 ends it at once.
    grace_seconds: u32,
}

/// A key with its secret, this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyWithSecret {
    key: String,
    secret: String,
}

/// The keys of an LRS with their use, revoked ones too.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/keys", tag = "Keys",
    params(("lrs" = String, Path, description = "The LRS")),
    responses((status = 200, description = "All", body = Listed<KeyView>)))]
pub(crate) async fn get_keys(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
) -> Result<Json<Listed<KeyView>>, ApiError> {
    let keys = shared.administration.list_keys(&access).await?;
    Ok(Json(Listed::whole(keys.iter().map(KeyView::from).collect())))
}

/// Makes a key. Its secret is in the answer, this once.
#[utoipa::path(post, path = "/api/v1/lrss/{lrs}/keys", tag = "Keys", request_body = NewKeyRequest,
    params(("lrs" = String, Path, description = "The LRS")),
    responses((status = 200, description = "Made", body = KeyWithSecret)))]
pub(crate) async fn post_key(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    Sent(request): Sent<NewKeyRequest>,
) -> Result<Json<KeyWithSecret>, ApiError> {
    let request = KeyRequest {
        lrs: access.lrs.clone(),
        scopes: read_scopes(&request.scopes)?,
        label: request.label,
        home_page: None,
        expires: request.expires.as_deref().map(|text| read_instant("expires", text)).transpose()?,
        requests_per_second_max: request.requests_per_second_max,
    };
    let created = shared.administration.create_key(&access, request).await?;
    Ok(Json(KeyWithSecret { key: created.key.key.id.0, secret: created.secret.expose().to_owned() }))
}

/// Changes a key's name and limits.
#[utoipa::path(patch, path = "/api/v1/lrss/{lrs}/keys/{key}", tag = "Keys", request_body = KeyPatch,
    params(("lrs" = String, Path, description = "The LRS"), ("key" = String, Path, description = "The key")),
    responses((status = 200, description = "As it is now", body = KeyView)))]
pub(crate) async fn patch_key(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    names: Path<(String, String)>,
    Sent(change): Sent<KeyPatch>,
) -> Result<Json<KeyView>, ApiError> {
    let Path((_, key)) = names;
    let expires = match change.expires {
        Some(Some(text)) => Some(Some(read_instant("expires", &text)?)),
        Some(None) => Some(None),
        None => None,
    };
    let update = KeyUpdate {
        label: change.label,
        scopes: change.scopes.as_deref().map(read_scopes).transpose()?,
        expires,
        requests_per_second_max: change.requests_per_second_max,
    };
    let report = shared.administration.change_key(&access, &KeyId(key), update).await?;
    Ok(Json((&report).into()))
}

/// Revokes a key, for good.
#[utoipa::path(delete, path = "/api/v1/lrss/{lrs}/keys/{key}", tag = "Keys",
    params(("lrs" = String, Path, description = "The LRS"), ("key" = String, Path, description = "The key")),
    responses((status = 204, description = "Revoked")))]
pub(crate) async fn delete_key(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    path: Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let Path((_, key)) = path;
    shared.administration.revoke_key(&access, &KeyId(key)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a key a new secret; the old one stays valid for the grace time.
#[utoipa::path(post, path = "/api/v1/lrss/{lrs}/keys/{key}/rotate", tag = "Keys", request_body = RotationRequest,
    params(("lrs" = String, Path, description = "The LRS"), ("key" = String, Path, description = "The key")),
    responses((status = 200, description = "The new secret, this once", body = KeyWithSecret)))]
pub(crate) async fn rotate_key(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    path: Path<(String, String)>,
    Sent(request): Sent<RotationRequest>,
) -> Result<Json<KeyWithSecret>, ApiError> {
    let Path((_, key)) = path;
    let key = KeyId(key);
    let secret = shared.administration.rotate_key(&access, &key, request.grace_seconds).await?;
    Ok(Json(KeyWithSecret { key: key.0, secret: secret.expose().to_owned() }))
}
