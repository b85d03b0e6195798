//! The door of every route: who calls, whether a browser was tricked into calling, and whether they may.
//!
//! A browser sends its cookie with requests of other sites too. So a request with a cookie that changes something must also
//! bring the session's CSRF token, which other sites cannot read; and what a browser itself marks as sent by another site is refused
//! before anything else, sign-in included.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::RequestExt as _;
use axum::extract::{RawPathParams, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use lrs_core::{AdministrationError, Caller, Via};
use lrs_store::LrsName;

use super::Needs;
use crate::answer::request_id_of;
use crate::error::ApiError;
use crate::http_problem::HttpProblem;
use crate::router::RouteName;
use crate::state::{Peer, Shared};

/// The cookie of a session.
pub(super) const SESSION_COOKIE: &str = "lyceum_session";

const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Asks what a route needs, then lets its handler answer.
pub(super) async fn guard(
    shared: Arc<Shared>,
    needs: Needs,
    path: &'static str,
    mut request: Request,
    next: Next,
) -> Response {
    let request_id = request_id_of(&shared, &request);
    let mut response = match admit(&shared, needs, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(&request_id),
    };
    // Handlers know no request id: their errors are rendered here.
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = error.into_response(&request_id);
    }
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(RouteName(path));
    response
}

/// The answer to a method that a path does not know.
pub(super) fn method_not_allowed(shared: &Shared, request: &Request) -> Response {
    let (path, method) = (request.uri().path().to_owned(), request.method().to_string());
    let problem = HttpProblem::MethodNotAllowed { path, method, allow: None };
    let error = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, problem);
    error.into_response(&request_id_of(shared, request))
}

async fn admit(shared: &Shared, needs: Needs, request: &mut Request) -> Result<(), ApiError> {
    let is_unsafe = !matches!(*request.method(), Method::GET | Method::HEAD);
    let bearer = bearer_of(request.headers());
    // A token that only its holder knows needs no such protection; but where nobody looks at it, it excuses nothing.
    if is_unsafe && (needs == Needs::Nothing || bearer.is_none()) {
        refuse_other_sites(request.headers())?;
    }
    if needs == Needs::Nothing {
        return Ok(());
    }
    let peer = peer_of(request);
    let caller = if let Some(token) = bearer {
        shared.administration.find_token_caller(token, peer).await?
    } else {
        let secret = session_of(request.headers()).ok_or(AdministrationError::NotSignedIn)?;
        let caller = shared.administration.find_session_caller(secret, peer).await?;
        if is_unsafe {
            require_csrf_token(&caller, request.headers())?;
        }
        caller
    };
    let caller = Arc::new(caller);
    match needs {
        Needs::Nothing | Needs::Account => {}
        Needs::Session => {
            if matches!(caller.via, Via::Token(_)) {
                return Err(AdministrationError::Forbidden("a session in a browser").into());
            }
        }
        Needs::Owner => {
            if !caller.account.account.is_owner {
                return Err(AdministrationError::Forbidden("an owner of the server").into());
            }
        }
        Needs::Lrs(permission) => {
            let lrs = lrs_of(request).await.ok_or(AdministrationError::Missing("LRS"))?;
            let access = shared.administration.enter(&caller, &lrs, permission).await?;
            request.extensions_mut().insert(access);
        }
    }
    request.extensions_mut().insert(caller);
    Ok(())
}

/// The LRS that the path names.
async fn lrs_of(request: &mut Request) -> Option<LrsName> {
    let parameters = request.extract_parts::<RawPathParams>().await.ok()?;
    parameters.iter().find(|(name, _)| *name == "lrs").and_then(|(_, value)| LrsName::parse(value))
}

/// Where a request comes from.
pub(super) fn peer_of<B>(request: &http::Request<B>) -> IpAddr {
    request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0)
}

fn bearer_of(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The session's secret in the cookie.
pub(super) fn session_of(headers: &HeaderMap) -> Option<&str> {
    cookie_of(headers, SESSION_COOKIE)
}

/// The value of a cookie that has one.
pub(super) fn cookie_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value).filter(|value| !value.is_empty())
}

fn refuse_other_sites(headers: &HeaderMap) -> Result<(), ApiError> {
    let site = headers.get(FETCH_SITE).map(HeaderValue::as_bytes);
    match site {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(ApiError::new(StatusCode::FORBIDDEN, HttpProblem::CrossSiteRequest)),
    }
}

fn require_csrf_token(caller: &Caller, headers: &HeaderMap) -> Result<(), ApiError> {
    let Via::Session { csrf_token, .. } = &caller.via else { return Ok(()) };
    // Both sides are hashes of what a stranger does not know, so the time of the comparison tells nothing useful.
    if headers.get(CSRF).is_some_and(|sent| sent.as_bytes() == csrf_token.as_bytes()) {
        return Ok(());
    }
    Err(ApiError::new(StatusCode::FORBIDDEN, HttpProblem::MissingCsrfToken))
}
