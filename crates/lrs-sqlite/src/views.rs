//! What follows the log, in a second file beside the LRS: `NAME.views.db`. Its commits never wait for the disk and never hold up the
//! log's writer. The file is made when it is first needed; one that is damaged or of another release is replaced.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use lrs_store::{Entry, Order, Seq, Span, StoreError, View, ViewChange, Views};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::connection::{BUSY_MS, Readers};
use crate::error::{closed, store_error};

/// The tables of this release; another release makes its own from the log.
const VERSION: i64 = 1;
const SCHEMA: &str = "
CREATE TABLE entry(
    view INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY(view, key)
) WITHOUT ROWID, STRICT;
CREATE TABLE position(view INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
";
/// Small pages would hold few of the larger values.
const PAGE_BYTES: i64 = 8192;
/// What is kept of the write-ahead log when it begins again: more than a usual change needs.
const WAL_BYTES_MAX: i64 = 16 << 20;
/// Connections that read, so that the app's pages never wait for a follower.
const READERS: usize = 2;
const OPERATION: &str = "use the views of the log";

/// The views of one LRS.
pub(crate) struct ViewsFile {
    path: PathBuf,
    readers: Arc<Readers>,
    /// Whether the file is there, so that reads need not wait for the connection that writes.
    is_made: AtomicBool,
    writer: Mutex<Slot>,
}

/// The connection that writes.
enum Slot {
    Unopened,
    Open(Connection),
    Closed,
}

impl ViewsFile {
    /// Those of the LRS at `database`; touches no file.
    pub(crate) fn new(database: &Path) -> Self {
        let path = views_path(database);
        let readers = Arc::new(Readers::new(&path, READERS));
        Self { path, readers, is_made: AtomicBool::new(false), writer: Mutex::new(Slot::Unopened) }
    }

    pub(crate) fn close(&self) {
        self.readers.close();
        *self.lock() = Slot::Closed;
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a write, or whatever else needs the file to be there. Blocks.
    fn write<T>(&self, job: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut slot = self.lock();
        if matches!(*slot, Slot::Unopened) {
            *slot = Slot::Open(open(&self.path)?);
            self.is_made.store(true, Ordering::Release);
        }
        match &mut *slot {
            Slot::Open(connection) => job(connection).map_err(|error| store_error(OPERATION, error)),
            Slot::Unopened | Slot::Closed => Err(closed()),
        }
    }
}

/// Where the views of the LRS at `database` are. Names of LRSs have no dot, so this is no LRS's own file.
pub(crate) fn views_path(database: &Path) -> PathBuf {
    database.with_extension("views.db")
}

fn open(path: &Path) -> Result<Connection, StoreError> {
    match try_open(path) {
        Ok(Some(connection)) => return Ok(connection),
        Ok(None) => tracing::info!(file = %path.display(), "views of another release are made again"),
        Err(error) => match store_error(OPERATION, error) {
            StoreError::Corrupt { reason, .. } => {
                tracing::warn!(file = %path.display(), reason, "damaged views are made again");
            }
            error => return Err(error),
        },
    }
    remove(path).map_err(|error| StoreError::Internal { operation: OPERATION, source: Box::new(error) })?;
    let opened = try_open(path).map_err(|error| store_error(OPERATION, error))?;
    opened.ok_or_else(|| StoreError::Internal { operation: OPERATION, source: "a new file has tables already".into() })
}

/// Removes the file with all that SQLite keeps beside it; fine when there is none.
pub(crate) fn remove(path: &Path) -> std::io::Result<()> {
    for suffix in ["-wal", "-shm", ""] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// `None` for a file of another release.
fn try_open(path: &Path) -> rusqlite::Result<Option<Connection>> {
    let made = crate::registry::folder::make_file(path);
    made.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "busy_timeout", BUSY_MS)?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // After a power cut the last commits may be missing: the follower does them again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -(16 << 10))?;
    // A large change leaves no large file behind.
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_MAX)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match version {
        0 => {
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
            transaction.commit()?;
        }
        VERSION => drop(transaction),
        _ => return Ok(None),
    }
    Ok(Some(connection))
}

/// Runs blocking work on the views.
async fn blocking<T: Send + 'static>(
    views: &Arc<ViewsFile>,
    job: impl FnOnce(&ViewsFile) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let views = Arc::clone(views);
    tokio::task::spawn_blocking(move || job(&views))
        .await
        .map_err(|error| StoreError::Internal { operation: OPERATION, source: Box::new(error) })?
}

