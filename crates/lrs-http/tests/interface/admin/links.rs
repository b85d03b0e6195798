//! Links that let people in work once, also for those who are quick: of requests that come at the same moment one is let in.

use futures_util::future::join_all;
use http::StatusCode;
use lrs_core::{Actor, SystemIds, offer_password_reset};
use lrs_store::{Clock as _, Email};
use serde_json::{Value, json};

use super::{Badge, OWNER, PASSWORD, call, expect, offer, start};
use crate::harness::{Answer, TestServer};

/// Requests that use the same link at the same moment.
const AT_ONCE: usize = 4;

/// Sends a body several times at once: it must be answered once with a session, else with 410.
async fn check(server: &TestServer, path: &str, bodies: &[Value]) -> Answer {
    let nobody = Badge::default();
    let mut answers = join_all(bodies.iter().map(|body| call(server, &nobody, ("POST", path), body))).await;
    answers.sort_by_key(|answer| answer.status);
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses, [[200].as_slice(), &vec![410; bodies.len() - 1]].concat(), "{path}");
    assert!(answers[1..].iter().all(|answer| answer.header("set-cookie").is_empty()), "{path}");
    let again = call(server, &nobody, ("POST", path), &bodies[0]).await;
    expect(&again, StatusCode::GONE, "later");
    answers.swap_remove(0)
}

/// How often the audit log tells of an act.
async fn count_acts(server: &TestServer, cookie: &str, act: &str) -> usize {
    let badge = Badge { cookie: cookie.split(';').next().unwrap_or_default().to_owned(), ..Badge::default() };
    let log = call(server, &badge, ("GET", &format!("/api/v1/audit?action={act}")), &Value::Null).await;
    expect(&log, StatusCode::OK, act)["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn reset_link_lets_one_of_simultaneous_requests_in() {
    let (server, _) = start().await;
    let email = Email::parse(OWNER).unwrap();
    let actor = Actor::command_line("test");
    let offered = offer_password_reset(&*server.registry, &SystemIds, server.clock.now(), &actor, &email).await;
    let link = offered.unwrap().expose().to_owned();
    let password = |n: usize| format!("another long password {n}");
    let bodies: Vec<Value> = (0..AT_ONCE).map(|n| json!({"token": link, "password": password(n)})).collect();
    let answer = check(&server, "/api/v1/account/password/reset", &bodies).await;
    assert_eq!(count_acts(&server, answer.header("set-cookie"), "account.reset").await, 1);
    let mut let_in = 0;
    for n in 0..AT_ONCE {
        let_in += usize::from(super::sign_in(&server, OWNER, &password(n)).await.status == StatusCode::OK);
    }
    assert_eq!(let_in, 1, "one password was set");
}

#[tokio::test]
async fn invitation_lets_one_of_simultaneous_requests_in() {
    let (server, owner) = start().await;
    let body = json!({"email": "ana@example.org", "is_owner": true});
    let made = call(&server, &owner, ("POST", "/api/v1/invitations"), &body).await;
    let link = expect(&made, StatusCode::OK, "inviting")["link"].as_str().unwrap().to_owned();
    let (_, token) = link.rsplit_once('=').unwrap();
    let bodies: Vec<Value> =
        (0..AT_ONCE).map(|n| json!({"token": token, "name": format!("Ana {n}"), "password": PASSWORD})).collect();
    let answer = check(&server, "/api/v1/invitations/accept", &bodies).await;
    assert_eq!(count_acts(&server, answer.header("set-cookie"), "invitation.accept").await, 1);
    let accounts = call(&server, &owner, ("GET", "/api/v1/accounts"), &Value::Null).await.json();
    assert_eq!(accounts["items"].as_array().map(Vec::len), Some(2), "{accounts}");
}

#[tokio::test]
async fn setup_link_lets_one_of_simultaneous_requests_in() {
    let server = TestServer::start(lrs_http::Settings::default()).await;
    let token = offer(&server).await.unwrap();
    let account = |n: usize| json!({"token": token, "name": "Olga", "email": format!("olga{n}@example.org"), "password": PASSWORD});
    let bodies: Vec<Value> = (0..AT_ONCE).map(account).collect();
    let answer = check(&server, "/api/v1/setup", &bodies).await;
    assert_eq!(count_acts(&server, answer.header("set-cookie"), "account.first").await, 1);
    assert_eq!(server.registry.count_accounts().await.unwrap(), 1);
}
