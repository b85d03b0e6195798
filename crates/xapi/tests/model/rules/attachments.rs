//! Data 2.4.11: attachments as a statement describes them.

use super::{Rule, check_rules, rule};

pub const RULES: &[Rule] = &[
    rule(
        "Data 2.4.11",
        "attachments are an array of objects",
        &[("/attachments", "[]")],
        &[
            ("/attachments", "{}", "/attachments"),
            ("/attachments", r#"["essay"]"#, "/attachments/0"),
            ("/attachments", "[1]", "/attachments/0"),
            (
                "/attachments",
                "[{}]",
                "/attachments/0/usageType, /attachments/0/display, /attachments/0/contentType, /attachments/0/length, \
                 /attachments/0/sha2",
            ),
            ("/attachments/0/size", "1", "/attachments/0/size [Data 2.2]"),
        ],
    ),
    rule(
        "Data 2.4.11",
        "usageType is an IRI, fileUrl an IRL, display and description are language maps",
        &[
            ("/attachments/0/usageType", r#""urn:x:y""#),
            ("/attachments/0/fileUrl", r#""ftp://example.org/""#),
            ("/attachments/0/description", "{}"),
        ],
        &[
            ("/attachments/0/usageType", "", "/attachments/0/usageType"),
            ("/attachments/0/usageType", r#""essay""#, "/attachments/0/usageType"),
            ("/attachments/0/fileUrl", r#""essay.txt""#, "/attachments/0/fileUrl"),
            ("/attachments/0/fileUrl", "1", "/attachments/0/fileUrl"),
            ("/attachments/0/display", "", "/attachments/0/display"),
            ("/attachments/0/display", r#""Essay""#, "/attachments/0/display"),
            ("/attachments/0/description", "7", "/attachments/0/description"),
        ],
    ),
    rule(
        "Data 2.4.11",
        "contentType is a media type, length a whole number, sha2 a SHA-2",
        &[
            ("/attachments/0/contentType", r#""application/octet-stream""#),
            ("/attachments/0/contentType", r#""application/vnd.x+json;v=\"1\"""#),
            ("/attachments/0/length", "0"),
            ("/attachments/0/length", "27.0"),
            ("/attachments/0/sha2", r#""495395E777CD98DA653DF9615D09C0FD6BB2F8D4788394CD53C56A3BFDCD848A""#),
            ("/attachments/0/sha2", r#""d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f""#),
        ],
        &[
            ("/attachments/0/contentType", "", "/attachments/0/contentType"),
            ("/attachments/0/contentType", r#""text""#, "/attachments/0/contentType"),
            ("/attachments/0/contentType", r#""text/""#, "/attachments/0/contentType"),
            ("/attachments/0/contentType", r#""text/plain\r\nX: y""#, "/attachments/0/contentType"),
            ("/attachments/0/contentType", "1", "/attachments/0/contentType"),
            ("/attachments/0/length", "", "/attachments/0/length"),
            ("/attachments/0/length", r#""27""#, "/attachments/0/length"),
            ("/attachments/0/length", "27.5", "/attachments/0/length"),
            ("/attachments/0/length", "-1", "/attachments/0/length"),
            ("/attachments/0/sha2", "", "/attachments/0/sha2"),
            ("/attachments/0/sha2", r#""495395""#, "/attachments/0/sha2"),
            (
                "/attachments/0/sha2",
                r#""z95395e777cd98da653df9615d09c0fd6bb2f8d4788394cd53c56a3bfdcd848a""#,
                "/attachments/0/sha2",
            ),
            ("/attachments/0/sha2", "1", "/attachments/0/sha2"),
        ],
    ),
];

#[test]
fn rules() {
    check_rules(RULES);
}
