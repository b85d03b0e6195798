//! A client of the xAPI, as blunt as a test needs.

use reqwest::blocking::{RequestBuilder, Response};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::PATIENCE;

/// A key with its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub key: String,
    pub secret: String,
}

/// Speaks to one endpoint with one key.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::blocking::Client,
    endpoint: String,
    key: Key,
    version: &'static str,
}

/// A statement that differs in its activity only.
pub fn statement(activity: &str) -> Value {
    json!({
        "actor": {"objectType": "Agent", "mbox": "mailto:sally@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
        "object": {"id": format!("https://example.org/{activity}")},
    })
}

impl Client {
    /// A client of an endpoint such as `http://127.0.0.1:8080/xapi`, speaking 1.0.3.
    pub fn new(endpoint: &str, key: &Key) -> Self {
        let http = reqwest::blocking::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a plain client");
        Self { http, endpoint: endpoint.to_owned(), key: key.clone(), version: "1.0.3" }
    }

    /// The same, speaking another version.
    pub fn speaking(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// The same through another connection pool, such as one that trusts a test's certificate.
    pub fn through(mut self, http: reqwest::blocking::Client) -> Self {
        self.http = http;
        self
    }

    /// A request to a path under the endpoint, such as `/statements?limit=1`, with key and version.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.endpoint))
            .basic_auth(&self.key.key, Some(&self.key.secret))
            .header("X-Experience-API-Version", self.version)
    }

    /// Asks.
    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().unwrap_or_else(|error| panic!("GET {path}: {error:?}"))
    }

    /// Asks for JSON that must be there.
    #[track_caller]
    pub fn get_json(&self, path: &str) -> Value {
        expect_status(self.get(path), StatusCode::OK)
    }

    /// Posts JSON to `/statements`.
    #[track_caller]
    pub fn post(&self, statements: &Value) -> Response {
        self.try_post(statements).unwrap_or_else(|error| panic!("POST /statements: {error:?}"))
    }

    /// Posts JSON to `/statements`; the server may be gone.
    pub fn try_post(&self, statements: &Value) -> reqwest::Result<Response> {
        self.request(Method::POST, "/statements").json(statements).send()
    }

    /// Stores statements and gives their ids.
    #[track_caller]
    pub fn store(&self, statements: &Value) -> Vec<String> {
        let ids = expect_status(self.post(statements), StatusCode::OK);
        ids.as_array().expect("ids").iter().map(|id| id.as_str().expect("an id is a text").to_owned()).collect()
    }

    /// Every statement that a query finds, over all its pages.
    #[track_caller]
    pub fn find_all(&self, query: &str) -> Vec<Value> {
        let mut page = self.get_json(&format!("/statements?{query}"));
        let mut found = Vec::new();
        loop {
            found.append(page["statements"].as_array_mut().expect("a page holds statements"));
            let more = page["more"].as_str().expect("`more` is a text").to_owned();
            if more.is_empty() {
                return found;
            }
            page = self.get_json(more.strip_prefix("/xapi").expect("`more` is a path of this server"));
        }
    }
}

/// The body of an answer that must have this status, as JSON.
#[track_caller]
pub fn expect_status(answer: Response, status: StatusCode) -> Value {
    let found = answer.status();
    let body = answer.text().expect("the body arrives");
    assert_eq!(found, status, "{body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}
