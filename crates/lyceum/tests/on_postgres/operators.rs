//! What those who run the database meet: `lyceum doctor` finds what endangers it, and the password is nowhere to be seen.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use test_postgres::{Cluster, Database};

use super::load::new_folder;
use crate::harness::{Folder, Start, lyceum, lyceum_with, statement, wait_for};

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

/// A port of this machine that nobody has.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port is free").port()
}

#[test]
fn doctor_and_serve_say_that_the_password_is_wrong_and_do_not_show_it() {
    const RIGHT: &str = "the-right-horse";
    const WRONG: &str = "another-horse";
    let port = free_port();
    let settings = ["listen_addresses=127.0.0.1", &format!("port={port}"), "password_encryption=scram-sha-256"];
    let cluster = Cluster::start(&settings).expect("PostgreSQL starts");
    let database = Database::on(&cluster.url().replace(":5432/", &format!(":{port}/")));
    let rules = "'local all all trust', 'host all all 127.0.0.1/32 scram-sha-256'";
    let file = database.run("SHOW hba_file");
    database.run(&format!("COPY (SELECT unnest(ARRAY[{rules}])) TO PROGRAM 'cat > {file}'"));
    database.run("SELECT pg_reload_conf()");
    database.run(&format!("CREATE ROLE tester LOGIN SUPERUSER PASSWORD '{RIGHT}'"));
    let folder = Folder::with(None);
    let (data, name) = (folder.data(), database.name());
    let plain = format!("postgres://tester@127.0.0.1:{port}/{name}?sslmode=disable");
    let named = |password: &str| plain.replacen("tester@", &format!("tester:{password}@"), 1);
    let path = folder.path("password");
    std::fs::write(&path, format!("{WRONG}\n")).expect("there is room");
    let path = path.to_str().expect("UTF-8");

    let right = named(RIGHT);
    let is_accepted = || {
        let report = lyceum_with(&["doctor", "--data", &data, "--json"], &[("LYCEUM_STORE", &right)], "");
        report.stdout.contains("this database holds no Lyceum").then_some(())
    };
    wait_for("the right password to be enough", is_accepted);
    let ways: [Way<'_>; 4] = [
        (&[], &[("LYCEUM_STORE", &named(WRONG))]),
        (&[], &[("LYCEUM_STORE", &plain), ("LYCEUM_STORE_PASSWORD", WRONG)]),
        (&["--store-password-file", path], &[("LYCEUM_STORE", &plain)]),
        (&[], &[("LYCEUM_STORE", &plain)]),
    ];
    for (arguments, environment) in ways {
        let commands: [&[&str]; 3] = [
            &["doctor", "--data", &data],
            &["doctor", "--data", &data, "--deep", "--json"],
            &["serve", "--data", &data, "--listen", "127.0.0.1:0", "--log", "trace"],
        ];
        for command in commands {
            let finished = lyceum_with(&[command, arguments].concat(), environment, "");
            assert_eq!(finished.code, Some(1), "{finished:#?}");
            let told = format!("{}{}", finished.stdout, finished.stderr);
            assert!(told.contains("password"), "{finished:#?}");
            assert!(!told.contains(WRONG) && !told.contains(RIGHT), "{finished:#?}");
            if command[0] == "doctor" {
                for words in ["connection to the database", "correct the address, the user or the password"] {
                    assert!(told.contains(words), "{words:?} is missing in {finished:#?}");
                }
            }
        }
    }
}

/// Two hours later for whoever asks this database for the time from now on.
const LATER: &str = "CREATE SCHEMA later;
    CREATE FUNCTION later.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT pg_catalog.clock_timestamp() + interval '2 hours'$$;
    DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = later, pg_catalog', current_database()); END $$";

