//! Loads an LRS through the `Store` trait and measures it: `cargo run --release -p lrs-sqlite --example load -- FOLDER [STATEMENTS]`.
//!
//! Statements of about 1.2 KB: 10,000 learners, 1,000 activities of uneven popularity, 20 verbs, random ids. Sixteen tasks
//! send batches of 50. The processor time of making the statements is measured beforehand and taken off.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lrs_sqlite::{Options, SqliteStore};
use lrs_store::{Batch, Filter, Order, Query, Recorded, Store, SystemClock};
use uuid::Uuid;
use xapi::{CompletedStatement, Index, StatementId, Term, Timestamp};

const BATCH: u64 = 50;
const TASKS: u64 = 16;
const AUTHORITY: &str = "account:https://lrs.example.org|key-1";

/// A small generator of evenly distributed numbers (SplitMix64): the same statements in every run.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn id(number: u64) -> StatementId {
    let bits = (u128::from(mix(number)) << 64) | u128::from(mix(!number));
    StatementId(uuid::Builder::from_random_bytes(bits.to_le_bytes()).into_uuid())
}

fn registration(learner: u64, activity: u64) -> Uuid {
    uuid::Builder::from_random_bytes(u128::from(mix(learner * 1_000 + activity)).to_le_bytes()).into_uuid()
}

fn skewed(random: u64, count: u64) -> u64 {
    // The product of two even numbers is uneven: the first are many times as popular as the last.
    (random % count) * ((random >> 32) % count) / count
}

fn statement(number: u64) -> CompletedStatement {
    let random = mix(number ^ 0x5555);
    let (learner, activity, verb) = (random % 10_000, skewed(mix(random), 1_000), skewed(random >> 7, 20));
    let course = activity / 20;
    let (id, registration) = (id(number), registration(learner, course));
    let agent = format!("mbox:mailto:learner-{learner}@school.example.org");
    let activity_id = format!("https://lms.example.org/courses/{course}/activities/{activity}");
    let course_id = format!("https://lms.example.org/courses/{course}");
    let verb_id = format!("http://adlnet.gov/expapi/verbs/verb-{verb}");
    let definition = format!(
        r#"{{"name":{{"en-US":"Activity {activity}","de-DE":"Aktivität {activity}"}},"description":{{"en-US":"The activity {activity} of course {course}"}},"type":"http://adlnet.gov/expapi/activities/assessment"}}"#
    );
    let body = format!(
        r#"{{"id":"{id}","actor":{{"objectType":"Agent","name":"Learner {learner}","mbox":"mailto:learner-{learner}@school.example.org"}},"verb":{{"id":"{verb_id}","display":{{"en-US":"verb {verb}"}}}},"object":{{"objectType":"Activity","id":"{activity_id}","definition":{definition}}},"result":{{"score":{{"scaled":0.{:02},"raw":{},"min":0,"max":100}},"success":{},"completion":true,"duration":"PT{}S"}},"context":{{"registration":"{registration}","platform":"Example LMS","language":"en-US","contextActivities":{{"parent":[{{"objectType":"Activity","id":"{course_id}"}}],"category":[{{"objectType":"Activity","id":"https://w3id.org/xapi/cmi5/context/categories/cmi5"}}]}},"extensions":{{"https://lms.example.org/session":"{:016x}","https://lms.example.org/attempt":{}}}}},"timestamp":"2026-11-24T10:{:02}:{:02}.{:03}Z","version":"1.0.0","authority":{{"objectType":"Agent","account":{{"homePage":"https://lrs.example.org","name":"key-1"}}}}}}"#,
        random % 100,
        random % 100,
        random.is_multiple_of(3),
        random % 3_000,
        random,
        random % 5,
        random % 60,
        (random >> 6) % 60,
        (random >> 12) % 1_000,
    );
    let term = |index, text: &str| Term { index, text: text.to_owned() };
    CompletedStatement {
        id,
        timestamp: Timestamp(0),
        timestamp_added: false,
        body: body.into_bytes(),
        terms: vec![
            term(Index::Agent, &agent),
            term(Index::Verb, &verb_id),
            term(Index::Activity, &activity_id),
            term(Index::RelatedActivity, &course_id),
            term(Index::RelatedActivity, "https://w3id.org/xapi/cmi5/context/categories/cmi5"),
            term(Index::Registration, &registration.to_string()),
            term(Index::RelatedAgent, AUTHORITY),
            term(Index::Authority, AUTHORITY),
        ],
        target: None,
        voids: false,
        defines: true,
        definitions: vec![(activity_id, definition)],
        names: vec![(agent, format!("Learner {learner}"))],
    }
}

/// Processor time of this process so far.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<u64> =
        stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(11).take(2).flat_map(str::parse).collect();
    Duration::from_millis(fields.iter().sum::<u64>() * 10)
}

fn resident_mib() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM")).collect::<Vec<_>>().join(" ")
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn microseconds(time: Duration, count: u64) -> f64 {
    time.as_secs_f64() * 1e6 / count as f64
}

