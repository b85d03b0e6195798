//! Problems as they are told and kept.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A problem as it is told and kept, whichever part of the server met it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// Stable name for programs.
    pub code: String,
    /// What the sentence is filled in with, if it is with anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub values: Option<Map<String, Value>>,
    /// The sentence in English.
    pub message: String,
}

impl Said {
    /// What is said of a problem that serializes as a code with its values, such as [`Problem`](super::Problem).
    ///
    /// # Panics
    /// When it serializes otherwise.
    #[must_use]
    pub fn of(problem: &(impl Serialize + Display)) -> Self {
        let mut coded = serde_json::to_value(problem).expect("codes, texts and numbers become JSON");
        let Value::String(code) = coded["code"].take() else { panic!("a problem has a code: {coded}") };
        let values = match coded.get_mut("values").map(Value::take) {
            Some(Value::Object(values)) => Some(values),
            _ => None,
        };
        Self { code, values, message: problem.to_string() }
    }

    /// Reads what [`Said::write`] wrote; a text that an older release kept is an English sentence.
    pub(crate) fn read(text: String) -> Self {
        serde_json::from_str(&text).unwrap_or_else(|_| Self {
            code: "in_words".to_owned(),
            values: None,
            message: text,
        })
    }

    /// What its texts hold.
    pub(crate) fn size_bytes(&self) -> usize {
        fn walk(value: &Value) -> usize {
            match value {
                Value::String(text) => text.len(),
                Value::Array(items) => items.iter().map(walk).sum(),
                Value::Object(members) => members.values().map(walk).sum(),
                Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            }
        }
        self.message.len() + self.values.iter().flat_map(Map::values).map(walk).sum::<usize>()
    }

    /// As one text.
    pub(crate) fn write(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers become JSON")
    }

    /// Changes every text that was filled in, and the sentence; codes stay.
    pub(crate) fn change_texts(&mut self, change: &impl Fn(&mut String)) {
        fn walk(value: &mut Value, change: &impl Fn(&mut String)) {
            match value {
                Value::String(text) => change(text),
                Value::Array(items) => items.iter_mut().for_each(|item| walk(item, change)),
                Value::Object(members) => {
                    members.iter_mut().filter(|(name, _)| *name != "code").for_each(|(_, member)| walk(member, change));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        change(&mut self.message);
        self.values.iter_mut().flat_map(Map::values_mut).for_each(|value| walk(value, change));
    }
}
