//! Makes the database of an LRS again from its log: what `lyceum doctor --repair` does.
//!
//! A new database is written beside the damaged one: statements with their positions and instants, documents, identities and
//! the list of attachments are copied; terms, index, ids, references, voiding, definitions and names follow from the bodies of the
//! statements, by the same code that recorded them. It is checked against its own log, and only then takes the place of the
//! damaged one, in one step. The damaged one is kept under another name. So a repair that is cut short changes nothing.
//!
//! Nothing is invented: where the log itself cannot be read, a repair refuses, and only a backup helps.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lrs_store::{Advice, Clock, LrsName, Severity, StoreError};
use rusqlite::Connection;
use xapi::{CompletedStatement, Timestamp};

use crate::append::Appender;
use crate::backup::{BackupError, Progress, link_or_copy, open_source};
use crate::bodies::Bodies;
use crate::check::{self, REBUILDABLE};
use crate::error::{corrupt, store_error};
use crate::lock::Purpose;
use crate::prepare::Prepared;
use crate::references::{DEFINES_NOTHING, TIMESTAMP_ADDED};
use crate::registry::control::read_snapshot;
use crate::registry::folder::{DataFolder, sync_folder};
use crate::registry::{OpenError, take_lock};
use crate::store::open_appender;
use crate::views::{self, views_path};
use crate::{Options, connection};

/// Statements of one commit.
const COMMIT_STATEMENTS: usize = 4_096;
/// A commit is closed earlier when its bodies have so many bytes before compression.
const COMMIT_BYTES: usize = 16 << 20;
/// Damaged databases that are kept of one LRS.
const KEPT_MAX: u32 = 100;

/// The tables that follow from the log, and the log itself; all others are copied.
const REMADE: [&str; 11] = [
    "meta",
    "statement",
    "reference",
    "voided",
    "term",
    "generation",
    "posting",
    "statement_id",
    "term_hash",
    "activity",
    "agent_name",
];

/// Why an LRS was not repaired. It is as it was. Every text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The data folder cannot be had, such as because a server runs.
    #[error(transparent)]
    Folder(#[from] OpenError),
    /// There is no such LRS.
    #[error("there is no LRS {0}: see `lyceum lrs list`")]
    NoSuchLrs(LrsName),
    /// What must be copied is damaged itself, or the new database cannot be written.
    #[error("the LRS {lrs} was not repaired and is as it was: {}", advise(source))]
    Lrs {
        /// Which.
        lrs: LrsName,
        /// Why.
        source: StoreError,
    },
    /// The damaged database could not be put aside, or the new one in its place.
    #[error("the LRS {lrs} was not repaired: {source}")]
    Files {
        /// Which.
        lrs: LrsName,
        /// Why.
        source: Box<BackupError>,
    },
}

fn advise(error: &StoreError) -> String {
    let advice = match error {
        StoreError::Corrupt { .. } => Advice::Restore.to_string(),
        _ => "then run it again".to_owned(),
    };
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}; {advice}")
}

/// An LRS that was repaired.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Repaired {
    /// Its name.
    pub lrs: String,
    /// How many statements its log has.
    pub statements: u64,
    /// Where the damaged database is kept.
    pub kept: PathBuf,
}

