//! The directory of an LRS: who is in it, what they did in which activities, and which words stand in which statement.
//!
//! A follower of the log: a function of the log and a position that is kept with what was made of it, so that it can be stopped,
//! begun anew, and moved to another process. It is never ahead of the log and never part of recording.

mod facts;
pub(crate) mod keys;
mod records;
mod search;
mod step;

use std::sync::Arc;
use std::time::{Duration, Instant};

use lrs_store::{Seq, Store, StoreError, StoredStatement, View};
use tokio_util::sync::CancellationToken;

use self::facts::Facts;
use self::step::{Step, Targets};

pub(crate) use self::facts::Facts as StatementFacts;
pub(crate) use self::facts::{ResultFact, read_result};
pub(crate) use self::keys::{Hash, ROOT, after_prefix, hash, key_hash};
pub use self::records::StudyState;
pub(crate) use self::records::{ActivityRecord, AgentRecord, StudyRecord, read_record, read_records};
pub(crate) use self::search::{Condition, Search, conditions_of};
pub(crate) use self::step::identifier_text;

/// The format of the view. Another one is made again from the log.
const FORMAT_VERSION: u8 = 2;
/// Statements of one step: a few milliseconds of work, so that pages and writers hardly wait for it.
const STEP_STATEMENTS_MAX: usize = 500;
/// After a failure, the next try.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// While somebody writes, the follower rests so many times as long as its step took: writers keep nine tenths of a processor of what
/// it could take. A resting follower catches up when they pause.
const REST_BESIDE_WRITERS: u32 = 9;
/// While nobody writes: pages keep half of a processor.
const REST_ALONE: u32 = 1;
/// After a step that reached the end of the log, so that many single statements make few steps: the least step costs as much as dozens
/// of statements in it.
const REST_AT_THE_END: Duration = Duration::from_millis(100);

/// Follows the log of an LRS until `stop`, and leaves the processors to those who write and read.
pub async fn follow_log(store: &dyn Store, stop: &CancellationToken) {
    let mut end = store.watch_log();
    let mut failing = false;
    let mut prepared = false;
    while !stop.is_cancelled() {
        end.borrow_and_update();
        let began = Instant::now();
        let outcome = async {
            if !prepared {
                prepare(store).await?;
                prepared = true;
            }
            step_along(store).await
        };
        match outcome.await {
            Ok(Progress::Made { is_full }) => {
                failing = false;
                let is_written = end.has_changed().unwrap_or(false);
                let rest = began.elapsed() * if is_written { REST_BESIDE_WRITERS } else { REST_ALONE };
                let rest = if is_full { rest } else { rest.max(REST_AT_THE_END) };
                stop.run_until_cancelled(tokio::time::sleep(rest)).await;
            }
            Ok(Progress::AtTheEnd) => {
                failing = false;
                match stop.run_until_cancelled(end.changed()).await {
                    Some(Ok(())) => {}
                    // Stopped, or the store is closed.
                    _ => return,
                }
            }
            Err(error) => {
                // Said once, not every second.
                if !failing {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the directory cannot follow the log");
                }
                failing = true;
                stop.run_until_cancelled(tokio::time::sleep(RETRY_INTERVAL)).await;
            }
        }
    }
}

/// Follows the log to its present end: for tests and tools.
///
/// # Errors
/// When the store fails.
pub async fn follow_to_end(store: &dyn Store) -> Result<(), StoreError> {
    prepare(store).await?;
    while step_along(store).await? != Progress::AtTheEnd {}
    Ok(())
}

/// Up to where the directory is complete.
///
/// # Errors
/// When the store fails.
pub async fn directory_position(store: &dyn Store) -> Result<Seq, StoreError> {
    store.views().position(View::Directory).await
}

/// Clears a view that another release made, or that was made of another log, such as that before a restore.
async fn prepare(store: &dyn Store) -> Result<(), StoreError> {
    let views = store.views();
    let position = views.position(View::Directory).await?;
    if position == Seq(0) {
        return Ok(());
    }
    let mark = views.get(View::Directory, vec![keys::FORMAT.to_vec()]).await?.pop().flatten();
    let last = store.read_log(Seq(position.0 - 1), 1).await?.pop();
    if mark.is_none() || mark != last.map(|last| mark_of(&last)) {
        tracing::info!("the directory is made again from the log");
        views.clear(View::Directory).await?;
    }
    Ok(())
}

