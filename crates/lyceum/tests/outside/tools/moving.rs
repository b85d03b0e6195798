//! `lyceum migrate-store`: from a data folder into a database and back, everything as it was, also after a kill.

use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_postgres::Database;

use super::importing::real_files;
use super::importing_from::fill;
use crate::harness::{Client, Folder, Server, Start, lyceum, lyceum_with, start_lyceum, statement, wait_for};

pub(super) fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

/// A folder and a database, with the folder for the attachments of the latter.
pub(super) struct Move {
    pub(super) folder: Folder,
    pub(super) database: Database,
    pub(super) beside: Folder,
}

pub(super) fn arguments<'a>(from: &'a str, to: &'a str, beside: &'a str) -> [&'a str; 8] {
    ["migrate-store", "--from", from, "--to", to, "--database-data", beside, "--json"]
}

impl Move {
    pub(super) fn new() -> Self {
        Self { folder: Folder::new(), database: Database::new(), beside: Folder::new() }
    }

    /// Moves everything from a folder into the database; the report.
    #[track_caller]
    pub(super) fn there(&self, from: &str) -> Value {
        lyceum(&arguments(from, self.database.url(), &self.beside.data())).expect_success().json()
    }

    /// Moves everything from the database into a folder; the report.
    #[track_caller]
    pub(super) fn back(&self, to: &str) -> Value {
        lyceum(&arguments(self.database.url(), to, &self.beside.data())).expect_success().json()
    }

    pub(super) fn serve(&self) -> Server {
        Start::default().with(&["--store", self.database.url()]).on(&self.beside.data())
    }
}

/// Everything that a place answers: exports to the byte, keys, and what clients see.
#[track_caller]
fn describe(place: &[&str], server: &Server, client: &Client) -> Vec<String> {
    let mut told = Vec::new();
    for command in [
        &["export"][..],
        &["export", "--lrs", "physics"],
        &["export", "--format", "csv", "--columns", "id,stored,authority"],
        &["key", "list", "--json"],
        &["lrs", "list", "--json"],
    ] {
        told.push(lyceum(&[command, place].concat()).expect_success().stdout);
    }
    for query in [
        "limit=3",
        "ascending=true",
        "verb=http%3A%2F%2Fadlnet.gov%2Fexpapi%2Fverbs%2Fvoided",
        "activity=https%3A%2F%2Fexample.org%2Fcertified&attachments=false",
        "agent=%7B%22mbox%22%3A%22mailto%3Asally%40example.org%22%7D&related_agents=true",
    ] {
        told.push(json!(client.find_all(query)).to_string());
    }
    let document = client.get(DOCUMENT);
    for header in ["ETag", "Last-Modified", "Content-Type"] {
        told.push(document.headers()[header].to_str().expect("text").to_owned());
    }
    told.push(document.text().expect("a body"));
    let attached = client.get("/statements?attachments=true&activity=https%3A%2F%2Fexample.org%2Fcertified");
    let body = attached.bytes().expect("a body");
    told.push(body.windows(11).filter(|window| window == b"certificate").count().to_string());
    told.push(client.get_json("/activities?activityId=https%3A%2F%2Fexample.org%2Factivity-1").to_string());
    assert!(server.log().lines().all(|line| !line.contains("ERROR")), "{}", server.log());
    told
}

const DOCUMENT: &str = "/activities/profile?activityId=https%3A%2F%2Fexample.org%2Fcertified&profileId=look";

#[test]
fn everything_moves_to_a_database_and_back() {
    let moved = Move::new();
    let data = moved.folder.data();
    lyceum(&["lrs", "create", "physics", "--data", &data]).expect_success();
    let files: Vec<String> = real_files().iter().map(|path| text(path)).collect();
    let mut import = vec!["import", "--data", &data, "--lrs", "physics", "--json"];
    import.extend(files.iter().map(String::as_str));
    lyceum(&import);
    lyceum(&["lrs", "create", "default", "--data", &data]).expect_success();
    let mut server = Server::start(&moved.folder);
    let revoked = server.create_key("physics", "statements/read");
    lyceum(&["key", "revoke", &revoked.key, "--data", &data]).expect_success();
    let key = server.create_key("default", "all");
    let client = server.client_of(&key);
    fill(&client, 30);
    let put = client.request(Method::PUT, DOCUMENT).header("If-None-Match", "*").body("blue").send();
    assert_eq!(put.expect("an answer").status(), StatusCode::NO_CONTENT);
    let original = describe(&["--data", &data], &server, &client);
    assert!(server.terminate().success());
    drop(server);

    let report = moved.there(&data);
    assert_eq!((&report["complete"], report["keys"].as_u64()), (&true.into(), Some(3)), "{report}");
    let beside = moved.beside.data();
    let place = ["--store", moved.database.url(), "--data", &beside];
    let mut server = moved.serve();
    assert_eq!(describe(&place, &server, &server.client_of(&key)), original);
    assert!(server.terminate().success());
    drop(server);
    assert_eq!(moved.there(&data), report, "again: nothing is new");

    let again = moved.folder.path("again");
    let returned = moved.back(&text(&again));
    assert_eq!(returned, report, "the same counts and checksums");
    let server = Start::default().on(&text(&again));
    assert_eq!(describe(&["--data", &text(&again)], &server, &server.client_of(&key)), original);
    let found = lyceum(&["doctor", "--deep", "--json", "--data", &text(&again)]);
    assert_ne!(found.json()["worst"], "error", "{found:?}");
    // Last, since a place that refuses somebody has a refusal more.
    for server in [server, moved.serve()] {
        let refused = server.client_of(&revoked).get("/statements");
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "a revoked key stays revoked");
    }
}

