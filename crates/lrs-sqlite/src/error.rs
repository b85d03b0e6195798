//! From what SQLite reports to what a caller of the store can act on.

use lrs_store::StoreError;
pub(crate) use lrs_store::backend::{closed, corrupt, reads_only, repeat, unavailable};
use rusqlite::ErrorCode;

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
