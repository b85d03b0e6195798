//! The description of the interface (OpenAPI 3.1), made from the handlers themselves.

use std::sync::LazyLock;

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};

use crate::error::{ErrorBody, ErrorEnvelope};
use crate::router::RouteName;

#[derive(OpenApi)]
#[openapi(
    info(title = "Lyceum", description = "A Learning Record Store: xAPI 1.0.3 and 2.0.0 (IEEE 9274.1.1) side by side."),
    paths(
        crate::statements_write::put_statement,
        crate::statements_write::post_statements,
        crate::statements_read::get_statements,
        crate::people::get_agents,
        crate::people::get_activities,
    ),
    components(schemas(ErrorEnvelope, ErrorBody)),
    security(("key" = [])),
    modifiers(&KeyAndSecret),
)]
struct Interface;

struct KeyAndSecret;

impl utoipa::Modify for KeyAndSecret {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    }
}

static JSON: LazyLock<String> =
    LazyLock::new(|| Interface::openapi().to_json().expect("the description is made of texts and numbers"));

/// `GET /openapi.json`
pub(crate) async fn openapi_json() -> Response<Body> {
    let mut response = Response::new(Body::from(JSON.as_str()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.extensions_mut().insert(RouteName("/openapi.json"));
    response
}
