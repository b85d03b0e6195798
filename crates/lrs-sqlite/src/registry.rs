//! The LRSs and keys of one data folder.
//!
//! Keys and the list of LRSs are held in memory, and read again when another process changed them (`PRAGMA data_version`,
//! looked at ten times a second). A deleted LRS is marked first; the process that holds the folder's lock closes it
//! and removes its files when it notices, so that a command beside a running server deletes safely.
//! No statement, document or attachment is touched here: that is [`SqliteStore`](crate::SqliteStore).

mod accounts;
pub(crate) mod control;
pub(crate) mod folder;
mod jobs;
mod state;

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use lrs_store::{
    Clock, Key, KeyChange, KeyId, LEASE_DURATION, LeaseAnswer, LeaseHolder, Lrs, LrsName, NewKey, Registry,
    RegistryError, Store, StoreError,
};
use xapi::Timestamp;

use folder::DataFolder;
pub use folder::OpenError;
use state::State;

use crate::lock::{DataLock, Holder, LockError, Purpose};
use crate::{Access, Options};

/// How often the control database is looked at for changes by another process.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);
/// A command that tidies up holds the lock for moments only; opening tries again so often before it gives up.
const LOCK_TRIES_MAX: u32 = 30;
const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// What a process opens a data folder for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `lyceum serve`: has the folder for itself, opens LRSs.
    Server,
    /// Commands beside a running server or without one, which change LRSs and keys, and read statements and documents as they
    /// were when they opened their LRS.
    Tool,
    /// A command that works on LRSs while no server runs, such as a local import: has the folder for itself.
    Offline,
}

/// The LRSs and keys of one data folder.
pub struct SqliteRegistry {
    state: Arc<State>,
    mode: Mode,
    watcher: Mutex<Option<Watcher>>,
    clock: Arc<dyn Clock>,
    /// Who has a lease and when it expires. In memory, since one process has the folder, and its leases end with it.
    leases: Mutex<HashMap<String, (LeaseHolder, Timestamp)>>,
}

/// The thread that notices what other processes change.
struct Watcher {
    stop: Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl SqliteRegistry {
    /// Opens a data folder, and makes it when it is missing or empty. `options` are those of every store that it opens.
    ///
    /// Blocks for a moment; must be called inside a Tokio runtime, which later runs the closing of stores.
    ///
    /// # Errors
    /// `Locked` when another process has it (never for a tool), `NotADataFolder` when it holds other files, `Newer`
    /// when a later release wrote it, `Damaged` when the control database is, `Permission` or `Io` when a file cannot
    /// be used.
    pub fn open(folder: &Path, mode: Mode, options: Options, clock: Arc<dyn Clock>) -> Result<Arc<Self>, OpenError> {
        let folder = DataFolder::prepare(folder)?;
        let options = if mode == Mode::Tool { Options { access: Access::Beside, ..options } } else { options };
        let lock = match mode {
            Mode::Server if options.access == Access::Read => Some(take_lock(&folder, Purpose::Read)?),
            Mode::Server => Some(take_lock(&folder, Purpose::Serve)?),
            Mode::Offline => Some(take_lock(&folder, Purpose::Command)?),
            Mode::Tool => None,
        };
        Self::open_with(folder, lock, mode, options, clock)
    }

    /// Opens a data folder to read all of it as it is now. Nobody can write to it until this registry is closed, unless a server
    /// has the folder already: then that one is told, if it may write.
    ///
    /// # Errors
    /// Those of [`SqliteRegistry::open`] but `Locked`.
    pub fn open_to_copy(folder: &Path, clock: Arc<dyn Clock>) -> Result<(Arc<Self>, Option<Holder>), OpenError> {
        let folder = DataFolder::prepare(folder)?;
        let (lock, holder) = match take_lock(&folder, Purpose::Command) {
            Ok(lock) => (Some(lock), None),
            Err(OpenError::Locked { holder, .. }) => (None, Some(holder)),
            Err(error) => return Err(error),
        };
        let options = Options { access: Access::Beside, ..Options::default() };
        let registry = Self::open_with(folder, lock, Mode::Tool, options, clock)?;
        Ok((registry, holder.filter(|holder| !holder.only_reads)))
    }

    fn open_with(
        folder: DataFolder,
        lock: Option<DataLock>,
        mode: Mode,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, OpenError> {
        let state = Arc::new(State::open(folder, lock, options, Arc::clone(&clock))?);
        let watcher = match mode {
            Mode::Server | Mode::Offline => Some(Watcher::start(Arc::clone(&state))),
            Mode::Tool => None,
        };
        Ok(Arc::new(Self { state, mode, watcher: Mutex::new(watcher), clock, leases: Mutex::default() }))
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.state.folder.root()
    }

    /// Runs a blocking piece of work on the state, on a thread that may block.
    pub(crate) async fn run<T, F>(&self, operation: &'static str, work: F) -> Result<T, RegistryError>
    where
        T: Send + 'static,
        F: FnOnce(&State) -> Result<T, RegistryError> + Send + 'static,
    {
        let state = Arc::clone(&self.state);
        tokio::task::spawn_blocking(move || work(&state))
            .await
            .map_err(|error| StoreError::Internal { operation, source: Box::new(error) })?
    }

    /// Makes the snapshot fresh if it is not.
    async fn refresh(&self) -> Result<(), RegistryError> {
        if self.state.is_fresh() {
            return Ok(());
        }
        self.run("read the keys", State::refresh).await
    }
}

/// Takes the lock of a data folder; waits for who tidies up a moment only.
pub(crate) fn take_lock(folder: &DataFolder, purpose: Purpose) -> Result<DataLock, OpenError> {
    for _ in 0..LOCK_TRIES_MAX {
        match DataLock::take(folder.root(), purpose) {
            Err(LockError::Held(holder)) if holder.passing => std::thread::sleep(LOCK_RETRY_INTERVAL),
            outcome => return outcome.map_err(|error| OpenError::from_lock(folder.root(), error)),
        }
    }
    DataLock::take(folder.root(), purpose).map_err(|error| OpenError::from_lock(folder.root(), error))
}

impl Watcher {
    fn start(state: Arc<State>) -> Self {
        let (stop, stopped) = channel();
        let watch = move || {
            let mut failing = false;
            while stopped.recv_timeout(WATCH_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let outcome = state.refresh().and_then(|()| state.remove_deleted());
                // Said once, not ten times a second; requests meet the same error and answer it.
                if let (Err(error), false) = (&outcome, failing) {
                    tracing::error!(error = error as &dyn std::error::Error, "cannot follow the list of LRSs and keys");
                }
                failing = outcome.is_err();
            }
        };
        Self { stop, thread: std::thread::spawn(watch) }
    }

    fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the thread that follows the list of LRSs and keys had panicked");
        }
    }
}

#[async_trait]
impl Registry for SqliteRegistry {
    async fn create_lrs(&self, name: &LrsName) -> Result<Lrs, RegistryError> {
        let name = name.clone();
        self.run("create an LRS", move |state| state.create_lrs(&name)).await
    }

