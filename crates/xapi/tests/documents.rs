//! How POST merges documents (Communication 2.2).

use proptest::prelude::*;
use serde_json::{Map, Value};
use xapi::{ContentType, DocumentMerge, merge_documents};

fn merge(stored: (&str, &[u8]), sent: (&str, &[u8])) -> DocumentMerge {
    let content_types = (ContentType(stored.0.to_owned()), ContentType(sent.0.to_owned()));
    merge_documents((&content_types.0, stored.1), (&content_types.1, sent.1))
}

const JSON: &str = "application/json";

#[test]
fn objects_are_merged_one_level_deep() {
    for (name, stored, sent, expected) in [
        ("members of both", r#"{"a":1}"#, r#"{"b":2}"#, r#"{"a":1,"b":2}"#),
        ("the sent one wins, in its old place", r#"{"a":1,"b":2}"#, r#"{"a":3}"#, r#"{"a":3,"b":2}"#),
        ("deeper objects are replaced", r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"b":3}}"#, r#"{"a":{"b":3}}"#),
        ("arrays are replaced", r#"{"a":[1,2]}"#, r#"{"a":[3]}"#, r#"{"a":[3]}"#),
        ("null is a value", r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":null}"#),
        ("nothing stored", "{}", r#"{"a":1}"#, r#"{"a":1}"#),
        ("nothing sent", r#"{"a":1}"#, "{}", r#"{"a":1}"#),
        ("nothing at all", "{}", "{}", "{}"),
        ("order of new members", r#"{"z":1}"#, r#"{"y":1,"x":1,"z":2}"#, r#"{"z":2,"y":1,"x":1}"#),
        (
            "numbers keep their spelling",
            r#"{"a":1.50,"b":1e400}"#,
            r#"{"c":100000000000000000001}"#,
            r#"{"a":1.50,"b":1e400,"c":100000000000000000001}"#,
        ),
        (
            "values keep their spaces",
            r#"{ "a" : [ 1, 2 ] }"#,
            r#"{"b":"\u00e9\/"}"#,
            r#"{"a":[ 1, 2 ],"b":"\u00e9\/"}"#,
        ),
        ("names are compared by meaning", r#"{"\u0061":1}"#, r#"{"a":2}"#, r#"{"a":2}"#),
        ("names that need escapes", r#"{"\"\n":1}"#, "{}", r#"{"\"\n":1}"#),
        ("names differ by case", r#"{"a":1}"#, r#"{"A":2}"#, r#"{"a":1,"A":2}"#),
        ("white space around it", " {\"a\":1}\n", "\t{}", r#"{"a":1}"#),
    ] {
        let merged = merge((JSON, stored.as_bytes()), ("Application/JSON;charset=utf-8", sent.as_bytes()));
        assert_eq!(merged, DocumentMerge::Merged(expected.as_bytes().to_vec()), "Communication 2.2: {name}");
    }
}

#[test]
fn what_is_no_json_object_is_not_merged() {
    let good: (&str, &[u8]) = (JSON, br#"{"a":1}"#);
    let deep = [b"[".repeat(200), b"]".repeat(199)].concat();
    let bad: [(&str, &[u8]); 15] = [
        ("text/plain", br#"{"a":1}"#),
        ("application/jsonp", br#"{"a":1}"#),
        ("application/octet-stream", b"\0"),
        ("", br#"{"a":1}"#),
        (JSON, b""),
        (JSON, b"[]"),
        (JSON, b"1"),
        (JSON, b"\"text\""),
        (JSON, b"null"),
        (JSON, br#"{"a":1"#),
        (JSON, br#"{"a":1}{}"#),
        (JSON, br"{a:1}"),
        (JSON, br#"{"a":1,"a":2}"#),
        (JSON, b"{\"\xff\":1}"),
        (JSON, &deep),
    ];
    for document in bad {
        let name = format!("{} {}", document.0, document.1.escape_ascii());
        assert_eq!(merge(document, good), DocumentMerge::StoredIsNotJsonObject, "stored: {name}");
        assert_eq!(merge(good, document), DocumentMerge::SentIsNotJsonObject, "sent: {name}");
    }
}

proptest! {
    #[test]
    fn merging_agrees_with_a_map(
        stored in prop::collection::btree_map("[a-e]", "\\PC{0,5}", 0..5),
        sent in prop::collection::btree_map("[a-e]", any::<i32>(), 0..5),
    ) {
        let stored: Map<String, Value> = stored.into_iter().map(|(name, value)| (name, value.into())).collect();
        let sent: Map<String, Value> = sent.into_iter().map(|(name, value)| (name, value.into())).collect();
        let bytes = |object: &Map<String, Value>| Value::Object(object.clone()).to_string().into_bytes();
        let mut expected = stored.clone();
        expected.extend(sent.clone());
        let merged = merge((JSON, &bytes(&stored)), (JSON, &bytes(&sent)));
        prop_assert_eq!(merged, DocumentMerge::Merged(bytes(&expected)));
    }

    #[test]
    fn no_bytes_make_it_panic(stored in "[{}\\[\\]\":,a0\\\\]{0,20}", sent in prop::collection::vec(any::<u8>(), 0..20)) {
        let _ = merge((JSON, stored.as_bytes()), (JSON, &sent));
    }
}
