//! While several servers write, those who read see every statement exactly once and in order, also when one server is killed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lrs_postgres::{Database, Options, PostgresRegistry, Time};
use lrs_store::{LrsName, Registry as _, Seq};
use serde_json::Value;

use super::load::{Writing, check_all_stored, clients_of, join, new_folder, start_servers, times_as_much};
use crate::harness::{Client, Folder, wait_for};

/// Real servers: more on a machine that can run them.
fn servers() -> usize {
    if times_as_much() > 1 { 4 } else { 2 }
}

fn micros(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().expect("an instant").as_microsecond()
}

/// Reads on by `since` and `more`, checking each answer; the ids in the order in which they came.
#[derive(Default)]
struct Reader {
    ids: Vec<String>,
    since: Option<String>,
    /// What was promised so far: nothing is stored at or before this instant that was not seen.
    promised: Option<i64>,
}

impl Reader {
    /// Everything that is new now.
    fn read_on(&mut self, client: &Client) {
        let since = self.since.as_ref().map(|since| format!("&since={since}")).unwrap_or_default();
        let mut path = format!("/statements?ascending=true&limit=50{since}");
        let mut promise = None;
        loop {
            let answer = client.get(&path);
            assert_eq!(answer.status(), 200, "{path}");
            let through = answer.headers()["x-experience-api-consistent-through"].to_str().expect("a text").to_owned();
            // The first page's, since its query began before the others.
            promise = promise.or(Some(micros(&through)));
            let page: Value = answer.json().expect("a page");
            for statement in page["statements"].as_array().expect("a page holds statements") {
                self.take(statement);
            }
            let more = page["more"].as_str().expect("`more` is a text");
            match more.strip_prefix("/xapi") {
                Some(more) => more.clone_into(&mut path),
                None => break,
            }
        }
        self.promised = self.promised.max(promise);
    }

    fn take(&mut self, statement: &Value) {
        let stored = statement["stored"].as_str().expect("an instant");
        let before = self.since.as_deref().map(micros);
        assert!(before <= Some(micros(stored)), "{stored} comes after {before:?}");
        assert!(self.promised < Some(micros(stored)), "stored at {stored}, and {:?} was promised", self.promised);
        self.since = Some(stored.to_owned());
        self.ids.push(statement["id"].as_str().expect("an id").to_owned());
    }
}

/// Follows the log as another process does, until it is told that all is written and there is nothing more.
async fn follow_log(url: String, folder: std::path::PathBuf, finished: Arc<AtomicBool>) -> Vec<String> {
    let database = Database::parse(&url, None).expect("the URL is good");
    let registry = PostgresRegistry::open(&database, Options::new(folder), Time::Database).await.expect("it opens");
    let name = LrsName::parse("default").expect("a good name");
    let store = registry.open_lrs(&name).await.expect("it opens");
    let (mut ids, mut stored) = (Vec::new(), None);
    loop {
        let was_finished = finished.load(Ordering::SeqCst);
        let entries = store.read_log(Seq(ids.len() as u64), 100).await.expect("reading works");
        if entries.is_empty() && was_finished {
            break;
        }
        for entry in entries {
            ids.push(entry.id.0.to_string());
            assert_eq!(entry.seq, Seq(ids.len() as u64), "no gap");
            assert!(stored <= Some(entry.stored), "stored does not go back");
            stored = Some(entry.stored);
        }
    }
    registry.close().await;
    ids
}

#[test]
fn readers_see_each_statement_once_and_in_order_while_a_server_is_killed() {
    let (folder, database) = new_folder();
    let mut servers = start_servers(&folder, servers());
    let clients = clients_of(&servers);
    let writing = Writing { writers: 16 * servers.len(), batches: 5 * times_as_much(), statements: 5 };
    let finished = Arc::new(AtomicBool::new(false));
    let following = {
        let (url, data, finished) = (database.url().to_owned(), folder.data(), Arc::clone(&finished));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
        let follow = follow_log(url, std::path::Path::new(&data).join("attachments"), finished);
        std::thread::spawn(move || runtime.block_on(follow))
    };

    let (answers, writers) = writing.start(&clients);
    let mut reader = Reader::default();
    let mut killed = false;
    while !writers.iter().all(std::thread::JoinHandle::is_finished) {
        reader.read_on(&clients[0]);
        if !killed && answers.count() * 2 >= writing.total() {
            servers.pop().expect("there are several").kill();
            killed = true;
        }
    }
    join(writers);
    finished.store(true, Ordering::SeqCst);
    reader.read_on(&clients[0]);

    assert!(killed, "the server was killed while the others wrote");
    let followed = following.join().expect("the follower saw only what it may see");
    assert_eq!(reader.ids, followed, "both see the same order");
    assert_eq!(followed.len(), writing.total());
    assert_eq!(followed.iter().collect::<BTreeSet<_>>().len(), writing.total(), "each once");
    check_all_stored(&clients[0], &answers, writing.total());
    assert_eq!(answers.unavailable.load(Ordering::SeqCst), 0, "the database was there all the time");
    let last = reader.since.as_deref().map(micros);
    wait_for("everything to be promised", || {
        reader.read_on(&clients[0]);
        (reader.promised >= last).then_some(())
    });
}

/// Agents and activities are the same in all batches: nobody waits for anybody in a circle, and every request is answered with 200.
#[test]
fn sixteen_writers_of_the_same_agents_and_activities_meet_no_error() {
    let folder = Folder::new();
    let servers = start_servers(&folder, 2);
    let clients = clients_of(&servers);
    let writing = Writing { writers: 16, batches: 10 * times_as_much(), statements: 10 };
    let (answers, writers) = writing.start(&clients);
    join(writers);
    assert_eq!(answers.unavailable.load(Ordering::SeqCst), 0);
    assert_eq!(answers.broken_off.load(Ordering::SeqCst), 0);
    check_all_stored(&clients[0], &answers, writing.total());
}
