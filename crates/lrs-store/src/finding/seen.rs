//! What a check saw. A value's name says its unit: `…_bytes` are bytes, `…_seconds` are seconds, `…_at` is an instant.

use std::fmt::{self, Display, Formatter};

/// What was seen: a code with its values. [`Display`] is the sentence in English.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
#[serde(tag = "code", content = "values", rename_all = "snake_case")]
#[schema(as = CheckSeen)]
#[expect(missing_docs, reason = "a value's name and its unit say what it is")]
pub enum Seen {
    /// The bytes of an attachment have another digest than they had.
    AttachmentChanged { path: String },
    /// An attachment has another length than it had.
    AttachmentResized { path: String, found_bytes: u64, expected_bytes: u64 },
    /// Every attachment that was looked for is there.
    AttachmentsPresent { count: u64 },
    /// The check itself could not be made. The reason is in the words of whatever failed.
    CheckFailed { reason: String },
    /// The clock goes on from what was stored.
    ClockRight { seen_at: String },
    /// Something was stored later than the clock says it is.
    ClockWrong { seen_at: String, stored_at: String },
    /// A table has many dead rows.
    DeadRows { table: String, rows: u64 },
    /// Room on the disk.
    DiskFree { free_bytes: u64 },
    /// So little room that writing fails soon.
    DiskFull { free_bytes: u64 },
    /// The disk does not tell its room.
    DiskUnknown { reason: String },
    /// Single faults, of which only the first may be told.
    Faults {
        count: u64,
        #[schema(no_recursion)]
        first: Vec<Seen>,
    },
    /// A file cannot be read.
    FileUnreadable { path: String, reason: String },
    /// The folder of attachments is not there.
    FolderMissing { path: String },
    /// The folder of attachments can be written.
    FolderWritable { path: String },
    /// The folder of attachments cannot be written.
    FolderUnwritable { path: String, reason: String },
    /// Indexes that are not valid.
    IndexesInvalid { names: String },
    /// Indexes that are not there.
    IndexesMissing { names: String },
    /// Every index is there.
    IndexesValid { count: u64 },
    /// The longest transaction that is open.
    LongestTransaction { open_seconds: f64 },
    /// No table has many dead rows.
    NoDeadRows,
    /// No slot holds back much of the write-ahead log.
    NoSlotsUnused,
    /// The object store of attachments can be used.
    ObjectsUsable { url: String },
    /// It cannot be written.
    ObjectsUnwritable { url: String, reason: String },
    /// It cannot be read.
    ObjectsUnreadable { url: String, reason: String },
    /// It cannot be listed.
    ObjectsUnlistable { url: String, reason: String },
    /// What is there cannot be removed.
    ObjectsUnremovable { url: String, reason: String },
    /// Pages of the database are sound.
    PagesSound,
    /// Pages and indexes of the database are sound.
    PagesAndIndexesSound,
    /// A file or folder is not there.
    PathMissing { path: String },
    /// Others may read or write a file or folder.
    PathOpenToOthers { path: String, mode: String, owner: String },
    /// A file or folder is only its owner's.
    PathPrivate { path: String },
    /// A file or folder cannot be written.
    PathUnwritable { path: String, reason: String },
    /// Replicas that follow.
    Replicas { count: u64, behind_bytes: i64 },
    /// Replicas that do not show how far they are.
    ReplicasHidden { hidden: u64, count: u64 },
    /// The schema is that of this release.
    SchemaCurrent { found: i64, known: i64 },
    /// It is a later release's.
    SchemaNewer { found: i64, known: i64 },
    /// It is an earlier release's.
    SchemaOlder { found: i64, known: i64 },
    /// There is none yet.
    SchemaUnused,
    /// The version of the database server.
    ServerVersion { version: String },
    /// What a setting is set to.
    SettingValue { value: String },
    /// Several at once.
    Several {
        #[schema(no_recursion)]
        all: Vec<Seen>,
    },
    /// Slots that nobody reads and that hold back much.
    SlotsUnused { names: String },
    /// What waits to be written into the database.
    WalWaits { size_bytes: u64 },
    /// What only `lyceum doctor` says, and what a database says of its own pages; in English.
    InWords { text: String },
}

impl Seen {
    /// What only `lyceum doctor` says.
    pub fn in_words(text: impl Into<String>) -> Self {
        Self::InWords { text: text.into() }
    }
}