/// Repairs one LRS of a data folder, or each in which a deep check finds damage that a repair can mend. Refuses while another
/// process has the folder. `options` are those of the stores; `progress` hears of statements. Blocks.
///
/// # Errors
/// The first that could not be repaired; what was repaired before it stays so.
pub fn repair_folder(
    data: &Path,
    only: Option<&LrsName>,
    options: &Options,
    clock: &Arc<dyn Clock>,
    progress: Progress<'_>,
) -> Result<Vec<Repaired>, RepairError> {
    let folder = DataFolder::at(data);
    let control = folder.control();
    if !control.is_file() {
        let reason = "it has no lyceum.db".to_owned();
        return Err(OpenError::NotADataFolder { folder: data.to_owned(), reason }.into());
    }
    let _lock = take_lock(&folder, Purpose::Command)?;
    let names = open_source(&control).and_then(|mut connection| read_snapshot(&mut connection));
    let names = names.map_err(|error| OpenError::from_sqlite(&control, error))?.lrss;
    if let Some(name) = only.filter(|name| !names.contains_key(name)) {
        return Err(RepairError::NoSuchLrs(name.clone()));
    }
    let mut repaired = Vec::new();
    for name in names.into_keys().filter(|name| only.is_none_or(|only| only == name)) {
        // An LRS that was never used has an empty file.
        let is_used = folder.database(&name).metadata().is_ok_and(|metadata| metadata.len() > 0);
        if is_used && (only.is_some() || needs_repair(&folder, &name, clock.now())) {
            repaired.push(repair_lrs(&folder, &name, options, clock, progress)?);
        }
    }
    Ok(repaired)
}

fn needs_repair(folder: &DataFolder, name: &LrsName, now: Timestamp) -> bool {
    let findings = check::check_lrs(&folder.database(name), &folder.attachments(name), true, now);
    findings.iter().any(|finding| finding.severity == Severity::Error && REBUILDABLE.contains(&finding.checked))
}

fn repair_lrs(
    folder: &DataFolder,
    name: &LrsName,
    options: &Options,
    clock: &Arc<dyn Clock>,
    progress: Progress<'_>,
) -> Result<Repaired, RepairError> {
    let old = folder.database(name);
    let new = with_suffix(&old, ".repair");
    let failed = |source| RepairError::Lrs { lrs: name.clone(), source };
    let files = |source| RepairError::Files { lrs: name.clone(), source: Box::new(source) };
    remove_database(&new).map_err(files)?;
    let options = Options { lrs: name.to_string(), ..options.clone() };
    let rebuilt = empty_wal(&old).and_then(|()| {
        let mut appender = open_appender(&new, &folder.attachments(name), options, Arc::clone(clock))?;
        let statements = rebuild(&old, &mut appender, progress)?;
        drop(appender);
        empty_wal(&new)?;
        Ok(statements)
    });
    let statements = rebuilt.and_then(|statements| check_rebuilt(&new, statements).map(|()| statements));
    let replaced = statements.map_err(failed).and_then(|statements| {
        let kept = replace(&old, &new).map_err(files)?;
        Ok(Repaired { lrs: name.to_string(), statements, kept })
    });
    if replaced.is_err() {
        // The error that is told is the one before.
        let _ = remove_database(&new);
    }
    replaced
}

/// Brings everything into the one file, since a write-ahead log must not be met by another database of the same name.
fn empty_wal(database: &Path) -> Result<(), StoreError> {
    const OPERATION: &str = "empty the write-ahead log";
    let connection = connection::open_writer(database).map_err(|error| store_error(OPERATION, error))?;
    crate::schema::refuse_newer(&connection)?;
    let blocked: bool = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(|error| store_error(OPERATION, error))?;
    if blocked {
        return Err(crate::error::unavailable("another process reads the database: wait for its end, or stop it"));
    }
    Ok(())
}

