//! What can be set when a database is opened. The defaults are for production.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lrs_store::backend::reads_only;
use lrs_store::{Clock, StoreError};
use xapi::Timestamp;

use crate::AttachmentPlace;

/// What a process opens the database for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// A server that reads and writes.
    #[default]
    Write,
    /// A server that only reads: every change of an LRS, a key or a document is refused as unavailable.
    Read,
    /// A command, which may write; it is not counted as a server.
    Command,
}

impl Access {
    /// How the database's list of connections (`pg_stat_activity`) shows the process.
    pub(crate) fn application_name(self) -> &'static str {
        match self {
            Self::Write => "lyceum",
            Self::Read => "lyceum (reads only)",
            Self::Command => "lyceum (command)",
        }
    }
}

/// Settings of one process.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where all attachments are; the same for every process.
    pub attachments: AttachmentPlace,
    /// What the database is opened for.
    pub access: Access,
    /// One commit takes at most so many statements, so that other processes do not wait long for their turn.
    pub commit_statements_max: usize,
    /// At most so many requests wait for the writer of an LRS; the next one is refused as unavailable.
    pub queue_requests_max: usize,
    /// At most so many bytes of statements wait for the writer of an LRS; the next request is refused as unavailable.
    pub queue_bytes_max: usize,
    /// Connections of this process that read.
    pub readers_max: usize,
    /// Connections of this process that write, for the statements and documents of all its LRSs.
    pub writers_max: usize,
    /// How long to wait for a new connection, and for a free one.
    pub connect_timeout: Duration,
    /// A statement of SQL that takes longer is given up, on the server too.
    pub statement_timeout: Duration,
    /// A transaction whose process says nothing for so long is undone, so that a frozen process cannot hold the log's lock.
    pub idle_timeout: Duration,
}

impl Options {
    /// Refuses changes when the process only reads.
    pub(crate) fn check_writable(&self) -> Result<(), StoreError> {
        match self.access {
            Access::Write | Access::Command => Ok(()),
            Access::Read => Err(reads_only()),
        }
    }

    /// The defaults, with this folder for attachments.
    #[must_use]
    pub fn new(attachments_dir: PathBuf) -> Self {
        Self {
            attachments: AttachmentPlace::Folder(attachments_dir),
            access: Access::Write,
            commit_statements_max: 2_000,
            queue_requests_max: 4_096,
            queue_bytes_max: 64 << 20,
            readers_max: 8,
            writers_max: 4,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(10),
        }
    }
}

/// Where instants come from.
#[derive(Debug, Clone)]
pub enum Time {
    /// The database server's clock: one for all processes, so that `stored` and `Consistent-Through` agree everywhere.
    Database,
    /// A clock of this process; only right while one process uses the database, as in tests.
    Clock(Arc<dyn Clock>),
}

impl Time {
    /// The instant to send along; `None` lets the server look at its own clock.
    pub(crate) fn micros(&self) -> Option<i64> {
        match self {
            Self::Database => None,
            Self::Clock(clock) => {
                let Timestamp(micros) = clock.now();
                Some(micros)
            }
        }
    }
}
