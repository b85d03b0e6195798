//! The one table of all routes.

use axum::Router;
use axum::routing::get;
use http::HeaderName;

use crate::about::about;
use crate::state::AppState;

/// The route that answered, such as `/xapi/statements`: in every response's extensions, for metrics and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteName(pub &'static str);

/// The whole HTTP interface.
pub fn router(state: AppState) -> Router {
    let version = state.settings.default_version.as_str();
    Router::new().route(
        "/xapi/about",
        get(async move || ([(HeaderName::from_static("x-experience-api-version"), version)], about())),
    )
}
