//! Several server processes on one database: what only that can show. Each has connections, writers and caches of its own, as
//! processes have; nothing is shared but the database and the folder.

use std::collections::HashSet;
use std::sync::Arc;

use lrs_postgres::{Database, Options, PostgresRegistry, Time};
use lrs_store::contract::Draft;
use lrs_store::{
    Accounts as _, AuditQuery, Batch, LrsName, NewAuditEntry, Order, Query, Recorded, Registry, Seq, Store,
};
use tempfile::TempDir;
use xapi::Timestamp;

const PROCESSES: u64 = 3;
const SENDERS: u64 = 6;
const BATCHES: u64 = 8;

struct Servers {
    registries: Vec<Arc<PostgresRegistry>>,
    stores: Vec<Arc<dyn Store>>,
    _folder: TempDir,
    database: test_postgres::Database,
}

async fn start() -> Servers {
    let database = test_postgres::Database::new();
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let open = || async {
        let database = Database::parse(database.url(), None).expect("the URL is good");
        PostgresRegistry::open(&database, Options::new(folder.path().to_owned()), Time::Database).await
    };
    // At once: one of them makes the tables.
    let registries = futures_util::future::try_join_all((0..PROCESSES).map(|_| open())).await.expect("opening works");
    let lrs = LrsName::parse("school").expect("the name is good");
    registries[0].create_lrs(&lrs).await.expect("creating works");
    let mut stores = Vec::new();
    for registry in &registries {
        while registry.list_lrss().await.expect("listing works").is_empty() {
            tokio::task::yield_now().await;
        }
        stores.push(registry.open_lrs(&lrs).await.expect("opening works"));
    }
    Servers { registries, stores, _folder: folder, database }
}

/// While many write through every process, a reader who continues by `since` and a follower of the log see every statement once and
/// in order, and nothing is stored at or before an instant that Consistent-Through named.
#[tokio::test(flavor = "multi_thread")]
async fn readers_miss_nothing_while_all_processes_write() {
    let servers = start().await;
    let senders: Vec<_> = (0..PROCESSES * SENDERS)
        .map(|sender| {
            let store = Arc::clone(&servers.stores[usize::try_from(sender % PROCESSES).expect("it is small")]);
            tokio::spawn(async move {
                for batch in 0..BATCHES {
                    let first = (sender * BATCHES + batch) * 2;
                    // All batches share agents and activities, and one refers to a statement of another process.
                    let statements =
                        vec![Draft::new(first).complete(), Draft::new(first + 1).refers_to(first / 2).complete()];
                    let recorded = store.record_statements(Batch { statements, attachments: Vec::new() }).await;
                    assert!(matches!(recorded, Ok(Recorded::Stored { new: 2, .. })), "{recorded:?}");
                }
            })
        })
        .collect();
    let (reader, follower) = (&servers.stores[1], &servers.stores[2]);
    let (mut since, mut read, mut position, mut promised) = (None, Vec::new(), 0, None);
    loop {
        let finished = senders.iter().all(tokio::task::JoinHandle::is_finished);
        let through = reader.consistent_through().await.expect("it works");
        let query =
            Query { filters: Vec::new(), since, until: None, order: Order::Ascending, limit: 1_000, after: None };
        let page = reader.find_statements(query).await.expect("finding works").statements;
        let late = page.iter().find(|it| Some(it.stored) <= promised);
        assert!(late.is_none(), "{late:?} was stored at or before {promised:?}, which an earlier query had to see");
        promised = Some(through);
        let seen = page.last().map(|last| last.stored);
        let entries = follower.read_log(Seq(position), 100).await.expect("reading the log works");
        for entry in &entries {
            position += 1;
            assert_eq!(entry.seq, Seq(position));
        }
        let is_quiet = page.is_empty() && entries.is_empty();
        read.extend(page.into_iter().map(|it| it.id));
        since = seen.or(since);
        if finished && is_quiet {
            break;
        }
    }
    for sender in senders {
        sender.await.expect("no sender panics");
    }
    let total = PROCESSES * SENDERS * BATCHES * 2;
    assert_eq!(position, total);
    assert_eq!(read.len() as u64, total);
    assert_eq!(read.iter().collect::<HashSet<_>>().len() as u64, total, "each once");
    for registry in &servers.registries {
        registry.close().await;
    }
}

/// Whoever may log in to the database may read the audit log, and not rewrite it.
#[tokio::test(flavor = "multi_thread")]
async fn audit_log_is_append_only() {
    let servers = start().await;
    let entry = NewAuditEntry {
        when: Timestamp(1),
        account: String::new(),
        who: "a test".to_owned(),
        from: "command line".to_owned(),
        act: "key.create".to_owned(),
        lrs: None,
        target: "k".to_owned(),
        before: None,
        after: None,
    };
    servers.registries[0].change_accounts(Vec::new(), Some(entry)).await.expect("recording works");
    let url = servers.database.url();
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("connecting works");
    let driving = tokio::spawn(connection);
    for sql in ["UPDATE lyceum.audit SET who = 'nobody'", "DELETE FROM lyceum.audit", "TRUNCATE lyceum.audit"] {
        let error = client.batch_execute(sql).await.expect_err(sql);
        let said = error.as_db_error().map(|error| error.message().to_owned()).unwrap_or_default();
        assert!(said.contains("append-only"), "{sql}: {error:?}");
    }
    let log = servers.registries[1].find_audit_entries(AuditQuery { limit: 10, ..AuditQuery::default() }).await;
    assert_eq!(log.expect("reading works").len(), 1);
    drop(client);
    driving.await.expect("no panic").expect("the connection ends well");
}
