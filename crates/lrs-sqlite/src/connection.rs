//! Connections to the database of one LRS: one that writes, and a pool of those that read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lrs_store::StoreError;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use crate::error::{closed, store_error};

/// The writer's page cache: room for the inner pages of every index and the leaves it is merging into. Four times as much is no faster
/// at 1 and at 3 million statements, and a commit that splits a page of an index then takes up to a millisecond longer: below 1 GiB,
/// SQLite looks at each page of the cache for some behind the database's end (`balance_nonroot`, `pcache1Truncate`).
const WRITER_CACHE_KIB: i64 = 20 << 10;
/// A reader's page cache.
const READER_CACHE_KIB: i64 = 8 << 10;
/// More SQL texts than this crate has.
const PREPARED_STATEMENTS_MAX: usize = 128;
/// How long to wait for another process (a backup, a check) that holds the database.
pub(crate) const BUSY_MS: i64 = 5_000;

/// Opens the connection that writes, and creates the file if there is none. Durable: WAL with a fsync at each commit.
pub(crate) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS_MAX);
    connection.pragma_update(None, "busy_timeout", BUSY_MS)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The writer checkpoints itself, after it has answered.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Opens a connection that reads.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS_MAX);
    connection.pragma_update(None, "busy_timeout", BUSY_MS)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Connections that read, opened when first needed and lent to one read at a time.
pub(crate) struct Readers {
    path: PathBuf,
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// A pool of at most `connections_max`.
    pub(crate) fn new(path: &Path, connections_max: usize) -> Self {
        Self { path: path.to_owned(), turns: Arc::new(Semaphore::new(connections_max)), idle: Mutex::new(Vec::new()) }
    }

    /// Runs `job` on a thread that may block, with a connection of its own, in one read transaction.
    pub(crate) async fn read<T, F>(self: &Arc<Self>, operation: &'static str, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let run = move |connection: &Connection| {
            let transaction = connection.unchecked_transaction().map_err(|error| store_error(operation, error))?;
            job(&transaction)
        };
        self.lend(operation, run).await
    }

    /// Like [`Readers::read`], but `job` begins a transaction itself, when it has looked at what is in memory.
    pub(crate) async fn lend<T, F>(self: &Arc<Self>, operation: &'static str, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| closed())?;
        let readers = Arc::clone(self);
        let run = move || {
            let connection = readers.take().map_err(|error| store_error(operation, error))?;
            let outcome = job(&connection);
            readers.put_back(connection);
            drop(turn);
            outcome
        };
        tokio::task::spawn_blocking(run)
            .await
            .map_err(|error| StoreError::Internal { operation, source: Box::new(error) })?
    }

    fn take(&self) -> rusqlite::Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| open_reader(&self.path), Ok)
    }

    fn put_back(&self, connection: Connection) {
        if !self.turns.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }

    /// Refuses further reads and closes the idle connections; reads that run finish.
    pub(crate) fn close(&self) {
        self.turns.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
