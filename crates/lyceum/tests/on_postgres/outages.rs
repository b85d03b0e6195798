//! The database breaks connections off in the middle of commits, crashes and comes back: requests get 503 meanwhile, service resumes by
//! itself, nothing acknowledged is lost and nothing is stored twice.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use test_postgres::{Cluster, Database};

use super::load::{Answers, Writing, check_all_stored, clients_of, join, new_folder, start_servers, times_as_much};
use crate::harness::{Client, Folder, lyceum, statement, wait_for};

const WRITING: Writing = Writing { writers: 8, batches: 40, statements: 5 };
const CUTS: usize = 10;

/// A folder with a database on a server of its own.
fn own_server() -> (Cluster, Folder) {
    let cluster = Cluster::start(&[]).expect("PostgreSQL starts");
    let folder = Folder::with(Some(Arc::new(Database::on(&cluster.url()))));
    (cluster, folder)
}

/// Does something each time that a further part of the statements is acknowledged.
fn meanwhile(answers: &Answers, total: usize, times: usize, mut act: impl FnMut()) {
    for time in 1..=times {
        wait_for("more to be stored", || (answers.count() * (times + 1) >= total * time).then_some(()));
        act();
    }
}

#[test]
fn connections_that_break_in_commits_lose_nothing() {
    let (folder, database) = new_folder();
    let servers = start_servers(&folder, 2);
    let clients = clients_of(&servers);
    let writing = Writing { batches: WRITING.batches * times_as_much(), ..WRITING };
    let (answers, writers) = writing.start(&clients);
    let cut = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = '{}' AND pid <> pg_backend_pid()",
        database.name()
    );
    meanwhile(&answers, writing.total(), CUTS, || {
        let cut: usize = database.run_outside(&cut).parse().expect("a number");
        assert!(cut > 0, "there were connections to break");
    });
    join(writers);
    assert_eq!(answers.broken_off.load(Ordering::SeqCst), 0, "clients of the servers notice at most 503");
    check_all_stored(&clients[0], &answers, writing.total());
}

#[test]
fn a_database_that_crashes_and_comes_back_loses_nothing() {
    let (cluster, folder) = own_server();
    let servers = start_servers(&folder, 2);
    let clients = clients_of(&servers);
    let (answers, writers) = WRITING.start(&clients);
    meanwhile(&answers, WRITING.total(), 2, || {
        let before = answers.unavailable.load(Ordering::SeqCst);
        cluster.stop();
        wait_for("a request to be refused", || (answers.unavailable.load(Ordering::SeqCst) > before).then_some(()));
        cluster.start_again();
    });
    join(writers);
    assert_eq!(answers.broken_off.load(Ordering::SeqCst), 0, "every request got an answer");
    check_all_stored(&clients[0], &answers, WRITING.total());
}

#[test]
fn without_a_database_everything_is_503_and_then_works_again() {
    let (cluster, folder) = own_server();
    let servers = start_servers(&folder, 1);
    let client = &clients_of(&servers)[0];
    let stored = client.store(&statement("before"));
    let paths = [
        "/statements?limit=1".to_owned(),
        format!("/statements?statementId={}", stored[0]),
        "/activities?activityId=https%3A%2F%2Fexample.org%2Fbefore".to_owned(),
        "/activities/profile?activityId=https%3A%2F%2Fexample.org%2Fbefore".to_owned(),
    ];
    cluster.stop();
    for path in &paths {
        let answer = client.get(path);
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.headers().contains_key("retry-after"), "{path}");
    }
    assert_eq!(client.post(&statement("during")).status(), StatusCode::SERVICE_UNAVAILABLE);
    cluster.start_again();
    for path in &paths {
        wait_for("service", || (client.get(path).status() == StatusCode::OK).then_some(()));
    }
    wait_for("service", || (client.post(&statement("after")).status() == StatusCode::OK).then_some(()));
}

/// A start tries a schema ten times, half a second apart; nobody who waits for an answer should.
const SOON: Duration = Duration::from_secs(4);

/// What a request is answered while the database is away: 503 with `Retry-After`, the fastest of three soon.
#[track_caller]
fn expect_unavailable_soon(client: &Client) {
    let times = (0..3).map(|_| {
        let began = Instant::now();
        let answer = client.get("/statements?limit=1");
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
        began.elapsed()
    });
    let fastest = times.min().expect("there are three");
    assert!(fastest < SOON, "{fastest:?}");
}

#[test]
fn a_request_that_opens_an_lrs_is_503_soon_while_the_database_is_away() {
    let cluster = Cluster::start(&[]).expect("PostgreSQL starts");
    let database = Arc::new(Database::on(&cluster.url()));
    let folder = Folder::with(Some(Arc::clone(&database)));
    // The first one follows the logs, and has the LRSs open for that.
    let servers = start_servers(&folder, 2);
    lyceum(&["lrs", "create", "physics", "--data", &folder.data()]).expect_success();
    let client = servers[1].client_of(&servers[0].create_key("physics", "all"));
    cluster.stop();
    expect_unavailable_soon(&client);
    cluster.start_again();
    // Who serves again has read the list of LRSs. It does not change from here on, so requests come as far as opening.
    wait_for("service", || (clients_of(&servers)[1].get("/statements").status() == StatusCode::OK).then_some(()));
    database.run("ALTER TABLE lyceum.lrs RENAME TO lrs_away");
    expect_unavailable_soon(&client);
    database.run("ALTER TABLE lyceum.lrs_away RENAME TO lrs");
    wait_for("service", || (client.get("/statements?limit=1").status() == StatusCode::OK).then_some(()));
    client.store(&statement("after"));
}
