//! How far the log reaches, and up to which instant it is complete.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::Object;
use lrs_store::StoreError;
use tokio_postgres::types::{PgLsn, ToSql};
use xapi::Timestamp;

use crate::PostgresStore;
use crate::error::{Fault, store_error};
use crate::replicas::Floor;
use crate::schema::LOCK_CLASS;
use crate::store::Shared;

const OPERATION: &str = "read the log's horizon";
/// While queries go to replicas, the primary is asked so often how far the log is complete.
const SAMPLED_FOR: Duration = Duration::from_millis(250);

/// What this process has shown of one LRS, and what the primary last said. Only needed where there are replicas.
#[derive(Debug, Default)]
pub(crate) struct Horizon(Mutex<(Floor, Option<(Instant, Floor)>)>);

impl Horizon {
    /// What a replica must have reached.
    pub(crate) fn floor(&self) -> Floor {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// From now on this counts too. Everything that counts.
    pub(crate) fn raise(&self, floor: Floor) -> Floor {
        let mut horizon = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        horizon.0.raise(floor);
        horizon.0
    }

    fn sample(&self) -> Option<Floor> {
        let sample = self.0.lock().unwrap_or_else(PoisonError::into_inner).1;
        sample.filter(|(at, _)| at.elapsed() < SAMPLED_FOR).map(|(_, sample)| sample)
    }

    fn keep_sample(&self, sample: Floor) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = Some((Instant::now(), sample));
    }
}

/// Up to which instant the log is complete for whoever asks next: on a replica that is as far as this process has promised, else
/// on the primary.
pub(crate) async fn consistent_through(store: &PostgresStore) -> Result<Timestamp, StoreError> {
    let shared = &store.shared;
    let (horizon, replicas) = (&shared.horizon, &shared.pools.replicas);
    if replicas.is_empty() {
        return Ok(Timestamp(read_primary(store).await?.through));
    }
    let sample = match horizon.sample() {
        Some(sample) => sample,
        None => read_primary(store).await?,
    };
    let position = replicas.read(&shared.schema, horizon.floor(), |_, position| async move { Ok(position) }).await;
    let promise = match position {
        Some(position) => {
            let mut promise = Floor { seq: position.seq, wal: 0, through: position.stored };
            if position.wal >= sample.wal {
                promise.raise(sample);
            }
            promise
        }
        None => read_primary(store).await?,
    };
    Ok(Timestamp(horizon.raise(promise).through))
}

async fn read_primary(store: &PostgresStore) -> Result<Floor, StoreError> {
    let shared = &store.shared;
    let read = store.read(OPERATION, |connection| async move { read_horizon(shared, &connection).await }).await?;
    shared.horizon.keep_sample(read);
    Ok(read)
}

/// The present, when nobody holds the log's lock.
const QUIET: &str = "SELECT CASE WHEN pg_try_advisory_xact_lock_shared($1, $2)
    THEN coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) - 1 END";
/// The present, as soon as nobody does.
const QUIET_SOON: &str = "SELECT CASE WHEN pg_advisory_xact_lock_shared($1, $2) IS NOT NULL
    THEN coalesce($3::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) - 1 END";

/// The instant of the last commit that is visible, or a later one before which none will come: when nobody holds the log's
/// lock, the present is one. With replicas, also a place in the write-ahead log that has all of it. By `statement_seq`.
async fn read_horizon(shared: &Shared, connection: &Object) -> Result<Floor, Fault> {
    let failed = |error| Fault::new(OPERATION, error);
    let quiet = if shared.is_cut { QUIET_SOON } else { QUIET };
    let quiet = connection.prepare_cached(quiet).await.map_err(failed)?;
    let last = shared.sql("SELECT stored FROM $s.statement ORDER BY seq DESC LIMIT 1");
    let last = connection.prepare_cached(&last).await.map_err(failed)?;
    let wal = connection.prepare_cached("SELECT pg_current_wal_lsn()").await.map_err(failed)?;
    let micros = shared.time.micros();
    let number = shared.number;
    let arguments: [&(dyn ToSql + Sync); 3] = [&LOCK_CLASS, &number, &micros];
    let read_wal = async {
        if shared.pools.replicas.is_empty() { Ok(None) } else { connection.query_one(&wal, &[]).await.map(Some) }
    };
    // Where a part of a commit can be seen, the lock is kept until the last commit was looked at, which is then whole.
    let run_if_cut = async |sql| if shared.is_cut { connection.batch_execute(sql).await } else { Ok(()) };
    // In this order: what the first one promises, the second one's snapshot sees, and the third one's place holds.
    let (begun, quiet, last, ended, wal) = futures_util::join!(
        run_if_cut("BEGIN ISOLATION LEVEL READ COMMITTED"),
        connection.query_one(&quiet, &arguments),
        connection.query_opt(&last, &[]),
        run_if_cut("COMMIT"),
        read_wal
    );
    begun.map_err(failed)?;
    ended.map_err(failed)?;
    let quiet: Option<i64> = quiet.map_err(failed)?.get(0);
    let last: Option<i64> = last.map_err(failed)?.map(|row| row.get(0));
    let wal: Option<PgLsn> = wal.map_err(failed)?.map(|row| row.get(0));
    // While the first commit is under way, all that can be promised is that nothing was stored long ago.
    Ok(Floor { seq: 0, wal: wal.map_or(0, u64::from), through: quiet.max(last).unwrap_or(0) })
}

/// The last position of the log. By `statement_seq`.
pub(crate) async fn last_seq(shared: &Shared, connection: &Object) -> Result<i64, Fault> {
    let sql = shared.sql("SELECT seq FROM $s.statement ORDER BY seq DESC LIMIT 1");
    let row = connection.query_opt(&sql, &[]).await;
    let row = row.map_err(|error| Fault::Failed(store_error("read the log's end", error)))?;
    Ok(row.map_or(0, |row| row.get(0)))
}
