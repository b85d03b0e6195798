//! Extensions: IRIs as names, anything as values (Data 4.1).

use crate::Json;

use super::iri::is_iri;
use super::report::{At, Report};

const EXTENSIONS: &str = "Data 4.1";

pub(super) fn check_extensions(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    let Some(members) = json.as_object() else {
        report.refuse(&at.under(EXTENSIONS), "extensions as an object", json);
        return;
    };
    for (name, _) in members.iter().filter(|(name, _)| !is_iri(name)) {
        report.break_rule(&at.member(name, EXTENSIONS), "an absolute IRI as name", format!("the property {name:?}"));
    }
}
