//! What is in the way of a store, as a code with its values and as the English sentence that follows from them.

use std::fmt::{self, Display, Formatter};

use crate::Advice;

/// Why a store cannot do something now, and what an operator can do: a code with its values. [`Display`] is the sentence in English.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(tag = "code", content = "values", rename_all = "snake_case")]
pub enum Obstacle {
    /// The store was closed, or its LRS deleted.
    Closed,
    /// Several changes in one commit, of which a later one failed.
    CommitUndone,
    /// The database does not answer.
    DatabaseAway,
    /// No connection to the database can be made.
    DatabaseUnreachable {
        /// What the system says, with every cause.
        error: String,
    },
    /// The disk that holds the database is full.
    DatabaseDiskFull,
    /// Another process holds the database.
    DatabaseHeld,
    /// The database's file cannot be written.
    DatabaseFileReadOnly,
    /// The database is a replica, or was switched to reading.
    DatabaseReadsOnly,
    /// The database refuses whoever asks.
    DatabaseRefuses {
        /// What it says.
        error: String,
    },
    /// The database starts or stops.
    DatabaseRestarts,
    /// No encrypted connection to the database can be made.
    DatabaseTlsFails {
        /// What was wrong, with every cause.
        error: String,
    },
    /// The database takes too long.
    DatabaseSlow,
    /// The database lacks memory, or something else.
    DatabaseStrained,
    /// The database cannot be opened.
    DatabaseUnopened {
        /// What the system says.
        error: String,
    },
    /// The disk reports an error.
    DiskFaulty {
        /// In the system's words.
        error: String,
    },
    /// The disk that holds a file is full.
    DiskFull {
        /// Which file.
        path: String,
    },
    /// The disk that holds a file cannot be written.
    DiskReadOnly {
        /// Which file.
        path: String,
    },
    /// A file cannot be used.
    FileUnusable {
        /// Which.
        path: String,
        /// What the system says.
        error: String,
    },
    /// The file of a job cannot be read.
    JobFileUnreadable {
        /// What the system, or the object store, says.
        error: String,
    },
    /// The LRS was deleted, or its schema is being changed.
    LrsChanging,
    /// Whoever runs the server may not use a file.
    NoPermission {
        /// Which.
        path: String,
    },
    /// The database has no connection left for anybody.
    NoConnectionFree,
    /// The object store does not do what it is asked to.
    ObjectStoreFails {
        /// What it was asked for, and what it said.
        error: String,
        /// What to do about it.
        advice: Advice,
    },
    /// Memory is exhausted.
    OutOfMemory,
    /// This process may not write.
    ReadsOnly,
    /// Others write all the time what is to be written.
    Contended,
    /// This server uses every connection to the database that it may have, or gets no new one.
    PoolExhausted,
    /// Too much waits to be written.
    QueueFull,
    /// Transactions of others are in the way.
    Transactions,
    /// The thread that writes ended.
    WriterStopped,
    /// What hardly anybody meets but in the terminal; in English.
    InWords {
        /// The sentence.
        text: String,
    },
}

impl From<&str> for Obstacle {
    fn from(text: &str) -> Self {
        Self::InWords { text: text.to_owned() }
    }
}

impl From<String> for Obstacle {
    fn from(text: String) -> Self {
        Self::InWords { text }
    }
}

impl Display for Obstacle {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the store is closed",
            Self::CommitUndone => "the database undid the commit: see the errors before this one",
            Self::Contended => "other processes change the same things all the time",
            Self::DatabaseAway => "the database does not answer: check that it runs and can be reached",
            Self::DatabaseDiskFull => "the disk is full: free space on the disk that holds the database",
            Self::DatabaseHeld => "another process holds the database: stop it",
            Self::DatabaseFileReadOnly => {
                "the database is read-only: check how its disk is mounted and who owns its files"
            }
            Self::DatabaseReadsOnly => {
                "the database is read-only: check that the address leads to the primary server"
            }
            Self::DatabaseRefuses { error } => {
                return write!(f, "the database refuses the user or the password: {error}");
            }
            Self::DatabaseRestarts => "the database is shutting down or starting",
            Self::DatabaseTlsFails { error } => {
                return write!(
                    f,
                    "no encrypted connection to the database: {error}; check sslmode and sslrootcert"
                );
            }
            Self::DatabaseUnreachable { error } => {
                return write!(
                    f,
                    "the database does not answer: check that it runs and can be reached ({error})"
                );
            }
            Self::DatabaseSlow => "the database took longer than the statement timeout: check its load",
            Self::DatabaseStrained => "the database is out of resources: check its memory and disk",
            Self::DatabaseUnopened { error } => {
                return write!(f, "the database cannot be opened ({error}): check its folder and who owns it");
            }
            Self::DiskFaulty { error } => {
                return write!(
                    f,
                    "the disk reports an error ({error}): check the disk that holds the database, and that it is not full"
                );
            }
            Self::DiskFull { path } => {
                return write!(f, "the disk is full: free space on the disk that holds {path}");
            }
            Self::DiskReadOnly { path } => {
                return write!(f, "the disk that holds {path} is read-only: check how it is mounted");
            }
            Self::FileUnusable { path, error } => {
                return write!(f, "{path} cannot be used: {error}: check the disk and who owns it");
            }
            Self::JobFileUnreadable { error } => return write!(f, "the file of the job cannot be read: {error}"),
            Self::LrsChanging => "the LRS was deleted, or its schema is being changed",
            Self::NoConnectionFree => {
                "the database has no connection left: raise max_connections, or lower the pool's limits"
            }
            Self::NoPermission { path } => {
                return write!(f, "no permission for {path}: check who owns the data folder");
            }
            Self::ObjectStoreFails { error, advice } => {
                return write!(f, "attachments: the object store {error}. {advice}");
            }
            Self::OutOfMemory => "memory is exhausted: give the server more, or fewer tasks",
            Self::PoolExhausted => {
                "every connection of this server to the database is in use, or the database does not answer: check its \
                 load, or raise the pool's limits"
            }
            Self::QueueFull => "too much waits to be written: send more slowly, or use a faster disk or database",
            Self::ReadsOnly => {
                "this server only reads at present: send it again later, or to the server that writes"
            }
            Self::Transactions => "other transactions are in the way: check for long ones",
            Self::WriterStopped => "the thread that writes has ended: start the server again",
            Self::InWords { text } => text,
        })
    }
}
