//! `lyceum backup` and `lyceum restore`: while clients write, complete, verified, never over something else.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::harness::{Folder, Server, lyceum, statement, wait_for};

#[test]
fn a_backup_made_while_clients_write_holds_what_was_acknowledged_before() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let server = Server::start(&folder);
    let client = server.client();
    let mut before = client.store(&json!((0..300).map(|n| statement(&format!("before-{n}"))).collect::<Vec<Value>>()));
    let stop = AtomicBool::new(false);
    let backup = elsewhere.path("backup");
    let backup_text = backup.to_str().expect("UTF-8");
    let manifest = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 0;
            while !stop.load(Ordering::Relaxed) {
                client.store(&json!([statement("during"), statement("during")]));
                written += 2;
            }
            written
        });
        wait_for("the writer to write", || (client.find_all("limit=100").len() > 300).then_some(()));
        let finished = lyceum(&["backup", "--data", server.data(), "--json", backup_text]);
        stop.store(true, Ordering::Relaxed);
        assert!(writer.join().expect("the writer does not fail") > 0);
        finished.expect_success().json()
    });
    lyceum(&["backup", "--verify", backup_text]).expect_success();
    let restored = lyceum(&["restore", "--data", &elsewhere.data(), "--json", backup_text]).expect_success().json();
    assert_eq!(restored["lrss"], manifest["lrss"]);
    let copy = Server::start(&elsewhere);
    // Keys come along: that of the first start opens the copy.
    let found = copy.client_of(server.first_key().expect("a first key")).find_all("limit=100&ascending=true");
    assert_eq!(manifest["lrss"][0]["statements"], found.len());
    let mut ids: Vec<String> = found.iter().map(|found| found["id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(ids.len() % 2, 0, "batches are whole");
    let original = client.find_all("limit=100&ascending=true");
    assert_eq!(original[..found.len()], found[..], "the copy is a beginning of the original");
    ids.truncate(300);
    ids.sort();
    before.sort();
    assert_eq!(ids, before);
}

#[test]
fn nothing_is_overwritten_and_damage_is_found() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let server = Server::start(&folder);
    server.client().store(&statement("one"));
    let backup = elsewhere.path("backup");
    let backup_text = backup.to_str().expect("UTF-8");
    lyceum(&["backup", "--data", server.data(), backup_text]).expect_success();
    lyceum(&["backup", "--data", server.data(), backup_text]).expect_failure(&["is not empty"]);
    lyceum(&["restore", "--data", server.data(), backup_text]).expect_failure(&["is not empty"]);
    lyceum(&["restore", "--data", server.data(), "--lrs", "default", backup_text]).expect_failure(&["already"]);
    lyceum(&["restore", "--data", server.data(), "--lrs", "default", "--as", "old", backup_text]).expect_success();
    let key = server.create_key("old", "all");
    assert_eq!(server.client_of(&key).find_all("").len(), 1, "the restored LRS is served at once");

    let database = backup.join("lrs/default.db");
    let mut bytes = std::fs::read(&database).expect("a database");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xFF;
    std::fs::write(&database, bytes).expect("room");
    lyceum(&["backup", "--verify", backup_text]).expect_failure(&["default.db", "damaged"]);
    lyceum(&["restore", "--data", &elsewhere.data(), backup_text]).expect_failure(&["damaged"]);
}
