//! The flight recorder: requests that were refused lately, with every violation, so that somebody can see why and send them again.
//!
//! A refusal is offered to a bounded queue and written by a task of its own; a request never waits for it, and one that finds the
//! queue full is counted and forgotten. What is kept is bounded in days and in bytes. Requests that were accepted never come here.

mod kept;
mod redaction;
mod replay;
mod room;
mod whole;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use lrs_store::{Clock, KeyId, Registry, RegistryError, Store, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use xapi::{Timestamp, Violation};

use crate::{IdSource, Said};

pub use kept::{RefusalFilter, RefusalId, RefusalItem, RefusalPage, find_refusal, list_refusals};
pub use replay::{ReplayError, Replayed, replay_refusal};
pub use room::prune_refusals;
pub(crate) use whole::{ListedRefusal, WholeRefusal, list_all, read_whole, remove_all_older, write_whole};

/// Refusals that wait to be written.
const QUEUE_MAX: usize = 256;
/// What they hold together: some of the longest bodies, or a burst of the usual ones.
const QUEUE_BYTES_MAX: usize = 16 << 20;

/// How often what has become too old is looked for, when nothing new pushes it out.
const PRUNE_INTERVAL: Duration = Duration::from_hours(1);

/// What is kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecorderOptions {
    /// Older refusals go.
    pub days: u32,
    /// Bytes that the refusals of one LRS take at most; the oldest go first.
    pub bytes_max: u64,
    /// Longer bodies are kept without their end.
    pub body_bytes_max: usize,
    /// Whether bodies, and what violations and paths quote of them, are kept.
    pub keep_bodies: bool,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        Self { days: 30, bytes_max: 64 << 20, body_bytes_max: 1 << 20, keep_bodies: true }
    }
}

/// A request of a key that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// With which key.
    pub key: KeyId,
    /// `POST`
    pub method: String,
    /// Path and query.
    pub path: String,
    /// `X-Experience-API-Version`
    pub version: String,
    /// `Content-Type`
    pub content_type: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Why.
    pub said: Said,
    /// Every broken rule.
    pub violations: Vec<Violation>,
    /// The body, if it was read whole.
    pub body: Option<Bytes>,
}

impl Refused {
    /// What it holds at least: the body up to its limit, and the texts of what was wrong.
    fn size_bytes(&self, body_bytes_max: usize) -> usize {
        let body = self.body.as_ref().map_or(0, |body| body.len().min(body_bytes_max));
        let violation = |it: &Violation| {
            size_of::<Violation>() + it.pointer.len() + it.rule.len() + it.expected.len() + it.found.len()
        };
        body + self.path.len() + self.said.size_bytes() + self.violations.iter().map(violation).sum::<usize>()
    }
}

/// What comes in.
enum Offer {
    Request(Arc<dyn Store>, Box<Refused>, OwnedSemaphorePermit),
    /// What was refused to somebody who names a key, before its secret was shown.
    Unproven(KeyId, u16, Said),
}

/// The way to the recorder. Cheap to clone.
#[derive(Clone)]
pub struct FlightRecorder {
    sender: mpsc::Sender<Offer>,
    room: Arc<Semaphore>,
    dropped: Arc<AtomicU64>,
    body_bytes_max: usize,
    keep_bodies: bool,
}

