//! Read replicas: copies of the database that follow it by streaming, and answer queries for statements.
//!
//! A replica answers only when it has replayed everything that this process has acknowledged or promised (its [`Floor`]); a query
//! waits a moment for that, and then goes to the primary server. A replica that lags, breaks or was promoted is left out for a while.
//! What changes (statements, documents, keys) and what must be the newest (documents, keys) stays on the primary.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{Object, Pool};
use lrs_store::{Finding, Severity, StoreError};
use tokio_postgres::Row;
use tokio_postgres::types::PgLsn;

use crate::check::printed;
use crate::error::{Fault, pool_error, unavailable};
use crate::schema;

const OPERATION: &str = "read from a replica";
/// So long a query waits for a replica that is almost there; longer would be slower than asking the primary.
const WAIT_MAX: Duration = Duration::from_millis(100);
/// How often it looks meanwhile.
const WAIT_INTERVAL: Duration = Duration::from_millis(5);
/// A replica that could not answer is asked again after so long.
const LEFT_OUT_FOR: Duration = Duration::from_secs(1);

/// What a state of the database must hold before this process shows it: all that it has acknowledged or promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Floor {
    /// The last position of the LRS's log.
    pub(crate) seq: i64,
    /// The place in the write-ahead log, as a number.
    pub(crate) wal: u64,
    /// The instant that clients were told it is complete through.
    pub(crate) through: i64,
}

impl Floor {
    /// Both.
    pub(crate) fn raise(&mut self, other: Self) {
        self.seq = self.seq.max(other.seq);
        self.wal = self.wal.max(other.wal);
        self.through = self.through.max(other.through);
    }
}

/// How far a replica is in one LRS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    pub(crate) wal: u64,
    /// Position and instant of the last statement, 0 in an empty log.
    pub(crate) seq: i64,
    pub(crate) stored: i64,
}

/// All replicas of one process.
#[derive(Debug, Default)]
pub(crate) struct Replicas {
    all: Vec<Replica>,
    next: AtomicUsize,
}

