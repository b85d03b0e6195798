//! Rules of a specification that an input breaks.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use xapi::{Violation, Violations};

/// One broken rule, as it is kept and answered: see [`Violation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BrokenRule {
    /// Position in the batch (from 0) of the statement that breaks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// Where: a JSON pointer into the statement, or the name of a query parameter or header.
    pub pointer: String,
    /// The clause of the specification.
    pub rule: String,
    /// What it asks for, in words.
    pub expected: String,
    /// What stands there instead, shortened.
    pub found: String,
}

impl From<Violation> for BrokenRule {
    fn from(Violation { index, pointer, rule, expected, found }: Violation) -> Self {
        Self { index, pointer, rule, expected, found }
    }
}

impl From<BrokenRule> for Violation {
    fn from(BrokenRule { index, pointer, rule, expected, found }: BrokenRule) -> Self {
        Self { index, pointer, rule, expected, found }
    }
}

/// How many rules are broken, and one of them. [`Display`] goes on a sentence about the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Broken {
    /// How many.
    pub count: usize,
    /// The first one.
    pub violation: BrokenRule,
}

impl From<&Violations> for Broken {
    /// # Panics
    /// When nothing is violated.
    fn from(Violations(violations): &Violations) -> Self {
        let first = violations.first().expect("an input that is refused breaks a rule");
        Self { count: violations.len(), violation: first.clone().into() }
    }
}

impl Display for Broken {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let first = Violation::from(self.violation.clone());
        match self.count {
            1 => write!(f, "breaks a rule: {first}"),
            count => write!(f, "breaks {count} rules, the first: {first}"),
        }
    }
}
