//! What Citus asks of the SQL, as far as plain PostgreSQL can tell. docs/scaling.md says what was run on a real one.

use std::sync::Arc;
use std::time::Instant;

use lrs_store::{DocumentKey, DocumentOwner, DocumentWrite, LrsName, Precondition, Registry as _, Seq, Store};
use test_postgres::{Cluster, Database};
use xapi::ContentType;

use crate::opened::{Opened, deadline};
use crate::plans::run_everything;

/// Writes a document, twice, and deletes it.
async fn change_documents(store: &dyn Store) {
    let owner = DocumentOwner::ActivityProfile("https://example.org/course".to_owned());
    let key = DocumentKey { owner, id: "notes".to_owned() };
    let content_type = ContentType("text/plain".to_owned());
    for body in [b"one".to_vec(), b"two".to_vec()] {
        let write = DocumentWrite::Replace { content_type: content_type.clone(), body };
        store.write_document(key.clone(), Precondition::None, write).await.expect("writing works");
    }
    store.write_document(key, Precondition::None, DocumentWrite::Delete).await.expect("deleting works");
}

/// All SQL about the first LRS in a server's log, in capital letters and with single spaces.
fn read_sql(log: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((_, said)) = line.split_once("LOG:  ") else { continue };
        let Some((kind, first)) = said.split_once(": ") else { continue };
        if kind != "statement" && !kind.starts_with("execute ") {
            continue;
        }
        let mut sql = first.to_owned();
        while let Some(line) = lines.next_if(|line| line.starts_with('\t')) {
            sql.push(' ');
            sql.push_str(line);
        }
        if sql.contains("lrs_1.") {
            statements.push(sql.split_ascii_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase());
        }
    }
    statements
}

/// Why Citus cannot run this on the tables of an LRS that it has, or why it would not mean the same there.
fn refusal(sql: &str) -> Option<&'static str> {
    let is_insert = sql.starts_with("INSERT INTO");
    if is_insert && sql.contains(" VALUES ") && sql.contains("(SELECT") {
        return Some("subqueries are not supported within INSERT queries");
    }
    if sql.contains(" LATERAL (") {
        return Some("a lateral join with a limit cannot be sent to shards");
    }
    if ["CLOCK_TIMESTAMP()", "NOW()", "CURRENT_TIMESTAMP"].iter().any(|clock| sql.contains(clock)) {
        return Some("the clock would be that of whatever node has the table, not the one that others read");
    }
    if sql.contains("PG_ADVISORY") || sql.contains("PG_TRY_ADVISORY") {
        return Some("the lock would be taken on whatever node has the table");
    }
    None
}

/// What a step may change of a table that Citus has. The first step is run before Citus has any, and the others may come to an LRS of
/// an earlier release.
const ALTERATIONS: [&str; 8] = [
    " ADD COLUMN ",
    " DROP COLUMN ",
    " SET DEFAULT ",
    " DROP DEFAULT",
    " SET NOT NULL",
    " DROP NOT NULL",
    " CONSTRAINT ",
    " SET (",
];

