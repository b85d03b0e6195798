//! Activities and their definitions, as they grow over statements (Communication 2.5).

use std::borrow::Cow;
use std::collections::HashMap;

use crate::Json;
use crate::json::{write_object, write_string};

/// Merges a newer definition (JSON object) into an older one: members of the newer win; language maps (`name`,
/// `description`, and those of interaction components) and `extensions` are merged by key.
/// When one of them is not a JSON object, the other is the result.
///
/// ```
/// let merged = xapi::merge_definitions(r#"{"name":{"en":"Book"}}"#, r#"{"name":{"fr":"Livre"}}"#);
/// assert_eq!(merged, r#"{"name":{"en":"Book","fr":"Livre"}}"#);
/// ```
#[must_use]
pub fn merge_definitions(older: &str, newer: &str) -> String {
    let (old, new) = (Json::parse(older.as_bytes()), Json::parse(newer.as_bytes()));
    match (&old, &new) {
        (Ok(old), Ok(new)) if old.as_object().is_some() && new.as_object().is_some() => {
            let mut merged = String::with_capacity(older.len() + newer.len());
            write_merged(old, new, &mut merged, &write_definition_member);
            merged
        }
        (_, Ok(new)) if new.as_object().is_some() => newer.to_owned(),
        _ => older.to_owned(),
    }
}

/// The Activity object of an id without a known definition: `{"objectType":"Activity","id":…}`.
#[must_use]
pub fn empty_activity(id: &str) -> String {
    let mut activity = r#"{"objectType":"Activity","id":"#.to_owned();
    write_string(id, &mut activity);
    activity.push('}');
    activity
}

type WriteBoth<'w> = &'w dyn Fn(&str, &Json<'_>, &Json<'_>, &mut String);

/// The members of both objects; those that both have as `write_both` merges them.
fn write_merged(old: &Json<'_>, new: &Json<'_>, out: &mut String, write_both: WriteBoth<'_>) {
    let by_name = |json| -> HashMap<_, _> { members(json).iter().map(|(name, value)| (&**name, value)).collect() };
    let (old_by_name, new_by_name) = (by_name(old), by_name(new));
    let added = members(new).iter().filter(|(name, _)| !old_by_name.contains_key(&**name));
    write_object(members(old).iter().chain(added), out, |name, value, out| {
        match (old_by_name.get(name), new_by_name.get(name)) {
            (Some(old), Some(new)) => write_both(name, old, new, out),
            _ => value.write_compact(out),
        }
    });
}

fn members<'j, 'a>(json: &'j Json<'a>) -> &'j [(Cow<'a, str>, Json<'a>)] {
    json.as_object().unwrap_or_default()
}

fn write_definition_member(name: &str, old: &Json<'_>, new: &Json<'_>, out: &mut String) {
    let is_map = matches!(name, "name" | "description" | "extensions");
    match name {
        _ if is_map && old.as_object().is_some() && new.as_object().is_some() => {
            write_merged(old, new, out, &|_, _, new, out| new.write_compact(out));
        }
        "choices" | "scale" | "source" | "target" | "steps" => write_components(old, new, out),
        _ => new.write_compact(out),
    }
}

/// The newer components; one that was known under the same id keeps the languages it had.
fn write_components(old: &Json<'_>, new: &Json<'_>, out: &mut String) {
    let (Some(known), Some(components)) = (old.as_array(), new.as_array()) else {
        new.write_compact(out);
        return;
    };
    let id_of = |component: &Json<'_>| component.get("id").and_then(Json::as_str).map(str::to_owned);
    let known: HashMap<_, _> = known.iter().filter_map(|old| Some((id_of(old)?, old))).collect();
    out.push('[');
    for (position, component) in components.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        match id_of(component).and_then(|id| known.get(&id)) {
            Some(old) => write_merged(old, component, out, &write_definition_member),
            None => component.write_compact(out),
        }
    }
    out.push(']');
}
