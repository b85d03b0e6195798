//! Communication 2.5: definitions that grow over statements.

use xapi::{ActivityId, empty_activity, merge_definitions};

#[test]
fn definitions_are_merged() {
    for (older, newer, merged) in [
        ("{}", "{}", "{}"),
        ("{}", r#"{"type":"t"}"#, r#"{"type":"t"}"#),
        (r#"{"type":"t","moreInfo":"m"}"#, r#"{"type":"u"}"#, r#"{"type":"u","moreInfo":"m"}"#),
        (r#"{"name":{"en":"A"}}"#, r#"{"name":{"fr":"B","en":"C"}}"#, r#"{"name":{"en":"C","fr":"B"}}"#),
        (r#"{"description":{"en":"A"}}"#, r#"{"name":{"en":"N"}}"#, r#"{"description":{"en":"A"},"name":{"en":"N"}}"#),
        (
            r#"{"extensions":{"x":{"a":1.50}}}"#,
            r#"{"extensions":{"y":[ 1 ],"x":{"b":1}}}"#,
            r#"{"extensions":{"x":{"b":1},"y":[1]}}"#,
        ),
        (
            r#"{"choices":[{"id":"a","description":{"en":"A"}},{"id":"gone"}]}"#,
            r#"{"choices":[{"id":"b"},{"id":"a","description":{"fr":"B"}}]}"#,
            r#"{"choices":[{"id":"b"},{"id":"a","description":{"en":"A","fr":"B"}}]}"#,
        ),
        (
            r#"{"correctResponsesPattern":["a"]}"#,
            r#"{"correctResponsesPattern":["b"]}"#,
            r#"{"correctResponsesPattern":["b"]}"#,
        ),
        ("not JSON", r#"{"type":"t"}"#, r#"{"type":"t"}"#),
        (r#"{"type":"t"}"#, "[]", r#"{"type":"t"}"#),
    ] {
        assert_eq!(merge_definitions(older, newer), merged, "{older} {newer}");
    }
}

#[test]
fn unknown_activities() {
    assert_eq!(empty_activity(r#"http://e.org/"x""#), r#"{"objectType":"Activity","id":"http://e.org/\"x\""}"#);
}

/// What a statement may say, a query can ask for.
#[test]
fn ids() {
    for id in ["http://e.org/o", "urn:x:y", "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"] {
        assert_eq!(ActivityId::parse(id).expect(id).as_str(), id);
    }
    for id in ["", "quiz", "/quiz", "6690e6c93ef04ed38b377f3964730bee"] {
        assert_eq!(ActivityId::parse(id), None, "{id}");
    }
}
