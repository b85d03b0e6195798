//! Signing in at an OpenID provider. Both routes are for browsers, and answer with the next address.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderValue, Method, StatusCode};
use lrs_core::AdmissionError;
use serde::Deserialize;
use utoipa::IntoParams;

use super::guard::{cookie_of, peer_of, session_of};
use super::session::{set_cookie, set_session_cookie, web_root};
use super::{ApiRoute, Asked, Needs, route};
use crate::api::errors::missing;
use crate::error::ApiError;
use crate::openid::{KnownProvider, OpenIdError, PENDING_S, Pending, Surroundings};
use crate::state::Shared;

/// The cookie of a sign-in that has begun: its name, and the path of these routes.
const PENDING_COOKIE: (&str, &str) = ("lyceum_openid", "/api/v1/openid");
/// A longer address to return to is forgotten: a cookie holds 4 KiB.
const RETURN_TO_BYTES_MAX: usize = 2_000;

/// The provider's answer proves nothing.
const FAILED: &str = "failed";

pub(super) fn routes() -> Vec<ApiRoute> {
    vec![
        route(Method::GET, "/api/v1/openid/{provider}/start", Needs::Nothing, start_openid),
        route(Method::GET, "/api/v1/openid/{provider}/callback", Needs::Nothing, finish_openid),
    ]
}

/// Where a sign-in ends.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Start {
    /// A path of this server.
    return_to: Option<String>,
}

/// What a provider answers (OpenID Connect Core 1.0, 3.1.2.5 and 3.1.2.6).
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Callback {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// Sends the browser to an OpenID provider.
#[utoipa::path(get, path = "/api/v1/openid/{provider}/start", tag = "Session", security(()),
    params(("provider" = String, Path, description = "Its id in the sign-in options"), Start),
    responses((status = 303, description = "To the provider, or back to the sign-in page with an error")))]
pub(crate) async fn start_openid(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Asked(Start { return_to }): Asked<Start>,
    request: Request,
) -> Result<Response, ApiError> {
    let provider = find_provider(&shared, &id)?;
    let return_to = return_to.filter(|path| is_own_path(path)).unwrap_or_else(|| "/".to_owned());
    let (parts, _) = request.into_parts();
    let surroundings = surroundings(&shared, &id, &parts);
    match provider.begin(&surroundings, return_to.clone()).await {
        Ok((url, pending)) => {
            let mut response = redirect(&url);
            set_cookie(&shared, &mut response, PENDING_COOKIE, &pending.write(), PENDING_S);
            Ok(response)
        }
        Err(error) => Ok(redirect_refused(code_of(&id, &error), &return_to)),
    }
}

/// Signs in whom the provider has proven.
#[utoipa::path(get, path = "/api/v1/openid/{provider}/callback", tag = "Session", security(()),
    params(("provider" = String, Path, description = "Its id in the sign-in options"), Callback),
    responses((status = 303, description = "To where the sign-in was to end, or back to the sign-in page with an error")))]
pub(crate) async fn finish_openid(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Asked(callback): Asked<Callback>,
    request: Request,
) -> Result<Response, ApiError> {
    let provider = find_provider(&shared, &id)?;
    let peer = peer_of(&request);
    let (parts, _) = request.into_parts();
    let pending = cookie_of(&parts.headers, PENDING_COOKIE.0).and_then(Pending::read);
    let return_to = pending.as_ref().map(|it| it.return_to.clone()).filter(|path| is_own_path(path));
    let return_to = return_to.unwrap_or_else(|| "/".to_owned());
    let surroundings = surroundings(&shared, &id, &parts);
    let proven = match (pending, callback) {
        (Some(pending), Callback { code: Some(code), state: Some(state), error: None }) => {
            provider.finish(&surroundings, pending, &state, code).await.map_err(|error| code_of(&id, &error))
        }
        (_, Callback { error: Some(error), .. }) if error == "access_denied" => Err("denied"),
        (_, Callback { error: Some(error), .. }) => {
            tracing::warn!(provider = id, error, "an OpenID provider answered with an error");
            Err(FAILED)
        }
        _ => Err("expired"),
    };
    let old = session_of(&parts.headers);
    let signed_in = match proven {
        Ok(identity) => {
            let admitted = shared.administration.sign_in_by_identity(&identity, &provider.provider.rules, old, peer);
            match admitted.await {
                Err(AdmissionError::Administration(error)) => return Err(error.into()),
                Err(AdmissionError::Refused(refusal)) => Err(refusal.as_str()),
                Ok(signed_in) => Ok(signed_in),
            }
        }
        Err(code) => {
            if code == FAILED {
                // Who it was is not proven, so nobody is named.
                let KnownProvider { provider, .. } = provider;
                shared.administration.note_failed_identity("nobody who is proven", code, &provider.issuer, peer).await;
            }
            Err(code)
        }
    };
    let mut response = match signed_in {
        Ok(signed_in) => {
            let mut response = redirect(&return_to);
            set_session_cookie(&shared, &mut response, signed_in.secret.expose(), shared.settings().sessions.total_s);
            response
        }
        Err(code) => redirect_refused(code, &return_to),
    };
    set_cookie(&shared, &mut response, PENDING_COOKIE, "", 0);
    Ok(response)
}

fn find_provider<'a>(shared: &'a Shared, id: &str) -> Result<&'a KnownProvider, ApiError> {
    shared.openid.iter().find(|it| it.provider.id == id).ok_or_else(|| missing("provider"))
}

fn surroundings<'a>(shared: &'a Shared, id: &str, parts: &http::request::Parts) -> Surroundings<'a> {
    let callback = format!("{}/api/v1/openid/{id}/callback", web_root(shared, parts));
    Surroundings { ids: shared.state.ids.as_ref(), clock: shared.state.clock.as_ref(), callback }
}

/// Whether an address is a path of this server: browsers read `//host` and `/\host` as another one.
fn is_own_path(path: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_graphic() && c != '\\';
    path.len() <= RETURN_TO_BYTES_MAX && path.starts_with('/') && !path.starts_with("//") && path.chars().all(is_plain)
}

fn redirect(to: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    // Addresses of providers and own paths are in ASCII; the root is for what is not.
    let to = HeaderValue::try_from(to).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, to);
    response
}

fn redirect_refused(code: &str, return_to: &str) -> Response {
    let mut query = openidconnect::url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("error", code);
    if return_to != "/" {
        query.append_pair("return_to", return_to);
    }
    redirect(&format!("/sign-in?{}", query.finish()))
}

/// What the sign-in page explains; the log says more to whoever runs the server.
fn code_of(provider: &str, error: &OpenIdError) -> &'static str {
    match error {
        OpenIdError::NotBegun => "expired",
        OpenIdError::Unavailable(_) => {
            tracing::warn!(provider, error = error as &dyn std::error::Error, "an OpenID provider cannot be asked");
            "unavailable"
        }
        OpenIdError::Unproven(_) => {
            tracing::warn!(provider, error = error as &dyn std::error::Error, "an OpenID sign-in was refused");
            FAILED
        }
    }
}
