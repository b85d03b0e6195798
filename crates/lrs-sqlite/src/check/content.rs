//! What is in the database of an LRS and beside it: pages, schema, clock, documents, attachments.

use std::cmp::Ordering;
use std::path::Path;

use lrs_store::backend::hash_document;
use lrs_store::{Advice, Finding, Seen, StoreError, Subject};
use rusqlite::{Connection, OptionalExtension};
use xapi::Timestamp;

use super::{FAULTS_MAX, Faults, index, warning};
use crate::attachments::attachment_path;
use crate::backup::{has_tables, hash_file, open_source};
use crate::error::store_error;
use crate::registry::control::pragma;
use crate::schema;

/// Clocks of servers agree within this; more means that one of them was wrong.
const CLOCK_TOLERANCE_US: i64 = 60_000_000;
/// A light check looks for the files of so many attachments, the newest ones not preferred.
const ATTACHMENTS_LIGHT_MAX: usize = 10_000;
/// A log beside the database that is larger than this is not being emptied.
const WAL_BYTES_MAX: u64 = 2 << 30;

/// Checks what is in an LRS's database, and its attachments.
pub(super) fn check_database(
    database: &Path,
    attachments: &Path,
    deep: bool,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) -> Result<(), StoreError> {
    let failed = |error| store_error("check the database", error);
    if !database.is_file() {
        return Ok(());
    }
    let connection = open_source(database).map_err(failed)?;
    // One instant for everything, whatever is written meanwhile.
    connection.execute_batch("BEGIN").map_err(failed)?;
    check_pages(&connection, deep, Advice::RepairOrRestore, findings).map_err(failed)?;
    if !has_tables(&connection).map_err(failed)? {
        findings.push(Finding::good(Subject::Schema, Seen::SchemaUnused));
        return Ok(());
    }
    let version = pragma(&connection, "user_version").map_err(failed)?;
    judge_version(version, schema::version(), findings);
    check_clock(&connection, now, findings).map_err(failed)?;
    check_wal(database, findings);
    check_attachments(&connection, attachments, deep, findings).map_err(failed)?;
    if deep {
        check_documents(&connection, findings).map_err(failed)?;
        index::check_log(&connection, findings)?;
        index::check_index(&connection, findings)?;
    }
    Ok(())
}

/// What `SQLite` says of its own pages.
pub(super) fn check_pages(
    connection: &Connection,
    deep: bool,
    advice: Advice,
    findings: &mut Vec<Finding>,
) -> rusqlite::Result<()> {
    let (sql, done) = if deep {
        ("PRAGMA integrity_check(20)", Seen::PagesAndIndexesSound)
    } else {
        ("PRAGMA quick_check(20)", Seen::PagesSound)
    };
    let mut faults = Faults::default();
    let mut check = connection.prepare(sql)?;
    let mut rows = check.query([])?;
    while let Some(row) = rows.next()? {
        let verdict: String = row.get(0)?;
        if verdict != "ok" && faults.told.len() < FAULTS_MAX {
            faults.add(verdict);
        }
    }
    findings.push(faults.into_finding(Subject::DatabasePages, done, advice));
    Ok(())
}

/// Whether this release knows a schema.
pub(super) fn judge_version(found: i64, known: i64, findings: &mut Vec<Finding>) {
    findings.push(match found.cmp(&known) {
        Ordering::Equal => Finding::good(Subject::Schema, Seen::SchemaCurrent { found, known }),
        Ordering::Less => Finding::good(Subject::Schema, Seen::SchemaOlder { found, known }),
        Ordering::Greater => super::error(Subject::Schema, Seen::SchemaNewer { found, known }, Advice::UpgradeLyceum),
    });
}

/// Whether something was stored in the future. By the primary key of `statement`; the only row of `document_figures`.
fn check_clock(connection: &Connection, now: Timestamp, findings: &mut Vec<Finding>) -> rusqlite::Result<()> {
    let last: Option<i64> = connection
        .query_row("SELECT stored FROM statement ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let updated: i64 = connection.query_row("SELECT last_updated FROM document_figures", [], |row| row.get(0))?;
    let newest = last.unwrap_or(i64::MIN).max(updated);
    findings.push(if newest > now.0.saturating_add(CLOCK_TOLERANCE_US) {
        let seen = Seen::ClockWrong { seen_at: now.to_string(), stored_at: Timestamp(newest).to_string() };
        warning(Subject::Clock, seen, Advice::SetClock)
    } else {
        Finding::good(Subject::Clock, Seen::ClockRight { seen_at: now.to_string() })
    });
    Ok(())
}

fn check_wal(database: &Path, findings: &mut Vec<Finding>) {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    let size_bytes = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
    if size_bytes > WAL_BYTES_MAX {
        findings.push(warning(Subject::WriteAheadLog, Seen::WalWaits { size_bytes }, Advice::EndOtherProgram));
    }
}

/// Whether attachments are there, and are what they should be. The whole table, in the order of its primary key.
fn check_attachments(
    connection: &Connection,
    folder: &Path,
    deep: bool,
    findings: &mut Vec<Finding>,
) -> rusqlite::Result<()> {
    let limit = if deep { i64::MAX } else { i64::try_from(ATTACHMENTS_LIGHT_MAX).unwrap_or(i64::MAX) };
    let mut select = connection.prepare("SELECT sha256, size FROM attachment ORDER BY sha256 LIMIT ?1")?;
    let mut rows = select.query([limit])?;
    let mut faults = Faults::default();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let (sha256, size_bytes): (String, u64) = (row.get(0)?, row.get(1)?);
        count += 1;
        let place = attachment_path(folder, &sha256);
        let path = place.display().to_string();
        let found = if deep {
            hash_file(&place, |_| {})
        } else {
            place.metadata().map(|metadata| (metadata.len(), sha256.clone()))
        };
        match found {
            Err(error) => faults.add_seen(Seen::FileUnreadable { path, reason: error.to_string() }),
            Ok((found_bytes, _)) if found_bytes != size_bytes => {
                faults.add_seen(Seen::AttachmentResized { path, found_bytes, expected_bytes: size_bytes });
            }
            Ok((_, digest)) if digest != sha256 => faults.add_seen(Seen::AttachmentChanged { path }),
            Ok(_) => {}
        }
    }
    let fine =
        if deep { Seen::in_words(format!("{count} have their digest")) } else { Seen::AttachmentsPresent { count } };
    findings.push(faults.into_finding(Subject::Attachments, fine, Advice::BringAttachmentsBack));
    Ok(())
}

/// Whether documents have the SHA-1 that they had. The whole table.
fn check_documents(connection: &Connection, findings: &mut Vec<Finding>) -> rusqlite::Result<()> {
    let counted: u64 = connection.query_row("SELECT documents FROM document_figures", [], |row| row.get(0))?;
    let mut select = connection.prepare("SELECT document, etag, body FROM document")?;
    let mut rows = select.query([])?;
    let mut faults = Faults::default();
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        let (document, etag): (i64, String) = (row.get(0)?, row.get(1)?);
        if hash_document(row.get_ref(2)?.as_blob()?).0 != etag {
            faults.add(format!("document.body, row {document}, is not what its etag says"));
        }
    }
    if count != counted {
        faults.add(format!("document_figures counts {counted}, but there are {count}"));
    }
    findings.push(faults.into_finding(
        Subject::Documents,
        Seen::in_words(format!("{count} have their SHA-1")),
        Advice::Restore,
    ));
    Ok(())
}
