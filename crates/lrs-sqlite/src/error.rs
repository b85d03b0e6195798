//! From what SQLite reports to what a caller of the store can act on.

pub(crate) use lrs_store::backend::{closed, corrupt, reads_only, repeat, unavailable};
use lrs_store::{Obstacle, StoreError};
use rusqlite::ErrorCode;

/// Sorts an error of SQLite: something outside is in the way (unavailable), the file is damaged (corrupt), or a defect (internal).
pub(crate) fn store_error(operation: &'static str, error: rusqlite::Error) -> StoreError {
    let Some(code) = error.sqlite_error_code() else {
        return StoreError::Internal { operation, source: Box::new(error) };
    };
    match code {
        ErrorCode::DiskFull => unavailable(Obstacle::DatabaseDiskFull),
        ErrorCode::ReadOnly => unavailable(Obstacle::DatabaseFileReadOnly),
        ErrorCode::SystemIoFailure => unavailable(Obstacle::DiskFaulty { error: error.to_string() }),
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            unavailable(Obstacle::DatabaseUnopened { error: error.to_string() })
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => unavailable(Obstacle::DatabaseHeld),
        ErrorCode::OutOfMemory => unavailable(Obstacle::OutOfMemory),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            StoreError::Corrupt { place: format!("database (to {operation})"), reason: error.to_string() }
        }
        _ => StoreError::Internal { operation, source: Box::new(error) },
    }
}
