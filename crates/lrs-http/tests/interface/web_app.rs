//! The web app's files and the page that every other address gets.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use lrs_core::SystemIds;
use lrs_http::{WebApp, WebFile, web_app_router};
use tower::ServiceExt;

static FILES: [WebFile; 3] = [
    WebFile { path: "index.html", bytes: b"<meta name=\"csp-nonce\" content=\"{{nonce}}\"><p>the app", brotli: None },
    WebFile { path: "assets/index-1a2b.js", bytes: b"plain()", brotli: Some(b"compressed") },
    WebFile { path: "favicon.svg", bytes: b"<svg/>", brotli: None },
];

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

async fn ask(files: &'static [WebFile], method: &str, path: &str, encoding: &str) -> Answer {
    let router = web_app_router(WebApp { files, ids: Arc::new(SystemIds) });
    let request = Request::builder().method(method).uri(path).header("accept-encoding", encoding);
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
}

/// What stands at an address: its status, its type, how long it is kept, and a piece of its body.
async fn check(method: &str, path: &str, status: u16, content_type: &str, kept: &str, piece: &str) {
    let answer = ask(&FILES, method, path, "").await;
    assert_eq!(answer.status, status, "{method} {path}");
    assert_eq!(answer.header("content-type"), content_type, "{method} {path}");
    assert_eq!(answer.header("cache-control"), kept, "{method} {path}");
    assert!(answer.body.contains(piece), "{method} {path}: {}", answer.body);
}

#[tokio::test]
async fn every_address_has_its_answer() {
    const PAGE: (&str, &str) = ("text/html; charset=utf-8", "no-cache");
    const FOREVER: &str = "public, max-age=31536000, immutable";
    check("GET", "/", 200, PAGE.0, PAGE.1, "the app").await;
    check("GET", "/index.html", 200, PAGE.0, PAGE.1, "the app").await;
    check("GET", "/docs", 200, PAGE.0, PAGE.1, "the app").await;
    check("GET", "/lrs/default/people/mailto:ana@example.org", 200, PAGE.0, PAGE.1, "the app").await;
    check("GET", "/apiary", 200, PAGE.0, PAGE.1, "the app").await;
    check("GET", "/assets/index-1a2b.js", 200, "text/javascript; charset=utf-8", FOREVER, "plain()").await;
    check("GET", "/favicon.svg", 200, "image/svg+xml", "no-cache", "<svg/>").await;
    check("GET", "/assets/index-0000.js", 404, "", "", "").await;
    check("GET", "/assets/../index.html", 404, "", "", "").await;
    check("GET", "/../../etc/passwd", 200, PAGE.0, PAGE.1, "the app").await;
    check("GET", "/%2e%2e/%2e%2e/etc/passwd", 200, PAGE.0, PAGE.1, "the app").await;
    for path in ["/xapi", "/xapi/nothing", "/api/v1/nothing", "/health/nothing", "/metrics"] {
        check("GET", path, 404, "application/json", "", "no_such_route").await;
    }
    check("POST", "/", 404, "application/json", "", "no_such_route").await;
}

#[tokio::test]
async fn compressed_files_go_to_those_who_take_them() {
    for (encoding, sent, body) in [
        ("br", "br", "compressed"),
        ("gzip, deflate, br;q=0.5", "br", "compressed"),
        ("gzip, br;q=0", "", "plain()"),
        ("", "", "plain()"),
        ("broken", "", "plain()"),
    ] {
        let answer = ask(&FILES, "GET", "/assets/index-1a2b.js", encoding).await;
        assert_eq!((answer.header("content-encoding"), answer.body.as_str()), (sent, body), "{encoding}");
        assert_eq!(answer.header("vary"), "accept-encoding", "{encoding}");
    }
}

#[tokio::test]
async fn the_policy_lets_in_nothing_from_elsewhere() {
    let answer = ask(&FILES, "GET", "/", "").await;
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
    for forbidden in ["unsafe", "*", "http", "data:", "blob:"] {
        assert!(!policy.contains(forbidden), "{forbidden} in {policy}");
    }
    for (header, value) in
        [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")]
    {
        assert_eq!(answer.header(header), value);
        assert_eq!(ask(&FILES, "GET", "/assets/index-1a2b.js", "").await.header(header), value);
    }
}

#[tokio::test]
async fn each_page_has_a_nonce_of_its_own() {
    let mut nonces = Vec::new();
    for _ in 0..3 {
        let answer = ask(&FILES, "GET", "/", "").await;
        let nonce = answer.body.split('"').nth(3).unwrap().to_owned();
        assert!(nonce.len() >= 22, "{nonce}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
        nonces.push(nonce);
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 3);
}

#[tokio::test]
async fn a_server_without_the_app_says_how_to_get_it() {
    let answer = ask(&[], "GET", "/", "").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("cargo xtask serve"), "{}", answer.body);
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
}