/// The format, and the statement at the view's position.
fn mark_of(last: &StoredStatement) -> Vec<u8> {
    [&[FORMAT_VERSION], last.id.0.as_bytes().as_slice(), &last.seq.0.to_be_bytes()].concat()
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// It went on; `is_full`: it found as many statements as a step takes.
    Made { is_full: bool },
    /// There was nothing to do.
    AtTheEnd,
}

/// One step. Another process may have made it meanwhile, which is as good.
async fn step_along(store: &dyn Store) -> Result<Progress, StoreError> {
    let views = store.views();
    let from = views.position(View::Directory).await?;
    let log = store.read_log(from, STEP_STATEMENTS_MAX).await?;
    let Some(last) = log.last() else { return Ok(Progress::AtTheEnd) };
    let (to, mark, is_full) = (last.seq, mark_of(last), log.len() >= STEP_STATEMENTS_MAX);
    let facts = read_facts(log).await?;
    let targets = find_targets(store, &facts).await?;
    let mut step = Step::load(&*views, &facts, &targets).await?;
    step.apply(&facts, &targets);
    let mut change = step.into_change(from, to);
    change.puts.push((keys::FORMAT.to_vec(), mark));
    views.change(View::Directory, change).await?;
    Ok(Progress::Made { is_full })
}

async fn read_facts(log: Vec<StoredStatement>) -> Result<Vec<Facts>, StoreError> {
    let reading = move || log.iter().map(Facts::read).collect();
    let read = tokio::task::spawn_blocking(reading).await;
    read.map_err(|error| StoreError::Internal { operation: "read statements", source: Box::new(error) })
}

/// The statements that these void, if they are in the log.
async fn find_targets(store: &dyn Store, log: &[Facts]) -> Result<Targets, StoreError> {
    let mut targets = Targets::new();
    for id in log.iter().filter_map(|facts| facts.voids) {
        if let Some(target) = store.find_statement(id, true).await? {
            targets.insert(id.0, Facts::read(&target));
        }
    }
    Ok(targets)
}

/// Follows the logs of all LRSs of a server until `stop`, each on one process at a time.
pub async fn follow_all_logs(
    registry: Arc<dyn lrs_store::Registry>,
    holder: lrs_store::LeaseHolder,
    stop: CancellationToken,
) {
    const LOOK_INTERVAL: Duration = Duration::from_secs(2);
    let mut followers = std::collections::BTreeMap::new();
    while !stop.is_cancelled() {
        match registry.list_lrss().await {
            Ok(lrss) => {
                followers.retain(|_, follower: &mut tokio::task::JoinHandle<()>| !follower.is_finished());
                for lrs in lrss {
                    followers.entry(lrs.name.clone()).or_insert_with(|| {
                        let (registry, stop) = (Arc::clone(&registry), stop.clone());
                        tokio::spawn(async move { follow_one(&*registry, &lrs.name, holder, &stop).await })
                    });
                }
            }
            Err(error) => tracing::debug!(%error, "cannot list the LRSs to follow"),
        }
        stop.run_until_cancelled(tokio::time::sleep(LOOK_INTERVAL)).await;
    }
    for (name, follower) in followers {
        if let Err(error) = follower.await {
            tracing::error!(lrs = %name, %error, "a follower ended badly");
        }
    }
}

async fn follow_one(
    registry: &dyn lrs_store::Registry,
    name: &lrs_store::LrsName,
    holder: lrs_store::LeaseHolder,
    stop: &CancellationToken,
) {
    match registry.open_lrs(name).await {
        Ok(store) => {
            let lease = format!("directory/{name}");
            crate::run_alone(registry, &lease, holder, stop, || follow_log(&*store, stop)).await;
        }
        Err(error) => tracing::debug!(lrs = %name, %error, "cannot open an LRS to follow"),
    }
}

/// Who voids a statement, as far as the log was followed.
pub(crate) async fn find_voiding(
    store: &dyn Store,
    id: xapi::StatementId,
) -> Result<Option<xapi::StatementId>, StoreError> {
    let found = store.views().get(View::Directory, vec![keys::voided(id.0)]).await?.pop().flatten();
    Ok(found.and_then(|bytes| uuid::Uuid::from_slice(&bytes).ok()).map(xapi::StatementId))
}