impl Display for Seen {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::AttachmentChanged { path } => write!(f, "{path} has other bytes than it had"),
            Self::AttachmentResized { path, found_bytes, expected_bytes } => {
                write!(f, "{path} has {found_bytes} bytes instead of {expected_bytes}")
            }
            Self::AttachmentsPresent { count } => write!(f, "{count} are there"),
            Self::CheckFailed { reason } => f.write_str(reason),
            Self::ClockRight { seen_at } => write!(f, "it is {seen_at}, and nothing is from the future"),
            Self::ClockWrong { seen_at, stored_at } => {
                write!(f, "it is {seen_at}, but something was stored at {stored_at}")
            }
            Self::DeadRows { table, rows } => write!(f, "{table} has {rows} dead rows"),
            Self::DiskFree { free_bytes } => write!(f, "{} MiB are free", free_bytes >> 20),
            Self::DiskFull { free_bytes } => write!(f, "{} MiB are free: writing will fail soon", free_bytes >> 20),
            Self::DiskUnknown { reason } => write!(f, "cannot be told: {reason}"),
            Self::Faults { count, first } => {
                write!(f, "{count} faults: {}", listed(first))?;
                f.write_str(if *count > first.len() as u64 { ", …" } else { "" })
            }
            Self::FileUnreadable { path, reason } => write!(f, "{path}: {reason}"),
            Self::FolderMissing { path } => write!(f, "there is no folder {path}"),
            Self::FolderWritable { path } => write!(f, "the folder {path} can be written"),
            Self::FolderUnwritable { path, reason } => write!(f, "the folder {path} cannot be written: {reason}"),
            Self::IndexesInvalid { names } => write!(f, "not valid: {names}"),
            Self::IndexesMissing { names } => write!(f, "missing: {names}"),
            Self::IndexesValid { count } => write!(f, "all {count} are there and valid"),
            Self::LongestTransaction { open_seconds } => write!(f, "the longest is open for {open_seconds:.0} s"),
            Self::NoDeadRows => f.write_str("no table has many dead rows"),
            Self::NoSlotsUnused => f.write_str("none holds back much"),
            Self::ObjectsUsable { url } => write!(f, "objects in {url} can be written, read, listed and removed"),
            Self::ObjectsUnwritable { url, reason } => write!(f, "objects in {url} cannot be written: {reason}"),
            Self::ObjectsUnreadable { url, reason } => write!(f, "objects in {url} cannot be read: {reason}"),
            Self::ObjectsUnlistable { url, reason } => write!(f, "objects in {url} cannot be listed: {reason}"),
            Self::ObjectsUnremovable { url, reason } => write!(f, "objects in {url} cannot be removed: {reason}"),
            Self::PagesSound => f.write_str("every page is sound"),
            Self::PagesAndIndexesSound => f.write_str("every page and every index is sound"),
            Self::PathMissing { path } => write!(f, "{path} is missing"),
            Self::PathOpenToOthers { path, mode, owner } => {
                write!(f, "{path} is open to others (mode {mode}, owner {owner})")
            }
            Self::PathPrivate { path } => write!(f, "{path} is its owner's alone"),
            Self::PathUnwritable { path, reason } => write!(f, "{path} cannot be written: {reason}"),
            Self::Replicas { count, behind_bytes } => {
                write!(f, "{count} replicas; the last one is {behind_bytes} bytes of the write-ahead log behind")
            }
            Self::ReplicasHidden { hidden, count } => {
                write!(f, "{hidden} of {count} replicas do not show how far they are")
            }
            Self::SchemaCurrent { found, known } => write!(f, "version {found} of {known}"),
            Self::SchemaNewer { found, known } => write!(f, "version {found} of {known}: made by a newer Lyceum"),
            Self::SchemaOlder { found, known } => {
                write!(f, "version {found} of {known}; the server brings it up to date when it starts")
            }
            Self::SchemaUnused => f.write_str("the LRS was created and never used"),
            Self::ServerVersion { version } => write!(f, "PostgreSQL {version}"),
            Self::SettingValue { value } => f.write_str(value),
            Self::Several { all } => f.write_str(&listed(all)),
            Self::SlotsUnused { names } => write!(f, "unused: {names}"),
            Self::WalWaits { size_bytes } => {
                write!(f, "{} MiB wait to be written into the database", size_bytes >> 20)
            }
            Self::InWords { text } => f.write_str(text),
        }
    }
}

fn listed(all: &[Seen]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
