//! LRSs and keys by the command line beside a running server: they take effect without a restart, and secrets stay secret.

use std::path::Path;

use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{Client, Folder, Key, Server, lyceum, lyceum_with, statement, wait_for};

fn status_of(client: &Client) -> StatusCode {
    client.get("/statements?limit=1").status()
}

#[track_caller]
fn wait_for_status(client: &Client, status: StatusCode) {
    wait_for(&format!("status {status}"), || (status_of(client) == status).then_some(()));
}

#[test]
fn keys_follow_the_command_line_without_a_restart() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let key = server.create_key("default", "all");
    let client = server.client_of(&key);
    wait_for_status(&client, StatusCode::OK);

    let key_command = |words: &[&str]| {
        let mut arguments = vec!["key"];
        arguments.extend(words);
        arguments.extend(["--data", server.data(), "--json"]);
        lyceum(&arguments).expect_success().json()
    };
    let limited = key_command(&["limit", &key.key, "--scope", "statements/write"]);
    assert_eq!(limited["scopes"], serde_json::json!(["statements/write"]));
    wait_for_status(&client, StatusCode::FORBIDDEN);
    key_command(&["limit", &key.key, "--scope", "all", "--expires", "2020-01-01"]);
    wait_for_status(&client, StatusCode::UNAUTHORIZED);
    let unlimited = key_command(&["limit", &key.key, "--expires", "never"]);
    assert_eq!(unlimited["expires"], Value::Null);
    wait_for_status(&client, StatusCode::OK);
    key_command(&["limit", &key.key, "--rate", "1"]);
    wait_for_status(&client, StatusCode::TOO_MANY_REQUESTS);
    key_command(&["limit", &key.key, "--rate", "none"]);
    wait_for_status(&client, StatusCode::OK);
    let revoked = key_command(&["revoke", &key.key]);
    assert!(revoked["revoked"].is_string(), "{revoked}");
    wait_for_status(&client, StatusCode::UNAUTHORIZED);
}

#[test]
fn lrss_are_apart_and_follow_the_command_line_without_a_restart() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    lyceum(&["lrs", "create", "physics", "--data", server.data(), "--json"]).expect_success();
    let (physics, first) = (server.client_of(&server.create_key("physics", "all")), server.client());
    wait_for_status(&physics, StatusCode::OK);
    let ids = physics.store(&statement("physics"));
    assert_eq!(first.get(&format!("/statements?statementId={}", ids[0])).status(), StatusCode::NOT_FOUND);
    assert_eq!(physics.find_all("").len(), 1);

    let delete = ["lrs", "delete", "physics", "--data", server.data()];
    lyceum(&delete).expect_failure(&["--yes"]);
    assert_eq!(physics.find_all("").len(), 1, "nothing is deleted unasked");
    lyceum(&[&delete[..], &["--yes"]].concat()).expect_success();
    wait_for_status(&physics, StatusCode::UNAUTHORIZED);
    assert_eq!(status_of(&first), StatusCode::OK);
    wait_for("the files to go", || (!Path::new(server.data()).join("lrs/physics.db").exists()).then_some(()));
}

#[test]
fn commands_work_without_a_server() {
    let folder = Folder::new();
    let data = folder.data();
    let made =
        lyceum(&["key", "create", "--data", &data, "--lrs", "default", "--scope", "all", "--json"]).expect_success();
    let made = made.json();
    let fields: Vec<_> = made.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(fields, ["key", "secret"]);
    let key = Key {
        key: made["key"].as_str().expect("a text").into(),
        secret: made["secret"].as_str().expect("a text").into(),
    };
    let server = Server::start(&folder);
    assert_eq!(server.first_key(), None, "there is a key already");
    server.client_of(&key).store(&statement("early"));
}

