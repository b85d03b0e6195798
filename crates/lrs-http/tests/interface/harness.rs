//! A server without a socket, and a client for it. The target `on_postgres` has the same tests; there it stores in PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use lrs_core::{CreatedKey, FlightRecorder, Jobs, KeyRequest, RecorderOptions, SystemIds, create_key};
use lrs_http::{AppState, Settings, router};
use lrs_postgres::{AttachmentPlace, ObjectPlace, PostgresRegistry, Time};
use lrs_sqlite::backup::FolderBackups;
use lrs_sqlite::{Mode, SqliteRegistry};
use lrs_store::{Backups, Clock, LrsName, Registry, Scope};
use object_store::ObjectStore;
use serde_json::Value;
use tempfile::TempDir;
use test_postgres::Database;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use xapi::Timestamp;

/// 2026-11-24T12:00:00Z
const START: i64 = 1_795_521_600_000_000;

/// A clock that a test sets; it moves on by a millisecond with each look, as clocks do.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(START))
    }
}

impl TestClock {
    /// Moves it on.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1_000, Ordering::SeqCst))
    }
}

/// A server on a folder, and perhaps a database, of its own.
pub struct TestServer {
    pub registry: Arc<dyn Registry>,
    pub clock: Arc<TestClock>,
    pub router: Router,
    state: AppState,
    _database: Option<Database>,
    folder: TempDir,
}

/// The database of a server that stores in PostgreSQL, as this test target's servers do or do not.
fn new_database() -> Option<Database> {
    (env!("CARGO_CRATE_NAME") == "on_postgres").then(Database::new)
}

async fn open(
    folder: &TempDir,
    database: Option<&Database>,
    objects: Option<Arc<dyn ObjectStore>>,
    clock: Arc<TestClock>,
) -> Arc<dyn Registry> {
    let data = folder.path().join("data");
    let Some(database) = database else {
        return SqliteRegistry::open(&data, Mode::Server, lrs_sqlite::Options::default(), clock).unwrap();
    };
    let database = lrs_postgres::Database::parse(database.url(), None).unwrap();
    let mut options = lrs_postgres::Options::new(data.join("attachments"));
    if let Some(objects) = objects {
        options.attachments = object_place(objects, folder);
    }
    PostgresRegistry::open(&database, options, Time::Clock(clock)).await.unwrap()
}

fn start_recorder(options: RecorderOptions, registry: &Arc<dyn Registry>, clock: &Arc<TestClock>) -> FlightRecorder {
    let (recorder, recording) = FlightRecorder::new(options, registry.clone(), clock.clone(), Arc::new(SystemIds));
    tokio::spawn(recording.run(CancellationToken::new()));
    recorder
}

fn start_jobs(registry: &Arc<dyn Registry>, clock: &Arc<TestClock>, settings: &Settings) -> Arc<Jobs> {
    let jobs = Jobs::new(registry.clone(), clock.clone(), Arc::new(SystemIds), settings.submission_limits());
    tokio::spawn(jobs.clone().run(CancellationToken::new()));
    jobs
}

/// A place in an object store with a prefix of its own.
fn object_place(objects: Arc<dyn ObjectStore>, folder: &TempDir) -> AttachmentPlace {
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    let prefix = object_store::path::Path::from(name.trim_start_matches('.'));
    let shown = format!("objects://{prefix}");
    AttachmentPlace::Objects(ObjectPlace::new(objects, shown, prefix, folder.path().join("incoming")))
}

