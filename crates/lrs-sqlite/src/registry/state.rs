//! The blocking half of the registry: control database, snapshot and open stores. Runs on threads that may block.

mod keys;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use lrs_store::{AccountChange, AccountError, Clock, Lrs, LrsName, NewAuditEntry, RegistryError, Store, StoreError};
use rusqlite::Connection;
use tokio::runtime::Handle;

use super::accounts;
use super::control::{self, NameUse, Snapshot};
use super::folder::{DataFolder, OpenError, make_file, make_folder, sync_folder};
use crate::connection::open_reader;
use crate::error::{closed, corrupt, reads_only, store_error, unavailable};
use crate::lock::{DataLock, LockError, Purpose};
use crate::{Access, Options, SqliteStore, schema};

/// An answer from memory is at most so old. The watcher keeps it younger; when it is late, the request looks itself.
const FRESH_FOR: Duration = Duration::from_millis(200);
/// How long the creation of an LRS waits for the server to remove the deleted one of the same name.
const LEAVING_WAIT_MAX: Duration = Duration::from_secs(30);
const LEAVING_RETRY_INTERVAL: Duration = Duration::from_millis(50);

pub(crate) struct State {
    pub(crate) folder: DataFolder,
    options: Options,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    /// Held while a store is opened, or closed and removed: long work, which must not hold up the reading of keys. Taken
    /// before `control`.
    lifecycle: Mutex<()>,
    /// `None` once closed.
    control: Mutex<Option<Control>>,
    snapshot: RwLock<(Arc<Snapshot>, Instant)>,
    open: RwLock<BTreeMap<LrsName, Arc<dyn Store>>>,
}

struct Control {
    connection: Connection,
    /// What `PRAGMA data_version` said when the snapshot was read.
    data_version: i64,
    lock: Option<DataLock>,
}

