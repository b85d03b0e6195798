//! The reader behind [`Json::parse`]: RFC 8259 to the letter, in one pass.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Json, JsonError, JsonValue, write_token};

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

/// More faults of one text are not reported: it is no use to a reader, memory stays bounded, and so does the time, since the line
/// of each is counted from the start of the text.
const FAULTS_MAX: usize = 20;
/// Up to so many members a scan finds a duplicate name faster than a hash set does.
const SCAN_MEMBERS_MAX: usize = 16;

pub(super) fn decode_utf8(text: &[u8]) -> Result<&str, JsonError> {
    std::str::from_utf8(text).map_err(|error| {
        let (line, column) = line_and_column(text, error.valid_up_to());
        JsonError { line, column, pointer: String::new(), reason: "invalid UTF-8".to_owned() }
    })
}

fn line_and_column(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    (before.split(|&byte| byte == b'\n').count(), before.len() - line_start + 1)
}

/// Reads a text from its start. What makes further reading pointless is an `Err`; a duplicate key, a lone surrogate or a number
/// without a value is noted in `faults`, and reading goes on.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, values: 0 }
    }

    pub(super) fn read_document(mut self, faults: &mut Vec<JsonError>) -> Result<Json<'a>, JsonError> {
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

/// A longer name is cut in the pointer of a fault: twenty faults within a name of megabytes must not cost its size each.
const NAME_IN_POINTER_CHARS_MAX: usize = 200;

/// Completes the pointers of the faults found in one element or member: its name comes before what is there already.
fn name_faults<T>(
    outcome: Result<T, JsonError>,
    faults: &mut [JsonError],
    name: impl Fn() -> String,
) -> Result<T, JsonError> {
    let prepend = |fault: &mut JsonError| {
        let mut pointer = String::new();
        write_token(&name().chars().take(NAME_IN_POINTER_CHARS_MAX).collect::<String>(), &mut pointer);
        fault.pointer.insert_str(0, &pointer);
    };
    faults.iter_mut().for_each(prepend);
    outcome.map_err(|mut fault| {
        prepend(&mut fault);
        fault
    })
}

fn is_duplicate<'a>(members: &[(Cow<'a, str>, Json<'a>)], names: &mut HashSet<Cow<'a, str>>, name: &str) -> bool {
    if members.len() < SCAN_MEMBERS_MAX {
        return members.iter().any(|(known, _)| known == name);
    }
    if names.is_empty() {
        names.extend(members.iter().map(|(known, _)| known.clone()));
    }
    !names.insert(Cow::Owned(name.to_owned()))
}
