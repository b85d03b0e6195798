//! Communication 2.1.3: the formats ids and canonical, and Accept-Language.

use xapi::{Format, LanguagePreferences, Version, format_statement};

fn check(format: Format, languages: &str, body: &str, expected: &str) {
    for version in [Version::V1_0_3, Version::V2_0_0] {
        let languages = LanguagePreferences::parse(languages);
        let held = |id: &str| {
            (id == "http://e.org/held")
                .then(|| r#"{"name":{"en":"Held","fr":"Tenu"},"extensions":{"http://e.org/n":1.50}}"#.to_owned())
        };
        let found = format_statement(body.as_bytes(), format, &languages, version, &held);
        assert_eq!(String::from_utf8_lossy(&found), expected, "{format:?} {body}");
    }
}

#[test]
fn exact_changes_nothing() {
    check(
        Format::Exact,
        "fr",
        r#"{ "verb" : {"display":{"en":"a","fr":"b"}} }"#,
        r#"{ "verb" : {"display":{"en":"a","fr":"b"}} }"#,
    );
}

#[test]
fn ids() {
    for (body, expected) in [
        (
            r#"{"id":"x","actor":{"objectType":"Agent","name":"Ana","mbox":"mailto:a@b.c"},"result":{"score":{"raw":1.50}}}"#,
            r#"{"id":"x","actor":{"objectType":"Agent","mbox":"mailto:a@b.c"},"result":{"score":{"raw":1.50}}}"#,
        ),
        (
            r#"{"actor":{"objectType":"Group","name":"G","mbox":"mailto:g@b.c","member":[{"mbox":"mailto:a@b.c"}]}}"#,
            r#"{"actor":{"objectType":"Group","mbox":"mailto:g@b.c"}}"#,
        ),
        (
            r#"{"actor":{"objectType":"Group","name":"G","member":[{"name":"Ana","account":{"homePage":"http://h.org","name":"a"}}]}}"#,
            r#"{"actor":{"objectType":"Group","member":[{"account":{"homePage":"http://h.org","name":"a"}}]}}"#,
        ),
        (
            r#"{"verb":{"id":"http://e.org/v","display":{"en":"v"}},"object":{"objectType":"Activity","id":"http://e.org/held","definition":{}}}"#,
            r#"{"verb":{"id":"http://e.org/v"},"object":{"id":"http://e.org/held"}}"#,
        ),
        (
            r#"{"object":{"objectType":"StatementRef","id":"y"},"authority":{"name":"LMS","openid":"http://l.ms/"}}"#,
            r#"{"object":{"objectType":"StatementRef","id":"y"},"authority":{"openid":"http://l.ms/"}}"#,
        ),
        (
            r#"{"object":{"objectType":"SubStatement","actor":{"name":"B","mbox":"mailto:b@b.c"},"verb":{"id":"v","display":{}},"object":{"objectType":"Agent","name":"C","mbox":"mailto:c@b.c"}}}"#,
            r#"{"object":{"objectType":"SubStatement","actor":{"mbox":"mailto:b@b.c"},"verb":{"id":"v"},"object":{"objectType":"Agent","mbox":"mailto:c@b.c"}}}"#,
        ),
        (
            r#"{"context":{"instructor":{"name":"I","mbox":"mailto:i@b.c"},"contextActivities":{"parent":[{"id":"p","definition":{"name":{"en":"P"}}}]},"platform":"x"}}"#,
            r#"{"context":{"instructor":{"mbox":"mailto:i@b.c"},"contextActivities":{"parent":[{"id":"p"}]},"platform":"x"}}"#,
        ),
        (
            r#"{"context":{"contextAgents":[{"objectType":"contextAgent","agent":{"name":"A","mbox":"mailto:a@b.c"},"relevantTypes":["t"]}],"contextGroups":[{"objectType":"contextGroup","group":{"objectType":"Group","name":"G","mbox":"mailto:g@b.c"}}]}}"#,
            r#"{"context":{"contextAgents":[{"objectType":"contextAgent","agent":{"mbox":"mailto:a@b.c"},"relevantTypes":["t"]}],"contextGroups":[{"objectType":"contextGroup","group":{"objectType":"Group","mbox":"mailto:g@b.c"}}]}}"#,
        ),
        (
            r#"{"attachments":[{"display":{"en":"a","fr":"b"}}]}"#,
            r#"{"attachments":[{"display":{"en":"a","fr":"b"}}]}"#,
        ),
    ] {
        check(Format::Ids, "fr", body, expected);
    }
}

#[test]
fn canonical_has_one_language_everywhere() {
    let map = r#"{"en":"one","fr":"un"}"#;
    let one = r#"{"fr":"un"}"#;
    for body in [
        r#"{"verb":{"id":"v","display":MAP}}"#,
        r#"{"object":{"id":"o","definition":{"name":MAP,"description":MAP,"extensions":{"http://e.org/x":{"en":1.50,"fr":2}}}}}"#,
        r#"{"object":{"id":"o","definition":{"choices":[{"id":"c","description":MAP},{"id":"d"}],"scale":[{"description":MAP}]}}}"#,
        r#"{"object":{"id":"o","definition":{"source":[{"description":MAP}],"target":[{"description":MAP}],"steps":[{"description":MAP}]}}}"#,
        r#"{"context":{"contextActivities":{"parent":[{"id":"o","definition":{"name":MAP}}],"other":[]}}}"#,
        r#"{"object":{"objectType":"SubStatement","verb":{"display":MAP},"object":{"id":"o","definition":{"name":MAP}},"attachments":[{"display":MAP}]}}"#,
        r#"{"attachments":[{"display":MAP,"description":MAP,"length":1.0}]}"#,
        r#"{"object":{"objectType":"Agent","name":"Ana","mbox":"mailto:a@b.c"},"actor":{"objectType":"Group","name":"G","member":[]}}"#,
    ] {
        check(Format::Canonical, "fr", &body.replace("MAP", map), &body.replace("MAP", one));
    }
}

#[test]
fn canonical_uses_the_definition_that_is_held() {
    let held = r#"{"name":{"fr":"Tenu"},"extensions":{"http://e.org/n":1.50}}"#;
    let expected = format!(r#"{{"object":{{"objectType":"Activity","id":"http://e.org/held","definition":{held}}}}}"#);
    check(Format::Canonical, "fr", r#"{"object":{"objectType":"Activity","id":"http://e.org/held"}}"#, &expected);
    check(
        Format::Canonical,
        "fr",
        r#"{"object":{"objectType":"Activity","definition":{"name":{"en":"Sent"}},"id":"http://e.org/held"}}"#,
        &expected,
    );
}

#[test]
fn languages() {
    for (header, map, chosen) in [
        ("fr", r#"{"en":"a","fr":"b"}"#, "fr"),
        ("FR", r#"{"en":"a","fr":"b"}"#, "fr"),
        ("fr;q=0.3, en;q=0.8", r#"{"fr":"a","en":"b"}"#, "en"),
        ("fr;q=0.8, en;q=0.3", r#"{"en":"a","fr":"b"}"#, "fr"),
        ("fr, en", r#"{"en":"a","fr":"b"}"#, "fr"),
        ("en", r#"{"de":"a","en-US":"b","en-GB":"c"}"#, "en-US"),
        ("en-GB", r#"{"de":"a","en-US":"b","en-GB":"c"}"#, "en-GB"),
        ("en", r#"{"en-US":"a","en":"b"}"#, "en"),
        ("en-AU", r#"{"de":"a","en":"b"}"#, "en"),
        ("en-AU, de", r#"{"de":"a","en-US":"b"}"#, "en-US"),
        ("zh-Hant-TW", r#"{"en":"a","zh-Hant":"b"}"#, "zh-Hant"),
        ("es", r#"{"de":"a","en":"b"}"#, "de"),
        ("", r#"{"de":"a","en":"b"}"#, "de"),
        ("*", r#"{"de":"a","en":"b"}"#, "de"),
        ("es, *;q=0.5", r#"{"de":"a","en":"b"}"#, "de"),
        ("de;q=0, *", r#"{"de":"a","en":"b"}"#, "en"),
        ("de;q=0", r#"{"de-AT":"a","en":"b"}"#, "en"),
        ("de;q=0", r#"{"de-AT":"a","de":"b"}"#, "de-AT"),
        ("en", r#"{"eng":"a","de":"b"}"#, "eng"),
        ("en;q=2, de;q=x, fr;q=0.1", r#"{"en":"a","de":"b","fr":"c"}"#, "fr"),
        ("en;q=1.001, fr", r#"{"en":"a","fr":"c"}"#, "fr"),
        ("not a tag!, fr", r#"{"en":"a","fr":"c"}"#, "fr"),
        (";;,,=, fr ; q = 0.5 ", r#"{"en":"a","fr":"c"}"#, "fr"),
    ] {
        let languages = LanguagePreferences::parse(header);
        let body = format!(r#"{{"verb":{{"display":{map}}}}}"#);
        let found = format_statement(body.as_bytes(), Format::Canonical, &languages, Version::V2_0_0, &|_| None);
        let found = String::from_utf8(found).expect("UTF-8");
        assert!(found.starts_with(&format!(r#"{{"verb":{{"display":{{"{chosen}":"#)), "{header}: {found}");
        assert_eq!(found.matches(':').count(), 3, "{header}: {found}");
    }
    check(Format::Canonical, "en", r#"{"verb":{"display":{}}}"#, r#"{"verb":{"display":{}}}"#);
}