/// Who may remove files of LRSs.
enum Right {
    /// This process: it holds the folder's lock all the time.
    Own,
    /// This process, while it holds the lock for a moment.
    Moment(#[expect(dead_code, reason = "it is held, and let go by dropping")] DataLock),
    /// Another process, which does the work when it notices.
    Elsewhere,
}

impl State {
    pub(crate) fn open(
        folder: DataFolder,
        lock: Option<DataLock>,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let path = folder.control();
        let mut connection = control::open(&path)?;
        let failed = |error| OpenError::from_sqlite(&path, error);
        let data_version = control::pragma(&connection, "data_version").map_err(failed)?;
        let snapshot = control::read_snapshot(&mut connection).map_err(failed)?;
        Ok(Self {
            folder,
            options,
            clock,
            runtime: Handle::current(),
            lifecycle: Mutex::default(),
            control: Mutex::new(Some(Control { connection, data_version, lock })),
            snapshot: RwLock::new((Arc::new(snapshot), Instant::now())),
            open: RwLock::default(),
        })
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner).0)
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).1.elapsed() < FRESH_FOR
    }

    /// The open store of an LRS that is not deleted.
    pub(crate) fn find_open(&self, name: &LrsName) -> Option<Arc<dyn Store>> {
        let store = Arc::clone(self.open.read().unwrap_or_else(PoisonError::into_inner).get(name)?);
        self.snapshot().lrss.contains_key(name).then_some(store)
    }

    pub(crate) fn list_open(&self) -> Vec<(LrsName, Arc<dyn Store>)> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.iter().map(|(name, store)| (name.clone(), Arc::clone(store))).collect()
    }

    /// Reads the control database again if another process changed it.
    pub(crate) fn refresh(&self) -> Result<(), RegistryError> {
        self.look(true)
    }

    /// The same, however short ago the last look was.
    pub(crate) fn look_again(&self) -> Result<(), RegistryError> {
        self.look(false)
    }

    fn look(&self, fresh_is_enough: bool) -> Result<(), RegistryError> {
        let mut guard = self.control();
        let control = guard.as_mut().ok_or_else(closed)?;
        if fresh_is_enough && self.is_fresh_since_lock() {
            return Ok(());
        }
        let looked = Instant::now();
        let version =
            control::pragma(&control.connection, "data_version").map_err(|e| store_error("read the keys", e))?;
        if version == control.data_version {
            self.snapshot.write().unwrap_or_else(PoisonError::into_inner).1 = looked;
            return Ok(());
        }
        // First the version, then the content: a change in between is read now, and once more the next time.
        self.read_again(control, looked)?;
        control.data_version = version;
        Ok(())
    }

    /// Many requests may have waited for the lock; one look serves them all.
    fn is_fresh_since_lock(&self) -> bool {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).1.elapsed() < FRESH_FOR / 4
    }

    fn read_again(&self, control: &mut Control, looked: Instant) -> Result<(), RegistryError> {
        let snapshot =
            control::read_snapshot(&mut control.connection).map_err(|e| store_error("read the LRSs and keys", e))?;
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = (Arc::new(snapshot), looked);
        Ok(())
    }

    /// Runs a change on the control database, and shows it to everybody in this process.
    fn change<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, RegistryError>) -> Result<T, RegistryError> {
        if self.options.access == Access::Read {
            return Err(reads_only().into());
        }
        let mut guard = self.control();
        let control = guard.as_mut().ok_or_else(closed)?;
        let done = work(&mut control.connection)?;
        self.read_again(control, Instant::now())?;
        Ok(done)
    }

    /// Does all of a change to accounts and keys in one transaction, or nothing.
    pub(crate) fn change_accounts(
        &self,
        changes: &[AccountChange],
        entry: Option<&NewAuditEntry>,
    ) -> Result<(), AccountError> {
        if self.options.access == Access::Read && !changes.iter().all(AccountChange::is_about_sessions) {
            return Err(reads_only().into());
        }
        let mut guard = self.control();
        let control = guard.as_mut().ok_or_else(closed)?;
        let failed = |error| store_error("change an account", error);
        let transaction =
            control.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
        accounts::change(&transaction, changes, entry)?;
        transaction.commit().map_err(failed)?;
        self.read_again(control, Instant::now()).map_err(|error| match error {
            RegistryError::Store(error) => error,
            error => StoreError::Internal { operation: "read the keys", source: Box::new(error) },
        })?;
        Ok(())
    }

    /// Reads from the control database, or writes what is in no snapshot.
    pub(crate) fn with_connection<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut guard = self.control();
        let control = guard.as_mut().ok_or_else(closed)?;
        work(&mut control.connection).map_err(|error| store_error(operation, error))
    }

    /// Changes what is in no snapshot, in one transaction, or nothing.
    pub(crate) fn change_rows<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        if self.options.access == Access::Read {
            return Err(reads_only());
        }
        self.with_connection(operation, |connection| {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
    }

    fn lifecycle(&self) -> MutexGuard<'_, ()> {
        self.lifecycle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn control(&self) -> MutexGuard<'_, Option<Control>> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn create_lrs(&self, name: &LrsName) -> Result<Lrs, RegistryError> {
        self.create_lrs_at(name, || self.clock.now())
    }

    /// An LRS that is there already stays as it is.
    pub(crate) fn restore_lrs(&self, lrs: &Lrs) -> Result<(), RegistryError> {
        match self.create_lrs_at(&lrs.name, || lrs.created) {
            Err(RegistryError::LrsExists(_)) => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    fn create_lrs_at(&self, name: &LrsName, created: impl Fn() -> xapi::Timestamp) -> Result<Lrs, RegistryError> {
        let began = Instant::now();
        loop {
            let created = created();
            let found = self.change(|connection| self.insert_lrs(connection, name, created))?;
            match found {
                NameUse::Free => return Ok(Lrs { name: name.clone(), created }),
                NameUse::Taken => return Err(RegistryError::LrsExists(name.clone())),
                NameUse::Leaving => self.remove_deleted()?,
            }
            if began.elapsed() > LEAVING_WAIT_MAX {
                let reason = format!("the deleted LRS {name} is still being closed; try again, or choose another name");
                return Err(unavailable(reason).into());
            }
            std::thread::sleep(LEAVING_RETRY_INTERVAL);
        }
    }

    /// Makes the files and the row of an LRS, if its name is free.
    fn insert_lrs(
        &self,
        connection: &mut Connection,
        name: &LrsName,
        created: xapi::Timestamp,
    ) -> Result<NameUse, RegistryError> {
        let failed = |error| store_error("create an LRS", error);
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
        let found = control::find_name(&transaction, name).map_err(failed)?;
        if found == NameUse::Free {
            self.make_files(name).map_err(|error| {
                unavailable(format!(
                    "the files of the LRS {name} cannot be made ({error}): check the disk, and who owns the data folder"
                ))
            })?;
            control::insert_lrs(&transaction, name, created).map_err(failed)?;
            transaction.commit().map_err(failed)?;
        }
        Ok(found)
    }

    fn make_files(&self, name: &LrsName) -> std::io::Result<()> {
        let database = self.folder.database(name);
        // Empty files are of a creation that was cut short; others hold someone's records.
        if database.metadata().is_ok_and(|file| file.len() > 0) {
            let reason = format!("{} exists, but the server does not know it; move it away", database.display());
            return Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, reason));
        }
        make_file(&database)?;
        make_folder(&self.folder.attachments(name))?;
        sync_folder(&self.folder.lrs_folder())
    }

    pub(crate) fn delete_lrs(&self, name: &LrsName) -> Result<(), RegistryError> {
        let now = self.clock.now();
        let marked = self.change(|connection| {
            control::mark_deleted(connection, name, now).map_err(|error| store_error("delete an LRS", error).into())
        })?;
        if marked { self.remove_deleted() } else { Err(RegistryError::NoSuchLrs(name.clone())) }
    }

    /// Closes deleted LRSs and removes their files, if no other process may have them open; otherwise that one does it.
    pub(crate) fn remove_deleted(&self) -> Result<(), RegistryError> {
        if self.snapshot().deleted.is_empty() {
            return Ok(());
        }
        let _lifecycle = self.lifecycle();
        let _right = match self.find_right()? {
            Right::Elsewhere => return Ok(()),
            right => right,
        };
        for name in &self.snapshot().deleted {
            let store = self.open.write().unwrap_or_else(PoisonError::into_inner).remove(name);
            if let Some(store) = store {
                self.runtime.block_on(store.close());
            }
            self.folder.remove_lrs(name).map_err(|error| {
                unavailable(format!("the files of the deleted LRS {name} cannot be removed ({error})"))
            })?;
            self.change(|connection| {
                control::forget_deleted(connection, name).map_err(|error| store_error("delete an LRS", error).into())
            })?;
        }
        Ok(())
    }

    /// Finds or takes the right to remove files.
    fn find_right(&self) -> Result<Right, RegistryError> {
        let mut guard = self.control();
        let control = guard.as_mut().ok_or_else(closed)?;
        if control.lock.is_some() {
            return Ok(Right::Own);
        }
        match DataLock::take(self.folder.root(), Purpose::Moment) {
            Ok(lock) => {
                // Someone may have removed, and created anew, between our look and the lock.
                self.read_again(control, Instant::now())?;
                Ok(Right::Moment(lock))
            }
            Err(LockError::Held(_)) => Ok(Right::Elsewhere),
            Err(LockError::Io(path, error)) => {
                Err(unavailable(format!("{} cannot be locked ({error})", path.display())).into())
            }
        }
    }

    pub(crate) fn open_lrs(&self, name: &LrsName) -> Result<Arc<dyn Store>, RegistryError> {
        let _lifecycle = self.lifecycle();
        self.refresh()?;
        if let Some(store) = self.find_open(name) {
            return Ok(store);
        }
        if !self.snapshot().lrss.contains_key(name) {
            return Err(RegistryError::NoSuchLrs(name.clone()));
        }
        let path = self.folder.database(name);
        if !path.exists() {
            let reason = format!("{} is missing: restore the LRS from a backup", path.display());
            return Err(corrupt(format!("LRS {name}"), reason).into());
        }
        let options = Options { lrs: name.to_string(), ..self.options.clone() };
        if options.access == Access::Beside {
            self.prepare_beside(&path)?;
        }
        let store = SqliteStore::open(&path, &self.folder.attachments(name), options, Arc::clone(&self.clock))?;
        let store: Arc<dyn Store> = Arc::new(store);
        self.open.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), Arc::clone(&store));
        Ok(store)
    }

    /// Brings an LRS to the present schema if nobody has it open, or if it has no tables yet.
    fn prepare_beside(&self, path: &Path) -> Result<(), RegistryError> {
        let failed = |error| store_error("open the database", error);
        if schema::is_present(&open_reader(path).map_err(failed)?)? {
            return Ok(());
        }
        let is_new = path.metadata().is_ok_and(|file| file.len() == 0);
        match self.find_right()? {
            Right::Elsewhere if !is_new => Ok(()),
            _right => Ok(SqliteStore::prepare(path).map(drop)?),
        }
    }

    pub(crate) fn close(&self) {
        let _lifecycle = self.lifecycle();
        let stores = std::mem::take(&mut *self.open.write().unwrap_or_else(PoisonError::into_inner));
        for store in stores.into_values() {
            self.runtime.block_on(store.close());
        }
        // Last of all the lock: whoever has it next finds everything closed.
        drop(self.control().take());
    }
}
