//! Servers of a release with more steps of the schema, beside servers of the release before.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::load::{new_folder, start_at_once};
use crate::harness::{Folder, Start, lyceum, statement};

/// Takes the tables of an LRS back to the release before the step `DEFINES`, as if that had made them.
const TAKE_BACK: &str = "
    ALTER TABLE lrs_1.statement DROP COLUMN defines;
    ALTER TABLE lrs_2.statement DROP COLUMN defines;
    UPDATE lyceum.lrs SET schema_version = 2;
    DELETE FROM lyceum.counter WHERE name = 'lrs_schema_works_since'";
/// What a server of that release runs to record a statement.
const RECORD_AS_BEFORE: &str = "
    INSERT INTO lrs_1.statement (seq, stored, id, target, voids, voided, timestamp_added, dictionary, terms, body)
    SELECT seq + 1000, stored + 1000, gen_random_uuid(), target, voids, voided, timestamp_added, dictionary, terms, body
    FROM lrs_1.statement ORDER BY seq LIMIT 1
    RETURNING defines";

fn ids(found: &[serde_json::Value]) -> BTreeSet<String> {
    found.iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect()
}

/// Of three that start at once on tables of the release before, one changes each LRS, though a long query is in the way for a while;
/// all serve what was stored, and the release before can go on writing.
#[test]
fn of_three_that_start_on_older_tables_one_brings_them_up_to_date() {
    let (folder, database) = new_folder();
    let (key, stored) = fill_and_stop(&folder);
    database.run(TAKE_BACK);
    let in_the_way = {
        let database = Arc::clone(&database);
        std::thread::spawn(move || database.run("SELECT pg_sleep(4) FROM lrs_1.statement LIMIT 1"))
    };
    let servers = start_at_once(&folder, 3);
    in_the_way.join().expect("the long query ends well");
    let log = servers[0].log();
    for lrs in ["default", "other"] {
        let changes = log.lines().filter(|line| line.contains("changed the schema of an LRS") && line.contains(lrs));
        assert_eq!(changes.count(), 1, "{log}");
    }
    assert_eq!(database.run("SELECT DISTINCT schema_version FROM lyceum.lrs"), "3");
    for server in &servers {
        assert_eq!(ids(&server.client_of(&key).find_all("")), stored);
    }
    assert_eq!(database.run(RECORD_AS_BEFORE), "t", "it counts as from one who may define");
    let mut all = stored;
    all.extend(servers[1].client_of(&key).store(&statement("four")));
    let found = ids(&servers[2].client_of(&key).find_all(""));
    assert!(found.is_superset(&all), "{found:?} lacks some of {all:?}");
    assert_eq!(database.run("SELECT count(*) FROM lrs_1.statement"), "5");
}

/// A server goes on, and starts again, beside a later release that says that it may; otherwise it says what to do.
#[test]
fn a_server_works_beside_a_later_release_that_allows_it() {
    let (folder, database) = new_folder();
    let (key, stored) = fill_and_stop(&folder);
    let set = |since: i32| {
        database.run(&format!(
            "UPDATE lyceum.lrs SET schema_version = 9;
             UPDATE lyceum.counter SET value = {since} WHERE name = 'lrs_schema_works_since'"
        ));
    };
    set(3);
    let server = Start::default().on(&folder.data());
    assert_eq!(ids(&server.client_of(&key).find_all("")), stored);
    assert_eq!(database.run("SELECT DISTINCT schema_version FROM lyceum.lrs"), "9", "it stays");
    drop(server);
    set(4);
    lyceum(&["serve", "--data", &folder.data(), "--listen", "127.0.0.1:0"])
        .expect_failure(&["schema version 9", "use a later release"]);
}

/// A server of this release with two LRSs, and three statements in the first; its key, and their ids.
fn fill_and_stop(folder: &Folder) -> (crate::harness::Key, BTreeSet<String>) {
    let mut server = Start::default().on(&folder.data());
    lyceum(&["lrs", "create", "--data", &folder.data(), "other"]).expect_success();
    let key = server.first_key().cloned().expect("a first start makes a key");
    let batch = json!([statement("one"), statement("two"), statement("three")]);
    let stored = server.client_of(&key).store(&batch).into_iter().collect();
    server.terminate();
    (key, stored)
}
