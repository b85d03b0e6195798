//! Whether a pooler stands in between that gives a connection's session away between two transactions, as `PgBouncer` does with
//! `pool_mode = transaction` or `statement`.
//!
//! Such a pooler cannot be used: what a connection sets for its session (`synchronous_commit`, on which every acknowledgement relies, timeouts and
//! what keeps plans) and what it prepares would be another's.

use deadpool_postgres::Object;
use tokio_postgres::SimpleQueryMessage;

use crate::connection::{OpenError, Pools};
use crate::store::failed;

const OPERATION: &str = "look for a pooler";
/// Somebody else may take the session in the very moment between two looks; not every time.
const LOOKS: usize = 2;
/// What to do about it.
pub(crate) const ADVICE: &str = "Let the pooler give each client a session of its own (PgBouncer: pool_mode = session), or name the database itself.";

/// Refuses a pooler that shares sessions, before anything else is asked of it.
pub(crate) async fn refuse_shared_sessions(pools: &Pools) -> Result<(), OpenError> {
    let one = pools.reader(OPERATION).await?;
    let other = pools.writer(OPERATION).await?;
    for _ in 0..LOOKS {
        let first = name_session(&one).await?;
        let second = name_session(&other).await?;
        // Two connections that are open at one time have a session each, and keep it.
        if first == second || first != name_session(&one).await? {
            return Err(OpenError::SharedSessions);
        }
    }
    Ok(())
}

/// What no other session has while this one lasts.
async fn name_session(connection: &Object) -> Result<Option<String>, OpenError> {
    let sql = "SELECT concat_ws(' ', pg_backend_pid(), pg_postmaster_start_time())";
    let messages = connection.simple_query(sql).await.map_err(failed(OPERATION))?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(row.map(str::to_owned))
}
