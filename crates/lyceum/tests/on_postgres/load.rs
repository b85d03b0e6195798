//! Writers that send batches to several servers of one database, and go on elsewhere when theirs is gone.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use reqwest::StatusCode;
use serde_json::{Value, json};
use test_postgres::Database;

use crate::harness::{Client, Folder, Server, Start, wait_for};

/// How much is written, in a run of all tests; `LYCEUM_TEST_LOAD` makes it so many times as much.
pub fn times_as_much() -> usize {
    std::env::var("LYCEUM_TEST_LOAD").map_or(1, |text| text.parse().expect("LYCEUM_TEST_LOAD is a number"))
}

/// A folder whose database a test looks into.
pub fn new_folder() -> (Folder, Arc<Database>) {
    let database = Arc::new(Database::new());
    (Folder::with(Some(Arc::clone(&database))), database)
}

/// Starts so many servers on one database; the first one has made the first key.
pub fn start_servers(folder: &Folder, count: usize) -> Vec<Server> {
    (0..count).map(|_| Start::default().on(&folder.data())).collect()
}

/// Starts so many servers on one database at the same moment.
pub fn start_at_once(folder: &Folder, count: usize) -> Vec<Server> {
    let start = || {
        let data = folder.data();
        std::thread::spawn(move || Start::default().on(&data))
    };
    let starting: Vec<_> = (0..count).map(|_| start()).collect();
    starting.into_iter().map(|it| it.join().expect("each of them starts")).collect()
}

/// A client of each server, all with the first key.
pub fn clients_of(servers: &[Server]) -> Vec<Client> {
    let key = servers[0].first_key().cloned().expect("a first start makes a key");
    servers.iter().map(|server| server.client_of(&key)).collect()
}

/// What came back for batches so far.
#[derive(Debug, Default)]
pub struct Answers {
    /// Statements whose storing was acknowledged.
    pub acknowledged: Mutex<BTreeSet<String>>,
    /// Answers 503.
    pub unavailable: AtomicUsize,
    /// Requests that got no answer.
    pub broken_off: AtomicUsize,
}

impl Answers {
    /// How many statements were acknowledged.
    pub fn count(&self) -> usize {
        self.acknowledged.lock().expect("no writer panics").len()
    }
}

/// The statement of this number. All share agents and activities with others, and some refer to another writer's.
fn statement(number: usize) -> Value {
    let object = if number % 10 == 9 {
        json!({"objectType": "StatementRef", "id": id(number / 2)})
    } else {
        let id = format!("https://example.org/activity/{}", number % 7);
        json!({"id": id, "definition": {"name": {"en": format!("Activity {}", number % 7)}}})
    };
    json!({
        "id": id(number),
        "actor": {"mbox": format!("mailto:learner{}@example.org", number % 5), "name": format!("Learner {}", number % 3)},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
        "object": object,
    })
}

fn id(number: usize) -> String {
    uuid::Uuid::from_u128(0x1234_0000_0000_4000_8000_0000_0000_0000 | number as u128).to_string()
}

/// How a writer writes.
#[derive(Debug, Clone, Copy)]
pub struct Writing {
    pub writers: usize,
    pub batches: usize,
    pub statements: usize,
}

impl Writing {
    /// Of all writers.
    pub fn total(self) -> usize {
        self.writers * self.batches * self.statements
    }

    /// Starts the writers, each with a connection to one of the servers. A batch that is not acknowledged is sent again, with the same ids,
    /// to the next server.
    pub fn start(self, clients: &[Client]) -> (Arc<Answers>, Vec<JoinHandle<()>>) {
        let answers = Arc::new(Answers::default());
        let writers = (0..self.writers).map(|writer| {
            let mut clients: Vec<Client> = clients.to_vec();
            let turn = writer % clients.len();
            clients.rotate_left(turn);
            let answers = Arc::clone(&answers);
            std::thread::spawn(move || {
                for batch in 0..self.batches {
                    // Batches of all writers in turn, so that what one refers to is another's.
                    let first = (batch * self.writers + writer) * self.statements;
                    let body: Vec<Value> = (first..first + self.statements).map(statement).collect();
                    send_until_stored(&mut clients, &body.into(), &answers);
                }
            })
        });
        let writers = writers.collect();
        (answers, writers)
    }
}

fn send_until_stored(clients: &mut [Client], body: &Value, answers: &Answers) {
    wait_for("a batch to be stored", || {
        match clients[0].try_post(body) {
            Ok(answer) if answer.status() == StatusCode::OK => {
                let Ok(ids) = answer.json::<Vec<String>>() else {
                    answers.broken_off.fetch_add(1, Ordering::SeqCst);
                    return None;
                };
                answers.acknowledged.lock().expect("no writer panics").extend(ids);
                return Some(());
            }
            Ok(answer) => {
                assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{:?}", answer.text());
                assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
                answers.unavailable.fetch_add(1, Ordering::SeqCst);
            }
            Err(_) => {
                answers.broken_off.fetch_add(1, Ordering::SeqCst);
            }
        }
        clients.rotate_left(1);
        None
    });
}

/// Waits for the writers.
pub fn join(writers: Vec<JoinHandle<()>>) {
    for writer in writers {
        writer.join().expect("a writer saw only what it may see");
    }
}

/// Everything that is stored, oldest first: each statement once, and as many as were acknowledged.
#[track_caller]
pub fn check_all_stored(client: &Client, answers: &Answers, total: usize) {
    let found = client.find_all("limit=500&ascending=true");
    let ids: Vec<&str> = found.iter().map(|it| it["id"].as_str().expect("an id is a text")).collect();
    let distinct: BTreeSet<String> = ids.iter().map(|&id| id.to_owned()).collect();
    assert_eq!((ids.len(), distinct.len()), (total, total), "each statement is there, once");
    assert_eq!(distinct, *answers.acknowledged.lock().expect("no writer panics"));
}