/// A key and its secret as a client sends them.
#[derive(Clone)]
pub struct Credentials {
    pub key: String,
    pub authorization: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value, empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// `error.code` of the envelope.
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl TestServer {
    /// Starts one.
    pub async fn start(settings: Settings) -> Self {
        Self::with(settings, new_database(), None).await
    }

    /// Starts one on this database, if any, with attachments in this object store, if any.
    pub async fn with(settings: Settings, database: Option<Database>, objects: Option<Arc<dyn ObjectStore>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::default());
        let registry = open(&folder, database.as_ref(), objects, clock.clone()).await;
        let recorder = start_recorder(RecorderOptions::default(), &registry, &clock);
        // Two, so that a test need not make many before the oldest goes.
        let kept = || Arc::new(FolderBackups::new(folder.path().join("data"), 2, clock.clone())) as Arc<dyn Backups>;
        let backups = database.is_none().then(kept);
        let state = AppState {
            registry: registry.clone(),
            clock: clock.clone(),
            ids: Arc::new(SystemIds),
            uses: Arc::default(),
            recorder: Some(recorder),
            jobs: start_jobs(&registry, &clock, &settings),
            openid: Vec::new(),
            backups,
            settings,
        };
        Self { registry, clock, router: router(state.clone()), state, _database: database, folder }
    }

    /// Starts it again on what it stores, with other settings.
    pub fn restart(&mut self, settings: Settings) {
        self.state.settings = settings;
        self.router = router(self.state.clone());
    }

    /// Starts it again with another flight recorder.
    pub fn restart_recorder(&mut self, options: RecorderOptions) {
        self.state.recorder = Some(start_recorder(options, &self.registry, &self.clock));
        self.router = router(self.state.clone());
    }

    /// Whether a file of the data folder holds these bytes.
    pub fn has_in_files(&self, bytes: &[u8]) -> bool {
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if std::fs::read(&path).is_ok_and(|held| held.windows(bytes.len()).any(|it| it == bytes)) {
                    return true;
                }
            }
        }
        false
    }

    /// A new LRS with a key that may do these things.
    pub async fn create_lrs(&self, name: &str, scopes: &[Scope]) -> Credentials {
        self.registry.create_lrs(&LrsName::parse(name).unwrap()).await.unwrap();
        self.create_key(name, scopes).await
    }

    /// Another key of an LRS.
    pub async fn create_key(&self, lrs: &str, scopes: &[Scope]) -> Credentials {
        self.create_limited_key(lrs, scopes, None, None).await
    }

    /// Another key of an LRS, with an end or a rate.
    pub async fn create_limited_key(
        &self,
        lrs: &str,
        scopes: &[Scope],
        expires: Option<Timestamp>,
        requests_per_second_max: Option<u32>,
    ) -> Credentials {
        let request = KeyRequest {
            lrs: LrsName::parse(lrs).unwrap(),
            scopes: scopes.to_vec(),
            label: String::new(),
            home_page: None,
            expires,
            requests_per_second_max,
        };
        let CreatedKey { key, secret } = create_key(self.registry.as_ref(), &SystemIds, request).await.unwrap();
        let id = key.key.id.0;
        let authorization = basic(&id, secret.expose());
        Credentials { key: id, authorization }
    }

    /// Sends a request; the answer may go on for ever.
    pub async fn open(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Sends a request with a key, a version and a JSON body (`Null` for none).
    pub async fn send_json(
        &self,
        credentials: &Credentials,
        version: &str,
        (method, path): (&str, &str),
        body: &Value,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", &credentials.authorization)
            .header("x-experience-api-version", version);
        let request = if body.is_null() {
            request.body(Body::empty())
        } else {
            request.header("content-type", "application/json").body(Body::from(body.to_string()))
        };
        self.send(request.unwrap()).await
    }
}

/// The header of a key and a secret.
pub fn basic(key: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{key}:{secret}")))
}

/// A statement that breaks no rule of either version; `changes` replace members, `null` removes them.
pub fn statement(changes: &Value) -> Value {
    let mut statement = serde_json::json!({
        "actor": { "objectType": "Agent", "mbox": "mailto:ana@example.org" },
        "verb": { "id": "http://adlnet.gov/expapi/verbs/passed", "display": { "en": "passed" } },
        "object": { "objectType": "Activity", "id": "http://example.org/quiz" },
    });
    for (name, value) in changes.as_object().into_iter().flatten() {
        if value.is_null() {
            statement.as_object_mut().unwrap().remove(name);
        } else {
            statement[name] = value.clone();
        }
    }
    statement
}

/// Percent-encodes a parameter's value.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
