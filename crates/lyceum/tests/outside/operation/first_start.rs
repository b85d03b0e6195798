//! The first start: one block that lets a person store a first statement, later only the endpoint; and the ways in which
//! a start fails.

use std::process::Command;

use serde_json::Value;

use crate::harness::{Folder, Key, PATIENCE, Server, Start, lyceum, statement};

#[test]
fn first_start_prints_a_key_and_a_curl_line_that_works() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let printed = server.printed();
    let key = server.first_key().expect("a first start prints a key");
    assert!(key.secret.len() >= 43, "256 bits in base64: {printed}");

    let line = printed.lines().find(|line| line.starts_with("curl ")).expect("a curl line");
    let output =
        Command::new("sh").args(["-c", line]).env_remove("http_proxy").output().expect("sh and curl are there");
    let ids: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let id = ids[0].as_str().expect("an id");

    let found = server.client().get_json(&format!("/statements?statementId={id}"));
    assert_eq!(found["actor"]["mbox"], "mailto:sally@example.org");
}

#[test]
fn first_start_prints_a_link_for_the_first_account() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let http = reqwest::blocking::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a plain client");
    let token_of = |text: &str| {
        let (_, rest) = text.split_once("/setup#token=").unwrap_or_else(|| panic!("no link in {text}"));
        rest.split_whitespace().next().expect("a link has an end").to_owned()
    };
    let lost = token_of(server.printed());
    let link = lyceum(&["account", "link", "--data", server.data()]).expect_success().stdout;
    let use_link = |token: &str| {
        let body = serde_json::json!({
            "token": token, "name": "Olga", "email": "olga@example.org", "password": "correct horse battery",
        });
        http.post(server.url("/api/v1/setup")).json(&body).send().expect("the server answers")
    };
    assert_eq!(use_link(&lost).status(), 410, "a new link ends the one before");
    let made = use_link(&token_of(&link));
    let cookie = made.headers()["set-cookie"].to_str().expect("ASCII").split(';').next().expect("a value").to_owned();
    assert_eq!(made.status(), 200);
    assert_eq!(use_link(&token_of(&link)).status(), 410, "it works once");
    lyceum(&["account", "link", "--data", server.data()]).expect_failure(&["accounts already"]);

    // What is done at the command line is recorded too.
    let key = server.create_key("default", "all");
    let rotated = lyceum(&["key", "rotate", &key.key, "--grace", "1h", "--data", server.data(), "--json"]);
    let second = rotated.expect_success().json()["secret"].as_str().expect("a secret").to_owned();
    for secret in [key.secret.clone(), second] {
        server.client_of(&Key { key: key.key.clone(), secret }).store(&statement("rotated"));
    }
    lyceum(&["key", "revoke", &key.key, "--data", server.data()]).expect_success();
    let log = http.get(server.url("/api/v1/audit?action=key&text=command%20line")).header("cookie", cookie).send();
    let log: Value = log.expect("the server answers").json().expect("JSON");
    let actions: Vec<_> = log["items"].as_array().expect("a list").iter().map(|it| it["action"].clone()).collect();
    assert_eq!(actions, ["key.revoke", "key.rotate", "key.create"], "{log}");
    assert!(log["items"][0]["who"].as_str().is_some_and(|who| who.starts_with("command line, user ")), "{log}");
    assert!(!server.log().contains(&lost), "no secret in a log");
}

#[test]
fn lost_password_is_replaced_by_a_link_from_the_command_line() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let http = reqwest::blocking::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a plain client");
    let post = |path: &str, body: Value| http.post(server.url(path)).json(&body).send().expect("the server answers");
    let (_, rest) = server.printed().split_once("/setup#token=").expect("a link");
    let token = rest.split_whitespace().next().expect("a link has an end");
    let password = "correct horse battery";
    let account =
        serde_json::json!({"token": token, "name": "Olga", "email": "olga@example.org", "password": password});
    let made = post("/api/v1/setup", account);
    assert_eq!(made.status(), 200);
    let cookie = made.headers()["set-cookie"].to_str().expect("ASCII").split(';').next().expect("a value").to_owned();
    let session = || http.get(server.url("/api/v1/session")).header("cookie", &cookie).send().expect("an answer");
    assert_eq!(session().status(), 200);

    let offer = |email: &str| lyceum(&["account", "reset", email, "--data", server.data(), "--json"]);
    offer("nobody@example.org").expect_failure(&["no account", "nobody@example.org"]);
    offer("nobody").expect_failure(&["e-mail address"]);
    assert_eq!(session().status(), 200, "nothing happened yet");
    let link = offer("olga@example.org").expect_success().json()["link"].as_str().expect("a link").to_owned();
    assert_eq!(session().status(), 401, "every session ended");
    let (page, token) = link.split_once("#token=").expect("a token");
    assert_eq!(page, "http://127.0.0.1:8080/reset");
    let set = || {
        let body = serde_json::json!({"token": token, "password": "another long password"});
        post("/api/v1/account/password/reset", body).status()
    };
    assert_eq!(set(), 200);
    assert_eq!(set(), 410, "it works once");
    for (password, status) in [(password, 401), ("another long password", 200)] {
        let sign_in = serde_json::json!({"email": "olga@example.org", "password": password});
        assert_eq!(post("/api/v1/session", sign_in).status(), status);
    }
    assert!(!server.log().contains(token), "no secret in a log");
}

#[test]
fn later_starts_print_the_endpoint_only() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    let (first_printed, key) = (server.printed().to_owned(), server.first_key().cloned().expect("a key"));
    assert!(server.terminate().success());

    let server = Server::start(&folder);
    assert!(first_printed.contains(&key.secret));
    assert_eq!(server.printed().lines().count(), 1, "{}", server.printed());
    assert!(!server.printed().contains(&key.secret));
    server.client_of(&key).store(&statement("again"));
}

#[test]
fn port_in_use_is_named_with_advice() {
    let (folder, other) = (Folder::new(), Folder::new());
    let server = Server::start(&folder);
    let address = server.address().to_string();
    lyceum(&["serve", "--data", &other.data(), "--listen", &address]).expect_failure(&[
        &server.address().port().to_string(),
        "in use by another program",
        "--listen",
    ]);
}

#[test]
fn impossible_addresses_are_refused_with_advice() {
    for address in ["nonsense", "127.0.0.1", "127.0.0.1:99999", "192.0.2.1:8080"] {
        let folder = Folder::new();
        lyceum(&["serve", "--data", &folder.data(), "--listen", address]).expect_failure(&["127.0.0.1:8080"]);
    }
}

#[test]
fn deleted_default_lrs_does_not_come_back_beside_others() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    lyceum(&["lrs", "create", "other", "--data", server.data()]).expect_success();
    lyceum(&["lrs", "delete", "default", "--data", server.data(), "--yes"]).expect_success();
    assert!(server.terminate().success());
    let server = Start::default().on(&folder.data());
    let lrss = lyceum(&["lrs", "list", "--data", server.data(), "--json"]).expect_success().json();
    assert_eq!(lrss.as_array().map(Vec::len), Some(1), "{lrss}");
    assert_eq!(lrss[0]["name"], "other");
}
