//! From what SQLite reports to what a caller of the store can act on.

use std::time::Duration;

use lrs_store::StoreError;
use rusqlite::ErrorCode;

/// After a failed write it is worth trying again this much later.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Sorts an error of SQLite: something outside is in the way (unavailable), the file is damaged (corrupt), or a defect (internal).
pub(crate) fn store_error(operation: &'static str, error: rusqlite::Error) -> StoreError {
    let Some(code) = error.sqlite_error_code() else {
        return StoreError::Internal { operation, source: Box::new(error) };
    };
    match code {
        ErrorCode::DiskFull => unavailable("the disk is full: free space on the disk that holds the database"),
        ErrorCode::ReadOnly => {
            unavailable("the database is read-only: check how its disk is mounted and who owns its files")
        }
        ErrorCode::SystemIoFailure => unavailable(&format!(
            "the disk reports an error ({error}): check the disk that holds the database, and that it is not full"
        )),
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            unavailable(&format!("the database cannot be opened ({error}): check its folder and who owns it"))
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            unavailable("another process holds the database: stop it")
        }
        ErrorCode::OutOfMemory => unavailable("memory is exhausted: give the server more, or fewer tasks"),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            StoreError::Corrupt { place: format!("database (to {operation})"), reason: error.to_string() }
        }
        _ => StoreError::Internal { operation, source: Box::new(error) },
    }
}

/// The store cannot do it now, for a reason that an operator can act on.
pub(crate) fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable { reason: reason.to_owned(), retry_after: RETRY_AFTER }
}

/// The store was closed.
pub(crate) fn closed() -> StoreError {
    unavailable("the store is closed")
}

/// The value at a place is not what was written there.
pub(crate) fn corrupt(place: impl Into<String>, reason: impl Into<String>) -> StoreError {
    StoreError::Corrupt { place: place.into(), reason: reason.into() }
}

/// The same error once more, for another request of the same commit.
pub(crate) fn repeat(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable { reason, retry_after } => {
            StoreError::Unavailable { reason: reason.clone(), retry_after: *retry_after }
        }
        StoreError::Corrupt { place, reason } => StoreError::Corrupt { place: place.clone(), reason: reason.clone() },
        StoreError::Internal { operation, source } => {
            StoreError::Internal { operation, source: source.to_string().into() }
        }
    }
}
