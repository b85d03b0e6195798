//! Data 2.2: null, names and unknown properties, in every object.

use super::{Rule, check_rules, rule};

pub const RULES: &[Rule] = &[
    rule(
        "Data 2.2",
        "null stands only inside extensions",
        &[("/result/extensions", r#"{"http://example.org/a":null}"#)],
        &[
            ("/id", "null", "/id"),
            ("/actor", "null", "/actor"),
            ("/actor/name", "null", "/actor/name"),
            ("/actor/mbox", "null", "/actor/mbox"),
            ("/verb", "null", "/verb"),
            ("/verb/display", "null", "/verb/display"),
            ("/verb/display/en-US", "null", "/verb/display/en-US"),
            ("/object", "null", "/object"),
            ("/object/definition", "null", "/object/definition"),
            ("/object/definition/extensions", "null", "/object/definition/extensions"),
            ("/object/definition/correctResponsesPattern", "[null]", "/object/definition/correctResponsesPattern/0"),
            ("/object/definition/choices/1", "null", "/object/definition/choices/1"),
            ("/result", "null", "/result"),
            ("/result/score/raw", "null", "/result/score/raw"),
            ("/result/duration", "null", "/result/duration"),
            ("/context", "null", "/context"),
            ("/context/registration", "null", "/context/registration"),
            ("/context/contextActivities/parent", "null", "/context/contextActivities/parent"),
            ("/context/contextActivities/parent", "[null]", "/context/contextActivities/parent/0"),
            ("/context/team/member", "[null]", "/context/team/member/0"),
            ("/timestamp", "null", "/timestamp"),
            ("/stored", "null", "/stored"),
            ("/authority", "null", "/authority"),
            ("/version", "null", "/version"),
            ("/attachments", "null", "/attachments"),
            ("/attachments/0/fileUrl", "null", "/attachments/0/fileUrl"),
        ],
    ),
    rule(
        "Data 2.2",
        "names are case-sensitive",
        &[("/verb/display", r#"{"EN-us":"x"}"#)],
        &[
            ("/Id", r#""6690e6c9-3ef0-4ed3-8b37-7f3964730bee""#, "/Id"),
            ("/ACTOR", "{}", "/ACTOR"),
            ("/actor/Mbox", r#""mailto:a@b.c""#, "/actor/Mbox"),
            ("/verb/ID", r#""http://example.org/v""#, "/verb/ID"),
            ("/object/Definition", "{}", "/object/Definition"),
            ("/object/definition/moreinfo", r#""http://example.org""#, "/object/definition/moreinfo"),
            ("/result/Score", "{}", "/result/Score"),
            ("/context/contextactivities", "{}", "/context/contextactivities"),
            ("/attachments/0/Sha2", r#""x""#, "/attachments/0/Sha2"),
        ],
    ),
    rule(
        "Data 2.2",
        "no object has other properties than its own",
        &[("/context/extensions", r#"{"http://example.org/a":{"foo":1}}"#)],
        &[
            ("/foo", "1", "/foo"),
            ("/actor/foo", "1", "/actor/foo"),
            ("/verb/foo", r#""x""#, "/verb/foo"),
            ("/object/foo", "{}", "/object/foo"),
            ("/object/a~1b", "{}", "/object/a~1b"),
            ("/context/team/foo", "[]", "/context/team/foo"),
            ("/context/statement/foo", "[]", "/context/statement/foo"),
            ("/context/contextActivities/grouping/foo", "[]", "/context/contextActivities/grouping/foo"),
            ("/authority/foo", "true", "/authority/foo"),
            ("/authority/account/foo", "true", "/authority/account/foo"),
        ],
    ),
];

#[test]
fn rules() {
    check_rules(RULES);
}
