//! Data 2.4: the properties of a statement that are not objects of their own.

use super::{ONLY_1_0_3, ONLY_2_0, Rule, check_changed, check_rules, rule};

pub const RULES: &[Rule] = &[
    rule(
        "Data 2.4.1",
        "id is a UUID",
        &[("/id", r#""6690E6C9-3EF0-4ED3-8B37-7F3964730BEE""#), ("/id", r#""00000000-0000-0000-0000-000000000000""#)],
        &[
            ("/id", r#""6690e6c93ef04ed38b377f3964730bee""#, "/id"),
            ("/id", r#""urn:uuid:6690e6c9-3ef0-4ed3-8b37-7f3964730bee""#, "/id"),
            ("/id", r#""6690e6c9-3ef0-4ed3-8b37-7f3964730bee1""#, "/id"),
            ("/id", r#""z690e6c9-3ef0-4ed3-8b37-7f3964730bee""#, "/id"),
            ("/id", "1", "/id"),
            ("/id", "{}", "/id"),
        ],
    ),
    rule(
        "Data 2.4.7",
        "timestamp is a timestamp",
        &[("/timestamp", r#""2026-11-24T11:00:00+01:00""#)],
        &[
            ("/timestamp", r#""yesterday""#, "/timestamp"),
            ("/timestamp", r#""2026-13-24T10:00:00Z""#, "/timestamp"),
            ("/timestamp", "1795514400", "/timestamp"),
        ],
    ),
    rule(
        "Data 2.4.8",
        "stored is a timestamp too, though it is overwritten",
        &[("/stored", r#""2001-01-01T00:00:00Z""#)],
        &[("/stored", r#""x""#, "/stored"), ("/stored", "0", "/stored")],
    ),
    rule(
        "Data 2.4.9",
        "authority is an Agent or an anonymous Group of two",
        &[
            ("/authority", r#"{"mbox":"mailto:lms@example.org"}"#),
            ("/authority", r#"{"objectType":"Group","member":[{"mbox":"mailto:a@b.c"},{"mbox":"mailto:d@e.f"}]}"#),
        ],
        &[
            ("/authority", r#""lms""#, "/authority"),
            ("/authority", "{}", "/authority [Data 2.4.2.1]"),
            ("/authority", r#"{"objectType":"Group","member":[{"mbox":"mailto:a@b.c"}]}"#, "/authority/member"),
            ("/authority", r#"{"objectType":"Group","member":[]}"#, "/authority/member"),
            ("/authority", r#"{"objectType":"Group"}"#, "/authority/member [Data 2.4.2.2]"),
            ("/authority", r#"{"objectType":"Group","mbox":"mailto:a@b.c"}"#, "/authority"),
            (
                "/authority",
                r#"{"objectType":"Group","member":[{"mbox":"mailto:a@b.c"},{"mbox":"mailto:d@e.f"},{"mbox":"mailto:g@h.i"}]}"#,
                "/authority/member",
            ),
            (
                "/authority",
                r#"{"objectType":"Group","openid":"http://a.b/","member":[{"mbox":"mailto:a@b.c"},{"mbox":"mailto:d@e.f"}]}"#,
                "/authority",
            ),
        ],
    ),
    rule(
        "Data 2.4.10",
        "version is 1.0 or 1.0.x",
        &[("/version", r#""1.0""#), ("/version", r#""1.0.9""#)],
        &[
            ("/version", r#""0.9.9""#, "/version"),
            ("/version", r#""1.1.0""#, "/version"),
            ("/version", r#""1""#, "/version"),
            ("/version", r#""1.0.""#, "/version"),
            ("/version", r#""1.0.x""#, "/version"),
            ("/version", "1.0", "/version"),
            ("/version", r#""3.0.0""#, "/version"),
        ],
    ),
];

pub const RULES_BY_VERSION: &[Rule] = &[
    Rule {
        clause: "Data 2.4.10",
        says: "in 2.0 version may be 2.0.x as well",
        versions: ONLY_2_0,
        accepted: &[("/version", r#""2.0.0""#), ("/version", r#""2.0.1""#)],
        refused: &[("/version", r#""2.1.0""#, "/version")],
    },
    Rule {
        clause: "Data 2.4.10",
        says: "in 1.0.3 it may not",
        versions: ONLY_1_0_3,
        accepted: &[("/version", r#""1.0.3""#)],
        refused: &[("/version", r#""2.0.0""#, "/version")],
    },
];

#[test]
fn rules() {
    check_rules(RULES);
}

#[test]
fn rules_by_version() {
    check_rules(RULES_BY_VERSION);
}

/// Data 2.4: actor, verb and object are required, nothing else is.
#[test]
fn required_properties() {
    for name in ["actor", "verb", "object"] {
        check_changed(&[(&format!("/{name}"), "")], &[&format!("/{name} [Data 2.4]")]);
    }
    for name in ["id", "result", "context", "timestamp", "stored", "authority", "version", "attachments"] {
        check_changed(&[(&format!("/{name}"), "")], &[]);
    }
    check_changed(&[("/actor", ""), ("/object", "")], &["/actor [Data 2.4]", "/object [Data 2.4]"]);
}
