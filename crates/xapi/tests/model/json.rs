//! JSON as the crate reads it: RFC 8259 to the letter, with every refusal in its place.

use proptest::prelude::*;
use serde_json::Value;
use xapi::{Json, JsonValue};

fn check(text: &[u8], expected: Result<(), &str>) {
    let found = Json::parse(text).map(|_| ()).map_err(|error| format!("{} {error}", error.pointer));
    assert_eq!(found, expected.map_err(str::to_owned), "{}", String::from_utf8_lossy(text));
}

#[test]
fn accepted() {
    for text in [
        "null",
        " true ",
        "\t\r\nfalse",
        "0",
        "-0",
        "1.5e+10",
        "1E-400",
        "1e308",
        r#""""#,
        r#""\ud83d\ude00""#,
        "[]",
        "[ 1 , 2 ]",
        "{}",
        r#"{"":{},"a":[{}]}"#,
        r#"{"a":1,"A":2}"#,
        r#""\" \\ \/ \b \f \n \r \t A""#,
        "\"\u{7f}é😀\"",
    ] {
        check(text.as_bytes(), Ok(()));
    }
    check(("[".repeat(128) + &"]".repeat(128)).as_bytes(), Ok(()));
}

#[test]
fn refused() {
    for (text, expected) in [
        ("", " expected a JSON value, found the end of the text at line 1 column 1"),
        ("nul", " expected a JSON value, found 'n' at line 1 column 1"),
        ("1 2", " text after the end of the JSON value at line 1 column 3"),
        ("[1,]", "/1 expected a JSON value, found ']' at line 1 column 4"),
        ("[1", " expected `,` or `]`, found the end of the text at line 1 column 3"),
        ("{\"a\"\n:\n1 \"b\"", " expected `,` or `}`, found '\"' at line 3 column 3"),
        ("{a:1}", " expected a property name in quotes, found 'a' at line 1 column 2"),
        (r#"{"a" 1}"#, " expected `:`, found '1' at line 1 column 6"),
        (r#"{"a":1,}"#, " expected a property name in quotes, found '}' at line 1 column 8"),
        (r#""a"#, " expected `\"`, found the end of the text at line 1 column 3"),
        ("\"a\n\"", " control character in a string at line 1 column 3"),
        (r#""\x""#, " expected an escape such as `\\n`, found 'x' at line 1 column 3"),
        (r#""\u12g4""#, " expected four hexadecimal digits, found 'g' at line 1 column 6"),
        ("01", " number with a leading zero at line 1 column 1"),
        ("-", " expected a digit, found the end of the text at line 1 column 2"),
        ("1.", " expected a digit, found the end of the text at line 1 column 3"),
        (".5", " expected a JSON value, found '.' at line 1 column 1"),
        ("1e", " expected a digit, found the end of the text at line 1 column 3"),
        ("+1", " expected a JSON value, found '+' at line 1 column 1"),
        ("NaN", " expected a JSON value, found 'N' at line 1 column 1"),
        ("{\"a\":[0,1e400]}", "/a/1 number beyond the range of a 64-bit float at line 1 column 9"),
        (r#"{"a":1,"b":2,"a":3}"#, " duplicate key \"a\" at line 1 column 14"),
        (r#"{"a":{"b/c":[{"d":1,"\u0064":2}]}}"#, "/a/b~1c/0 duplicate key \"d\" at line 1 column 21"),
        (r#"["\ud800"]"#, "/0 lone surrogate \\ud800 at line 1 column 3"),
        (r#"["\udc00x"]"#, "/0 lone surrogate \\udc00 at line 1 column 3"),
        (r#"["\ud800A"]"#, "/0 lone surrogate \\ud800 at line 1 column 3"),
        ("\u{feff}{}", " expected a JSON value, found '\\u{feff}' at line 1 column 1"),
    ] {
        check(text.as_bytes(), Err(expected));
    }
    check(b"[\"\n\xff\"]", Err(" invalid UTF-8 at line 2 column 1"));
    let deep = "[".repeat(129) + &"]".repeat(129);
    check(deep.as_bytes(), Err(&format!("{} nested deeper than 128 levels at line 1 column 129", "/0".repeat(128))));
}

/// A scan would take minutes for so many names.
#[test]
fn many_names() {
    let members: Vec<_> = (0..200_000).map(|number| format!("\"name{number}\":0")).collect();
    check(format!("{{{}}}", members.join(",")).as_bytes(), Ok(()));
    let error = Json::parse(format!("{{{},\"name7\":0}}", members.join(",")).as_bytes()).expect_err("a duplicate");
    assert_eq!(error.reason, "duplicate key \"name7\"");
}

#[test]
fn values_are_bounded() {
    let text = format!("[{}]", vec!["0"; Json::VALUES_MAX].join(","));
    assert_eq!(Json::parse(text.as_bytes()).expect_err("one too many").reason, "more than 1000000 values");
}

/// What can be repaired is reported to the end of the text, but not without end.
#[test]
fn faults_are_bounded() {
    for (surrogates, reported) in [(3, 3), (5_000, 20)] {
        let text = format!("[{}]", vec![r#""\udc00""#; surrogates].join(","));
        let violations = xapi::parse_statements(text.as_bytes(), xapi::Version::V2_0_0).expect_err("lone surrogates").0;
        let faults = violations.iter().filter(|one| one.found.contains("lone surrogate")).count();
        assert_eq!(faults, reported);
    }
}

#[test]
fn spelling_is_kept() {
    let json = Json::parse(br#" { "a" : 1.50e1 , "b" : "caf\u00e9 \" \\" , "c" : [ true , null ] } "#).expect("JSON");
    assert_eq!(json.get("a").map(|a| (a.text(), a.as_f64())), Some(("1.50e1", Some(15.0))));
    assert_eq!(json.get("b").and_then(Json::as_str), Some("café \" \\"));
    let mut compact = String::new();
    json.write_compact(&mut compact);
    assert_eq!(compact, r#"{"a":1.50e1,"b":"caf\u00e9 \" \\","c":[true,null]}"#);
}

/// The same value as `serde_json` reads.
fn to_serde(json: &Json<'_>) -> Value {
    match json.value() {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(truth) => Value::Bool(*truth),
        JsonValue::Number => serde_json::from_str(json.text()).expect("a number"),
        JsonValue::String(text) => Value::String(text.to_string()),
        JsonValue::Array(elements) => elements.iter().map(to_serde).collect(),
        JsonValue::Object(members) => members.iter().map(|(name, json)| (name.to_string(), to_serde(json))).collect(),
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..20).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn reads_what_serde_json_writes(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.expect("JSON");
        let json = Json::parse(text.as_bytes()).expect("JSON");
        prop_assert_eq!(to_serde(&json), value.clone());
        prop_assert_eq!(json.text(), text.trim());
        let mut compact = String::new();
        json.write_compact(&mut compact);
        prop_assert_eq!(compact, serde_json::to_string(&value).expect("JSON"));
    }

    /// Texts near JSON: both readers accept the same ones, but for duplicate keys and depth.
    #[test]
    fn agrees_with_serde_json(text in r#"[\[\]{}:," \\0-9.eE+\-a"u]{0,24}"#) {
        let serde = serde_json::from_str::<Value>(&text).is_ok();
        match Json::parse(text.as_bytes()) {
            Ok(_) => prop_assert!(serde),
            Err(error) => prop_assert!(!serde || error.reason.starts_with("duplicate key"), "{}: {}", text, error),
        }
    }
}
