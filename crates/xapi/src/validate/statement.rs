//! A whole statement (Data 2.4), and rules about two of its properties at once.

use crate::{Json, Version};

use super::VOIDED;
use super::actor::{check_agent_or_group, check_authority};
use super::attachment::check_attachments;
use super::context::{check_context, check_context_of_object};
use super::object::check_object;
use super::report::{At, Report};
use super::result::check_result;
use super::scalar::{check_timestamp, check_uuid};
use super::shape::Shape;
use super::verb::check_verb;

const STATEMENT: Shape = Shape {
    what: "a Statement",
    clause: "Data 2.4",
    required: &[
        ("actor", "an Agent or Group"),
        ("verb", "a Verb"),
        ("object", "an Activity, Agent, Group, SubStatement or StatementRef"),
    ],
    properties: &[
        ("id", "Data 2.4.1", check_uuid),
        ("actor", "Data 2.4.2", check_agent_or_group),
        ("verb", "Data 2.4.3", check_verb),
        ("object", "Data 2.4.4", check_object),
        ("result", "Data 2.4.5", check_result),
        ("context", "Data 2.4.6", check_context),
        ("timestamp", "Data 2.4.7", check_timestamp),
        ("stored", "Data 2.4.8", check_timestamp),
        ("authority", "Data 2.4.9", check_authority),
        ("version", "Data 2.4.10", check_version),
        ("attachments", "Data 2.4.11", check_attachments),
    ],
};

/// Checks one statement and reports all that is wrong with it.
pub(crate) fn check_statement(json: &Json<'_>, report: &mut Report) {
    let at = At::root("Data 2.4");
    if STATEMENT.check(json, &at, report) {
        check_context_of_object(json, &at, report);
        check_voiding(json, &at, report);
    }
}

/// What voids must say which statement (Data 2.3.2).
fn check_voiding(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    let verb = json.get("verb").and_then(|verb| verb.get("id")).and_then(Json::as_str);
    let Some(object) = json.get("object").filter(|_| verb == Some(VOIDED)) else { return };
    if object.get("objectType").and_then(Json::as_str) != Some("StatementRef") {
        report.refuse(&at.member("object", "Data 2.3.2"), "a StatementRef, because the Verb voids", object);
    }
}

/// `1.0` or `1.0.x`; in 2.0 `2.0` and `2.0.x` as well.
fn check_version(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    let version = json.as_str().and_then(Version::parse_header);
    let (is_fine, expected) = match report.version {
        Version::V1_0_3 => (version == Some(Version::V1_0_3), "\"1.0\" or \"1.0.x\""),
        Version::V2_0_0 => (version.is_some(), "\"2.0.x\", \"1.0\" or \"1.0.x\""),
    };
    if !is_fine {
        report.refuse(at, expected, json);
    }
}
