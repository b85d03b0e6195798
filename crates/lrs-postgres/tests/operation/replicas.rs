//! Read replicas: what they may answer, and what happens when one lags or dies.

use std::time::Instant;

use test_postgres::Cluster;
use xapi::Timestamp;

use crate::opened::{Opened, deadline, everything};

/// Runs SQL in the database `postgres` of a server.
async fn run(cluster: &Cluster, sql: &str) {
    let (client, connection) =
        tokio_postgres::connect(&cluster.url(), tokio_postgres::NoTls).await.expect("the server answers");
    let driving = tokio::spawn(connection);
    client.batch_execute(sql).await.expect("the SQL is good");
    drop(client);
    driving.await.expect("no panic").expect("the connection ends well");
}

/// Asks until the answer holds `count` statements; each answer holds all that it says it is complete through.
async fn ask_until(reader: &Opened, count: usize, newest: Timestamp) {
    let began = Instant::now();
    loop {
        let (through, page) = reader.ask().await;
        let seen = page.statements.len();
        assert!(seen >= count || through < newest, "{seen} statements, and complete through {through:?}");
        if seen == count {
            return;
        }
        deadline(began, "the statement is seen");
        tokio::task::yield_now().await;
    }
}

/// While the replica stands still, whoever wrote still sees all that it wrote; another process sees what the replica has, and says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_answers_only_for_what_it_has() {
    let primary = Cluster::start(&[]).expect("PostgreSQL is installed");
    let first = Opened::at(&primary.url()).await.record(1).await;
    let replica = primary.start_replica().expect("a base backup can be made");
    let writer = Opened::with(&primary.url(), &[replica.url()], |_| {}).await;
    let reader = Opened::with(&primary.url(), &[replica.url()], |_| {}).await;
    ask_until(&reader, 1, first).await;

    run(&replica, "SELECT pg_wal_replay_pause()").await;
    let began = Instant::now();
    let state = "SELECT pg_get_wal_replay_pause_state()";
    let paused = async || {
        let (client, connection) =
            tokio_postgres::connect(&replica.url(), tokio_postgres::NoTls).await.expect("the replica answers");
        tokio::spawn(connection);
        client.query_one(state, &[]).await.expect("the SQL is good").get::<_, String>(0) == "paused"
    };
    while !paused().await {
        deadline(began, "replay pauses");
    }
    let second = writer.record(2).await;
    let (through, page) = writer.ask().await;
    assert_eq!(page.statements.len(), 2, "a process sees what it wrote");
    assert!(through >= second, "complete through {through:?}, written {second:?}");
    // What it was promised counts from now on; before, the replica's own state is the truth to tell.
    let (through, page) = reader.ask().await;
    assert_eq!(page.statements.len(), 1, "the replica answers, and has one statement");
    assert!(through < second, "complete through {through:?}, but {second:?} is not seen");

    run(&replica, "SELECT pg_wal_replay_resume()").await;
    ask_until(&reader, 2, second).await;
}

/// A replica that dies is left out and comes back by itself; it goes on answering while the primary is away; promoted, it is none.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_dies_is_left_out_until_it_is_back() {
    let primary = Cluster::start(&[]).expect("PostgreSQL is installed");
    Opened::at(&primary.url()).await.record(1).await;
    let replica = primary.start_replica().expect("a base backup can be made");
    let server = Opened::with(&primary.url(), &[replica.url(), replica.url()], |_| {}).await;
    replica.stop();
    let second = server.record(2).await;
    ask_until(&server, 2, second).await;

    replica.start_again();
    // Without the primary only the replica can answer; it has to be asked again, and to have caught up.
    let began = Instant::now();
    while !has_seen(&replica, 2).await {
        deadline(began, "the replica catches up");
    }
    primary.stop();
    let began = Instant::now();
    let page = loop {
        match server.store.find_statements(everything()).await {
            Ok(page) => break page,
            Err(_) => deadline(began, "the replica answers"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(page.statements.len(), 2);

    primary.start_again();
    run(&replica, "SELECT pg_promote()").await;
    let began = Instant::now();
    let third = loop {
        // The connections of before are dead, and the first tries meet them.
        if server.store.consistent_through().await.is_ok() {
            break server.record(3).await;
        }
        deadline(began, "the primary answers again");
    };
    ask_until(&server, 3, third).await;
}

async fn has_seen(replica: &Cluster, count: i64) -> bool {
    let (client, connection) =
        tokio_postgres::connect(&replica.url(), tokio_postgres::NoTls).await.expect("the replica answers");
    tokio::spawn(connection);
    let sql = "SELECT count(*) FROM lrs_1.statement";
    client.query_one(sql, &[]).await.expect("the SQL is good").get::<_, i64>(0) == count
}
