//! The one table of all routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::routing::{any, get};
use http::{Method, StatusCode};

use crate::answer::{answer, request_id_of};
use crate::api::api_router;
use crate::compression::compression;
use crate::error::ApiError;
use crate::http_problem::HttpProblem;
use crate::openapi::openapi_json;
use crate::state::{AppState, Shared};

/// The route that answered, such as `/xapi/statements`: in every response's extensions, for metrics and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteName(pub &'static str);

/// A resource of xAPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource {
    Statements,
    State,
    ActivityProfile,
    Activities,
    AgentProfile,
    Agents,
    About,
}

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// Its path; a trailing slash and a double slash behind `/xapi` mean the same (endpoints are often configured so).
    pub(crate) path: &'static str,
    pub(crate) resource: Resource,
    /// What it answers besides HEAD and OPTIONS.
    pub(crate) methods: &'static [Method],
}

const READ: &[Method] = &[Method::GET];
const STATEMENTS: &[Method] = &[Method::GET, Method::PUT, Method::POST];
const DOCUMENTS: &[Method] = &[Method::GET, Method::PUT, Method::POST, Method::DELETE];

/// Every resource (Communication 2).
pub(crate) static ROUTES: [Route; 7] = [
    Route { path: "/xapi/statements", resource: Resource::Statements, methods: STATEMENTS },
    Route { path: "/xapi/activities/state", resource: Resource::State, methods: DOCUMENTS },
    Route { path: "/xapi/activities/profile", resource: Resource::ActivityProfile, methods: DOCUMENTS },
    Route { path: "/xapi/activities", resource: Resource::Activities, methods: READ },
    Route { path: "/xapi/agents/profile", resource: Resource::AgentProfile, methods: DOCUMENTS },
    Route { path: "/xapi/agents", resource: Resource::Agents, methods: READ },
    Route { path: "/xapi/about", resource: Resource::About, methods: READ },
];

impl Route {
    /// The value of `Allow`.
    pub(crate) fn allow(&self) -> String {
        let methods = self.methods.iter().chain(&[Method::HEAD, Method::OPTIONS]);
        methods.map(Method::as_str).collect::<Vec<_>>().join(", ")
    }

    /// The paths that mean this route.
    fn spellings(&self) -> [String; 4] {
        let doubled = self.path.replacen("/xapi/", "/xapi//", 1);
        [self.path.to_owned(), format!("{}/", self.path), format!("{doubled}/"), doubled]
    }
}

/// The whole HTTP interface.
pub fn router(state: AppState) -> Router {
    let shared = Arc::new(Shared::new(state));
    let mut router = Router::new();
    for route in &ROUTES {
        for path in route.spellings() {
            let shared = Arc::clone(&shared);
            router = router.route(&path, any(move |request: Request| answer(Arc::clone(&shared), route, request)));
        }
    }
    router
        .merge(api_router(&shared))
        .route("/openapi.json", get(openapi_json))
        .fallback(async move |request: Request| {
            no_route(request.uri().path()).into_response(&request_id_of(&shared, &request))
        })
        .layer(compression())
}

/// The error of a path that nothing is at.
pub(crate) fn no_route(path: &str) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, HttpProblem::NoSuchRoute { path: path.to_owned() })
}
