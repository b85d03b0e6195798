//! Signed statements through the interface (Data 2.6). Signatures without a certificate are compared by their payload, so none is
//! needed here; verification itself is tested where it is written.

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

fn signed(jws: &str, extra: &Value) -> Value {
    let sha2 = format!("{:x}", Sha256::digest(jws.as_bytes()));
    let mut attachment = json!({
        "usageType": "http://adlnet.gov/expapi/attachments/signature", "display": { "en": "Signature" },
        "contentType": "application/octet-stream", "length": jws.len(), "sha2": sha2,
    });
    for (name, value) in extra.as_object().into_iter().flatten() {
        attachment[name] = value.clone();
    }
    statement(&json!({ "attachments": [attachment] }))
}

async fn post(server: &TestServer, key: &Credentials, version: &str, statement: &Value, jws: Option<&str>) -> Answer {
    let sha2 = statement["attachments"][0]["sha2"].as_str().unwrap();
    let part = jws.map_or(String::new(), |jws| {
        format!(
            "\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\
             X-Experience-API-Hash: {sha2}\r\n\r\n{jws}"
        )
    });
    let body = format!("--b\r\nContent-Type: application/json\r\n\r\n{statement}{part}\r\n--b--\r\n");
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
    let server = TestServer::start(Settings::default());
    let key = server.create_lrs("signed", &[Scope::All]).await;
    let same = statement(&Value::Null).to_string();
    let other = statement(&json!({ "actor": { "mbox": "mailto:ben@example.org" } })).to_string();
    let check = async |what: &str, algorithm: &str, payload: &str, status: StatusCode| {
        for version in ["1.0.3", "2.0.0"] {
            let jws = jws(algorithm, payload.as_bytes());
            let answer = post(&server, &key, version, &signed(&jws, &Value::Null), Some(&jws)).await;
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
    let server = TestServer::start(Settings::default());
    let key = server.create_lrs("signed", &[Scope::All]).await;
    let jws = jws("RS256", statement(&Value::Null).to_string().as_bytes());
    let linked = signed(&jws, &json!({ "fileUrl": "http://example.org/signature" }));
    let answer = post(&server, &key, "1.0.3", &linked, None).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
    assert_eq!(answer.json()["error"]["violations"][0]["pointer"], json!("/attachments/0"));
}
