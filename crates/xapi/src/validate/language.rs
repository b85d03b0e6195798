//! Language tags (RFC 5646) and language maps (Data 4.2).

use oxilangtag::LanguageTag;

use crate::Json;

use super::report::{At, Report};

const MAP: &str = "Data 4.2";

/// A well-formed language tag.
pub(super) fn check_language_tag(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if !json.as_str().is_some_and(is_language_tag) {
        report.refuse(at, "a language tag (RFC 5646)", json);
    }
}

/// An object whose names are language tags and whose values are strings.
pub(super) fn check_language_map(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    let Some(members) = json.as_object() else {
        report.refuse(at, "a language map", json);
        return;
    };
    for (tag, text) in members {
        let at = at.member(tag, MAP);
        if !is_language_tag(tag) {
            report.break_rule(&at, "a language tag (RFC 5646) as name", format!("the property {tag:?}"));
        }
        if text.as_str().is_none() {
            report.refuse(&at, "a string", text);
        }
    }
}

pub(super) fn is_language_tag(tag: &str) -> bool {
    let simple = match tag.as_bytes() {
        [a, b] => [a, b, a, b],
        [a, b, b'-', c, d] => [a, b, c, d],
        _ => return LanguageTag::parse(tag).is_ok(),
    };
    simple.iter().all(|letter| letter.is_ascii_alphabetic())
}
