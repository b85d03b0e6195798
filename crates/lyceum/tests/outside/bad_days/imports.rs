//! Imports that are asked for in the web app, and servers that are killed or stopped while they work at one: it goes on, every line is there
//! exactly once, and every refused one is told once.

use std::collections::BTreeSet;

use reqwest::blocking::{RequestBuilder, Response};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Client, Folder, PATIENCE, Server, check_healthy, expect_status, statement, wait_for};

/// One in so many lines is refused: then each statement of its batch is a commit, so that there is time for a kill.
const REFUSED_EVERY: usize = 150;
/// One in so many lines has an id of its own.
const WITH_ID_EVERY: usize = 3;

/// The owner of a server, whichever process of it answers.
pub struct Owner {
    http: reqwest::blocking::Client,
    cookie: String,
    csrf_token: String,
}

impl Owner {
    /// Makes the first account with the link that the first start printed.
    #[track_caller]
    pub fn set_up(server: &Server) -> Self {
        let http = reqwest::blocking::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a plain client");
        let (_, rest) = server.printed().split_once("/setup#token=").expect("a link");
        let token = rest.split_whitespace().next().expect("a link has an end");
        let account = json!({
            "token": token, "name": "Olga", "email": "olga@example.org", "password": "correct horse battery",
        });
        let made = http.post(server.url("/api/v1/setup")).json(&account).send().expect("the server answers");
        let cookie = made.headers()["set-cookie"].to_str().expect("ASCII").split(';').next().expect("a value");
        let cookie = cookie.to_owned();
        let session = expect_status(made, StatusCode::OK);
        let csrf_token = session["csrf_token"].as_str().expect("a token").to_owned();
        Self { http, cookie, csrf_token }
    }

    fn request(&self, server: &Server, method: Method, path: &str) -> RequestBuilder {
        let url = server.url(&format!("/api/v1/lrss/default/jobs{path}"));
        self.http.request(method, url).header("cookie", &self.cookie).header("x-csrf-token", &self.csrf_token)
    }

    /// Asks for an import: its id.
    #[track_caller]
    pub fn import(&self, server: &Server, file: &str) -> String {
        let sent = self.request(server, Method::POST, "/import?name=lines.ndjson").body(file.to_owned()).send();
        let job = expect_status(sent.expect("the server answers"), StatusCode::OK);
        job["id"].as_str().expect("an id").to_owned()
    }

    /// How a job is.
    #[track_caller]
    pub fn job(&self, server: &Server, id: &str) -> Value {
        self.get(server, &format!("/{id}"))
    }

    #[track_caller]
    fn get(&self, server: &Server, path: &str) -> Value {
        let answer = self.request(server, Method::GET, path).send().and_then(Response::error_for_status);
        expect_status(answer.expect("the server answers"), StatusCode::OK)
    }

    /// Waits until a job has worked through more than `done` bytes, and has more before it.
    #[track_caller]
    pub fn wait_until_beyond(&self, server: &Server, id: &str, done: u64) -> u64 {
        wait_for("the import to go on", || {
            let job = self.job(server, id);
            assert_eq!(job["state"], "running", "the file is too short for this machine: {job}");
            let now = number(&job, "done");
            (now > done).then_some(now)
        })
    }
}

/// A member that is a number.
#[track_caller]
pub fn number(job: &Value, member: &str) -> u64 {
    job[member].as_u64().unwrap_or_else(|| panic!("no number {member} in {job}"))
}

/// A file to import, and what must come of it.
pub struct Lines {
    pub text: String,
    activities: BTreeSet<String>,
    refused: Vec<u64>,
}

impl Lines {
    /// So many lines, some with an id, some without, some that are refused.
    pub fn new(count: usize) -> Self {
        let (mut lines, mut activities, mut refused) = (Vec::new(), BTreeSet::new(), Vec::new());
        for number in 1..=count {
            if number % REFUSED_EVERY == 0 {
                refused.push(number as u64);
                lines.push(r#"{"actor": {}}"#.to_owned());
                continue;
            }
            let mut line = statement(&format!("line-{number}"));
            activities.insert(format!("https://example.org/line-{number}"));
            if number % WITH_ID_EVERY == 0 {
                line["id"] = json!(uuid::Uuid::from_u128(0x4000_8000_0000_0000_0000 | number as u128));
            }
            lines.push(line.to_string());
        }
        Self { text: lines.join("\n"), activities, refused }
    }

    /// Waits until the import is done, and looks at everything that came of it.
    #[track_caller]
    pub fn check_imported(&self, owner: &Owner, server: &Server, client: &Client, id: &str) {
        let mut job = owner.job(server, id);
        while job["state"] == "running" {
            let done = number(&job, "done");
            // On a busy machine all of it may take long, but not the next step.
            job = wait_for("the import to go on", || {
                let job = owner.job(server, id);
                (job["state"] != "running" || number(&job, "done") > done).then_some(job)
            });
        }
        assert_eq!((&job["state"], &job["problem"]), (&json!("done"), &Value::Null), "{job}");
        let counts = (number(&job, "accepted"), number(&job, "refused"));
        assert_eq!(counts, (self.activities.len() as u64, self.refused.len() as u64), "{job}");
        assert_eq!(number(&job, "done"), number(&job, "total"), "{job}");
        let told = owner.get(server, &format!("/{id}/refused"));
        let told: Vec<u64> = told["items"].as_array().expect("a list").iter().map(|it| number(it, "line")).collect();
        assert_eq!(told, self.refused);
        let found = client.find_all("limit=500");
        let activity = |it: &Value| it["object"]["id"].as_str().expect("an activity has an id").to_owned();
        assert_eq!(found.len(), self.activities.len(), "each line once");
        assert_eq!(found.iter().map(activity).collect::<BTreeSet<_>>(), self.activities);
    }
}

/// The only server is killed again and again, and once told to stop. Each time it goes on after the next start.
#[test]
fn an_import_goes_on_after_kills_and_a_stop() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    let owner = Owner::set_up(&server);
    let key = server.first_key().cloned().expect("a first start makes a key");
    let lines = Lines::new(3_000);
    let id = owner.import(&server, &lines.text);
    let mut done = 0;
    for round in 0..4 {
        done = owner.wait_until_beyond(&server, &id, done);
        if round == 2 {
            assert!(server.terminate().success());
        } else {
            server.kill();
        }
        server = Server::start(&folder);
        let job = owner.job(&server, &id);
        assert!(number(&job, "done") >= done, "what was told stays so: {job}");
    }
    lines.check_imported(&owner, &server, &server.client_of(&key), &id);
    assert!(!has_job_files(&folder), "its file is gone");
    server.terminate();
    check_healthy(&folder.data());
}

fn has_job_files(folder: &Folder) -> bool {
    fn look(path: &std::path::Path) -> bool {
        let entries = std::fs::read_dir(path).expect("the folder is there");
        let mut paths = entries.map(|entry| entry.expect("it can be listed").path());
        paths.any(|it| {
            it.is_dir()
                && ((it.ends_with("jobs") && it.read_dir().is_ok_and(|mut it| it.next().is_some())) || look(&it))
        })
    }
    look(&folder.path("data"))
}