impl Replicas {
    /// Of these pools, each with the name of its server.
    pub(crate) fn new(pools: Vec<(String, Pool)>) -> Self {
        let all = pools.into_iter().map(|(name, pool)| Replica { name, pool, state: Mutex::default() }).collect();
        Self { all, next: AtomicUsize::new(0) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn close(&self) {
        for replica in &self.all {
            replica.pool.close();
        }
    }

    /// Runs `job` on a replica that has reached `floor`, each in its turn. `None`: none can, so the primary has to.
    pub(crate) async fn read<T, F>(
        &self,
        schema: &str,
        floor: Floor,
        job: impl Fn(Arc<Object>, Position) -> F + Send + Sync,
    ) -> Option<T>
    where
        F: Future<Output = Result<T, Fault>> + Send,
    {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        for turn in 0..self.all.len() {
            let replica = &self.all[(first + turn) % self.all.len()];
            let Some(patience) = replica.patience() else { continue };
            match replica.read(schema, floor, patience, &job).await {
                Ok(answer) => {
                    replica.take_in();
                    return Some(answer);
                }
                Err(fault) => replica.leave_out(&fault),
            }
        }
        None
    }
}

impl Replicas {
    /// What is wrong with each: it does not answer, is no replica, or is more than so many bytes behind what it received.
    pub(crate) async fn check(&self, lag_bytes_max: i64) -> Vec<Finding> {
        let mut findings = Vec::with_capacity(self.all.len());
        for replica in &self.all {
            let subject = format!("replica {}", replica.name);
            let advice =
                "Until it answers, the primary answers for it. Check that it runs, follows, and may be reached.";
            findings.push(match replica.look(lag_bytes_max).await {
                Ok(message) => printed(Severity::Good, &subject, message, advice),
                Err(fault) => printed(Severity::Warning, &subject, StoreError::from(fault).to_string(), advice),
            });
        }
        findings
    }
}

#[derive(Debug)]
struct Replica {
    /// Host and port, for the log.
    name: String,
    pool: Pool,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    Used,
    LeftOut {
        until: Instant,
    },
}

impl Replica {
    /// How long to wait for it; `None` while it is left out. One that was left out has to be there at once.
    fn patience(&self) -> Option<Duration> {
        match *self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Used => Some(WAIT_MAX),
            State::LeftOut { until } if until <= Instant::now() => Some(Duration::ZERO),
            State::LeftOut { .. } => None,
        }
    }

    /// Said when it begins, not at every attempt.
    fn leave_out(&self, fault: &Fault) {
        let until = Instant::now() + LEFT_OUT_FOR;
        let before = self.change(State::LeftOut { until });
        metrics::gauge!("lyceum_store_replica_used", "replica" => self.name.clone()).set(0.0);
        if matches!(before, State::Used) {
            let (Fault::Conflicted(error) | Fault::Lost(error) | Fault::Failed(error)) = fault;
            let error = error as &dyn std::error::Error;
            tracing::warn!(replica = self.name, error, "a replica is left out; the primary answers");
        }
    }

    fn take_in(&self) {
        metrics::gauge!("lyceum_store_replica_used", "replica" => self.name.clone()).set(1.0);
        if matches!(self.change(State::Used), State::LeftOut { .. }) {
            tracing::info!(replica = self.name, "a replica answers again");
        }
    }

    fn change(&self, state: State) -> State {
        std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), state)
    }

    async fn look(&self, lag_bytes_max: i64) -> Result<String, Fault> {
        let connection = self.pool.get().await.map_err(|error| Fault::Failed(pool_error(OPERATION, error)))?;
        let sql = "SELECT pg_is_in_recovery(), coalesce(pg_is_in_recovery() AND pg_is_wal_replay_paused(), false),
            coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0)::bigint";
        let row = connection.query_one(sql, &[]).await.map_err(|error| Fault::new(OPERATION, error))?;
        let (follows, paused, bytes): (bool, bool, i64) = (row.get(0), row.get(1), row.get(2));
        if !follows {
            return Err(Fault::Failed(unavailable(
                "it is no replica: it was promoted, or the address is of a primary",
            )));
        }
        if paused {
            return Err(Fault::Failed(unavailable("its replay is paused: SELECT pg_wal_replay_resume()")));
        }
        if bytes > lag_bytes_max {
            return Err(Fault::Failed(unavailable(format!("it has not replayed {bytes} bytes that it received"))));
        }
        Ok(format!("it follows, and has to replay {bytes} bytes"))
    }

    async fn read<T, F>(
        &self,
        schema: &str,
        floor: Floor,
        patience: Duration,
        job: &(impl Fn(Arc<Object>, Position) -> F + Send + Sync),
    ) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>> + Send,
    {
        let connection = self.pool.get().await.map_err(|error| Fault::Failed(pool_error(OPERATION, error)))?;
        let connection = Arc::new(connection);
        let answer = match wait_for(&connection, schema, floor, patience).await {
            Ok(position) => job(Arc::clone(&connection), position).await,
            Err(fault) => Err(fault),
        };
        if answer.is_err() {
            // In whatever state it is, and whatever else the pool holds from before a restart: each try ends one of them.
            Arc::into_inner(connection).map(Object::take);
        }
        answer
    }
}

/// Waits until a replica has reached `floor`; the answer's snapshot is older than that of any statement of SQL behind it.
async fn wait_for(connection: &Object, schema: &str, floor: Floor, patience: Duration) -> Result<Position, Fault> {
    // The newest row by `statement_seq`.
    let sql = schema::sql(
        schema,
        "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn(), last.seq, last.stored
         FROM (SELECT 1) AS one LEFT JOIN (SELECT seq, stored FROM $s.statement ORDER BY seq DESC LIMIT 1) AS last ON true",
    );
    let failed = |error| Fault::new(OPERATION, error);
    let statement = connection.prepare_cached(&sql).await.map_err(failed)?;
    let began = Instant::now();
    loop {
        let row = connection.query_one(&statement, &[]).await.map_err(failed)?;
        if !row.get::<_, bool>(0) {
            return Err(Fault::Failed(unavailable(
                "it is no replica: it was promoted, or the address is of a primary",
            )));
        }
        let position = read_position(&row);
        if position.seq >= floor.seq && position.wal >= floor.wal {
            return Ok(position);
        }
        if began.elapsed() >= patience {
            return Err(Fault::Failed(unavailable("it is behind the primary: check its load and the network")));
        }
        tokio::time::sleep(WAIT_INTERVAL).await;
    }
}

fn read_position(row: &Row) -> Position {
    let wal: Option<PgLsn> = row.get(1);
    let (seq, stored): (Option<i64>, Option<i64>) = (row.get(2), row.get(3));
    Position { wal: wal.map_or(0, u64::from), seq: seq.unwrap_or(0), stored: stored.unwrap_or(0) }
}
