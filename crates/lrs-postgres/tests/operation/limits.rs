//! Roles, pools and timeouts: what an operator sets holds.

use std::time::Duration;

use lrs_store::contract::Draft;
use lrs_store::{Batch, LrsName, Obstacle, Registry, StoreError};
use test_postgres::Database;

use crate::opened::{Opened, everything};

/// The role that docs/postgres.md describes: it may connect to its database and make schemas there, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn the_least_privileged_role_suffices() {
    let database = Database::new();
    let role = format!("{}_role", database.name());
    database.run(&format!(
        "CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD 'secret';
         REVOKE ALL ON DATABASE {name} FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC;
         GRANT CONNECT, CREATE ON DATABASE {name} TO {role}",
        name = database.name()
    ));
    let (before, after) = database.url().split_once("://").expect("it is a URL");
    let (_, host) = after.split_once('@').unwrap_or(("", after));
    let opened = Opened::at(&format!("{before}://{role}:secret@{host}")).await;
    opened.record(1).await;
    let refers = vec![Draft::new(2).refers_to(1).complete(), Draft::new(3).voids(1).complete()];
    opened.store.record_statements(Batch { statements: refers, attachments: Vec::new() }).await.expect("it may");
    assert_eq!(opened.ask().await.1.statements.len(), 2, "one of three is voided");
    assert!(!opened.store.check(true).await.expect("it may look").is_empty());
    let other = LrsName::parse("other").expect("the name is good");
    opened.registry.create_lrs(&other).await.expect("it may make another schema");
    opened.registry.delete_lrs(&other).await.expect("it may drop its own schema");
    opened.registry.close().await;
    database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// More readers than connections wait for their turn, and a statement of SQL that takes too long is given up and explained.
#[tokio::test(flavor = "multi_thread")]
async fn pools_and_timeouts_are_kept() {
    let database = Database::new();
    let change = |options: &mut lrs_postgres::Options| {
        (options.readers_max, options.writers_max) = (2, 1);
        options.statement_timeout = Duration::from_millis(200);
        options.connect_timeout = Duration::from_secs(30);
    };
    let opened = Opened::with(database.url(), &[], change).await;
    opened.record(1).await;
    let (mut client, connection) =
        tokio_postgres::connect(database.url(), tokio_postgres::NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    let lock = client.transaction().await.expect("it begins");
    lock.batch_execute("LOCK TABLE lrs_1.statement IN ACCESS EXCLUSIVE MODE").await.expect("it is had");
    let asked = (0..6).map(|_| opened.store.find_statements(everything()));
    for outcome in futures_util::future::join_all(asked).await {
        let Err(StoreError::Unavailable { obstacle, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(obstacle, Obstacle::DatabaseSlow);
    }
    let count = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'lyceum'";
    let connections: i64 = lock.query_one(count, &[]).await.expect("the SQL is good").get(0);
    assert!((1..=3).contains(&connections), "{connections} connections, with 2 readers and 1 writer");
    lock.rollback().await.expect("it ends");
    assert_eq!(opened.ask().await.1.statements.len(), 1);
}
