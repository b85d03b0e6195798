//! When two statements are the same in the sense of immutability (Data 2.3.1).
//!
//! Both are written in a normal form, in which nothing that does not count is left and everything that may stand in any order is
//! sorted; then the texts are compared. So the cost stays near the size of the statements, whatever a sender reorders.

use crate::ids::parse_uuid;
use crate::json::{write_object, write_string};
use crate::{Duration, Json, JsonValue, Timestamp, Version};

/// Whether two valid statements (JSON objects) say the same. What an LRS sets or may change does not count: `id`, `stored`,
/// `authority`, `version`, a `timestamp` that only one of them has, the order of members, of group members and of context
/// activities, display texts of verbs and definitions of activities. Numbers are compared by value, timestamps as instants,
/// durations to the hundredth of a second, UUIDs and hashes in any case of letters.
///
/// To tell whether a repeated statement is the one that is stored, give it as it was sent
/// ([`Statement::to_json`](crate::Statement::to_json)): the timestamp that an LRS adds is another one each time.
///
/// ```
/// let one = br#"{"actor":{"mbox":"mailto:a@example.org"},"result":{"score":{"raw":1.0}}}"#;
/// let other = br#"{"result":{"score":{"raw":1}},"actor":{"objectType":"Agent","mbox":"mailto:a@example.org"}}"#;
/// assert!(xapi::same_statement(one, other));
/// ```
#[must_use]
pub fn same_statement(one: &[u8], other: &[u8]) -> bool {
    let (Ok(one), Ok(other)) = (Json::parse(one), Json::parse(other)) else { return false };
    let compare_timestamp = one.get("timestamp").is_some() && other.get("timestamp").is_some();
    normal_form(&one, compare_timestamp) == normal_form(&other, compare_timestamp)
}

/// [`same_statement`] of complete statements of which at least one was sent without a timestamp: the one that an LRS added says
/// nothing.
///
/// ```
/// let one = br#"{"actor":{"mbox":"mailto:a@example.org"},"timestamp":"2026-01-01T00:00:00Z"}"#;
/// let other = br#"{"actor":{"mbox":"mailto:a@example.org"},"timestamp":"2026-01-01T00:00:09Z"}"#;
/// assert!(!xapi::same_statement(one, other));
/// assert!(xapi::same_statement_but_timestamp(one, other));
/// ```
#[must_use]
pub fn same_statement_but_timestamp(one: &[u8], other: &[u8]) -> bool {
    let (Ok(one), Ok(other)) = (Json::parse(one), Json::parse(other)) else { return false };
    normal_form(&one, false) == normal_form(&other, false)
}

fn normal_form(statement: &Json<'_>, with_timestamp: bool) -> String {
    let mut out = String::with_capacity(statement.text().len());
    let ignored = |name: &str| {
        matches!(name, "id" | "stored" | "authority" | "version") || (name == "timestamp" && !with_timestamp)
    };
    write_sorted(statement, &mut out, &|name| !ignored(name), &write_statement_member);
    out
}

type Write<'w> = &'w dyn Fn(&str, &Json<'_>, &mut String);

/// An object with its members sorted by name; anything else as it is.
fn write_sorted(json: &Json<'_>, out: &mut String, keep: &dyn Fn(&str) -> bool, write: Write<'_>) {
    let Some(members) = json.as_object() else {
        write_value(json, out);
        return;
    };
    let mut sorted: Vec<_> = members.iter().filter(|(name, _)| keep(name)).collect();
    sorted.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    write_object(sorted, out, write);
}

fn write_all(json: &Json<'_>, out: &mut String, write: Write<'_>) {
    write_sorted(json, out, &|_| true, write);
}

/// An array whose elements may stand in any order; a single element counts as an array of one.
fn write_unordered(json: &Json<'_>, out: &mut String, write: &dyn Fn(&Json<'_>, &mut String)) {
    let elements = json.as_array().unwrap_or(std::slice::from_ref(json));
    let mut texts: Vec<String> = elements
        .iter()
        .map(|element| {
            let mut text = String::new();
            write(element, &mut text);
            text
        })
        .collect();
    texts.sort_unstable();
    out.push('[');
    out.push_str(&texts.join(","));
    out.push(']');
}

/// A member of a statement or sub-statement.
fn write_statement_member(name: &str, json: &Json<'_>, out: &mut String) {
    match name {
        "actor" => write_actor(json, out),
        "verb" => write_sorted(json, out, &|name| name == "id", &|_, json, out| write_value(json, out)),
        "object" => write_statement_object(json, out),
        "context" => write_all(json, out, &write_context_member),
        "result" => write_all(json, out, &|name, json, out| match (name, json.as_str()) {
            ("duration", Some(text)) => match Duration::parse(text, Version::V2_0_0) {
                Some(duration) => write_string(&format!("{duration:?}"), out),
                None => write_value(json, out),
            },
            _ => write_value(json, out),
        }),
        "timestamp" => match json.as_str().and_then(parse_timestamp) {
            Some(Timestamp(microseconds)) => out.push_str(&microseconds.to_string()),
            None => write_value(json, out),
        },
        "attachments" => write_elements(json, out, &write_attachment),
        _ => write_value(json, out),
    }
}

