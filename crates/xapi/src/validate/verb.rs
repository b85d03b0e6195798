//! Verbs (Data 2.4.3).

use crate::Json;

use super::iri::check_iri;
use super::language::check_language_map;
use super::report::{At, Report};
use super::shape::Shape;

const VERB: Shape = Shape {
    what: "a Verb",
    clause: "Data 2.4.3",
    required: &[("id", "the IRI of the Verb")],
    properties: &[("id", "Data 2.4.3", check_iri), ("display", "Data 2.4.3", check_language_map)],
};

pub(super) fn check_verb(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    VERB.check(json, at, report);
}
