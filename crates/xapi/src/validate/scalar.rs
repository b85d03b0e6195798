//! Values without members: strings, booleans, numbers, UUIDs and timestamps (Data 2.2, 4.4, 4.5).

use crate::ids::parse_uuid;
use crate::{Json, Timestamp};

use super::report::{At, Report};

pub(super) fn check_string(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if json.as_str().is_none() {
        report.refuse(at, "a string", json);
    }
}

pub(super) fn check_boolean(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if json.as_bool().is_none() {
        report.refuse(at, "true or false", json);
    }
}

pub(super) fn check_number(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if json.as_f64().is_none() {
        report.refuse(at, "a number", json);
    }
}

/// RFC 4122 in its hyphenated form, in either case of letters (Data 4.4).
pub(super) fn check_uuid(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if json.as_str().and_then(parse_uuid).is_none() {
        report.refuse(at, "a UUID", json);
    }
}

/// ISO 8601, in 2.0 RFC 3339 (Data 4.5).
pub(super) fn check_timestamp(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if json.as_str().and_then(|text| Timestamp::parse(text, report.version)).is_none() {
        report.refuse(at, "an ISO 8601 timestamp (with an offset other than -00:00)", json);
    }
}

/// One of a few words, spelled exactly so.
pub(super) fn check_word(words: &[&str], json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if !json.as_str().is_some_and(|text| words.contains(&text)) {
        let quoted: Vec<_> = words.iter().map(|word| format!("{word:?}")).collect();
        report.refuse(at, quoted.join(" or "), json);
    }
}
