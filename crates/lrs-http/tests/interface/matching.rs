//! Compares what came with what a case expects.

use serde_json::Value;

/// Says what is missing; nothing when all is as expected. Objects may have more members than expected, and must not have those
/// that are expected to be `null`; arrays have the same length. `"*"` is any text but the empty one, `"ab*"` any that begins so.
pub fn mismatches(place: &str, expected: &Value, found: &Value) -> Vec<String> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .flat_map(|(name, expected)| {
                let place = format!("{place}/{name}");
                match found.get(name) {
                    None if expected.is_null() => Vec::new(),
                    None => vec![format!("{place}: expected {expected}, found nothing")],
                    Some(found) => mismatches(&place, expected, found),
                }
            })
            .collect(),
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => expected
            .iter()
            .zip(found)
            .enumerate()
            .flat_map(|(index, (expected, found))| mismatches(&format!("{place}/{index}"), expected, found))
            .collect(),
        (Value::String(expected), Value::String(found)) if matches_text(expected, found) => Vec::new(),
        _ if expected == found => Vec::new(),
        _ => vec![format!("{place}: expected {expected}, found {found}")],
    }
}

/// Compares one text; see [`mismatches`].
pub fn matches_text(expected: &str, found: &str) -> bool {
    match expected.strip_suffix('*') {
        Some("") => !found.is_empty(),
        Some(prefix) => found.starts_with(prefix),
        None => expected == found,
    }
}
