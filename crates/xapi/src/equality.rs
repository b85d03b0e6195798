//! When two statements are the same in the sense of immutability (Data 2.2, Data 2.3).

/// Whether two complete, valid statements (JSON objects) say the same. What an LRS sets or may change does not count:
/// `id`, `stored`, `authority`, `version`, a `timestamp` that only one of them was sent with, the order of
/// members, of group members and of context activities, display texts of verbs and definitions of activities.
#[must_use]
pub fn same_statement(one: &[u8], other: &[u8]) -> bool {
    let _ = (one, other);
    unimplemented!()
}
