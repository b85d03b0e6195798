//! The LRSs and keys of one database.
//!
//! Keys and the list of LRSs are held in memory, and read again when any process changed them (a counter in the database, looked at
//! ten times a second). A deleted LRS is gone from the list first; every process closes it when it notices.
//! No statement, document or attachment is touched here: that is [`PostgresStore`](crate::PostgresStore).

pub(crate) mod accounts;
pub(crate) mod control;
pub(crate) mod jobs;
mod lrss;
mod migrate;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use deadpool_postgres::Object;
use lrs_store::{
    Key, KeyChange, KeyId, LeaseAnswer, LeaseHolder, Lrs, LrsName, NewKey, Registry, RegistryError, Store, StoreError,
};
use tokio::task::JoinHandle;
use xapi::Timestamp;

use self::control::Snapshot;
use self::migrate::migrate;
use crate::attachments::orphans::remove_orphans;
use crate::connection::{Database, OpenError, Pools, drop_broken, read_again};
use crate::error::closed;
use crate::pooler::refuse_shared_sessions;
use crate::store::failed;
use crate::{Access, Options, Orphans, PostgresStore, Time, lease};

/// How often the database is asked for changes by another process.
const WATCH_INTERVAL: Duration = Duration::from_millis(100);
/// An answer from memory is at most so old. The watcher keeps it younger; when it is late, the request looks itself.
const FRESH_FOR: Duration = Duration::from_millis(200);

/// The LRSs and keys of one database.
pub struct PostgresRegistry {
    state: Arc<State>,
    watcher: Mutex<Option<JoinHandle<()>>>,
}

struct State {
    pools: Pools,
    options: Options,
    time: Time,
    snapshot: RwLock<(Arc<Snapshot>, Instant)>,
    /// Held while the snapshot is read, so that many late requests look once.
    reading: tokio::sync::Mutex<()>,
    open: RwLock<BTreeMap<LrsName, (i32, Arc<PostgresStore>)>>,
    /// Held while a store is opened or closed.
    lifecycle: tokio::sync::Mutex<()>,
}

impl PostgresRegistry {
    /// Connects, brings all schemas to the present version, and follows the list of LRSs and keys from then on. Of several
    /// processes that start at once, one changes the schemas. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// `Attachments` when their folder cannot be made, `RootCertificates` when the file of them cannot be used, `Newer`
    /// when a later release wrote the database, `Store` when it refuses or does not answer.
    pub async fn open(database: &Database, options: Options, time: Time) -> Result<Arc<Self>, OpenError> {
        Self::open_with_replicas(database, &[], options, time).await
    }

    /// The same; queries for statements go to these read replicas of the database as far as they have come.
    ///
    /// # Errors
    /// Those of [`PostgresRegistry::open`]. Whether a replica answers is not looked at yet.
    pub async fn open_with_replicas(
        database: &Database,
        replicas: &[Database],
        options: Options,
        time: Time,
    ) -> Result<Arc<Self>, OpenError> {
        let prepared = options.attachments.prepare().await;
        prepared.map_err(|(path, error)| OpenError::Attachments { path, reason: error.to_string() })?;
        let pools = Pools::open(database, replicas, &options)?;
        refuse_shared_sessions(&pools).await?;
        migrate(&pools).await?;
        let snapshot = read_snapshot(&pools).await?;
        let state = Arc::new(State {
            pools,
            options,
            time,
            snapshot: RwLock::new((Arc::new(snapshot), Instant::now())),
            reading: tokio::sync::Mutex::default(),
            open: RwLock::default(),
            lifecycle: tokio::sync::Mutex::default(),
        });
        let watcher = tokio::spawn(watch(Arc::clone(&state)));
        Ok(Arc::new(Self { state, watcher: Mutex::new(Some(watcher)) }))
    }
}

impl PostgresRegistry {
    /// How many connections servers have that may write to this database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_servers(&self) -> Result<u64, StoreError> {
        const OPERATION: &str = "look for servers";
        let connection = self.state.pools.reader(OPERATION).await?;
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1";
        let name = Access::Write.application_name();
        let row = connection.query_one(sql, &[&name]).await.map_err(failed(OPERATION))?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }
}

impl PostgresRegistry {
    /// Removes attachments that no statement names, as a server leaves them that dies before a commit, in each LRS: those that an
    /// earlier call has marked at least `age` ago. Marks those that are as old `now` (the clock of the place of attachments), for a later
    /// call. Safe beside servers that write if no request of theirs takes as long as `age`.
    ///
    /// # Errors
    /// When the database or the place of attachments does not answer, or another database's attachments are there. What was
    /// removed until then stays so.
    pub async fn remove_orphans(
        &self,
        now: Timestamp,
        age: Duration,
    ) -> Result<Vec<(LrsName, Orphans)>, RegistryError> {
        let mut removed = Vec::new();
        for Lrs { name, .. } in self.list_lrss().await? {
            let store = self.state.open_lrs(&name).await?;
            removed.push((name, remove_orphans(&store.shared, now, age).await?));
        }
        Ok(removed)
    }
}

