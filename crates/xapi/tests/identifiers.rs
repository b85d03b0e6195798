//! Identifiers (Data 2.4.1, Data 4.3) and the version header (Communication 3.3).

use xapi::{ActivityId, ContentType, Registration, StatementId, Version};

#[test]
fn statement_ids_and_registrations_are_hyphenated_uuids() {
    for (text, canonical) in [
        ("6690e6c9-3ef0-4ed3-8b37-7f3964730bee", "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"),
        ("6690E6C9-3EF0-4ED3-8B37-7F3964730BEE", "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"),
        ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"),
        ("01927c3e-7d4a-7b3c-9a5e-2f1d0c9b8a76", "01927c3e-7d4a-7b3c-9a5e-2f1d0c9b8a76"),
    ] {
        assert_eq!(StatementId::parse(text).map(|id| id.to_string()).as_deref(), Some(canonical), "{text}");
        assert_eq!(Registration::parse(text).map(|id| id.to_string()).as_deref(), Some(canonical), "{text}");
    }
    for text in [
        "",
        "abc",
        "6690e6c93ef04ed38b377f3964730bee",
        "{6690e6c9-3ef0-4ed3-8b37-7f3964730bee}",
        "urn:uuid:6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "6690e6c9-3ef0-4ed3-8b37-7f3964730be",
        "6690e6c9-3ef0-4ed3-8b37-7f3964730beef",
        "6690e6c9-3ef0-4ed3-8b37-7f3964730beg",
        "6690e6c9-3ef0-4ed3-8b377-f3964730bee",
        "6690e6c9_3ef0_4ed3_8b37_7f3964730bee",
        " 6690e6c9-3ef0-4ed3-8b37-7f3964730be",
        "{6690e6c93ef04ed38b377f3964730bee}  ",
        "éé90e6c9-3ef0-4ed3-8b37-7f3964730b",
    ] {
        assert_eq!(StatementId::parse(text), None, "{text}");
        assert_eq!(Registration::parse(text), None, "{text}");
    }
}

#[test]
fn activity_ids_are_absolute_iris_kept_as_written() {
    for text in [
        "http://example.org/a",
        "HTTP://Example.org/%7Ea/../b",
        "http://example.org/ü?q=ä#ö",
        "tag:example.org,2026:a",
        "urn:uuid:6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "act:a",
        "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    ] {
        assert_eq!(ActivityId::parse(text).as_ref().map(ActivityId::as_str), Some(text));
    }
    for text in
        ["", "a", "/a", "//example.org/a", "example.org/a", "http://example.org/a b", "http://[::1", "%41:a", "1a:b"]
    {
        assert_eq!(ActivityId::parse(text), None, "{text}");
    }
}

#[test]
fn versions_are_chosen_by_the_header() {
    for (text, version) in [
        ("1.0", Some(Version::V1_0_3)),
        ("1.0.0", Some(Version::V1_0_3)),
        ("1.0.3", Some(Version::V1_0_3)),
        ("1.0.9", Some(Version::V1_0_3)),
        ("1.0.123456789", Some(Version::V1_0_3)),
        ("2.0", Some(Version::V2_0_0)),
        ("2.0.0", Some(Version::V2_0_0)),
        ("2.0.1", Some(Version::V2_0_0)),
        ("", None),
        ("0.95", None),
        ("0.9", None),
        ("1", None),
        ("1.", None),
        ("1.0.", None),
        ("1.0.x", None),
        ("1.0.-1", None),
        ("1.0.3.1", None),
        ("1.0.1234567890", None),
        ("1.1.0", None),
        ("1.03", None),
        ("2", None),
        ("2.1", None),
        ("3.0.0", None),
        (" 1.0.3", None),
        ("v1.0.3", None),
    ] {
        assert_eq!(Version::parse_header(text), version, "{text:?}");
    }
    for version in [Version::V1_0_3, Version::V2_0_0] {
        assert_eq!(Version::parse_header(version.as_str()), Some(version));
    }
}

#[test]
fn content_types_are_compared_without_parameters() {
    for (text, is_json) in [
        ("application/json", true),
        ("application/json;charset=utf-8", true),
        ("Application/JSON ; charset=utf-8", true),
        (" application/json", true),
        ("application/json5", false),
        ("application/ld+json", false),
        ("text/json", false),
        ("text/plain; application/json", false),
        ("", false),
    ] {
        assert_eq!(ContentType(text.to_owned()).is_json(), is_json, "{text:?}");
    }
}