/// Writes everything that the old database has into the new one. Returns how many statements its log has.
fn rebuild(old: &Path, appender: &mut Appender, progress: Progress<'_>) -> Result<u64, StoreError> {
    let failed = |error| store_error("read the damaged database", error);
    copy_tables(old, appender.connection()).map_err(failed)?;
    let source = open_source(old).map_err(failed)?;
    let bodies = Bodies::open(&source)?;
    let hasher = appender.shared().hasher;
    let total =
        source.query_row("SELECT coalesce(max(seq), 0) FROM statement", [], |row| row.get(0)).map_err(failed)?;
    // By the primary key of `statement`.
    let mut select =
        source.prepare("SELECT seq, stored, flags, dictionary, body FROM statement ORDER BY seq").map_err(failed)?;
    let mut rows = select.query([]).map_err(failed)?;
    let (mut count, mut bytes, mut statements) = (0, 0, Vec::new());
    while let Some(row) = rows.next().map_err(failed)? {
        let (seq, stored, flags): (u64, i64, u64) =
            (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?, row.get(2).map_err(failed)?);
        if seq != count + 1 {
            return Err(corrupt(format!("statement, seq {}", count + 1), "it is missing"));
        }
        let (dictionary, compressed): (u32, Vec<u8>) = (row.get(3).map_err(failed)?, row.get(4).map_err(failed)?);
        let body = bodies.restore(seq, dictionary, &compressed)?;
        bytes += body.len();
        let statement = CompletedStatement::read(body, flags & TIMESTAMP_ADDED != 0, flags & DEFINES_NOTHING == 0)
            .ok_or_else(|| corrupt(format!("statement.body, seq {seq}"), "it is no statement"))?;
        statements.push((Timestamp(stored), Prepared::new(&hasher, statement, dictionary, compressed)));
        count = seq;
        if statements.len() == COMMIT_STATEMENTS || bytes > COMMIT_BYTES {
            appender.replay(&statements)?;
            statements.clear();
            bytes = 0;
            progress(count, total);
        }
    }
    appender.replay(&statements)?;
    while appender.has_merging_to_do() {
        appender.replay(&[])?;
    }
    progress(count, total);
    Ok(count)
}

/// Copies the tables that do not follow from the log, each whole. A database of an older release may lack some.
fn copy_tables(old: &Path, connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("ATTACH DATABASE ?1 AS damaged", [old.to_string_lossy()])?;
    let mut select = connection.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'")?;
    let tables: Vec<String> = select.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for table in tables.iter().filter(|table| !REMADE.contains(&table.as_str())) {
        if connection.table_exists(Some("damaged"), table)? {
            connection.execute_batch(&format!(
                "BEGIN; DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM damaged.{table}; COMMIT"
            ))?;
        }
    }
    connection.execute_batch("DETACH DATABASE damaged")
}

/// The new database must be sound before it replaces anything.
fn check_rebuilt(new: &Path, statements: u64) -> Result<(), StoreError> {
    const OPERATION: &str = "check the repaired database";
    let internal = |reason: String| StoreError::Internal { operation: OPERATION, source: reason.into() };
    let connection = open_source(new).map_err(|error| store_error(OPERATION, error))?;
    let count: u64 = connection
        .query_row("SELECT count(*) FROM statement", [], |row| row.get(0))
        .map_err(|error| store_error(OPERATION, error))?;
    if count != statements {
        return Err(internal(format!("it has {count} statements instead of {statements}")));
    }
    check::find_fault(&connection)?
        .map_or(Ok(()), |fault| Err(internal(format!("{}: {}", fault.subject, fault.message))))
}

/// Keeps the old database under another name, and puts the new one in its place. Returns where the old one is.
fn replace(old: &Path, new: &Path) -> Result<PathBuf, BackupError> {
    let folder = old.parent().unwrap_or(old);
    let names = (1..=KEPT_MAX).map(|number| with_suffix(old, &format!(".before-repair-{number}")));
    let kept = names.into_iter().find(|path| !path.exists()).ok_or_else(|| BackupError::Damaged {
        path: old.to_owned(),
        reason: format!("{KEPT_MAX} databases from before repairs lie beside it: move them away"),
    })?;
    link_or_copy(old, &kept)?;
    sync_folder(folder).map_err(BackupError::file("write", folder))?;
    // They are empty; one of the old database must not be taken for one of the new.
    for path in [old, new].iter().flat_map(|path| ["-wal", "-shm"].map(|suffix| with_suffix(path, suffix))) {
        remove_database(&path)?;
    }
    std::fs::rename(new, old).map_err(BackupError::file("move", new))?;
    // What follows the log is made again from its beginning.
    remove_database(&views_path(old))?;
    sync_folder(folder).map_err(BackupError::file("write", folder))?;
    Ok(kept)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn remove_database(path: &Path) -> Result<(), BackupError> {
    views::remove(path).map_err(BackupError::file("remove", path))
}
