//! First run, signing in and out, and who is signed in.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use lrs_core::{AdministrationError, Caller, Problem, SignedIn, Via};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::guard::{SESSION_COOKIE, peer_of, session_of};
use super::views::SessionView;
use super::{ApiRoute, Needs, Sent, Signed, route};
use crate::error::{ApiError, ErrorEnvelope};
use crate::openid::KnownProvider;
use crate::state::Shared;

pub(super) fn routes() -> Vec<ApiRoute> {
    vec![
        route(Method::GET, "/api/v1/setup", Needs::Nothing, get_setup),
        route(Method::POST, "/api/v1/setup", Needs::Nothing, post_setup),
        route(Method::GET, "/api/v1/sign-in-options", Needs::Nothing, get_sign_in_options),
        route(Method::GET, "/api/v1/session", Needs::Account, get_session),
        route(Method::POST, "/api/v1/session", Needs::Nothing, post_session),
        route(Method::DELETE, "/api/v1/session", Needs::Session, delete_session),
        route(Method::DELETE, "/api/v1/sessions", Needs::Session, delete_sessions),
        route(Method::POST, "/api/v1/account/password", Needs::Session, post_password),
        route(Method::POST, "/api/v1/account/password/reset", Needs::Nothing, reset_password),
    ]
}

/// Whether the first account is still to be made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Setup {
    needed: bool,
}

/// The ways to sign in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignInOptions {
    /// With an e-mail address and a password.
    password: bool,
    /// At an `OpenID` provider: open `/api/v1/openid/{id}/start` in the browser.
    openid: Vec<ProviderView>,
}

/// An `OpenID` provider.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProviderView {
    /// In addresses.
    id: String,
    /// For people.
    label: String,
}

/// The first account.
#[derive(Deserialize, ToSchema)]
pub(crate) struct FirstAccount {
    /// From the link that the server printed.
    token: String,
    name: String,
    email: String,
    password: String,
}

/// An address and its password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignIn {
    email: String,
    password: String,
}

/// A change of password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewPassword {
    old: String,
    new: String,
}

/// A password in place of one that was lost.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ResetPassword {
    /// From the link.
    token: String,
    password: String,
}

/// Whether the first account is still to be made.
#[utoipa::path(get, path = "/api/v1/setup", tag = "Session", security(()),
    responses((status = 200, description = "Whether", body = Setup)))]
pub(crate) async fn get_setup(State(shared): State<Arc<Shared>>) -> Result<Json<Setup>, ApiError> {
    Ok(Json(Setup { needed: shared.administration.needs_setup().await? }))
}

/// Makes the first account, which owns the server, with the one-time link that the server printed; signs it in.
#[utoipa::path(post, path = "/api/v1/setup", tag = "Session", security(()), request_body = FirstAccount,
    responses((status = 200, description = "Signed in", body = SessionView),
        (status = 410, description = "The link is not valid any more", body = ErrorEnvelope)))]
pub(crate) async fn post_setup(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, ApiError> {
    let peer = peer_of(&request);
    let Sent(FirstAccount { token, name, email, password }) = read(&shared, request).await?;
    let signed_in = shared.administration.set_up(&token, (&name, &email, &password), peer).await?;
    answer_signed_in(&shared, &signed_in).await
}

/// The ways to sign in to this server.
#[utoipa::path(get, path = "/api/v1/sign-in-options", tag = "Session", security(()),
    responses((status = 200, description = "All", body = SignInOptions)))]
pub(crate) async fn get_sign_in_options(State(shared): State<Arc<Shared>>) -> Json<SignInOptions> {
    let view = |it: &KnownProvider| ProviderView { id: it.provider.id.clone(), label: it.provider.label.clone() };
    Json(SignInOptions { password: true, openid: shared.openid.iter().map(view).collect() })
}

/// Who is signed in, and what they may do.
#[utoipa::path(get, path = "/api/v1/session", tag = "Session",
    responses((status = 200, description = "Somebody", body = SessionView),
        (status = 401, description = "Nobody", body = ErrorEnvelope)))]
pub(crate) async fn get_session(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut response = Json(view(&shared, &caller).await?).into_response();
    // The times of sessions may have changed since the browser was told how long to keep its cookie.
    if let (Via::Session { expires, .. }, Some(secret)) = (&caller.via, session_of(&headers)) {
        let left_s = (expires.0 - shared.state.clock.now().0) / 1_000_000;
        set_session_cookie(&shared, &mut response, secret, u32::try_from(left_s).unwrap_or_default());
    }
    Ok(response)
}

/// Signs in with a password. A session that the browser had before ends.
#[utoipa::path(post, path = "/api/v1/session", tag = "Session", security(()), request_body = SignIn,
    responses((status = 200, description = "Signed in", body = SessionView),
        (status = 401, description = "Address or password are wrong", body = ErrorEnvelope),
        (status = 429, description = "Too many failures; see Retry-After", body = ErrorEnvelope)))]
