//! `lyceum import` from files: what real platforms send is found again, unchanged; what is refused is told and kept.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::harness::{Folder, Server, lyceum, lyceum_with, statement};

/// The real statements, file by file, sorted.
pub fn real_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/statements");
    let mut files: Vec<PathBuf> = ["openedx", "moodle"]
        .iter()
        .flat_map(|platform| std::fs::read_dir(folder.join(platform)).expect("the real statements are there"))
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    files.sort();
    assert!(files.len() > 100, "{}", files.len());
    files
}

/// The statements of a file, as they are spelled.
fn statements_of(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a readable file");
    let raw: Vec<Box<RawValue>> = if text.trim_start().starts_with('[') {
        serde_json::from_str(&text).expect("an array")
    } else {
        vec![serde_json::from_str(&text).expect("one statement")]
    };
    raw.iter().map(|statement| statement.get().to_owned()).collect()
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).expect("JSON")
}

/// The statement in a line of the file of rejects, as it is spelled.
fn raw_statement(line: &str) -> String {
    let members: HashMap<String, &RawValue> = serde_json::from_str(line).expect("an object");
    members["statement"].get().to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A number, a string and a structure are compared as they are spelled, white space and the order of members apart.
fn spelled(text: &str) -> Value {
    fn spell(raw: &RawValue) -> Value {
        let text = raw.get();
        match text.as_bytes()[0] {
            b'{' => serde_json::from_str::<HashMap<String, &RawValue>>(text)
                .expect("an object")
                .into_iter()
                .map(|(name, value)| (name, spell(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            b'[' => serde_json::from_str::<Vec<&RawValue>>(text).expect("an array").into_iter().map(spell).collect(),
            b'"' => serde_json::from_str(text).expect("a string"),
            _ => json!({ "spelled": text }),
        }
    }
    spell(serde_json::from_str(text).expect("JSON"))
}

/// A single context activity comes back as an array of one (Data 2.4.6.2); everything else as it was sent.
fn expected(sent: &str) -> Value {
    let mut sent = spelled(sent);
    if let Some(activities) = sent.pointer_mut("/context/contextActivities").and_then(Value::as_object_mut) {
        for value in activities.values_mut().filter(|value| value.is_object()) {
            *value = json!([value.take()]);
        }
    }
    sent
}

#[test]
fn real_statements_are_imported_found_again_and_unchanged() {
    let folder = Folder::new();
    lyceum(&["lrs", "create", "default", "--data", &folder.data()]).expect_success();
    let files = real_files();
    // The Open edX files reuse ids for variants of one event; the first of each id is stored.
    let rejects = folder.path("rejects.ndjson");
    let data = folder.data();
    let mut arguments = vec!["import", "--data", &data, "--json", "--rejects", text(&rejects)];
    arguments.extend(files.iter().map(|path| text(path)));
    let summary = lyceum(&arguments).json();
    let sent: Vec<String> = files.iter().flat_map(|path| statements_of(path)).collect();
    let refused = std::fs::read_to_string(&rejects).expect("rejects");
    let refused: Vec<(Value, String)> = refused.lines().map(|line| (parse(line), raw_statement(line))).collect();
    assert_eq!(summary["read"], sent.len());
    assert_eq!(summary["refused"], refused.len());
    assert_eq!(summary["stored"], sent.len() - refused.len());

    let server = Server::start(&folder);
    let client = server.client();
    let all = client.find_all("limit=100");
    assert_eq!(summary["new"], all.len());
    let mut by_id: HashMap<String, String> = HashMap::new();
    for stored in &all {
        let id = stored["id"].as_str().expect("an id");
        let body = client.get(&format!("/statements?statementId={id}")).text().expect("a body");
        by_id.insert(id.to_owned(), body);
    }
    let mut compared = 0;
    let mut seen = HashSet::new();
    for text in &sent {
        let sent = expected(text);
        if let Some((reject, _)) = refused.iter().find(|(_, refused)| spelled(refused) == spelled(text)) {
            assert_refused_rightly(reject, &by_id);
            continue;
        }
        // The same statement again, in other words: what was stored first stays.
        if sent.get("id").is_some_and(|id| !seen.insert(id.to_string())) {
            continue;
        }
        let found = by_id.values().any(|body| contains(&spelled(body), &sent));
        assert!(found, "not found as it was sent: {text}");
        compared += 1;
    }
    assert_eq!(compared, all.len(), "every stored statement is one that was sent");
    assert_found_by_filters(&client, &all);
}

/// Refused was only an id that another statement has, or what is no valid statement.
fn assert_refused_rightly(reject: &Value, stored: &HashMap<String, String>) {
    let taken = reject["statement"]["id"].as_str().is_some_and(|id| stored.contains_key(id));
    let invalid = reject["violations"].as_array().is_some_and(|violations| !violations.is_empty());
    assert!(taken || invalid, "{reject}");
}

/// Whether a stored statement is what was sent and what an LRS adds.
fn contains(stored: &Value, sent: &Value) -> bool {
    sent.as_object().is_some_and(|members| members.iter().all(|(name, value)| stored.get(name) == Some(value)))
}

/// Each statement is on the pages of its agent, verb, activity and registration.
fn assert_found_by_filters(client: &crate::harness::Client, all: &[Value]) {
    let mut pages: HashMap<String, Vec<Value>> = HashMap::new();
    for stored in all {
        let mut queries = vec![format!("verb={}", encode(stored["verb"]["id"].as_str().expect("a verb")))];
        let actor = &stored["actor"];
        for identifier in ["mbox", "mbox_sha1sum", "openid", "account"] {
            if let Some(value) = actor.get(identifier) {
                queries.push(format!("agent={}", encode(&json!({ identifier: value }).to_string())));
            }
        }
        if stored["object"]["objectType"].as_str().unwrap_or("Activity") == "Activity" {
            queries.push(format!("activity={}", encode(stored["object"]["id"].as_str().expect("an activity"))));
        }
        if let Some(registration) = stored.pointer("/context/registration").and_then(Value::as_str) {
            queries.push(format!("registration={registration}"));
        }
        for query in queries {
            let page = pages.entry(query.clone()).or_insert_with(|| client.find_all(&query));
            assert!(page.iter().any(|found| found["id"] == stored["id"]), "{query} does not find {}", stored["id"]);
        }
    }
    assert!(pages.len() > 50, "{}", pages.len());
}

/// Percent-encodes everything but letters and digits.
pub fn encode(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// Imports `input` from standard input into a new LRS; gives read, new and refused, and what was told.
#[track_caller]
fn check(input: &str, arguments: &[&str], expected: [u64; 3]) -> String {
    let folder = Folder::new();
    lyceum(&["lrs", "create", "default", "--data", &folder.data()]).expect_success();
    let data = folder.data();
    let all = [&["import", "--data", &data, "--json"], arguments, &["-"]].concat();
    let finished = lyceum_with(&all, &[], input);
    let summary = finished.json();
    let found = ["read", "new", "refused"].map(|name| summary[name].as_u64().expect("a count"));
    assert_eq!(found, expected, "{finished:#?}");
    assert_eq!(finished.code, Some(i32::from(expected[2] > 0)), "{finished:#?}");
    finished.stderr
}

#[test]
fn every_shape_of_input_is_read() {
    let (one, two) = (statement("one").to_string(), statement("two").to_string());
    let pretty = serde_json::to_string_pretty(&json!([statement("one"), statement("two")])).expect("JSON");
    check("", &[], [0, 0, 0]);
    check("[]", &[], [0, 0, 0]);
    check(&format!("{one}\n{two}\n"), &[], [2, 2, 0]);
    check(&format!("[{one},{two}]"), &[], [2, 2, 0]);
    check(&pretty, &[], [2, 2, 0]);
    check(&format!("{one}\r\n\r\n[{two}]"), &[], [2, 2, 0]);
}

#[test]
fn what_is_refused_is_told_with_its_line_and_the_rest_goes_on() {
    let good = statement("one").to_string();
    let told = check(&format!("{good}\n{{\"actor\":1\n{good}\nhello\n{{\"verb\":{{\"id\":\"x\"}}}}\n"), &[], [5, 2, 3]);
    for words in ["line 2: the object does not end", "line 4: it is no JSON object", "line 5:", "/verb/id: expected"] {
        assert!(told.contains(words), "{words:?} is missing in {told}");
    }
}

#[test]
fn strict_stops_and_says_so() {
    let folder = Folder::new();
    lyceum(&["lrs", "create", "default", "--data", &folder.data()]).expect_success();
    let finished = lyceum_with(&["import", "--data", &folder.data(), "--strict", "-"], &[], "{\"actor\":1}\n");
    finished.expect_failure(&["stopped at a refused statement"]);
}

#[test]
fn a_second_import_of_the_same_file_adds_nothing() {
    let folder = Folder::new();
    lyceum(&["lrs", "create", "default", "--data", &folder.data()]).expect_success();
    let path = folder.path("statements.json");
    // Twice the same on two lines are two statements; without ids they get theirs from text and line.
    std::fs::write(&path, format!("{0}\n{0}\n", statement("same"))).expect("room");
    for new in [2, 0] {
        let summary = lyceum(&["import", "--data", &folder.data(), "--json", text(&path)]).expect_success().json();
        assert_eq!((summary["stored"].as_u64(), summary["new"].as_u64()), (Some(2), Some(new)), "{summary}");
    }
}

#[test]
fn a_local_import_keeps_the_authority() {
    let folder = Folder::new();
    lyceum(&["lrs", "create", "default", "--data", &folder.data()]).expect_success();
    let mut sent = statement("trusted");
    sent["authority"] = json!({"objectType": "Agent", "mbox": "mailto:old-lrs@example.org"});
    let arguments = ["import", "--data", &folder.data(), "-"];
    lyceum_with(&arguments, &[], &sent.to_string()).expect_success();
    let server = Server::start(&folder);
    let key = server.create_key("default", "all");
    let found = server.client_of(&key).find_all("");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["authority"], sent["authority"]);
}

#[test]
fn what_is_missing_is_said_in_words() {
    let folder = Folder::new();
    lyceum(&["lrs", "create", "default", "--data", &folder.data()]).expect_success();
    lyceum(&["import", "--data", &folder.data(), "--lrs", "other", "-"]).expect_failure(&["there is no LRS other"]);
    lyceum(&["import", "--data", &folder.data(), "nowhere.json"]).expect_failure(&["cannot read nowhere.json"]);
}
