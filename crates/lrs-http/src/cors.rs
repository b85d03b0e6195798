//! Cross-origin requests: learning content comes from anywhere and is let in by its key, so every origin is permitted, without
//! configuration. Cookies are not used, so credentials mode is not needed.

use axum::body::Body;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, VARY,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::router::Route;

/// What scripts may read of an answer besides its plainest headers.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Last-Modified, Content-Length, Retry-After, WWW-Authenticate, X-Request-Id, \
     X-Experience-API-Version, X-Experience-API-Consistent-Through",
);

/// What clients of xAPI send, for browsers that do not name it in their question.
const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, Accept-Language, If-Match, If-None-Match, X-Experience-API-Version",
);

/// Browsers keep the answer for at most two hours; some for less.
const MAX_AGE_SECONDS: HeaderValue = HeaderValue::from_static("7200");

/// The headers without which a browser keeps an answer from the script that asked.
pub(crate) fn permit_any_origin(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

/// Answers a browser's question before a request: this route's methods, and whatever headers it wants to send.
pub(crate) fn answer_preflight(route: &Route, asked: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    if let Ok(allow) = HeaderValue::try_from(route.allow()) {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, allow.clone());
        headers.insert(ALLOW, allow);
    }
    let wanted = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned().unwrap_or(ACCEPTED);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS);
    headers.insert(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    response
}