pub(crate) async fn post_session(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, ApiError> {
    let peer = peer_of(&request);
    let old = session_of(request.headers()).map(str::to_owned);
    let Sent(SignIn { email, password }) = read(&shared, request).await?;
    let signed_in = shared.administration.sign_in((&email, &password), old.as_deref(), peer).await?;
    answer_signed_in(&shared, &signed_in).await
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "Session", responses((status = 204, description = "Signed out")))]
pub(crate) async fn delete_session(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
) -> Result<Response, ApiError> {
    shared.administration.sign_out(&caller).await?;
    Ok(answer_signed_out(&shared))
}

/// Signs out everywhere: every session of the account ends.
#[utoipa::path(delete, path = "/api/v1/sessions", tag = "Session",
    responses((status = 204, description = "Signed out everywhere")))]
pub(crate) async fn delete_sessions(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
) -> Result<Response, ApiError> {
    shared.administration.sign_out_everywhere(&caller).await?;
    Ok(answer_signed_out(&shared))
}

/// Changes one's own password. Every other session ends.
#[utoipa::path(post, path = "/api/v1/account/password", tag = "Session", request_body = NewPassword,
    responses((status = 200, description = "Changed, and signed in anew", body = SessionView),
        (status = 400, description = "The old password is wrong, or the new one too weak", body = ErrorEnvelope)))]
pub(crate) async fn post_password(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    request: Request,
) -> Result<Response, ApiError> {
    let peer = peer_of(&request);
    let Sent(NewPassword { old, new }) = read(&shared, request).await?;
    let changed = shared.administration.change_password(&caller, (&old, &new), peer).await;
    // Here 401 would say that nobody is signed in.
    let signed_in = changed.map_err(|error| match error {
        AdministrationError::WrongPassword => ApiError::new(StatusCode::BAD_REQUEST, Problem::WrongOldPassword),
        error => error.into(),
    })?;
    answer_signed_in(&shared, &signed_in).await
}

/// Sets a new password with a one-time link (`lyceum account reset`), and signs in. Every session of the account ends.
#[utoipa::path(post, path = "/api/v1/account/password/reset", tag = "Session", security(()), request_body = ResetPassword,
    responses((status = 200, description = "Changed, and signed in", body = SessionView),
        (status = 400, description = "The new password is too weak", body = ErrorEnvelope),
        (status = 410, description = "The link is not valid any more", body = ErrorEnvelope),
        (status = 429, description = "Too many failures; see Retry-After", body = ErrorEnvelope)))]
pub(crate) async fn reset_password(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, ApiError> {
    let peer = peer_of(&request);
    let Sent(ResetPassword { token, password }) = read(&shared, request).await?;
    let signed_in = shared.administration.reset_password(&token, &password, peer).await?;
    answer_signed_in(&shared, &signed_in).await
}

/// Reads a JSON body whose request was needed before.
pub(super) async fn read<T: serde::de::DeserializeOwned>(
    shared: &Arc<Shared>,
    request: Request,
) -> Result<Sent<T>, ApiError> {
    Sent::from_request(request, shared).await
}

async fn view(shared: &Shared, caller: &Caller) -> Result<SessionView, ApiError> {
    let lrss = shared.state.registry.list_lrss().await?;
    let names: Vec<_> = lrss.into_iter().map(|lrs| lrs.name).collect();
    Ok(SessionView::new(caller, &names))
}

/// The answer with the session's cookie.
pub(super) async fn answer_signed_in(shared: &Shared, signed_in: &SignedIn) -> Result<Response, ApiError> {
    let view = view(shared, &signed_in.caller).await?;
    let mut response = Json(view).into_response();
    set_session_cookie(shared, &mut response, signed_in.secret.expose(), shared.settings().sessions.total_s);
    Ok(response)
}

fn answer_signed_out(shared: &Shared) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_session_cookie(shared, &mut response, "", 0);
    response
}

/// Sets the cookie of a session, or ends it with an empty value.
pub(super) fn set_session_cookie(shared: &Shared, response: &mut Response, secret: &str, max_age_s: u32) {
    set_cookie(shared, response, (SESSION_COOKIE, "/"), secret, max_age_s);
}

/// Sets a cookie, a name for a path: out of reach for scripts, and not sent along when other sites submit forms or load pictures.
pub(super) fn set_cookie(
    shared: &Shared,
    response: &mut Response,
    (name, path): (&str, &str),
    value: &str,
    max_age_s: u32,
) {
    let secure = if shared.settings().secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    let cookie = HeaderValue::try_from(cookie).expect("what is in base64 and numbers make a header");
    response.headers_mut().append(SET_COOKIE, cookie);
}

/// The address under which the web app is reached: what is configured, else what the browser itself asked for.
pub(super) fn web_root(shared: &Shared, parts: &Parts) -> String {
    if let Some(url) = &shared.settings().public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let scheme = if shared.settings().secure_cookies { "https" } else { "http" };
    let host = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("{scheme}://{host}")
}
