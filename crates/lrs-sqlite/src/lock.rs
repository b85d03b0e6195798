//! The lock on a data folder: one process at a time may hold LRSs of it open for writing.
//!
//! The lock is the operating system's lock on `lyceum.lock`, so it ends with the process however that ends. The file
//! also says who holds it, for the message that the second process prints. It must not be taken for key and LRS
//! commands beside a running server; these only touch the control database.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The file's name in the data folder.
pub(crate) const LOCK_FILE: &str = "lyceum.lock";

/// A lock file says who, not more; longer ones are not read on.
const HOLDER_BYTES_MAX: u64 = 200;

/// What a process holds the lock for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `lyceum serve`.
    Serve,
    /// `lyceum serve` that only reads.
    Read,
    /// A command that needs the LRSs for itself, such as a restore.
    Command,
    /// A moment of tidying up; whoever finds it held may try again soon.
    Moment,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Read => "read",
            Self::Command => "command",
            Self::Moment => "moment",
        }
    }
}

/// Who holds a lock, as far as the lock file tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: Option<u32>,
    /// Whether it is a server.
    pub serves: bool,
    /// Whether it writes nothing into LRSs.
    pub only_reads: bool,
    /// Whether it will be gone in a moment.
    pub(crate) passing: bool,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.serves { "a running Lyceum server" } else { "another Lyceum command" })?;
        self.pid.map_or(Ok(()), |pid| write!(f, " (process {pid})"))
    }
}

/// Why the lock could not be had.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Someone has it.
    Held(Holder),
    /// The file could not be opened, locked or written.
    Io(PathBuf, std::io::Error),
}

/// The lock on a data folder, until dropped.
#[derive(Debug)]
pub(crate) struct DataLock {
    file: File,
}

impl DataLock {
    /// Takes the lock of `folder` without waiting.
    pub(crate) fn take(folder: &Path, purpose: Purpose) -> Result<Self, LockError> {
        let path = folder.join(LOCK_FILE);
        let failed = |error| LockError::Io(path.clone(), error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(read_holder(&mut file))),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // Whose lock it is, is only told; on a full disk it stays untold, and the lock holds all the same.
        if let Err(error) = write_holder(&mut file, purpose) {
            tracing::warn!(%error, "could not write the process id into the lock file");
        }
        Ok(Self { file })
    }
}

impl Drop for DataLock {
    fn drop(&mut self) {
        // The file stays: removing it would let a third process lock a new file while a second waits for this one.
        if let Err(error) = self.file.set_len(0).and_then(|()| self.file.unlock()) {
            tracing::debug!(%error, "the lock file is released by closing it");
        }
    }
}

fn write_holder(file: &mut File, purpose: Purpose) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{} {}", purpose.as_str(), std::process::id())
}

fn read_holder(file: &mut File) -> Holder {
    let mut text = String::new();
    if file.rewind().and_then(|()| Read::by_ref(file).take(HOLDER_BYTES_MAX).read_to_string(&mut text)).is_err() {
        return Holder::default();
    }
    let mut words = text.split_whitespace();
    let purpose = words.next().unwrap_or_default();
    Holder {
        pid: words.next().and_then(|pid| pid.parse().ok()),
        serves: [Purpose::Serve, Purpose::Read].map(Purpose::as_str).contains(&purpose),
        only_reads: purpose == Purpose::Read.as_str(),
        // An empty file is a lock that was taken this moment, or is being given up.
        passing: purpose.is_empty() || purpose == Purpose::Moment.as_str(),
    }
}
