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
