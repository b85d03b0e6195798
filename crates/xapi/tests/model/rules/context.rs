//! Data 2.4.6: contexts, and what 2.0 added to them (IEEE 9274.1.1, 4.2.2.5).

use super::{COMPLETE, ONLY_1_0_3, ONLY_2_0, Rule, check_rules, put, rule, violations};

pub const RULES: &[Rule] = &[
    rule(
        "Data 2.4.6",
        "a Context's properties have their types",
        &[
            ("/context", "{}"),
            ("/context/revision", r#""r2""#),
            ("/context/platform", r#""Example LMS""#),
            ("/context/instructor", r#"{"objectType":"Group","mbox":"mailto:teachers@example.org"}"#),
        ],
        &[
            ("/context", "[]", "/context"),
            ("/context", r#""course""#, "/context"),
            ("/context/revision", "2", "/context/revision"),
            ("/context/platform", "{}", "/context/platform"),
            ("/context/instructor", r#""teacher""#, "/context/instructor"),
            ("/context/team", r#"{"mbox":"mailto:class@example.org"}"#, "/context/team/objectType [Data 2.4.2.2]"),
            ("/context/team", "7", "/context/team"),
            ("/context/extensions", "1", "/context/extensions [Data 4.1]"),
            ("/context/course", r#""x""#, "/context/course [Data 2.2]"),
        ],
    ),
    rule(
        "Data 2.4.6",
        "statement is a StatementRef, language a tag",
        &[("/context/language", r#""tlh""#), ("/context/language", r#""sr-Latn-RS""#)],
        &[
            ("/context/language", r#""something""#, "/context/language"),
            ("/context/language", "1", "/context/language"),
            ("/context/statement", r#""8f87ccde-bb56-4c2e-ab83-44982ef22df0""#, "/context/statement [Data 2.4.4.3]"),
            ("/context/statement/objectType", "", "/context/statement/objectType [Data 2.4.4.3]"),
            ("/context/statement/objectType", r#""Activity""#, "/context/statement/objectType [Data 2.4.4.3]"),
            ("/context/statement/id", r#""x""#, "/context/statement/id [Data 2.4.4.3]"),
        ],
    ),
    rule(
        "Data 2.4.6.1",
        "registration is a UUID",
        &[("/context/registration", r#""EC531277-B57B-4C15-8D91-D292C5B2B8F7""#)],
        &[
            ("/context/registration", r#""ec531277""#, "/context/registration"),
            ("/context/registration", "1", "/context/registration"),
            ("/context/registration", r#""{ec531277-b57b-4c15-8d91-d292c5b2b8f7}""#, "/context/registration"),
        ],
    ),
    rule(
        "Data 2.4.6.2",
        "contextActivities are Activities or arrays of them under four names",
        &[
            ("/context/contextActivities", "{}"),
            ("/context/contextActivities", r#"{"category":[],"other":{"id":"http://example.org/1"}}"#),
            ("/context/contextActivities/parent", r#"[{"objectType":"GroupActivity","id":"http://example.org/1"}]"#),
        ],
        &[
            ("/context/contextActivities", "[]", "/context/contextActivities"),
            ("/context/contextActivities", r#""x""#, "/context/contextActivities"),
            ("/context/contextActivities/child", "[]", "/context/contextActivities/child [Data 2.2]"),
            ("/context/contextActivities/parent", r#""http://example.org/1""#, "/context/contextActivities/parent"),
            ("/context/contextActivities/parent", r#"["x"]"#, "/context/contextActivities/parent/0"),
            ("/context/contextActivities/other", "{}", "/context/contextActivities/other/id [Data 2.4.4.1]"),
            (
                "/context/contextActivities/other",
                r#"[{"id":"x"}]"#,
                "/context/contextActivities/other/0/id [Data 2.4.4.1]",
            ),
            (
                "/context/contextActivities/category",
                r#"[{"objectType":"Agent","mbox":"mailto:a@b.c"}]"#,
                "/context/contextActivities/category/0/objectType [Data 2.4.4.1], \
                 /context/contextActivities/category/0/mbox [Data 2.2], \
                 /context/contextActivities/category/0/id [Data 2.4.4.1]",
            ),
        ],
    ),
];

const AGENTS: &str =
    r#"[{"objectType":"contextAgent","agent":{"mbox":"mailto:a@b.c"},"relevantTypes":["http://example.org/t"]}]"#;
const GROUPS: &str = r#"[{"objectType":"contextGroup","group":{"objectType":"Group","mbox":"mailto:a@b.c"}}]"#;

pub const RULES_1_0_3: &[Rule] = &[Rule {
    clause: "Data 2.2",
    says: "contextAgents and contextGroups are no properties of 1.0.3",
    versions: ONLY_1_0_3,
    accepted: &[("/context", "{}")],
    refused: &[
        ("/context/contextAgents", AGENTS, "/context/contextAgents"),
        ("/context/contextGroups", GROUPS, "/context/contextGroups"),
    ],
}];

pub const RULES_2_0: &[Rule] = &[
    Rule {
        clause: "Data 2.4.6",
        says: "contextAgents are an array of contextAgent objects",
        versions: ONLY_2_0,
        accepted: &[("/context/contextAgents", AGENTS), ("/context/contextAgents", "[]")],
        refused: &[
            ("/context/contextAgents", "{}", "/context/contextAgents"),
            ("/context/contextAgents", r#"["x"]"#, "/context/contextAgents/0"),
            ("/context/contextAgents", "[{}]", "/context/contextAgents/0/objectType, /context/contextAgents/0/agent"),
            (
                "/context/contextAgents",
                r#"[{"objectType":"Agent","agent":{"mbox":"mailto:a@b.c"}}]"#,
                "/context/contextAgents/0/objectType",
            ),
            (
                "/context/contextAgents",
                r#"[{"objectType":"contextAgent","agent":{"objectType":"Group","member":[]}}]"#,
                "/context/contextAgents/0/agent [Data 2.4.2.1], /context/contextAgents/0/agent/objectType [Data 2.4.2.1], \
                 /context/contextAgents/0/agent/member [Data 2.2]",
            ),
            (
                "/context/contextAgents",
                r#"[{"objectType":"contextAgent","agent":{"mbox":"mailto:a@b.c"},"relevantTypes":[]}]"#,
                "/context/contextAgents/0/relevantTypes",
            ),
            (
                "/context/contextAgents",
                r#"[{"objectType":"contextAgent","agent":{"mbox":"mailto:a@b.c"},"relevantTypes":["x",1]}]"#,
                "/context/contextAgents/0/relevantTypes/0, /context/contextAgents/0/relevantTypes/1",
            ),
            (
                "/context/contextAgents",
                r#"[{"objectType":"contextAgent","agent":{"mbox":"mailto:a@b.c"},"role":"x"}]"#,
                "/context/contextAgents/0/role [Data 2.2]",
            ),
        ],
    },
    Rule {
        clause: "Data 2.4.6",
        says: "contextGroups are an array of contextGroup objects",
        versions: ONLY_2_0,
        accepted: &[("/context/contextGroups", GROUPS), ("/context/contextGroups", "[]")],
        refused: &[
            ("/context/contextGroups", "{}", "/context/contextGroups"),
            ("/context/contextGroups", "[{}]", "/context/contextGroups/0/objectType, /context/contextGroups/0/group"),
            (
                "/context/contextGroups",
                r#"[{"objectType":"contextGroup","group":{"mbox":"mailto:a@b.c"}}]"#,
                "/context/contextGroups/0/group/objectType [Data 2.4.2.2]",
            ),
            (
                "/context/contextGroups",
                r#"[{"objectType":"contextGroup","group":{"objectType":"Group","mbox":"mailto:a@b.c"},"relevantTypes":"x"}]"#,
                "/context/contextGroups/0/relevantTypes",
            ),
        ],
    },
];

#[test]
fn rules() {
    check_rules(RULES);
}

#[test]
fn rules_of_1_0_3() {
    check_rules(RULES_1_0_3);
}

#[test]
fn rules_of_2_0() {
    check_rules(RULES_2_0);
}

/// Data 2.4.6: `revision` and `platform` only where the object is an Activity.
#[test]
fn revision_and_platform_need_an_activity() {
    let agent = r#"{"objectType":"Agent","mbox":"mailto:a@b.c"}"#;
    let reference = r#"{"objectType":"StatementRef","id":"8f87ccde-bb56-4c2e-ab83-44982ef22df0"}"#;
    let both = ["/context/platform [Data 2.4.6]", "/context/revision [Data 2.4.6]"];
    for (object, expected) in [(r#"{"id":"http://example.org/1"}"#, &[][..]), (agent, &both), (reference, &both)] {
        let mut statement = serde_json::from_str(COMPLETE).expect("the complete statement is JSON");
        put(&mut statement, "/object", object);
        put(&mut statement, "/context/revision", r#""1""#);
        put(&mut statement, "/context/platform", r#""LMS""#);
        for version in super::BOTH {
            assert_eq!(violations(statement.to_string().as_bytes(), *version), expected, "{object}");
        }
    }
}
