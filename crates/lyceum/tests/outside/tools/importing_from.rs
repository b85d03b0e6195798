//! `lyceum import --from` another LRS and `--to` a running one: in order, with attachments and voided statements, resumable.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Client, Folder, Server, lyceum_with, start_lyceum, statement, wait_for};

const ATTACHMENT: &[u8] = b"a certificate\r\n--with a dash";
/// `printf 'a certificate\r\n--with a dash' | sha256sum`
const ATTACHMENT_SHA2: &str = "45169ee653ab5a4c0cbeba945e537d5799e7e8c556fbee6a62e28d74cb4017e0";

/// Stores a statement with an attachment.
fn store_with_attachment(client: &Client) {
    let mut with_attachment = statement("certified");
    with_attachment["attachments"] = json!([{
        "usageType": "https://example.org/certificate", "display": {"en": "Certificate"}, "contentType": "text/plain",
        "length": ATTACHMENT.len(), "sha2": ATTACHMENT_SHA2,
    }]);
    let body = [
        b"--xyz\r\nContent-Type: application/json\r\n\r\n",
        with_attachment.to_string().as_bytes(),
        b"\r\n--xyz\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: ",
        ATTACHMENT_SHA2.as_bytes(),
        b"\r\n\r\n",
        ATTACHMENT,
        b"\r\n--xyz--\r\n",
    ]
    .concat();
    let request = client.request(Method::POST, "/statements").header("Content-Type", "multipart/mixed; boundary=xyz");
    assert_eq!(request.body(body).send().expect("an answer").status(), StatusCode::OK);
}

/// Fills an LRS: `count` statements, one with an attachment, one that is voided, and the one that voids it.
pub fn fill(client: &Client, count: usize) {
    let statements: Vec<Value> = (0..count).map(|n| statement(&format!("activity-{n}"))).collect();
    let ids = client.store(&json!(statements));
    store_with_attachment(client);
    client.store(&json!({
        "actor": {"mbox": "mailto:admin@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": ids[0]},
    }));
}

/// What is the same in two LRSs: everything but when it was stored.
pub fn listed(client: &Client) -> Vec<Value> {
    let mut found = client.find_all("ascending=true&limit=100");
    for statement in &mut found {
        statement.as_object_mut().expect("a statement").remove("stored");
    }
    found
}

/// The voided statement that [`fill`] leaves, and the attachment.
pub fn assert_whole(client: &Client, voiding: &Value) {
    let voided = voiding["object"]["id"].as_str().expect("a reference");
    assert_eq!(client.get(&format!("/statements?voidedStatementId={voided}")).status(), StatusCode::OK);
    let answer = client.get("/statements?attachments=true&activity=https%3A%2F%2Fexample.org%2Fcertified");
    let body = answer.bytes().expect("a body");
    assert!(body.windows(ATTACHMENT.len()).any(|window| window == ATTACHMENT), "the attachment is missing");
}

#[test]
fn another_lrs_is_copied_in_order_with_attachments_and_voided_statements() {
    let (folder, copy) = (Folder::new(), Folder::new());
    let source = Server::start(&folder);
    fill(&source.client(), 450);
    let key = source.create_key("default", "all/read");
    let secret = [("LYCEUM_SECRET", key.secret.as_str())];
    crate::harness::lyceum(&["lrs", "create", "default", "--data", &copy.data()]).expect_success();
    let (url, data) = (source.url("/xapi"), copy.data());
    let arguments = ["import", "--from", &url, "--key", &key.key, "--data", &data, "--json"];
    let first = lyceum_with(&arguments, &secret, "").expect_success().json();
    assert_eq!((first["new"].as_u64(), first["refused"].as_u64()), (Some(452), Some(0)), "{first}");
    let second = lyceum_with(&arguments, &secret, "").expect_success().json();
    assert_eq!(second["new"], 0, "{second}");
    let target = Server::start(&copy);
    let expected = listed(&source.client());
    assert_eq!(listed(&target.client()), expected);
    assert_whole(&target.client(), expected.last().expect("the voiding statement"));
}

