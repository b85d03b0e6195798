//! The plans of all queries, as PostgreSQL ran them: no scan of a table of statements, an index on every partition, and no sort of more
//! than a page. The same with the tables cut by `id` as Citus cuts them.

use std::collections::BTreeSet;

use lrs_store::contract::{Draft, activity_id, agent_key, verb_id};
use lrs_store::{Batch, Filter, Order, Query, Registry as _, Seq, Store};
use serde_json::Value;
use test_postgres::{Cluster, Database};
use uuid::Uuid;
use xapi::Timestamp;

use crate::opened::{Opened, everything};

const PARTITIONS: usize = 8;
/// Tables that grow with every statement.
const BIG: [&str; 3] = ["statement", "posting", "reference"];

/// Every shape of query: each filter alone, together, with and without bounds, in both orders, and what writes read.
pub async fn run_everything(store: &dyn Store) {
    let registration = Uuid::from_u128(7);
    for first in [0_u64, 200] {
        let draft = |number: u64| {
            let draft = Draft::new(number).actor(&format!("learner{}", number % 7)).registration(registration);
            let draft = draft.activity(&format!("course{}", number % 5)).instructor("teacher").parent("program");
            if number % 10 == 9 { draft.refers_to(number - 1) } else { draft }
        };
        let statements = (first..first + 200).map(|number| draft(number).complete()).collect();
        store.record_statements(Batch { statements, attachments: Vec::new() }).await.expect("recording works");
    }
    let voiding = vec![Draft::new(1_000).voids(3).complete()];
    store.record_statements(Batch { statements: voiding, attachments: Vec::new() }).await.expect("voiding works");
    let agent = |related| Filter::Agent { key: agent_key("learner1"), related };
    let activity = |related| Filter::Activity { id: activity_id("course1"), related };
    let verb = || Filter::Verb(verb_id("experienced"));
    let filters = [
        vec![],
        vec![agent(false)],
        vec![agent(true)],
        vec![activity(false)],
        vec![activity(true)],
        vec![verb()],
        vec![Filter::Registration(registration)],
        vec![Filter::Authority(agent_key("authority"))],
        vec![Filter::AnyAgent { keys: vec![agent_key("learner1"), agent_key("learner2")], related: true }],
        vec![Filter::Among(vec![Seq(3), Seq(30), Seq(300)])],
        vec![agent(true), activity(true), verb(), Filter::Registration(registration)],
    ];
    let stored = store.find_statements(everything()).await.expect("finding works").statements[0].stored;
    for filters in filters {
        for order in [Order::Ascending, Order::Descending] {
            for (since, until) in [(None, None), (Some(Timestamp(0)), Some(stored))] {
                let query = Query { filters: filters.clone(), since, until, order, limit: 20, after: None };
                let page = store.find_statements(query.clone()).await.expect("finding works");
                let after = page.more;
                store.find_statements(Query { after, ..query }).await.expect("finding works");
            }
        }
    }
    for voided in [false, true] {
        store.find_statement(lrs_store::contract::statement_id(3), voided).await.expect("finding works");
    }
    store.read_log(Seq(10), 50).await.expect("reading the log works");
    store.consistent_through().await.expect("it works");
}

/// The plans in a server's log: the SQL, and the topmost node.
fn read_plans(log: &str) -> Vec<(String, Value)> {
    let mut plans = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.ends_with("plan:") {
            continue;
        }
        let mut text = String::new();
        while let Some(line) = lines.next_if(|line| line.starts_with('\t')) {
            text.push_str(line);
        }
        // The last one may still be on its way into the log.
        let Ok(plan) = serde_json::from_str::<Value>(&text) else { continue };
        let sql = plan["Query Text"].as_str().unwrap_or_default().to_owned();
        if sql.contains("lrs_1.") {
            plans.push((sql, plan["Plan"].clone()));
        }
    }
    plans
}

fn children(node: &Value) -> &[Value] {
    node["Plans"].as_array().map_or(&[], Vec::as_slice)
}

fn kind(node: &Value) -> &str {
    node["Node Type"].as_str().unwrap_or_default()
}

/// The big table that a node scans, if it scans one.
fn scanned(node: &Value) -> Option<&'static str> {
    let relation = node["Relation Name"].as_str()?;
    BIG.into_iter()
        .find(|big| relation == *big || relation.strip_prefix(big).is_some_and(|rest| rest.starts_with("_p")))
}

/// Whether a node gives a page at most, or what belongs to given ids.
fn is_bounded(node: &Value) -> bool {
    let condition = node["Index Cond"].as_str().or(node["Recheck Cond"].as_str()).unwrap_or_default();
    let by_id = || ["(id = ", "(target = "].iter().any(|equals| condition.contains(equals));
    match kind(node) {
        "Limit" | "Result" | "Function Scan" | "Values Scan" => true,
        "Index Scan" | "Index Only Scan" | "Bitmap Heap Scan" => by_id(),
        _ => !children(node).is_empty() && children(node).iter().all(is_bounded),
    }
}

