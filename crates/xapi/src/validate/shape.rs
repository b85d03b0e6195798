//! A table of the properties of one object, and the check that walks an object along it (Data 2.2).

use crate::Json;

use super::FORMATTING;
use super::report::{At, Report};

/// Checks one value at its place.
pub(super) type Check = fn(&Json<'_>, &At<'_>, &mut Report);

/// One property: its name, its clause and the check of its value.
pub(super) type Property = (&'static str, &'static str, Check);

/// What an object of the specification consists of.
pub(super) struct Shape {
    /// In words, for "expected": `a Verb`.
    pub(super) what: &'static str,
    /// The clause that says which properties it must have.
    pub(super) clause: &'static str,
    /// The properties it must have, each with what to expect there.
    pub(super) required: &'static [(&'static str, &'static str)],
    /// Every property it may have.
    pub(super) properties: &'static [Property],
}

impl Shape {
    /// Checks the type, the names and the values of an object. Returns whether it is an object at all.
    pub(super) fn check(&self, json: &Json<'_>, at: &At<'_>, report: &mut Report) -> bool {
        self.check_with(&[], json, at, report)
    }

    /// The same with further properties, such as those of one version only.
    pub(super) fn check_with(&self, more: &[Property], json: &Json<'_>, at: &At<'_>, report: &mut Report) -> bool {
        let Some(members) = json.as_object() else {
            report.refuse(at, format!("{} as an object", self.what), json);
            return false;
        };
        for (name, value) in members {
            match self.properties.iter().chain(more).find(|(known, ..)| known == name) {
                Some((_, clause, check)) => check(value, &at.member(name, clause), report),
                None => self.refuse_name(more, name, at, report),
            }
        }
        for (name, expected) in self.required {
            if json.get(name).is_none() {
                report.miss(&at.under(self.clause), name, *expected);
            }
        }
        true
    }

    fn refuse_name(&self, more: &[Property], name: &str, at: &At<'_>, report: &mut Report) {
        let names = || self.properties.iter().chain(more).map(|(known, ..)| *known);
        let expected = match names().find(|known| known.eq_ignore_ascii_case(name)) {
            Some(known) => format!("the property {known:?} (names are case-sensitive)"),
            None => format!("one of the properties of {} ({})", self.what, names().collect::<Vec<_>>().join(", ")),
        };
        report.break_rule(&at.member(name, FORMATTING), expected, format!("the property {name:?}"));
    }
}

/// Checks every element of an array.
pub(super) fn check_elements(what: &str, check: Check, json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    match json.as_array() {
        Some(elements) => {
            for (index, element) in elements.iter().enumerate() {
                check(element, &at.element(index), report);
            }
        }
        None => report.refuse(at, format!("an array of {what}"), json),
    }
}