/// The views as the store hands them out.
#[derive(Clone)]
pub(crate) struct SqliteViews(pub(crate) Arc<ViewsFile>);

impl SqliteViews {
    /// Runs a read on a connection of its own, in one transaction.
    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        if !self.0.is_made.load(Ordering::Acquire) {
            blocking(&self.0, |views| views.write(|_| Ok(()))).await?;
        }
        let run = move |connection: &Connection| job(connection).map_err(|error| store_error(OPERATION, error));
        self.0.readers.read(OPERATION, run).await
    }
}

#[async_trait]
impl Views for SqliteViews {
    async fn position(&self, view: View) -> Result<Seq, StoreError> {
        self.read(move |connection| select_position(connection, view)).await
    }

    async fn get(&self, view: View, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.read(move |connection| {
            // Served by the primary key.
            let mut select = connection.prepare_cached("SELECT value FROM entry WHERE view = ?1 AND key = ?2")?;
            keys.iter().map(|key| select.query_row(params![view as u8, key], |row| row.get(0)).optional()).collect()
        })
        .await
    }

    async fn scan(&self, view: View, span: Span) -> Result<Vec<Entry>, StoreError> {
        self.read(move |connection| {
            // Served by the primary key.
            let select = match span.order {
                Order::Ascending => {
                    "SELECT key, value FROM entry WHERE view = ?1 AND key >= ?2 AND key < ?3 ORDER BY key LIMIT ?4"
                }
                Order::Descending => {
                    "SELECT key, value FROM entry WHERE view = ?1 AND key >= ?2 AND key < ?3 ORDER BY key DESC LIMIT ?4"
                }
            };
            let limit = i64::try_from(span.limit).unwrap_or(i64::MAX);
            let mut select = connection.prepare_cached(select)?;
            let rows = select
                .query_map(params![view as u8, span.from, span.to, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        })
        .await
    }

    async fn change(&self, view: View, mut change: ViewChange) -> Result<bool, StoreError> {
        // In the order of the keys each page is visited, and written, once.
        change.removes.sort_unstable();
        change.puts.sort_unstable();
        blocking(&self.0, move |views| views.write(|connection| change_view(connection, view, &change))).await
    }

    async fn clear(&self, view: View) -> Result<(), StoreError> {
        blocking(&self.0, move |views| {
            views.write(|connection| {
                let transaction = connection.transaction()?;
                transaction.execute("DELETE FROM entry WHERE view = ?1", [view as u8])?;
                transaction.execute("DELETE FROM position WHERE view = ?1", [view as u8])?;
                transaction.commit()?;
                // Little is left, and what comes next may take less room: the file and its write-ahead log shrink.
                connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
            })
        })
        .await
    }
}

fn select_position(connection: &Connection, view: View) -> rusqlite::Result<Seq> {
    let mut select = connection.prepare_cached("SELECT seq FROM position WHERE view = ?1")?;
    let found = select.query_row([view as u8], |row| row.get(0)).optional()?;
    Ok(Seq(found.unwrap_or(0)))
}

fn change_view(connection: &mut Connection, view: View, change: &ViewChange) -> rusqlite::Result<bool> {
    let transaction: Transaction<'_> = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Some((from, to)) = change.step {
        if select_position(&transaction, view)? != from {
            return Ok(false);
        }
        transaction
            .prepare_cached("INSERT OR REPLACE INTO position(view, seq) VALUES (?1, ?2)")?
            .execute(params![view as u8, to.0])?;
    }
    {
        let mut remove = transaction.prepare_cached("DELETE FROM entry WHERE view = ?1 AND key = ?2")?;
        for key in &change.removes {
            remove.execute(params![view as u8, key])?;
        }
        let mut put =
            transaction.prepare_cached("INSERT OR REPLACE INTO entry(view, key, value) VALUES (?1, ?2, ?3)")?;
        for (key, value) in &change.puts {
            put.execute(params![view as u8, key, value])?;
        }
    }
    transaction.commit()?;
    Ok(true)
}