async fn read_snapshot(pools: &Pools) -> Result<Snapshot, StoreError> {
    read_again(|| async {
        let connection = pools.reader("read the LRSs and keys").await?;
        let read = control::read_snapshot(&connection).await;
        drop_broken(connection, &read);
        read
    })
    .await
}

/// Notices what other processes change, until it is stopped.
async fn watch(state: Arc<State>) {
    let mut interval = tokio::time::interval(WATCH_INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        interval.tick().await;
        let outcome = state.refresh().await;
        state.close_deleted().await;
        // Said once, not ten times a second; requests meet the same error and answer it.
        if let (Err(error), false) = (&outcome, failing) {
            tracing::error!(error = error as &dyn std::error::Error, "cannot follow the list of LRSs and keys");
        }
        failing = outcome.is_err();
    }
}

impl State {
    /// A connection for a change that someone asked for.
    async fn writer(&self, operation: &'static str) -> Result<Object, StoreError> {
        self.options.check_writable()?;
        self.pools.writer(operation).await
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner).0)
    }

    fn age(&self) -> Duration {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).1.elapsed()
    }

    /// Makes the snapshot fresh if it is not.
    async fn freshen(&self) -> Result<(), StoreError> {
        if self.age() < FRESH_FOR { Ok(()) } else { self.refresh().await }
    }

    /// Reads LRSs and keys again if any process changed them.
    async fn refresh(&self) -> Result<(), StoreError> {
        self.refresh_if_older(FRESH_FOR / 4).await
    }

    async fn refresh_if_older(&self, age: Duration) -> Result<(), StoreError> {
        let _reading = self.reading.lock().await;
        if self.age() < age {
            return Ok(());
        }
        let looked = Instant::now();
        let known = self.snapshot();
        let change = read_again(|| async {
            let connection = self.pools.reader("read the keys").await?;
            let read = control::read_change(&connection).await;
            drop_broken(connection, &read);
            read
        })
        .await?;
        let snapshot = if change == known.change { known } else { Arc::new(read_snapshot(&self.pools).await?) };
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = (snapshot, looked);
        Ok(())
    }

    /// Shows a change of this process to everybody in it.
    async fn read_own_change(&self) -> Result<(), StoreError> {
        let _reading = self.reading.lock().await;
        let looked = Instant::now();
        let snapshot = read_snapshot(&self.pools).await?;
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = (Arc::new(snapshot), looked);
        Ok(())
    }

    fn find_open(&self, name: &LrsName) -> Option<Arc<PostgresStore>> {
        let (number, store) = self.open.read().unwrap_or_else(PoisonError::into_inner).get(name)?.clone();
        self.snapshot().lrss.get(name).is_some_and(|lrs| lrs.number == number).then_some(store)
    }

    /// Closes stores whose LRS was deleted.
    async fn close_deleted(&self) {
        let snapshot = self.snapshot();
        let is_gone = |name: &LrsName, number: i32| snapshot.lrss.get(name).is_none_or(|lrs| lrs.number != number);
        let gone: Vec<Arc<PostgresStore>> = {
            let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
            let names: Vec<LrsName> = open
                .iter()
                .filter(|(name, (number, _))| is_gone(name, *number))
                .map(|(name, _)| name.clone())
                .collect();
            names.iter().filter_map(|name| open.remove(name)).map(|(_, store)| store).collect()
        };
        for store in gone {
            store.close().await;
        }
    }

    /// A change of a key is done: the key as it is then.
    async fn changed_key(&self, id: &KeyId) -> Result<Key, RegistryError> {
        self.read_own_change().await?;
        self.snapshot().key(id).cloned().ok_or_else(|| RegistryError::NoSuchKey(id.clone()))
    }
}

#[async_trait]
impl Registry for PostgresRegistry {
    async fn create_lrs(&self, name: &LrsName) -> Result<Lrs, RegistryError> {
        self.state.create_lrs(name, self.state.time.micros()).await
    }

    async fn list_lrss(&self) -> Result<Vec<Lrs>, RegistryError> {
        self.state.freshen().await?;
        let snapshot = self.state.snapshot();
        Ok(snapshot.lrss.iter().map(|(name, lrs)| Lrs { name: name.clone(), created: lrs.created }).collect())
    }

    async fn delete_lrs(&self, name: &LrsName) -> Result<(), RegistryError> {
        self.state.delete_lrs(name).await
    }

    async fn open_lrs(&self, name: &LrsName) -> Result<Arc<dyn Store>, RegistryError> {
        if let Some(store) = self.state.find_open(name) {
            return Ok(store);
        }
        Ok(self.state.open_lrs(name).await?)
    }

