//! The admin API below `/api/v1`: what the web app does, and scripts can do. Every route stands in a table with what it needs of
//! its caller, and [`guard`] asks for that before a handler is reached.
//!
//! A further area is a module with `routes()`, added to [`routes`] and, for `/openapi.json`, to `openapi.rs`.

pub(crate) mod accounts;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod backups;
mod caller;
pub(crate) mod directory;
mod errors;
pub(crate) mod figures;
pub(crate) mod groups;
mod guard;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod live;
pub(crate) mod lrss;
pub(crate) mod openid;
mod read;
pub(crate) mod refusals;
pub(crate) mod session;
pub(crate) mod statements;
pub(crate) mod tokens;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;
use lrs_core::{LrsAccess, Permission};
use serde_json::Value;

use crate::error::ApiError;
use crate::state::Shared;

pub(crate) use self::caller::{InLrs, Signed};
pub(crate) use self::read::{Asked, Page, Sent};

/// What a route needs of whoever calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: for those who are not signed in yet.
    Nothing,
    /// Somebody who is signed in. What they may do depends on what they ask for, and the use case decides.
    Account,
    /// Somebody who is signed in at a browser; a script's token is not enough.
    Session,
    /// An owner of the server.
    Owner,
    /// A permission in the LRS that the path names.
    Lrs(Permission),
}

/// One line of the table.
pub(crate) struct ApiRoute {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    handler: MethodRouter<Arc<Shared>>,
}

/// A line of the table.
pub(crate) fn route<H, T>(method: Method, path: &'static str, needs: Needs, handler: H) -> ApiRoute
where
    H: Handler<T, Arc<Shared>>,
    T: 'static,
{
    let filter = MethodFilter::try_from(method.clone()).expect("the table has the usual methods only");
    ApiRoute { method, path, needs, handler: on(filter, handler) }
}

/// The table.
pub(crate) fn routes() -> Vec<ApiRoute> {
    [
        session::routes(),
        openid::routes(),
        accounts::routes(),
        tokens::routes(),
        audit::routes(),
        lrss::routes(),
        keys::routes(),
        groups::routes(),
        statements::routes(),
        live::routes(),
        attachments::routes(),
        directory::routes(),
        refusals::routes(),
        figures::routes(),
        jobs::routes(),
        backups::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Every route of the admin API with what it needs, so that tests can try each as everybody.
#[must_use]
pub fn api_routes() -> Vec<(Method, &'static str, Needs)> {
    routes().into_iter().map(|route| (route.method, route.path, route.needs)).collect()
}

/// The routes of the admin API.
pub(crate) fn api_router(shared: &Arc<Shared>) -> Router {
    let mut router = Router::new();
    for ApiRoute { path, needs, handler, .. } in routes() {
        let guarded = Arc::clone(shared);
        let layer = axum::middleware::from_fn(move |request, next| {
            guard::guard(Arc::clone(&guarded), needs, path, request, next)
        });
        router = router.route(path, handler.layer(layer));
    }
    let refusing = Arc::clone(shared);
    router
        .method_not_allowed_fallback(move |request| std::future::ready(guard::method_not_allowed(&refusing, &request)))
        .with_state(Arc::clone(shared))
}

/// Writes into the audit log what a caller did in an LRS that was not there before.
pub(crate) async fn note_act(
    shared: &Shared,
    access: &LrsAccess,
    act: &str,
    target: &str,
    after: Option<Value>,
) -> Result<(), ApiError> {
    note_change(shared, access, act, target, (Value::Null, after.unwrap_or_default())).await
}

/// Writes into the audit log what a caller changed in an LRS, with the states before and after; null for none.
pub(crate) async fn note_change(
    shared: &Shared,
    access: &LrsAccess,
    act: &str,
    target: &str,
    (before, after): (Value, Value),
) -> Result<(), ApiError> {
    let mut entry = access.caller.actor().entry(shared.state.clock.now(), act, target);
    entry.lrs = Some(access.lrs.clone());
    let state = |state: Value| (!state.is_null()).then(|| state.to_string());
    (entry.before, entry.after) = (state(before), state(after));
    Ok(shared.state.registry.change_accounts(Vec::new(), Some(entry)).await?)
}
