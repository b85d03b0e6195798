//! What is wrong with an input: a list of violations, each with its place, its rule, what was expected and what was found.

use std::fmt;

use serde::Serialize;

/// One rule of the specification that an input breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Position in the batch (from 0) of the statement that breaks the rule; `None` outside a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// Where: a JSON pointer (RFC 6901) into the statement, or the name of a query parameter or header.
    pub pointer: String,
    /// The clause of the specification, such as `Data 2.4.6`.
    pub rule: String,
    /// What the rule asks for, in words: `a UUID`.
    pub expected: String,
    /// What stands there instead, shortened: `"abc"`.
    pub found: String,
}

impl Violation {
    /// The longest text that [`Violation::found`] quotes, in characters.
    pub const FOUND_CHARS_MAX: usize = 80;

    /// A violation outside a batch; see the fields. `found` is shortened.
    ///
    /// ```
    /// let violation = xapi::Violation::new("/id", "Data 2.4.1", "a UUID", "\"abc\"");
    /// assert_eq!(violation.to_string(), "/id: expected a UUID, found \"abc\" [Data 2.4.1]");
    /// ```
    #[must_use]
    pub fn new(
        pointer: impl Into<String>,
        rule: impl Into<String>,
        expected: impl Into<String>,
        found: impl AsRef<str>,
    ) -> Self {
        let found = shorten(found.as_ref());
        Self { index: None, pointer: pointer.into(), rule: rule.into(), expected: expected.into(), found }
    }

    /// The same with a text as what was found: in quotes, shortened.
    #[must_use]
    pub fn quoting(
        pointer: impl Into<String>,
        rule: impl Into<String>,
        expected: impl Into<String>,
        found: &str,
    ) -> Self {
        let violation = Self::new(pointer, rule, expected, found);
        Self { found: format!("\"{}\"", violation.found), ..violation }
    }
}

/// At most [`Violation::FOUND_CHARS_MAX`] characters of a text, with an ellipsis for what is left out.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(Violation::FOUND_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "statement {index}: ")?;
        }
        let Self { pointer, rule, expected, found, .. } = self;
        write!(f, "{pointer}: expected {expected}, found {found} [{rule}]")
    }
}

/// All rules that an input breaks; never empty when it is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{} violation(s), first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    /// `Ok` when nothing is violated.
    ///
    /// # Errors
    /// The violations, when there are any.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}
