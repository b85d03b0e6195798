//! `lyceum backup` and `lyceum restore`: while clients write, complete, verified, never over something else.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::harness::{Folder, PATIENCE, Server, lyceum, statement, wait_for};

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

#[test]
fn a_backup_made_in_the_browser_while_clients_write_is_downloaded_and_restored() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let server = Server::start(&folder);
    let client = server.client();
    let before = client.store(&json!((0..300).map(|n| statement(&format!("before-{n}"))).collect::<Vec<Value>>()));
    let http = reqwest::blocking::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a plain client");
    let (_, rest) = server.printed().split_once("/setup#token=").expect("a link");
    let token = rest.split_whitespace().next().expect("a link has an end");
    let account =
        json!({"token": token, "name": "Olga", "email": "olga@example.org", "password": "correct horse battery"});
    let made = http.post(server.url("/api/v1/setup")).json(&account).send().expect("an answer");
    let cookie = made.headers()["set-cookie"].to_str().expect("ASCII").split(';').next().expect("a value").to_owned();
    let csrf = made.json::<Value>().expect("JSON")["csrf_token"].as_str().expect("a token").to_owned();
    let get = |path: &str| http.get(server.url(path)).header("cookie", &cookie).send().expect("an answer");

    let stop = AtomicBool::new(false);
    let list = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                client.store(&json!([statement("during"), statement("during")]));
            }
        });
        wait_for("the writer to write", || (client.find_all("limit=100").len() > 300).then_some(()));
        let begun = http.post(server.url("/api/v1/backups")).header("cookie", &cookie).header("x-csrf-token", &csrf);
        assert_eq!(begun.send().expect("an answer").status(), 200);
        let list = wait_for("the backup", || {
            let list: Value = get("/api/v1/backups").json().expect("JSON");
            list["job"]["finished"].is_string().then_some(list)
        });
        stop.store(true, Ordering::Relaxed);
        writer.join().expect("the writer does not fail");
        list
    });
    assert_eq!(list["job"]["state"], "done", "{list}");
    let name = list["items"][0]["name"].as_str().expect("a name");
    let archive = get(&format!("/api/v1/backups/{name}")).bytes().expect("the whole archive");
    let file = elsewhere.path("backup.tar");
    std::fs::write(&file, &archive).expect("room");
    let file = file.to_str().expect("UTF-8");
    let restored = lyceum(&["restore", "--data", &elsewhere.data(), "--json", file]).expect_success().json();
    let copy = Server::start(&elsewhere);
    let found = copy.client_of(server.first_key().expect("a first key")).find_all("limit=100&ascending=true");
    assert_eq!(restored["lrss"][0]["statements"], found.len());
    assert_eq!(list["items"][0]["statements"], found.len());
    let original = client.find_all("limit=100&ascending=true");
    assert!(found.len() > before.len() && found.len().is_multiple_of(2), "batches are whole: {}", found.len());
    assert_eq!(original[..found.len()], found[..], "the copy is a beginning of the original");
    let left = std::fs::read_dir(elsewhere.path(".")).expect("a folder").flatten();
    assert!(left.into_iter().all(|it| !it.file_name().to_string_lossy().starts_with("lyceum-restore-")), "tidied");

    // One that broke off is no backup, and nothing is restored of it.
    let half = elsewhere.path("half.tar");
    std::fs::write(&half, &archive[..archive.len() / 2]).expect("room");
    let empty = elsewhere.path("empty");
    let [half, empty] = [&half, &empty].map(|path| path.to_str().expect("UTF-8").to_owned());
    lyceum(&["restore", "--data", &empty, &half]).expect_failure(&["not a complete Lyceum backup"]);
    assert!(!std::path::Path::new(&empty).join("lyceum.db").exists());
}
