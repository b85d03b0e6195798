//! Each finding of the check, brought about on a real server and undone again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lrs_postgres::{CheckLimits, Options, check_database};
use lrs_store::contract::TestClock;
use lrs_store::{CheckedPart, Clock, Severity, SystemClock};
use test_postgres::{Cluster, Database};
use xapi::Timestamp;

use crate::opened::{Opened, deadline, parse};

/// Checks a database: what is not good, by subject, with its severity.
async fn check(url: &str, replicas: &[&str], limits: CheckLimits, clock: Arc<dyn Clock>) -> Vec<(String, Severity)> {
    let replicas: Vec<_> = replicas.iter().map(|url| parse(url)).collect();
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let options = Options::new(folder.path().to_owned());
    let parts = check_database(&parse(url), &replicas, &options, &limits, &clock, true).await.expect("it looks");
    let findings = parts.into_iter().flat_map(|CheckedPart { findings, .. }| findings);
    let bad = findings.filter(|it| it.severity != Severity::Good).map(|it| {
        assert!(!it.advice.is_empty(), "{it:?} has no advice");
        // The address of a replica is another one each time.
        let subject = it.subject.split(" /").next().unwrap_or_default().to_owned();
        (subject, it.severity)
    });
    bad.collect()
}

fn limits() -> CheckLimits {
    CheckLimits { dead_rows: 500, replica_lag_bytes: 1 << 30, ..CheckLimits::default() }
}

fn now() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// What the SQL brings about and undoes, in a database whose server is as it should be.
#[tokio::test(flavor = "multi_thread")]
async fn each_finding_is_found_and_goes_away() {
    let cluster = Cluster::start(&["fsync=on", "max_prepared_transactions=4"]).expect("PostgreSQL is installed");
    let database = Database::on(&cluster.url());
    let opened = Opened::at(database.url()).await;
    opened.record(1).await;
    assert_eq!(check(database.url(), &[], limits(), now()).await, [], "nothing is wrong with a new one");
    let alter = format!("ALTER DATABASE {}", database.name());
    let activity =
        "lrs_1.activity (activity, id, definition) SELECT gen_random_uuid(), '', '' FROM generate_series(1, 600)";
    let cases: [(&str, Severity, &[&str], &[&str]); 7] = [
        (
            "setting full_page_writes",
            Severity::Error,
            &["ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()"],
            &["ALTER SYSTEM RESET full_page_writes", "SELECT pg_reload_conf()"],
        ),
        (
            "setting synchronous_commit",
            Severity::Warning,
            &[&format!("{alter} SET synchronous_commit = off")],
            &[&format!("{alter} RESET synchronous_commit")],
        ),
        (
            "indexes",
            Severity::Error,
            &["DROP INDEX lrs_1.posting_key_seq"],
            &["CREATE INDEX posting_key_seq ON lrs_1.posting (key, seq)"],
        ),
        (
            "indexes",
            Severity::Error,
            &["UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'lrs_1.statement_seq'::regclass"],
            &["UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'lrs_1.statement_seq'::regclass"],
        ),
        (
            "bloat",
            Severity::Warning,
            &[
                "ALTER TABLE lrs_1.activity SET (autovacuum_enabled = off)",
                &format!("INSERT INTO {activity}"),
                "DELETE FROM lrs_1.activity WHERE definition = ''",
            ],
            &["VACUUM lrs_1.activity"],
        ),
        (
            "positions of the log",
            Severity::Error,
            &["UPDATE lrs_1.statement SET seq = 7; UPDATE lrs_1.posting SET seq = 7"],
            &["UPDATE lrs_1.statement SET seq = 1; UPDATE lrs_1.posting SET seq = 1"],
        ),
        (
            "index against the log",
            Severity::Error,
            &["CREATE TABLE public.kept AS SELECT * FROM lrs_1.posting", "DELETE FROM lrs_1.posting"],
            &["INSERT INTO lrs_1.posting SELECT * FROM public.kept"],
        ),
    ];
    for (subject, severity, bring_about, undo) in cases {
        for (steps, expected) in [(bring_about, vec![(subject.to_owned(), severity)]), (undo, Vec::new())] {
            for step in steps {
                database.run(step);
            }
            // A reloaded setting, and the figures of vacuum, take a moment.
            let began = Instant::now();
            loop {
                let found = check(database.url(), &[], limits(), now()).await;
                if found == expected {
                    break;
                }
                deadline(began, &format!("{subject}: {found:?}"));
            }
        }
    }
    let strict = CheckLimits { transaction: Duration::from_millis(1), ..limits() };
    database.run("BEGIN; SELECT 1; PREPARE TRANSACTION 'forgotten'");
    let found = check(database.url(), &[], strict, now()).await;
    assert_eq!(found, [("long transactions".to_owned(), Severity::Warning)]);
    database.run("ROLLBACK PREPARED 'forgotten'");
    let clock = Arc::new(TestClock::default());
    clock.set(Timestamp(1));
    let found = check(database.url(), &[], limits(), clock).await;
    assert_eq!(found, [("clocks of this machine and the database".to_owned(), Severity::Warning)]);
}

/// Without `fsync`, without Lyceum, and where nobody answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_loses_data_or_is_the_wrong_one_is_found() {
    let cluster = Cluster::start(&["fsync=off"]).expect("PostgreSQL is installed");
    let found = check(&cluster.url(), &[], limits(), now()).await;
    let expected = ["setting fsync", "schema lyceum"].map(|subject| (subject.to_owned(), Severity::Error));
    assert_eq!(found, expected);
    let found = check("postgres://nobody@127.0.0.1:1/nothing", &[], limits(), now()).await;
    assert_eq!(found, [("connection to the database".to_owned(), Severity::Error)]);
}

/// A replica that stands still, and one that is no replica any more; a slot that nobody reads.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_do_not_follow_are_found() {
    let primary = Cluster::start(&["fsync=on"]).expect("PostgreSQL is installed");
    let opened = Opened::at(&primary.url()).await;
    let replica = primary.start_replica().expect("a base backup can be made");
    let (on_primary, on_replica) = (Database::on(&primary.url()), replica.url());
    let run_on_replica = async |sql: &str| {
        let (client, connection) =
            tokio_postgres::connect(&on_replica, tokio_postgres::NoTls).await.expect("the replica answers");
        tokio::spawn(connection);
        client.batch_execute(sql).await.expect("the SQL is good");
    };
    let found_soon = async |limits: CheckLimits, expected: &[&str]| {
        let began = Instant::now();
        loop {
            let found = check(&primary.url(), &[&on_replica], limits, now()).await;
            if found.iter().map(|(subject, _)| subject.as_str()).eq(expected.iter().copied()) {
                break;
            }
            deadline(began, &format!("{expected:?}: {found:?}"));
        }
    };
    let strict = CheckLimits { replica_lag_bytes: 0, ..limits() };
    found_soon(limits(), &[]).await;
    run_on_replica("SELECT pg_wal_replay_pause()").await;
    opened.record(1).await;
    found_soon(strict, &["replication lag", "replica"]).await;
    run_on_replica("SELECT pg_wal_replay_resume()").await;
    on_primary.run("SELECT pg_create_physical_replication_slot('forgotten', true)");
    opened.record(2).await;
    let strict = CheckLimits { slot_bytes: 0, ..limits() };
    found_soon(strict, &["replication slots"]).await;
    on_primary.run("SELECT pg_drop_replication_slot('forgotten')");
    run_on_replica("SELECT pg_promote()").await;
    found_soon(limits(), &["replica"]).await;
}