    async fn list_lrss(&self) -> Result<Vec<Lrs>, RegistryError> {
        self.refresh().await?;
        let snapshot = self.state.snapshot();
        Ok(snapshot.lrss.iter().map(|(name, &created)| Lrs { name: name.clone(), created }).collect())
    }

    async fn delete_lrs(&self, name: &LrsName) -> Result<(), RegistryError> {
        let name = name.clone();
        self.run("delete an LRS", move |state| state.delete_lrs(&name)).await
    }

    async fn open_lrs(&self, name: &LrsName) -> Result<Arc<dyn Store>, RegistryError> {
        if let Some(store) = self.state.find_open(name) {
            return Ok(store);
        }
        let name = name.clone();
        self.run("open an LRS", move |state| state.open_lrs(&name)).await
    }

    async fn open_lrss(&self) -> Vec<(LrsName, Arc<dyn Store>)> {
        self.state.list_open()
    }

    async fn create_key(&self, key: NewKey) -> Result<Key, RegistryError> {
        self.run("create a key", move |state| state.create_key(&key)).await
    }

    async fn restore_lrs(&self, lrs: &Lrs) -> Result<(), RegistryError> {
        let lrs = lrs.clone();
        self.run("restore an LRS", move |state| state.restore_lrs(&lrs)).await
    }

    async fn restore_key(&self, key: &Key) -> Result<(), RegistryError> {
        let key = key.clone();
        self.run("restore a key", move |state| state.restore_key(&key)).await
    }

    async fn list_keys(&self, lrs: Option<&LrsName>) -> Result<Vec<Key>, RegistryError> {
        self.refresh().await?;
        let snapshot = self.state.snapshot();
        let wanted = |key: &&Key| lrs.is_none_or(|name| key.key.lrs == *name);
        Ok(snapshot.keys.iter().filter(wanted).cloned().collect())
    }

    async fn find_key(&self, id: &KeyId) -> Result<Option<Key>, RegistryError> {
        self.refresh().await?;
        Ok(self.state.snapshot().key(id).cloned())
    }

    async fn find_key_now(&self, id: &KeyId) -> Result<Option<Key>, RegistryError> {
        self.run("read the keys", State::look_again).await?;
        Ok(self.state.snapshot().key(id).cloned())
    }

    async fn change_key(&self, id: &KeyId, change: KeyChange) -> Result<Key, RegistryError> {
        let id = id.clone();
        self.run("change a key", move |state| state.change_key(&id, &change)).await
    }

    async fn revoke_key(&self, id: &KeyId) -> Result<Key, RegistryError> {
        let id = id.clone();
        self.run("revoke a key", move |state| state.revoke_key(&id)).await
    }

    async fn take_lease(&self, name: &str, holder: LeaseHolder) -> Result<LeaseAnswer, StoreError> {
        if self.mode == Mode::Tool {
            // The folder may have a server, whose work it then is.
            return Ok(LeaseAnswer::HeldElsewhere);
        }
        let duration = i64::try_from(LEASE_DURATION.as_micros()).expect("it is seconds");
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        match leases.get(name) {
            Some((other, expires)) if *other != holder && now < *expires => Ok(LeaseAnswer::HeldElsewhere),
            _ => {
                leases.insert(name.to_owned(), (holder, Timestamp(now.0 + duration)));
                Ok(LeaseAnswer::Held)
            }
        }
    }

    async fn release_lease(&self, name: &str, holder: LeaseHolder) -> Result<(), StoreError> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        if leases.get(name).is_some_and(|(other, _)| *other == holder) {
            leases.remove(name);
        }
        Ok(())
    }

    async fn close(&self) {
        let watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        let closing = self.run("close the LRSs", move |state| {
            watcher.into_iter().for_each(Watcher::stop);
            state.close();
            Ok(())
        });
        if let Err(error) = closing.await {
            tracing::error!(error = &error as &dyn std::error::Error, "could not close the LRSs in order");
        }
    }
}

impl Drop for SqliteRegistry {
    fn drop(&mut self) {
        // Without `close` the watcher still ends: its channel does. It is not waited for, since a drop must not block.
        drop(self.watcher.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }
}
