//! Results and scores (Data 2.4.5).

use crate::{Duration, Json};

use super::extensions::check_extensions;
use super::report::{At, Report};
use super::scalar::{check_boolean, check_number, check_string};
use super::shape::Shape;

const RESULT_CLAUSE: &str = "Data 2.4.5";
const SCORE_CLAUSE: &str = "Data 2.4.5.1";

const RESULT: Shape = Shape {
    what: "a Result",
    clause: RESULT_CLAUSE,
    required: &[],
    properties: &[
        ("score", RESULT_CLAUSE, check_score),
        ("success", RESULT_CLAUSE, check_boolean),
        ("completion", RESULT_CLAUSE, check_boolean),
        ("response", RESULT_CLAUSE, check_string),
        ("duration", RESULT_CLAUSE, check_duration),
        ("extensions", RESULT_CLAUSE, check_extensions),
    ],
};

const SCORE: Shape = Shape {
    what: "a Score",
    clause: SCORE_CLAUSE,
    required: &[],
    properties: &[
        ("scaled", SCORE_CLAUSE, check_scaled),
        ("raw", SCORE_CLAUSE, check_number),
        ("min", SCORE_CLAUSE, check_number),
        ("max", SCORE_CLAUSE, check_number),
    ],
};

pub(super) fn check_result(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    RESULT.check(json, at, report);
}

/// ISO 8601 (Data 4.6).
fn check_duration(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if json.as_str().and_then(|text| Duration::parse(text, report.version)).is_none() {
        report.refuse(&at.under("Data 4.6"), "an ISO 8601 duration such as \"PT4H35M59.14S\"", json);
    }
}

fn check_scaled(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if !json.as_f64().is_some_and(|scaled| (-1.0..=1.0).contains(&scaled)) {
        report.refuse(at, "a number from -1 to 1", json);
    }
}

/// min ≤ raw ≤ max. The specification wants min below max; activities without points send min = max = raw = 0, which is
/// harmless and common (Open edX), and accepted.
fn check_score(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if !SCORE.check(json, at, report) {
        return;
    }
    for (low, high, name) in [("min", "raw", "raw"), ("raw", "max", "raw"), ("min", "max", "min")] {
        let (Some(lower), Some(upper)) = (json.get(low), json.get(high)) else { continue };
        if let (Some(below), Some(above)) = (lower.as_f64(), upper.as_f64())
            && below > above
        {
            let (expected, found) = match (low, name) {
                ("min", "raw") => (format!("at least min, {}", lower.text()), upper),
                _ => (format!("at most max, {}", upper.text()), lower),
            };
            report.refuse(&at.member(name, SCORE_CLAUSE), format!("a number of {expected}"), found);
        }
    }
}
