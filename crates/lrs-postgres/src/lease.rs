//! Leases: work that exactly one process does at a time, such as a follower, and that moves when that process dies.
//!
//! A holder renews well before its lease expires, and stops its work when it cannot. Instants are those of the database.

use std::time::Duration;

use lrs_store::StoreError;
use uuid::Uuid;

use crate::PostgresRegistry;
use crate::store::failed;

/// A lease that is not renewed for so long is free for the next process.
const LEASE: Duration = Duration::from_secs(6);

/// The right of one process to do a piece of work until it expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// How long it holds, unless it is renewed; at most, since the way to the database took time.
    pub valid_for: Duration,
}

impl PostgresRegistry {
    /// Takes or renews the lease of this name for `holder`, a number that this process drew at its start. `None`: another process
    /// has it. By the primary key of `lease`.
    pub async fn take_lease(&self, name: &str, holder: Uuid) -> Result<Option<Lease>, StoreError> {
        const OPERATION: &str = "take a lease";
        let connection = self.pools().writer(OPERATION).await?;
        let micros = i64::try_from(LEASE.as_micros()).unwrap_or(i64::MAX);
        let sql = "INSERT INTO lyceum.lease AS held (name, holder, expires)
            VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $3)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
            WHERE held.holder = excluded.holder OR held.expires < excluded.expires - $3";
        let taken = connection.execute(sql, &[&name, &holder, &micros]).await.map_err(failed(OPERATION))?;
        Ok((taken > 0).then_some(Lease { valid_for: LEASE }))
    }

    /// Gives a lease back, so that another process need not wait. By the primary key of `lease`.
    pub async fn release_lease(&self, name: &str, holder: Uuid) -> Result<(), StoreError> {
        const OPERATION: &str = "give a lease back";
        let connection = self.pools().writer(OPERATION).await?;
        let sql = "DELETE FROM lyceum.lease WHERE name = $1 AND holder = $2";
        connection.execute(sql, &[&name, &holder]).await.map(drop).map_err(failed(OPERATION))
    }
}
