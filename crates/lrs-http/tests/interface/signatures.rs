//! Signed statements through the interface (Data 2.6). Signatures without a certificate are compared by their payload, so none is
//! needed here; verification itself is tested where it is written.

use std::fmt::Write as _;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, StatusCode};
use lrs_http::Settings;
use lrs_store::Scope;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Answer, Credentials, TestServer, statement};

fn jws(algorithm: &str, payload: &[u8]) -> String {
    let header = json!({ "alg": algorithm }).to_string();
    [header.as_bytes(), payload, b"unverified"].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

fn sha256(jws: &str) -> String {
    format!("{:x}", Sha256::digest(jws.as_bytes()))
}

fn attachment(jws: &str) -> Value {
    json!({
        "usageType": "http://adlnet.gov/expapi/attachments/signature", "display": { "en": "Signature" },
        "contentType": "application/octet-stream", "length": jws.len(), "sha2": sha256(jws),
    })
}

fn signed(signatures: &[&str]) -> Value {
    let attachments: Vec<Value> = signatures.iter().map(|jws| attachment(jws)).collect();
    statement(&json!({ "attachments": attachments }))
}

async fn post(server: &TestServer, key: &Credentials, version: &str, statement: &Value, signatures: &[&str]) -> Answer {
    let mut body = format!("--b\r\nContent-Type: application/json\r\n\r\n{statement}\r\n");
    for jws in signatures {
        let _ = write!(
            body,
            "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\
             X-Experience-API-Hash: {}\r\n\r\n{jws}\r\n",
            sha256(jws),
        );
    }
    body += "--b--\r\n";
    let request = Request::post("/xapi/statements")
        .header("authorization", &key.authorization)
        .header("x-experience-api-version", version)
        .header("content-type", "multipart/mixed; boundary=b")
        .body(Body::from(body))
        .unwrap();
    server.send(request).await
}

#[tokio::test]
async fn a_signature_says_what_its_statement_says() {
    let server = TestServer::start(Settings::default()).await;
    let key = server.create_lrs("signed", &[Scope::All]).await;
    let same = statement(&Value::Null).to_string();
    let other = statement(&json!({ "actor": { "mbox": "mailto:ben@example.org" } })).to_string();
    let check = async |what: &str, algorithm: &str, payload: &str, status: StatusCode| {
        for version in ["1.0.3", "2.0.0"] {
            let jws = jws(algorithm, payload.as_bytes());
            let answer = post(&server, &key, version, &signed(&[&jws]), &[&jws]).await;
            assert_eq!(answer.status, status, "{what} ({version}): {}", answer.text());
        }
    };
    check("the statement itself", "RS256", &same, StatusCode::OK).await;
    check("the statement itself", "RS384", &same, StatusCode::OK).await;
    check("the statement itself", "RS512", &same, StatusCode::OK).await;
    check("a valid statement that differs", "RS256", &other, StatusCode::BAD_REQUEST).await;
    check("no JSON", "RS256", "passed", StatusCode::BAD_REQUEST).await;
    check("another algorithm", "HS256", &same, StatusCode::BAD_REQUEST).await;
    check("no algorithm", "none", &same, StatusCode::BAD_REQUEST).await;
}

#[tokio::test]
async fn a_signature_comes_with_its_bytes_even_when_it_has_a_file_url() {
    let server = TestServer::start(Settings::default()).await;
    let key = server.create_lrs("signed", &[Scope::All]).await;
    let jws = jws("RS256", statement(&Value::Null).to_string().as_bytes());
    let mut linked = signed(&[&jws]);
    linked["attachments"][0]["fileUrl"] = json!("http://example.org/signature");
    let answer = post(&server, &key, "1.0.3", &linked, &[]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
    assert_eq!(answer.json()["error"]["violations"][0]["pointer"], json!("/attachments/0"));
}

#[tokio::test]
async fn a_sub_statement_is_signed_as_a_statement_is() {
    let server = TestServer::start(Settings::default()).await;
    let key = server.create_lrs("signed", &[Scope::All]).await;
    let check = async |what: &str, payload: &Value, status: StatusCode| {
        let jws = jws("RS256", payload.to_string().as_bytes());
        let mut object = signed(&[&jws]);
        object["objectType"] = json!("SubStatement");
        let answer = post(&server, &key, "2.0.0", &statement(&json!({ "object": object })), &[&jws]).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        if status == StatusCode::BAD_REQUEST {
            assert_eq!(answer.json()["error"]["violations"][0]["pointer"], json!("/object/attachments/0"));
        }
    };
    check("the sub-statement", &statement(&Value::Null), StatusCode::OK).await;
    let other = statement(&json!({ "actor": { "mbox": "mailto:ben@example.org" } }));
    check("another statement", &other, StatusCode::BAD_REQUEST).await;
}

#[tokio::test]
async fn a_statement_has_at_most_ten_signatures() {
    let server = TestServer::start(Settings::default()).await;
    let key = server.create_lrs("signed", &[Scope::All]).await;
    // Spaces that say nothing make them different.
    let signatures: Vec<String> = (0..12)
        .map(|spaces| jws("RS256", format!("{}{}", statement(&Value::Null), " ".repeat(spaces)).as_bytes()))
        .collect();
    let signatures: Vec<&str> = signatures.iter().map(String::as_str).collect();
    for (count, too_many) in [(10, &[][..]), (11, &["/attachments/10"]), (12, &["/attachments/10", "/attachments/11"])]
    {
        let answer = post(&server, &key, "2.0.0", &signed(&signatures[..count]), &signatures[..count]).await;
        let status = if too_many.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        assert_eq!(answer.status, status, "{count}: {}", answer.text());
        let violations = answer.json()["error"]["violations"].as_array().cloned().unwrap_or_default();
        let places: Vec<_> = violations.iter().map(|violation| violation["pointer"].as_str().unwrap()).collect();
        assert_eq!(places, too_many, "{count}");
    }
}
