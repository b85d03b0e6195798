//! With `PgBouncer` before the database. Left out by `cargo xtask test` where it cannot be had.

use std::sync::Arc;
use std::time::Instant;

use lrs_postgres::{CheckLimits, OpenError, Options, PostgresRegistry, Time, check_database};
use lrs_store::contract::Draft;
use lrs_store::{Batch, Clock, Finding, Recorded, Severity, StoreError, SystemClock};
use test_postgres::{Cluster, Database, Pooler};

use crate::opened::{Opened, deadline, parse};

fn start(pool_mode: &str) -> (Cluster, Database, Pooler) {
    let cluster = Cluster::start(&["fsync=on"]).expect("PostgreSQL is installed");
    let database = Database::on(&cluster.url());
    let pooler = Pooler::start(&cluster, pool_mode).expect("PgBouncer is installed");
    (cluster, database, pooler)
}

async fn check(url: &str, options: &Options) -> Vec<Finding> {
    let clock = Arc::new(SystemClock) as Arc<dyn Clock>;
    let parts = check_database(&parse(url), &[], options, &CheckLimits::default(), &clock, true).await;
    let findings = parts.expect("it looks").into_iter().flat_map(|part| part.findings);
    findings.filter(|finding| finding.severity != Severity::Good).collect()
}

/// A session for each client: its death is that of every connection. What was acknowledged is there, and what was refused can come again.
#[tokio::test(flavor = "multi_thread")]
async fn in_session_mode_all_works_and_it_may_die() {
    let (_cluster, database, mut pooler) = start("session");
    let url = pooler.url(database.name());
    let opened = Opened::at(&url).await;
    for number in 1..6 {
        opened.record(number).await;
    }
    let batch = || Batch { statements: vec![Draft::new(6).complete()], attachments: Vec::new() };
    pooler.stop();
    let refused = opened.store.record_statements(batch()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    pooler.start_again();
    let began = Instant::now();
    loop {
        match opened.store.record_statements(batch()).await {
            Ok(Recorded::Stored { new: 1, .. }) => break,
            Err(StoreError::Unavailable { .. }) => deadline(began, "service through the pooler"),
            outcome => panic!("{outcome:?}"),
        }
    }
    assert_eq!(opened.ask().await.1.statements.len(), 6);
    assert_eq!(check(&url, &Options::new("/tmp".into())).await, []);
}

/// Sessions that are shared between transactions are refused before anything is made, whether or not it passes prepared statements on; `lyceum doctor` says so too.
#[tokio::test(flavor = "multi_thread")]
async fn in_transaction_mode_it_is_refused() {
    let (_cluster, database, pooler) = start("transaction");
    let url = pooler.url(database.name());
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let options = Options::new(folder.path().to_owned());
    let refused = PostgresRegistry::open(&parse(&url), options.clone(), Time::Database).await;
    let error = refused.map(drop).expect_err("it is refused");
    assert!(matches!(error, OpenError::SharedSessions), "{error:?}");
    assert!(error.to_string().contains("pool_mode = session"), "{error}");
    assert_eq!(database.run("SELECT to_regnamespace('lyceum') IS NULL"), "t", "nothing is made");
    let found = check(&url, &options).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].subject.as_str(), found[0].severity), ("pooler", Severity::Error));
    assert!(found[0].advice.contains("pool_mode = session"), "{found:?}");
}
