//! A JSON tree that borrows from its text, knows the spelling of each value, and refuses what other readers silently repair.
//!
//! `serde_json::Value` keeps the last of two members of one name and forgets how a number was spelled; its `RawValue` reads a
//! text again for every level of nesting. A statement has to come back as it was sent (Data 2.5) and has to be rejected when a
//! name stands twice in an object (Data 2.2), so this reader notes, in one pass, where each value begins and ends.

use std::borrow::Cow;
use std::collections::HashSet;

/// A JSON value and its text.
#[derive(Debug, Clone)]
pub struct Json<'a> {
    text: &'a str,
    value: JsonValue<'a>,
}

/// What a [`Json`] is.
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

/// Appends `text` as a JSON string.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' => {
                let code = u32::from(c);
                out.push_str("\\u00");
                out.extend([code >> 4, code & 15].map(|digit| char::from_digit(digit, 16).unwrap_or('0')));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Appends an object with the given members, the value of each as `write` spells it.
pub(crate) fn write_object<'j, 'a: 'j>(
    members: impl IntoIterator<Item = &'j (Cow<'a, str>, Json<'a>)>,
    out: &mut String,
    mut write: impl FnMut(&str, &'j Json<'a>, &mut String),
) {
    out.push('{');
    for (position, (name, value)) in members.into_iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_string(name, out);
        out.push(':');
        write(name, value, out);
    }
    out.push('}');
}

