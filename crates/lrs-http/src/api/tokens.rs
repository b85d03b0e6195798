//! Personal access tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::{Method, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::{Listed, TokenView, TokenWithSecret, read_instant};
use super::{ApiRoute, Needs, Sent, Signed, route};
use crate::error::ApiError;
use crate::state::Shared;

pub(super) fn routes() -> Vec<ApiRoute> {
    vec![
        route(Method::GET, "/api/v1/tokens", Needs::Account, get_tokens),
        route(Method::POST, "/api/v1/tokens", Needs::Session, post_token),
        route(Method::DELETE, "/api/v1/tokens/{id}", Needs::Account, delete_token),
    ]
}

/// A token to create.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    /// What it is for.
    name: String,
    /// After this instant it lets nobody in.
    expires: Option<String>,
}

/// One's own tokens.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "Tokens",
    responses((status = 200, description = "All", body = Listed<TokenView>)))]
pub(crate) async fn get_tokens(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
) -> Result<Json<Listed<TokenView>>, ApiError> {
    let tokens = shared.administration.list_tokens(&caller).await?;
    Ok(Json(Listed::whole(tokens.iter().map(TokenView::from).collect())))
}

/// Makes a token that lets a script do what one may oneself. Its secret is in the answer, this once.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "Tokens", request_body = TokenRequest,
    responses((status = 200, description = "Made", body = TokenWithSecret)))]
pub(crate) async fn post_token(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    Sent(request): Sent<TokenRequest>,
) -> Result<Json<TokenWithSecret>, ApiError> {
    let expires = request.expires.as_deref().map(|text| read_instant("expires", text)).transpose()?;
    let created = shared.administration.create_token(&caller, &request.name, expires).await?;
    let secret = created.secret.expose().to_owned();
    Ok(Json(TokenWithSecret { token: (&created.token).into(), secret }))
}

/// Deletes a token of one's own.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "Tokens",
    params(("id" = String, Path, description = "The token")), responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete_token(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    shared.administration.delete_token(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
