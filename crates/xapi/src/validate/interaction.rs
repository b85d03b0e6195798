//! Interaction Activities: types, correct responses and components (Data 2.4.4.1, "Interaction Activities").

use std::collections::HashSet;

use crate::Json;

use super::language::check_language_map;
use super::report::{At, Report};
use super::scalar::{check_string, check_word};
use super::shape::{Shape, check_elements};

const CLAUSE: &str = "Data 2.4.4.1";

const INTERACTION_TYPES: [&str; 10] = [
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
];

const COMPONENT: Shape = Shape {
    what: "an Interaction Component",
    clause: CLAUSE,
    required: &[("id", "the id of the component")],
    properties: &[("id", CLAUSE, check_string), ("description", CLAUSE, check_language_map)],
};

pub(super) fn check_interaction_type(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    check_word(&INTERACTION_TYPES, json, at, report);
}

pub(super) fn check_correct_responses_pattern(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    check_elements("strings", check_string, json, at, report);
}

/// Components with distinct ids.
pub(super) fn check_components(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    check_elements(
        "Interaction Components",
        |json, at, report| _ = COMPONENT.check(json, at, report),
        json,
        at,
        report,
    );
    let mut ids = HashSet::new();
    for (index, component) in json.as_array().unwrap_or_default().iter().enumerate() {
        if let Some(id) = component.get("id")
            && id.as_str().is_some_and(|text| !ids.insert(text))
        {
            report.refuse(&at.element(index).member("id", CLAUSE), "an id that no other component has", id);
        }
    }
}