async fn load(store: &Arc<SqliteStore>, from: u64, to: u64) {
    let next = Arc::new(AtomicU64::new(from));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let (store, next) = (Arc::clone(store), Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let first = next.fetch_add(BATCH, Ordering::Relaxed);
                if first >= to {
                    return;
                }
                let statements = (first..(first + BATCH).min(to)).map(statement).collect();
                let recorded = store.record_statements(Batch { statements, attachments: Vec::new() }).await;
                assert!(matches!(recorded, Ok(Recorded::Stored { .. })), "{recorded:?}");
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no task fails");
    }
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() * part / 1_000).min(times.len() - 1)].as_secs_f64() * 1e3;
    println!("{what:32} p50 {:7.3} ms  p99 {:7.3} ms  max {:7.3} ms", at(500), at(990), at(1_000));
}

async fn read(store: &SqliteStore, statements: u64) {
    let mut times = Vec::new();
    for number in 0..2_000 {
        let began = Instant::now();
        let found = store.find_statement(id(mix(number) % statements), false).await;
        times.push(began.elapsed());
        assert!(matches!(found, Ok(Some(_))));
    }
    report("by id", times);
    let since = store.read_log(lrs_store::Seq(statements / 2), 1).await.expect("the log is readable")[0].stored;
    for (what, make) in [
        ("no filter", Vec::new as fn() -> Vec<Filter>),
        ("agent", || {
            vec![Filter::Agent { key: "mbox:mailto:learner-7@school.example.org".to_owned(), related: false }]
        }),
        ("related agent", || vec![Filter::Agent { key: AUTHORITY.to_owned(), related: true }]),
        ("verb", || vec![Filter::Verb("http://adlnet.gov/expapi/verbs/verb-3".to_owned())]),
        ("activity", || {
            vec![Filter::Activity { id: "https://lms.example.org/courses/3/activities/77".to_owned(), related: false }]
        }),
        ("related activity", || {
            vec![Filter::Activity { id: "https://lms.example.org/courses/3".to_owned(), related: true }]
        }),
        ("registration", || vec![Filter::Registration(registration(7, 3))]),
        ("agent and verb", || {
            vec![
                Filter::Agent { key: "mbox:mailto:learner-7@school.example.org".to_owned(), related: false },
                Filter::Verb("http://adlnet.gov/expapi/verbs/verb-3".to_owned()),
            ]
        }),
    ] {
        for (order, since) in [(Order::Descending, None), (Order::Ascending, Some(since))] {
            let query = Query { filters: make(), since, until: None, order, limit: 50, after: None };
            let mut times = Vec::new();
            let mut count = 0;
            for _ in 0..300 {
                let began = Instant::now();
                count = store.find_statements(query.clone()).await.expect("the query is answered").statements.len();
                times.push(began.elapsed());
            }
            report(&format!("{what}{} ({count})", if since.is_some() { ", since, asc" } else { "" }), times);
        }
    }
    let mut times = Vec::new();
    for number in 0..1_000 {
        let began = Instant::now();
        let batch = Batch { statements: vec![statement(u64::MAX / 2 + number)], attachments: Vec::new() };
        store.record_statements(batch).await.expect("recorded");
        times.push(began.elapsed());
    }
    report("record one, alone", times);
}

fn open(folder: &Path) -> SqliteStore {
    let path = folder.join("load.lrs");
    SqliteStore::open(&path, &folder.join("load.attachments"), Options::default(), Arc::new(SystemClock))
        .expect("it opens")
}

fn reopen_after_crash(folder: &Path) {
    let remains = folder.join("remains");
    std::fs::create_dir_all(&remains).expect("a folder");
    for name in ["load.lrs", "load.lrs-wal"] {
        std::fs::copy(folder.join(name), remains.join(name)).expect("copied");
    }
    let began = Instant::now();
    drop(open(&remains));
    println!("ready after a crash in {:.3} s", began.elapsed().as_secs_f64());
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("the first argument is a folder"));
    let statements: u64 = arguments.next().map_or(1_000_000, |count| count.parse().expect("a number of statements"));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let before = processor_time();
    let bytes: usize = (0..20_000).map(|number| statement(number).body.len()).sum();
    let making = processor_time().saturating_sub(before) / 20;
    println!("{} bytes a statement, making one costs {:.2} µs", bytes / 20_000, microseconds(making, 1_000));
    let store = Arc::new(open(&folder));
    let step = (statements / 10).max(1);
    for from in (0..statements).step_by(usize::try_from(step).expect("small")) {
        let to = (from + step).min(statements);
        let (began, before) = (Instant::now(), processor_time());
        load(&store, from, to).await;
        let (took, used) = (began.elapsed(), processor_time().saturating_sub(before));
        let status = store.status().await.expect("status");
        println!(
            "{to:9} statements: {:7.0}/s, {:5.2} µs of processor each; tail {}, {} B/statement, {}",
            1e6 / microseconds(took, to - from),
            microseconds(used, to - from) - microseconds(making, 1_000),
            status.tail_statements,
            status.size_bytes / to,
            resident_mib()
        );
    }
    reopen_after_crash(&folder);
    read(&store, statements).await;
    store.close().await;
    let size = std::fs::metadata(folder.join("load.lrs")).map_or(0, |metadata| metadata.len());
    println!("{} B/statement on disk, {}", size / statements, resident_mib());
}
