//! A store that cannot, as clients see it: damaged rows are 500, a database that another program holds is 503 with when
//! to come again, and everything else is answered.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Client, Folder, Server, expect_status, statement, wait_for};

fn open_database(folder: &Folder) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.path("data/lrs/default.db")).expect("a database")
}

fn find(client: &Client, id: &str) -> reqwest::blocking::Response {
    client.get(&format!("/statements?statementId={id}"))
}

#[test]
fn damaged_row_is_answered_500_and_the_others_are_found() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let client = server.client();
    let ids = client.store(&json!([statement("a"), statement("b"), statement("c")]));
    open_database(&folder)
        .execute("UPDATE statement SET body = x'05ffffffff' WHERE seq = 2", [])
        .expect("the database takes it");
    let envelope = expect_status(find(&client, &ids[1]), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(envelope["error"]["code"], "corrupt_data", "{envelope}");
    // Where the damage is, is for the operator, not for clients; the request's id joins the two.
    assert!(!envelope.to_string().contains("seq"), "{envelope}");
    let id = envelope["error"]["request_id"].as_str().expect("an id");
    wait_for("the place in the log", || {
        let log = server.log();
        log.lines().any(|line| line.contains("statement.body, seq 2") && line.contains(id)).then_some(())
    });
    for id in [&ids[0], &ids[2]] {
        assert_eq!(expect_status(find(&client, id), StatusCode::OK)["id"], Value::from(id.as_str()));
    }
    let page = expect_status(client.get("/statements"), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(page["error"]["code"], "corrupt_data", "a page never leaves out silently what it should hold: {page}");
    client.store(&statement("d"));
}

#[test]
fn database_that_another_program_holds_is_answered_503_until_it_is_free() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let client = server.client();
    client.store(&statement("before"));
    let database = open_database(&folder);
    database.execute_batch("BEGIN IMMEDIATE").expect("nobody writes now");
    let refused = client.post(&statement("refused"));
    let retry_after: u64 = refused.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!(retry_after >= 1);
    let envelope = expect_status(refused, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(envelope["error"]["code"], "store_unavailable", "{envelope}");
    assert!(envelope["error"]["message"].as_str().is_some_and(|text| text.contains("another process")), "{envelope}");
    assert_eq!(client.find_all("").len(), 1, "reads go on");
    database.execute_batch("ROLLBACK").expect("it was begun");
    client.store(&statement("after"));
    assert_eq!(client.find_all("").len(), 2);
}
