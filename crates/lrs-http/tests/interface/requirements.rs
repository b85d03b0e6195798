//! Plays the cases of `tests/requirements/*.json`. Each case has an LRS of its own and is played in each of its versions.
//!
//! A case names its clause and has steps; a step is a request and what must come back. `{id1}` to `{id9}` are UUIDs, `{name}` is
//! what an earlier step saved. `statement` and `statements` give changes to a statement that breaks no rule.

use std::collections::BTreeMap;
use std::path::Path;

use axum::body::Body;
use http::{Request, StatusCode};
use lrs_http::Settings;
use lrs_store::Scope;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::harness::{Answer, Credentials, TestServer, encode, statement};
use crate::matching::{matches_text, mismatches};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    clause: String,
    title: String,
    #[serde(default = "both_versions")]
    versions: Vec<String>,
    steps: Vec<Step>,
}

fn both_versions() -> Vec<String> {
    vec!["1.0.3".to_owned(), "2.0.0".to_owned()]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// Method and path.
    send: String,
    #[serde(default)]
    query: Map<String, Value>,
    /// `null` leaves out what is sent otherwise.
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    statement: Option<Value>,
    statements: Option<Vec<Value>>,
    json: Option<Value>,
    text: Option<String>,
    form: Option<Map<String, Value>>,
    status: u16,
    #[serde(default)]
    answer_headers: BTreeMap<String, Option<String>>,
    answer: Option<Value>,
    answer_text: Option<String>,
    #[serde(default)]
    answer_contains: Vec<String>,
    /// Name, then `header NAME` or a JSON pointer.
    #[serde(default)]
    save: BTreeMap<String, String>,
}

async fn play(file: &str) {
    play_on(&TestServer::start(Settings::default()).await, file).await;
}

/// Plays the cases of a file on a new server.
pub async fn play_on(server: &TestServer, file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/requirements").join(file);
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(!cases.is_empty());
    let mut failures = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        for (round, version) in case.versions.iter().enumerate() {
            let credentials = server.create_lrs(&format!("case{number}-{round}"), &[Scope::All]).await;
            let name = format!("[{}] {} ({version})", case.clause, case.title);
            failures.extend(
                play_case(server, &credentials, version, case).await.into_iter().map(|why| format!("{name}: {why}")),
            );
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

async fn play_case(server: &TestServer, credentials: &Credentials, version: &str, case: &Case) -> Vec<String> {
    let mut known: BTreeMap<String, String> =
        (1..=9).map(|n| (format!("id{n}"), format!("00000000-0000-4000-8000-00000000000{n}"))).collect();
    known.insert("authorization".to_owned(), credentials.authorization.clone());
    known.insert("version".to_owned(), version.to_owned());
    let mut failures = Vec::new();
    for (number, step) in case.steps.iter().enumerate() {
        let answer = server.send(build_request(step, credentials, version, &known)).await;
        let wrong = check_answer(step, &answer, &known);
        failures.extend(wrong.into_iter().map(|why| format!("step {}: {why}", number + 1)));
        for (name, source) in &step.save {
            let value = match source.strip_prefix("header ") {
                Some(header) => answer.header(header).to_owned(),
                None => answer.json().pointer(source).and_then(Value::as_str).unwrap_or_default().to_owned(),
            };
            known.insert(name.clone(), value);
        }
    }
    failures
}

fn build_request(
    step: &Step,
    credentials: &Credentials,
    version: &str,
    known: &BTreeMap<String, String>,
) -> Request<Body> {
    let sent = fill(&step.send, known);
    let (method, path) = sent.split_once(' ').expect("a step has a method and a path");
    let pairs: Vec<String> = step.query.iter().map(|(name, value)| encode_pair(name, value, known)).collect();
    let uri = if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) };
    let (content_type, body) = build_body(step, known);
    let mut headers: BTreeMap<String, Option<String>> = BTreeMap::from([
        ("authorization".to_owned(), Some(credentials.authorization.clone())),
        ("x-experience-api-version".to_owned(), Some(version.to_owned())),
        ("content-type".to_owned(), content_type.map(str::to_owned)),
    ]);
    headers.extend(
        step.headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.as_ref().map(|value| fill(value, known)))),
    );
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    request.body(Body::from(body)).unwrap()
}

fn build_body(step: &Step, known: &BTreeMap<String, String>) -> (Option<&'static str>, String) {
    const JSON: Option<&str> = Some("application/json");
    if let Some(changes) = &step.statement {
        return (JSON, fill(&statement(changes).to_string(), known));
    }
    if let Some(batch) = &step.statements {
        return (JSON, fill(&Value::Array(batch.iter().map(statement).collect()).to_string(), known));
    }
    if let Some(json) = &step.json {
        return (JSON, fill(&json.to_string(), known));
    }
    if let Some(form) = &step.form {
        let pairs: Vec<String> = form.iter().map(|(name, value)| encode_pair(name, value, known)).collect();
        return (Some("application/x-www-form-urlencoded"), pairs.join("&"));
    }
    (None, fill(step.text.as_deref().unwrap_or_default(), known))
}

/// In a form, an object under `content` stands for changes to a statement, as `statement` does in a step.
fn encode_pair(name: &str, value: &Value, known: &BTreeMap<String, String>) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(_) if name == "content" => statement(value).to_string(),
        other => other.to_string(),
    };
    format!("{}={}", encode(name), encode(&fill(&text, known)))
}

fn fill(text: &str, known: &BTreeMap<String, String>) -> String {
    known.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

fn check_answer(step: &Step, answer: &Answer, known: &BTreeMap<String, String>) -> Vec<String> {
    let mut wrong = Vec::new();
    if answer.status != StatusCode::from_u16(step.status).unwrap() {
        wrong.push(format!("expected status {}, found {}: {}", step.status, answer.status, answer.text()));
    }
    for (name, expected) in &step.answer_headers {
        let found = answer.headers.contains_key(name).then(|| answer.header(name));
        let fits = match (expected, found) {
            (None, None) => true,
            (Some(expected), Some(found)) => matches_text(&fill(expected, known), found),
            _ => false,
        };
        if !fits {
            wrong.push(format!("header {name}: expected {expected:?}, found {found:?}"));
        }
    }
    if let Some(expected) = &step.answer {
        let expected: Value = serde_json::from_str(&fill(&expected.to_string(), known)).unwrap();
        wrong.extend(mismatches("", &expected, &answer.json()));
    }
    if let Some(expected) = &step.answer_text
        && !(expected.is_empty() && answer.body.is_empty() || matches_text(&fill(expected, known), &answer.text()))
    {
        wrong.push(format!("body: expected {expected:?}, found {:?}", answer.text()));
    }
    let missing =
        step.answer_contains.iter().map(|part| fill(part, known)).filter(|part| !answer.text().contains(part));
    wrong.extend(missing.map(|part| format!("body: expected to contain {part:?}, found {:?}", answer.text())));
    wrong
}

macro_rules! requirements {
    ($($test:ident: $file:literal),+ $(,)?) => {
        $(#[tokio::test]
        async fn $test() {
            play($file).await;
        })+
    };
}

requirements! {
    headers_versions_and_errors: "protocol.json",
    alternate_request_syntax: "alternate_syntax.json",
    writing_statements: "statements_write.json",
    reading_statements: "statements_read.json",
    attachments: "attachments.json",
    documents: "documents.json",
    agents_and_activities: "agents_and_activities.json",
}
