//! Batches: positions, every violation of every statement, ids that stand twice, and texts that are no JSON.

use xapi::{Version, parse_statements};

use super::BOTH;

const VALID: &str =
    r#"{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"http://e.org/v"},"object":{"id":"http://e.org/o"}}"#;

/// `index pointer: found` of all that is reported.
fn check(body: &str, versions: &[Version], expected: &[&str]) {
    for version in versions {
        let violations =
            parse_statements(body.as_bytes(), *version).err().map_or_else(Vec::new, |violations| violations.0);
        let texts: Vec<_> = violations
            .iter()
            .map(|one| {
                let index = one.index.map_or_else(|| "-".to_owned(), |index| index.to_string());
                format!("{index} {}: {} [{}]", one.pointer, one.found, one.rule)
            })
            .collect();
        assert_eq!(texts, expected, "{body} {version:?}");
    }
}

#[test]
fn arrays_and_single_statements() {
    for (body, count, is_array) in [
        ("[]".to_owned(), 0, true),
        (" [ ] ".to_owned(), 0, true),
        (VALID.to_owned(), 1, false),
        (format!("[{VALID}]"), 1, true),
        (format!("\n[{VALID},\t{VALID}]"), 2, true),
    ] {
        for version in BOTH {
            let (statements, array) = parse_statements(body.as_bytes(), *version).expect("valid");
            assert_eq!((statements.len(), array), (count, is_array), "{body}");
        }
    }
}

#[test]
fn every_violation_of_every_statement() {
    check(
        &format!(r#"[{{"actor":{{}},"verb":{{"id":"v"}}}},{VALID},7,{{"Actor":null}}]"#),
        BOTH,
        &[
            "0 /actor: none [Data 2.4.2.1]",
            "0 /verb/id: \"v\" [Data 2.4.3]",
            "0 /object: nothing [Data 2.4]",
            "2 : 7 [Data 2.4]",
            "3 /Actor: the property \"Actor\" [Data 2.2]",
            "3 /actor: nothing [Data 2.4]",
            "3 /verb: nothing [Data 2.4]",
            "3 /object: nothing [Data 2.4]",
        ],
    );
    check("7", BOTH, &["- : 7 [Data 2.4]"]);
    check("null", BOTH, &["- : null [Data 2.2]"]);
    check("[[]]", BOTH, &["0 : [] [Data 2.4]"]);
}

#[test]
fn what_was_found_is_shortened() {
    let body = format!(r#"{{"id":"{}"}}"#, "é".repeat(1000));
    let violations = parse_statements(body.as_bytes(), Version::V2_0_0).expect_err("an id of 1000 letters").0;
    assert!(violations[0].found.ends_with('…') && violations[0].found.chars().count() < 100, "{}", violations[0].found);
}

/// 1.0.3 leaves it to the store, where the second is compared with the first.
#[test]
fn one_id_twice() {
    let with_id = |id: &str| VALID.replacen('{', &format!(r#"{{"id":"{id}","#), 1);
    let lower = with_id("6690e6c9-3ef0-4ed3-8b37-7f3964730bee");
    let upper = with_id("6690E6C9-3EF0-4ED3-8B37-7F3964730BEE");
    let other = with_id("7690e6c9-3ef0-4ed3-8b37-7f3964730bee");
    check(&format!("[{lower},{other},{VALID},{VALID}]"), BOTH, &[]);
    check(&format!("[{lower},{lower}]"), &[Version::V1_0_3], &[]);
    check(
        &format!("[{lower},{other},{upper}]"),
        &[Version::V2_0_0],
        &["2 /id: \"6690E6C9-3EF0-4ED3-8B37-7F3964730BEE\" [Communication 2.1.2]"],
    );
}

#[test]
fn texts_that_are_no_json() {
    check("", BOTH, &["- : line 1 column 1: expected a JSON value, found the end of the text [Data 2.2]"]);
    check(
        &VALID.replace(r#""verb":"#, r#""actor":{},"verb":"#),
        BOTH,
        &["- : line 1 column 34: duplicate key \"actor\" [Data 2.2]"],
    );
    check(
        &format!(r#"[{VALID},{{"actor":{{"name":"\ud800","name":"x"}}}}]"#),
        BOTH,
        &[
            "1 /actor: none [Data 2.4.2.1]",
            "1 /verb: nothing [Data 2.4]",
            "1 /object: nothing [Data 2.4]",
            "1 /actor/name: line 1 column 118: lone surrogate \\ud800 [Data 2.2]",
            "1 /actor: line 1 column 126: duplicate key \"name\" [Data 2.2]",
        ],
    );
}

/// A text can break so many rules that the list of them would be the attack.
#[test]
fn the_list_is_bounded() {
    let body = format!("[{}]", vec!["{}"; 5_000].join(","));
    let violations = parse_statements(body.as_bytes(), Version::V2_0_0).expect_err("no statements").0;
    assert_eq!(violations.len(), 1_001);
    assert_eq!(violations[1_000].found, "14000 more");
}