/// Hands every element of a top-level array with its position, or the single value of the text, to `each`, and drops it before
/// the next is read, so that only one tree is in memory. Returns whether it was an array, and every fault that was found.
pub(crate) fn for_each_value(text: &[u8], mut each: impl FnMut(Option<usize>, &Json<'_>)) -> (bool, Vec<JsonError>) {
    let mut faults = Vec::new();
    let text = match decode_utf8(text) {
        Ok(text) => text,
        Err(fault) => return (text.trim_ascii_start().starts_with(b"["), vec![fault]),
    };
    let mut reader = Reader::new(text);
    reader.skip_space();
    let is_array = reader.peek() == Some(b'[');
    let outcome = if is_array {
        reader.depth = 1;
        reader.read_elements(&mut faults, |reader, index, json| {
            reader.values = 0;
            each(Some(index), &json);
        })
    } else {
        reader.read_value(&mut faults).map(|json| each(None, &json))
    };
    if let Err(fault) = outcome.and_then(|()| reader.expect_end()) {
        faults.push(fault);
    }
    (is_array, faults)
}

fn decode_utf8(text: &[u8]) -> Result<&str, JsonError> {
    std::str::from_utf8(text).map_err(|error| {
        let (line, column) = line_and_column(text, error.valid_up_to());
        JsonError { line, column, pointer: String::new(), reason: "invalid UTF-8".to_owned() }
    })
}

fn line_and_column(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    (before.iter().filter(|&&byte| byte == b'\n').count() + 1, before.len() - line_start + 1)
}

/// Appends one reference token of a JSON pointer.
pub(crate) fn write_token(token: &str, pointer: &mut String) {
    pointer.push('/');
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

/// More faults of one text are not reported: it is no use to a reader, and memory stays bounded.
const FAULTS_MAX: usize = 100;
/// Up to so many members a scan finds a duplicate name faster than a hash set does.
const SCAN_MEMBERS_MAX: usize = 16;

/// Reads a text from its start. What makes further reading pointless is an `Err`; a duplicate key, a lone surrogate or a number
/// without a value is noted in `faults`, and reading goes on.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, values: 0 }
    }

    fn read_document(mut self, faults: &mut Vec<JsonError>) -> Result<Json<'a>, JsonError> {
        let json = self.read_value(faults)?;
        self.expect_end()?;
        Ok(json)
    }

    fn expect_end(&mut self) -> Result<(), JsonError> {
        self.skip_space();
        if self.peek().is_none() { Ok(()) } else { Err(self.fault(self.at, "text after the end of the JSON value")) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn fault(&self, at: usize, reason: impl Into<String>) -> JsonError {
        let (line, column) = line_and_column(self.text.as_bytes(), at);
        JsonError { line, column, pointer: String::new(), reason: reason.into() }
    }

    /// The fault of a character that cannot stand here, or of a text that ends too early.
    fn unexpected(&self, expected: &str) -> JsonError {
        match self.text[self.at..].chars().next() {
            Some(c) => self.fault(self.at, format!("expected {expected}, found {c:?}")),
            None => self.fault(self.at, format!("expected {expected}, found the end of the text")),
        }
    }

    fn note(&self, faults: &mut Vec<JsonError>, at: usize, reason: impl Into<String>) {
        if faults.len() < FAULTS_MAX {
            faults.push(self.fault(at, reason));
        }
    }

    fn read_value(&mut self, faults: &mut Vec<JsonError>) -> Result<Json<'a>, JsonError> {
        self.skip_space();
        self.values += 1;
        if self.values > Json::VALUES_MAX {
            return Err(self.fault(self.at, format!("more than {} values", Json::VALUES_MAX)));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(|reader| reader.read_object(faults))?,
            Some(b'[') => self.nested(|reader| {
                let mut elements = Vec::new();
                reader.read_elements(faults, |_, _, json| elements.push(json))?;
                Ok(JsonValue::Array(elements))
            })?,
            Some(b'"') => JsonValue::String(self.read_string(faults)?),
            Some(b'-' | b'0'..=b'9') => self.read_number(faults)?,
            Some(b't') => self.read_word("true", JsonValue::Bool(true))?,
            Some(b'f') => self.read_word("false", JsonValue::Bool(false))?,
            Some(b'n') => self.read_word("null", JsonValue::Null)?,
            _ => return Err(self.unexpected("a JSON value")),
        };
        Ok(Json { text: &self.text[start..self.at], value })
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<JsonValue<'a>, JsonError>,
    ) -> Result<JsonValue<'a>, JsonError> {
        if self.depth == Json::DEPTH_MAX {
            return Err(self.fault(self.at, format!("nested deeper than {} levels", Json::DEPTH_MAX)));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn read_word(&mut self, word: &str, value: JsonValue<'a>) -> Result<JsonValue<'a>, JsonError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.unexpected("a JSON value"));
        }
        self.at += word.len();
        Ok(value)
    }

    /// Reads from `[` to `]` and hands over each element with its position.
    fn read_elements(
        &mut self,
        faults: &mut Vec<JsonError>,
        mut each: impl FnMut(&mut Self, usize, Json<'a>),
    ) -> Result<(), JsonError> {
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        for index in 0.. {
            let known = faults.len();
            let element = self.read_value(faults);
            let element = name_faults(element, &mut faults[known..], || index.to_string())?;
            each(self, index, element);
            if self.read_separator(b']', "`,` or `]`")? {
                break;
            }
        }
        Ok(())
    }

    /// Takes the comma (false) or the closing bracket (true).
    fn read_separator(&mut self, close: u8, expected: &str) -> Result<bool, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(byte) if byte == close || byte == b',' => {
                self.at += 1;
                Ok(byte == close)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    fn read_object(&mut self, faults: &mut Vec<JsonError>) -> Result<JsonValue<'a>, JsonError> {
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(JsonValue::Object(Vec::new()));
        }
        let mut members: Vec<(Cow<'a, str>, Json<'a>)> = Vec::with_capacity(4);
        let mut names = HashSet::new();
        loop {
            self.skip_space();
            let key_at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a property name in quotes"));
            }
            let name = self.read_string(faults)?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("`:`"));
            }
            self.at += 1;
            let known = faults.len();
            let value = self.read_value(faults);
            let value = name_faults(value, &mut faults[known..], || name.to_string())?;
            if is_duplicate(&members, &mut names, &name) {
                self.note(faults, key_at, format!("duplicate key {name:?}"));
            } else {
                members.push((name, value));
            }
            if self.read_separator(b'}', "`,` or `}`")? {
                return Ok(JsonValue::Object(members));
            }
        }
    }

    fn read_string(&mut self, faults: &mut Vec<JsonError>) -> Result<Cow<'a, str>, JsonError> {
        self.at += 1;
        let mut start = self.at;
        let mut resolved: Option<String> = None;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let Some(len) = rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ') else {
                self.at = self.text.len();
                return Err(self.unexpected("`\"`"));
            };
            self.at += len;
            let piece = &self.text[start..self.at];
            match rest[len] {
                b'"' => {
                    self.at += 1;
                    return Ok(resolved.map_or(Cow::Borrowed(piece), |text| Cow::Owned(text + piece)));
                }
                b'\\' => {
                    let text = resolved.get_or_insert_default();
                    text.push_str(piece);
                    let c = self.read_escape(faults)?;
                    text.push(c);
                    start = self.at;
                }
                _ => return Err(self.fault(self.at, "control character in a string")),
            }
        }
    }

    fn read_escape(&mut self, faults: &mut Vec<JsonError>) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let c = match self.peek() {
            Some(b'u') => return self.read_unicode_escape(faults, start),
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err(self.unexpected("an escape such as `\\n`")),
        };
        self.at += 1;
        Ok(c)
    }

    fn read_unicode_escape(&mut self, faults: &mut Vec<JsonError>, start: usize) -> Result<char, JsonError> {
        let unit = self.read_code_unit()?;
        let code = if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with("\\u") {
            let high_end = self.at;
            self.at += 1;
            let low = self.read_code_unit()?;
            if (0xdc00..0xe000).contains(&low) {
                0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
            } else {
                self.at = high_end;
                unit
            }
        } else {
            unit
        };
        Ok(char::from_u32(code).unwrap_or_else(|| {
            self.note(faults, start, format!("lone surrogate \\u{unit:04x}"));
            char::REPLACEMENT_CHARACTER
        }))
    }

    /// Reads `u` and four hexadecimal digits.
    fn read_code_unit(&mut self) -> Result<u32, JsonError> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            unit = unit * 16 + digit.ok_or_else(|| self.unexpected("four hexadecimal digits"))?;
            self.at += 1;
        }
        Ok(unit)
    }

    fn read_number(&mut self, faults: &mut Vec<JsonError>) -> Result<JsonValue<'a>, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.fault(start, "number with a leading zero"));
            }
        } else {
            self.read_digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.read_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.read_digits()?;
        }
        let text = &self.text[start..self.at];
        if !text.parse::<f64>().is_ok_and(f64::is_finite) {
            self.note(faults, start, "number beyond the range of a 64-bit float");
        }
        Ok(JsonValue::Number)
    }

    fn read_digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.unexpected("a digit")) } else { Ok(()) }
    }
}

/// Completes the pointers of the faults found in one element or member: its name comes before what is there already.
fn name_faults<T>(
    outcome: Result<T, JsonError>,
    faults: &mut [JsonError],
    name: impl Fn() -> String,
) -> Result<T, JsonError> {
    let prepend = |fault: &mut JsonError| {
        let mut pointer = String::new();
        write_token(&name(), &mut pointer);
        fault.pointer.insert_str(0, &pointer);
    };
    faults.iter_mut().for_each(prepend);
    outcome.map_err(|mut fault| {
        prepend(&mut fault);
        fault
    })
}

fn is_duplicate<'a>(
    members: &[(Cow<'a, str>, Json<'a>)],
    names: &mut HashSet<Cow<'a, str>>,
    name: &Cow<'a, str>,
) -> bool {
    if members.len() < SCAN_MEMBERS_MAX {
        return members.iter().any(|(known, _)| known == name);
    }
    if names.is_empty() {
        names.extend(members.iter().map(|(known, _)| known.clone()));
    }
    !names.insert(name.clone())
}
