//! Backups that a server makes of itself and keeps: what the admin API needs of a backend that can.

use std::io;
use std::io::Write;

/// The name of a kept backup: letters, digits and hyphens, so that it leads nowhere but to its own folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BackupName(String);

/// Characters of a name.
const NAME_CHARS_MAX: usize = 64;

impl BackupName {
    /// A name; `None` for a text that cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=NAME_CHARS_MAX).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (fits && plain).then(|| Self(text.to_owned()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A backup that a server keeps. Each was read back and compared with its checksums before it counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptBackup {
    /// Its name.
    pub name: BackupName,
    /// When it began, in UTC.
    pub created: String,
    /// Bytes of its files.
    pub size_bytes: u64,
    /// LRSs in it.
    pub lrss: u64,
    /// Statements in it, voided ones included.
    pub statements: u64,
}

/// The backups of a server. Everything here blocks.
pub trait Backups: Send + Sync {
    /// Makes one of the whole server while it works, verifies it, then removes the oldest beyond [`kept_max`](Self::kept_max).
    /// `progress` is told bytes done and bytes in all, the reading back included. One call at a time.
    ///
    /// # Errors
    /// What could not be read or written, or is damaged. Nothing is left of the attempt, and no older backup is removed.
    fn make(&self, progress: &dyn Fn(u64, u64)) -> io::Result<KeptBackup>;

    /// All, the newest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn list(&self) -> io::Result<Vec<KeptBackup>>;

    /// How many are kept.
    fn kept_max(&self) -> usize;

    /// Writes one as a tar archive, whatever its size, with little memory.
    ///
    /// # Errors
    /// `NotFound` when there is none of this name; those of reading, and of `to`.
    fn write_archive(&self, name: &BackupName, to: &mut dyn Write) -> io::Result<()>;

    /// Deletes one.
    ///
    /// # Errors
    /// `NotFound` when there is none of this name; what the disk says.
    fn delete(&self, name: &BackupName) -> io::Result<()>;
}
