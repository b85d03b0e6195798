//! Data 2.3.1: which differences make another statement, and which do not.

use serde_json::Value;
use xapi::same_statement;

use super::rules::COMPLETE;

/// Compares the complete statement with one in which a value is replaced.
fn check(same: bool, pointer: &str, text: &str) {
    let one: Value = serde_json::from_str(COMPLETE).expect("JSON");
    let mut other = one.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let members = other.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    if text.is_empty() {
        members.shift_remove(name).expect("a member");
    } else {
        members.insert(name.to_owned(), serde_json::from_str(text).expect(text));
    }
    check_both(same, &one.to_string(), &other.to_string());
}

fn check_both(same: bool, one: &str, other: &str) {
    assert_eq!(same_statement(one.as_bytes(), other.as_bytes()), same, "{one}\n{other}");
    assert_eq!(same_statement(other.as_bytes(), one.as_bytes()), same, "{other}\n{one}");
}

#[test]
fn what_does_not_count() {
    for (pointer, text) in [
        ("/id", ""),
        ("/id", r#""7690e6c9-3ef0-4ed3-8b37-7f3964730bee""#),
        ("/stored", ""),
        ("/authority", ""),
        ("/authority", r#"{"mbox":"mailto:x@y.z"}"#),
        ("/version", r#""1.0.9""#),
        ("/timestamp", ""),
        ("/timestamp", r#""2026-11-24T11:00:00+01:00""#),
        ("/actor", r#"{"mbox":"mailto:ana@example.org","name":"Ana"}"#),
        ("/verb/display", ""),
        ("/verb/display", r#"{"de":"beantwortet"}"#),
        ("/object/definition", ""),
        ("/object/definition", r#"{"name":{"en":"Other"}}"#),
        ("/object/objectType", ""),
        ("/result/score/raw", "5.0"),
        ("/result/score/raw", "0.5e1"),
        ("/result/score/min", "-0.0"),
        ("/result/duration", r#""PT60S""#),
        ("/context/registration", r#""EC531277-B57B-4C15-8D91-D292C5B2B8F7""#),
        ("/context/statement", r#"{"id":"8F87CCDE-BB56-4C2E-AB83-44982EF22DF0","objectType":"StatementRef"}"#),
        ("/context/contextActivities/parent", r#"{"id":"http://example.org/course","objectType":"Activity"}"#),
        ("/context/contextActivities/grouping", r#"[{"id":"http://example.org/school","definition":{}}]"#),
    ] {
        check(true, pointer, text);
    }
}

#[test]
fn what_counts() {
    for (pointer, text) in [
        ("/actor/mbox", r#""mailto:ben@example.org""#),
        ("/actor/name", r#""Anna""#),
        ("/verb/id", r#""http://example.org/v""#),
        ("/object/id", r#""http://example.org/quiz/2""#),
        ("/object", r#"{"objectType":"StatementRef","id":"8f87ccde-bb56-4c2e-ab83-44982ef22df0"}"#),
        ("/result", ""),
        ("/result/success", "false"),
        ("/result/score/raw", "5.0000001"),
        ("/result/response", r#""A""#),
        ("/result/duration", r#""PT61S""#),
        ("/result/extensions", r#"{"http://example.org/tries":0}"#),
        ("/context/registration", r#""fc531277-b57b-4c15-8d91-d292c5b2b8f7""#),
        ("/context/team/member", r#"[{"mbox":"mailto:ben@example.org"},{"mbox":"mailto:cleo@example.org"}]"#),
        (
            "/context/contextActivities/parent",
            r#"[{"id":"http://example.org/course"},{"id":"http://example.org/course"}]"#,
        ),
        ("/context/contextActivities/other", r#"[{"id":"http://example.org/course"}]"#),
        ("/context/extensions", r#"{"http://example.org/session":{"id":"1"}}"#),
        ("/timestamp", r#""2026-11-24T10:00:00.001Z""#),
        ("/attachments", "[]"),
    ] {
        check(false, pointer, text);
    }
}

fn with(result: &str) -> String {
    format!(r#"{{"result":{{"extensions":{{"http://e.org/x":{result}}}}}}}"#)
}

/// Inside extensions: members in any order, arrays in theirs, numbers exactly, escapes resolved.
#[test]
fn any_json() {
    for (same, one, other) in [
        (true, r#"{"a":1,"b":[1,2]}"#, r#"{"b":[1.0,2e0],"a":10e-1}"#),
        (false, "[1,2]", "[2,1]"),
        (true, r#""caf\u00e9""#, r#""café""#),
        (false, "1", r#""1""#),
        (false, "null", "0"),
        (false, "{}", "[]"),
        (true, "100", "1e2"),
        (true, "0.00120", "12e-4"),
        (true, "0e9", "-0.00"),
        (false, "1", "-1"),
        (false, "5", "5.00000000000000000001"),
        (false, "12345678901234567890", "12345678901234567891"),
        (false, "[[1],2]", "[[1,2]]"),
        (true, "1e-99999999999999999999", "1e-99999999999999999999"),
    ] {
        check_both(same, &with(one), &with(other));
    }
}

#[test]
fn members_stand_in_any_order() {
    let actor = |members: &str| format!(r#"{{"actor":{{"objectType":"Group","member":[{members}]}}}}"#);
    let (ana, sha1) = (r#"{"mbox":"mailto:a@b.c"}"#, "cd9b00a5611f94eaa7b1661edab976068e364975");
    let one = actor(&format!(r#"{ana},{{"mbox_sha1sum":"{sha1}"}}"#));
    let other = actor(&format!(r#"{{"mbox_sha1sum":"{}","objectType":"Agent"}},{ana}"#, sha1.to_uppercase()));
    check_both(true, &one, &other);
    check_both(false, &one, &actor(&format!("{ana},{ana}")));
}

#[test]
fn sub_statements_are_compared_by_the_same_rules() {
    let sub = |verb: &str, actor: &str| {
        format!(
            r#"{{"object":{{"objectType":"SubStatement","actor":{{"mbox":"mailto:{actor}@b.c"}},"verb":{verb},"object":{{"id":"http://e.org/o"}}}}}}"#
        )
    };
    check_both(
        true,
        &sub(r#"{"id":"http://e.org/v"}"#, "a"),
        &sub(r#"{"id":"http://e.org/v","display":{"en":"v"}}"#, "a"),
    );
    check_both(false, &sub(r#"{"id":"http://e.org/v"}"#, "a"), &sub(r#"{"id":"http://e.org/v"}"#, "b"));
    let context = |agents: &str| format!(r#"{{"context":{{"contextAgents":[{agents}]}}}}"#);
    let agent = |name: &str| format!(r#"{{"objectType":"contextAgent","agent":{{"mbox":"mailto:{name}@b.c"}}}}"#);
    let (one, other) = (agent("x"), agent("y"));
    check_both(true, &context(&format!("{one},{other}")), &context(&format!("{other},{one}")));
    check_both(false, &context(&one), &context(&other));
}

#[test]
fn what_is_no_json_equals_nothing() {
    check_both(false, "{", "{");
    check_both(false, r#"{"a":1,"a":1}"#, r#"{"a":1,"a":1}"#);
}
