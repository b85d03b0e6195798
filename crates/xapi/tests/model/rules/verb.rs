//! Data 2.4.3: verbs.

use super::{Rule, check_rules, rule};

pub const RULES: &[Rule] = &[
    rule(
        "Data 2.4.3",
        "a Verb is an object",
        &[("/verb", r#"{"id":"http://example.org/read"}"#)],
        &[
            ("/verb", r#""http://example.org/read""#, "/verb"),
            ("/verb", "1", "/verb"),
            ("/verb", "[]", "/verb"),
            ("/verb", "{}", "/verb/id"),
        ],
    ),
    rule(
        "Data 2.4.3",
        "its id is an IRI",
        &[
            ("/verb/id", r#""urn:example:read""#),
            ("/verb/id", r#""https://example.org/lire/élève""#),
            ("/verb/id", r#""tag:example.org,2026:read""#),
            ("/verb/id", r#""http://[2001:db8::1]/read?x=%20#part""#),
        ],
        &[
            ("/verb/id", "", "/verb/id"),
            ("/verb/id", r#""read""#, "/verb/id"),
            ("/verb/id", r#""/read""#, "/verb/id"),
            ("/verb/id", r#""http://example.org/a b""#, "/verb/id"),
            ("/verb/id", r#""http://exa mple.org/""#, "/verb/id"),
            ("/verb/id", r#""http://example.org/%zz""#, "/verb/id"),
            ("/verb/id", r#""""#, "/verb/id"),
            ("/verb/id", "1", "/verb/id"),
            ("/verb/id", "{}", "/verb/id"),
        ],
    ),
    rule(
        "Data 2.4.3",
        "its display is a language map",
        &[("/verb/display", "{}"), ("/verb/display", r#"{"en":"read","pt-BR":"leu","zh-Hans-CN":"读"}"#)],
        &[("/verb/display", r#""read""#, "/verb/display"), ("/verb/display", "[]", "/verb/display")],
    ),
];

#[test]
fn rules() {
    check_rules(RULES);
}
