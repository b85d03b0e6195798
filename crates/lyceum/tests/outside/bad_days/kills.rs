//! `kill -9` at random moments of a concurrent load: what was acknowledged is there, nothing is there twice, no batch is there
//! by half, and the index agrees with the log. Fifty kills, in five tests of ten so that they run side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Client, Folder, Key, Server, Start, check_healthy, statement, wait_for};

/// In each test; where the database does the committing, fewer show as much.
const KILLS: usize = if matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"on_postgres") { 5 } else { 10 };
const WRITERS: u64 = 4;

/// A batch that was sent: how many statements it has, and whether the server said that they are stored.
#[derive(Debug, Clone, Copy)]
struct Sent {
    statements: usize,
    acknowledged: bool,
}

/// What all rounds sent so far.
#[derive(Debug, Default)]
struct History {
    batches: BTreeMap<u64, Sent>,
    /// The last acknowledged content of the document, and the last that was sent.
    document: (u64, u64),
}

fn statement_of(batch: u64, place: usize) -> Value {
    let mut statement = statement(&format!("batch-{batch}"));
    statement["id"] =
        json!(uuid::Uuid::from_u128(u128::from(batch) << 64 | 0x4000_8000_0000_0000_0000 | place as u128));
    statement["result"] = json!({"response": "x".repeat(200)});
    statement
}

/// Writes batches until the server is gone.
fn write_batches(
    client: &Client,
    mut random: StdRng,
    first: u64,
    history: &Mutex<History>,
    acknowledged: &AtomicUsize,
) {
    for batch in first.. {
        let statements = random.random_range(1..=12);
        let sent = Sent { statements, acknowledged: false };
        history.lock().expect("no writer panics").batches.insert(batch, sent);
        let body: Vec<Value> = (0..statements).map(|place| statement_of(batch, place)).collect();
        let Ok(answer) = client.try_post(&body.into()) else { return };
        let status = answer.status();
        let Ok(text) = answer.text() else { return };
        assert_eq!(status, 200, "{text}");
        history.lock().expect("no writer panics").batches.insert(batch, Sent { acknowledged: true, ..sent });
        acknowledged.fetch_add(1, Ordering::SeqCst);
    }
}

const DOCUMENT: &str = "/activities/state?activityId=https%3A%2F%2Fexample.org%2Fa&stateId=count\
                        &agent=%7B%22mbox%22%3A%22mailto%3Aa%40example.org%22%7D";

/// Counts in a document until the server is gone.
fn write_document(client: &Client, history: &Mutex<History>) {
    loop {
        let next = {
            let mut history = history.lock().expect("no writer panics");
            history.document.1 += 1;
            history.document.1
        };
        let put = client.request(Method::PUT, DOCUMENT).header("Content-Type", "text/plain").body(next.to_string());
        let Ok(answer) = put.send() else { return };
        assert_eq!(answer.status(), 204);
        history.lock().expect("no writer panics").document.0 = next;
    }
}

/// Loads the server from several sides and kills it in the middle of that.
fn load_and_kill(server: Server, key: &Key, round: usize, random: &mut StdRng, history: &Arc<Mutex<History>>) {
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let client = server.client_of(key);
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let (client, history, acknowledged) = (client.clone(), Arc::clone(history), Arc::clone(&acknowledged));
        let random = StdRng::from_rng(random);
        let first = (round as u64 * WRITERS + writer) << 32;
        writers.push(std::thread::spawn(move || write_batches(&client, random, first, &history, &acknowledged)));
    }
    let documents = {
        let (client, history) = (client.clone(), Arc::clone(history));
        std::thread::spawn(move || write_document(&client, &history))
    };
    writers.push(documents);

    let enough = random.random_range(0..60);
    wait_for("some acknowledgements", || (acknowledged.load(Ordering::SeqCst) >= enough).then_some(()));
    // A random moment between two acknowledgements, too: the time of some hundred thousand idle turns.
    (0..random.random_range(0..400_000_u32)).for_each(|_| std::hint::spin_loop());
    server.kill();
    for writer in writers {
        writer.join().expect("a writer saw only what it may see");
    }
}

/// Compares everything that the server has with everything that was sent.
fn check_history(client: &Client, history: &History, seed: u64) {
    let found = client.find_all("limit=500&ascending=true");
    let mut by_batch: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for statement in &found {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let new = by_batch.entry(text(&statement["object"]["id"])).or_default().insert(text(&statement["id"]));
        assert!(new, "seed {seed}: {} is there twice", statement["id"]);
    }
    for (batch, sent) in &history.batches {
        let stored = by_batch.get(&format!("https://example.org/batch-{batch}")).map_or(0, BTreeSet::len);
        let whole = stored == sent.statements;
        assert!(
            whole || stored == 0 && !sent.acknowledged,
            "seed {seed}: {stored} statements of batch {batch}: {sent:?}"
        );
    }
    let (acknowledged, sent) = history.document;
    let answer = client.get(DOCUMENT);
    let count = if answer.status() == 404 { 0 } else { answer.text().expect("a body").parse().expect("a number") };
    assert!((acknowledged..=sent).contains(&count), "seed {seed}: the document is {count} of {acknowledged}..={sent}");
}

fn kill_ten_times(seed: u64) {
    let mut random = StdRng::seed_from_u64(seed ^ u64::from(std::process::id()) << 8);
    let folder = Folder::new();
    let history = Arc::new(Mutex::new(History::default()));
    let mut server = Server::start(&folder);
    let key = server.first_key().cloned().expect("a first start makes a key");
    for round in 0..KILLS {
        load_and_kill(server, &key, round, &mut random, &history);
        server = Server::start(&folder);
        check_history(&server.client_of(&key), &history.lock().expect("no writer panics"), seed);
    }
    let acknowledged =
        history.lock().expect("no writer panics").batches.values().filter(|sent| sent.acknowledged).count();
    assert!(acknowledged > KILLS, "the load was real: {acknowledged} batches");
    server.kill();
    check_healthy(&folder.data());
}

#[test]
fn kills_1_to_10_lose_nothing() {
    kill_ten_times(1);
}

#[test]
fn kills_11_to_20_lose_nothing() {
    kill_ten_times(2);
}

#[test]
fn kills_21_to_30_lose_nothing() {
    kill_ten_times(3);
}

#[test]
fn kills_31_to_40_lose_nothing() {
    kill_ten_times(4);
}

#[test]
fn kills_41_to_50_lose_nothing() {
    kill_ten_times(5);
}

#[test]
fn kills_while_starting_lose_nothing() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    let key = server.first_key().cloned().expect("a first start makes a key");
    let mut stored = BTreeSet::new();
    for round in 0..5_u64 {
        let batch: Vec<Value> = (0..200).map(|place| statement_of(round, place)).collect();
        stored.extend(server.client_of(&key).store(&batch.into()));
        server.kill();
        // A server that dies while it opens its files must not harm them either.
        Start::default().and_kill_at_once(&folder.data());
        server = Server::start(&folder);
    }
    let found = server.client_of(&key).find_all("limit=500");
    let ids: BTreeSet<String> = found.iter().map(|found| found["id"].as_str().expect("a text").to_owned()).collect();
    assert_eq!(ids, stored);
}