    async fn open_lrss(&self) -> Vec<(LrsName, Arc<dyn Store>)> {
        let open = self.state.open.read().unwrap_or_else(PoisonError::into_inner);
        open.iter().map(|(name, (_, store))| (name.clone(), Arc::clone(store) as Arc<dyn Store>)).collect()
    }

    async fn create_key(&self, key: NewKey) -> Result<Key, RegistryError> {
        const OPERATION: &str = "create a key";
        let connection = self.state.writer(OPERATION).await?;
        let inserted = control::insert_key(&**connection, &key, self.state.time.micros()).await;
        drop(connection);
        match inserted {
            Ok(true) => {}
            Ok(false) => return Err(RegistryError::NoSuchLrs(key.lrs)),
            Err(error) if error.code() == Some(&tokio_postgres::error::SqlState::UNIQUE_VIOLATION) => {
                return Err(RegistryError::KeyExists(key.id));
            }
            Err(error) => return Err(failed(OPERATION)(error).into()),
        }
        self.state.read_own_change().await?;
        self.state.snapshot().key(&key.id).cloned().ok_or(RegistryError::NoSuchKey(key.id))
    }

    async fn restore_lrs(&self, lrs: &Lrs) -> Result<(), RegistryError> {
        match self.state.create_lrs(&lrs.name, Some(lrs.created.0)).await {
            Err(RegistryError::LrsExists(_)) => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    async fn restore_key(&self, key: &Key) -> Result<(), RegistryError> {
        const OPERATION: &str = "restore a key";
        let connection = self.state.writer(OPERATION).await?;
        let written = control::restore_key(&connection, key).await.map_err(failed(OPERATION))?;
        drop(connection);
        self.state.read_own_change().await?;
        let lrs = &key.key.lrs;
        match written {
            true => Ok(()),
            false if self.state.snapshot().lrss.contains_key(lrs) => Err(RegistryError::KeyExists(key.key.id.clone())),
            false => Err(RegistryError::NoSuchLrs(lrs.clone())),
        }
    }

    async fn list_keys(&self, lrs: Option<&LrsName>) -> Result<Vec<Key>, RegistryError> {
        self.state.freshen().await?;
        let snapshot = self.state.snapshot();
        let wanted = |key: &&Key| lrs.is_none_or(|name| key.key.lrs == *name);
        Ok(snapshot.keys.iter().filter(wanted).cloned().collect())
    }

    async fn find_key(&self, id: &KeyId) -> Result<Option<Key>, RegistryError> {
        self.state.freshen().await?;
        Ok(self.state.snapshot().key(id).cloned())
    }

    async fn find_key_now(&self, id: &KeyId) -> Result<Option<Key>, RegistryError> {
        self.state.refresh_if_older(Duration::ZERO).await?;
        Ok(self.state.snapshot().key(id).cloned())
    }

    async fn change_key(&self, id: &KeyId, change: KeyChange) -> Result<Key, RegistryError> {
        const OPERATION: &str = "change a key";
        let connection = self.state.writer(OPERATION).await?;
        control::update_key(&**connection, id, &change).await.map_err(failed(OPERATION))?;
        self.state.changed_key(id).await
    }

    async fn revoke_key(&self, id: &KeyId) -> Result<Key, RegistryError> {
        const OPERATION: &str = "revoke a key";
        let connection = self.state.writer(OPERATION).await?;
        control::revoke_key(&**connection, id, self.state.time.micros()).await.map_err(failed(OPERATION))?;
        self.state.changed_key(id).await
    }

    async fn take_lease(&self, name: &str, holder: LeaseHolder) -> Result<LeaseAnswer, StoreError> {
        let answer = lease::take_lease(&self.state.pools, self.state.time.micros(), name, holder).await?;
        if answer == LeaseAnswer::Held {
            // What the holder before this one did counts, not what was read a moment ago.
            self.state.read_own_change().await?;
        }
        Ok(answer)
    }

    async fn release_lease(&self, name: &str, holder: LeaseHolder) -> Result<(), StoreError> {
        lease::release_lease(&self.state.pools, name, holder).await
    }

    async fn close(&self) {
        let watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(watcher) = watcher {
            watcher.abort();
            if let Err(error) = watcher.await
                && error.is_panic()
            {
                tracing::error!(%error, "the task that follows the list of LRSs and keys had panicked");
            }
        }
        let _lifecycle = self.state.lifecycle.lock().await;
        let open = std::mem::take(&mut *self.state.open.write().unwrap_or_else(PoisonError::into_inner));
        for (_, store) in open.into_values() {
            store.close().await;
        }
        self.state.pools.close();
        tracing::debug!(reason = %closed(), "closed the connections to the database");
    }
}

impl Drop for PostgresRegistry {
    fn drop(&mut self) {
        if let Some(watcher) = self.watcher.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            watcher.abort();
        }
    }
}
