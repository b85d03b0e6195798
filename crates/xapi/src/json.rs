//! A JSON tree that borrows from its text, knows the spelling of each value, and refuses what other readers silently repair.
//!
//! `serde_json::Value` keeps the last of two members of one name and forgets how a number was spelled; its `RawValue` reads a
//! text again for every level of nesting. A statement has to come back as it was sent (Data 2.5) and has to be rejected when a
//! name stands twice in an object (Data 2.2), so this reader notes, in one pass, where each value begins and ends.

mod reader;
mod write;

use std::borrow::Cow;

use reader::{Reader, decode_utf8};

pub(crate) use reader::for_each_value;
pub(crate) use write::{write_object, write_string, write_token};

/// A JSON value and its text.
#[derive(Debug, Clone)]
pub struct Json<'a> {
    text: &'a str,
    value: JsonValue<'a>,
}

/// What a [`Json`] is.
///
/// ```
/// use xapi::{Json, JsonValue};
/// let json = Json::parse(br#"[null, "caf\u00e9", 1.50]"#).unwrap();
/// let JsonValue::Array(elements) = json.value() else { panic!("it is an array") };
/// assert!(elements[0].is_null() && matches!(elements[2].value(), JsonValue::Number));
/// assert_eq!((elements[1].as_str(), elements[1].text()), (Some("café"), r#""caf\u00e9""#));
/// ```
#[derive(Debug, Clone)]
pub enum JsonValue<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// Any number that is finite as a 64-bit float; [`Json::text`] is its spelling.
    Number,
    /// A string without lone surrogates.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object with distinct names, in the order of the text.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// Why a text is not JSON that xAPI can use: its place and its reason.
///
/// ```
/// let error = xapi::Json::parse(b"{\"a\":\n[1e400]}").unwrap_err();
/// assert_eq!(error.to_string(), "number beyond the range of a 64-bit float at line 2 column 2");
/// assert_eq!(error.pointer, "/a/0");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at line {line} column {column}")]
pub struct JsonError {
    /// From 1.
    pub line: usize,
    /// From 1, in bytes.
    pub column: usize,
    /// The value that was being read, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// In words, such as `duplicate key "actor"`.
    pub reason: String,
}

impl<'a> Json<'a> {
    /// Deeper nesting than any real statement, shallow enough for any thread's stack (`serde_json` has the same limit).
    pub const DEPTH_MAX: usize = 128;
    /// A tree of so many values takes about 100 MB; a group of 10,000 agents has about 60,000.
    pub const VALUES_MAX: usize = 1_000_000;

    /// Parses one JSON value; nothing but white space may stand around it. Depth is bounded by [`Json::DEPTH_MAX`], the number
    /// of values by [`Json::VALUES_MAX`].
    ///
    /// ```
    /// let json = xapi::Json::parse(br#"{"raw": 1.50}"#).unwrap();
    /// assert_eq!(json.get("raw").unwrap().text(), "1.50");
    /// assert_eq!(xapi::Json::parse(br#"{"a":1,"a":2}"#).unwrap_err().reason, "duplicate key \"a\"");
    /// ```
    ///
    /// # Errors
    /// The first reason why the text is not JSON: syntax, invalid UTF-8, a lone surrogate, a duplicate key, a number beyond
    /// 64-bit floats, or a limit.
    pub fn parse(text: &'a [u8]) -> Result<Self, JsonError> {
        let mut faults = Vec::new();
        let parsed = decode_utf8(text).and_then(|text| Reader::new(text).read_document(&mut faults));
        match (parsed, faults.into_iter().next()) {
            (Ok(json), None) => Ok(json),
            (_, Some(fault)) | (Err(fault), None) => Err(fault),
        }
    }

    /// The text of the value, exactly as it was spelled, without white space around it.
    #[must_use]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// What it is.
    #[must_use]
    pub fn value(&self) -> &JsonValue<'a> {
        &self.value
    }

    /// The string's content, escapes resolved.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let JsonValue::String(text) = &self.value { Some(text) } else { None }
    }

    /// The number's value.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        matches!(self.value, JsonValue::Number).then(|| self.text.parse().ok()).flatten()
    }

    /// The truth value.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let JsonValue::Bool(truth) = self.value { Some(truth) } else { None }
    }

    /// The elements of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Json<'a>]> {
        if let JsonValue::Array(elements) = &self.value { Some(elements) } else { None }
    }

    /// The members of an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&[(Cow<'a, str>, Json<'a>)]> {
        if let JsonValue::Object(members) = &self.value { Some(members) } else { None }
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, JsonValue::Null)
    }

    /// The member of an object with this name; `None` as well when it is not an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.as_object()?.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Appends the value without white space between its tokens; strings and numbers as they were spelled.
    pub fn write_compact(&self, out: &mut String) {
        let mut rest = self.text;
        if !rest.bytes().any(|byte| byte <= b' ') {
            out.push_str(rest);
            return;
        }
        let mut in_string = false;
        while let Some(at) = rest.bytes().position(|byte| byte <= b' ' || byte == b'"' || byte == b'\\') {
            // An escape consists of a backslash and one ASCII character that must not be taken for the end of the string.
            let len = if rest.as_bytes()[at] == b'\\' { at + 2 } else { at + 1 };
            let is_space = rest.as_bytes()[at] <= b' ' && !in_string;
            in_string ^= rest.as_bytes()[at] == b'"';
            out.push_str(&rest[..if is_space { at } else { len }]);
            rest = &rest[len..];
        }
        out.push_str(rest);
    }
}
