//! Reads the log of an LRS from another process than the one that writes it: for exports beside a running server.
//!
//! Everything here blocks. Nothing is held between two pages, so that a long export keeps no old version of the database alive.

use std::path::{Path, PathBuf};

use lrs_store::{LrsName, Seq, StoreError, StoredStatement};
use rusqlite::{Connection, OptionalExtension};

use crate::attachments::attachment_path;
use crate::bodies::Bodies;
use crate::connection::open_reader;
use crate::error::store_error;
use crate::log::read_log;
use crate::registry::folder::DataFolder;

/// A statement of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedStatement {
    /// As it is answered.
    pub statement: StoredStatement,
    /// Whether another statement voids it.
    pub voided: bool,
}

/// The log of one LRS, read from its file.
pub struct LogReader {
    connection: Connection,
    attachments: PathBuf,
}

impl LogReader {
    /// Opens the log of an LRS in a data folder; `None` when there is no such LRS.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn open(data: &Path, lrs: &LrsName) -> Result<Option<Self>, StoreError> {
        let folder = DataFolder::at(data);
        let path = folder.database(lrs);
        if !path.is_file() {
            return Ok(None);
        }
        let connection = open_reader(&path).map_err(|error| store_error("open the database", error))?;
        Ok(Some(Self { connection, attachments: folder.attachments(lrs) }))
    }

    /// The last position of the log now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last(&self) -> Result<Seq, StoreError> {
        let failed = |error| store_error("read the end of the log", error);
        // An LRS that was created and never opened has no tables yet.
        if !self.connection.table_exists(None, "statement").map_err(failed)? {
            return Ok(Seq(0));
        }
        // Served by the primary key.
        let select = "SELECT coalesce(max(seq), 0) FROM statement";
        self.connection.query_row(select, [], |row| row.get(0)).map(Seq).map_err(failed)
    }

    /// At most `limit` statements behind `after` up to `through`, in order. Empty at the end.
    ///
    /// # Errors
    /// When the file cannot be read, or a statement in it is damaged.
    pub fn read(&self, after: Seq, through: Seq, limit: usize) -> Result<Vec<LoggedStatement>, StoreError> {
        let failed = |error| store_error("read the log", error);
        if after >= through {
            return Ok(Vec::new());
        }
        // In one transaction with the statements, so that every dictionary that they name is there.
        let snapshot = self.connection.unchecked_transaction().map_err(failed)?;
        let bodies = Bodies::open(&snapshot)?;
        let statements = read_log(&snapshot, &bodies, after, through.0, limit)?;
        // Served by the primary key.
        let mut is_voided = snapshot.prepare_cached("SELECT 1 FROM voided WHERE seq = ?1").map_err(failed)?;
        let logged = |statement: StoredStatement| {
            let voided = is_voided.exists([statement.seq.0]).map_err(failed)?;
            Ok(LoggedStatement { statement, voided })
        };
        statements.into_iter().map(logged).collect()
    }

    /// The file of an attachment, by any SHA-2 (lower-case hexadecimal digits) that a stored statement names.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find_attachment(&self, sha2: &str) -> Result<Option<PathBuf>, StoreError> {
        // Served by the primary keys of both tables.
        let select = "SELECT sha256 FROM attachment WHERE sha256 = ?1 \
                      UNION ALL SELECT sha256 FROM attachment_alias WHERE sha2 = ?1 LIMIT 1";
        let found = self.connection.query_row(select, [sha2], |row| row.get::<_, String>(0)).optional();
        let found = found.map_err(|error| store_error("find an attachment", error))?;
        Ok(found.map(|sha256| attachment_path(&self.attachments, &sha256)))
    }
}
