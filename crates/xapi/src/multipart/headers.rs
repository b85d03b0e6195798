//! Headers: that of the whole body with its boundary, and those of each part with what xAPI asks of them.

use super::RULE;
use crate::{ContentType, Violation, Violations};

/// The headers of one part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartHeaders {
    /// Names in lower case, values trimmed.
    pub headers: Vec<(String, String)>,
}

impl PartHeaders {
    /// The value of the first header of this name, which must be given in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Checks the first part's headers: `Content-Type: application/json`.
    ///
    /// # Errors
    /// A violation when that header is missing or names another media type.
    pub fn expect_statements(&self) -> Result<(), Violations> {
        let found = self.get("content-type");
        if found.is_some_and(|value| ContentType(value.to_owned()).is_json()) {
            return Ok(());
        }
        Err(violation(1, "Content-Type", "application/json", found).into())
    }

    /// Checks the headers of a later part (`part` counts from 1, which is the statements' own): `Content-Transfer-Encoding: binary`
    /// and `X-Experience-API-Hash`. Returns the latter's value in lower case: the digits of some SHA-2.
    ///
    /// # Errors
    /// A violation for each of the two headers that is missing or has another value.
    pub fn expect_attachment(&self, part: usize) -> Result<String, Violations> {
        let mut violations = Vec::new();
        let encoding = self.get("content-transfer-encoding");
        if !encoding.is_some_and(|value| value.eq_ignore_ascii_case("binary")) {
            violations.push(violation(part, "Content-Transfer-Encoding", "binary", encoding));
        }
        let hash = self.get("x-experience-api-hash");
        let sha2 = hash.filter(|hash| is_sha2(hash)).map(str::to_ascii_lowercase);
        if sha2.is_none() {
            let expected = "the SHA-2 of the part's body in hexadecimal digits";
            violations.push(violation(part, "X-Experience-API-Hash", expected, hash));
        }
        match sha2 {
            Some(sha2) if violations.is_empty() => Ok(sha2),
            _ => Err(Violations(violations)),
        }
    }
}

/// SHA-224, SHA-256, SHA-384 or SHA-512 in hexadecimal digits.
fn is_sha2(text: &str) -> bool {
    matches!(text.len(), 56 | 64 | 96 | 128) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn violation(part: usize, header: &str, expected: &str, found: Option<&str>) -> Violation {
    let pointer = format!("part {part}, {header}");
    match found {
        Some(found) => Violation::quoting(pointer, RULE, expected, found),
        None => Violation::new(pointer, RULE, expected, "nothing"),
    }
}

/// Parses a header block: lines of `Name: value`, each ended by CRLF; a line that begins with white space continues the
/// one before.
pub(super) fn parse_headers(block: &[u8], part: usize) -> Result<PartHeaders, Violation> {
    let refuse = |line: &str| Violation::quoting(format!("part {part}"), RULE, "headers such as Name: value", line);
    let text = str::from_utf8(block).map_err(|_| refuse(&String::from_utf8_lossy(block)))?;
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in text.split_terminator("\r\n") {
        if line.starts_with([' ', '\t']) {
            let (_, value) = headers.last_mut().ok_or_else(|| refuse(line))?;
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| refuse(line))?;
        let name = name.trim_end_matches([' ', '\t']);
        if name.is_empty() || !name.bytes().all(is_token_byte) || value.contains(['\r', '\n', '\0']) {
            return Err(refuse(line));
        }
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(PartHeaders { headers })
}

/// RFC 9110, section 5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The boundary that a `Content-Type` of `multipart/mixed` names, quoted or not (RFC 2046, section 5.1.1).
pub(super) fn parse_boundary(content_type: &str) -> Result<String, Violation> {
    let refuse = |expected| Violation::quoting("Content-Type", RULE, expected, content_type);
    let (essence, mut parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !essence.trim().eq_ignore_ascii_case("multipart/mixed") {
        return Err(refuse("multipart/mixed"));
    }
    let mut boundary = None;
    while !parameters.trim_matches([' ', '\t', ';']).is_empty() {
        let (name, value, rest) = split_parameter(parameters).ok_or_else(|| refuse("parameters such as name=value"))?;
        if name.eq_ignore_ascii_case("boundary") && boundary.replace(value).is_some() {
            return Err(refuse("one boundary"));
        }
        parameters = rest;
    }
    let boundary = boundary.ok_or_else(|| refuse("multipart/mixed with a boundary"))?;
    let fits = (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len())
        && boundary.bytes().all(|b| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b))
        && !boundary.ends_with(' ');
    if fits { Ok(boundary) } else { Err(refuse("a boundary of 1 to 70 characters that RFC 2046 permits")) }
}

/// RFC 2046, section 5.1.1: "no more than 70 characters".
const BOUNDARY_BYTES_MAX: usize = 70;

/// The first `name=value` or `name="value"` of a list, and what follows it.
fn split_parameter(list: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = list.trim_start_matches([' ', '\t', ';']).split_once('=')?;
    let (name, rest) = (name.trim(), rest.trim_start());
    if name.is_empty() || !name.bytes().all(is_token_byte) {
        return None;
    }
    let Some(quoted) = rest.strip_prefix('"') else {
        let (value, rest) = rest.split_once(';').unwrap_or((rest, ""));
        return Some((name, value.trim().to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    loop {
        match characters.next()? {
            (_, '\\') => value.push(characters.next()?.1),
            (end, '"') => {
                let rest = quoted[end + 1..].trim_start();
                return (rest.is_empty() || rest.starts_with(';')).then_some((name, value, rest));
            }
            (_, character) => value.push(character),
        }
    }
}
