//! The Agents and Activities resources (Communication 2.4, 2.5).

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};

use crate::answer::Call;
use crate::error::{ApiError, ErrorEnvelope};

/// The Person of an agent: all names and identifiers that the LRS can tell.
#[utoipa::path(
    get, path = "/xapi/agents", tag = "Agents",
    params(("agent" = String, Query, description = "An Agent or identified Group as JSON")),
    responses(
        (status = 200, description = "A Person, of an unknown agent too", body = Object),
        (status = 400, description = "Broken rules, all of them", body = ErrorEnvelope),
    ),
)]
pub(crate) async fn get_agents(call: Call) -> Result<Response<Body>, ApiError> {
    let agent = call.parameters.into_agent(call.version)?;
    Ok(json(lrs_core::find_person(call.grant.store.as_ref(), &agent).await?))
}

/// An Activity with the definition that the LRS merged from all statements.
#[utoipa::path(
    get, path = "/xapi/activities", tag = "Activities",
    params(("activityId" = String, Query, description = "An activity's id")),
    responses(
        (status = 200, description = "An Activity, of an unknown id too", body = Object),
        (status = 400, description = "Broken rules, all of them", body = ErrorEnvelope),
    ),
)]
pub(crate) async fn get_activities(call: Call) -> Result<Response<Body>, ApiError> {
    let id = call.parameters.into_activity_id()?;
    Ok(json(lrs_core::find_activity(call.grant.store.as_ref(), &id).await?))
}

fn json(body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
