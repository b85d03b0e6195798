//! The rules of Data 2.2–2.4 and 4: which members each object may, must and must not have, and what stands in them.
//!
//! Each object of the specification is a [`Shape`]: a table of its properties with the clause and the check of each. Rules that
//! look at more than one property (exactly one identifier, min ≤ raw ≤ max, …) are functions beside the table. A check never
//! stops at the first violation, and looks at nothing but the tree it is given.

mod activity;
mod actor;
mod attachment;
mod context;
mod extensions;
mod interaction;
mod iri;
mod language;
mod object;
mod report;
mod result;
mod scalar;
mod shape;
mod statement;
mod verb;

pub(crate) use activity::{is_activity_id, read_activity_id};
pub(crate) use actor::{check_agent_or_group, is_group};
pub(crate) use report::{At, Report};
pub(crate) use statement::check_statement;

/// The clause of rules that hold everywhere: types, names, `null` (Data 2.2).
pub(crate) const FORMATTING: &str = "Data 2.2";
/// The verb that voids the statement its object refers to (Data 2.3.2).
pub(crate) const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";
