//! Records in the admin API, with real statements of Moodle and Open edX: the explorer against a naive look at every statement, people,
//! activities, voiding, live mode, refused requests.

mod acts;
mod attached;
mod backups;
mod explorer;
mod filters;
mod instructor;
mod paging;
mod recorder;
mod resume;

use std::path::Path;

use axum::body::Body;
use http::{Request, StatusCode};
use lrs_core::{Actor, SystemIds, follow_to_end, offer_setup};
use lrs_http::Settings;
use lrs_store::{Clock as _, LrsName, Scope};
use serde_json::{Value, json};

use crate::harness::{Answer, Credentials, TestServer, encode};

/// A server with an LRS, a key, and the owner's session.
pub struct School {
    pub server: TestServer,
    pub key: Credentials,
    cookie: String,
    csrf_token: String,
}

impl School {
    pub async fn open() -> Self {
        let server = TestServer::start(Settings::default()).await;
        let key = server.create_lrs("school", &[Scope::All]).await;
        let offered = offer_setup(&*server.registry, &SystemIds, server.clock.now(), &Actor::server()).await.unwrap();
        let token = offered.unwrap().expose().to_owned();
        let account =
            json!({"token": token, "name": "Olga", "email": "olga@example.org", "password": "correct horse battery"});
        let request = Request::post("/api/v1/setup").header("content-type", "application/json");
        let answer = server.send(request.body(Body::from(account.to_string())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let csrf_token = answer.json()["csrf_token"].as_str().unwrap().to_owned();
        Self { server, key, cookie, csrf_token }
    }

    /// A request of the owner below the LRS; `Null` is no body.
    pub fn request(&self, method: &str, path: &str, body: &Value) -> Request<Body> {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/lrss/school/{path}"))
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf_token)
            .header("accept-language", "en")
            .header("content-type", "application/json");
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        request.body(body).unwrap()
    }

    pub async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.server.send(self.request(method, path, body)).await
    }

    /// What a path answers, as JSON.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, &Value::Null).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer.json()
    }

    /// Sends statements as the key's client.
    pub async fn post(&self, statements: &Value) -> Answer {
        self.server.send_json(&self.key, "1.0.3", ("POST", "/xapi/statements"), statements).await
    }

    /// Sends statements that are accepted; their ids.
    pub async fn store(&self, statements: &Value) -> Vec<String> {
        let answer = self.post(statements).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        serde_json::from_value(answer.json()).unwrap()
    }

    /// The LRS's store.
    pub async fn lrs(&self) -> std::sync::Arc<dyn lrs_store::Store> {
        self.server.registry.open_lrs(&LrsName::parse("school").unwrap()).await.unwrap()
    }

    /// Lets the directory see everything.
    pub async fn follow(&self) {
        follow_to_end(&*self.lrs().await).await.unwrap();
    }

    /// The ids of a list, page by page.
    pub async fn list(&self, query: &str, limit: usize) -> Vec<String> {
        let mut ids = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("statements?limit={limit}{query}{cursor}")).await;
            ids.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { return ids };
            cursor = format!("&cursor={}", encode(next));
        }
    }
}

/// Every real statement.
pub fn real_statements() -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/statements");
    let mut files = Vec::new();
    for folder in ["moodle", "openedx"] {
        let entries = std::fs::read_dir(root.join(folder)).expect("the real statements are there");
        files.extend(
            entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|it| it == "json")),
        );
    }
    files.sort();
    let mut statements = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        match serde_json::from_str(&text) {
            Ok(Value::Array(batch)) => statements.extend(batch),
            Ok(one) => statements.push(one),
            Err(error) => panic!("{}: {error}", file.display()),
        }
    }
    statements
}
