//! Memory for request bodies is bounded over all requests: who finds no room waits, then is told to come again.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http::{Request, StatusCode};
use lrs_http::Settings;
use lrs_store::Scope;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Sender, channel};

use crate::harness::{Answer, Credentials, TestServer, encode, statement};

const STATEMENTS: &str = "/xapi/statements";
const MEMORY_BYTES: usize = 64 << 10;
/// A body that leaves no room for another of its kind.
const LARGE_BYTES: usize = 40 << 10;

fn settings(bodies_wait: Duration) -> Settings {
    Settings { bodies_bytes_max: MEMORY_BYTES, bodies_wait, ..Settings::default() }
}

/// A statement of [`LARGE_BYTES`].
fn large() -> String {
    statement(&json!({ "result": { "response": "x".repeat(LARGE_BYTES) } })).to_string()
}

fn post(key: &Credentials, content_type: &str) -> http::request::Builder {
    Request::post(STATEMENTS)
        .header("authorization", &key.authorization)
        .header("x-experience-api-version", "1.0.3")
        .header("content-type", content_type)
}

/// A body that the test sends bit by bit; it ends when the sender is dropped.
fn slow_body() -> (Sender<Bytes>, Body) {
    let (sender, received) = channel::<Bytes>(1);
    let parts = futures_util::stream::unfold(received, async |mut received| {
        received.recv().await.map(|part| (Ok::<_, std::io::Error>(part), received))
    });
    (sender, Body::from_stream(parts))
}

fn check_no_room(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "too_many_bodies"),
        "{}",
        answer.text()
    );
    assert_eq!(answer.header("retry-after"), "5");
}

/// Has one request hold most of the memory while `meanwhile` runs, and gives the answer to it.
async fn while_held(server: &TestServer, key: &Credentials, announced: bool, meanwhile: impl AsyncFnOnce()) -> Answer {
    let body = large();
    let (sender, slow) = slow_body();
    let request = post(key, "application/json");
    let request = if announced { request.header("content-length", body.len()) } else { request };
    let sending = async {
        // All but the end has been taken over when there is room in the channel again, twice.
        let (most, end) = body.split_at(body.len() - 1);
        let permits = [sender.send(most.to_owned().into()).await, sender.send(Bytes::new()).await];
        assert!(permits.iter().all(Result::is_ok));
        drop(sender.reserve().await);
        meanwhile().await;
        sender.send(end.to_owned().into()).await.unwrap();
        drop(sender);
    };
    tokio::join!(server.send(request.body(slow).unwrap()), sending).0
}

#[tokio::test]
async fn a_body_that_finds_no_room_is_refused_after_a_wait_and_the_others_go_on() {
    for announced in [true, false] {
        let server = TestServer::start(settings(Duration::from_millis(1))).await;
        let key = server.create_lrs("memory", &[Scope::All]).await;
        let held = while_held(&server, &key, announced, async || {
            check_no_room(&server.send(post(&key, "application/json").body(Body::from(large())).unwrap()).await);
            let state = format!(
                "/xapi/activities/state?activityId=http://a.b&stateId=s&agent={}",
                encode(r#"{"mbox":"mailto:a@b.cd"}"#)
            );
            let document = Value::String("x".repeat(LARGE_BYTES));
            check_no_room(&server.send_json(&key, "1.0.3", ("PUT", &state), &document).await);
            let form = format!(
                "content={}&authorization={}&x-experience-api-version=1.0.3",
                encode(&large()),
                encode(&key.authorization)
            );
            let request = Request::post(format!("{STATEMENTS}?method=POST"))
                .header("content-type", "application/x-www-form-urlencoded");
            check_no_room(&server.send(request.body(Body::from(form)).unwrap()).await);
            let multipart = format!("--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--\r\n", large());
            check_no_room(
                &server.send(post(&key, "multipart/mixed; boundary=b").body(Body::from(multipart)).unwrap()).await,
            );
            // What is small enough, and what has no body, is answered.
            let small = server.send_json(&key, "1.0.3", ("POST", STATEMENTS), &statement(&Value::Null)).await;
            assert_eq!(small.status, StatusCode::OK, "{}", small.text());
            let listed = server.send_json(&key, "1.0.3", ("GET", STATEMENTS), &Value::Null).await;
            assert_eq!(listed.json()["statements"].as_array().map(Vec::len), Some(1));
        })
        .await;
        assert_eq!(held.status, StatusCode::OK, "{}", held.text());
        // Everything was given back: the same fits again.
        let again = server.send(post(&key, "application/json").body(Body::from(large())).unwrap()).await;
        assert_eq!(again.status, StatusCode::OK, "{}", again.text());
    }
}

#[tokio::test]
async fn a_body_that_finds_room_in_time_is_stored() {
    let server = TestServer::start(settings(Duration::from_mins(1))).await;
    let key = server.create_lrs("memory", &[Scope::All]).await;
    let requests = (0..10).map(|_| server.send(post(&key, "application/json").body(Body::from(large())).unwrap()));
    for answer in futures_util::future::join_all(requests).await {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
}

/// Who shows no key gets memory for what it sends, not for what it announces.
#[tokio::test]
async fn an_announcement_without_a_key_takes_nothing() {
    let server = TestServer::start(settings(Duration::from_millis(1))).await;
    let key = server.create_lrs("memory", &[Scope::All]).await;
    let (sender, slow) = slow_body();
    let form = Request::post(format!("{STATEMENTS}?method=POST"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-length", MEMORY_BYTES)
        .body(slow)
        .unwrap();
    let sending = async {
        sender.send(Bytes::from_static(b"content=")).await.unwrap();
        drop(sender.reserve().await);
        let stored = server.send(post(&key, "application/json").body(Body::from(large())).unwrap()).await;
        assert_eq!(stored.status, StatusCode::OK, "{}", stored.text());
        drop(sender);
    };
    let (refused, ()) = tokio::join!(server.send(form), sending);
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.text());
}

/// Attachments pass through to the disk, so they may be larger than all memory for bodies.
#[tokio::test]
async fn attachments_do_not_count() {
    use sha2::{Digest as _, Sha256};
    let server = TestServer::start(settings(Duration::from_millis(1))).await;
    let key = server.create_lrs("memory", &[Scope::All]).await;
    let bytes = "a".repeat(3 * MEMORY_BYTES);
    let sha2 = format!("{:x}", Sha256::digest(&bytes));
    let attachment = json!({
        "usageType": "http://example.org/file", "display": { "en": "f" }, "contentType": "text/plain",
        "length": bytes.len(), "sha2": sha2,
    });
    let body = format!(
        "--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nContent-Type: text/plain\r\n\
         Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n{bytes}\r\n--b--\r\n",
        statement(&json!({ "attachments": [attachment] })),
    );
    let parts: Vec<_> = body.as_bytes().chunks(8 << 10).map(|part| Ok::<_, std::io::Error>(part.to_vec())).collect();
    let body = Body::from_stream(futures_util::stream::iter(parts));
    let stored = server.send(post(&key, "multipart/mixed; boundary=b").body(body).unwrap()).await;
    assert_eq!(stored.status, StatusCode::OK, "{}", stored.text());
}
