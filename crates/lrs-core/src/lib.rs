//! The use cases of Lyceum, each callable without HTTP: record and find statements, documents, activities, agents, access.
//!
//! Depends on the xAPI model and on the `Store` and `Registry` traits, never on a backend and never on HTTP.

mod ids;

pub use ids::{IdSource, SystemIds};
