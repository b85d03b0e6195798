//! A JSON tree that borrows from its text and refuses what `serde_json::Value` would silently repair.

use std::borrow::Cow;

/// A JSON value. Members keep their order; a duplicate key does not parse.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// Any finite number.
    Number(f64),
    /// A string without lone surrogates.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object with distinct keys.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// Why a text is not JSON that xAPI can use: its place and its reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at line {line} column {column}")]
pub struct JsonError {
    /// From 1.
    pub line: usize,
    /// From 1, in bytes.
    pub column: usize,
    /// In words, such as `duplicate key "actor"`.
    pub reason: String,
}

impl<'a> Json<'a> {
    /// Parses one JSON value; nothing may follow it. Depth is bounded (128, `serde_json`'s own limit).
    pub fn parse(text: &'a [u8]) -> Result<Self, JsonError> {
        let _ = text;
        unimplemented!()
    }
}
