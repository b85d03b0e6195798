//! The directory of an LRS: who is in it, what they did in which activities, and which words stand in which statement.
//!
//! A follower of the log: a function of the log and a position that is kept with what was made of it, so that it can be stopped,
//! begun anew, and moved to another process. It is never ahead of the log and never part of recording.

mod facts;
pub(crate) mod keys;
mod postings;
mod records;
mod search;
mod step;

use std::sync::Arc;
use std::time::{Duration, Instant};

use lrs_store::{Seq, Store, StoreError, StoredStatement, View};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use self::facts::Facts;
use self::step::{Step, Targets};
use crate::text::KnownTexts;

pub(crate) use self::facts::Facts as StatementFacts;
pub(crate) use self::facts::{ResultFact, read_result};
pub(crate) use self::keys::{Hash, ROOT, after_prefix, hash, key_hash};
pub use self::records::StudyState;
pub(crate) use self::records::{ActivityRecord, AgentRecord, StudyRecord, read_record, read_records};
pub(crate) use self::search::{Condition, Search, conditions_of};
pub(crate) use self::step::identifier_text;

/// The format of the view. Another one is made again from the log.
const FORMAT_VERSION: u8 = 2;
/// Statements that are read at once: some milliseconds of work, and a part of a block.
const PIECE_STATEMENTS_MAX: u64 = keys::BLOCK / 2;
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

/// A step that takes longer was starved: others keep all processors busy.
const STARVED_AFTER: Duration = Duration::from_secs(1);
/// After such a step, further ones insist on their share for so long.
const INSISTS_FOR: Duration = Duration::from_mins(5);

/// Threads for the steps of followers, which take what others leave.
#[derive(Debug, Clone)]
pub struct FollowerThreads {
    /// They give up a processor at once to whoever wants it, and get next to nothing where all processors are always busy.
    pub yielding: Handle,
    /// They get a share of the processors then, too.
    pub insisting: Handle,
}

/// Follows the log of an LRS until `stop`, and leaves the processors to those who write and read: steps run on threads that yield, for
/// a while on those that insist when a step was starved.
pub async fn follow_log(store: &Arc<dyn Store>, threads: &FollowerThreads, stop: &CancellationToken) {
    let mut end = store.watch_log();
    let mut follower = Follower::default();
    let mut failing = false;
    let mut insists_until = None;
    while !stop.is_cancelled() {
        end.borrow_and_update();
        let began = Instant::now();
        let insists = insists_until.is_some_and(|until| began < until);
        let steps_on = if insists { &threads.insisting } else { &threads.yielding };
        let store = Arc::clone(store);
        let taken = steps_on.spawn(async move {
            let outcome = follower.go_on(&*store).await;
            (follower, outcome)
        });
        // Whoever loses the lease drops this, and the step with it.
        let outcome = match stop.run_until_cancelled(AbortOnDropHandle::new(taken)).await {
            Some(Ok((after, outcome))) => {
                follower = after;
                outcome
            }
            Some(Err(error)) => return tracing::error!(%error, "a follower ended badly"),
            None => return,
        };
        let took = began.elapsed();
        let is_starved = !insists && took > STARVED_AFTER;
        if is_starved {
            insists_until = Some(Instant::now() + INSISTS_FOR);
        }
        match outcome {
            Ok(Progress::Made { is_behind }) => {
                failing = false;
                let is_written = end.has_changed().unwrap_or(false);
                let rest = took * if is_written { REST_BESIDE_WRITERS } else { REST_ALONE };
                let rest = if is_starved { Duration::ZERO } else { rest };
                let rest = if is_behind { rest } else { rest.max(REST_AT_THE_END) };
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
    let mut follower = Follower::default();
    while follower.go_on(store).await? != Progress::AtTheEnd {}
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

/// What became of a part of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// It went on; `is_behind`: there is much more to follow.
    Made { is_behind: bool },
    /// There was nothing to do.
    AtTheEnd,
}

/// One who follows a log, and what it has gathered of it.
#[derive(Default)]
struct Follower {
    is_prepared: bool,
    /// Not written yet, since there is more to come; and the mark of its last statement.
    gathered: Option<(Step, Vec<u8>)>,
    texts: KnownTexts,
}

impl Follower {
    /// Goes on by a piece of the log. Far behind its end, pieces are gathered and written together. After an error, what was
    /// gathered is read again.
    async fn go_on(&mut self, store: &dyn Store) -> Result<Progress, StoreError> {
        if !self.is_prepared {
            prepare(store).await?;
            self.is_prepared = true;
        }
        let views = store.views();
        let (mut step, mut mark) = match self.gathered.take() {
            Some(gathered) => gathered,
            None => (Step::behind(views.position(View::Directory).await?), Vec::new()),
        };
        let log = store.read_log(step.position(), piece_limit(step.position())).await?;
        let end = *store.watch_log().borrow();
        let mut is_behind = false;
        if let Some(last) = log.last() {
            is_behind = end.0.saturating_sub(last.seq.0) >= PIECE_STATEMENTS_MAX;
            mark = mark_of(last);
            let facts = self.read_facts(log).await?;
            let targets = find_targets(store, &facts).await?;
            step.load(&*views, &facts, &targets).await?;
            step.apply(&facts, &targets, &mut self.texts);
        }
        if step.is_empty() {
            return Ok(Progress::AtTheEnd);
        }
        if is_behind && !step.is_full() {
            self.gathered = Some((step, mark));
            return Ok(Progress::Made { is_behind });
        }
        let mut change = step.into_change();
        change.puts.push((keys::FORMAT.to_vec(), mark));
        // Another process may have been here meanwhile, which is as good.
        views.change(View::Directory, change).await?;
        Ok(Progress::Made { is_behind })
    }

    async fn read_facts(&mut self, log: Vec<StoredStatement>) -> Result<Vec<Facts>, StoreError> {
        let mut texts = std::mem::take(&mut self.texts);
        let reading = move || {
            let facts: Vec<Facts> = log.iter().map(|stored| Facts::read_with(stored, &mut texts)).collect();
            (facts, texts)
        };
        let read = tokio::task::spawn_blocking(reading).await;
        let (facts, texts) =
            read.map_err(|error| StoreError::Internal { operation: "read statements", source: Box::new(error) })?;
        self.texts = texts;
        Ok(facts)
    }
}

/// So many statements that pieces end where blocks do.
fn piece_limit(behind: Seq) -> usize {
    let limit = PIECE_STATEMENTS_MAX - (behind.0 + 1) % PIECE_STATEMENTS_MAX;
    usize::try_from(limit).expect("a part of a block")
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

/// Follows the logs of all LRSs of a server until `stop`, each on one process at a time. The steps run on `threads`; what keeps the
/// leases does not, so that a busy processor never costs one.
pub async fn follow_all_logs(
    registry: Arc<dyn lrs_store::Registry>,
    holder: lrs_store::LeaseHolder,
    threads: FollowerThreads,
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
                        let (registry, threads, stop) = (Arc::clone(&registry), threads.clone(), stop.clone());
                        tokio::spawn(async move { follow_one(&*registry, &lrs.name, holder, &threads, &stop).await })
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
    threads: &FollowerThreads,
    stop: &CancellationToken,
) {
    match registry.open_lrs(name).await {
        Ok(store) => {
            let lease = format!("directory/{name}");
            let follow = || follow_log(&store, threads, stop);
            crate::run_alone(registry, &lease, holder, stop, follow).await;
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