/// The recorder's other end, to be run.
pub struct RecorderTask {
    receiver: mpsc::Receiver<Offer>,
    options: RecorderOptions,
    registry: Arc<dyn Registry>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl FlightRecorder {
    /// A recorder, and its task.
    #[must_use]
    pub fn new(
        options: RecorderOptions,
        registry: Arc<dyn Registry>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> (Self, RecorderTask) {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let RecorderOptions { body_bytes_max, keep_bodies, .. } = options;
        let room = Arc::new(Semaphore::new(QUEUE_BYTES_MAX));
        let recorder = Self { sender, room, dropped: Arc::default(), body_bytes_max, keep_bodies };
        (recorder, RecorderTask { receiver, options, registry, clock, ids })
    }

    /// Keeps a refused request, if there is room in the queue. Never waits.
    pub fn offer(&self, store: &Arc<dyn Store>, mut refused: Refused) {
        redaction::remove_secrets(&mut refused);
        if !self.keep_bodies {
            redaction::remove_contents(&mut refused);
        }
        let size = refused.size_bytes(self.body_bytes_max);
        let permits = u32::try_from(size).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(permits) else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        };
        // A copy: a slice would keep all of a long body in memory, and the memory of bodies is counted until the answer only.
        refused.body = refused.body.map(|body| Bytes::copy_from_slice(&body[..body.len().min(self.body_bytes_max)]));
        self.send(Offer::Request(Arc::clone(store), Box::new(refused), room));
    }

    /// Counts what was refused, with this HTTP status, to somebody who names a key and has not shown its secret (yet), if there is room in
    /// the queue. Never waits. Only why a secret opens nothing is kept in words: of all else somebody unknown would choose them.
    pub fn offer_unproven(&self, key: &KeyId, status: u16, mut said: Said) {
        if status != 401 {
            said.values = None;
            said.message.clear();
        }
        self.send(Offer::Unproven(key.clone(), status, said));
    }

    /// Refusals that found the queue full, or could not be written, since the start.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn send(&self, offer: Offer) {
        if self.sender.try_send(offer).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl RecorderTask {
    /// Writes what comes until `stop`, then what has come already.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut looking = tokio::time::interval(PRUNE_INTERVAL);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                offer = self.receiver.recv() => match offer {
                    Some(offer) => self.keep(offer).await,
                    None => break,
                },
                _ = looking.tick() => self.prune_all().await,
            }
        }
        self.receiver.close();
        while let Some(offer) = self.receiver.recv().await {
            self.keep(offer).await;
        }
    }

    /// Removes what is too old in every LRS, also where nothing was refused since. What cannot be looked at now is looked at the next time.
    async fn prune_all(&self) {
        let lrss = match self.registry.list_lrss().await {
            Ok(lrss) => lrss,
            Err(error) => {
                return tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "old refused requests stay: no list of LRSs"
                );
            }
        };
        for lrs in lrss {
            let pruned = match self.registry.open_lrs(&lrs.name).await {
                Ok(store) => {
                    prune_refusals(&*store, &self.options, self.clock.now()).await.map_err(RegistryError::from)
                }
                Err(error) => Err(error),
            };
            if let Err(error) = pruned {
                tracing::warn!(lrs = %lrs.name, error = &error as &dyn std::error::Error, "old refused requests stay");
            }
        }
    }

    async fn keep(&self, offer: Offer) {
        let now = self.clock.now();
        let kept = match offer {
            Offer::Request(store, refused, _room) => self.keep_request(&*store, *refused, now).await,
            Offer::Unproven(key, status, said) => self.keep_unproven(key, status, said, now).await,
        };
        if let Err(error) = kept {
            tracing::warn!(error = &error as &dyn std::error::Error, "a refused request could not be kept");
        }
    }

    async fn keep_request(&self, store: &dyn Store, refused: Refused, now: Timestamp) -> Result<(), StoreError> {
        kept::keep(store, &self.options, refused, self.ids.uuid(), now).await
    }

    /// Credentials of an unknown key belong to no LRS, and are not kept.
    async fn keep_unproven(&self, id: KeyId, status: u16, said: Said, now: Timestamp) -> Result<(), StoreError> {
        let failed = |error| match error {
            lrs_store::RegistryError::Store(error) => error,
            error => StoreError::Internal { operation: "find a key's LRS", source: Box::new(error) },
        };
        let Some(key) = self.registry.find_key(&id).await.map_err(failed)? else { return Ok(()) };
        let store = self.registry.open_lrs(&key.key.lrs).await.map_err(failed)?;
        kept::count_unproven(&*store, &self.options, id, (status, said), now).await
    }
}
