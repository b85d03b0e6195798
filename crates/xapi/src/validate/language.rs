//! Language tags (RFC 5646) and language maps (Data 4.2).

use std::collections::HashSet;

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

/// Well-formed, and neither a variant nor the letter that introduces an extension stands twice (RFC 5646, 2.2.5 and 2.2.6).
pub(super) fn is_language_tag(tag: &str) -> bool {
    let simple = match tag.as_bytes() {
        [a, b] => [a, b, a, b],
        [a, b, b'-', c, d] => [a, b, c, d],
        _ => return LanguageTag::parse(tag).is_ok() && !has_repeated_subtag(tag),
    };
    simple.iter().all(|letter| letter.is_ascii_alphabetic())
}

fn has_repeated_subtag(tag: &str) -> bool {
    let is_public = |subtag: &&str| !subtag.eq_ignore_ascii_case("x");
    let subtags: Vec<&str> = tag.split('-').take_while(is_public).collect();
    let extensions_at = subtags.iter().position(|subtag| subtag.len() == 1).unwrap_or(subtags.len());
    let (own, extensions) = subtags.split_at(extensions_at);
    let is_variant = |subtag: &str| subtag.len() > 4 || (subtag.len() == 4 && subtag.as_bytes()[0].is_ascii_digit());
    let variants = own.iter().skip(1).filter(|subtag| is_variant(subtag));
    let singletons = extensions.iter().filter(|subtag| subtag.len() == 1);
    let mut seen = HashSet::new();
    !variants.chain(singletons).all(|subtag| seen.insert(subtag.to_ascii_lowercase()))
}