fn write_attachment(json: &Json<'_>, out: &mut String) {
    write_all(json, out, &|name, json, out| {
        if name == "sha2" { write_folded(json, out) } else { write_value(json, out) }
    });
}

/// The normal form of one member of a statement, also of those that do not count for [`same_statement`].
pub(crate) fn normal_member(name: &str, json: &Json<'_>) -> String {
    let mut out = String::new();
    match name {
        "id" => write_folded(json, &mut out),
        _ => write_statement_member(name, json, &mut out),
    }
    out
}

/// The normal form of one attachment.
pub(crate) fn normal_attachment(json: &Json<'_>) -> String {
    let mut out = String::new();
    write_attachment(json, &mut out);
    out
}

/// A timestamp of either version.
pub(crate) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text, Version::V1_0_3).or_else(|| Timestamp::parse(text, Version::V2_0_0))
}

fn write_statement_object(json: &Json<'_>, out: &mut String) {
    match json.get("objectType").and_then(Json::as_str) {
        Some("Agent" | "Group") => write_actor(json, out),
        Some("StatementRef") => write_reference(json, out),
        Some("SubStatement") => write_all(json, out, &write_statement_member),
        _ => write_activity(json, out),
    }
}

/// Only the id counts: definitions are no part of a statement's meaning.
fn write_activity(json: &Json<'_>, out: &mut String) {
    write_sorted(json, out, &|name| name == "id", &|_, json, out| write_value(json, out));
}

fn write_reference(json: &Json<'_>, out: &mut String) {
    write_all(json, out, &|name, json, out| {
        if name == "id" { write_folded(json, out) } else { write_value(json, out) }
    });
}

/// `"objectType":"Agent"` may be left out, so it is.
fn write_actor(json: &Json<'_>, out: &mut String) {
    let is_agent = json.get("objectType").and_then(Json::as_str) == Some("Agent");
    write_sorted(json, out, &|name| !(is_agent && name == "objectType"), &|name, json, out| match name {
        "member" => write_unordered(json, out, &write_actor),
        "mbox_sha1sum" => write_folded(json, out),
        _ => write_value(json, out),
    });
}

fn write_context_member(name: &str, json: &Json<'_>, out: &mut String) {
    match name {
        "registration" | "language" => write_folded(json, out),
        "instructor" | "team" => write_actor(json, out),
        "statement" => write_reference(json, out),
        "contextActivities" => write_all(json, out, &|_, json, out| write_unordered(json, out, &write_activity)),
        "contextAgents" | "contextGroups" => write_unordered(json, out, &|json, out| {
            write_all(json, out, &|name, json, out| match name {
                "agent" | "group" => write_actor(json, out),
                "relevantTypes" => write_unordered(json, out, &write_value),
                _ => write_value(json, out),
            });
        }),
        _ => write_value(json, out),
    }
}

/// A text whose letters count in either case.
fn write_folded(json: &Json<'_>, out: &mut String) {
    match json.as_str() {
        Some(text) => {
            write_string(&parse_uuid(text).map_or_else(|| text.to_ascii_lowercase(), |id| id.to_string()), out);
        }
        None => write_value(json, out),
    }
}

/// Any JSON by its meaning: escapes resolved, numbers by value, members sorted, arrays in their order.
fn write_value(json: &Json<'_>, out: &mut String) {
    match json.value() {
        JsonValue::Number => write_number(json.text(), out),
        JsonValue::String(text) => write_string(text, out),
        JsonValue::Array(_) => write_elements(json, out, &write_value),
        JsonValue::Object(_) => write_all(json, out, &|_, json, out| write_value(json, out)),
        JsonValue::Null | JsonValue::Bool(_) => out.push_str(json.text()),
    }
}

fn write_elements(json: &Json<'_>, out: &mut String, write: &dyn Fn(&Json<'_>, &mut String)) {
    out.push('[');
    for element in json.as_array().unwrap_or_default() {
        write(element, out);
        out.push(',');
    }
    out.push(']');
}

/// `1.50`, `15e-1` and `0.15E1` all become `15e-1`: exact, whatever the number of digits.
fn write_number(text: &str, out: &mut String) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, unsigned) = mantissa.strip_prefix('-').map_or(("", mantissa), |unsigned| ("-", unsigned));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = [whole, fraction].concat();
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        out.push('0');
        return;
    }
    let trailing_zeros = digits.len() - digits.trim_end_matches('0').len();
    let shift = i64::try_from(trailing_zeros).unwrap_or(i64::MAX) - i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    match exponent.parse::<i64>().ok().and_then(|exponent| exponent.checked_add(shift)) {
        Some(exponent) => out.push_str(&[sign, significant, "e", &exponent.to_string()].concat()),
        None => out.push_str(text),
    }
}
