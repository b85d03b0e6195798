//! Contexts: registration, people, Activities around the object (Data 2.4.6), in 2.0 contextAgents and contextGroups too.

use crate::{Json, Version};

use super::activity::{check_activity, is_activity_type};
use super::actor::{check_agent, check_agent_or_group, check_group};
use super::extensions::check_extensions;
use super::iri::check_iri;
use super::language::check_language_tag;
use super::object::check_statement_ref;
use super::report::{At, Report};
use super::scalar::{check_string, check_uuid, check_word};
use super::shape::{Property, Shape, check_elements};

const CLAUSE: &str = "Data 2.4.6";
const ACTIVITIES_CLAUSE: &str = "Data 2.4.6.2";

const CONTEXT: Shape = Shape {
    what: "a Context",
    clause: CLAUSE,
    required: &[],
    properties: &[
        ("registration", "Data 2.4.6.1", check_uuid),
        ("instructor", CLAUSE, check_agent_or_group),
        ("team", CLAUSE, check_group),
        ("contextActivities", CLAUSE, check_context_activities),
        ("revision", CLAUSE, check_string),
        ("platform", CLAUSE, check_string),
        ("language", CLAUSE, check_language_tag),
        ("statement", CLAUSE, check_statement_ref),
        ("extensions", CLAUSE, check_extensions),
    ],
};

/// What 2.0 added (IEEE 9274.1.1, 4.2.2.5).
const IN_2_0: [Property; 2] = [
    ("contextAgents", CLAUSE, |json, at, report| {
        check_elements(
            "contextAgent objects",
            |json, at, report| _ = CONTEXT_AGENT.check(json, at, report),
            json,
            at,
            report,
        );
    }),
    ("contextGroups", CLAUSE, |json, at, report| {
        check_elements(
            "contextGroup objects",
            |json, at, report| _ = CONTEXT_GROUP.check(json, at, report),
            json,
            at,
            report,
        );
    }),
];

const CONTEXT_AGENT: Shape = Shape {
    what: "a contextAgent",
    clause: CLAUSE,
    required: &[("objectType", "\"contextAgent\""), ("agent", "an Agent")],
    properties: &[
        ("objectType", CLAUSE, |json, at, report| check_word(&["contextAgent"], json, at, report)),
        ("agent", CLAUSE, check_agent),
        ("relevantTypes", CLAUSE, check_relevant_types),
    ],
};

const CONTEXT_GROUP: Shape = Shape {
    what: "a contextGroup",
    clause: CLAUSE,
    required: &[("objectType", "\"contextGroup\""), ("group", "a Group")],
    properties: &[
        ("objectType", CLAUSE, |json, at, report| check_word(&["contextGroup"], json, at, report)),
        ("group", CLAUSE, check_group),
        ("relevantTypes", CLAUSE, check_relevant_types),
    ],
};

const CONTEXT_ACTIVITIES: Shape = Shape {
    what: "contextActivities",
    clause: ACTIVITIES_CLAUSE,
    required: &[],
    properties: &[
        ("parent", ACTIVITIES_CLAUSE, check_one_or_more_activities),
        ("grouping", ACTIVITIES_CLAUSE, check_one_or_more_activities),
        ("category", ACTIVITIES_CLAUSE, check_one_or_more_activities),
        ("other", ACTIVITIES_CLAUSE, check_one_or_more_activities),
    ],
};

pub(super) fn check_context(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    let more = if report.version == Version::V2_0_0 { IN_2_0.as_slice() } else { &[] };
    CONTEXT.check_with(more, json, &at.under(CLAUSE), report);
}

/// `revision` and `platform` speak of an Activity, so the object of the (sub-)statement `json` must be one.
pub(super) fn check_context_of_object(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    let (Some(context), Some(object)) = (json.get("context"), json.get("object")) else { return };
    if is_activity_type(object.get("objectType")) {
        return;
    }
    let at = at.member("context", CLAUSE);
    for name in ["revision", "platform"] {
        if let Some(value) = context.get(name) {
            report.refuse(
                &at.member(name, CLAUSE),
                format!("no {name:?}, because the object is not an Activity"),
                value,
            );
        }
    }
}

fn check_context_activities(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    CONTEXT_ACTIVITIES.check(json, &at.under(ACTIVITIES_CLAUSE), report);
}

/// An array, or a single Activity as earlier versions had it.
fn check_one_or_more_activities(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if json.as_object().is_some() {
        check_activity(json, at, report);
    } else {
        check_elements("Activities", check_activity, json, at, report);
    }
}

fn check_relevant_types(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    check_elements("IRIs", check_iri, json, at, report);
    if json.as_array().is_some_and(<[_]>::is_empty) {
        report.refuse(at, "at least one IRI", json);
    }
}
