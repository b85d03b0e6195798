//! The flight recorder: refused requests, and sending them again.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::{Method, StatusCode};
use lrs_core::{
    Permission, Problem, RefusalFilter, RefusalId, RefusalItem, RefusalPage, ReplayError, Replayed, Rule, find_refusal,
    list_refusals, replay_refusal,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::errors::missing;
use super::views::{Listed, read_instant};
use super::{ApiRoute, Asked, InLrs, Needs, Page, Sent, note_act, route};
use crate::error::{ApiError, ErrorEnvelope};
use crate::state::Shared;

pub(super) fn routes() -> Vec<ApiRoute> {
    let (read, replay) = (Needs::Lrs(Permission::ReadRefusals), Needs::Lrs(Permission::ReplayRefusals));
    vec![
        route(Method::GET, "/api/v1/lrss/{lrs}/refusals", read, get_refusals),
        route(Method::GET, "/api/v1/lrss/{lrs}/refusals/{id}", read, get_refusal),
        route(Method::POST, "/api/v1/lrss/{lrs}/refusals/{id}/replay", replay, post_replay),
    ]
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RefusalsAsked {
    /// Only of this key.
    key: Option<String>,
    /// After this instant.
    since: Option<String>,
    /// At or before this instant.
    until: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// At most so many, 1 to 500; 50 by default.
    limit: Option<usize>,
}

fn read_id(id: &str) -> Result<RefusalId, ApiError> {
    RefusalId::parse(id).ok_or_else(|| missing("refused request"))
}

/// Requests that were refused, the newest first.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/refusals", tag = "Refused requests",
    params(("lrs" = String, Path, description = "The LRS"), RefusalsAsked),
    responses((status = 200, description = "A page", body = Listed<RefusalItem>)))]
pub(crate) async fn get_refusals(
    InLrs(access): InLrs,
    Asked(asked): Asked<RefusalsAsked>,
) -> Result<Json<Listed<RefusalItem>>, ApiError> {
    let Page(limit) = Page::of(asked.limit)?;
    let instant = |name, text: Option<String>| text.map(|text| read_instant(name, &text)).transpose();
    let filter =
        RefusalFilter { key: asked.key, since: instant("since", asked.since)?, until: instant("until", asked.until)? };
    let after =
        asked.cursor.map(|text| RefusalId::parse(&text).ok_or_else(|| Rule::Cursor { name: "cursor".to_owned() }));
    let (items, next) = list_refusals(&*access.store, &filter, after.transpose()?.as_ref(), limit).await?;
    Ok(Json(Listed { items, next }))
}

/// One refused request, with every violation and its body.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/refusals/{id}", tag = "Refused requests",
    params(("lrs" = String, Path, description = "The LRS"), ("id" = String, Path, description = "The request")),
    responses((status = 200, description = "It", body = RefusalPage),
        (status = 404, description = "There is none, or it is not kept any more", body = ErrorEnvelope)))]
pub(crate) async fn get_refusal(
    InLrs(access): InLrs,
    path: Path<(String, String)>,
) -> Result<Json<RefusalPage>, ApiError> {
    let Path((_, id)) = path;
    let found = find_refusal(&*access.store, &read_id(&id)?).await?;
    found.map(Json).ok_or_else(|| missing("refused request"))
}

/// What to send.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ReplayRequest {
    /// The body, perhaps corrected: JSON as text.
    body: String,
}

/// What the body got.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplayView {
    /// The HTTP status that it would have got.
    status: u16,
    /// The answer: the ids of the statements, or the error with all violations.
    #[schema(value_type = Object)]
    body: Value,
}

/// Sends a refused request again, perhaps corrected, with the authority of its own key.
#[utoipa::path(post, path = "/api/v1/lrss/{lrs}/refusals/{id}/replay", tag = "Refused requests",
    request_body = ReplayRequest,
    params(("lrs" = String, Path, description = "The LRS"), ("id" = String, Path, description = "The request")),
    responses((status = 200, description = "What it got", body = ReplayView),
        (status = 409, description = "It cannot be sent again", body = ErrorEnvelope)))]
pub(crate) async fn post_replay(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    path: Path<(String, String)>,
    Sent(ReplayRequest { body }): Sent<ReplayRequest>,
) -> Result<Json<ReplayView>, ApiError> {
    let Path((_, id)) = path;
    let refusal_id = read_id(&id)?;
    let found = find_refusal(&*access.store, &refusal_id).await?.ok_or_else(|| missing("refused request"))?;
    let with = Replayed {
        access: &shared.access,
        lrs: &access.lrs,
        store: &access.store,
        limits: shared.submission_limits(),
        clock: &shared.state.clock,
        ids: &shared.state.ids,
    };
    let view = match replay_refusal(with, &refusal_id, &found, body.into()).await {
        Ok(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            let after = json!({ "key": found.item.key, "statements": ids });
            note_act(&shared, &access, "refusal.replay", &id, Some(after)).await?;
            ReplayView { status: 200, body: json!(ids) }
        }
        Err(ReplayError::Record(error)) => {
            let error = ApiError::from(error);
            let status = error.status;
            if status.is_server_error() {
                return Err(error);
            }
            let mut said = json!(error.said());
            said["status"] = status.as_u16().into();
            said["violations"] = json!(error.violations);
            ReplayView { status: status.as_u16(), body: json!({ "error": said }) }
        }
        Err(ReplayError::Registry(error)) => return Err(error.into()),
        Err(ReplayError::NotStatements) => return Err(ApiError::new(StatusCode::CONFLICT, Problem::CannotReplay)),
        Err(ReplayError::KeyIsGone) => return Err(ApiError::new(StatusCode::CONFLICT, Problem::KeyGone)),
        Err(ReplayError::Scope(missing)) => {
            return Err(ApiError { status: StatusCode::CONFLICT, ..missing.into() });
        }
    };
    Ok(Json(view))
}
