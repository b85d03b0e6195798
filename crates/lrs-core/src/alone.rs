//! Work that only one process may do at a time, such as following a log: done under a lease, and taken up again elsewhere when
//! its process dies.

use std::time::Duration;

use lrs_store::{LEASE_DURATION, LEASE_RENEWAL_INTERVAL, LeaseAnswer, LeaseHolder, Registry};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

/// Work ends so long before its lease does, since clocks do not run equally fast.
const MARGIN: Duration = Duration::from_secs(1);
/// After a failure to renew, the next try.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Waits until nobody else holds the lease `name`, does `work` while it is held, and gives it back. `None`: told to stop before that.
///
/// `work` is begun anew each time the lease comes back; when it is lost, as while the database is away, `work` is dropped where it
/// waits. So every step of it must be safe to cut off and to repeat, as after `kill -9`: a follower writes what it made and how far it is
/// in one transaction, which also sees that nobody else got further. `work` looks at `stop` itself, so that it can finish.
pub async fn run_alone<T, W>(
    registry: &dyn Registry,
    name: &str,
    holder: LeaseHolder,
    stop: &CancellationToken,
    work: impl Fn() -> W,
) -> Option<T>
where
    W: Future<Output = T>,
{
    while !stop.is_cancelled() {
        let asked = Instant::now();
        match registry.take_lease(name, holder).await {
            Ok(LeaseAnswer::Held) => {
                if let Some(done) = work_while_held(registry, name, holder, asked, work()).await {
                    return Some(done);
                }
            }
            Ok(LeaseAnswer::HeldElsewhere) => {}
            Err(error) => tracing::debug!(%error, name, "cannot ask for the lease"),
        }
        stop.run_until_cancelled(sleep_until(asked + LEASE_RENEWAL_INTERVAL)).await?;
    }
    None
}

/// Does `work` under a lease that was had by asking at `asked`, renews it meanwhile, and gives it back. `None`: it was lost, and `work` was
/// dropped where it waited.
pub(crate) async fn work_while_held<T>(
    registry: &dyn Registry,
    name: &str,
    holder: LeaseHolder,
    asked: Instant,
    work: impl Future<Output = T>,
) -> Option<T> {
    tracing::debug!(name, "holds the lease");
    tokio::select! {
        done = work => {
            if let Err(error) = registry.release_lease(name, holder).await {
                tracing::debug!(%error, name, "could not give the lease back; it expires");
            }
            Some(done)
        }
        () = keep_until_lost(registry, name, holder, asked) => {
            tracing::warn!(name, "lost the lease; another process may go on with this work");
            None
        }
    }
}

/// Renews a lease that was asked for at `asked`; returns when it is another's, or when it is about to expire.
async fn keep_until_lost(registry: &dyn Registry, name: &str, holder: LeaseHolder, mut asked: Instant) {
    let mut next = asked + LEASE_RENEWAL_INTERVAL;
    loop {
        let expires = asked + LEASE_DURATION - MARGIN;
        let renewing = async {
            sleep_until(next).await;
            (Instant::now(), registry.take_lease(name, holder).await)
        };
        match timeout_at(expires, renewing).await {
            Ok((when, Ok(LeaseAnswer::Held))) => {
                asked = when;
                next = when + LEASE_RENEWAL_INTERVAL;
            }
            Ok((_, Ok(LeaseAnswer::HeldElsewhere))) | Err(_) => return,
            Ok((when, Err(error))) => {
                tracing::debug!(%error, name, "cannot renew the lease yet");
                next = when + RETRY_INTERVAL;
            }
        }
    }
}
