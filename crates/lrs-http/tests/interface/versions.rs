//! Both versions beside each other (Communication 3.3).

use http::StatusCode;
use lrs_http::Settings;
use lrs_store::Scope;
use serde_json::{Value, json};
use xapi::Version;

use crate::harness::{Credentials, TestServer, statement};

const STATEMENTS: &str = "/xapi/statements";

async fn post(server: &TestServer, key: &Credentials, version: &str) -> String {
    let answer = server.send_json(key, version, ("POST", STATEMENTS), &statement(&Value::Null)).await;
    answer.json()[0].as_str().unwrap().to_owned()
}

async fn list(server: &TestServer, key: &Credentials, version: &str, query: &str) -> (Vec<String>, String) {
    let path = format!("{STATEMENTS}{query}");
    let page = server.send_json(key, version, ("GET", &path), &Value::Null).await.json();
    let ids = page["statements"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned());
    (ids.collect(), page["more"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_client_of_one_version_reads_what_the_other_wrote() {
    let server = TestServer::start(Settings::default()).await;
    let key = server.create_lrs("versions", &[Scope::All]).await;
    let (old, new) = (post(&server, &key, "1.0.3").await, post(&server, &key, "2.0.0").await);
    for version in ["1.0.3", "2.0.0"] {
        assert_eq!(list(&server, &key, version, "").await.0, [new.clone(), old.clone()]);
    }
}

#[tokio::test]
async fn strict_versions_hide_new_statements_from_old_clients() {
    let server = TestServer::start(Settings { strict_versions: true, ..Settings::default() }).await;
    let key = server.create_lrs("versions", &[Scope::All]).await;
    let mut old = Vec::new();
    for _ in 0..3 {
        old.insert(0, post(&server, &key, "1.0.3").await);
        post(&server, &key, "2.0.0").await;
    }
    let new = post(&server, &key, "2.0.0").await;
    assert_eq!(list(&server, &key, "1.0.3", "").await, (old.clone(), String::new()));
    assert_eq!(list(&server, &key, "2.0.0", "").await.0.len(), 7);
    let (first, more) = list(&server, &key, "1.0.3", "?limit=2").await;
    assert_eq!(first, old[..2]);
    let rest = server.send_json(&key, "1.0.3", ("GET", &more), &Value::Null).await.json();
    assert_eq!(rest["statements"][0]["id"], json!(old[2]));
    let path = format!("{STATEMENTS}?statementId={new}");
    for (version, status) in [("1.0.3", StatusCode::NOT_FOUND), ("2.0.0", StatusCode::OK)] {
        assert_eq!(server.send_json(&key, version, ("GET", &path), &Value::Null).await.status, status);
    }
}

#[tokio::test]
async fn the_default_version_answers_requests_that_name_none() {
    for default_version in [Version::V1_0_3, Version::V2_0_0] {
        let server = TestServer::start(Settings { default_version, ..Settings::default() }).await;
        let request = http::Request::get("/xapi/about").body(axum::body::Body::empty()).unwrap();
        assert_eq!(server.send(request).await.header("x-experience-api-version"), default_version.as_str());
    }
}

#[tokio::test]
async fn more_goes_through_the_public_url() {
    let public_url = Some("https://example.org/lyceum/".to_owned());
    let server = TestServer::start(Settings { public_url, ..Settings::default() }).await;
    let key = server.create_lrs("public", &[Scope::All]).await;
    post(&server, &key, "2.0.0").await;
    post(&server, &key, "2.0.0").await;
    let (_, more) = list(&server, &key, "2.0.0", "?limit=1").await;
    assert!(more.starts_with("/lyceum/xapi/statements?"), "{more}");
}

#[tokio::test]
async fn the_description_names_every_resource() {
    let server = TestServer::start(Settings::default()).await;
    let request = http::Request::get("/openapi.json").body(axum::body::Body::empty()).unwrap();
    let description = server.send(request).await.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{description}");
    for (path, methods) in [
        ("/xapi/statements", vec!["get", "put", "post"]),
        ("/xapi/activities/state", vec!["get", "put", "post", "delete"]),
        ("/xapi/activities/profile", vec!["get", "put", "post", "delete"]),
        ("/xapi/agents/profile", vec!["get", "put", "post", "delete"]),
        ("/xapi/activities", vec!["get"]),
        ("/xapi/agents", vec!["get"]),
        ("/xapi/about", vec!["get"]),
        ("/health/live", vec!["get"]),
        ("/health/ready", vec!["get"]),
    ] {
        for method in methods {
            assert!(description["paths"][path][method]["responses"].is_object(), "{method} {path}");
        }
    }
}
