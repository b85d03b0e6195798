//! Activities and their definitions (Data 2.4.4.1).

use crate::Json;
use crate::ids::parse_uuid;

use super::extensions::check_extensions;
use super::interaction::{check_components, check_correct_responses_pattern, check_interaction_type};
use super::iri::{check_iri, check_irl, is_iri};
use super::language::check_language_map;
use super::report::{At, Report};
use super::scalar::check_word;
use super::shape::Shape;

const CLAUSE: &str = "Data 2.4.4.1";

/// What an Activity may call itself. `GroupActivity` is no word of the specification: Open edX sends it for split forums and
/// courses, and such records are worth more than the rule. It means `Activity` and is kept as it was spelled.
const OBJECT_TYPES: [&str; 2] = ["Activity", "GroupActivity"];

const ACTIVITY: Shape = Shape {
    what: "an Activity",
    clause: CLAUSE,
    required: &[("id", "the IRI of the Activity")],
    properties: &[
        ("objectType", CLAUSE, |json, at, report| check_word(&OBJECT_TYPES, json, at, report)),
        ("id", CLAUSE, check_activity_id),
        ("definition", CLAUSE, check_definition),
    ],
};

const DEFINITION: Shape = Shape {
    what: "an Activity Definition",
    clause: CLAUSE,
    required: &[],
    properties: &[
        ("name", CLAUSE, check_language_map),
        ("description", CLAUSE, check_language_map),
        ("type", CLAUSE, check_iri),
        ("moreInfo", CLAUSE, check_irl),
        ("extensions", CLAUSE, check_extensions),
        ("interactionType", CLAUSE, check_interaction_type),
        ("correctResponsesPattern", CLAUSE, check_correct_responses_pattern),
        ("choices", CLAUSE, check_components),
        ("scale", CLAUSE, check_components),
        ("source", CLAUSE, check_components),
        ("target", CLAUSE, check_components),
        ("steps", CLAUSE, check_components),
    ],
};

/// Properties that say nothing without an interaction type.
const OF_INTERACTIONS: [&str; 6] = ["correctResponsesPattern", "choices", "scale", "source", "target", "steps"];

/// Whether an object type names an Activity; it may be left out.
pub(super) fn is_activity_type(object_type: Option<&Json<'_>>) -> bool {
    object_type.is_none_or(|json| json.as_str().is_some_and(|text| OBJECT_TYPES.contains(&text)))
}

/// The id of an Activity: an absolute IRI, or a bare UUID, which Open edX sends for enterprise courses and links. It
/// identifies just as well, so it is accepted and kept as it was spelled.
pub(crate) fn is_activity_id(text: &str) -> bool {
    is_iri(text) || parse_uuid(text).is_some()
}

/// The id of an object that is an Activity.
pub(crate) fn read_activity_id<'j>(json: &'j Json<'_>) -> Option<&'j str> {
    if is_activity_type(json.get("objectType")) { json.get("id")?.as_str() } else { None }
}

pub(super) fn check_activity(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    ACTIVITY.check(json, at, report);
}

fn check_activity_id(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if !json.as_str().is_some_and(is_activity_id) {
        report.refuse(at, "an absolute IRI", json);
    }
}

fn check_definition(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if !DEFINITION.check(json, at, report) || json.get("interactionType").is_some() {
        return;
    }
    if let Some(name) = OF_INTERACTIONS.into_iter().find(|name| json.get(name).is_some()) {
        report.miss(at, "interactionType", format!("the type of the interaction, because of {name:?}"));
    }
}
