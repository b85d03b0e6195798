//! From what PostgreSQL reports to what a caller of the store can act on.

use deadpool_postgres::PoolError;
pub(crate) use lrs_store::backend::{closed, corrupt, repeat, unavailable};
use lrs_store::{Obstacle, StoreError};
use tokio_postgres::error::SqlState;

/// What a failed transaction means for whoever ran it.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The server undid it because of another one; the same again may succeed.
    Conflicted(StoreError),
    /// The connection broke; whether the transaction happened is unknown.
    Lost(StoreError),
    /// It did not happen.
    Failed(StoreError),
}

impl Fault {
    pub(crate) fn new(operation: &'static str, error: tokio_postgres::Error) -> Self {
        let kind = match error.code() {
            Some(code) if is_conflict(code) => Self::Conflicted,
            Some(code) if is_shutdown(code) => Self::Lost,
            None if is_lost(&error) => Self::Lost,
            _ => Self::Failed,
        };
        kind(store_error(operation, error))
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Conflicted(error) | Fault::Lost(error) | Fault::Failed(error) => error,
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

fn is_conflict(code: &SqlState) -> bool {
    matches!(
        *code,
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED | SqlState::LOCK_NOT_AVAILABLE
    )
}

fn is_shutdown(code: &SqlState) -> bool {
    matches!(
        *code,
        SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
    ) || code.code().starts_with("08")
}

/// Whether the connection is gone, as opposed to a defect of this crate such as a wrong type.
fn is_lost(error: &tokio_postgres::Error) -> bool {
    let io = std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
    error.is_closed() || io || error.to_string().contains("connect") || error.to_string().contains("timed out")
}

/// Sorts an error of PostgreSQL: something outside is in the way (unavailable), data is damaged (corrupt), or a defect (internal).
pub(crate) fn store_error(operation: &'static str, error: tokio_postgres::Error) -> StoreError {
    let Some(code) = error.code() else {
        if is_lost(&error) {
            return unavailable(Obstacle::DatabaseAway);
        }
        return StoreError::Internal { operation, source: Box::new(error) };
    };
    unavailable(match code.code() {
        "53100" => Obstacle::DatabaseDiskFull,
        "53300" => Obstacle::NoConnectionFree,
        "25006" => Obstacle::DatabaseReadsOnly,
        "57014" => Obstacle::DatabaseSlow,
        "3F000" | "42P01" => Obstacle::LrsChanging,
        "40001" | "40P01" | "55P03" => Obstacle::Transactions,
        "XX001" | "XX002" => {
            return StoreError::Corrupt {
                place: format!("database (to {operation})"),
                reason: error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned()),
            };
        }
        other if other.starts_with("28") => {
            let said = error.as_db_error().map_or_else(String::new, |error| error.message().to_owned());
            Obstacle::DatabaseRefuses { error: said }
        }
        other if other.starts_with("53") => Obstacle::DatabaseStrained,
        _ if is_shutdown(code) => Obstacle::DatabaseRestarts,
        _ => return StoreError::Internal { operation, source: Box::new(error) },
    })
}

/// No connection could be had.
pub(crate) fn pool_error(operation: &'static str, error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) if error.code().is_some() => store_error(operation, error),
        PoolError::Backend(error) => unavailable(unreachable(&error)),
        PoolError::Timeout(_) => unavailable(Obstacle::PoolExhausted),
        PoolError::Closed => closed(),
        error => StoreError::Internal { operation, source: Box::new(error) },
    }
}

/// Why no connection can be made, with every cause: what TLS found wrong is only there.
fn unreachable(error: &tokio_postgres::Error) -> Obstacle {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    if text.contains("TLS") {
        return Obstacle::DatabaseTlsFails { error: text };
    }
    Obstacle::DatabaseUnreachable { error: text }
}