#[test]
fn a_move_that_was_killed_goes_on() {
    let moved = Move::new();
    let data = moved.folder.data();
    lyceum(&["lrs", "create", "default", "--data", &data]).expect_success();
    let lines: String =
        (0..6_000).flat_map(|n| [statement(&format!("page-{n}")).to_string(), "\n".to_owned()]).collect();
    lyceum_with(&["import", "--data", &data, "-"], &[], &lines).expect_success();
    let beside = moved.beside.data();
    let count = || moved.database.run("SELECT CASE WHEN to_regclass('lrs_1.statement') IS NULL THEN 0 ELSE 1 END");
    let stored = || moved.database.run("SELECT count(*) FROM lrs_1.statement").trim().parse::<u64>().unwrap_or(0);
    for kills in 1..=2 {
        let mut moving = start_lyceum(&arguments(&data, moved.database.url(), &beside), &[]);
        wait_for("some statements to arrive", || (count().trim() == "1" && stored() >= 500 * kills).then_some(()));
        moving.kill().expect("the process is ours");
        moving.wait().expect("the process ends");
        assert_eq!(stored() % 500, 0, "pieces are whole");
    }
    let report = moved.there(&data);
    assert_eq!(report["lrss"][0]["statements"], 6_000);
    let export = |place: &[&str]| lyceum(&[&["export"], place].concat()).expect_success().stdout;
    assert!(export(&["--data", &data]) == export(&["--store", moved.database.url(), "--data", &beside]));

    // And back into a folder, where a kill leaves whole pieces too.
    let again = text(&moved.folder.path("again"));
    let mut moving = start_lyceum(&arguments(moved.database.url(), &again, &beside), &[]);
    let file = moved.folder.path("again").join("lrs/default.db");
    wait_for("the copy to grow", || file.metadata().is_ok_and(|file| file.len() > 200_000).then_some(()));
    moving.kill().expect("the process is ours");
    moving.wait().expect("the process ends");
    assert_eq!(moved.back(&again)["lrss"], report["lrss"]);
    assert!(export(&["--data", &data]) == export(&["--data", &again]));
}

#[test]
fn what_is_written_meanwhile_is_brought_over() {
    let moved = Move::new();
    let data = moved.folder.data();
    let mut server = Server::start(&moved.folder);
    let key = server.first_key().expect("a first key").clone();
    server.client().store(&statement("before"));
    let beside = moved.beside.data();
    let first = lyceum(&arguments(&data, moved.database.url(), &beside));
    assert_eq!(first.code, Some(1), "{first:?}");
    let report = first.json();
    assert_eq!((&report["complete"], &report["keys"]), (&false.into(), &0.into()));
    assert!(report["writer"].as_str().is_some_and(|writer| writer.contains("server")), "{report}");
    server.client().store(&json!([statement("after"), statement("later")]));
    assert!(server.terminate().success());
    drop(server);

    let server = Start::default().with(&["--read-only", "true"]).on(&data);
    let client = server.client_of(&key);
    assert_eq!(client.find_all("").len(), 3, "it stays readable");
    let refused = client.post(&statement("too-late"));
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("Retry-After"));
    let put = client.request(Method::PUT, DOCUMENT).header("If-None-Match", "*").body("blue").send();
    assert_eq!(put.expect("an answer").status(), StatusCode::SERVICE_UNAVAILABLE);
    let report = moved.there(&data);
    assert_eq!((&report["complete"], &report["lrss"][0]["statements"]), (&true.into(), &3.into()), "{report}");
    let copy = moved.serve();
    let client = copy.client_of(&key);
    client.store(&statement("in-the-new-place"));
    assert_eq!(client.find_all("").len(), 4);
    let refused = lyceum(&arguments(&data, moved.database.url(), &beside));
    refused.expect_failure(&["has something else than the source"]);
}

#[test]
fn what_cannot_be_moved_is_told() {
    let moved = Move::new();
    let (data, beside, url) = (moved.folder.data(), moved.beside.data(), moved.database.url());
    let cases = [
        (data.as_str(), url, "is no data folder"),
        (&data, &beside, "the other one a postgres:// URL"),
        (url, url, "must be a data folder"),
    ];
    for (from, to, words) in cases {
        lyceum(&arguments(from, to, &beside)).expect_failure(&[words]);
    }
}
