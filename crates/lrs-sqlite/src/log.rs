//! Reads the log itself: rows of `statement`, as they are answered.

use lrs_store::{AnswerSize, LoggedStatement, Seq, StoreError, StoredStatement};
use rusqlite::{Connection, Row};
use uuid::Uuid;
use xapi::{StatementId, Timestamp};

use crate::bodies::Bodies;
use crate::error::{corrupt, store_error};
use crate::references::{DEFINES_NOTHING, TIMESTAMP_ADDED};

/// Served by the primary key.
pub(crate) const SELECT_STATEMENT: &str = "SELECT seq, stored, id, dictionary, body FROM statement WHERE seq = ?1";
/// Served by the primary key.
pub(crate) const SELECT_LOG: &str =
    "SELECT seq, stored, id, dictionary, body FROM statement WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3";
/// Served by the primary key.
pub(crate) const SELECT_STORED: &str = "SELECT stored FROM statement WHERE seq = ?1";

struct Raw {
    seq: u64,
    stored: i64,
    id: [u8; 16],
    dictionary: u32,
}

fn read_raw<'a>(row: &'a Row<'_>) -> rusqlite::Result<(Raw, &'a [u8])> {
    let raw = Raw { seq: row.get(0)?, stored: row.get(1)?, id: row.get(2)?, dictionary: row.get(3)? };
    Ok((raw, row.get_ref(4)?.as_blob()?))
}

fn restore(bodies: &Bodies, row: &Row<'_>) -> Result<StoredStatement, StoreError> {
    let (raw, body) = read_raw(row).map_err(|error| corrupt("statement", error.to_string()))?;
    let stored = Timestamp(raw.stored);
    let body = xapi::with_stored(&bodies.restore(raw.seq, raw.dictionary, body)?, stored);
    Ok(StoredStatement { seq: Seq(raw.seq), id: StatementId(Uuid::from_bytes(raw.id)), stored, body })
}

fn missing(seq: u64) -> StoreError {
    corrupt(format!("statement, seq {seq}"), "the index names it, but it is missing")
}

/// One statement of the log.
pub(crate) fn select_statement(
    connection: &Connection,
    bodies: &Bodies,
    seq: u64,
) -> Result<StoredStatement, StoreError> {
    let failed = |error| store_error("read a statement", error);
    let mut select = connection.prepare_cached(SELECT_STATEMENT).map_err(failed)?;
    let mut rows = select.query([seq]).map_err(failed)?;
    rows.next().map_err(failed)?.map_or_else(|| Err(missing(seq)), |row| restore(bodies, row))
}

/// The body of a statement as it was recorded, without `stored`, and its flags.
pub(crate) fn select_body(connection: &Connection, bodies: &Bodies, seq: u64) -> Result<(Vec<u8>, u64), StoreError> {
    let failed = |error| store_error("read a statement", error);
    // Served by the primary key.
    let mut select =
        connection.prepare_cached("SELECT flags, dictionary, body FROM statement WHERE seq = ?1").map_err(failed)?;
    let mut rows = select.query([seq]).map_err(failed)?;
    let row = rows.next().map_err(failed)?.ok_or_else(|| missing(seq))?;
    let read = || Ok((row.get(0)?, row.get(1)?, row.get_ref(2)?.as_blob()?));
    let read: rusqlite::Result<(u64, u32, &[u8])> = read();
    let (flags, dictionary, body) =
        read.map_err(|error| corrupt(format!("statement, seq {seq}"), error.to_string()))?;
    Ok((bodies.restore(seq, dictionary, body)?, flags))
}

/// When a statement was stored.
pub(crate) fn select_stored(connection: &Connection, seq: u64) -> Result<Timestamp, StoreError> {
    let select = || connection.prepare_cached(SELECT_STORED)?.query_row([seq], |row| row.get(0).map(Timestamp));
    select().map_err(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => missing(seq),
        error => store_error("read when a statement was stored", error),
    })
}

/// The log behind `after`, up to `through`.
pub(crate) fn read_log(
    connection: &Connection,
    bodies: &Bodies,
    after: Seq,
    through: u64,
    limit: usize,
) -> Result<Vec<StoredStatement>, StoreError> {
    let failed = |error| store_error("read the log", error);
    let mut select = connection.prepare_cached(SELECT_LOG).map_err(failed)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = select.query(rusqlite::params![after.0, through, limit]).map_err(failed)?;
    let (mut statements, mut size) = (Vec::new(), AnswerSize::default());
    while let Some(row) = rows.next().map_err(failed)? {
        let statement = restore(bodies, row)?;
        let is_last = size.is_reached_with(&statement);
        statements.push(statement);
        if is_last {
            break;
        }
    }
    Ok(statements)
}

/// The same with what a copy needs besides.
pub(crate) fn read_entries(
    connection: &Connection,
    bodies: &Bodies,
    after: Seq,
    through: u64,
    limit: usize,
) -> Result<Vec<LoggedStatement>, StoreError> {
    let failed = |error| store_error("read the log", error);
    // Served by the primary keys of both tables.
    let sql = "SELECT seq, stored, id, dictionary, body, flags, EXISTS (SELECT 1 FROM voided WHERE voided.seq = statement.seq)
               FROM statement WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3";
    let mut select = connection.prepare_cached(sql).map_err(failed)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = select.query(rusqlite::params![after.0, through, limit]).map_err(failed)?;
    let (mut entries, mut size) = (Vec::new(), AnswerSize::default());
    while let Some(row) = rows.next().map_err(failed)? {
        let flags = row.get::<_, u64>(5).map_err(failed)?;
        let (timestamp_added, defines) = (flags & TIMESTAMP_ADDED != 0, flags & DEFINES_NOTHING == 0);
        let voided = row.get(6).map_err(failed)?;
        let statement = restore(bodies, row)?;
        let is_last = size.is_reached_with(&statement);
        entries.push(LoggedStatement { statement, voided, timestamp_added, defines });
        if is_last {
            break;
        }
    }
    Ok(entries)
}
