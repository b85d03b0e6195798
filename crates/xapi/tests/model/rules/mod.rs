//! Every rule on statements as data: a clause, what it says, and for both versions what it accepts and what it refuses.
//!
//! Each case changes one value of a complete statement. Where the value can stand in a sub-statement too, the same case runs
//! there as well. A refusal is compared with *all* violations that are reported: their pointers and clauses.

mod actor;
mod attachments;
mod batch;
mod context;
mod formatting;
mod object;
mod properties;
mod result;
mod special;
mod verb;

use serde_json::Value;
use xapi::{Version, parse_statements};

/// A requirement with its cases.
pub struct Rule {
    /// The clause, which refusals must name unless the case says otherwise.
    pub clause: &'static str,
    /// The requirement in words.
    pub says: &'static str,
    /// Versions it holds in.
    pub versions: &'static [Version],
    /// JSON pointer and the value to put there.
    pub accepted: &'static [(&'static str, &'static str)],
    /// JSON pointer, value to put there (empty: remove it), and the violations: pointers, each with its clause in brackets when it
    /// is another one.
    pub refused: &'static [(&'static str, &'static str, &'static str)],
}

pub const BOTH: &[Version] = &[Version::V1_0_3, Version::V2_0_0];
pub const ONLY_1_0_3: &[Version] = &[Version::V1_0_3];
pub const ONLY_2_0: &[Version] = &[Version::V2_0_0];

/// A rule that holds in both versions.
pub const fn rule(
    clause: &'static str,
    says: &'static str,
    accepted: &'static [(&'static str, &'static str)],
    refused: &'static [(&'static str, &'static str, &'static str)],
) -> Rule {
    Rule { clause, says, versions: BOTH, accepted, refused }
}

/// A statement with every property but those that only some objects permit.
pub const COMPLETE: &str = r#"{
  "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
  "actor": {"objectType": "Agent", "name": "Ana", "mbox": "mailto:ana@example.org"},
  "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en-US": "answered"}},
  "object": {
    "objectType": "Activity",
    "id": "http://example.org/quiz/1",
    "definition": {
      "name": {"en": "Quiz"}, "description": {"en": "A quiz", "fr": "Un quiz"},
      "type": "http://adlnet.gov/expapi/activities/cmi.interaction", "moreInfo": "http://example.org/more",
      "extensions": {"http://example.org/difficulty": {"any": [null, 1]}},
      "interactionType": "choice", "correctResponsesPattern": ["a"],
      "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}]
    }
  },
  "result": {
    "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10}, "success": true, "completion": false,
    "response": "a", "duration": "PT1M", "extensions": {"http://example.org/tries": null}
  },
  "context": {
    "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
    "instructor": {"mbox": "mailto:teacher@example.org"},
    "team": {"objectType": "Group", "name": "Class", "member": [{"mbox": "mailto:ben@example.org"}]},
    "contextActivities": {"parent": [{"id": "http://example.org/course"}], "grouping": {"id": "http://example.org/school"}},
    "language": "en-GB",
    "statement": {"objectType": "StatementRef", "id": "8f87ccde-bb56-4c2e-ab83-44982ef22df0"},
    "extensions": {"http://example.org/session": {"id": 1}}
  },
  "timestamp": "2026-11-24T10:00:00.000Z",
  "stored": "2026-11-24T10:00:00.000Z",
  "authority": {"account": {"homePage": "http://example.org", "name": "lms"}},
  "version": "1.0.0",
  "attachments": [{
    "usageType": "http://example.org/usage", "display": {"en": "Essay"}, "description": {"en": "An essay"},
    "contentType": "text/plain; charset=ascii", "length": 27,
    "sha2": "495395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a", "fileUrl": "http://example.org/essay"
  }]
}"#;

/// The properties that a sub-statement has in common with a statement.
const IN_SUB_STATEMENTS: [&str; 7] = ["actor", "verb", "object", "result", "context", "timestamp", "attachments"];

/// Puts a value at a pointer; an empty text removes what is there.
fn put(root: &mut Value, pointer: &str, text: &str) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
    let name = name.replace("~1", "/").replace("~0", "~");
    let parent = root.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} has no parent"));
    match (parent, text) {
        (Value::Object(members), "") => assert!(members.remove(&name).is_some(), "{pointer} does not exist"),
        (Value::Object(members), text) => _ = members.insert(name, serde_json::from_str(text).expect(text)),
        (Value::Array(elements), text) => {
            let position: usize = name.parse().expect("a position");
            elements.truncate(position);
            elements.push(serde_json::from_str(text).expect(text));
        }
        _ => panic!("{pointer}: the parent has no members"),
    }
}

