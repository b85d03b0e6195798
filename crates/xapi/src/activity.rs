//! Activities and their definitions, as they grow over statements (Communication 2.5).

/// Merges a newer definition (JSON object) into an older one: members of the newer win; language maps (`name`,
/// `description`, and those of interaction components) and `extensions` are merged by key.
#[must_use]
pub fn merge_definitions(older: &str, newer: &str) -> String {
    let _ = (older, newer);
    unimplemented!()
}

/// The Activity object of an id without a known definition: `{"objectType":"Activity","id":…}`.
#[must_use]
pub fn empty_activity(id: &str) -> String {
    let _ = id;
    unimplemented!()
}
