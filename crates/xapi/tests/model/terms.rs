//! What a statement can be found by (Communication 2.1.3), and what else is read from it.

use xapi::{Completion, Index, StatementId, Timestamp, Version, parse_statements};

/// `initials of the index:text` of each term, in order.
fn check(version: Version, statement: &str, authority: (&str, &str), expected: &[&str]) {
    let (mut statements, _) = parse_statements(statement.as_bytes(), version).expect(statement);
    let id = StatementId::parse("6690e6c9-3ef0-4ed3-8b37-7f3964730bee").expect("a UUID");
    let complete = statements.remove(0).complete(&Completion { id, timestamp: Timestamp(0), authority, version });
    let found: Vec<_> = complete
        .terms
        .iter()
        .map(|term| {
            let index = match term.index {
                Index::Agent => "agent",
                Index::RelatedAgent => "related-agent",
                Index::Verb => "verb",
                Index::Activity => "activity",
                Index::RelatedActivity => "related-activity",
                Index::Registration => "registration",
                Index::Authority => "authority",
            };
            format!("{index} {}", term.text)
        })
        .collect();
    assert_eq!(found, expected, "{statement}");
}

const BOTH: [Version; 2] = [Version::V1_0_3, Version::V2_0_0];
const LMS: (&str, &str) = (r#"{"mbox":"mailto:l@m.s"}"#, "mbox:mailto:l@m.s");

#[test]
fn actor_verb_object_registration_and_authority() {
    for version in BOTH {
        check(
            version,
            r#"{"actor":{"account":{"homePage":"http://e.org/a","name":"x|y"}},"verb":{"id":"http://e.org/v"},
                "object":{"id":"http://e.org/o"},"context":{"registration":"EC531277-B57B-4C15-8D91-D292C5B2B8F7"}}"#,
            LMS,
            &[
                "agent account:http://e.org/a|x|y",
                "related-agent mbox:mailto:l@m.s",
                "verb http://e.org/v",
                "activity http://e.org/o",
                "registration ec531277-b57b-4c15-8d91-d292c5b2b8f7",
                "authority mbox:mailto:l@m.s",
            ],
        );
    }
}

#[test]
fn members_of_groups_and_objects_that_are_actors() {
    for version in BOTH {
        check(
            version,
            r#"{"actor":{"objectType":"Group","openid":"http://g.org/","member":[{"mbox":"mailto:a@b.c"},{"mbox":"mailto:a@b.c"}]},
                "verb":{"id":"http://e.org/v"},
                "object":{"objectType":"Agent","mbox_sha1sum":"CD9B00A5611F94EAA7B1661EDAB976068E364975"}}"#,
            LMS,
            &[
                "agent mbox:mailto:a@b.c",
                "agent openid:http://g.org/",
                "agent sha1:cd9b00a5611f94eaa7b1661edab976068e364975",
                "related-agent mbox:mailto:l@m.s",
                "verb http://e.org/v",
                "authority mbox:mailto:l@m.s",
            ],
        );
    }
}

#[test]
fn related_agents_and_activities_are_not_repeated() {
    for version in BOTH {
        check(
            version,
            r#"{"actor":{"mbox":"mailto:l@m.s"},"verb":{"id":"http://e.org/v"},"object":{"id":"http://e.org/o"},"context":{
                "instructor":{"mbox":"mailto:i@b.c"},"team":{"objectType":"Group","member":[{"mbox":"mailto:t@b.c"},{"mbox":"mailto:i@b.c"}]},
                "contextActivities":{"parent":{"id":"http://e.org/p"},"grouping":[{"id":"http://e.org/o"},{"id":"http://e.org/g"}],
                "category":[{"id":"http://e.org/p"}],"other":[]},
                "statement":{"objectType":"StatementRef","id":"6690e6c9-3ef0-4ed3-8b37-7f3964730bee"}}}"#,
            LMS,
            &[
                "agent mbox:mailto:l@m.s",
                "related-agent mbox:mailto:i@b.c",
                "related-agent mbox:mailto:t@b.c",
                "verb http://e.org/v",
                "activity http://e.org/o",
                "related-activity http://e.org/g",
                "related-activity http://e.org/p",
                "authority mbox:mailto:l@m.s",
            ],
        );
    }
}

#[test]
fn sub_statements_are_related() {
    for version in BOTH {
        check(
            version,
            r#"{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"http://e.org/v"},"object":{"objectType":"SubStatement",
                "actor":{"mbox":"mailto:s@b.c"},"verb":{"id":"http://e.org/w"},"object":{"id":"http://e.org/o"},
                "context":{"registration":"ec531277-b57b-4c15-8d91-d292c5b2b8f7","instructor":{"mbox":"mailto:i@b.c"},
                "contextActivities":{"other":{"id":"http://e.org/x"}}}}}"#,
            LMS,
            &[
                "agent mbox:mailto:a@b.c",
                "related-agent mbox:mailto:i@b.c",
                "related-agent mbox:mailto:l@m.s",
                "related-agent mbox:mailto:s@b.c",
                "verb http://e.org/v",
                "related-activity http://e.org/o",
                "related-activity http://e.org/x",
                "authority mbox:mailto:l@m.s",
            ],
        );
    }
}

