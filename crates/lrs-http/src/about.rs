//! The About resource (Communication 2.8): which versions are served. Needs neither a key nor a version header.

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};

/// The versions that a request may name; newest first.
const ABOUT: &str = r#"{"version":["2.0.0","1.0.3","1.0.2","1.0.1","1.0.0"]}"#;

/// The versions that are served. Needs no key.
#[utoipa::path(
    get, path = "/xapi/about", tag = "About", security(()),
    responses((status = 200, description = "{version: […]}", body = Object)),
)]
pub(crate) fn about() -> Response<Body> {
    let mut response = Response::new(Body::from(ABOUT));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