/// Looks at the steps of the LRS's schema.
fn check_steps(statements: &[String]) {
    let steps: Vec<&String> =
        statements.iter().filter(|sql| sql.contains("CREATE ") || sql.contains("ALTER ")).collect();
    assert!(steps.len() > 2, "only {} steps were logged", steps.len());
    let later = steps.iter().filter(|sql| !sql.contains("CREATE TABLE LRS_1.STATEMENT ("));
    let changes = later.flat_map(|sql| sql.split(';')).filter(|sql| sql.contains("ALTER TABLE"));
    for change in changes {
        assert!(ALTERATIONS.iter().any(|it| change.contains(it)), "Citus does not support: {change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sql_about_an_lrs_is_one_that_citus_refuses() {
    let cluster = Cluster::start(&["log_statement=all", "autovacuum=off"]).expect("PostgreSQL is installed");
    let database = Database::on(&cluster.url());
    let opened = Opened::at(database.url()).await;
    let made = cluster.log().len();
    check_steps(&read_sql(&cluster.log()));
    run_everything(&*opened.store).await;
    change_documents(&*opened.store).await;
    opened.store.status().await.expect("it works");
    opened.store.check(true).await.expect("it works");
    opened.registry.close().await;
    let statements = read_sql(&cluster.log()[made..]);
    assert!(statements.len() > 100, "only {} statements were logged", statements.len());
    for needed in ["INSERT INTO LRS_1.STATEMENT", "INSERT INTO LRS_1.DOCUMENT", "UPDATE LRS_1.STATEMENT"] {
        assert!(statements.iter().any(|sql| sql.contains(needed)), "no {needed} was logged");
    }
    for sql in &statements {
        assert_eq!(refusal(sql), None, "{sql}");
    }
}

/// `citus_schema_distribute`, as far as it can be told apart here: it notes what it is given, and how many tables and rows there are.
const SCHEMA_DISTRIBUTE: &str = "
    CREATE TABLE public.handed_over (name text, tables bigint, keys bigint, setting text);
    CREATE FUNCTION public.citus_schema_distribute(given regnamespace) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE keys bigint;
    BEGIN
        EXECUTE format('SELECT count(*) FROM %s.meta', given) INTO keys;
        INSERT INTO public.handed_over SELECT given::text, count(*), keys,
            current_setting('citus.enable_schema_based_sharding') FROM pg_tables WHERE schemaname = given::text;
    END $$";

/// Citus would refuse a step in a schema that it has from the start, and would take the schema `lyceum` too.
#[tokio::test]
async fn an_lrs_is_handed_to_a_citus_that_takes_each_new_schema() {
    let database = Database::new();
    database.run(SCHEMA_DISTRIBUTE);
    let name = database.name();
    let opened = Opened::at(database.url()).await;
    assert_eq!(database.run("SELECT count(*) FROM handed_over"), "0", "nobody asked for it");
    opened.registry.close().await;
    database.run(&format!("ALTER DATABASE {name} SET citus.enable_schema_based_sharding = on"));
    let opened = Opened::at(database.url()).await;
    opened.registry.create_lrs(&LrsName::parse("college").expect("a good name")).await.expect("creating works");
    let tables = database.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'lrs_1'");
    assert_eq!(database.run("TABLE handed_over"), format!("lrs_2|{tables}|0|off"));
    assert_eq!(database.run("SELECT count(*) FROM lrs_2.meta"), "1");
    opened.registry.close().await;
}

/// The lock that a commit holds: "LYC", and the number of the LRS.
const COMMIT_BEGINS: &str = "SELECT pg_advisory_lock(x'4c5943'::integer, 1)";
const COMMIT_ENDS: &str = "SELECT pg_advisory_unlock(x'4c5943'::integer, 1)";

/// Where Citus has cut the log by `id`, it shows a commit node after node. Whoever follows, or is told up to where the log is complete, waits
/// until the commit has reached all.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_cut_over_nodes_is_read_between_commits() {
    let database = Database::new();
    let opened = Opened::at(database.url()).await;
    opened.record(1).await;
    let (other, connection) = tokio_postgres::connect(database.url(), tokio_postgres::NoTls).await.expect("it answers");
    tokio::spawn(connection);
    other.batch_execute(COMMIT_BEGINS).await.expect("locking works");
    // Elsewhere nobody waits.
    opened.store.consistent_through().await.expect("it works");
    assert_eq!(opened.store.read_log(Seq(0), 10).await.expect("it works").len(), 1);
    opened.registry.close().await;
    // What Citus says of its tables.
    database.run(
        "CREATE TABLE public.pg_dist_partition (logicalrelid regclass, partmethod \"char\");
         INSERT INTO public.pg_dist_partition VALUES ('lrs_1.statement', 'h')",
    );
    let opened = Opened::at(database.url()).await;
    let (store, began) = (Arc::clone(&opened.store), Instant::now());
    let through = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.consistent_through().await }
    });
    let log = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.read_log(Seq(0), 10).await }
    });
    let entries = tokio::spawn(async move { store.read_entries(Seq(0), 10).await });
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND mode = 'ShareLock'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while database.run(waiting) != "3" {
        deadline(began, "three readers wait for the commit");
    }
    assert!(!through.is_finished() && !log.is_finished() && !entries.is_finished());
    other.batch_execute(COMMIT_ENDS).await.expect("unlocking works");
    through.await.expect("no panic").expect("it works");
    assert_eq!(log.await.expect("no panic").expect("it works").len(), 1);
    assert_eq!(entries.await.expect("no panic").expect("it works").len(), 1);
    opened.registry.close().await;
}