#[test]
fn doctor_tells_of_a_transaction_that_is_open_for_long() {
    let (folder, database) = new_folder();
    let server = Start::default().on(&folder.data());
    server.client().store(&statement("one"));
    // Everything of one call of psql is one transaction.
    let open = {
        let database = Arc::clone(&database);
        let wait = "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_class WHERE relname = 'done') LOOP PERFORM pg_sleep(0.05); END LOOP; END $$";
        std::thread::spawn(move || database.run(&format!("SELECT count(*) FROM lrs_1.statement; {wait}")))
    };
    let look = || {
        let finished = lyceum(&["doctor", "--data", &folder.data(), "--json"]);
        let report = finished.json();
        let parts = report["parts"].as_array().expect("a report has parts");
        let findings = parts.iter().flat_map(|part| part["findings"].as_array().expect("findings"));
        findings.clone().find(|it| it["subject"] == "long transactions").expect("a finding").clone()
    };
    let seconds = |finding: &Value| -> u64 {
        let message = finding["message"].as_str().expect("a text");
        message.split_whitespace().find_map(|word| word.parse().ok()).expect("a number of seconds")
    };
    wait_for("some seconds", || (seconds(&look()) >= 2).then_some(()));
    assert_eq!(look()["severity"], "good", "a transaction of seconds is nothing");
    database.run(LATER);
    let finding = look();
    assert_eq!(finding["severity"], "warning", "{finding}");
    assert!((7_200..9_000).contains(&seconds(&finding)), "{finding}");
    assert!(finding["advice"].as_str().is_some_and(|it| it.contains("pg_stat_activity")), "{finding}");
    let told = lyceum(&["doctor", "--data", &folder.data()]).stdout;
    assert!(told.contains("WARNING  long transactions: the longest is open for"), "{told}");
    database.run("CREATE TABLE public.done ()");
    open.join().expect("the transaction ends");
    assert_eq!(look()["severity"], "good");
}

#[test]
fn doctor_removes_what_no_statement_names_beside_a_server() {
    let (folder, database) = new_folder();
    let data = folder.data();
    let server = Start::default().on(&data);
    server.client().store(&statement("one"));
    let orphan = folder.path("data").join("attachments/lrs_1/ab").join("c".repeat(62));
    std::fs::create_dir_all(orphan.parent().expect("it is in a folder")).expect("there is room");
    let file = std::fs::File::create(&orphan).expect("there is room");
    let made = file.metadata().and_then(|it| it.modified()).expect("a time");
    file.set_modified(made - Duration::from_hours(48)).expect("it is ours");
    let deep = lyceum(&["doctor", "--data", &data, "--deep"]);
    for words in ["1 more that no statement names", "lyceum doctor --remove-orphans"] {
        assert!(deep.stdout.contains(words), "{words:?} is missing in {deep:#?}");
    }
    let remove = || {
        let report = lyceum(&["doctor", "--data", &data, "--remove-orphans", "--json"]).json();
        (report["orphans"][0]["removed"].clone(), report["orphans"][0]["waiting"].clone())
    };
    assert_eq!(remove(), (0.into(), 1.into()));
    assert_eq!(remove(), (0.into(), 1.into()), "a day has to pass");
    let told = lyceum(&["doctor", "--data", &data, "--remove-orphans"]).stdout;
    assert!(told.contains("1 are marked") && told.contains("run this again a day after"), "{told}");
    let earlier = "convert_to((convert_from(value, 'UTF8')::bigint - 90000000000)::text, 'UTF8')";
    database.run(&format!("UPDATE lrs_1.meta SET value = {earlier} WHERE starts_with(name, 'orphan/')"));
    assert!(orphan.exists());
    assert_eq!(remove(), (1.into(), 0.into()));
    assert!(!orphan.exists());
    server.client().store(&statement("two"));

    let plain = Folder::with(None);
    lyceum(&["lrs", "create", "default", "--data", &plain.data()]).expect_success();
    lyceum(&["doctor", "--data", &plain.data(), "--remove-orphans"]).expect_failure(&["does that by itself"]);
}
