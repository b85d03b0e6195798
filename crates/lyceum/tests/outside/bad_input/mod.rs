//! Clients that are slow, endless, wrong or hostile: each gets a clear answer, and none makes the server grow or stop.

mod bodies;
mod connections;
mod json;

use reqwest::blocking::Response;

use crate::harness::{Client, Server, statement};

/// What the server may grow by while it refuses something: room for buffers, far below what hostile bodies ask for.
const GROWTH_BYTES_MAX: u64 = 150 << 20;

/// Fails unless the server still stores and finds, and has not grown much since it used `before` bytes.
#[track_caller]
fn check_unharmed(server: &Server, client: &Client, before: u64) {
    let ids = client.store(&statement("still-well"));
    assert_eq!(client.get(&format!("/statements?statementId={}", ids[0])).status(), 200);
    let grown = server.resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "the server grew by {grown} bytes");
    assert!(!server.log().contains("panic"), "{}", server.log());
}

/// Fails unless an answer has this status and says why in the envelope that all errors have.
#[track_caller]
fn check_refused(answer: Response, status: u16, what: &str) {
    let found = answer.status().as_u16();
    let body = answer.text().unwrap_or_default();
    let envelope: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    assert_eq!(found, status, "{what}: {body}");
    let message = envelope["error"]["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty() && envelope["error"]["status"] == status, "{what}: {body}");
}
