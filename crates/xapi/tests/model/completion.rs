//! What an LRS adds to a statement, and that the rest keeps its spelling (Data 2.2, 2.4, 2.4.6.2).

use xapi::{Completion, StatementId, Timestamp, Version, parse_statements, with_stored};

const ID: &str = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee";
const AUTHORITY: (&str, &str) = (r#"{"mbox":"mailto:l@m.s"}"#, "mbox:mailto:l@m.s");

fn check(version: Version, sent: &str, expected: &str) {
    let (mut statements, _) = parse_statements(sent.as_bytes(), version).expect(sent);
    let id = StatementId::parse(ID).expect("a UUID");
    let complete = statements.remove(0).complete(&Completion {
        id,
        timestamp: Timestamp(1_500_000),
        authority: AUTHORITY,
        version,
    });
    assert_eq!(String::from_utf8_lossy(&complete.body), expected);
}

const CORE: &str = r#""actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"http://e.org/v"},"object":{"id":"http://e.org/o"}"#;

#[test]
fn what_is_missing_is_added() {
    for (version, written) in [(Version::V1_0_3, "1.0.0"), (Version::V2_0_0, "2.0.0")] {
        check(
            version,
            &format!("{{{CORE}}}"),
            &format!(
                r#"{{"id":"{ID}",{CORE},"timestamp":"1970-01-01T00:00:01.500000Z","version":"{written}","authority":{}}}"#,
                AUTHORITY.0
            ),
        );
    }
}

#[test]
fn what_was_sent_is_kept_but_for_stored_and_authority() {
    let kept =
        r#""version":"1.0.9","timestamp":"2026-11-24T10:00:00+01:00","id":"7690E6C9-3EF0-4ED3-8B37-7F3964730BEE""#;
    for version in [Version::V1_0_3, Version::V2_0_0] {
        check(
            version,
            &format!(r#"{{"stored":"2001-01-01T00:00:00Z",{kept},"authority":{{"mbox":"mailto:x@y.z"}},{CORE}}}"#),
            &format!(r#"{{{kept},{CORE},"authority":{}}}"#, AUTHORITY.0),
        );
    }
}

#[test]
fn numbers_and_strings_keep_their_spelling() {
    let result = r#""result":{"score":{"raw":1.50,"max":1e2},"response":"caf\u00e9 \/","extensions":{"http://e.org/n":12345678901234567890.10}}"#;
    let tail = r#""id":"7690e6c9-3ef0-4ed3-8b37-7f3964730bee","timestamp":"2026-11-24T10:00:00Z","version":"1.0.0""#;
    check(
        Version::V2_0_0,
        &format!("{{ {CORE} ,\n {} , {tail} }}", result.replace(':', " : ").replace("http : ", "http:")),
        &format!(r#"{{{CORE},{result},{tail},"authority":{}}}"#, AUTHORITY.0),
    );
}

/// Data 2.4.6.2; also within a sub-statement.
#[test]
fn a_single_context_activity_becomes_an_array() {
    let context = |one: &str, many: &str| {
        format!(
            r#"{{"language":"en","contextActivities":{{"parent":{one}{{"id":"http://e.org/p"}}{many},"other":[{{"id":"http://e.org/x"}}]}},"extensions":{{"http://e.org/c":{{"parent":{{}}}}}}}}"#
        )
    };
    let statement = |context: &str| format!(r#"{CORE},"context":{context},"timestamp":"2026-11-24T10:00:00Z""#);
    let sub = |context: &str| {
        format!(
            r#""actor":{{"mbox":"mailto:a@b.c"}},"verb":{{"id":"http://e.org/v"}},"object":{{"objectType":"SubStatement",{}}},"timestamp":"2026-11-24T10:00:00Z""#,
            statement(context)
        )
    };
    let (single, array) = (context("", ""), context("[", "]"));
    for (sent, kept) in [
        (statement(&single), statement(&array)),
        (statement(&array), statement(&array)),
        (sub(&single), sub(&array)),
        (sub(&array), sub(&array)),
    ] {
        check(
            Version::V1_0_3,
            &format!("{{{sent}}}"),
            &format!(r#"{{"id":"{ID}",{kept},"version":"1.0.0","authority":{}}}"#, AUTHORITY.0),
        );
    }
}

#[test]
fn what_was_sent_can_be_asked_for() {
    let authority = r#"{"objectType":"Group","member":[{"mbox":"mailto:a@b.c"},{"mbox":"mailto:d@e.f"}]}"#;
    let key = r#"group:"mbox:mailto:a@b.c","mbox:mailto:d@e.f""#;
    let sent = format!(r#"{{{CORE}, "authority": {authority},"version":"1.0","timestamp":"1970-01-01T00:00:01Z"}}"#);
    let (statements, _) = parse_statements(sent.as_bytes(), Version::V1_0_3).expect("valid");
    assert_eq!(statements[0].authority, Some((authority.to_owned(), key.to_owned())));
    assert_eq!(statements[0].version.as_deref(), Some("1.0"));
    assert_eq!((statements[0].id, statements[0].timestamp), (None, Some(Timestamp(1_000_000))));
    let kept = format!(r#"{{{CORE},"version":"1.0","timestamp":"1970-01-01T00:00:01Z"}}"#);
    assert_eq!(String::from_utf8_lossy(&statements[0].to_json()), kept);
    let sent = format!(r#"{{{CORE},"authority":{{"openid":"http://e.org/1"}}}}"#);
    let (statements, _) = parse_statements(sent.as_bytes(), Version::V2_0_0).expect("valid");
    assert_eq!(statements[0].authority.as_ref().map(|(_, key)| key.as_str()), Some("openid:http://e.org/1"));
}

#[test]
fn stored_is_the_last_member() {
    assert_eq!(with_stored(br#"{"id":"x"}"#, Timestamp(0)), br#"{"id":"x","stored":"1970-01-01T00:00:00.000000Z"}"#);
}