#[test]
fn context_agents_and_groups() {
    check(
        Version::V2_0_0,
        r#"{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"http://e.org/v"},"object":{"id":"http://e.org/o"},"context":{
            "contextAgents":[{"objectType":"contextAgent","agent":{"mbox":"mailto:x@b.c"}}],
            "contextGroups":[{"objectType":"contextGroup","group":{"objectType":"Group","mbox":"mailto:g@b.c","member":[{"mbox":"mailto:y@b.c"}]}}]}}"#,
        LMS,
        &[
            "agent mbox:mailto:a@b.c",
            "related-agent mbox:mailto:g@b.c",
            "related-agent mbox:mailto:l@m.s",
            "related-agent mbox:mailto:x@b.c",
            "related-agent mbox:mailto:y@b.c",
            "verb http://e.org/v",
            "activity http://e.org/o",
            "authority mbox:mailto:l@m.s",
        ],
    );
}

/// Three-legged OAuth: the application and the person, as an anonymous group without an identity of its own.
#[test]
fn authority_of_two() {
    check(
        Version::V1_0_3,
        r#"{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"http://e.org/v"},"object":{"id":"http://e.org/o"}}"#,
        (
            r#"{"objectType":"Group","member":[{"mbox":"mailto:app@b.c"},{"mbox":"mailto:a@b.c"}]}"#,
            r#"group:"mbox:mailto:a@b.c","mbox:mailto:app@b.c""#,
        ),
        &[
            "agent mbox:mailto:a@b.c",
            "related-agent mbox:mailto:app@b.c",
            "verb http://e.org/v",
            "activity http://e.org/o",
            r#"authority group:"mbox:mailto:a@b.c","mbox:mailto:app@b.c""#,
        ],
    );
}

#[test]
fn targets_voiding_definitions_names_and_attachments() {
    let sha2 = "495395E777CD98DA653DF9615D09C0FD6BB2F8D4788394CD53C56A3BFDCD848A";
    let attachment = format!(
        r#"[{{"usageType":"http://e.org/u","display":{{}},"contentType":"text/plain","length":1,"sha2":"{sha2}"}}]"#
    );
    let body = format!(
        r#"[{{"actor":{{"mbox":"mailto:a@b.c","name":"Ana"}},"verb":{{"id":"http://adlnet.gov/expapi/verbs/voided"}},
            "object":{{"objectType":"StatementRef","id":"6690E6C9-3ef0-4ed3-8b37-7f3964730bee"}},"attachments":{attachment}}},
           {{"actor":{{"objectType":"Group","name":"Nobody","member":[{{"mbox":"mailto:b@b.c","name":"Ben"}}]}},
            "verb":{{"id":"http://e.org/v"}},"object":{{"objectType":"SubStatement","actor":{{"mbox":"mailto:c@b.c"}},
            "verb":{{"id":"http://e.org/v"}},"object":{{"id":"http://e.org/o","definition":{{"name" : {{"en":"O"}}, "extensions":{{"http://e.org/n":1.50}}}}}},
            "attachments":{attachment}}}}}]"#
    );
    for version in BOTH {
        let (statements, _) = parse_statements(body.as_bytes(), version).expect("valid");
        let [voiding, nesting] = statements.as_slice() else { panic!("two statements") };
        assert!(voiding.voids && !nesting.voids);
        assert_eq!(voiding.target, StatementId::parse("6690e6c9-3ef0-4ed3-8b37-7f3964730bee"));
        assert_eq!(nesting.target, None);
        assert_eq!(voiding.names, [("mbox:mailto:a@b.c".to_owned(), "Ana".to_owned())]);
        assert_eq!(nesting.names, [("mbox:mailto:b@b.c".to_owned(), "Ben".to_owned())]);
        let definition = r#"{"name":{"en":"O"},"extensions":{"http://e.org/n":1.50}}"#;
        assert_eq!(nesting.definitions, [("http://e.org/o".to_owned(), definition.to_owned())]);
        let found = |statement: &xapi::Statement| {
            let attachment = &statement.attachments[0];
            assert_eq!((&attachment.sha2, attachment.has_file_url), (&sha2.to_lowercase(), false));
            assert_eq!((&*attachment.usage_type, &*attachment.content_type), ("http://e.org/u", "text/plain"));
            attachment.pointer.clone()
        };
        assert_eq!([found(voiding), found(nesting)], ["/attachments/0", "/object/attachments/0"]);
    }
}
