//! The admin API through the real router: who gets in, who may do what, and what is recorded.

mod audit;
mod keys;
mod links;
mod people;
mod recorded;
mod roles;
mod session;
mod session_times;

use axum::body::Body;
use http::{Request, StatusCode};
use lrs_core::{Actor, SystemIds, offer_setup};
use lrs_http::Settings;
use lrs_store::{Clock as _, LrsName};
use serde_json::{Value, json};

use crate::harness::{Answer, TestServer};

/// How somebody shows who they are.
#[derive(Debug, Clone, Default)]
pub struct Badge {
    pub cookie: String,
    pub csrf_token: String,
    pub bearer: String,
}

pub const PASSWORD: &str = "correct horse battery";
pub const OWNER: &str = "olga@example.org";

/// A request with a badge and further headers; `Null` is no body.
pub async fn call_with(
    server: &TestServer,
    badge: &Badge,
    (method, path): (&str, &str),
    body: &Value,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    let badges = [("cookie", &badge.cookie), ("x-csrf-token", &badge.csrf_token), ("authorization", &badge.bearer)];
    for (name, value) in badges.into_iter().filter(|(_, value)| !value.is_empty()) {
        request = request.header(name, value);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = if body.is_null() {
        request.body(Body::empty())
    } else {
        let has_type = headers.iter().any(|(name, _)| *name == "content-type");
        let request = if has_type { request } else { request.header("content-type", "application/json") };
        request.body(Body::from(body.to_string()))
    };
    server.send(request.unwrap()).await
}

/// A request with a badge.
pub async fn call(server: &TestServer, badge: &Badge, line: (&str, &str), body: &Value) -> Answer {
    call_with(server, badge, line, body, &[]).await
}

/// A request that must be answered with this status; its JSON.
#[track_caller]
pub fn expect(answer: &Answer, status: StatusCode, case: &str) -> Value {
    assert_eq!(answer.status, status, "{case}: {}", answer.text());
    answer.json()
}

/// The badge that an answer which signs in gives.
#[track_caller]
pub fn badge_of(answer: &Answer) -> Badge {
    let session = expect(answer, StatusCode::OK, "signing in");
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    Badge { cookie, csrf_token: session["csrf_token"].as_str().unwrap().to_owned(), bearer: String::new() }
}

pub async fn sign_in(server: &TestServer, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    call(server, &Badge::default(), ("POST", "/api/v1/session"), &body).await
}

/// A one-time link for the first account.
pub async fn offer(server: &TestServer) -> Option<String> {
    let offered = offer_setup(&*server.registry, &SystemIds, server.clock.now(), &Actor::server()).await.unwrap();
    offered.map(|secret| secret.expose().to_owned())
}

pub fn first_account(token: &str) -> Value {
    json!({"token": token, "name": "Olga Owner", "email": OWNER, "password": PASSWORD})
}

/// A server with the LRSs `school` and `other` and an owner who is signed in.
pub async fn start() -> (TestServer, Badge) {
    let server = TestServer::start(Settings::default()).await;
    for name in ["school", "other"] {
        server.registry.create_lrs(&LrsName::parse(name).unwrap()).await.unwrap();
    }
    let token = offer(&server).await.unwrap();
    let answer = call(&server, &Badge::default(), ("POST", "/api/v1/setup"), &first_account(&token)).await;
    let owner = badge_of(&answer);
    (server, owner)
}

/// Invites somebody, who accepts: their badge, and their account's id.
pub async fn join(server: &TestServer, inviter: &Badge, email: &str, roles: Value) -> (Badge, String) {
    let body = json!({"email": email, "roles": roles});
    let answer = call(server, inviter, ("POST", "/api/v1/invitations"), &body).await;
    let link = expect(&answer, StatusCode::OK, email)["link"].as_str().unwrap().to_owned();
    let (_, token) = link.split_once("/invitation#token=").unwrap();
    let body = json!({"token": token, "name": email, "password": PASSWORD});
    let answer = call(server, &Badge::default(), ("POST", "/api/v1/invitations/accept"), &body).await;
    let id = answer.json()["account"]["id"].as_str().unwrap_or_default().to_owned();
    (badge_of(&answer), id)
}

/// A personal access token of somebody who is signed in.
pub async fn token_of(server: &TestServer, badge: &Badge) -> Badge {
    let made = call(server, badge, ("POST", "/api/v1/tokens"), &json!({"name": "script"})).await;
    let secret = expect(&made, StatusCode::OK, "making a token")["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("lyp_"), "{secret}");
    Badge { bearer: format!("Bearer {secret}"), ..Badge::default() }
}
