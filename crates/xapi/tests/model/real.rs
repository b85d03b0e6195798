//! The verdict on real statements of Open edX and Moodle, and that they come back as they were sent.

use std::path::PathBuf;

use serde_json::Value;
use xapi::{Completion, StatementId, Timestamp, Version, parse_statements, same_statement};

/// Invalid in every version of xAPI: an Activity without an id.
const REFUSED: [(&str, &str); 1] = [("problem_check(browser).required.only.data.json", "/object/id [Data 2.4.4.1]")];

/// Name and content of every file of statements.
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/statements");
    let mut files = Vec::new();
    for sender in ["moodle", "openedx"] {
        for entry in std::fs::read_dir(folder.join(sender)).expect("a folder of statements") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            files.push((name, std::fs::read(path).expect("a readable file")));
        }
    }
    files.sort();
    files
}

#[test]
fn verdict() {
    let files = files();
    assert!(files.len() > 150, "{} files", files.len());
    for version in [Version::V1_0_3, Version::V2_0_0] {
        for (name, body) in &files {
            let expected: Vec<_> =
                REFUSED.iter().filter(|(refused, _)| refused == name).map(|(_, violation)| *violation).collect();
            assert_eq!(super::rules::violations(body, version), expected, "{name} {version:?}");
        }
    }
}

/// As sent, member by member, but for what an LRS sets and context activities, which become arrays.
#[test]
fn they_come_back_equal() {
    let id = StatementId::parse("6690e6c9-3ef0-4ed3-8b37-7f3964730bee").expect("a UUID");
    let authority = (r#"{"mbox":"mailto:lms@example.org"}"#, "mbox:mailto:lms@example.org");
    let completion = Completion { id, timestamp: Timestamp(0), authority, version: Version::V1_0_3 };
    for (name, body) in files() {
        let Ok((statements, is_array)) = parse_statements(&body, Version::V1_0_3) else { continue };
        let sent: Value = serde_json::from_slice(&body).expect("JSON");
        let sent = if is_array { sent.as_array().expect("an array").clone() } else { vec![sent] };
        assert_eq!(sent.len(), statements.len(), "{name}");
        for (sent, statement) in sent.into_iter().zip(statements) {
            let complete = statement.complete(&completion);
            assert!(same_statement(sent.to_string().as_bytes(), &complete.body), "{name}");
            let mut kept: Value = serde_json::from_slice(&complete.body).expect("JSON");
            for (member, value) in sent.as_object().expect("an object") {
                let kept = kept[member].take();
                match member.as_str() {
                    "authority" | "stored" => {}
                    "context" => assert_eq!(arrays(value.clone()), kept, "{name}"),
                    _ => assert_eq!(*value, kept, "{name}: {member}"),
                }
            }
        }
    }
}

fn arrays(mut context: Value) -> Value {
    if let Some(kinds) = context.get_mut("contextActivities").and_then(Value::as_object_mut) {
        for (_, activities) in kinds.iter_mut().filter(|(_, activities)| activities.is_object()) {
            *activities = Value::Array(vec![activities.take()]);
        }
    }
    context
}
