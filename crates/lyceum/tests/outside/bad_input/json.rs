//! Bodies of statements that are not JSON, not Unicode, or too much of it (RFC 8259; Data 2.2).

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::json;

use super::{check_refused, check_unharmed};
use crate::harness::{Folder, Server, statement};

/// A statement with `extension` as the value of an extension.
fn with_extension(extension: &str) -> Vec<u8> {
    let mut text = statement("hostile").to_string();
    text.truncate(text.len() - 1);
    write!(text, ",\"context\":{{\"extensions\":{{\"https://example.org/x\":{extension}}}}}}}").expect("texts grow");
    text.into_bytes()
}

fn hostile_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let plain = statement("hostile").to_string();
    let with_actor = |actor: &str| {
        let actor_now = r#"{"objectType":"Agent","mbox":"mailto:sally@example.org"}"#;
        assert!(plain.contains(actor_now));
        plain.replace(actor_now, actor).into_bytes()
    };
    let mut broken_utf8 = with_extension("\"?\"");
    let at = broken_utf8.iter().position(|&byte| byte == b'?').expect("it is there");
    broken_utf8[at] = 0xff;
    vec![
        ("no JSON", b"hello".to_vec()),
        ("nothing", Vec::new()),
        ("half of a statement", plain.as_bytes()[..plain.len() / 2].to_vec()),
        ("two statements without a list", format!("{plain}{plain}").into_bytes()),
        ("arrays 100,000 deep", with_extension(&("[".repeat(100_000) + &"]".repeat(100_000)))),
        ("objects 50,000 deep", with_extension(&("{\"a\":".repeat(50_000) + "1" + &"}".repeat(50_000)))),
        ("a list 1,000,000 deep", b"[".repeat(1_000_000)),
        ("the same key twice", with_actor(r#"{"mbox":"mailto:a@example.org","mbox":"mailto:b@example.org"}"#)),
        ("bytes that are not UTF-8", broken_utf8),
        ("half of a surrogate pair", with_extension("\"\\ud800\"")),
        ("the other half of a surrogate pair", with_extension("\"\\udc00x\"")),
        (
            "a number without bounds",
            format!("{},\"result\":{{\"score\":{{\"raw\":1e400}}}}}}", &plain[..plain.len() - 1]).into_bytes(),
        ),
        ("not a number", with_extension("NaN")),
        ("null", with_actor("null")),
    ]
}

#[test]
fn hostile_statements_are_refused_and_nothing_is_stored() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let client = server.client();
    let before = server.resident_bytes();
    for version in ["1.0.3", "2.0.0"] {
        let client = client.clone().speaking(version);
        for (what, body) in hostile_bodies() {
            let request = client.request(Method::POST, "/statements").header("Content-Type", "application/json");
            check_refused(request.body(body).send().expect("an answer"), 400, &format!("{version}: {what}"));
        }
    }
    assert_eq!(client.find_all("").len(), 0);
    check_unharmed(&server, &client, before);
}

#[test]
fn groups_of_ten_thousand_are_stored_and_found() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let client = server.client();
    let before = server.resident_bytes();
    let member = |number: u32| json!({"mbox": format!("mailto:learner{number}@example.org")});
    let mut crowd = statement("crowd");
    crowd["actor"] = json!({"objectType": "Group", "member": (0..10_000).map(member).collect::<Vec<_>>()});
    let ids = client.store(&crowd);
    let found = client.find_all("agent=%7B%22mbox%22%3A%22mailto%3Alearner9999%40example.org%22%7D");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["id"], *ids[0]);
    check_unharmed(&server, &client, before);
}
