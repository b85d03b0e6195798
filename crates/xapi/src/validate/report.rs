//! Where a check stands in a statement, and the list of violations that it fills.

use crate::json::write_token;
use crate::{Json, JsonError, Version, Violation, Violations};

use super::FORMATTING;

/// A place in a statement and the clause that rules it. Kept on the stack: it becomes text only when a rule is broken.
#[derive(Clone, Copy)]
pub(crate) struct At<'p> {
    parent: Option<&'p At<'p>>,
    step: Step<'p>,
    clause: &'static str,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Member(&'p str),
    Element(usize),
}

impl<'p> At<'p> {
    pub(crate) fn root(clause: &'static str) -> Self {
        Self { parent: None, step: Step::Root, clause }
    }

    /// The member `name` of the object here.
    pub(crate) fn member(&'p self, name: &'p str, clause: &'static str) -> At<'p> {
        At { parent: Some(self), step: Step::Member(name), clause }
    }

    /// The element `index` of the array here; the same clause.
    pub(crate) fn element(&'p self, index: usize) -> At<'p> {
        At { parent: Some(self), step: Step::Element(index), clause: self.clause }
    }

    /// The same place under another clause.
    pub(crate) fn under(self, clause: &'static str) -> Self {
        Self { clause, ..self }
    }

    pub(crate) fn pointer(&self) -> String {
        let mut pointer = self.parent.map_or_else(String::new, At::pointer);
        match self.step {
            Step::Root => {}
            Step::Member(name) => write_token(name, &mut pointer),
            Step::Element(index) => write_token(&index.to_string(), &mut pointer),
        }
        pointer
    }
}

/// The violations found so far.
pub(crate) struct Report {
    pub(crate) version: Version,
    /// Position in the batch of the statement being checked.
    pub(crate) index: Option<usize>,
    violations: Vec<Violation>,
    unreported: usize,
}

impl Report {
    /// A hostile batch breaks a rule in every third byte; so many violations help nobody and would exhaust the memory.
    pub(crate) const VIOLATIONS_MAX: usize = 1_000;

    pub(crate) fn new(version: Version) -> Self {
        Self { version, index: None, violations: Vec::new(), unreported: 0 }
    }

    /// How many rules were broken up to now.
    pub(crate) fn count(&self) -> usize {
        self.violations.len() + self.unreported
    }

    /// What was found, or that nothing was wrong.
    pub(crate) fn into_result(mut self) -> Result<(), Violations> {
        self.violations.sort_by_key(|violation| violation.index);
        if self.unreported > 0 {
            let (expected, found) = (format!("at most {} violations", Self::VIOLATIONS_MAX), self.unreported);
            self.violations.push(Violation::new("", FORMATTING, expected, format!("{found} more")));
        }
        Violations(self.violations).into_result()
    }

    /// `found` breaks the rule of this place.
    pub(crate) fn refuse(&mut self, at: &At<'_>, expected: impl Into<String>, found: &Json<'_>) {
        let (rule, mut expected) = (if found.is_null() { FORMATTING } else { at.clause }, expected.into());
        if found.is_null() {
            expected.push_str(" (null stands only inside extensions)");
        }
        self.push(at.pointer(), rule, expected, found.text());
    }

    /// The object here lacks the member `name`.
    pub(crate) fn miss(&mut self, at: &At<'_>, name: &str, expected: impl Into<String>) {
        self.push(at.member(name, at.clause).pointer(), at.clause, expected.into(), "nothing");
    }

    /// A rule about more than one value is broken here.
    pub(crate) fn break_rule(&mut self, at: &At<'_>, expected: impl Into<String>, found: impl AsRef<str>) {
        self.push(at.pointer(), at.clause, expected.into(), found.as_ref());
    }

    /// The text is not JSON. In a batch the first token of the pointer is the position.
    pub(crate) fn refuse_text(&mut self, fault: &JsonError, in_batch: bool) {
        let mut pointer = fault.pointer.as_str();
        self.index = None;
        if in_batch && let Some(rest) = pointer.strip_prefix('/') {
            let (index, _) = rest.split_once('/').unwrap_or((rest, ""));
            self.index = index.parse().ok();
            pointer = &rest[index.len()..];
        }
        // The place comes first: what follows may be as long as a sender likes, and is cut.
        let found = format!("line {} column {}: {}", fault.line, fault.column, fault.reason);
        let violation = Violation::new(pointer, FORMATTING, "well-formed JSON with distinct names", found);
        // A reader bounds its faults itself, and without them the other violations may make no sense: they always fit.
        self.violations.push(Violation { index: self.index, ..violation });
    }

    fn push(&mut self, pointer: String, rule: &str, expected: String, found: &str) {
        if self.violations.len() >= Self::VIOLATIONS_MAX {
            self.unreported += 1;
            return;
        }
        let violation = Violation::new(pointer, rule, expected, found);
        self.violations.push(Violation { index: self.index, ..violation });
    }
}
