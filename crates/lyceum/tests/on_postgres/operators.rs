//! What those who run the database meet: `lyceum doctor` finds what endangers it, and the password is nowhere to be seen.

use std::sync::Arc;

use serde_json::Value;
use test_postgres::{Cluster, Database};

use super::load::new_folder;
use crate::harness::{Folder, Start, lyceum, lyceum_with, statement};

#[test]
fn doctor_finds_what_can_lose_data_and_what_is_missing_and_says_what_to_do() {
    // Clusters of tests do not wait for their disk either.
    let cluster = Cluster::start(&["full_page_writes=off", "synchronous_commit=off"]).expect("PostgreSQL starts");
    let database = Arc::new(Database::on(&cluster.url()));
    let folder = Folder::with(Some(Arc::clone(&database)));
    let server = Start::default().on(&folder.data());
    server.client().store(&statement("one"));
    database.run("DROP INDEX lrs_1.statement_stored");

    let finished = lyceum(&["doctor", "--data", &folder.data(), "--json"]);
    assert_eq!(finished.code, Some(1), "{finished:#?}");
    let report = finished.json();
    let parts = report["parts"].as_array().expect("a report has parts");
    let found: Vec<&Value> = parts.iter().flat_map(|part| part["findings"].as_array().expect("findings")).collect();
    let about = |subject: &str| {
        let finding = found.iter().find(|finding| finding["subject"] == subject);
        finding.unwrap_or_else(|| panic!("nothing about {subject}: {report:#}"))
    };
    for (subject, severity, words) in [
        ("setting fsync", "error", "Set fsync = on"),
        ("setting full_page_writes", "error", "Set full_page_writes = on"),
        ("indexes", "error", "statement_stored"),
    ] {
        let finding = about(subject);
        assert_eq!(finding["severity"], severity, "{finding}");
        assert!(finding.to_string().contains(words), "{words:?} is missing in {finding}");
        assert!(finding["advice"].as_str().is_some_and(|advice| !advice.is_empty()), "{finding}");
    }
    assert_eq!(about("setting synchronous_commit")["severity"], "warning", "Lyceum switches it on for itself");
    assert_eq!(about("long transactions")["severity"], "good");
}

/// Arguments and variables of the program.
type Way<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

#[test]
fn the_database_s_password_is_nowhere_to_be_seen() {
    const PASSWORD: &str = "a-very-secret-password";
    let (folder, database) = new_folder();
    let (plain, named) = (database.url(), database.url().replacen('@', &format!(":{PASSWORD}@"), 1));
    assert!(named.contains(PASSWORD), "the address has a user: {plain}");
    let file = folder.path("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).expect("there is room");
    let file = file.to_str().expect("UTF-8");
    let ways: [Way<'_>; 3] = [
        (&[], &[("LYCEUM_STORE", &named)]),
        (&[], &[("LYCEUM_STORE", plain), ("LYCEUM_STORE_PASSWORD", PASSWORD)]),
        (&["--store-password-file", file], &[("LYCEUM_STORE", plain)]),
    ];
    let mut key = None;
    for (arguments, environment) in ways {
        let start = environment
            .iter()
            .fold(Start::default().with(arguments).with(&["--log", "trace"]), |start, (name, value)| {
                start.with_variable(name, value)
            });
        let server = start.on(&folder.data());
        key = key.or_else(|| server.first_key().cloned());
        let client = server.client_of(key.as_ref().expect("the first start makes a key"));
        client.store(&statement("one"));
        let command = std::fs::read(format!("/proc/{}/cmdline", server.pid())).expect("the process runs");
        let metrics = reqwest::blocking::get(server.url("/metrics")).and_then(reqwest::blocking::Response::text);
        for (place, text) in [
            ("the log", server.log()),
            ("what it printed", server.printed().to_owned()),
            ("its command line", String::from_utf8_lossy(&command).into_owned()),
            ("its figures", metrics.expect("figures")),
        ] {
            assert!(!text.is_empty() && !text.contains(PASSWORD), "{place}, {arguments:?}: {text}");
        }
        let environment: Vec<(&str, &str)> = environment.to_vec();
        let report =
            lyceum_with(&[&["doctor", "--data", &folder.data(), "--json"], arguments].concat(), &environment, "");
        assert!(!report.stdout.contains(PASSWORD) && !report.stderr.contains(PASSWORD), "{report:#?}");
    }
    // Nor where the database is away, or the address is none.
    for address in [
        format!("postgres://lyceum:{PASSWORD}@127.0.0.1:1/lyceum?sslmode=disable"),
        format!("mysql://u:{PASSWORD}@h/d"),
    ] {
        let finished = lyceum_with(
            &["serve", "--data", &folder.data(), "--listen", "127.0.0.1:0", "--log", "trace"],
            &[("LYCEUM_STORE", &address)],
            "",
        )
        .expect_failure(&["database"]);
        assert!(!finished.stdout.contains(PASSWORD) && !finished.stderr.contains(PASSWORD), "{finished:#?}");
    }
}
