//! Data 2.4.4 and 2.3.2: objects of every type, definitions, interactions, sub-statements, voiding.

use super::{Rule, check_changed, check_rules, rule};

const D: &str = "Data 2.4.4.1";

pub const RULES: &[Rule] = &[
    rule(
        "Data 2.4.4",
        "the object is an object of a known type",
        &[
            ("/object", r#"{"id":"http://example.org/1"}"#),
            ("/object", r#"{"objectType":"Activity","id":"http://example.org/1"}"#),
        ],
        &[
            ("/object", "1", "/object [Data 2.4.4.1]"),
            ("/object", r#""http://example.org/1""#, "/object [Data 2.4.4.1]"),
            ("/object", "[]", "/object [Data 2.4.4.1]"),
            ("/object/objectType", r#""activity""#, "/object/objectType"),
            ("/object/objectType", r#""Person""#, "/object/objectType"),
            ("/object/objectType", "1", "/object/objectType"),
        ],
    ),
    rule(
        D,
        "an Activity has an id, an IRI; a bare UUID and the type GroupActivity, which Open edX sends, pass",
        &[
            ("/object/id", r#""urn:uuid:6690e6c9-3ef0-4ed3-8b37-7f3964730bee""#),
            ("/object/id", r#""6690e6c9-3ef0-4ed3-8b37-7f3964730bee""#),
            ("/object/objectType", r#""GroupActivity""#),
        ],
        &[
            ("/object/id", "", "/object/id"),
            ("/object/id", r#""quiz""#, "/object/id"),
            ("/object/id", r#""6690e6c93ef04ed38b377f3964730bee""#, "/object/id"),
            ("/object/id", "1", "/object/id"),
            ("/object", r#"{"id":"quiz","objectType":"Activity"}"#, "/object/id"),
        ],
    ),
    rule(
        D,
        "a definition has name, description, type, moreInfo and extensions of their types",
        &[
            ("/object/definition", "{}"),
            ("/object/definition/name", r#"{"en":"","fr-CA":"x"}"#),
            ("/object/definition/moreInfo", r#""ftp://example.org/x""#),
        ],
        &[
            ("/object/definition", r#""quiz""#, "/object/definition"),
            ("/object/definition", "[]", "/object/definition"),
            ("/object/definition/name", r#""Quiz""#, "/object/definition/name"),
            ("/object/definition/name", r#"{"en":1}"#, "/object/definition/name/en [Data 4.2]"),
            ("/object/definition/description", "1", "/object/definition/description"),
            ("/object/definition/type", r#""quiz""#, "/object/definition/type"),
            ("/object/definition/moreInfo", r#""more""#, "/object/definition/moreInfo"),
            ("/object/definition/extensions", r#""x""#, "/object/definition/extensions [Data 4.1]"),
            ("/object/definition/title", r#""x""#, "/object/definition/title [Data 2.2]"),
        ],
    ),
    rule(
        D,
        "interactionType is one of ten words, and there when the other interaction properties are",
        &[
            ("/object/definition", r#"{"interactionType":"true-false","correctResponsesPattern":["true"]}"#),
            ("/object/definition", r#"{"interactionType":"fill-in","correctResponsesPattern":["x"]}"#),
            ("/object/definition", r#"{"interactionType":"long-fill-in","correctResponsesPattern":[]}"#),
            ("/object/definition", r#"{"interactionType":"matching","source":[{"id":"a"}],"target":[{"id":"a"}]}"#),
            ("/object/definition", r#"{"interactionType":"performance","steps":[{"id":"a"}]}"#),
            ("/object/definition", r#"{"interactionType":"sequencing","choices":[{"id":"a"}]}"#),
            ("/object/definition", r#"{"interactionType":"likert","scale":[{"id":"a"}]}"#),
            ("/object/definition", r#"{"interactionType":"numeric"}"#),
            ("/object/definition", r#"{"interactionType":"other"}"#),
        ],
        &[
            ("/object/definition/interactionType", r#""Choice""#, "/object/definition/interactionType"),
            ("/object/definition/interactionType", r#""essay""#, "/object/definition/interactionType"),
            ("/object/definition/interactionType", "1", "/object/definition/interactionType"),
            ("/object/definition/interactionType", "", "/object/definition/interactionType"),
            ("/object/definition", r#"{"correctResponsesPattern":["x"]}"#, "/object/definition/interactionType"),
            ("/object/definition", r#"{"choices":[]}"#, "/object/definition/interactionType"),
            ("/object/definition", r#"{"scale":[]}"#, "/object/definition/interactionType"),
            ("/object/definition", r#"{"source":[]}"#, "/object/definition/interactionType"),
            ("/object/definition", r#"{"target":[]}"#, "/object/definition/interactionType"),
            ("/object/definition", r#"{"steps":[]}"#, "/object/definition/interactionType"),
        ],
    ),
    rule(
        D,
        "correct responses are strings; components have distinct ids and a description",
        &[
            ("/object/definition/correctResponsesPattern", r#"["a[,]b","",""]"#),
            ("/object/definition/choices", r#"[{"id":"a"},{"id":"A","description":{"en":"x"}}]"#),
        ],
        &[
            ("/object/definition/correctResponsesPattern", r#""a""#, "/object/definition/correctResponsesPattern"),
            ("/object/definition/correctResponsesPattern", "[1]", "/object/definition/correctResponsesPattern/0"),
            ("/object/definition/choices", r#"{"id":"a"}"#, "/object/definition/choices"),
            ("/object/definition/choices", r#"["a"]"#, "/object/definition/choices/0"),
            ("/object/definition/choices", r#"[{"description":{"en":"x"}}]"#, "/object/definition/choices/0/id"),
            ("/object/definition/choices", r#"[{"id":1}]"#, "/object/definition/choices/0/id"),
            ("/object/definition/choices", r#"[{"id":"a"},{"id":"a"}]"#, "/object/definition/choices/1/id"),
            ("/object/definition/choices/0/description", r#""x""#, "/object/definition/choices/0/description"),
            ("/object/definition/choices/0/name", r#""x""#, "/object/definition/choices/0/name [Data 2.2]"),
        ],
    ),
    rule(
        "Data 2.4.4.2",
        "an object that is an actor says so and is valid as one",
        &[
            ("/object", r#"{"objectType":"Agent","mbox":"mailto:ben@example.org"}"#),
            ("/object", r#"{"objectType":"Group","member":[{"mbox":"mailto:ben@example.org"}]}"#),
        ],
        &[
            ("/object", r#"{"objectType":"Agent","name":"Ben"}"#, "/object [Data 2.4.2.1]"),
            ("/object", r#"{"objectType":"Agent","mbox":"ben"}"#, "/object/mbox [Data 2.4.2.3]"),
            ("/object", r#"{"objectType":"Group"}"#, "/object/member [Data 2.4.2.2]"),
            ("/object", r#"{"mbox":"mailto:ben@example.org"}"#, "/object/mbox [Data 2.2], /object/id [Data 2.4.4.1]"),
        ],
    ),
    rule(
        "Data 2.4.4.3",
        "a StatementRef has the UUID of a statement and nothing else",
        &[("/object", r#"{"objectType":"StatementRef","id":"8F87CCDE-BB56-4C2E-AB83-44982EF22DF0"}"#)],
        &[
            ("/object", r#"{"objectType":"StatementRef"}"#, "/object/id"),
            ("/object", r#"{"objectType":"StatementRef","id":"http://example.org/1"}"#, "/object/id"),
            (
                "/object",
                r#"{"objectType":"StatementRef","id":"8f87ccde-bb56-4c2e-ab83-44982ef22df0","definition":{}}"#,
                "/object/definition [Data 2.2]",
            ),
        ],
    ),
];

#[test]
fn rules() {
    check_rules(RULES);
}

const VOIDED: (&str, &str) = ("/verb", r#"{"id":"http://adlnet.gov/expapi/verbs/voided"}"#);

/// Data 2.3.2.
#[test]
fn voiding_needs_a_statement_ref() {
    let reference = ("/object", r#"{"objectType":"StatementRef","id":"8f87ccde-bb56-4c2e-ab83-44982ef22df0"}"#);
    check_changed(&[VOIDED, reference], &[]);
    check_changed(&[VOIDED], &["/object [Data 2.3.2]"]);
    check_changed(&[VOIDED, ("/object", r#"{"objectType":"StatementRef"}"#)], &["/object/id [Data 2.4.4.3]"]);
    check_changed(&[VOIDED, ("/object", r#"{"objectType":"Agent","mbox":"mailto:a@b.c"}"#)], &["/object [Data 2.3.2]"]);
}

/// Data 2.4.4.3: what a sub-statement must and must not have; the rules of its properties run in [`check_rules`].
#[test]
fn sub_statements() {
    let sub = r#"{"objectType":"SubStatement","actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"http://example.org/v"},
                  "object":{"id":"http://example.org/o"}}"#;
    let check = |changes: &[(&str, &str)], expected: &[&str]| {
        check_changed(&[&[("/object", sub)], changes].concat(), expected);
    };
    check(&[], &[]);
    check(&[("/object/timestamp", r#""2026-11-24T10:00:00Z""#)], &[]);
    check(&[("/object/object", r#"{"objectType":"StatementRef","id":"8f87ccde-bb56-4c2e-ab83-44982ef22df0"}"#)], &[]);
    check(&[("/object/actor", "")], &["/object/actor [Data 2.4.4.3]"]);
    check(&[("/object/verb", "")], &["/object/verb [Data 2.4.4.3]"]);
    check(&[("/object/object", "")], &["/object/object [Data 2.4.4.3]"]);
    check(&[("/object/id", r#""8f87ccde-bb56-4c2e-ab83-44982ef22df0""#)], &["/object/id [Data 2.2]"]);
    check(&[("/object/stored", r#""2026-11-24T10:00:00Z""#)], &["/object/stored [Data 2.2]"]);
    check(&[("/object/version", r#""1.0.0""#)], &["/object/version [Data 2.2]"]);
    check(&[("/object/authority", r#"{"mbox":"mailto:a@b.c"}"#)], &["/object/authority [Data 2.2]"]);
    check(&[("/object/object", sub)], &["/object/object/objectType [Data 2.4.4]"]);
    check(&[("/object/verb", VOIDED.1)], &[]);
}
