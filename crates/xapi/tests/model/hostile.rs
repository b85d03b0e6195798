//! A client can never make the model panic, whatever it sends.

use std::path::PathBuf;

use proptest::prelude::*;
use xapi::{
    Agent, Completion, Format, Json, LanguagePreferences, StatementId, Timestamp, Version, format_statement,
    merge_definitions, parse_statements, same_statement,
};

use super::rules::COMPLETE;

/// Everything that takes a client's bytes.
fn feed(bytes: &[u8]) {
    for version in [Version::V1_0_3, Version::V2_0_0] {
        let languages = LanguagePreferences::parse(&String::from_utf8_lossy(bytes));
        for format in [Format::Exact, Format::Ids, Format::Canonical] {
            let text = |_: &str| Some(String::from_utf8_lossy(bytes).into_owned());
            std::hint::black_box(format_statement(bytes, format, &languages, version, &text));
        }
        if let Ok((statements, _)) = parse_statements(bytes, version) {
            let id = StatementId::parse("6690e6c9-3ef0-4ed3-8b37-7f3964730bee").expect("a UUID");
            let authority = r#"{"mbox":"mailto:lms@example.org"}"#;
            for statement in statements {
                let sent = statement.to_json();
                let authority = (authority, "mbox:mailto:lms@example.org");
                let complete = statement.complete(&Completion { id, timestamp: Timestamp(0), authority, version });
                assert!(Json::parse(&complete.body).is_ok(), "a complete statement is JSON");
                assert!(same_statement(&sent, &complete.body), "completing changes nothing that counts");
            }
        }
        if let Ok(text) = std::str::from_utf8(bytes) {
            let _ = Agent::parse(text, version);
            std::hint::black_box(merge_definitions(text, text));
        }
    }
    std::hint::black_box(same_statement(bytes, bytes));
}

/// Real statements and one that has everything.
fn seeds() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/statements/openedx");
    let mut paths: Vec<_> = std::fs::read_dir(folder).map_or_else(
        |_| Vec::new(),
        |entries| entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
    );
    paths.sort();
    let mut seeds: Vec<_> = paths.iter().take(8).filter_map(|path| std::fs::read(path).ok()).collect();
    seeds.push(COMPLETE.as_bytes().to_vec());
    seeds
}

/// What may be put into the middle of a statement.
const PIECES: [&str; 14] = [
    "null",
    "{}",
    "[]",
    "\"",
    "\\ud800",
    "1e400",
    "{\"objectType\":\"SubStatement\"}",
    "{\"objectType\":\"Group\"}",
    ",",
    "}",
    "]",
    "\u{0}",
    "\"objectType\":\"Group\",",
    "-00:00",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        feed(&bytes);
    }

    #[test]
    fn mutated_statements(
        seed in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, 0..PIECES.len()), 1..4),
    ) {
        let seeds = seeds();
        let mut bytes = seed.get(&seeds).clone();
        for (at, removed, piece) in changes {
            let at = at.index(bytes.len());
            let end = (at + removed).min(bytes.len());
            bytes.splice(at..end, PIECES[piece].bytes());
        }
        feed(&bytes);
    }

    /// Members replaced as a whole, so that the text stays JSON and the validation is reached.
    #[test]
    fn mutated_trees(pick in any::<prop::sample::Index>(), piece in 0_usize..8) {
        let values = ["null", "{}", "[]", "7", "\"x\"", "[{}]", "{\"objectType\":\"SubStatement\"}", "{\"objectType\":\"Group\"}"];
        let mut statement: serde_json::Value = serde_json::from_str(COMPLETE).expect("JSON");
        let mut pointers = Vec::new();
        list_pointers(&statement, "", &mut pointers);
        let pointer: &String = pick.get(&pointers);
        *statement.pointer_mut(pointer).expect("it exists") = serde_json::from_str(values[piece]).expect("JSON");
        feed(statement.to_string().as_bytes());
    }
}

fn list_pointers(value: &serde_json::Value, at: &str, pointers: &mut Vec<String>) {
    pointers.push(at.to_owned());
    match value {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                list_pointers(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), pointers);
            }
        }
        serde_json::Value::Array(elements) => {
            for (position, value) in elements.iter().enumerate() {
                list_pointers(value, &format!("{at}/{position}"), pointers);
            }
        }
        _ => {}
    }
}

/// Ten thousand members are read, indexed and compared in time that grows with their number, not its square.
#[test]
fn large_groups() {
    let group = |order: &mut dyn Iterator<Item = u32>| {
        let members: Vec<_> = order.map(|number| format!(r#"{{"mbox":"mailto:u{number}@example.org"}}"#)).collect();
        format!(
            r#"{{"actor":{{"objectType":"Group","member":[{}]}},"verb":{{"id":"http://e.org/v"}},"object":{{"id":"http://e.org/o"}}}}"#,
            members.join(",")
        )
    };
    let (one, other) = (group(&mut (0..10_000)), group(&mut (0..10_000).rev()));
    let (statements, _) = parse_statements(one.as_bytes(), Version::V2_0_0).expect("valid");
    assert_eq!(statements[0].terms.len(), 10_002);
    assert!(same_statement(one.as_bytes(), other.as_bytes()));
}
