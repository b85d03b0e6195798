//! What is too large is refused with 413 and the limit's name, and changes nothing.

use axum::body::Body;
use http::{Request, StatusCode};
use lrs_http::Settings;
use lrs_store::Scope;
use serde_json::{Value, json};

use crate::harness::{Answer, TestServer, statement};

const STATEMENTS: &str = "/xapi/statements";
const PROFILE: &str = "/xapi/activities/profile?activityId=http://example.org/quiz&profileId=p";

fn small() -> Settings {
    Settings {
        statements_bytes_max: 1000,
        batch_statements_max: 2,
        attachment_bytes_max: 100,
        document_bytes_max: 100,
        ..Settings::default()
    }
}

fn check(answer: &Answer, limit: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"), "{limit}");
    assert!(answer.text().contains(limit), "{}", answer.text());
}

#[tokio::test]
async fn each_limit_is_named() {
    let server = TestServer::start(small()).await;
    let key = server.create_lrs("limits", &[Scope::All]).await;
    let long = statement(&json!({ "actor": { "mbox": "mailto:ana@example.org", "name": "a".repeat(1000) } }));
    check(&server.send_json(&key, "2.0.0", ("POST", STATEMENTS), &long).await, "1000 bytes of statements");
    let short = json!({
        "actor": { "mbox": "mailto:a@b.cd" }, "verb": { "id": "http://a.b" }, "object": { "id": "http://a.b" },
    });
    let three = json!([short, short, short]);
    check(&server.send_json(&key, "2.0.0", ("POST", STATEMENTS), &three).await, "2 statements in a batch");
    let document = json!({ "a": "a".repeat(100) });
    check(&server.send_json(&key, "2.0.0", ("POST", PROFILE), &document).await, "100 bytes of a document");
    assert_eq!(server.send_json(&key, "2.0.0", ("GET", PROFILE), &Value::Null).await.status, StatusCode::NOT_FOUND);
    let stored = server.send_json(&key, "2.0.0", ("GET", STATEMENTS), &Value::Null).await.json();
    assert_eq!(stored["statements"], json!([]));
}

#[tokio::test]
async fn an_attachment_is_cut_off_while_it_arrives() {
    let server = TestServer::start(small()).await;
    let key = server.create_lrs("limits", &[Scope::All]).await;
    let sha2 = "0".repeat(64);
    let attachment = json!({
        "usageType": "http://example.org/file", "display": { "en": "f" }, "contentType": "text/plain",
        "length": 200, "sha2": sha2,
    });
    let body = format!(
        "--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nContent-Type: text/plain\r\n\
         Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n{}\r\n--b--\r\n",
        statement(&json!({ "attachments": [attachment] })),
        "a".repeat(200)
    );
    let request = Request::post(STATEMENTS)
        .header("authorization", &key.authorization)
        .header("x-experience-api-version", "2.0.0")
        .header("content-type", "multipart/mixed; boundary=b")
        .body(Body::from(body))
        .unwrap();
    check(&server.send(request).await, "100 bytes of an attachment");
}

/// A body without `Content-Length` is counted while it is read.
#[tokio::test]
async fn a_body_of_unknown_length_is_counted() {
    let server = TestServer::start(small()).await;
    let key = server.create_lrs("limits", &[Scope::All]).await;
    let chunks = (0..50).map(|_| Ok::<_, std::io::Error>("[".repeat(100)));
    let request = Request::post(STATEMENTS)
        .header("authorization", &key.authorization)
        .header("x-experience-api-version", "1.0.3")
        .header("content-type", "application/json")
        .body(Body::from_stream(futures_util::stream::iter(chunks)))
        .unwrap();
    check(&server.send(request).await, "1000 bytes of statements");
}
