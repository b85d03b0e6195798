//! Data 2.4.2: agents and groups, in every place where they can stand.

use super::{Rule, check_rules, rule};

pub const RULES: &[Rule] = &[
    rule(
        "Data 2.4.2",
        "an actor is an Agent or a Group",
        &[
            ("/actor", r#"{"objectType":"Agent","mbox":"mailto:ana@example.org"}"#),
            ("/actor", r#"{"objectType":"Group","mbox":"mailto:class@example.org"}"#),
        ],
        &[
            ("/actor", r#""ana""#, "/actor"),
            ("/actor", "[]", "/actor"),
            ("/actor", "7", "/actor"),
            ("/actor/objectType", r#""Person""#, "/actor/objectType [Data 2.4.2.1]"),
        ],
    ),
    rule(
        "Data 2.4.2.1",
        "an Agent's objectType is \"Agent\" or left out, its name a string",
        &[
            ("/actor", r#"{"mbox":"mailto:ana@example.org"}"#),
            ("/actor/name", r#""""#),
            ("/context/instructor/objectType", r#""Agent""#),
        ],
        &[
            ("/actor/objectType", r#""agent""#, "/actor/objectType"),
            ("/actor/objectType", "1", "/actor/objectType"),
            ("/actor/objectType", "{}", "/actor/objectType"),
            ("/actor/name", "1", "/actor/name"),
            ("/actor/name", r#"{"en":"Ana"}"#, "/actor/name"),
            ("/context/instructor/name", "[]", "/context/instructor/name"),
        ],
    ),
    rule(
        "Data 2.4.2.1",
        "an Agent has exactly one identifier and no members",
        &[
            ("/actor", r#"{"mbox_sha1sum":"cd9b00a5611f94eaa7b1661edab976068e364975"}"#),
            ("/actor", r#"{"openid":"http://openid.example.org/12345"}"#),
            ("/actor", r#"{"account":{"homePage":"http://example.org","name":"ana"}}"#),
        ],
        &[
            ("/actor", "{}", "/actor"),
            ("/actor/mbox", "", "/actor"),
            ("/actor/openid", r#""http://openid.example.org/1""#, "/actor"),
            ("/actor/account", r#"{"homePage":"http://example.org","name":"ana"}"#, "/actor"),
            ("/actor/mbox_sha1sum", r#""cd9b00a5611f94eaa7b1661edab976068e364975""#, "/actor"),
            ("/actor/member", "[]", "/actor/member [Data 2.2]"),
            ("/context/instructor", r#"{"name":"Ana"}"#, "/context/instructor"),
        ],
    ),
    rule(
        "Data 2.4.2.2",
        "a Group says \"Group\"; it has an identifier, or members, or both",
        &[
            ("/actor", r#"{"objectType":"Group","member":[{"mbox":"mailto:ana@example.org"}]}"#),
            ("/actor", r#"{"objectType":"Group","member":[]}"#),
            ("/actor", r#"{"objectType":"Group","name":"Class","openid":"http://example.org/1"}"#),
            ("/context/team/mbox", r#""mailto:class@example.org""#),
        ],
        &[
            ("/actor", r#"{"objectType":"Group"}"#, "/actor/member"),
            ("/actor", r#"{"objectType":"Group","name":"Class"}"#, "/actor/member"),
            ("/actor", r#"{"objectType":"Group","mbox":"mailto:a@b.c","openid":"http://example.org/1"}"#, "/actor"),
            ("/context/team/objectType", "", "/context/team/objectType"),
            ("/context/team/objectType", r#""Agent""#, "/context/team/objectType"),
            ("/context/team/name", "1", "/context/team/name"),
        ],
    ),
    rule(
        "Data 2.4.2.2",
        "members are an array of Agents, not of Groups",
        &[("/context/team/member", r#"[{"mbox":"mailto:a@b.c"},{"objectType":"Agent","mbox":"mailto:d@e.f"}]"#)],
        &[
            ("/context/team/member", r#"{"mbox":"mailto:a@b.c"}"#, "/context/team/member"),
            ("/context/team/member", r#"["ana"]"#, "/context/team/member/0"),
            ("/context/team/member", "[{}]", "/context/team/member/0 [Data 2.4.2.1]"),
            (
                "/context/team/member",
                r#"[{"mbox":"mailto:a@b.c"},{"objectType":"Group","mbox":"mailto:d@e.f"}]"#,
                "/context/team/member/1/objectType [Data 2.4.2.1]",
            ),
        ],
    ),
    rule(
        "Data 2.4.2.3",
        "mbox is a mailto IRI of one address",
        &[
            ("/actor/mbox", r#""mailto:ana+quiz@mail.example.org""#),
            ("/actor/mbox", r#""mailto:zoë@exämple.org""#),
            ("/actor/mbox", r#""mailto:o'brien@localhost""#),
        ],
        &[
            ("/actor/mbox", r#""ana@example.org""#, "/actor/mbox"),
            ("/actor/mbox", r#""mailto:ana""#, "/actor/mbox"),
            ("/actor/mbox", r#""mailto:@example.org""#, "/actor/mbox"),
            ("/actor/mbox", r#""mailto:ana@""#, "/actor/mbox"),
            ("/actor/mbox", r#""mailto:ana ben@example.org""#, "/actor/mbox"),
            ("/actor/mbox", r#""mailto:ana@example.org?subject=hi""#, "/actor/mbox"),
            ("/actor/mbox", r#""mailto:ana@example.org,ben@example.org""#, "/actor/mbox"),
            ("/actor/mbox", r#""mailto:should.fail.com""#, "/actor/mbox"),
            ("/actor/mbox", r#""http://ana@example.org""#, "/actor/mbox"),
            ("/actor/mbox", "1", "/actor/mbox"),
            ("/actor/mbox", "{}", "/actor/mbox"),
        ],
    ),
    rule(
        "Data 2.4.2.3",
        "mbox_sha1sum is a SHA-1, openid a URI",
        &[
            ("/actor", r#"{"mbox_sha1sum":"CD9B00A5611F94EAA7B1661EDAB976068E364975"}"#),
            ("/actor", r#"{"openid":"https://example.org/?user=1"}"#),
        ],
        &[
            ("/actor", r#"{"mbox_sha1sum":"cd9b00a5611f94eaa7b1661edab976068e36497"}"#, "/actor/mbox_sha1sum"),
            ("/actor", r#"{"mbox_sha1sum":"gd9b00a5611f94eaa7b1661edab976068e364975"}"#, "/actor/mbox_sha1sum"),
            ("/actor", r#"{"mbox_sha1sum":1}"#, "/actor/mbox_sha1sum"),
            ("/actor", r#"{"openid":"ana"}"#, "/actor/openid"),
            ("/actor", r#"{"openid":"http://example.org/é"}"#, "/actor/openid"),
            ("/actor", r#"{"openid":{}}"#, "/actor/openid"),
        ],
    ),
    rule(
        "Data 2.4.2.4",
        "an account has a homePage, an IRL, and a name, a string",
        &[
            ("/actor", r#"{"account":{"homePage":"http://example.org/lms","name":"7"}}"#),
            ("/actor", r#"{"account":{"homePage":"https://example.org","name":""}}"#),
        ],
        &[
            ("/actor", r#"{"account":{}}"#, "/actor/account/homePage, /actor/account/name"),
            ("/actor", r#"{"account":{"name":"7"}}"#, "/actor/account/homePage"),
            ("/actor", r#"{"account":{"homePage":"http://example.org"}}"#, "/actor/account/name"),
            ("/actor", r#"{"account":{"homePage":"example.org","name":"7"}}"#, "/actor/account/homePage"),
            ("/actor", r#"{"account":{"homePage":1,"name":7}}"#, "/actor/account/homePage, /actor/account/name"),
            ("/actor", r#"{"account":"ana"}"#, "/actor/account [Data 2.4.2.3]"),
            (
                "/actor",
                r#"{"account":{"homepage":"http://example.org","name":"7"}}"#,
                "/actor/account/homepage [Data 2.2], /actor/account/homePage",
            ),
        ],
    ),
];

#[test]
fn rules() {
    check_rules(RULES);
}
