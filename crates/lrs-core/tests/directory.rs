//! The directory is the same function of the log, whether it was followed live or long after.

mod common;

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use lrs_core::{
    Authority, FollowerThreads, Recording, Submission, SubmissionLimits, SystemIds, directory_position, follow_log,
    follow_to_end, record_statements,
};
use lrs_store::{Entry, Order, Seq, Span, Store, SystemClock, View};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;
use xapi::Version;

const LIMITS: SubmissionLimits =
    SubmissionLimits { statements_bytes_max: 4 << 20, batch_statements_max: 1000, attachment_bytes_max: 1000 };

fn id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Learners who come again, with other names at times; activities below others; scores; statements that void earlier and later ones.
fn statement(number: u64) -> Value {
    let actor = number * 7 % 53;
    let mut statement = json!({
        "id": id(number),
        "actor": { "mbox": format!("mailto:learner{actor}@example.org"), "name": format!("Ánna {}", number * 7 % 59) },
        "verb": { "id": "http://adlnet.gov/expapi/verbs/completed", "display": { "en": "completed" } },
        "object": {
            "id": format!("http://example.org/page/{}", number % 41),
            "definition": { "name": { "en": format!("Page {}", number % 43), "ja": "学習する" } },
        },
        "result": { "score": { "scaled": f64::from(u32::try_from(number % 100).unwrap()) / 100.0 }, "duration": "PT5S" },
        "context": { "contextActivities": { "parent": [{ "id": format!("http://example.org/course/{}", number % 5) }] } },
        "timestamp": format!("2026-01-{:02}T10:00:{:02}Z", number * 11 % 28 + 1, number % 60),
    });
    let voided = match number % 97 {
        0 => Some(number + 300),
        50 => Some(number - 13),
        60 => Some(number - 43),
        _ => None,
    };
    if let Some(voided) = voided {
        statement["verb"] = json!({ "id": "http://adlnet.gov/expapi/verbs/voided" });
        statement["object"] = json!({ "objectType": "StatementRef", "id": id(voided) });
    }
    statement
}

async fn record(store: &dyn Store, numbers: std::ops::Range<u64>) {
    let recording = Recording {
        authority: Arc::new(Authority::from_json(
            r#"{"objectType":"Agent","mbox":"mailto:lrs@example.org"}"#.to_owned(),
        )),
        may_define: true,
        trust_authority: false,
        version: Version::V1_0_3,
        statement_id: None,
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
    };
    let body = Value::Array(numbers.map(statement).collect()).to_string();
    let submission = Submission::from_json(Bytes::from(body), recording.version, LIMITS).await.unwrap();
    record_statements(store, submission, recording).await.unwrap();
}

async fn read_all(store: &dyn Store) -> Vec<Entry> {
    let span = Span { from: Vec::new(), to: vec![u8::MAX; 64], order: Order::Ascending, limit: usize::MAX };
    store.views().scan(View::Directory, span).await.unwrap()
}

#[tokio::test]
async fn gathered_steps_change_the_view_as_single_ones_do() {
    let (_folder, _registry, store) = common::open_lrs().await;
    // Never far enough behind to gather: pieces that begin and end within blocks.
    let mut number = 1;
    for length in [1, 2, 333, 511, 77, 400].into_iter().cycle().take(12) {
        record(&*store, number..number + length).await;
        number += length;
        follow_to_end(&*store).await.unwrap();
    }
    let last = Seq(number - 1);
    assert!(last.0 > 2 * 1024, "some blocks lie within one step");
    assert_eq!(directory_position(&*store).await.unwrap(), last);
    let live = read_all(&*store).await;
    assert!(live.len() > 1000, "{}", live.len());

    store.views().clear(View::Directory).await.unwrap();
    follow_to_end(&*store).await.unwrap();
    let gathered = read_all(&*store).await;
    assert_eq!(directory_position(&*store).await.unwrap(), last);
    let difference = live.iter().zip(&gathered).find(|(live, gathered)| live != gathered);
    assert_eq!(difference, None);
    assert_eq!(live.len(), gathered.len());
    store.close().await;
}

/// A runtime of one thread.
fn one_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Keeps a thread of `runtime` busy until what is returned is dropped.
fn keep_busy(runtime: &Handle) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel();
    let (begin, at_work) = mpsc::channel();
    runtime.spawn(async move {
        begin.send(()).unwrap();
        // An error: the sender is gone.
        let _ = released.recv();
    });
    at_work.recv().unwrap();
    release
}

async fn wait_until_followed(store: &dyn Store, through: u64) {
    let since = Instant::now();
    while directory_position(store).await.unwrap() != Seq(through) {
        assert!(since.elapsed() < Duration::from_mins(1), "statement {through} was never followed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_was_starved_insists_on_its_share() {
    let (_folder, _registry, store) = common::open_lrs().await;
    let (yielding, insisting) = (one_thread(), one_thread());
    let threads = FollowerThreads { yielding: yielding.handle().clone(), insisting: insisting.handle().clone() };
    let stop = CancellationToken::new();

    record(&*store, 1..2).await;
    let busy = keep_busy(yielding.handle());
    let following = {
        let (store, stop) = (Arc::clone(&store), stop.clone());
        tokio::spawn(async move { follow_log(&store, &threads, &stop).await })
    };
    // Longer than a step may take, on a busy machine too.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(directory_position(&*store).await.unwrap(), Seq(0), "a step waits for the threads that yield");
    drop(busy);
    wait_until_followed(&*store, 1).await;
    // The step ends a moment after what it made can be seen.
    tokio::time::sleep(Duration::from_secs(1)).await;

    let _busy = keep_busy(yielding.handle());
    record(&*store, 2..3).await;
    wait_until_followed(&*store, 2).await;

    stop.cancel();
    following.await.unwrap();
    store.close().await;
    [yielding, insisting].into_iter().for_each(Runtime::shutdown_background);
}
