//! Where the program stores: in its data folder, or in the database that a file beside it names.

use std::path::Path;

/// The file in a test's folder, beside the data folder.
pub(super) const STORE_FILE: &str = "store.url";

/// The variable for the program on this data folder, if there is a database for it.
pub(super) fn store_of(data: &str) -> Option<(&'static str, String)> {
    let url = std::fs::read_to_string(Path::new(data).parent()?.join(STORE_FILE)).ok()?;
    Some(("LYCEUM_STORE", url))
}

/// The same for a command whose arguments name the data folder.
pub(super) fn store_of_arguments(arguments: &[&str]) -> Option<(&'static str, String)> {
    let name = arguments.iter().position(|argument| *argument == "--data")?;
    store_of(arguments.get(name + 1)?)
}
