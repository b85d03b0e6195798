//! The commands on a data folder and on a database: the same words, the same answers.

use serde_json::Value;
use test_postgres::Database;

use crate::harness::{Client, Folder, Key, Server, Start, lyceum, lyceum_with, statement};

/// Where everything is, and the arguments that say so.
struct Place {
    _database: Option<Database>,
    folder: Folder,
    arguments: Vec<String>,
}

impl Place {
    fn all() -> [Self; 2] {
        let (folder, database) = (Folder::new(), Database::new());
        let here = vec!["--data".to_owned(), folder.data()];
        let beside = Folder::new();
        let there = vec!["--store".to_owned(), database.url().to_owned(), "--data".to_owned(), beside.data()];
        [
            Self { _database: None, folder, arguments: here },
            Self { _database: Some(database), folder: beside, arguments: there },
        ]
    }

    /// A command line with the place at its end.
    fn line<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        arguments.iter().copied().chain(self.arguments.iter().map(String::as_str)).collect()
    }

    /// Runs a command that must succeed, and prints JSON.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        lyceum(&self.line(arguments)).expect_success().json()
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], words: &[&str]) {
        lyceum(&self.line(arguments)).expect_failure(words);
    }

    fn serve(&self) -> Server {
        let store: Vec<&str> = self.arguments.iter().map(String::as_str).take_while(|it| *it != "--data").collect();
        Start::default().with(&store).on(&self.folder.data())
    }
}

fn texts<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    list.as_array().expect("a list").iter().map(|it| it[member].as_str().expect("a text")).collect()
}

#[test]
fn lrss_and_keys_are_managed_alike() {
    for place in Place::all() {
        for lrs in ["default", "physics", "old"] {
            assert_eq!(place.json(&["lrs", "create", lrs, "--json"])["name"], lrs);
        }
        place.refused(&["lrs", "create", "physics"], &["exists already"]);
        place.json(&["lrs", "delete", "old", "--yes", "--json"]);
        assert_eq!(texts(&place.json(&["lrs", "list", "--json"]), "name"), ["default", "physics"]);
        let made = place.json(&["key", "create", "--lrs", "physics", "--scope", "all", "--rate", "50", "--json"]);
        let key = made["key"].as_str().expect("a key");
        place.json(&["key", "limit", key, "--rate", "none", "--expires", "never", "--json"]);
        let other = place.json(&["key", "create", "--scope", "statements/read", "--label", "Reader", "--json"]);
        let revoked = place.json(&["key", "revoke", other["key"].as_str().expect("a key"), "--json"]);
        assert!(revoked["revoked"].is_string());
        let listed = place.json(&["key", "list", "--lrs", "physics", "--json"]);
        assert_eq!((texts(&listed, "key"), &listed[0]["rate"]), (vec![key], &Value::Null));
        assert_eq!(place.json(&["key", "list", "--json"]).as_array().map(Vec::len), Some(2));
        place.refused(&["key", "create", "--lrs", "nowhere", "--scope", "all"], &["lyceum lrs create", "nowhere"]);
        place.refused(&["key", "revoke", "nobody"], &["no key nobody"]);
    }
}

#[test]
fn statements_go_in_and_out_alike() {
    for place in Place::all() {
        place.refused(&["import", "-"], &["lyceum lrs create"]);
        place.json(&["lrs", "create", "default", "--json"]);
        let lines: String =
            (0..3).flat_map(|n| [statement(&format!("page-{n}")).to_string(), "\n".to_owned()]).collect();
        let arguments = place.line(&["import", "--json", "-"]);
        let imported = lyceum_with(&arguments, &[], &lines).expect_success().json();
        assert_eq!((&imported["new"], &imported["refused"]), (&3.into(), &0.into()));
        let again = lyceum_with(&arguments, &[], &lines).expect_success().json();
        assert_eq!(again["new"], 0);
        let server = place.serve();
        let exported = lyceum(&place.line(&["export", "--activity", "https://example.org/page-1"])).expect_success();
        assert_eq!(exported.stdout.lines().count(), 1, "{exported:?}");
        assert!(exported.stdout.contains("https://example.org/page-1"));
        place.refused(&["export", "--lrs", "nowhere"], &["no LRS nowhere"]);
        drop(server);
    }
}

#[test]
fn the_first_start_advises_commands_that_find_the_place() {
    for place in Place::all() {
        let server = place.serve();
        let line = server.printed().lines().find_map(|line| line.split_once("another key: lyceum ")).expect("advice").1;
        let made = lyceum(&line.split(' ').chain(["--json"]).collect::<Vec<_>>()).expect_success().json();
        let part = |name: &str| made[name].as_str().expect("a text").to_owned();
        let key = Key { key: part("key"), secret: part("secret") };
        assert_eq!(Client::new(&server.url("/xapi"), &key).store(&statement("first")).len(), 1);
    }
}

#[test]
fn a_database_is_backed_up_with_its_own_tools() {
    let [_, place] = Place::all();
    let elsewhere = place.folder.path("backup");
    let elsewhere = elsewhere.to_str().expect("UTF-8");
    for command in ["backup", "restore"] {
        place.refused(&[command, elsewhere], &["PostgreSQL", "docs/postgres.md"]);
    }
}
