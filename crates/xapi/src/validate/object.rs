//! The object of a statement: by its type an Activity, an actor, a reference or a sub-statement (Data 2.4.4).

use crate::Json;

use super::activity::{check_activity, is_activity_type};
use super::actor::{check_agent, check_agent_or_group, check_group};
use super::attachment::check_attachments;
use super::context::{check_context, check_context_of_object};
use super::report::{At, Report};
use super::result::check_result;
use super::scalar::{check_timestamp, check_uuid, check_word};
use super::shape::Shape;
use super::verb::check_verb;

const OBJECT_CLAUSE: &str = "Data 2.4.4";
const SUB_STATEMENT_CLAUSE: &str = "Data 2.4.4.3";

const STATEMENT_REF: Shape = Shape {
    what: "a StatementRef",
    clause: SUB_STATEMENT_CLAUSE,
    required: &[("objectType", "\"StatementRef\""), ("id", "the UUID of a Statement")],
    properties: &[
        ("objectType", SUB_STATEMENT_CLAUSE, |json, at, report| check_word(&["StatementRef"], json, at, report)),
        ("id", SUB_STATEMENT_CLAUSE, check_uuid),
    ],
};

const SUB_STATEMENT: Shape = Shape {
    what: "a SubStatement",
    clause: SUB_STATEMENT_CLAUSE,
    required: &[
        ("actor", "an Agent or Group"),
        ("verb", "a Verb"),
        ("object", "an Activity, Agent, Group or StatementRef"),
    ],
    properties: &[
        ("objectType", SUB_STATEMENT_CLAUSE, |json, at, report| check_word(&["SubStatement"], json, at, report)),
        ("actor", "Data 2.4.2", check_agent_or_group),
        ("verb", "Data 2.4.3", check_verb),
        ("object", "Data 2.4.4", check_object_of_sub_statement),
        ("result", "Data 2.4.5", check_result),
        ("context", "Data 2.4.6", check_context),
        ("timestamp", "Data 2.4.7", check_timestamp),
        ("attachments", "Data 2.4.11", check_attachments),
    ],
};

/// The object of a Statement.
pub(super) fn check_object(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    match json.get("objectType").and_then(Json::as_str) {
        Some("SubStatement") => {
            let at = at.under(SUB_STATEMENT_CLAUSE);
            SUB_STATEMENT.check(json, &at, report);
            check_context_of_object(json, &at, report);
        }
        _ => check_plain_object(
            json,
            "\"Activity\", \"Agent\", \"Group\", \"SubStatement\" or \"StatementRef\"",
            at,
            report,
        ),
    }
}

fn check_object_of_sub_statement(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    check_plain_object(json, "\"Activity\", \"Agent\", \"Group\" or \"StatementRef\"", at, report);
}

fn check_plain_object(json: &Json<'_>, types: &str, at: &At<'_>, report: &mut Report) {
    let object_type = json.get("objectType");
    match object_type.and_then(Json::as_str) {
        Some("Agent") => check_agent(json, at, report),
        Some("Group") => check_group(json, at, report),
        Some("StatementRef") => check_statement_ref(json, at, report),
        _ if is_activity_type(object_type) => check_activity(json, &at.under("Data 2.4.4.1"), report),
        _ => {
            if let Some(object_type) = object_type {
                report.refuse(&at.member("objectType", OBJECT_CLAUSE), types, object_type);
            }
        }
    }
}

pub(super) fn check_statement_ref(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    STATEMENT_REF.check(json, &at.under(SUB_STATEMENT_CLAUSE), report);
}