#[test]
fn a_running_lrs_takes_what_another_has() {
    let (folder, copy) = (Folder::new(), Folder::new());
    let (source, target) = (Server::start(&folder), Server::start(&copy));
    fill(&source.client(), 30);
    let (from, to) = (source.create_key("default", "all/read"), target.create_key("default", "all"));
    let secret_file = folder.path("secret");
    std::fs::write(&secret_file, &from.secret).expect("room");
    let (from_url, to_url) = (source.url("/xapi"), target.url("/xapi"));
    let arguments = [
        "import",
        "--from",
        &from_url,
        "--from-key",
        &from.key,
        "--from-secret-file",
        secret_file.to_str().expect("UTF-8"),
        "--to",
        &to_url,
        "--key",
        &to.key,
        "--json",
    ];
    let summary = lyceum_with(&arguments, &[("LYCEUM_SECRET", &to.secret)], "").expect_success().json();
    assert_eq!((summary["stored"].as_u64(), summary["refused"].as_u64()), (Some(32), Some(0)), "{summary}");
    let ids = |found: Vec<Value>| found.into_iter().map(|statement| statement["id"].clone()).collect::<Vec<_>>();
    let expected = listed(&source.client());
    assert_eq!(ids(listed(&target.client())), ids(expected.clone()));
    assert_whole(&target.client(), expected.last().expect("the voiding statement"));
}

#[test]
fn a_refused_statement_does_not_keep_the_others_out_of_a_running_lrs() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let key = server.create_key("default", "all");
    let mut input: Vec<String> = (0..40).map(|n| statement(&format!("activity-{n}")).to_string()).collect();
    input.insert(17, r#"{"actor":{"mbox":"nobody"}}"#.to_owned());
    let url = server.url("/xapi");
    let arguments = ["import", "--to", &url, "--key", &key.key, "--json", "-"];
    let finished = lyceum_with(&arguments, &[("LYCEUM_SECRET", &key.secret)], &input.join("\n"));
    assert_eq!(finished.code, Some(1), "{finished:#?}");
    assert_eq!(finished.json()["refused"], 1);
    assert!(finished.stderr.contains("line 18: status 400"), "{finished:#?}");
    assert_eq!(server.client().find_all("").len(), 40);
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_was() {
    let (folder, copy) = (Folder::new(), Folder::new());
    let source = Server::start(&folder);
    let client = source.client();
    for part in 0..20 {
        let statements: Vec<Value> = (0..200).map(|n| statement(&format!("activity-{part}-{n}"))).collect();
        client.store(&json!(statements));
    }
    crate::harness::lyceum(&["lrs", "create", "default", "--data", &copy.data()]).expect_success();
    let key = source.create_key("default", "all/read");
    let (url, data, cursor) = (source.url("/xapi"), copy.data(), copy.path("cursor.json"));
    let cursor_text = cursor.to_str().expect("UTF-8");
    let arguments = ["import", "--from", &url, "--key", &key.key, "--data", &data, "--cursor", cursor_text, "--json"];
    let mut child = start_lyceum(&arguments, &[("LYCEUM_SECRET", &key.secret)]);
    wait_for("the first page to be noted", || cursor.exists().then_some(()));
    // When it was faster than this, nothing is left to resume; what must hold holds all the same.
    drop(child.kill());
    child.wait().expect("it ends");
    let noted: Value = serde_json::from_slice(&std::fs::read(&cursor).expect("a cursor")).expect("JSON");
    let summary = lyceum_with(&arguments, &[("LYCEUM_SECRET", &key.secret)], "").expect_success().json();
    assert!(summary["read"].as_u64().is_some_and(|read| read <= 4_000), "{summary} after {noted}");
    let target = Server::start(&copy);
    assert_eq!(listed(&target.client()), listed(&client));
}
