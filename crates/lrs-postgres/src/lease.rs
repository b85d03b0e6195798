//! Leases in the database: work that exactly one process does at a time. Instants are those of the database.

use lrs_store::{LEASE_DURATION, LeaseAnswer, LeaseHolder, StoreError};

use crate::connection::Pools;

/// Takes or renews a lease, in one statement of SQL, so that of many at once one gets it. By the primary key of `lease`.
pub(crate) async fn take_lease(
    pools: &Pools,
    micros: Option<i64>,
    name: &str,
    holder: LeaseHolder,
) -> Result<LeaseAnswer, StoreError> {
    let sql = "INSERT INTO lyceum.lease AS held (name, holder, expires)
        SELECT $1, $2, coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) + $4
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
        WHERE held.holder = excluded.holder OR held.expires <= excluded.expires - $4";
    let duration = i64::try_from(LEASE_DURATION.as_micros()).expect("it is seconds");
    let taken = pools.change("take a lease", sql, &[&name, &holder.0, &micros, &duration]).await?;
    Ok(if taken > 0 { LeaseAnswer::Held } else { LeaseAnswer::HeldElsewhere })
}

/// Gives a lease back. By the primary key of `lease`.
pub(crate) async fn release_lease(pools: &Pools, name: &str, holder: LeaseHolder) -> Result<(), StoreError> {
    let sql = "DELETE FROM lyceum.lease WHERE name = $1 AND holder = $2";
    pools.change("give a lease back", sql, &[&name, &holder.0]).await.map(drop)
}
