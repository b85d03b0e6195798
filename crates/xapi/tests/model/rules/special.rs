//! Data 4: extensions, language maps, IRIs, UUIDs and timestamps, wherever they stand.

use super::{Rule, check_rules, rule};

pub const RULES: &[Rule] = &[
    rule(
        "Data 4.1",
        "extensions have IRIs as names and anything as values",
        &[
            ("/context/extensions", r#"{"http://example.org/a":null,"urn:x:y":{"a":[null,{}]}}"#),
            ("/result/extensions", "{}"),
            ("/object/definition/extensions", r#"{"http://example.org/a":"","http://example.org/b":{"Actor":1}}"#),
        ],
        &[
            ("/context/extensions", r#"{"session":1}"#, "/context/extensions/session"),
            ("/result/extensions", r#"{"":1,"a b":null}"#, "/result/extensions/, /result/extensions/a b"),
            ("/object/definition/extensions", r#"{"a/b":1}"#, "/object/definition/extensions/a~1b"),
        ],
    ),
    rule(
        "Data 4.2",
        "a language map has tags of RFC 5646 as names and strings as values",
        &[
            (
                "/verb/display",
                r#"{"cmn":"x","sr-Latn-RS":"x","en-US-x-twain":"x","de-1996":"x","en-a-bbb-x-a-ccc":"x","i-klingon":"x"}"#,
            ),
            ("/attachments/0/display", r#"{"und":"x"}"#),
        ],
        &[
            ("/verb/display", r#"{"something":"x"}"#, "/verb/display/something"),
            ("/verb/display", r#"{"a12345678":"x"}"#, "/verb/display/a12345678"),
            ("/verb/display", r#"{"zh-z-aaa-z-bbb-c-ccc":"x"}"#, "/verb/display/zh-z-aaa-z-bbb-c-ccc"),
            ("/verb/display", r#"{"de-1996-1996":"x"}"#, "/verb/display/de-1996-1996"),
            ("/verb/display", r#"{"en_US":"x"}"#, "/verb/display/en_US"),
            ("/verb/display", r#"{"":"x"}"#, "/verb/display/"),
            ("/verb/display", r#"{"e1":"x"}"#, "/verb/display/e1"),
            ("/verb/display", r#"{"en-":"x"}"#, "/verb/display/en-"),
            ("/verb/display", r#"{"en":7,"fr":{}}"#, "/verb/display/en, /verb/display/fr"),
            ("/object/definition/description", r#"{"en":[]}"#, "/object/definition/description/en"),
            ("/attachments/0/description", r#"{"a12345678":"x"}"#, "/attachments/0/description/a12345678"),
            ("/object/definition/choices/0/description", r#"{"e":"x"}"#, "/object/definition/choices/0/description/e"),
        ],
    ),
    rule(
        "Data 4.3",
        "IRIs are absolute and well-formed",
        &[("/object/definition/type", r#""HTTP://EXAMPLE.ORG""#), ("/object/definition/type", r#""x-y.z+1:""#)],
        &[
            ("/object/definition/type", r#""//example.org/x""#, "/object/definition/type [Data 2.4.4.1]"),
            ("/object/definition/type", r#""1http://example.org""#, "/object/definition/type [Data 2.4.4.1]"),
            ("/object/definition/type", r#""http://example.org:port/""#, "/object/definition/type [Data 2.4.4.1]"),
            ("/object/definition/type", r#""http://example.org/<x>""#, "/object/definition/type [Data 2.4.4.1]"),
            ("/object/definition/type", r#""http://example.org/#a#b""#, "/object/definition/type [Data 2.4.4.1]"),
        ],
    ),
    rule(
        "Data 4.4",
        "UUIDs have their hyphenated form",
        &[("/context/statement/id", r#""8f87ccde-bb56-1c2e-ab83-44982ef22df0""#)],
        &[
            (
                "/context/statement/id",
                r#""AA97B177-9383-4934-8543-0F91A7A028368""#,
                "/context/statement/id [Data 2.4.4.3]",
            ),
            ("/context/statement/id", r#""8f87ccdebb564c2eab8344982ef22df0""#, "/context/statement/id [Data 2.4.4.3]"),
        ],
    ),
    rule(
        "Data 4.5",
        "timestamps never have the offset of an unknown zone",
        &[("/stored", r#""2008-09-15T15:53:00.601Z""#), ("/stored", r#""2008-09-15T15:53:00.601-05:00""#)],
        &[
            ("/stored", r#""2008-09-15T15:53:00.601-00""#, "/stored [Data 2.4.8]"),
            ("/stored", r#""2008-09-15T15:53:00.601-0000""#, "/stored [Data 2.4.8]"),
            ("/stored", r#""2008-09-15T15:53:00.601-00:00""#, "/stored [Data 2.4.8]"),
        ],
    ),
];

#[test]
fn rules() {
    check_rules(RULES);
}
