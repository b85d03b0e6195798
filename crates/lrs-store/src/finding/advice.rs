//! What to do about what a check saw.

use std::fmt::{self, Display, Formatter};

/// What to do: a code with its values. [`Display`] is the sentence in English.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(tag = "code", content = "values", rename_all = "snake_case")]
#[schema(as = CheckAdvice)]
pub enum Advice {
    /// Whoever may write the data folder should run the server.
    BecomeOwner,
    /// The same, or the disk is mounted for reading only.
    BecomeOwnerOfWritable,
    /// Attachments are copied back one by one.
    BringAttachmentsBack,
    /// The object store does not know who asks.
    CheckCredentials,
    /// Nothing is known but that something is wrong with the disk.
    CheckDisk,
    /// It, or who may write there.
    CheckDiskAndOwner,
    /// The object store knows no such bucket.
    CheckBucket,
    /// The object store does not answer as one.
    CheckObjectStore,
    /// The object store refuses.
    CheckPolicy,
    /// Whatever keeps a replica from following.
    CheckReplica,
    /// A person has to create what the schema lacks.
    CreateIndexes,
    /// What was seen says it all.
    DoAsSaid,
    /// A program keeps the database open.
    EndOtherProgram,
    /// A transaction keeps dead rows.
    EndTransaction,
    /// There is too little room.
    FreeSpace,
    /// Lyceum's role may not see how far replicas are.
    GrantMonitor,
    /// Nobody said where attachments are.
    NameAttachments,
    /// Indexes are made anew.
    Reindex {
        /// In SQL.
        commands: String,
    },
    /// Made again from the log.
    Repair,
    /// The same if the log is sound, else a backup.
    RepairOrRestore,
    /// Brought back from a backup.
    Restore,
    /// The clock is wrong.
    SetClock,
    /// A setting of the database server.
    SetSetting {
        /// Its name.
        setting: String,
        /// What it should be.
        value: String,
    },
    /// A slot keeps what nobody reads.
    StartOrDropReplica,
    /// Others may read what is not theirs.
    TakeRightsAway,
    /// This release is too old.
    UpgradeLyceum,
    /// The database server is too old.
    UpgradePostgres,
    /// Dead rows are to be removed.
    Vacuum {
        /// The schema of the LRS.
        schema: String,
    },
    /// What only `lyceum doctor` says; in English.
    InWords {
        /// The sentence.
        text: String,
    },
}

impl Advice {
    /// What only `lyceum doctor` says.
    pub fn in_words(text: impl Into<String>) -> Self {
        Self::InWords { text: text.into() }
    }
}

impl Display for Advice {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BecomeOwner => "run as the user who owns the data folder",
            Self::BecomeOwnerOfWritable => {
                "run as the user who owns the data folder, and check that the disk is not mounted read-only"
            }
            Self::BringAttachmentsBack => {
                "bring these files back from a backup: lyceum backup copies them under the same name"
            }
            Self::CheckCredentials => "To mend it: check the credentials in the server's environment.",
            Self::CheckDisk => "check the disk",
            Self::CheckDiskAndOwner => "Check the disk and who owns it.",
            Self::CheckBucket => "To mend it: check the name of the bucket.",
            Self::CheckObjectStore => {
                "To mend it: check that it runs and can be reached, and the settings `store_attachments…`."
            }
            Self::CheckPolicy => {
                "To mend it: check the credentials in the server's environment, and the policy of the bucket against \
                 docs/postgres.md."
            }
            Self::CheckReplica => {
                "Check the replica's load, disk and network, and whether replay is paused there (pg_wal_replay_resume)."
            }
            Self::CreateIndexes => {
                "Create them again with CREATE INDEX CONCURRENTLY; docs/postgres.md has the text of each."
            }
            Self::DoAsSaid => "do what the message says, then check again",
            Self::EndOtherProgram => "look for a program that keeps the database open, and end it",
            Self::EndTransaction => {
                "End the transaction (pg_stat_activity and pg_prepared_xacts show it): dead rows cannot be removed \
                 meanwhile."
            }
            Self::FreeSpace => {
                "free space on the disk, or move the data folder to a larger one (lyceum backup, lyceum restore)"
            }
            Self::GrantMonitor => {
                "GRANT pg_monitor to Lyceum's role so that it may see them, or wait until they have started."
            }
            Self::NameAttachments => {
                "Name the servers' data folder with --data, or their object store with --store-attachments."
            }
            Self::Reindex { commands } => commands,
            Self::Repair => {
                "stop the server, run `lyceum doctor --repair`, which makes it again from the log; then check the disk"
            }
            Self::RepairOrRestore => {
                "stop the server and run `lyceum doctor --repair`; if it says that the log itself is damaged, keep a copy \
                 of the data folder as it is, and restore the LRS from a backup (lyceum restore)"
            }
            Self::Restore => {
                "stop the server, keep a copy of the data folder as it is, and restore the LRS from a backup (lyceum \
                 restore); then check the disk"
            }
            Self::SetClock => {
                "set the clock (NTP); until then new statements are stored just behind that instant"
            }
            Self::SetSetting { setting, value } => {
                return write!(f, "Set {setting} = {value} in postgresql.conf: what was acknowledged can be lost.");
            }
            Self::StartOrDropReplica => {
                "Start its replica, or drop it (pg_drop_replication_slot): it keeps the write-ahead log until the disk \
                 is full."
            }
            Self::TakeRightsAway => "take the rights of others away: chmod -R go= DATA",
            Self::UpgradeLyceum => "upgrade Lyceum, or restore an older backup",
            Self::UpgradePostgres => "Upgrade to PostgreSQL 13 or later.",
            Self::Vacuum { schema } => {
                return write!(
                    f,
                    "VACUUM the tables of {schema}, and find out why autovacuum does not: switched off, or held up by a \
                     long transaction or an unused replication slot."
                );
            }
            Self::InWords { text } => text,
        })
    }
}