/// What is wrong in a plan. `limited`: a limit above stops this node early.
fn faults(node: &Value, limited: bool, found: &mut Vec<String>) {
    let ends = limited || kind(node) == "Limit";
    if let Some(table) = scanned(node) {
        // A bitmap is made of an index's entries, for ids that a write looks up.
        let by_index = matches!(kind(node), "Index Scan" | "Index Only Scan" | "Bitmap Heap Scan");
        if !by_index && kind(node) != "ModifyTable" {
            found.push(format!("{} of {table}", kind(node)));
        }
        if by_index && node["Index Cond"].is_null() && node["Recheck Cond"].is_null() && !ends {
            found.push(format!("the whole index of {table}"));
        }
    }
    let collects = matches!(kind(node), "Sort" | "Incremental Sort" | "Aggregate" | "Unique" | "Hash" | "Materialize");
    let aggregates_index = kind(node) == "Aggregate" && children(node).iter().all(|it| scanned(it).is_some());
    if collects && kind(node) != "Aggregate" && !children(node).iter().all(is_bounded) {
        found.push(format!("{} of more than a page", kind(node)));
    }
    // A sort reads its whole input, whatever limit is above.
    let ends = ends && (!collects || aggregates_index);
    for child in children(node) {
        faults(child, ends, found);
    }
}

fn count(node: &Value, matches: &dyn Fn(&Value) -> bool) -> usize {
    usize::from(matches(node)) + children(node).iter().map(|child| count(child, matches)).sum::<usize>()
}

/// Whether a node merges all partitions of a table, each read by an index in its order.
fn merges_partitions(node: &Value) -> bool {
    let partition = |child: &Value| {
        let relation = child["Relation Name"].as_str().filter(|_| scanned(child).is_some())?;
        matches!(kind(child), "Index Scan" | "Index Only Scan").then(|| relation.to_owned())
    };
    let partitions: BTreeSet<String> = children(node).iter().filter_map(partition).collect();
    kind(node) == "Merge Append" && children(node).len() == PARTITIONS && partitions.len() == PARTITIONS
}

/// Runs everything on a server that logs every plan. `prepare` changes the tables before they are used.
async fn check(prepare: impl FnOnce(&Database), on_plans: impl Fn(&str, &Value)) {
    let settings = [
        "shared_preload_libraries=auto_explain",
        "auto_explain.log_min_duration=0",
        "auto_explain.log_format=json",
        "autovacuum=off",
    ];
    let cluster = Cluster::start(&settings).expect("PostgreSQL is installed");
    let database = Database::on(&cluster.url());
    let opened = Opened::at(database.url()).await;
    opened.registry.close().await;
    prepare(&database);
    let opened = Opened::at(database.url()).await;
    run_everything(&*opened.store).await;
    opened.registry.close().await;
    let plans = read_plans(&cluster.log());
    assert!(plans.len() > 100, "only {} plans were logged", plans.len());
    for (sql, plan) in &plans {
        let mut found = Vec::new();
        faults(plan, false, &mut found);
        assert!(found.is_empty(), "{found:?}: {sql}\n{plan:#}");
        on_plans(sql, plan);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_scans_a_table_of_statements() {
    check(|_| {}, |_, _| {}).await;
}

/// As on Citus: tables cut by `id`. A page is a merge of what the index of each partition gives in its order.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_tables_cut_by_id_is_merged_from_their_indexes() {
    let cut = |database: &Database| {
        for table in BIG {
            database.run(&format!(
                "ALTER TABLE lrs_1.{table} RENAME TO whole;
                 CREATE TABLE lrs_1.{table} (LIKE lrs_1.whole INCLUDING ALL) PARTITION BY HASH (id);
                 DROP TABLE lrs_1.whole"
            ));
            for part in 0..PARTITIONS {
                database.run(&format!(
                    "CREATE TABLE lrs_1.{table}_p{part} PARTITION OF lrs_1.{table}
                     FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
                ));
            }
        }
    };
    check(cut, |sql, plan| {
        let is_page = sql.contains("ORDER BY walked.seq") || sql.contains("NOT voided ORDER BY seq");
        if is_page {
            let arms = sql.matches("LIMIT $3").count().max(2) - 1;
            let of_partitions = count(plan, &merges_partitions);
            assert!(of_partitions >= arms, "{of_partitions} merges of partitions for {arms} walks: {sql}\n{plan:#}");
            // Since PostgreSQL 16 the pages of several walks are merged too, in the order that they have.
            let of_pages = count(plan, &|node| kind(node) == "Merge Append" && children(node).iter().all(is_bounded));
            let merges = count(plan, &|node| kind(node) == "Merge Append");
            assert_eq!(of_partitions + of_pages, merges, "not every partition by its index: {sql}\n{plan:#}");
        }
    })
    .await;
}
