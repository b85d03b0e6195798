//! Keys: made, limited, rotated, revoked; and how they are used.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::{Badge, OWNER, PASSWORD, badge_of, call, expect, sign_in, start};
use crate::harness::{TestServer, statement};

const KEYS: &str = "/api/v1/lrss/school/keys";

/// Posts a body as a key's client: the status.
async fn store(server: &TestServer, (key, secret): (&str, &str), client: &str, body: &Value) -> u16 {
    let request = Request::post("/xapi/statements")
        .header("authorization", format!("Basic {}", STANDARD.encode(format!("{key}:{secret}"))))
        .header("x-experience-api-version", "1.0.3")
        .header("content-type", "application/json")
        .header("user-agent", client);
    server.send(request.body(Body::from(body.to_string())).unwrap()).await.status.as_u16()
}

async fn make_key(server: &TestServer, owner: &Badge, body: &Value) -> (String, String) {
    let made = expect(&call(server, owner, ("POST", KEYS), body).await, StatusCode::OK, "making a key");
    (made["key"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

async fn only_key(server: &TestServer, owner: &Badge) -> Value {
    let list = call(server, owner, ("GET", KEYS), &Value::Null).await;
    assert!(!list.text().contains("secret\""), "{}", list.text());
    expect(&list, StatusCode::OK, "listing")["items"][0].clone()
}

#[tokio::test]
async fn old_secret_works_until_the_grace_time_is_over() {
    let (server, owner) = start().await;
    let (key, first) = make_key(&server, &owner, &json!({"label": "Moodle", "scopes": ["all"]})).await;
    let one = statement(&Value::Null);
    let path = format!("{KEYS}/{key}/rotate");
    let rotate = async |grace_seconds: u32| {
        let answer = call(&server, &owner, ("POST", &path), &json!({"grace_seconds": grace_seconds})).await;
        expect(&answer, StatusCode::OK, "rotating")["secret"].as_str().unwrap().to_owned()
    };
    assert_eq!(store(&server, (&key, &first), "", &one).await, 200);
    let second = rotate(3_600).await;
    for secret in [&first, &second] {
        assert_eq!(store(&server, (&key, secret), "", &one).await, 200, "both in the grace time");
    }
    server.clock.advance_seconds(3_601);
    assert_eq!(store(&server, (&key, &first), "", &one).await, 401, "the old one afterwards");
    assert_eq!(store(&server, (&key, &second), "", &one).await, 200);
    let third = rotate(0).await;
    assert_eq!(store(&server, (&key, &second), "", &one).await, 401, "no grace");
    assert_eq!(store(&server, (&key, &third), "", &one).await, 200);
    let endless = call(&server, &owner, ("POST", &path), &json!({"grace_seconds": 7_776_001})).await;
    expect(&endless, StatusCode::BAD_REQUEST, "more than 90 days");
    let revoked = call(&server, &owner, ("DELETE", &format!("{KEYS}/{key}")), &Value::Null).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(store(&server, (&key, &third), "", &one).await, 401, "revoked");
    expect(
        &call(&server, &owner, ("POST", &path), &json!({"grace_seconds": 0})).await,
        StatusCode::BAD_REQUEST,
        "then",
    );
}

#[tokio::test]
async fn limits_and_names_change_one_by_one() {
    let (server, owner) = start().await;
    for (case, body) in [
        ("no scope", json!({"scopes": []})),
        ("an unknown scope", json!({"scopes": ["everything"]})),
        ("no requests", json!({"scopes": ["all"], "requests_per_second_max": 0})),
        ("a label of two lines", json!({"scopes": ["all"], "label": "a\nb"})),
        ("an end that is none", json!({"scopes": ["all"], "expires": "tomorrow"})),
    ] {
        expect(&call(&server, &owner, ("POST", KEYS), &body).await, StatusCode::BAD_REQUEST, case);
    }
    let body = json!({"label": "H5P", "scopes": ["statements/write"], "expires": "2030-01-01T00:00:00Z",
        "requests_per_second_max": 9});
    let (key, _) = make_key(&server, &owner, &body).await;
    let path = format!("{KEYS}/{key}");
    let mut expected = only_key(&server, &owner).await;
    for (member, value) in [
        ("label", json!("H5P 2")),
        ("scopes", json!(["all/read"])),
        ("expires", Value::Null),
        ("requests_per_second_max", Value::Null),
        ("requests_per_second_max", json!(3)),
    ] {
        expected[member] = value.clone();
        let changed = call(&server, &owner, ("PATCH", &path), &json!({ member: value })).await;
        assert_eq!(expect(&changed, StatusCode::OK, member), expected);
        assert_eq!(only_key(&server, &owner).await, expected);
    }
}

#[tokio::test]
async fn use_of_a_key_is_counted() {
    let (server, owner) = start().await;
    let (key, secret) = make_key(&server, &owner, &json!({"scopes": ["statements/write"]})).await;
    let unused = only_key(&server, &owner).await;
    assert_eq!((&unused["last_used"], &unused["statements"]), (&Value::Null, &json!(0)));
    let credentials = (key.as_str(), secret.as_str());
    let batch = json!([statement(&Value::Null), statement(&Value::Null)]);
    assert_eq!(store(&server, credentials, "Moodle/4.5", &batch).await, 200);
    assert_eq!(store(&server, credentials, "Moodle/4.5", &json!({"actor": "nobody"})).await, 400);
    assert_eq!(store(&server, (&key, "wrong"), "a stranger", &batch).await, 401);
    let used = only_key(&server, &owner).await;
    let figures = json!([used["statements"], used["refused"], used["last_client"], used["silent"]]);
    assert_eq!(figures, json!([2, 1, "Moodle/4.5", false]), "strangers do not count");
    assert!(used["last_used"].as_str().unwrap().starts_with("2026-11-24T12:00"), "{used}");
    assert_eq!(store(&server, credentials, "H5P", &batch).await, 200);
    let later = only_key(&server, &owner).await;
    assert_eq!(json!([later["statements"], later["last_client"]]), json!([4, "H5P"]));
}

#[tokio::test]
async fn source_that_used_to_send_is_silent_after_a_day_and_twice_its_usual_pause() {
    let (server, owner) = start().await;
    let (key, secret) = make_key(&server, &owner, &json!({"scopes": ["all"]})).await;
    // Sessions end meanwhile.
    let is_silent = async || {
        let owner = badge_of(&sign_in(&server, OWNER, PASSWORD).await);
        only_key(&server, &owner).await["silent"].as_bool().unwrap()
    };
    for _ in 0..4 {
        assert_eq!(store(&server, (&key, &secret), "", &statement(&Value::Null)).await, 200);
        // Uses are told apart when they are written down; listing does that.
        assert!(!is_silent().await, "it just sent");
        server.clock.advance_seconds(24 * 3_600);
    }
    assert!(!is_silent().await, "a day later");
    server.clock.advance_seconds(25 * 3_600);
    assert!(is_silent().await, "two days later");
}
