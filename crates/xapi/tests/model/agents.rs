//! Agents as query parameters, their keys, and the Person object (Communication 2.1.3, 2.4).

use xapi::{Agent, Version, person};

fn check(json: &str, expected: Result<(&str, &str), &[&str]>) {
    for version in [Version::V1_0_3, Version::V2_0_0] {
        match (Agent::parse(json, version), expected) {
            (Ok(agent), Ok(expected)) => assert_eq!((agent.key(), agent.identifier()), expected, "{json}"),
            (Err(violations), Err(expected)) => {
                let found: Vec<_> = violations.0.iter().map(|one| format!("{} [{}]", one.pointer, one.rule)).collect();
                assert_eq!(found, expected, "{json}");
            }
            (found, _) => panic!("{json}: {found:?}"),
        }
    }
}

#[test]
fn accepted() {
    check(r#"{"mbox": "mailto:a@b.c"}"#, Ok(("mbox:mailto:a@b.c", r#""mbox":"mailto:a@b.c""#)));
    let sha1 = "CD9B00A5611F94EAA7B1661EDAB976068E364975";
    check(
        &format!(r#"{{"objectType":"Agent","mbox_sha1sum":"{sha1}"}}"#),
        Ok((&format!("sha1:{}", sha1.to_lowercase()), &format!(r#""mbox_sha1sum":"{sha1}""#))),
    );
    check(r#"{"openid":"http://o.org/1"}"#, Ok(("openid:http://o.org/1", r#""openid":"http://o.org/1""#)));
    check(
        r#"{"account":{"homePage":"http://h.org/","name":"a|b"}, "objectType":"Group"}"#,
        Ok(("account:http://h.org/|a|b", r#""account":{"homePage":"http://h.org/","name":"a|b"}"#)),
    );
}

#[test]
fn refused() {
    check("", Err(&["agent [Data 2.2]"]));
    check("ana", Err(&["agent [Data 2.2]"]));
    check("[]", Err(&["agent [Communication 2.1.3]"]));
    check("{}", Err(&["agent [Data 2.4.2.1]"]));
    check(r#"{"mbox":"a@b.c"}"#, Err(&["agent/mbox [Data 2.4.2.3]"]));
    check(r#"{"mbox":"mailto:a@b.c","openid":"http://o.org/1"}"#, Err(&["agent [Data 2.4.2.1]"]));
    check(r#"{"mbox":"mailto:a@b.c","mbox":"mailto:a@b.c"}"#, Err(&["agent [Data 2.2]"]));
    check(r#"{"objectType":"Group","member":[{"mbox":"mailto:a@b.c"}]}"#, Err(&["agent [Communication 2.1.3]"]));
    check(r#"{"objectType":"Activity","mbox":"mailto:a@b.c"}"#, Err(&["agent/objectType [Data 2.4.2.1]"]));
    check(r#"{"objectType":"agent","MBOX":"mailto:a@b.c"}"#, Err(&["agent/objectType [Data 2.4.2.1]"]));
}

#[test]
fn persons() {
    let agent = |json: &str| Agent::parse(json, Version::V1_0_3).expect(json);
    let ana = agent(r#"{"mbox":"mailto:a@b.c","name":"Ana"}"#);
    assert_eq!(ana.name(), Some("Ana"));
    assert_eq!(person(&ana, &[]), r#"{"objectType":"Person","mbox":["mailto:a@b.c"]}"#);
    let names = ["Ana".to_owned(), "A. \"B\" \u{1}".to_owned()];
    assert_eq!(
        person(&agent(r#"{"account":{"homePage":"http://h.org","name":"a"}}"#), &names),
        r#"{"objectType":"Person","name":["Ana","A. \"B\" \u0001"],"account":[{"homePage":"http://h.org","name":"a"}]}"#
    );
}