/// The statement that a case is about, and the same as a sub-statement where its pointer can stand there.
fn statements(pointer: &str, text: &str) -> Vec<(&'static str, Value)> {
    let mut statement: Value = serde_json::from_str(COMPLETE).expect("the complete statement is JSON");
    put(&mut statement, pointer, text);
    let mut cases = vec![("", statement.clone())];
    let is_nested = statement["object"]["objectType"] == "SubStatement";
    if IN_SUB_STATEMENTS.contains(&pointer.split('/').nth(1).unwrap_or_default()) && !is_nested {
        let mut sub = statement;
        sub.as_object_mut().expect("an object").retain(|name, _| IN_SUB_STATEMENTS.contains(&name.as_str()));
        sub["objectType"] = "SubStatement".into();
        let mut outer: Value = serde_json::from_str(COMPLETE).expect("the complete statement is JSON");
        outer["object"] = sub;
        cases.push(("/object", outer));
    }
    cases
}

/// `pointer [clause]` of everything that is reported, sorted.
pub fn violations(body: &[u8], version: Version) -> Vec<String> {
    let violations = parse_statements(body, version).err().map_or_else(Vec::new, |violations| violations.0);
    let mut texts: Vec<_> = violations.iter().map(|one| format!("{} [{}]", one.pointer, one.rule)).collect();
    texts.sort();
    texts
}

pub fn check_rules(rules: &[Rule]) {
    for rule in rules {
        let context = |pointer: &str, text: &str, version| {
            format!("{}, {}: {pointer} = {text}, {version:?}", rule.clause, rule.says)
        };
        assert!(!rule.accepted.is_empty() && !rule.refused.is_empty(), "{}, {}: both verdicts", rule.clause, rule.says);
        for &version in rule.versions {
            for (pointer, text) in rule.accepted {
                for (_, statement) in statements(pointer, text) {
                    let found = violations(statement.to_string().as_bytes(), version);
                    assert_eq!(found, [""; 0], "{}", context(pointer, text, version));
                }
            }
            for (pointer, text, expected) in rule.refused {
                for (prefix, statement) in statements(pointer, text) {
                    let mut expected: Vec<_> = expected
                        .split(", ")
                        .map(|one| {
                            if one.contains('[') {
                                format!("{prefix}{one}")
                            } else {
                                format!("{prefix}{one} [{}]", rule.clause)
                            }
                        })
                        .collect();
                    expected.sort();
                    let found = violations(statement.to_string().as_bytes(), version);
                    assert_eq!(found, expected, "{}", context(pointer, text, version));
                }
            }
        }
    }
}

/// The complete statement with several changes, in both versions: all violations, sorted.
pub fn check_changed(changes: &[(&str, &str)], expected: &[&str]) {
    let mut statement = serde_json::from_str(COMPLETE).expect("the complete statement is JSON");
    for (pointer, text) in changes {
        put(&mut statement, pointer, text);
    }
    for version in BOTH {
        assert_eq!(violations(statement.to_string().as_bytes(), *version), expected, "{changes:?} {version:?}");
    }
}

/// Every clause of the specification that says what a statement must be has rules here; Data 2.3.2 (voiding), which is about two
/// values at once, and what differs in sub-statements (Data 2.4, 2.4.4.3) have tests of their own in `object` and `properties`.
#[test]
fn every_clause_has_rules() {
    let all = [
        actor::RULES,
        attachments::RULES,
        context::RULES,
        context::RULES_1_0_3,
        context::RULES_2_0,
        formatting::RULES,
        object::RULES,
        properties::RULES,
        properties::RULES_BY_VERSION,
        result::RULES,
        special::RULES,
        verb::RULES,
    ]
    .map(|rules| rules.iter().map(|rule| rule.clause))
    .into_iter()
    .flatten();
    let all: Vec<_> = all.collect();
    let demanded = [
        "Data 2.2",
        "Data 2.4.1",
        "Data 2.4.2",
        "Data 2.4.2.1",
        "Data 2.4.2.2",
        "Data 2.4.2.3",
        "Data 2.4.2.4",
        "Data 2.4.3",
        "Data 2.4.4",
        "Data 2.4.4.1",
        "Data 2.4.4.2",
        "Data 2.4.4.3",
        "Data 2.4.5",
        "Data 2.4.5.1",
        "Data 2.4.6",
        "Data 2.4.6.1",
        "Data 2.4.6.2",
        "Data 2.4.7",
        "Data 2.4.8",
        "Data 2.4.9",
        "Data 2.4.10",
        "Data 2.4.11",
        "Data 4.1",
        "Data 4.2",
        "Data 4.3",
        "Data 4.4",
        "Data 4.5",
        "Data 4.6",
    ];
    let missing: Vec<_> = demanded.into_iter().filter(|clause| !all.contains(clause)).collect();
    assert_eq!(missing, [""; 0], "clauses without a rule");
    let unknown: Vec<_> = all.into_iter().filter(|clause| !demanded.contains(clause)).collect();
    assert_eq!(unknown, [""; 0], "clauses that the list above lacks");
}
