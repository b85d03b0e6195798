//! Agents and groups, and what identifies them (Data 2.4.2).

use iri_string::types::IriStr;

use crate::Json;

use super::iri::{check_irl, check_uri};
use super::report::{At, Report};
use super::scalar::{check_string, check_word};
use super::shape::{Property, Shape, check_elements};

const AGENT_CLAUSE: &str = "Data 2.4.2.1";
const GROUP_CLAUSE: &str = "Data 2.4.2.2";
const IDENTIFIER_CLAUSE: &str = "Data 2.4.2.3";
const ACCOUNT_CLAUSE: &str = "Data 2.4.2.4";

/// The inverse functional identifiers.
const IDENTIFIERS: [&str; 4] = ["mbox", "mbox_sha1sum", "openid", "account"];

const IDENTIFYING: [Property; 4] = [
    ("mbox", IDENTIFIER_CLAUSE, check_mbox),
    ("mbox_sha1sum", IDENTIFIER_CLAUSE, check_mbox_sha1sum),
    ("openid", IDENTIFIER_CLAUSE, check_uri),
    ("account", IDENTIFIER_CLAUSE, check_account),
];

const AGENT: Shape = Shape {
    what: "an Agent",
    clause: AGENT_CLAUSE,
    required: &[],
    properties: &[
        ("objectType", AGENT_CLAUSE, |json, at, report| check_word(&["Agent"], json, at, report)),
        ("name", AGENT_CLAUSE, check_string),
        IDENTIFYING[0],
        IDENTIFYING[1],
        IDENTIFYING[2],
        IDENTIFYING[3],
    ],
};

const GROUP: Shape = Shape {
    what: "a Group",
    clause: GROUP_CLAUSE,
    required: &[("objectType", "\"Group\"")],
    properties: &[
        ("objectType", GROUP_CLAUSE, |json, at, report| check_word(&["Group"], json, at, report)),
        ("name", GROUP_CLAUSE, check_string),
        ("member", GROUP_CLAUSE, |json, at, report| check_elements("Agents", check_agent, json, at, report)),
        IDENTIFYING[0],
        IDENTIFYING[1],
        IDENTIFYING[2],
        IDENTIFYING[3],
    ],
};

const ACCOUNT: Shape = Shape {
    what: "an account",
    clause: ACCOUNT_CLAUSE,
    required: &[("homePage", "the IRL of the system"), ("name", "the account's name")],
    properties: &[("homePage", ACCOUNT_CLAUSE, check_irl), ("name", ACCOUNT_CLAUSE, check_string)],
};

/// Whether an actor says that it is a group.
pub(crate) fn is_group(json: &Json<'_>) -> bool {
    json.get("objectType").and_then(Json::as_str) == Some("Group")
}

fn count_identifiers(json: &Json<'_>) -> usize {
    IDENTIFIERS.iter().filter(|name| json.get(name).is_some()).count()
}

/// Either kind of actor, as the object type says.
pub(crate) fn check_agent_or_group(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    match json.get("objectType") {
        Some(kind) if !matches!(kind.as_str(), Some("Agent" | "Group")) => {
            report.refuse(&at.member("objectType", AGENT_CLAUSE), "\"Agent\" or \"Group\"", kind);
        }
        _ if is_group(json) => check_group(json, at, report),
        _ => check_agent(json, at, report),
    }
}

/// An Agent: exactly one identifier (Data 2.4.2.1).
pub(super) fn check_agent(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if AGENT.check(json, at, report) && count_identifiers(json) != 1 {
        break_identifier_rule(json, &at.under(AGENT_CLAUSE), "exactly one", report);
    }
}

/// A Group: members or exactly one identifier, or both (Data 2.4.2.2).
pub(super) fn check_group(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if !GROUP.check(json, at, report) {
        return;
    }
    match count_identifiers(json) {
        1 => {}
        0 if json.get("member").is_some() => {}
        0 => report.miss(&at.under(GROUP_CLAUSE), "member", "the members of an anonymous Group, or an identifier"),
        _ => break_identifier_rule(json, &at.under(GROUP_CLAUSE), "at most one", report),
    }
}

fn break_identifier_rule(json: &Json<'_>, at: &At<'_>, how_many: &str, report: &mut Report) {
    let present: Vec<_> = IDENTIFIERS.into_iter().filter(|name| json.get(name).is_some()).collect();
    let found = if present.is_empty() { "none".to_owned() } else { present.join(" and ") };
    report.break_rule(at, format!("{how_many} of {}", IDENTIFIERS.join(", ")), found);
}

/// An Agent, or an anonymous Group of exactly two Agents as three-legged OAuth makes it (Data 2.4.9).
pub(super) fn check_authority(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    check_agent_or_group(json, at, report);
    if !is_group(json) {
        return;
    }
    if count_identifiers(json) > 0 {
        report.break_rule(at, "an Agent or an anonymous Group", "an identified Group");
    }
    if let Some(members) = json.get("member").and_then(Json::as_array)
        && members.len() != 2
    {
        let at = at.member("member", "Data 2.4.9");
        report.break_rule(
            &at,
            "exactly two members: an application and a person",
            format!("{} member(s)", members.len()),
        );
    }
}

fn check_account(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    ACCOUNT.check(json, at, report);
}

fn check_mbox(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if !json.as_str().is_some_and(is_mbox) {
        report.refuse(at, "a mailto: IRI with one e-mail address", json);
    }
}

fn check_mbox_sha1sum(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    let is_sha1 = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !json.as_str().is_some_and(is_sha1) {
        report.refuse(at, "a SHA-1 of 40 hexadecimal digits", json);
    }
}

/// `mailto:`, a local part, `@` and a domain; nothing else that a mailto URL may carry, since it would identify nobody.
fn is_mbox(text: &str) -> bool {
    let Some((local, domain)) = text.strip_prefix("mailto:").and_then(|address| address.rsplit_once('@')) else {
        return false;
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    !local.is_empty()
        && !domain.is_empty()
        && (local.chars().chain(domain.chars()).all(is_plain)
            || (!local.contains(['?', '#', '@', '/', ','])
                && !domain.contains(['?', '#', '/', ','])
                && IriStr::new(text).is_ok()))
}
