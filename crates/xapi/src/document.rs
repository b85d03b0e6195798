//! Documents of State and profiles: content types, and how POST merges (Communication 2.2).

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A media type, reduced to what documents need.
///
/// ```
/// assert!(xapi::ContentType("Application/JSON; charset=utf-8".to_owned()).is_json());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType(pub String);

impl ContentType {
    /// `application/json`, with or without parameters, in any case.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.essence() == "application/json"
    }

    /// Type and subtype in lower case, without parameters.
    #[must_use]
    pub fn essence(&self) -> String {
        self.0.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

/// The outcome of merging two documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentMerge {
    /// The merged JSON object.
    Merged(Vec<u8>),
    /// The stored document is not a JSON object: 400, and nothing changes.
    StoredIsNotJsonObject,
    /// The sent document is not a JSON object: 400, and nothing changes.
    SentIsNotJsonObject,
}

/// Merges two JSON objects one level deep; members of `sent` win. Values keep their spelling.
///
/// Members stay where the stored document has them; new ones follow in the order sent. A document in which a name stands twice
/// is no JSON object here, since nobody can say which member is meant.
///
/// ```
/// let json = xapi::ContentType("application/json".to_owned());
/// let merged = xapi::merge_documents((&json, br#"{"a":1.0,"b":{"c":1}}"#), (&json, br#"{"b":{},"d":2}"#));
/// assert_eq!(merged, xapi::DocumentMerge::Merged(br#"{"a":1.0,"b":{},"d":2}"#.to_vec()));
/// ```
#[must_use]
pub fn merge_documents(stored: (&ContentType, &[u8]), sent: (&ContentType, &[u8])) -> DocumentMerge {
    let Some(Members(mut members)) = parse_object(stored) else { return DocumentMerge::StoredIsNotJsonObject };
    let Some(Members(sent)) = parse_object(sent) else { return DocumentMerge::SentIsNotJsonObject };

    let places: HashMap<String, usize> =
        members.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
    for (name, value) in sent {
        match places.get(&name) {
            Some(&place) => members[place].1 = value,
            None => members.push((name, value)),
        }
    }
    DocumentMerge::Merged(write_object(&members))
}

/// The members of a JSON object in their order, with distinct names and the spelling of their values.
struct Members<'a>(Vec<(String, &'a RawValue)>);

fn parse_object<'a>((content_type, body): (&ContentType, &'a [u8])) -> Option<Members<'a>> {
    content_type.is_json().then(|| serde_json::from_slice(body).ok()).flatten()
}

fn write_object(members: &[(String, &RawValue)]) -> Vec<u8> {
    let mut object = String::from("{");
    for (place, (name, value)) in members.iter().enumerate() {
        if place > 0 {
            object.push(',');
        }
        object.push_str(&serde_json::Value::from(name.as_str()).to_string());
        object.push(':');
        object.push_str(value.get());
    }
    object.push('}');
    object.into_bytes()
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut members, mut names) = (Vec::new(), HashSet::new());
        while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom("a name stands twice"));
            }
            members.push((name, value));
        }
        Ok(Members(members))
    }
}