#[test]
fn wrong_commands_say_what_is_right() {
    let folder = Folder::new();
    let data = folder.data();
    let check = |words: &[&str], expected: &[&str]| {
        lyceum(&[words, &["--data", &data]].concat()).expect_failure(expected);
    };
    check(&["lrs", "create", "Physics!"], &["a–z"]);
    check(&["lrs", "delete", "nothing", "--yes"], &["no LRS nothing"]);
    check(&["key", "create", "--lrs", "nothing", "--scope", "all"], &["no LRS nothing", "lyceum lrs create --data"]);
    check(&["key", "create", "--scope", "everything"], &["statements/read/mine"]);
    check(&["key", "create", "--scope", "all", "--expires", "soon"], &["90d", "never"]);
    check(&["key", "create", "--scope", "all", "--rate", "0"], &["revoked"]);
    check(&["key", "limit", "nobody"], &["nothing to change"]);
    check(&["key", "limit", "nobody", "--rate", "5"], &["no key nobody"]);
    check(&["key", "revoke", "nobody"], &["no key nobody"]);
    lyceum(&["lrs", "create", "twice", "--data", &data]).expect_success();
    check(&["lrs", "create", "twice"], &["exists already"]);
}

#[test]
fn lists_show_limits_and_never_secrets() {
    let folder = Folder::new();
    let data = folder.data();
    let create = ["key", "create", "--lrs", "default", "--scope", "state", "--scope", "profile", "--label", "Moodle"];
    let limits = ["--expires", "2099-01-31", "--rate", "50", "--data", &data, "--json"];
    let made = lyceum(&[&create[..], &limits[..]].concat()).expect_success().json();
    let secret = made["secret"].as_str().expect("a text");
    let listed = lyceum(&["key", "list", "--data", &data, "--json"]).expect_success();
    let key = &listed.json()[0];
    assert_eq!((&key["key"], &key["label"], &key["rate"]), (&made["key"], &"Moodle".into(), &50.into()));
    assert_eq!(key["expires"], "2099-01-31T00:00:00.000000Z");
    assert_eq!(key["scopes"], serde_json::json!(["state", "profile"]));
    let table = lyceum(&["key", "list", "--data", &data]).expect_success().stdout;
    assert!(table.contains("Moodle") && !table.contains(secret) && !listed.stdout.contains(secret), "{table}");
}

#[test]
fn secrets_are_not_logged() {
    let folder = Folder::new();
    let server = crate::harness::Start::default().with(&["--log", "trace"]).on(&folder.data());
    let key = server.first_key().cloned().expect("a first key");
    server.client().store(&statement("quiet"));
    let wrong = Key { key: key.key.clone(), secret: "a-wrong-but-secret-guess".to_owned() };
    assert_eq!(status_of(&server.client_of(&wrong)), StatusCode::UNAUTHORIZED);
    let log = server.log();
    let basic = base64_of(&format!("{}:{}", key.key, key.secret));
    for quiet in [&key.secret, &wrong.secret, &basic, "sally@example.org"] {
        assert!(!log.contains(quiet), "{quiet} is in the log");
    }
    assert!(log.contains("/xapi/statements"), "the log tells requests: {log}");
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn failed_authentications_are_slowed_down() {
    let folder = Folder::new();
    let start = crate::harness::Start::default().with(&["--failed-authentications-per-minute-max", "5"]);
    let server = start.on(&folder.data());
    let wrong = Key { key: "nobody".to_owned(), secret: "nothing".to_owned() };
    let guesser = server.client_of(&wrong);
    let answers: Vec<StatusCode> = (0..12).map(|_| status_of(&guesser)).collect();
    assert_eq!(answers[0], StatusCode::UNAUTHORIZED);
    assert!(answers.contains(&StatusCode::TOO_MANY_REQUESTS), "{answers:?}");
    assert_eq!(status_of(&server.client()), StatusCode::OK, "who knows the secret is let in");
}

#[test]
fn deletion_without_a_terminal_wants_yes() {
    let folder = Folder::new();
    let data = folder.data();
    lyceum(&["lrs", "create", "kept", "--data", &data]).expect_success();
    lyceum_with(&["lrs", "delete", "kept", "--data", &data], &[], "kept\n").expect_failure(&["no terminal", "--yes"]);
    let listed = lyceum(&["lrs", "list", "--data", &data, "--json"]).expect_success().json();
    assert_eq!(listed[0]["name"], "kept");
}
