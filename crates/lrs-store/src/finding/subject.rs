//! What a check looks at.

use std::fmt::{self, Display, Formatter};

/// What was checked: a code, some with a name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(tag = "code", content = "values", rename_all = "snake_case")]
#[schema(as = CheckSubject)]
pub enum Subject {
    /// The bytes of attachments, and where they are.
    Attachments,
    /// Rows that are no more, but still take room.
    Bloat,
    /// The clock of this machine.
    Clock,
    /// The database of an LRS as a whole.
    Database,
    /// The pages of the database's file.
    DatabasePages,
    /// Room on the disk.
    DiskSpace,
    /// Documents.
    Documents,
    /// Whether files and folders are there.
    Files,
    /// The index, against the log.
    Index,
    /// The indexes that the schema has.
    Indexes,
    /// The log against itself.
    Log,
    /// Transactions that are open for long.
    LongTransactions,
    /// Who may read and write files.
    Permissions,
    /// How far replicas are behind.
    ReplicationLag,
    /// What replicas that are gone hold back.
    ReplicationSlots,
    /// The version of the database's schema.
    Schema,
    /// The version of the database server.
    ServerVersion,
    /// A setting of the database server.
    Setting {
        /// Its name.
        name: String,
    },
    /// Which statements are voided.
    VoidedStatements,
    /// The database's log, from which its file is brought up to date.
    WriteAheadLog,
    /// What `lyceum doctor` alone looks at.
    InWords {
        /// In English.
        name: String,
    },
}

impl Subject {
    /// What only `lyceum doctor` looks at.
    pub fn in_words(name: impl Into<String>) -> Self {
        Self::InWords { name: name.into() }
    }
}

impl Display for Subject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attachments => "attachments",
            Self::Bloat => "bloat",
            Self::Clock => "clock",
            Self::Database => "database",
            Self::DatabasePages => "database pages",
            Self::DiskSpace => "disk space",
            Self::Documents => "documents",
            Self::Files => "files",
            Self::Index => "index",
            Self::Indexes => "indexes",
            Self::Log => "log",
            Self::LongTransactions => "long transactions",
            Self::Permissions => "permissions",
            Self::ReplicationLag => "replication lag",
            Self::ReplicationSlots => "replication slots",
            Self::Schema => "schema",
            Self::ServerVersion => "server version",
            Self::Setting { name } => return write!(f, "setting {name}"),
            Self::VoidedStatements => "voided statements",
            Self::WriteAheadLog => "write-ahead log",
            Self::InWords { name } => name,
        })
    }
}
